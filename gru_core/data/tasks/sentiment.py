"""Made-up sentences, good or bad, in which "not" turns the next word and "very" doubles it."""

from __future__ import annotations

from math import log

import numpy as np

from gru_core.data.bounds import Whole
from gru_core.data.tasks.batch import Batch, one_hot
from gru_core.data.tasks.definition import Task
from gru_core.errors import N_

GOOD = (N_("good"), N_("fine"), N_("lovely"))
BAD = (N_("bad"), N_("poor"), N_("awful"))
OTHER = (N_("the"), N_("film"), N_("was"), N_("and"), N_("a"), N_("story"))
WORDS = (*GOOD, *BAD, *OTHER, N_("not"), N_("very"))
NOT, VERY = len(WORDS) - 2, len(WORDS) - 1
JUDGING = len(GOOD) + len(BAD)

# The chances of a judging word, of another and of "not"; what is left is for "very". What turns or
# doubles stands right before what it acts on.
_FREE = np.cumsum([0.25, 0.45, 0.15])
_AFTER_NOT = np.cumsum([0.7, 0.0, 0.0])
_AFTER_VERY = np.cumsum([1.0, 0.0, 0.0])


def _draw(rng: np.random.Generator, T: int, B: int) -> Batch:
    words = np.empty((T, B), dtype=np.int64)
    judging = rng.integers(0, JUDGING, (T, B))
    other = JUDGING + rng.integers(0, len(OTHER), (T, B))
    score, factor = np.zeros(B), np.ones(B)
    limits = np.tile(_FREE, (B, 1))
    for t, u in enumerate(rng.random((T, B, 1))):
        # A sentence ends on a judging word, so that nothing is left to turn.
        what = (u >= limits).sum(axis=1) if t < T - 1 else np.zeros(B, dtype=np.int64)
        word = np.choose(what, [judging[t], other[t], NOT, VERY])
        gain = np.where(what == 0, factor * np.where(word < len(GOOD), 1.0, -1.0), 0.0)
        if t == T - 1:
            tie = score + gain == 0
            word[tie] = (word[tie] + len(GOOD)) % JUDGING  # its opposite
            gain[tie] *= -1.0
        words[t], score = word, score + gain
        factor = np.choose(what, [1.0, 1.0, -factor, 2.0 * factor])
        limits = np.where(
            (what == 2)[:, np.newaxis],
            _AFTER_NOT,
            np.where((what == 3)[:, np.newaxis], _AFTER_VERY, _FREE),
        )
    targets = (score > 0).astype(np.float64)[np.newaxis, :, np.newaxis]
    return Batch(one_hot(words, len(WORDS)), targets)


SENTIMENT = Task(
    name="sentiment",
    title=N_("Sentiment"),
    needs=N_("Keep the balance of good and bad words, and whether the next is to be turned round."),
    answer=N_("After the last word, 1 if the good outweighs the bad."),
    kind="binary",
    read="last",
    inputs=len(WORDS),
    outputs=1,
    length=Whole("length", N_("Length in words"), 2, 60, 12),
    shows="confusion",
    goal=0.2,
    labels=(N_("negative"), N_("positive")),
    alphabet=WORDS,
    generate=_draw,
    # Good and bad may change places everywhere.
    guesses={"binary_cross_entropy": lambda _: log(2)},
)
