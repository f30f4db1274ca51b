"""What the GRU, the simple RNN and the LSTM have in common: a cell with a trace.

A trace holds every value between the inputs and the states of a sequence, step by step. That is
all that ``bptt`` needs to go back through it, and all that ``measures`` looks at.

Axes are always time, batch, unit: T steps, B sequences, H hidden units, D inputs. A matrix W
acts on a vector x as W x; for a batch of rows that is written ``x @ W.T``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from gru_core.errors import InputError
from gru_core.maths.parameters import Array, CellParameters, real_array


@dataclass(frozen=True, eq=False, kw_only=True)
class CellTrace:
    """A sequence of T steps of some cell. Every array of it is read-only.

    inputs: (T, D) or (T, B, D). h0: (H,) or (B, H). Everything else (T, H) or (T, B, H).
    """

    parameters: CellParameters
    inputs: Array
    h0: Array
    h_previous: Array  # h0, then h without its last step
    h: Array

    def __post_init__(self) -> None:
        # h and h_previous share memory, so that a change to one would be a change to the other.
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                view = value.view()  # what was given stays as writable as it was
                view.setflags(write=False)
                object.__setattr__(self, field.name, view)

    def __len__(self) -> int:
        return len(self.inputs)


def checked_sequence(parameters: CellParameters, inputs: object, h0: object) -> tuple[Array, Array]:
    """inputs (T, D) or (T, B, D) and h0 (H,) or (B, H), zeros when None, as float64 copies.

    Raises InputError on other shapes, and on NaN or infinity.
    """
    inputs = real_array("inputs", inputs)
    require_rows("inputs", inputs, ("T", "D"), parameters)
    return inputs, checked_state("h0", h0, inputs.shape[1:-1], parameters)


def checked_state(
    name: str, state: object, batch: tuple[int, ...], parameters: CellParameters
) -> Array:
    """A state (H,) or (B, H) to begin with, zeros when None. InputError on other shapes."""
    expected = (*batch, parameters.hidden_size)
    array = real_array(name, np.zeros(expected) if state is None else state)
    if array.shape != expected:
        raise InputError(
            "{name}: expected shape {expected}, got {actual}. "
            "Give one number for each hidden unit, and one row for each sequence of a batch.",
            name=name,
            expected=expected,
            actual=array.shape,
        )
    return array


def require_rows(
    name: str, array: Array, axes: tuple[str, ...], parameters: CellParameters
) -> None:
    """Require ``axes``, with or without a batch axis B before the last, which has length D."""
    D = parameters.input_size
    if array.ndim in (len(axes), len(axes) + 1) and array.shape[-1] == D and array.size:
        return
    raise InputError(
        "{name}: expected shape {single} or, for a batch, {batched}, with D = {input_size}, "
        "got {actual}. Give at least one row, and one number for each of the {input_size} "
        "columns of {first}.",
        name=name,
        single=_spelled(axes),
        batched=_spelled((*axes[:-1], "B", "D")),
        input_size=D,
        actual=array.shape,
        first=parameters.NAMES[0],
    )


def require_finite(name: str, over_time: Array) -> None:
    """Raise InputError, with the first step concerned, where (T, …) has outgrown float64."""
    if not np.isfinite(over_time).all():
        finite = np.isfinite(over_time).reshape(len(over_time), -1).all(axis=1)
        raise InputError(
            "{name}: expected numbers below 1.8e308, the largest of float64, but those of step "
            "{step} are larger. Use fewer steps, or smaller weights or inputs.",
            name=name,
            step=int(np.argmin(finite)) + 1,
        )


def input_parts(W: Array, b: Array, inputs: Array, out: Array) -> None:
    """out = W x + b for every gate, step and sequence, in one product, which waits for no h.

    W: (gates, H, D). b: (gates, H). inputs: (T, …, D). out: (gates, T, …, H), contiguous.
    """
    rows = out.reshape(len(W), -1, out.shape[-1])
    np.matmul(inputs.reshape(-1, inputs.shape[-1]), W.swapaxes(1, 2), out=rows)
    rows += b[:, None]


def with_start(start: Array, steps: int) -> Array:
    """Room for a state over time, (T + 1, …), that begins with ``start``."""
    states = np.empty((steps + 1, *start.shape))
    states[0] = start
    return states


def _spelled(axes: tuple[str, ...]) -> str:
    return f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"
