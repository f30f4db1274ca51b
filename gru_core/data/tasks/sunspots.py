"""Yearly sunspots: forecast the next year from those before it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gru_core.data import scaling
from gru_core.data.bounds import Whole
from gru_core.data.series import SERIES
from gru_core.data.tasks.batch import Batch, Parts
from gru_core.data.tasks.definition import Source, Task
from gru_core.data.tasks.losses import LOSSES, regression_loss
from gru_core.data.tasks.mark import Mark
from gru_core.errors import N_
from gru_core.maths.parameters import Array

_SERIES = SERIES["sunspots"]
HELD_OUT = round(0.2 * _SERIES.length)
"""Years to test with, the last ones, and as many before them to validate with."""
VALIDATION_FROM = _SERIES.length - 2 * HELD_OUT
TEST_FROM = _SERIES.length - HELD_OUT
ORDER = 9
"""Of the autoregression, as in statsmodels' examples on this series."""


def split(values: Array, length: int) -> Parts:
    """Windows of `length` years, each with the year after it; the parts are cut by that year.

    values: a whole series, (T,), in its own unit. What comes before a part may be seen from it.
    """
    scale = scaling.fit(values[:VALIDATION_FROM, np.newaxis], "standardise")
    scaled = scale.apply(values[:, np.newaxis])
    windows = np.lib.stride_tricks.sliding_window_view(scaled[:-1, 0], length).T[..., np.newaxis]
    whole = Batch(windows, scaled[np.newaxis, length:])
    ends = [VALIDATION_FROM - length, TEST_FROM - length]
    train, validation, test = map(whole.select, np.split(np.arange(len(whole)), ends))
    return Parts(train, validation, test, scale)


def autoregression(values: Array, order: int, fitted: int) -> Array:
    """AR(order) with a constant: one-step forecasts of values[order:], (T - order,).

    The coefficients are the least squares over the first `fitted` of the values.
    """
    lags = np.lib.stride_tricks.sliding_window_view(values[:-1], order)
    design = np.column_stack([np.ones(len(lags)), lags])
    known = fitted - order
    coefficients = np.linalg.lstsq(design[:known], values[order:fitted], rcond=None)[0]
    forecast: Array = design @ coefficients
    return forecast


def rmse_on_test() -> dict[str, float]:
    """RMSE over the test years in sunspots, of persistence and of AR(9).

    Neither is chosen by the validation years, so that AR(9) is fitted on all before the test.
    """
    truth = _SERIES.values[TEST_FROM:]
    forecasts = {
        "persistence": _SERIES.values[TEST_FROM - 1 : -1],
        "AR(9)": autoregression(_SERIES.values, ORDER, TEST_FROM)[TEST_FROM - ORDER :],
    }
    return {
        name: float(np.sqrt(regression_loss("mse", forecast, truth)))
        for name, forecast in forecasts.items()
    }


def _marks(length: int, parts: Parts) -> Iterator[Mark]:
    scale = scaling.fit(_SERIES.values[:VALIDATION_FROM, np.newaxis], "standardise")
    values = scale.apply(_SERIES.values[:, np.newaxis])[:, 0]
    years = slice(VALIDATION_FROM, TEST_FROM)
    before = slice(VALIDATION_FROM - 1, TEST_FROM - 1)
    forecast = autoregression(values, ORDER, VALIDATION_FROM)
    of_the_years = slice(VALIDATION_FROM - ORDER, TEST_FROM - ORDER)
    for loss in LOSSES["regression"]:
        yield Mark(
            N_("persistence"),
            loss,
            regression_loss(loss, values[before], values[years]),
            N_("The next value forecast to be the present one, on the validation data."),
        )
        yield Mark(
            N_("AR(9)"),
            loss,
            regression_loss(loss, forecast[of_the_years], values[years]),
            N_("Linear in the last 9 years, least squares on the training part."),
        )


SUNSPOTS = Task(
    name="sunspots",
    title=N_("Sunspots forecast"),
    needs=N_("Keep where in its cycle of about 11 years the sun is, and how strong the cycle is."),
    answer=N_("After the last year of a window, the number of the next year."),
    kind="regression",
    read="last",
    inputs=1,
    outputs=1,
    length=Whole("length", N_("Length in years"), 2, 60, 20),
    shows="curve",
    goal=0.125,
    source=Source(_SERIES.source, _SERIES.licence),
    split=lambda length, _: split(_SERIES.values, length),
    known=_marks,
)
