"""Equations as MathML, which a browser draws by itself, in a file that needs no network.

The same as ``latex`` writes, with another pen.
"""

from collections.abc import Callable, Iterable

from gru_core.maths.equations.display import (
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
from gru_core.maths.equations.symbols import symbol
from gru_core.maths.parameters import Array


def mathml(*rows: str) -> str:
    """A formula in the size of a displayed one, of markup that the other functions wrote."""
    return f'<math displaystyle="true">{"".join(rows)}</math>'


def mathml_definition(line: Line) -> str:
    """``line`` in symbols."""
    return f"{mathml_symbol(line.result)}{mark('=')}{_mathml(line.expression, mathml_symbol)}"


def mathml_worked(line: Line, values: Values, digits: int) -> str:
    """``line`` in symbols, with its numbers, and its result."""
    numbers = _mathml(line.expression, lambda name: mathml_array(values[name], digits))
    substituted = mark(sign(is_substitution_exact(line, values, digits)))
    worked_out = mark(line_sign(line, values, digits))
    result = mathml_array(values[line.result], digits)
    return f"{mathml_definition(line)}{substituted}{numbers}{worked_out}{result}"


def mathml_symbol(name: str) -> str:
    """The symbol of an array or function: ``W_r`` → W with subscript r."""
    base, sub = symbol(name)
    if base.startswith("∇"):
        return f"<mrow><mo>∇</mo>{_with_sub(f'<mi>{base[1:]}</mi>', sub)}</mrow>"
    return _with_sub(_prime(base), sub)


def mathml_array(array: Array, digits: int) -> str:
    """A vector as a column, or a matrix, in square brackets."""
    rows = array.reshape(-1, 1) if array.ndim == 1 else array
    return mathml_table([[format_number(v, digits) for v in row] for row in rows.tolist()])


def mathml_table(texts: Iterable[Iterable[str]]) -> str:
    """Numbers that are texts already, in square brackets."""
    rows = "".join(
        f"<mtr>{''.join(f'<mtd><mn>{text}</mn></mtd>' for text in row)}</mtr>" for row in texts
    )
    return f"<mrow><mo>[</mo><mtable>{rows}</mtable><mo>]</mo></mrow>"


def mark(text: str) -> str:
    """A sign between two parts of a formula."""
    return f"<mo>{text}</mo>"


def _prime(text: str) -> str:
    if text.endswith("′"):
        # The letter ′ is raised already; as an exponent it would stand twice as high.
        return f'<mrow><mi>{text[:-1]}</mi><mo lspace="0" rspace="0">′</mo></mrow>'
    return f"<mi>{text}</mi>"


def _with_sub(base: str, sub: str) -> str:
    if not sub:
        return base
    below = f"<mtext>{sub}</mtext>" if len(sub.rstrip("′")) > 1 else _prime(sub)
    return f"<msub>{base}{below}</msub>"


def _mathml(expression: Expression, write: Callable[[str], str]) -> str:
    match expression:
        case Value(name):
            return write(name)
        case MatrixVector(matrix, vector):
            return f"{write(matrix.name)}{_factor(vector, write)}"
        case TransposedVector(matrix, vector):
            return f"{_transposed(matrix, write)}{_factor(vector, write)}"
        case Outer(left, right):
            return f"{_factor(left, write)}{_transposed(right, write)}"
        case Hadamard(left, right):
            factors = (
                _mathml(factor, write) if isinstance(factor, Hadamard) else _factor(factor, write)
                for factor in (left, right)
            )
            return mark("∘").join(factors)
        case Complement(of):
            return f"<mn>1</mn>{mark('−')}{_mathml(of, write)}"
        case Difference(left, right):
            return f"{_mathml(left, write)}{mark('−')}{_mathml(right, write)}"
        case Sum(terms):
            return mark("+").join(_mathml(term, write) for term in terms)
        case Apply(function, of):
            return f"{mathml_symbol(function)}{_bracketed(_mathml(of, write))}"


def _factor(expression: Expression, write: Callable[[str], str]) -> str:
    text = _mathml(expression, write)
    return text if isinstance(expression, Value | Apply) else _bracketed(text)


def _transposed(expression: Expression, write: Callable[[str], str]) -> str:
    return f"<msup><mrow>{_factor(expression, write)}</mrow><mo>⊤</mo></msup>"


def _bracketed(text: str) -> str:
    return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"
