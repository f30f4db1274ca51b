"""Adding: remember a marked number until the other one comes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gru_core.data.bounds import Whole
from gru_core.data.tasks.batch import Batch, Parts
from gru_core.data.tasks.definition import Task
from gru_core.data.tasks.mark import Mark
from gru_core.errors import N_


def _draw(rng: np.random.Generator, T: int, B: int) -> Batch:
    """Input 1 is from U(0, 1), input 2 a marker that is 1 once in each half of the sequence."""
    inputs = np.zeros((T, B, 2))
    inputs[..., 0] = rng.random((T, B))
    each = np.arange(B)
    first, second = rng.integers(0, T // 2, B), rng.integers(T // 2, T, B)
    inputs[first, each, 1] = inputs[second, each, 1] = 1.0
    targets = inputs[first, each, 0] + inputs[second, each, 0]
    return Batch(inputs, targets[np.newaxis, :, np.newaxis])


def _marks(length: int, parts: Parts) -> Iterator[Mark]:
    """Of the answer ½ + u, u being one of the two numbers: the error is that of U(0, 1) from ½."""
    for loss, value in (("mse", 1 / 12), ("mae", 1 / 4), ("huber", 1 / 24)):
        yield Mark(
            N_("one of the two numbers remembered"),
            loss,
            value,
            N_("Exact: the spread of a single number from U(0, 1)."),
        )


ADDING = Task(
    name="adding",
    title=N_("Adding"),
    needs=N_("Keep one marked number over all the unmarked ones until the second comes."),
    answer=N_("After the last step, the sum of the two marked numbers."),
    kind="regression",
    read="last",
    inputs=2,
    outputs=1,
    length=Whole("length", N_("Length in steps"), 2, 200, 30),
    shows="scatter",
    goal=0.02,
    generate=_draw,
    # The sum S has a triangular density on (0, 2), and |S - 1| is never above 1.
    guesses={"mse": lambda _: 1 / 6, "mae": lambda _: 1 / 3, "huber": lambda _: 1 / 12},
    known=_marks,
)
"""Hochreiter & Schmidhuber 1997, section 5.4, as simplified by Le et al. 2015, arXiv 1504.00941."""
