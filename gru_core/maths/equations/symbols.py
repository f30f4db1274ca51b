"""How names and expressions are written, for a program that draws them."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from gru_core.maths.equations.display import MINUS, adds_up, format_number, is_exact, sign
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
)
from gru_core.maths.equations.scalars import Factor, Scalar


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
    sum_sign = sign(adds_up(worked.terms, worked.total, digits))
    result_sign = sign(is_exact((worked.total, worked.result), digits))
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
        return f"(1 {MINUS} {text})"
    return f"({text})" if text.startswith(MINUS) and not is_first else text
