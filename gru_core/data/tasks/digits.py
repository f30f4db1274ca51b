"""Handwritten digits, read row by row or pixel by pixel."""

from __future__ import annotations

from functools import cache, partial

import numpy as np

from gru_core.data.bounds import Whole
from gru_core.data.series import FOLDER
from gru_core.data.tasks.batch import Batch, Parts, Whole64
from gru_core.data.tasks.definition import TEST, Source, Task
from gru_core.errors import N_
from gru_core.maths.parameters import Array

COUNT = 1797
HELD_OUT = 360
"""A fifth to validate with, and a fifth to test with."""


@cache
def digits() -> tuple[Array, Whole64]:
    """Images, (COUNT, 8, 8) from 0 to 1, and which digit each of them is, (COUNT,)."""
    with np.load(FOLDER / "digits.npz") as file:
        images, labels = file["images"] / 16.0, file["digits"].astype(np.int64)
    images.setflags(write=False)
    labels.setflags(write=False)
    return images, labels


def _split(steps: int, length: int, split_seed: int) -> Parts:
    images, labels = digits()
    sequences = images.reshape(COUNT, steps, -1).swapaxes(0, 1)
    all_of_them = Batch(sequences, labels[np.newaxis])
    order = np.random.default_rng([split_seed, TEST]).permutation(COUNT)
    test, validation, train = map(all_of_them.select, np.split(order, [HELD_OUT, 2 * HELD_OUT]))
    return Parts(train, validation, test)


def _task(name: str, title: str, needs: str, steps: int, goal: float) -> Task:
    return Task(
        name=name,
        title=title,
        needs=needs,
        answer=N_("After the last step, which digit it was."),
        kind="classes",
        read="last",
        inputs=64 // steps,
        outputs=10,
        length=Whole("length", N_("Length in steps"), steps, steps, steps),
        shows="confusion",
        goal=goal,
        labels=tuple("0123456789"),
        source=Source(
            "Alpaydin, E. & Kaynak, C. 1998. Optical Recognition of Handwritten Digits (test set)."
            " UCI Machine Learning Repository, https://doi.org/10.24432/C50P49;"
            " taken from scikit-learn 1.9.1, sklearn.datasets.load_digits",
            "CC BY 4.0 (UCI Machine Learning Repository); BSD 3-Clause (scikit-learn)",
        ),
        split=partial(_split, steps),
    )


DIGIT_ROWS = _task(
    "digit_rows",
    N_("Digits, row by row"),
    N_("Keep what the upper rows showed until the lower ones tell the digits apart."),
    steps=8,
    goal=0.35,
)
DIGIT_PIXELS = _task(
    "digit_pixels",
    N_("Digits, pixel by pixel"),
    N_("Keep the strokes over 64 steps, and the place in the image, which nothing tells."),
    steps=64,
    goal=1.0,
)
