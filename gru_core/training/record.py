"""What a training run leaves behind: columns over steps and runs, and snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from gru_core.errors import InputError
from gru_core.maths.parameters import Array

COLUMNS = (
    "loss",
    "gradient_norm",
    "clipped_norm",
    "learning_rate",
    "update_norm",
    "weight_norm",
)
EVALUATIONS = ("validation_loss", "validation_accuracy", "saturation", "largest_state")


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The networks after ``step`` updates, looked at on the probe sequence.

    weights: of the first run, by name, without a run axis. profile: (K, layers, T), ‖∂L/∂h_t‖ of
    the loss on that one sequence, in every layer.
    """

    step: int
    weights: Mapping[str, Array]
    profile: Array


@dataclass(frozen=True, eq=False)
class Record:
    """The steps ``first`` (from 0) to ``first + len(record)`` of K runs. Records concatenate.

    Each of COLUMNS is (steps, K); what a run did after it had stopped is NaN.
    loss: of the step's batch, before its update. gradient_norm: over all weights of a run, before
    clipping; clipped_norm: after. learning_rate: as it was used. update_norm: of the change of all
    weights; weight_norm: of the weights before it.
    evaluated: (E,), after how many updates the validation data was looked at. Each of EVALUATIONS
    is (E, K). saturation: the share of gate values under 0.1 or over 0.9, NaN where a cell has no
    gates. largest_state: max |h| on the validation data. validation_accuracy: NaN for values.
    snapshots: at log-spaced steps.
    """

    first: int
    loss: Array
    gradient_norm: Array
    clipped_norm: Array
    learning_rate: Array
    update_norm: Array
    weight_norm: Array
    evaluated: np.ndarray[tuple[int], np.dtype[np.int64]]
    validation_loss: Array
    validation_accuracy: Array
    saturation: Array
    largest_state: Array
    snapshots: tuple[Snapshot, ...] = ()

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def runs(self) -> int:
        """K."""
        return int(self.loss.shape[1])

    @property
    def end(self) -> int:
        """The number of updates after the last step."""
        return self.first + len(self)

    @classmethod
    def empty(cls, runs: int, first: int = 0) -> Record:
        """Of no step."""
        arrays: dict[str, Any] = dict.fromkeys((*COLUMNS, *EVALUATIONS), np.empty((0, runs)))
        return cls(first, **arrays, evaluated=np.empty(0, dtype=np.int64))

    @classmethod
    def joined(cls, records: Iterable[Record]) -> Record:
        """Records that follow each other as one. InputError if one does not follow."""
        parts = tuple(records)
        for left, right in pairwise(parts):
            if left.end != right.first:
                raise InputError(
                    "Record: expected one that goes on at step {expected}, got one of step "
                    "{actual}. Give the slices in their order.",
                    expected=left.end,
                    actual=right.first,
                )
        names = (f.name for f in fields(cls) if f.name not in ("first", "snapshots"))
        arrays = {name: np.concatenate([getattr(p, name) for p in parts]) for name in names}
        snapshots = tuple(snapshot for part in parts for snapshot in part.snapshots)
        return cls(parts[0].first, **arrays, snapshots=snapshots)

    def __add__(self, other: Record) -> Record:
        return Record.joined((self, other))

    def table(self) -> pd.DataFrame:
        """One row for each step and run: step (updates before it), run, COLUMNS and EVALUATIONS.

        EVALUATIONS stand in the rows of the steps before which they were made; the last one,
        after the last step, in a row of its own.
        """
        index = pd.MultiIndex.from_product(
            [range(self.first, self.end), range(self.runs)], names=["step", "run"]
        )
        steps = pd.DataFrame({name: getattr(self, name).ravel() for name in COLUMNS}, index)
        seen = pd.MultiIndex.from_product(
            [self.evaluated.tolist(), range(self.runs)], names=["step", "run"]
        )
        looks = pd.DataFrame({name: getattr(self, name).ravel() for name in EVALUATIONS}, seen)
        return steps.join(looks, how="outer").reset_index()


def tables(named: Iterable[tuple[str, Record]]) -> pd.DataFrame:
    """The tables of several records below each other; the column configuration has their names."""
    return pd.concat(
        [record.table().assign(configuration=name) for name, record in named], ignore_index=True
    )
