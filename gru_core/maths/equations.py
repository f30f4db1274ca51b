"""The GRU's equations as data: one source for the screen, for LaTeX and for a worked scalar.

Every ``Line`` states that one named array of a ``Step`` equals an expression of others, so that
``evaluate(line.expression, values(step, parameters))`` is the number the program computed. Names
are those of ``Step`` and ``GRUParameters``: ``h_previous`` is the old state, ``h`` the new one.

Sources: Cho et al. 2014 (arXiv 1406.1078; v1 resets after U_n, v3 before), eq. 5-8, and the
documentation of ``torch.nn.GRU``, whose order of terms is used.
"""

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, localcontext
from functools import cache, lru_cache, reduce
from itertools import chain, product
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from gru_core.errors import InputError
from gru_core.maths.convention import Convention
from gru_core.maths.gru import GATES, STEP_NAMES, Step, Trace, hard_sigmoid_slope
from gru_core.maths.parameters import NAMES, Array, GRUParameters

Values = Mapping[str, Array]
Part = Literal["r", "z", "n", "h"]
ForwardRole = Literal["definition", "input", "recurrent", "inner", "sum", "value", "kept", "new"]
BackwardRole = Literal["slope", "outside", "contribution", "leak", "update", "candidate", "reset"]
Role = ForwardRole | BackwardRole
Function = Literal["sigmoid", "hard_sigmoid", "hard_sigmoid_slope", "tanh"]
PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True)
class Value:
    """A named array: a parameter, the input, a state or an intermediate of the step."""

    name: str


@dataclass(frozen=True)
class MatrixVector:
    """The product of a matrix and a vector, such as U_r h."""

    matrix: Value
    vector: "Expression"


@dataclass(frozen=True)
class TransposedVector:
    """The product of a transposed matrix and a vector, such as U_rᵀ δ_r."""

    matrix: Value
    vector: "Expression"


@dataclass(frozen=True)
class Outer:
    """The matrix of all products of two vectors, such as δ_r xᵀ."""

    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Hadamard:
    """The product of two vectors, element by element: r ∘ h."""

    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Complement:
    """1 − of, element by element."""

    of: "Expression"


@dataclass(frozen=True)
class Difference:
    """left − right."""

    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Sum:
    """The sum of vectors."""

    terms: tuple["Expression", ...]


@dataclass(frozen=True)
class Apply:
    """A function of one number, applied to every element."""

    function: Function
    of: "Expression"


Expression = (
    Value
    | MatrixVector
    | TransposedVector
    | Outer
    | Hadamard
    | Complement
    | Difference
    | Sum
    | Apply
)


@dataclass(frozen=True)
class Line:
    """``result`` = ``expression``; ``role`` says what the line is for."""

    result: str
    expression: Expression
    role: Role


# --- The equations -------------------------------------------------------------------------------


def equations(convention: Convention) -> dict[Part, tuple[Line, ...]]:
    """The lines of r, z, n and h in the order in which they are computed.

    The first line of each part is its definition in symbols; the others build it from named
    intermediates, each of which appears as a ``result`` before it is used.
    """
    return {
        "r": _gate("r", convention),
        "z": _gate("z", convention),
        "n": _candidate_reset_after() if convention.reset == "after" else _candidate_reset_before(),
        "h": _new_state(convention),
    }


_R, _Z, _N = Value("r"), Value("z"), Value("n")
_X, _H = Value("x"), Value("h_previous")


def _gate(g: Literal["r", "z"], convention: Convention) -> tuple[Line, ...]:
    recurrent = MatrixVector(Value(f"U_{g}"), _H)
    whole = Sum((*_input_terms(g), recurrent))
    return (
        Line(g, Apply(convention.gate, whole), "definition"),
        Line(f"{g}_input", Sum(_input_terms(g)), "input"),
        Line(f"{g}_recurrent", recurrent, "recurrent"),
        *_sum_and_value(g, convention.gate),
    )


def _candidate_reset_after() -> tuple[Line, ...]:
    inner = Sum((MatrixVector(Value("U_n"), _H), Value("c_n")))
    whole = Sum((*_input_terms("n"), Hadamard(_R, inner)))
    return (
        Line("n", Apply("tanh", whole), "definition"),
        Line("n_input", Sum(_input_terms("n")), "input"),
        Line("n_inner", inner, "inner"),
        Line("n_recurrent", Hadamard(_R, Value("n_inner")), "recurrent"),
        *_sum_and_value("n", "tanh"),
    )


def _candidate_reset_before() -> tuple[Line, ...]:
    inner = Hadamard(_R, _H)
    whole = Sum((*_input_terms("n"), MatrixVector(Value("U_n"), inner)))
    return (
        Line("n", Apply("tanh", whole), "definition"),
        Line("n_input", Sum(_input_terms("n")), "input"),
        Line("n_inner", inner, "inner"),
        Line("n_recurrent", MatrixVector(Value("U_n"), Value("n_inner")), "recurrent"),
        *_sum_and_value("n", "tanh"),
    )


def _new_state(convention: Convention) -> tuple[Line, ...]:
    if convention.z_weights == "state":
        kept, new = Hadamard(_Z, _H), Hadamard(Complement(_Z), _N)
        return (
            Line("h", Sum((new, kept)), "definition"),
            Line("h_kept", kept, "kept"),
            Line("h_new", new, "new"),
            Line("h", Sum((Value("h_new"), Value("h_kept"))), "sum"),
        )
    kept, new = Hadamard(Complement(_Z), _H), Hadamard(_Z, _N)
    return (
        Line("h", Sum((kept, new)), "definition"),
        Line("h_kept", kept, "kept"),
        Line("h_new", new, "new"),
        Line("h", Sum((Value("h_kept"), Value("h_new"))), "sum"),
    )


def _input_terms(g: str) -> tuple[Expression, Expression]:
    return MatrixVector(Value(f"W_{g}"), _X), Value(f"b_{g}")


def _sum_and_value(g: str, function: Function) -> tuple[Line, Line]:
    return (
        Line(f"{g}_pre", Sum((Value(f"{g}_input"), Value(f"{g}_recurrent"))), "sum"),
        Line(g, Apply(function, Value(f"{g}_pre")), "value"),
    )


# --- Numbers in the equations --------------------------------------------------------------------


def values(step: Step | Trace, parameters: GRUParameters) -> dict[str, Array]:
    """Every array that a line can name, by its name. A trace's steps stand as a batch does."""
    inputs = {"x": step.inputs} if isinstance(step, Trace) else {}
    return (
        {name: getattr(parameters, name) for name in NAMES}
        | inputs
        | {name: getattr(step, name) for name in STEP_NAMES if name not in inputs}
    )


def evaluate(expression: Expression, values: Mapping[str, Any]) -> Any:
    """The array that ``expression`` stands for: (H,), or (B, H) for values of a batch.

    Arrays of exact numbers (dtype object) do as well, as long as no function is applied to them.
    """
    match expression:
        case Value(name):
            return values[name]
        case MatrixVector(matrix, vector):
            return evaluate(vector, values) @ values[matrix.name].T
        case TransposedVector(matrix, vector):
            return evaluate(vector, values) @ values[matrix.name]
        case Outer(left, right):
            return evaluate(left, values)[..., :, None] * evaluate(right, values)[..., None, :]
        case Hadamard(left, right):
            return evaluate(left, values) * evaluate(right, values)
        case Complement(of):
            return 1 - evaluate(of, values)
        case Difference(left, right):
            return evaluate(left, values) - evaluate(right, values)
        case Sum(terms):
            return reduce(operator.add, (evaluate(term, values) for term in terms))
        case Apply(function, of):
            return evaluate_function(function, evaluate(of, values))


def evaluate_function(function: Function, a: Array) -> Array:
    """The named function of every element of ``a``."""
    match function:
        case "tanh":
            return np.tanh(a)
        case "hard_sigmoid_slope":
            return hard_sigmoid_slope(a, a)
        case _:
            return GATES[function](a)


class Factor(NamedTuple):
    """One number in a worked scalar: entry ``index`` (from 0) of the array ``name``.

    With ``complement`` the factor is 1 − value, shown as (1 − 0.30). A named tuple, because a page
    makes thousands of them for every answer.
    """

    name: str
    index: tuple[int, ...]  # type: ignore[assignment]  # hides a method of tuples, on purpose
    value: float
    complement: bool = False

    @property
    def number(self) -> float:
        """What the factor contributes to the product."""
        return 1.0 - self.value if self.complement else self.value


Term = tuple[Factor, ...]


@dataclass(frozen=True)
class Scalar:
    """One unit of an expression: the sum of ``terms``, each a product, is ``total``.

    With a ``function``, ``result`` is that function of the total; without one it is the total.
    """

    terms: tuple[Term, ...]
    total: float
    function: Function | None
    result: float

    @property
    def is_single_number(self) -> bool:
        """Whether there is nothing to add or multiply, as in σ(0.49)."""
        return len(self.terms) == 1 and len(self.terms[0]) == 1 and not self.terms[0][0].complement


def scalar(expression: Expression, values: Values, unit: int) -> Scalar:
    """``expression`` worked out for hidden unit ``unit`` (from 0) of a single sequence.

    A product with a sum, such as r ∘ (U_n h + c_n), is multiplied out, so that the result is flat.
    Raises ``InputError`` for values of a batch or for a unit that does not exist.
    """
    worked = scalars(expression, values)
    if not 0 <= unit < len(worked):
        raise InputError(
            "unit: expected a hidden unit from 0 to {last}, got {actual}. Choose one of them.",
            last=len(worked) - 1,
            actual=unit,
        )
    return worked[unit]


def scalars(expression: Expression, values: Values) -> tuple[Scalar, ...]:
    """``scalar`` for every unit, in the work of little more than one."""
    _refuse_batch(values)
    function, inside = (
        (expression.function, expression.of)
        if isinstance(expression, Apply)
        else (None, expression)
    )
    totals = evaluate(inside, values)
    results = evaluate_function(function, totals) if function else totals
    return tuple(
        Scalar(tuple(terms), total, function, result)
        for terms, total, result in zip(
            _terms(inside, values), totals.tolist(), results.tolist(), strict=True
        )
    )


def _terms(expression: Expression, values: Values) -> list[list[Term]]:
    """For each unit the terms of its sum."""
    match expression:
        case Value(name):
            return [[(Factor(name, (i,), value),)] for i, value in enumerate(values[name].tolist())]
        case Complement(Value(name)):
            return [
                [(Factor(name, (i,), value, complement=True),)]
                for i, value in enumerate(values[name].tolist())
            ]
        case MatrixVector(Value(name), vector):
            columns = _terms(vector, values)
            return [
                [
                    (Factor(name, (i, j), weight), *term)
                    for j, weight in enumerate(row)
                    for term in columns[j]
                ]
                for i, row in enumerate(values[name].tolist())
            ]
        case Hadamard(left, right):
            return [
                [left_term + right_term for left_term, right_term in product(*terms)]
                for terms in zip(_terms(left, values), _terms(right, values), strict=True)
            ]
        case Sum(summands):
            return [
                [*chain.from_iterable(terms)]
                for terms in zip(*(_terms(summand, values) for summand in summands), strict=True)
            ]
        case _:
            raise TypeError(f"{type(expression).__name__} has no flat expansion here")


def _refuse_batch(values: Values) -> None:
    if values["h"].ndim != 1:
        raise InputError(
            "values: expected those of one sequence, h of shape (H,), got shape {actual}."
            " Take one sequence of the batch.",
            actual=values["h"].shape,
        )


# --- Numbers as they are displayed ---------------------------------------------------------------

MIN_DIGITS, MAX_DIGITS = 2, 6
"""How many decimals a reader may choose."""

WIDTH = 8
"""No number in scientific form is longer."""

_MINUS = "\N{MINUS SIGN}"
# Differences of this size are rounding errors of float64 in sums of ordinary numbers. Showing
# 0.1 + 0.2 - 0.3 as 5.6e-17 would teach something about computers, not about GRUs.
_ROUNDING_ERROR = 1e-12


@lru_cache(maxsize=2**14)
def format_number(value: float, digits: int) -> str:
    """``value`` for the screen, with U+2212 as its minus sign and never a negative zero.

    Fixed notation with ``digits`` decimals, so at most digits + 6 characters. Numbers from 10,000
    on, and numbers other than rounding errors that would show as zero, in scientific form, as
    1.23e4 or −1.2e−12, of at most ``WIDTH`` characters.
    """
    text = f"{value:.{digits}f}"
    shows_zero = not text.strip("-0.")
    if shows_zero and abs(value) <= _ROUNDING_ERROR:
        text = text.removeprefix("-")
    elif shows_zero or len(text.removeprefix("-")) > len("9999.") + digits:
        text = _scientific(value)
    return text.replace("-", _MINUS)


def _scientific(value: float) -> str:
    for decimals in (2, 1):
        mantissa, exponent = f"{value:.{decimals}e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
        if len(text) <= WIDTH:
            break
    return text


def displayed(number: Factor | float, digits: int) -> Decimal:
    """The exact value of what is displayed for ``number``: for a complement, 1 − what is shown."""
    if not isinstance(number, Factor):
        return _displayed(number, digits)
    shown = _displayed(number.value, digits)
    return _EXACT.subtract(Decimal(1), shown) if number.complement else shown


@lru_cache(maxsize=2**14)
def _displayed(value: float, digits: int) -> Decimal:
    return Decimal(format_number(value, digits).replace(_MINUS, "-"))


def is_exact(numbers: Iterable[Factor | float], digits: int) -> bool:
    """Whether every number is displayed without rounding (float64's own rounding aside)."""
    return all(
        _is_exact(number.value if isinstance(number, Factor) else number, digits)
        for number in numbers
    )


@lru_cache(maxsize=2**14)
def _is_exact(value: float, digits: int) -> bool:
    error = abs(float(_displayed(value, digits)) - value)
    return error <= _ROUNDING_ERROR * max(1.0, abs(value))


def _each(function: Callable[[float, int], Any], array: Array, digits: int) -> Any:
    flat = [function(value, digits) for value in array.ravel().tolist()]
    return np.array(flat).reshape(array.shape)


def adds_up(terms: Iterable[Iterable[Factor | float]], result: float, digits: int) -> bool:
    """Whether the sum of the products of the *displayed* numbers is the *displayed* result.

    Exactly, so that a reader with a pencil finds the same: then the page may print =, else ≈.
    """
    with localcontext(_EXACT):
        total = sum((math.prod(displayed(f, digits) for f in term) for term in terms), Decimal(0))
    return total == displayed(result, digits)


# Wide enough for sums of products of any float64 numbers; it would rather raise than round.
_EXACT = Context(prec=4000, traps=[Inexact])


def line_sign(line: Line, values: Values, digits: int) -> str:
    """= or ≈: whether the displayed numbers of ``line`` give its displayed result in every unit.

    A function's result counts as given when nothing is rounded. ``values`` are those of one
    sequence.
    """
    return _sign(bool(np.all(_holds_as_displayed(line, values, digits))))


def line_signs(line: Line, values: Values, digits: int) -> list[str]:
    """``line_sign`` for each sequence of a batch, or each step of a trace."""
    return [_sign(holds) for holds in _holds_as_displayed(line, values, digits).tolist()]


def _holds_as_displayed(line: Line, values: Values, digits: int) -> Any:
    """(B,) for a batch, a single bool for one sequence."""
    names = (*_names(line.expression), line.result)
    if isinstance(line.expression, Apply):
        exact = {name: _each(_is_exact, values[name], digits) for name in names}
        # A parameter is the same for every sequence.
        return reduce(
            operator.and_, (e.all(axis=None if name in NAMES else -1) for name, e in exact.items())
        )
    shown = {name: _each(_displayed, values[name], digits) for name in names}
    with localcontext(_EXACT):
        return np.all(evaluate(line.expression, shown) == shown[line.result], axis=-1)


def is_substitution_exact(line: Line, values: Values, digits: int) -> bool:
    """Whether no number that ``line`` is made of is rounded when displayed."""
    return all(is_exact(values[name].ravel().tolist(), digits) for name in _names(line.expression))


def _names(expression: Expression) -> Iterator[str]:
    match expression:
        case Value(name):
            yield name
        case (
            MatrixVector(left, right)
            | TransposedVector(left, right)
            | Outer(left, right)
            | Hadamard(left, right)
            | Difference(left, right)
        ):
            yield from _names(left)
            yield from _names(right)
        case Complement(of) | Apply(_, of):
            yield from _names(of)
        case Sum(terms):
            for term in terms:
                yield from _names(term)


def _sign(is_equal: bool) -> str:
    return "=" if is_equal else "≈"


# --- Symbols -------------------------------------------------------------------------------------


class Symbol(NamedTuple):
    """How a name is written: W with subscript r."""

    base: str
    sub: str


_SPECIAL_SYMBOLS = {
    "h_previous": Symbol("h", ""),
    "h": Symbol("h′", ""),
    "n_inner": Symbol("q", ""),
    "keep": Symbol("u", ""),
    "sigmoid": Symbol("σ", ""),
    "hard_sigmoid": Symbol("σ", "hard"),
    "hard_sigmoid_slope": Symbol("σ̇", "hard"),
    "r_slope": Symbol("ṙ", ""),
    "z_slope": Symbol("ż", ""),
    "n_slope": Symbol("ṅ", ""),
    # Gradients: δ on a state or inside σ and tanh, ∇ on anything else.
    "d_h": Symbol("δ", "h′"),
    "d_h_previous": Symbol("δ", "h"),
    "d_h_own": Symbol("δ", "own"),
    "d_h_future": Symbol("δ", "future"),
    "d_r_pre": Symbol("δ", "r"),
    "d_z_pre": Symbol("δ", "z"),
    "d_n_pre": Symbol("δ", "n"),
    "d_n_inner": Symbol("δ", "q"),
    "d_h_leak": Symbol("δ", "leak"),
    "d_z_past": Symbol("δ", "update"),
    "d_n_past": Symbol("δ", "candidate"),
    "d_r_past": Symbol("δ", "reset"),
}
_SUBSCRIPTS = {"input": "in", "recurrent": "rec"}


def symbol(name: str) -> Symbol:
    """The symbol of an array or function: ``W_r`` → W, r; ``r_input`` → r, in; ``h`` → h′."""
    if name in _SPECIAL_SYMBOLS:
        return _SPECIAL_SYMBOLS[name]
    base, _, sub = name.removeprefix("d_").partition("_")
    if not name.startswith("d_"):
        return Symbol(base, _SUBSCRIPTS.get(sub, sub))
    return Symbol(f"∇{base}", sub) if sub else Symbol("∇", base)


def describe(expression: Expression) -> dict[str, Any]:
    """``expression`` as nested dicts and lists that a program can draw without knowing GRUs.

    Every dict has a ``kind``: ``value`` (``name``, ``base``, ``sub``), ``matrix_vector``
    (``matrix``, ``vector``), ``transposed_vector`` (the same, with the matrix transposed),
    ``outer`` (``left``, ``right``: left rightᵀ), ``hadamard`` (``left``, ``right``),
    ``complement`` (``of``: 1 − of), ``difference`` (``left``, ``right``), ``sum`` (``terms``),
    ``apply`` (``function``, ``base``, ``sub``, ``of``; draw round brackets) and ``group`` (``of``;
    draw round brackets).
    """
    match expression:
        case Value(name):
            return {"kind": "value", **_named(name)}
        case MatrixVector(matrix, vector):
            return {
                "kind": "matrix_vector",
                "matrix": describe(matrix),
                "vector": _describe_factor(vector),
            }
        case TransposedVector(matrix, vector):
            return {
                "kind": "transposed_vector",
                "matrix": describe(matrix),
                "vector": _describe_factor(vector),
            }
        case Outer(left, right):
            return {
                "kind": "outer",
                "left": _describe_factor(left),
                "right": _describe_factor(right),
            }
        case Hadamard(left, right):
            return {
                "kind": "hadamard",
                # a ∘ b ∘ c needs no brackets
                "left": describe(left) if isinstance(left, Hadamard) else _describe_factor(left),
                "right": describe(right)
                if isinstance(right, Hadamard)
                else _describe_factor(right),
            }
        case Complement(of):
            return {"kind": "complement", "of": describe(of)}
        case Difference(left, right):
            return {"kind": "difference", "left": describe(left), "right": describe(right)}
        case Sum(terms):
            return {"kind": "sum", "terms": [describe(term) for term in terms]}
        case Apply(function, of):
            return {
                "kind": "apply",
                "function": function,
                **symbol(function)._asdict(),
                "of": describe(of),
            }


def _describe_factor(expression: Expression) -> dict[str, Any]:
    token = describe(expression)
    return token if isinstance(expression, Value | Apply) else {"kind": "group", "of": token}


@cache
def _named(name: str) -> Mapping[str, str]:
    return MappingProxyType({"name": name, **symbol(name)._asdict()})


def describe_line(line: Line) -> dict[str, Any]:
    """``role``, ``result`` (a ``value``) and ``expression``, both as in ``describe``."""
    return {
        "role": line.role,
        "result": describe(Value(line.result)),
        "expression": describe(line.expression),
    }


def describe_scalar(worked: Scalar, digits: int) -> dict[str, Any]:
    """``worked`` with every number as text, ready to be joined with · and +.

    ``terms`` (lists of ``name``, ``base``, ``sub``, ``index``, ``text``), ``sum_sign``, ``total``;
    ``function`` (None or ``base``, ``sub``), ``result_sign``, ``result``; ``is_single_number``;
    ``rounded``, whether any number shown is rounded; ``text``, all of it in one line. A sign is =
    or ≈, whichever is true of the numbers shown.
    """
    total, result = format_number(worked.total, digits), format_number(worked.result, digits)
    sum_sign = _sign(adds_up(worked.terms, worked.total, digits))
    result_sign = _sign(is_exact((worked.total, worked.result), digits))
    factors = [factor for term in worked.terms for factor in term]
    terms = [
        [
            {
                **_named(factor.name),
                "index": list(factor.index),
                "text": _factor_text(factor, digits, is_first=factor is factors[0]),
            }
            for factor in term
        ]
        for term in worked.terms
    ]
    products = " + ".join("·".join(str(factor["text"]) for factor in term) for term in terms)
    text = f"{products} {sum_sign} {total}"
    if worked.function:
        applied = f"{'_'.join(filter(None, symbol(worked.function)))}({total})"
        lead = "" if worked.is_single_number else f"{text} → "
        text = f"{lead}{applied} {result_sign} {result}"
    return {
        "terms": terms,
        "sum_sign": sum_sign,
        "total": total,
        "function": symbol(worked.function)._asdict() if worked.function else None,
        "result_sign": result_sign,
        "result": result,
        "is_single_number": worked.is_single_number,
        "rounded": not is_exact([*factors, worked.total, worked.result], digits),
        "text": text,
    }


def _factor_text(factor: Factor, digits: int, *, is_first: bool) -> str:
    text = format_number(factor.value, digits)
    if factor.complement:
        return f"(1 {_MINUS} {text})"
    return f"({text})" if text.startswith(_MINUS) and not is_first else text


# --- LaTeX ---------------------------------------------------------------------------------------


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
        _refuse_batch(values)
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
        rows.append(f"{_latex_symbol(line.result)} &= {_latex(line.expression, _latex_symbol)}")
        if values is not None and line.role != "definition":
            rows.append(_latex_row_of_numbers(line, values, digits))
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def _latex_row_of_numbers(line: Line, values: Values, digits: int) -> str:
    expression = _latex(line.expression, lambda name: _latex_array(values[name], digits))
    substituted = _LATEX_SIGNS[_sign(is_substitution_exact(line, values, digits))]
    worked_out = _LATEX_SIGNS[line_sign(line, values, digits)]
    result = _latex_array(values[line.result], digits)
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
            return rf"{_latex_symbol(function)}\left({_latex(of, write)}\right)"


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


def _latex_symbol(name: str) -> str:
    base, sub = symbol(name)
    base = _LATEX_BASES.get(base, base.replace("∇", r"\nabla "))
    if sub.endswith("′"):
        sub = rf"{{{_LATEX_BASES[sub]}}}"
    elif len(sub) > 1:
        sub = rf"{{\mathrm{{{sub}}}}}"
    return f"{base}_{sub}" if sub else base


def _latex_array(array: Array, digits: int) -> str:
    rows = array.reshape(-1, 1) if array.ndim == 1 else array
    body = r" \\ ".join(" & ".join(_latex_number(v, digits) for v in row) for row in rows.tolist())
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def _latex_number(value: float, digits: int) -> str:
    mantissa, _, exponent = format_number(value, digits).replace(_MINUS, "-").partition("e")
    return rf"{mantissa} \cdot 10^{{{exponent}}}" if exponent else mantissa
