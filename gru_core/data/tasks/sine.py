"""Forecast of a sine whose frequency must be found out first."""

from __future__ import annotations

from collections.abc import Iterator
from math import pi, sqrt

import numpy as np

from gru_core.data.bounds import Whole
from gru_core.data.tasks.batch import Batch, Parts
from gru_core.data.tasks.definition import Task
from gru_core.data.tasks.losses import regression_loss
from gru_core.data.tasks.mark import Mark
from gru_core.errors import N_

NOISE = 0.05
"""Standard deviation."""
PERIODS = 8.0, 40.0
"""In steps; the frequency is drawn evenly between theirs."""


def _draw(rng: np.random.Generator, T: int, B: int) -> Batch:
    frequency = rng.uniform(1 / PERIODS[1], 1 / PERIODS[0], B)
    phase = rng.uniform(0, 2 * pi, B)
    t = np.arange(T + 1)[:, np.newaxis]
    values = np.sin(2 * pi * frequency * t + phase) + NOISE * rng.standard_normal((T + 1, B))
    return Batch(values[:-1, :, np.newaxis], values[1:, :, np.newaxis])


# Of the noise alone; it is never above 1, so that huber is half of mse.
_FLOOR = {"mse": NOISE**2, "mae": NOISE * sqrt(2 / pi), "huber": NOISE**2 / 2}


def _marks(length: int, parts: Parts) -> Iterator[Mark]:
    batch = parts.validation
    for loss, floor in _FLOOR.items():
        yield Mark(
            N_("noise floor"),
            loss,
            floor,
            N_("Exact: the noise on the next value, which nobody can know; out of reach."),
        )
        yield Mark(
            N_("persistence"),
            loss,
            regression_loss(loss, batch.inputs, batch.targets),
            N_("The next value forecast to be the present one, on the validation data."),
        )


SINE = Task(
    name="sine",
    title=N_("Sine forecast"),
    needs=N_("Keep where in its cycle the sine is, and how fast it goes, through the noise."),
    answer=N_("After every step, the next value."),
    kind="regression",
    read="all",
    inputs=1,
    outputs=1,
    length=Whole("length", N_("Length in steps"), 2, 200, 50),
    shows="curve",
    goal=0.015,
    generate=_draw,
    # The mean over all phases is 0, and the mean of the square 1/2.
    guesses={"mse": lambda _: 0.5 + NOISE**2},
    known=_marks,
)
