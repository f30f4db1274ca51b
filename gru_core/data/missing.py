"""Gaps in a sequence: refused or filled, and never without saying where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gru_core.data.typed import shown
from gru_core.errors import N_, InputError
from gru_core.maths.parameters import Array

Mask = npt.NDArray[np.bool_]

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "refuse": N_("refuse gaps"),
        "forward": N_("fill forward"),
        "interpolate": N_("interpolate"),
        "mean": N_("fill with the mean"),
        "mask": N_("mean, and a mask as an extra input"),
    }
)
"""By id, with English message ids."""
MASK_NAME = N_("{name} missing")


class Gap(NamedTuple):
    """A run of missing values: of the column (from 0), at the steps first to last (from 0)."""

    column: int
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class Filled:
    """Columns without gaps, and where the gaps were.

    values: (T, D + M), M masks after the D columns. was_missing: of the same shape, True where
    a value was filled in; always False in a mask, which is data. Both are read-only.
    names: of the D + M columns, those of the masks by MASK_NAME. masked: which of the D columns
    the masks tell of, in their order.
    """

    values: Array
    was_missing: Mask
    names: tuple[str, ...]
    masked: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.values.setflags(write=False)
        self.was_missing.setflags(write=False)

    @property
    def count(self) -> int:
        """How many values were filled in."""
        return int(self.was_missing.sum())

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Where, column by column, in the order of time."""
        return gaps(self.was_missing)


def gaps(is_missing: Mask) -> tuple[Gap, ...]:
    """The runs of True in the columns of a (T, D) mask, column by column."""
    found = []
    for column, missing in enumerate(is_missing.T):
        for is_gap, run in groupby(range(len(missing)), key=missing.__getitem__):
            if is_gap:
                steps = list(run)
                found.append(Gap(column, steps[0], steps[-1]))
    return tuple(found)


def fill_missing(values: Array, method: str, names: Sequence[str]) -> Filled:
    """Fill the NaN of `values`, (T, D), each column for itself.

    refuse: raise InputError if there is any. forward: the last value before the gap; at the
    start, where there is none, the first value after it. interpolate: the straight line between
    the values before and after; at either end the nearest value. mean: of the values that are
    there. mask: as mean, and one more column for each with a gap, 1 where it was missing and else
    0, so that the network can tell.
    Raises InputError for another method, and for a column with gaps and nothing else.
    """
    if method not in METHODS:
        raise InputError(
            "{name}: expected one of {expected}, got {actual}. Choose one of them.",
            name="gaps",
            expected=", ".join(METHODS),
            actual=shown(method),
        )
    is_missing = np.isnan(values)
    masked = tuple(int(i) for i in np.flatnonzero(is_missing.any(axis=0)))
    if masked and method == "refuse":
        first = gaps(is_missing)[0]
        raise InputError(
            "{name}: expected a number at every step, got {count} missing, the first at step"
            " {step}. Choose how to fill the gaps, or remove those steps.",
            name=names[first.column],
            count=int(is_missing[:, first.column].sum()),
            step=first.first + 1,
        )
    for column in masked:
        if is_missing[:, column].all():
            raise InputError(
                "{name}: expected numbers, got only gaps. Choose other steps or another column.",
                name=names[column],
            )
    filled = np.array(values, dtype=np.float64)
    for column in masked:
        filled[:, column] = _FILL[method](values[:, column])
    if method != "mask":
        masked = ()
    masks = is_missing[:, list(masked)]
    all_names = (*names, *(MASK_NAME.format(name=names[column]) for column in masked))
    was_missing = np.hstack([is_missing, np.zeros_like(masks)])
    return Filled(np.hstack([filled, masks]), was_missing, all_names, masked)


def _forward(column: Array) -> Array:
    there = np.flatnonzero(~np.isnan(column))
    # For each step the place in `there` of the last value so far; before the first, the first.
    last = np.searchsorted(there, np.arange(len(column)), side="right") - 1
    return column[there[np.maximum(last, 0)]]


def _interpolated(column: Array) -> Array:
    there = np.flatnonzero(~np.isnan(column))
    return np.interp(np.arange(len(column)), there, column[there])


def _mean(column: Array) -> Array:
    return np.where(np.isnan(column), np.nanmean(column), column)


_FILL = {"forward": _forward, "interpolate": _interpolated, "mean": _mean, "mask": _mean}
