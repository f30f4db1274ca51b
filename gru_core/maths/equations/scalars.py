"""One unit of an expression written out: a sum of products of single numbers."""

from dataclasses import dataclass
from itertools import chain, product
from typing import NamedTuple

from gru_core.errors import InputError
from gru_core.maths.equations.expressions import (
    Apply,
    Complement,
    Expression,
    Function,
    Hadamard,
    MatrixVector,
    Sum,
    Value,
    Values,
    evaluate,
    evaluate_function,
)


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
    refuse_batch(values)
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


def refuse_batch(values: Values) -> None:
    """Raises ``InputError`` unless ``values`` are those of one sequence."""
    if values["h"].ndim != 1:
        raise InputError(
            "values: expected those of one sequence, h of shape (H,), got shape {actual}."
            " Take one sequence of the batch.",
            actual=values["h"].shape,
        )
