"""Temporal order: which of two symbols came first."""

from __future__ import annotations

from math import log

import numpy as np

from gru_core.data.bounds import Whole
from gru_core.data.tasks.batch import Batch, one_hot
from gru_core.data.tasks.definition import Task
from gru_core.errors import N_

_SYMBOLS = ("X", "Y", "a", "b", "c", "d")


def _draw(rng: np.random.Generator, T: int, B: int) -> Batch:
    """X or Y at 10-20 % and again at 50-60 % of T, each drawn; a, b, c or d everywhere else."""
    sequence = rng.integers(2, 6, (T, B))
    first, second = rng.integers(0, 2, (2, B))
    each = np.arange(B)
    sequence[rng.integers(T // 10, T // 5, B), each] = first
    sequence[rng.integers(T // 2, 3 * T // 5, B), each] = second
    return Batch(one_hot(sequence, 6), (2 * first + second)[np.newaxis])


ORDER = Task(
    name="order",
    title=N_("Temporal order"),
    needs=N_("Keep two symbols, and which came first, over distractors that must leave no trace."),
    answer=N_("After the last step, which of XX, XY, YX and YY came."),
    kind="classes",
    read="last",
    inputs=6,
    outputs=4,
    length=Whole("length", N_("Length in steps"), 10, 200, 50),
    shows="confusion",
    goal=0.1,
    labels=("XX", "XY", "YX", "YY"),
    alphabet=_SYMBOLS,
    generate=_draw,
    guesses={"cross_entropy": lambda _: log(4)},
)
"""Hochreiter & Schmidhuber 1997, section 5.6, task 6a, with its places in proportion to T."""
