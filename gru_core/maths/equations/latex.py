"""Equations as LaTeX, in symbols and with their numbers."""

from collections.abc import Callable, Iterable

from gru_core.maths.convention import Convention
from gru_core.maths.equations.display import (
    MINUS,
    format_number,
    is_substitution_exact,
    line_sign,
    sign,
)
from gru_core.maths.equations.expressions import (
    Apply,
    Complement,
    Difference,
    Expression,
    Hadamard,
    Line,
    MatrixVector,
    Outer,
    Sum,
    TransposedVector,
    Value,
    Values,
)
from gru_core.maths.equations.forward import Part, equations
from gru_core.maths.equations.scalars import refuse_batch
from gru_core.maths.equations.symbols import symbol
from gru_core.maths.parameters import Array


def to_latex(
    convention: Convention,
    part: Part | None = None,
    values: Values | None = None,
    digits: int = 4,
) -> str:
    """One part, or with None the whole step, as an ``aligned`` environment (amsmath, KaTeX).

    Without ``values`` in symbols. With the values of one sequence, each line is followed by the
    same with its numbers, matrices as ``bmatrix``, and its result; \\approx stands where the
    numbers shown do not give the result shown exactly. Raises ``InputError`` for values of a batch.
    """
    if values is not None:
        refuse_batch(values)
    lines = [
        line
        for name, lines in equations(convention).items()
        if part in (None, name)
        for line in lines
    ]
    return lines_to_latex(lines, values, digits)


def lines_to_latex(lines: Iterable[Line], values: Values | None = None, digits: int = 4) -> str:
    """``lines`` as ``to_latex`` writes them."""
    rows: list[str] = []
    for line in lines:
        rows.append(f"{latex_symbol(line.result)} &= {_latex(line.expression, latex_symbol)}")
        if values is not None and line.role != "definition":
            rows.append(_latex_row_of_numbers(line, values, digits))
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def _latex_row_of_numbers(line: Line, values: Values, digits: int) -> str:
    expression = _latex(line.expression, lambda name: latex_array(values[name], digits))
    substituted = _LATEX_SIGNS[sign(is_substitution_exact(line, values, digits))]
    worked_out = _LATEX_SIGNS[line_sign(line, values, digits)]
    result = latex_array(values[line.result], digits)
    return f"&{substituted} {expression} {worked_out} {result}"


_LATEX_SIGNS = {"=": "=", "≈": r"\approx"}


def _latex(expression: Expression, write: Callable[[str], str]) -> str:
    match expression:
        case Value(name):
            return write(name)
        case MatrixVector(matrix, vector):
            return f"{write(matrix.name)} {_latex_factor(vector, write)}"
        case TransposedVector(matrix, vector):
            return rf"{_latex_factor(matrix, write)}^\top {_latex_factor(vector, write)}"
        case Outer(left, right):
            return rf"{_latex_factor(left, write)} {_latex_factor(right, write)}^\top"
        case Hadamard(left, right):
            factors = (
                _latex(factor, write)
                if isinstance(factor, Hadamard)
                else _latex_factor(factor, write)
                for factor in (left, right)
            )
            return r" \circ ".join(factors)
        case Complement(of):
            return f"1 - {_latex(of, write)}"
        case Difference(left, right):
            return f"{_latex(left, write)} - {_latex(right, write)}"
        case Sum(terms):
            return " + ".join(_latex(term, write) for term in terms)
        case Apply(function, of):
            return rf"{latex_symbol(function)}\left({_latex(of, write)}\right)"


def _latex_factor(expression: Expression, write: Callable[[str], str]) -> str:
    text = _latex(expression, write)
    return text if isinstance(expression, Value | Apply) else rf"\left({text}\right)"


_LATEX_BASES = {
    "h′": "h'",
    "σ": r"\sigma",
    "σ̇": r"\dot{\sigma}",
    "tanh": r"\tanh",
    "ṙ": r"\dot{r}",
    "ż": r"\dot{z}",
    "ṅ": r"\dot{n}",
    "δ": r"\delta",
}


def latex_symbol(name: str) -> str:
    """The symbol of an array or function: ``d_n_pre`` → \\delta_n."""
    base, sub = symbol(name)
    base = _LATEX_BASES.get(base, base.replace("∇", r"\nabla "))
    if sub.endswith("′"):
        sub = rf"{{{_LATEX_BASES[sub]}}}"
    elif len(sub) > 1:
        sub = rf"{{\mathrm{{{sub}}}}}"
    return f"{base}_{sub}" if sub else base


def latex_array(array: Array, digits: int) -> str:
    """A vector as a column, or a matrix, as ``bmatrix``."""
    rows = array.reshape(-1, 1) if array.ndim == 1 else array
    body = r" \\ ".join(" & ".join(_latex_number(v, digits) for v in row) for row in rows.tolist())
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def _latex_number(value: float, digits: int) -> str:
    mantissa, _, exponent = format_number(value, digits).replace(MINUS, "-").partition("e")
    return rf"{mantissa} \cdot 10^{{{exponent}}}" if exponent else mantissa
