"""The next character of a poem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gru_core.data.bounds import Whole
from gru_core.data.series import FOLDER
from gru_core.data.tasks.batch import Batch, Parts, Whole64, one_hot
from gru_core.data.tasks.definition import Source, Task
from gru_core.data.tasks.losses import constant_loss
from gru_core.data.tasks.mark import Mark
from gru_core.errors import N_

RARE = "□"
"""Stands for every character that is not in the alphabet."""
TRAIN, VALIDATION = 0.7, 0.85
"""Where the parts end; the order of the text is kept."""


@dataclass(frozen=True)
class Passage:
    """A text that ships with the app. least: how often a character must come to be a symbol.

    Only the training part decides on that.
    """

    file: str
    least: int

    @cached_property
    def text(self) -> str:
        """As it is in the file, lines ending on "\\n"."""
        return (FOLDER / self.file).read_text(encoding="utf-8")

    @cached_property
    def alphabet(self) -> tuple[str, ...]:
        """The symbols, RARE the last of them."""
        counts = Counter(self.text[: int(TRAIN * len(self.text))])
        return (*sorted(c for c, count in counts.items() if count >= self.least), RARE)

    @cached_property
    def parts(self) -> tuple[Whole64, Whole64, Whole64]:
        """Training, validation and test part, each as places in the alphabet."""
        places = {character: place for place, character in enumerate(self.alphabet)}
        symbols = np.array([places.get(c, places[RARE]) for c in self.text])
        ends = [int(end * len(symbols)) for end in (TRAIN, VALIDATION)]
        train, validation, test = np.split(symbols, ends)
        return train, validation, test

    def split(self, length: int, _: int = 0) -> Parts:
        """Windows of `length` characters and the next ones; those to train with half overlap."""
        train, validation, test = self.parts
        return Parts(
            self._windows(train, length, max(1, length // 2)),
            self._windows(validation, length, length),
            self._windows(test, length, length),
        )

    def _windows(self, symbols: Whole64, length: int, stride: int) -> Batch:
        windows = np.lib.stride_tricks.sliding_window_view(symbols, length + 1)[::stride].T
        return Batch(one_hot(windows[:-1], len(self.alphabet)), windows[1:].copy())

    def guess(self, length: int) -> float:
        """Of how often each symbol comes in the training part, on the validation data."""
        targets = self.split(length).validation.targets
        return constant_loss("cross_entropy", self.parts[0], targets, len(self.alphabet))

    def known(self, length: int, parts: Parts) -> Iterator[Mark]:
        """What looking at the present character alone gives.

        Add-one smoothing proper makes this worse than no look at all in a text of few repetitions;
        what it adds to each row is here shared out by how often the symbols come.
        """
        train, size = self.parts[0], len(self.alphabet)
        single = np.bincount(train, minlength=size) + 1
        counts = np.tile(size * single / single.sum(), (size, 1))
        np.add.at(counts, (train[:-1], train[1:]), 1)
        probabilities = counts / counts.sum(axis=1, keepdims=True)
        present = parts.validation.inputs.argmax(axis=-1)
        yield Mark(
            N_("bigram"),
            "cross_entropy",
            float(-np.log(probabilities[present, parts.validation.targets]).mean()),
            N_(
                "How often each character follows each in the training part, smoothed by how often"
                " it comes at all, on the validation data."
            ),
        )


def _task(name: str, title: str, needs: str, passage: Passage, source: Source, goal: float) -> Task:
    return Task(
        name=name,
        title=title,
        needs=needs,
        answer=N_("After every character, the next one."),
        kind="classes",
        read="all",
        inputs=len(passage.alphabet),
        outputs=len(passage.alphabet),
        length=Whole("length", N_("Length in characters"), 2, 200, 40),
        shows="text",
        goal=goal,
        labels=passage.alphabet,
        alphabet=passage.alphabet,
        source=source,
        split=passage.split,
        guesses={"cross_entropy": passage.guess},
        known=passage.known,
    )


SONNETS = Passage("sonnets.txt", 5)
CHARACTERS_EN = _task(
    "characters_en",
    N_("Next character, English"),
    N_("Keep the word so far, and whether a line has just ended."),
    SONNETS,
    Source(
        "William Shakespeare, Sonnets 1–18 (1609), in modern spelling;"
        " text from https://github.com/aparrish/rwet-examples, sonnets.txt",
        "The poems are in the public domain.",
    ),
    goal=2.4,
)
SANZIJING = Passage("sanzijing.txt", 3)
CHARACTERS_ZH = _task(
    "characters_zh",
    N_("Next character, Chinese"),
    N_("Keep the place in a verse of three characters, and what the verse has said."),
    SANZIJING,
    Source(
        "《三字经》, ascribed to 王应麟 (13th century), in a version of the Qing dynasty that goes"
        " on to its founding; there are many variants. Simplified characters; text from"
        " https://github.com/chinese-poetry/chinese-poetry, 蒙学/sanzijing-traditional, in which"
        " 茍, 祥训诂, 三易祥 and 周撤东 are here 苟, 详训诂, 三易详 and 周辙东",
        "The poem is in the public domain.",
    ),
    goal=1.8,
)
