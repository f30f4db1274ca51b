"""Sequences to learn from, and what is to be answered to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gru_core.data.scaling import Scaling
from gru_core.maths.parameters import Array

Whole64 = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Batch:
    """B sequences of T steps, both arrays read-only: copy them where they are to change.

    inputs: (T, B, D). targets: (S, B, O) float64 for numbers and for bits, (S, B) int64 for
    classes, counted from 0; S is T where every step is answered, 1 where only the last is.
    """

    inputs: Array
    targets: npt.NDArray[Any]

    def __post_init__(self) -> None:
        self.inputs.setflags(write=False)
        self.targets.setflags(write=False)

    def select(self, indices: Sequence[int] | Whole64) -> Batch:
        """These of the B sequences, in that order."""
        chosen = np.asarray(indices, dtype=np.int64)
        return Batch(self.inputs[:, chosen], self.targets[:, chosen])

    def __len__(self) -> int:
        return int(self.inputs.shape[1])


class Parts(NamedTuple):
    """What is learned from, what is chosen by, and what is reported.

    train: None where every batch is drawn afresh. scale: of the targets, fitted on train alone.
    """

    train: Batch | None
    validation: Batch
    test: Batch
    scale: Scaling | None = None


def one_hot(indices: Whole64, size: int) -> Array:
    """(...) whole numbers below size to (..., size): 1 at the number, else 0."""
    rows: Array = np.eye(size)[indices]
    return rows
