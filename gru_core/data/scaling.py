"""Numbers of any size brought to where gates respond, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from gru_core.data.typed import shown
from gru_core.errors import N_, InputError
from gru_core.maths.parameters import Array, real_array

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "none": N_("as they are"),
        "standardise": N_("mean 0, standard deviation 1"),
        "min_max": N_("from 0 to 1"),
    }
)
"""By id, with English message ids."""


@dataclass(frozen=True, eq=False)
class Scaling:
    """x → (x - shift) / scale, column by column. shift, scale: (D,), scale never 0."""

    shift: Array
    scale: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "shift", real_array("shift", self.shift))
        object.__setattr__(self, "scale", real_array("scale", self.scale))

    def apply(self, values: Array) -> Array:
        """(T, D) in original units to (T, D) scaled; NaN stays NaN."""
        return (values - self.shift) / self.scale

    def inverse(self, values: Array) -> Array:
        """(T, D) scaled to (T, D) in original units; NaN stays NaN."""
        return values * self.scale + self.shift


def fit(values: Array, method: str) -> Scaling:
    """The scaling that `method` finds for the columns of `values`, (T, D), leaving NaN aside.

    standardise: by mean and standard deviation (of the values given, so divided by T).
    min_max: least value to 0, largest to 1. A column that never changes is only shifted to 0.
    Fit to what the network may know: for a forecast, the steps before the test only.
    Raises InputError for another method, and for a column without a number.
    """
    if method not in METHODS:
        raise InputError(
            "{name}: expected one of {expected}, got {actual}. Choose one of them.",
            name="scale",
            expected=", ".join(METHODS),
            actual=shown(method),
        )
    empty = np.flatnonzero(np.isnan(values).all(axis=0))
    if len(empty):
        raise InputError(
            "column {column}: expected numbers, got only gaps."
            " Choose other steps or another column.",
            column=int(empty[0]) + 1,
        )
    D = values.shape[1]
    if method == "none":
        return Scaling(np.zeros(D), np.ones(D))
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    if method == "min_max":
        shift, spread = low, high - low
    else:
        shift, spread = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    # Rounding may give a constant column a deviation that is not exactly 0.
    is_constant = (low == high) | (spread == 0)
    return Scaling(np.where(is_constant, low, shift), np.where(is_constant, 1.0, spread))
