"""Parity: a single bit of memory that every 1 must turn over."""

from __future__ import annotations

from math import log

import numpy as np

from gru_core.data.bounds import Whole
from gru_core.data.tasks.batch import Batch
from gru_core.data.tasks.definition import Task
from gru_core.errors import N_


def _draw(rng: np.random.Generator, T: int, B: int) -> Batch:
    bits = rng.integers(0, 2, (T, B, 1))
    return Batch(bits.astype(np.float64), (bits.cumsum(axis=0) % 2).astype(np.float64))


PARITY = Task(
    name="parity",
    title=N_("Parity"),
    needs=N_("Keep one bit for ever, and turn it over at every 1: an error once made stays."),
    # Asked at the last step alone, nothing but all the bits together tells anything about it.
    answer=N_("After every step, 1 if the number of ones so far is odd."),
    kind="binary",
    read="all",
    inputs=1,
    outputs=1,
    length=Whole("length", N_("Length in steps"), 2, 200, 20),
    shows="string",
    goal=0.1,
    labels=("0", "1"),
    generate=_draw,
    guesses={"binary_cross_entropy": lambda _: log(2)},
)
