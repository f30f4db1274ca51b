"""The numbers that a recurrent cell has learnt, checked once and then immutable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from gru_core.errors import InputError
from gru_core.maths.convention import Convention

Array = npt.NDArray[np.float64]

NAMES = ("W_r", "W_z", "W_n", "U_r", "U_z", "U_n", "b_r", "b_z", "b_n", "c_n")


def real_array(name: str, value: object) -> Array:
    """A read-only float64 copy of ``value``, of any shape.

    Raises InputError when it is not made of real numbers, or when one is NaN or infinite.
    """
    try:
        raw = np.asarray(value)
    except (TypeError, ValueError, RuntimeError):
        raw = np.array(None)
    if raw.dtype.kind not in "biuf":
        raise InputError(
            "{name}: expected real numbers in rows of equal length, got {actual}. "
            "Check for text, empty cells and rows of different length.",
            name=name,
            actual=type(value).__name__,
        )
    array = np.array(raw, dtype=np.float64, order="C")
    if not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InputError(
            "{place}: expected a finite number, got {actual}. "
            "Replace it with an ordinary number, such as 0.",
            place=name + (f"[{', '.join(map(str, index))}]" if index else ""),
            actual=float(array[index]),
        )
    array.setflags(write=False)
    return array


BLOCKS = {"rnn": 1, "gru": 3, "lstm": 4}
"""Blocks of weights: one for each gate, and one for the candidate."""


def parameter_count(
    input_size: int,
    hidden_size: int,
    bias_vectors: int,
    cell: Literal["rnn", "gru", "lstm"] = "gru",
) -> int:
    """How many numbers a cell stores, for a GRU 3 (H² + H D) + k H.

    bias_vectors: k, the bias vectors of length H. A GRU's equations need at most 4 (b_r, b_z, b_n
        and c_n); PyTorch stores 6. ``NamedConvention.bias_vectors`` has it for each source.
    """
    weights = BLOCKS[cell] * hidden_size * (hidden_size + input_size)
    return weights + bias_vectors * hidden_size


@dataclass(frozen=True, eq=False)
class CellParameters:
    """What the parameters of every recurrent cell have in common.

    A subclass lists its arrays in ``NAMES``; the first letter says what each is. W: (H, D),
    multiplies the input x. U: (H, H), multiplies the state h. b: (H,), a bias on the input side.
    c: (H,), any other bias; zeros when left out.

    Everything array-like is accepted and kept as a read-only float64 copy. Parameters are equal
    when all their values are. Raises InputError on a wrong shape, or on NaN or infinity.
    """

    NAMES: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        first = self.NAMES[0]
        W = real_array(first, getattr(self, first))
        if W.ndim != 2 or W.size == 0:
            raise InputError(
                "{name}: expected a matrix of shape {expected}, got shape {actual}. "
                "Give one row for each hidden unit and one column for each input.",
                name=first,
                expected="(H, D)",
                actual=W.shape,
            )
        H, D = W.shape
        shapes = {"W": (H, D), "U": (H, H), "b": (H,), "c": (H,)}
        for name in self.NAMES:
            value = getattr(self, name)
            left_out = value is None and name[0] == "c"
            array = real_array(name, np.zeros(H) if left_out else value)
            expected = shapes[name[0]]
            if array.shape != expected:
                raise InputError(
                    "{name}: expected shape {expected}, got {actual}. "
                    "{first} has {hidden_size} rows and {input_size} columns, so "
                    "H = {hidden_size} and D = {input_size}; make {name} fit, or change {first}.",
                    name=name,
                    expected=expected,
                    actual=array.shape,
                    first=first,
                    hidden_size=H,
                    input_size=D,
                )
            object.__setattr__(self, name, array)

    @property
    def input_size(self) -> int:
        """D, the length of x."""
        return int(getattr(self, self.NAMES[0]).shape[1])

    @property
    def hidden_size(self) -> int:
        """H, the length of h."""
        return int(getattr(self, self.NAMES[0]).shape[0])

    def stacked(self, kind: Literal["W", "U", "b"], gates: Iterable[str]) -> Array:
        """The arrays of one kind, gate by gate in this order: (gates, H, D), (…, H, H), (…, H)."""
        return np.stack([getattr(self, f"{kind}_{gate}") for gate in gates])

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names = (field.name for field in fields(self))
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in names)

    def __hash__(self) -> int:
        # Adding zero turns -0.0 into 0.0: the two are equal and so must hash alike.
        return hash(tuple((getattr(self, name) + 0.0).tobytes() for name in self.NAMES))


@dataclass(frozen=True, eq=False)
class GRUParameters(CellParameters):
    """The weights of one GRU cell with D inputs and H hidden units.

    W_r, W_z, W_n: (H, D), multiply the input x.
    U_r, U_z, U_n: (H, H), multiply the state h.
    b_r, b_z, b_n: (H,), biases on the input side.
    c_n: (H,), the bias added to U_n h when reset acts after; zeros when left out.

    Copies, equality and errors: see ``CellParameters``.
    """

    NAMES: ClassVar[tuple[str, ...]] = NAMES

    W_r: Array
    W_z: Array
    W_n: Array
    U_r: Array
    U_z: Array
    U_n: Array
    b_r: Array
    b_z: Array
    b_n: Array
    c_n: Array = None  # type: ignore[assignment]  # becomes zeros, once H is known

    def count(self, bias_vectors: int) -> int:
        """How many numbers a cell of this size stores, see ``parameter_count``."""
        return parameter_count(self.input_size, self.hidden_size, bias_vectors)

    def require_meaning_in(self, convention: Convention) -> None:
        """Raise InputError when c_n is set although the convention has no such term."""
        if convention.reset == "before" and self.c_n.any():
            unit = int(np.flatnonzero(self.c_n)[0])
            raise InputError(
                "c_n: expected zeros, because with reset before there is no bias inside "
                "r ∘ (U_n h + c_n), got c_n[{unit}] = {actual}. "
                "Set c_n to zero, or choose reset after.",
                unit=unit,
                actual=float(self.c_n[unit]),
            )
