"""What a network can be asked to learn, and how well others do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import numpy as np

from gru_core.data.bounds import Whole
from gru_core.data.tasks.batch import Batch, Parts
from gru_core.data.tasks.losses import LOSSES, Kind, constant_loss
from gru_core.data.tasks.mark import Mark
from gru_core.data.typed import shown
from gru_core.errors import InputError

HELD_OUT = 256
"""Generated sequences to validate with, and as many to test with."""
TRAIN, VALIDATION, TEST, PROBE, GUESS, ORDER, TRAIN_SET = range(7)
"""What a generator is for: seeds that are equal in all else still give other numbers."""


@dataclass(frozen=True)
class Source:
    """Where data come from, and the notice that allows it."""

    source: str
    licence: str


@dataclass(frozen=True, eq=False)
class Task:
    """A task, its data and its known numbers. There is one object of each, in TASKS.

    title: an English message id; needs, answer: one sentence each, message ids too: what memory it
    takes, and what the network is to say. kind, inputs D, outputs O: what ``Batch`` holds.
    read: whether the answer counts after every step or after the last. length: the bounds of what
    ``steps`` turns into T. shows: how to draw the answer against the truth. labels: names of the
    classes, which are the symbols to be said where the answer is a symbol. alphabet: names of the D
    inputs where they are symbols, one-hot; begins with the labels where both speak of the same.
    goal: a validation loss that counts as learned.

    generate draws sequences; split cuts data that are finite, for (length, seed), the seed being
    ignored where time orders them. Exactly one of the two is given. extra: steps beyond length.
    guesses: by loss, the loss of a constant answer where it is known for a length. known: marks.
    """

    name: str
    title: str
    needs: str
    answer: str
    kind: Kind
    read: Literal["last", "all"]
    inputs: int
    outputs: int
    length: Whole
    shows: Literal["curve", "scatter", "string", "confusion", "text"]
    goal: float
    labels: tuple[str, ...] = ()
    alphabet: tuple[str, ...] = ()
    source: Source | None = None
    extra: int = 0
    generate: Callable[[np.random.Generator, int, int], Batch] | None = field(
        default=None, repr=False
    )
    split: Callable[[int, int], Parts] | None = field(default=None, repr=False)
    guesses: Mapping[str, Callable[[int], float]] = field(default_factory=dict, repr=False)
    known: Callable[[int, Parts], Iterable[Mark]] = field(default=lambda *_: (), repr=False)

    @property
    def losses(self) -> tuple[str, ...]:
        """Those that fit, the usual one first."""
        return LOSSES[self.kind]

    @property
    def finite(self) -> bool:
        """Whether there are only so many examples, and not ever new ones."""
        return self.generate is None

    def steps(self, length: int) -> int:
        """T of the inputs."""
        return length + self.extra

    def draw(self, rng: np.random.Generator, length: int, count: int) -> Batch:
        """`count` new sequences. Raises InputError where the data are finite."""
        if self.generate is None:
            raise InputError(
                "{name}: expected a task that makes its own sequences, got one whose data are"
                " finite. Take batches of its training data.",
                name=self.name,
            )
        return self.generate(rng, self.length.read(length), count)

    def parts(self, length: int, split_seed: int) -> Parts:
        """What every run is judged on, whatever its own seed; see ``prepare``."""
        if self.split is not None:
            return self.split(length, split_seed)
        validation, test = (
            self.draw(np.random.default_rng([split_seed, use]), length, HELD_OUT)
            for use in (VALIDATION, TEST)
        )
        return Parts(None, validation, test)

    def guess(self, length: int, loss: str) -> float:
        """The loss of the best answer that looks at no input.

        Exact where there is a formula; else the answer is what is best on the training data (4096
        drawn sequences where they are drawn), and its loss is on the validation data, split seed 0.
        Raises InputError for a loss that does not fit the task.
        """
        if loss not in self.losses:
            raise InputError(
                "{name}: expected one of {expected}, got {actual}. Choose one of them.",
                name="loss",
                expected=", ".join(self.losses),
                actual=shown(loss),
            )
        return _guess(self, self.length.read(length), loss)

    def marks(self, length: int) -> tuple[Mark, ...]:
        """What is known of it, on the validation data of split seed 0."""
        return _marks(self, self.length.read(length))


@lru_cache(maxsize=64)
def _guess(task: Task, length: int, loss: str) -> float:
    if loss in task.guesses:
        return task.guesses[loss](length)
    train, validation, *_ = task.parts(length, 0)
    if train is None:
        train = task.draw(np.random.default_rng([0, GUESS]), length, 4096)
    return constant_loss(loss, train.targets, validation.targets, task.outputs)


@lru_cache(maxsize=64)
def _marks(task: Task, length: int) -> tuple[Mark, ...]:
    return tuple(task.known(length, task.parts(length, 0)))
