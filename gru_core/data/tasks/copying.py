"""Copying: say after a long silence what was heard before it."""

from __future__ import annotations

from functools import partial
from math import log

import numpy as np

from gru_core.data.bounds import Whole
from gru_core.data.tasks.batch import Batch, one_hot
from gru_core.data.tasks.definition import Task
from gru_core.errors import N_

MAX_STEPS = 200
BLANK, MARKER = "·", "▸"


def _draw(symbols: int, kinds: int, rng: np.random.Generator, length: int, B: int) -> Batch:
    """`symbols` of so many kinds, length - 1 blanks, a marker, and `symbols` blanks to answer in.

    The answer is a blank until the marker has come, and then the symbols in their order.
    """
    blank, marker = kinds, kinds + 1
    T = length + 2 * symbols
    heard = rng.integers(0, kinds, (symbols, B))
    sequence = np.full((T, B), blank)
    sequence[:symbols] = heard
    sequence[T - symbols - 1] = marker
    targets = np.full((T, B), blank)
    targets[T - symbols :] = heard
    return Batch(one_hot(sequence, kinds + 2), targets)


def _guess(symbols: int, kinds: int, length: int) -> float:
    """Blanks while blanks are due, then each symbol with probability 1 / kinds."""
    return symbols * log(kinds) / (length + 2 * symbols)


def _task(
    name: str, title: str, needs: str, symbols: int, kinds: int, usual: int, goal: float
) -> Task:
    letters = tuple("abcdefgh"[:kinds])
    return Task(
        name=name,
        title=title,
        needs=needs,
        answer=N_("Blanks until the marker has come, then the symbols in their order."),
        kind="classes",
        read="all",
        inputs=kinds + 2,
        outputs=kinds + 1,
        length=Whole("length", N_("Blanks to wait"), 1, MAX_STEPS - 2 * symbols, usual),
        shows="string",
        goal=goal,
        labels=(*letters, BLANK),
        alphabet=(*letters, BLANK, MARKER),
        extra=2 * symbols,
        generate=partial(_draw, symbols, kinds),
        guesses={"cross_entropy": partial(_guess, symbols, kinds)},
    )


COPY = _task(
    "copy",
    N_("Copy, 10 symbols of 8"),
    N_("Keep 10 symbols and their order, 30 bits in all, over every blank."),
    symbols=10,
    kinds=8,
    usual=20,
    goal=0.4,
)
"""Hochreiter & Schmidhuber 1997; in this form Arjovsky et al. 2016, arXiv 1511.06464, section 4.1.

The last of the `length` blanks is the marker, so that T is length + 20.
"""
SHORT_COPY = _task(
    "short_copy",
    N_("Short copy, 3 symbols of 4"),
    N_("Keep 3 symbols and their order, 6 bits in all, over every blank."),
    symbols=3,
    kinds=4,
    usual=10,
    goal=0.1,
)
"""The quick form. There are but 64 such sequences: those held out are also learned from."""
