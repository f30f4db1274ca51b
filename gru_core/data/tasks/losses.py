"""The losses in NumPy, for answers that are known without a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gru_core.maths.parameters import Array

Kind = Literal["regression", "classes", "binary"]

LOSSES: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        "regression": ("mse", "mae", "huber"),
        "classes": ("cross_entropy",),
        "binary": ("binary_cross_entropy",),
    }
)
"""The losses that fit, the usual one first."""


def _huber(error: Array) -> Array:
    """PyTorch's, with delta 1."""
    size = np.abs(error)
    return np.where(size <= 1.0, error**2 / 2, size - 0.5)


_OF_ERROR: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {"mse": np.square, "mae": np.abs, "huber": _huber}
)


def regression_loss(loss: str, prediction: npt.ArrayLike, target: npt.ArrayLike) -> float:
    """The mean of mse, mae or huber over everything."""
    return float(_OF_ERROR[loss](np.subtract(prediction, target)).mean())


def constant_loss(
    loss: str, train: npt.NDArray[Any], validation: npt.NDArray[Any], outputs: int
) -> float:
    """Of the one answer that would be best on the targets `train`, given to `validation`.

    The mean for mse, the median for mae, the number between them for huber; for classes how often
    each of the `outputs` is right, add-one smoothed, and for bits how often 1 is.
    """
    match loss:
        case "cross_entropy":
            counts = np.bincount(train.ravel(), minlength=outputs) + 1
            return float(-np.log(counts / counts.sum())[validation].mean())
        case "binary_cross_entropy":
            p = (train.sum() + 1) / (train.size + 2)
            return float(-np.log(np.where(validation == 1, p, 1 - p)).mean())
        case "mse":
            return regression_loss(loss, train.mean(), validation)
        case "mae":
            return regression_loss(loss, np.median(train), validation)
        case _:
            return regression_loss(loss, _huber_centre(train), validation)


def _huber_centre(values: Array) -> float:
    """Where the mean of the clipped errors is 0, by halving: it falls as the centre rises."""
    low, high = float(values.min()), float(values.max())
    for _ in range(60):
        middle = (low + high) / 2
        if np.clip(values - middle, -1.0, 1.0).mean() > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
