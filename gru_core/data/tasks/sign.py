"""The sign of a sum: every number counts a little."""

from __future__ import annotations

from collections.abc import Iterator
from math import erf, log, sqrt

import numpy as np

from gru_core.data.bounds import Whole
from gru_core.data.tasks.batch import Batch, Parts
from gru_core.data.tasks.definition import Task
from gru_core.data.tasks.mark import Mark
from gru_core.errors import N_


def _draw(rng: np.random.Generator, T: int, B: int) -> Batch:
    inputs = rng.standard_normal((T, B, 1))
    return Batch(inputs, (inputs.sum(axis=0, keepdims=True) > 0).astype(np.float64))


def _marks(length: int, parts: Parts) -> Iterator[Mark]:
    """The rest of the sum is N(0, T - 1), so that it is positive with Φ(x / √(T - 1))."""
    last, truth = parts.validation.inputs[-1, :, 0], parts.validation.targets[0, :, 0]
    p = np.array([(1 + erf(x / sqrt(2 * (length - 1)))) / 2 for x in last])
    yield Mark(
        N_("the last number alone"),
        "binary_cross_entropy",
        float(-np.log(np.where(truth == 1, p, 1 - p)).mean()),
        N_("The exact probability given the last number, on the validation data."),
    )


SIGN = Task(
    name="sign",
    title=N_("Sign of a sum"),
    needs=N_("Keep a running sum of noise, in which the first number counts as much as the last."),
    answer=N_("After the last step, 1 if the sum of all numbers is positive."),
    kind="binary",
    read="last",
    inputs=1,
    outputs=1,
    length=Whole("length", N_("Length in steps"), 2, 200, 12),
    shows="confusion",
    goal=0.2,
    labels=("0", "1"),
    generate=_draw,
    guesses={"binary_cross_entropy": lambda _: log(2)},
    known=_marks,
)
