"""Expressions of named arrays, as a tree: what can stand in an equation, and what it comes to."""

import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

import numpy as np

from gru_core.maths.gru import GATES, hard_sigmoid_slope
from gru_core.maths.parameters import Array

Values = Mapping[str, Array]
ForwardRole = Literal["definition", "input", "recurrent", "inner", "sum", "value", "kept", "new"]
BackwardRole = Literal["slope", "outside", "contribution", "leak", "update", "candidate", "reset"]
Role = ForwardRole | BackwardRole
Function = Literal["sigmoid", "hard_sigmoid", "hard_sigmoid_slope", "tanh"]


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


def names_in(expression: Expression) -> Iterator[str]:
    """The arrays that ``expression`` is made of, each as often as it stands there."""
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
            yield from names_in(left)
            yield from names_in(right)
        case Complement(of) | Apply(_, of):
            yield from names_in(of)
        case Sum(terms):
            for term in terms:
                yield from names_in(term)
