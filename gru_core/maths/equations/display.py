"""Numbers as they are displayed, and whether = or ≈ is true of what is displayed."""

import math
import operator
from collections.abc import Callable, Iterable
from decimal import Context, Decimal, Inexact, localcontext
from functools import lru_cache, reduce
from typing import Any

import numpy as np

from gru_core.maths.equations.expressions import Apply, Line, Values, evaluate, names_in
from gru_core.maths.equations.scalars import Factor
from gru_core.maths.parameters import NAMES, Array

MIN_DIGITS, MAX_DIGITS = 2, 6
"""How many decimals a reader may choose."""

WIDTH = 8
"""No number in scientific form is longer."""

MINUS = "\N{MINUS SIGN}"
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
    return text.replace("-", MINUS)


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
    return Decimal(format_number(value, digits).replace(MINUS, "-"))


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
    return sign(bool(np.all(_holds_as_displayed(line, values, digits))))


def line_signs(line: Line, values: Values, digits: int) -> list[str]:
    """``line_sign`` for each sequence of a batch, or each step of a trace."""
    return [sign(holds) for holds in _holds_as_displayed(line, values, digits).tolist()]


def _holds_as_displayed(line: Line, values: Values, digits: int) -> Any:
    """(B,) for a batch, a single bool for one sequence."""
    names = (*names_in(line.expression), line.result)
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
    return all(
        is_exact(values[name].ravel().tolist(), digits) for name in names_in(line.expression)
    )


def sign(is_equal: bool) -> str:
    """= or ≈."""
    return "=" if is_equal else "≈"
