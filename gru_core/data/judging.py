"""What is to be said of a learner's numbers, quantity by quantity.

They are held against the right ones, against what follows from the learner's own earlier numbers,
and against what the usual slips lead to. Each slip is computed, so that what is said is true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from gru_core.data.practice import Asked, Exercise, Typed
from gru_core.data.slips import Slip
from gru_core.maths.parameters import Array

Verdict = Literal["right", "follows", "coarse", "slip", "wrong", "missing"]


@dataclass(frozen=True)
class Judged:
    """What is to be said of one quantity.

    right; follows: not right, but what one gets from the learner's own earlier numbers; coarse:
    close, as after rounding too early; slip: what each of ``slips`` leads to; wrong: none of these.
    """

    asked: Asked
    verdict: Verdict
    slips: tuple[Slip, ...] = ()

    @property
    def is_off(self) -> bool:
        """Whether something went wrong here, and not only before."""
        return self.verdict in ("coarse", "slip", "wrong")


@dataclass(frozen=True)
class Judgement:
    """Every quantity in the order in which they are computed."""

    quantities: tuple[Judged, ...]

    @property
    def first_off(self) -> Judged | None:
        """The first quantity that went wrong."""
        return next((judged for judged in self.quantities if judged.is_off), None)

    @property
    def is_solved(self) -> bool:
        """Whether everything is there and right."""
        return all(judged.verdict == "right" for judged in self.quantities)


def judge(exercise: Exercise, typed: Typed) -> Judgement:
    """What is to be said of each quantity that was typed."""
    own: dict[str, Array] = {}
    judged: list[Judged] = []
    for asked in exercise.asked:
        numbers = typed.get(asked.key, (None,))
        if None in numbers:
            judged.append(Judged(asked, "missing"))
            continue
        array = np.array(numbers, dtype=float)
        untouched = all(each.verdict == "right" for each in judged)
        # Whatever was typed is carried on with, be it the largest number there is.
        with np.errstate(over="ignore", invalid="ignore"):
            judged.append(_judged(exercise, asked, array, own, untouched))
        if asked.step is not None:
            own[asked.key] = array
    return Judgement(tuple(judged))


def _judged(
    exercise: Exercise, asked: Asked, typed: Array, own: Mapping[str, Array], untouched: bool
) -> Judged:
    """untouched: everything before is right, so that what follows from it is right as well."""
    precision = exercise.precision
    right, follows = exercise.answer(asked), exercise.following(asked, own)
    if _near(typed, right, precision.tolerance):
        return Judged(asked, "right")
    if _near(typed, follows, precision.tolerance):
        return Judged(asked, "right" if untouched else "follows")
    off = np.minimum(np.abs(typed - right), np.abs(typed - follows)) > precision.tolerance
    if not off.any():
        return Judged(asked, "follows")
    if any(_near(typed[off], each[off], precision.coarse) for each in (right, follows)):
        return Judged(asked, "coarse")
    found = tuple(
        slip
        for slip in exercise.slips(asked)
        if any(
            _near(typed[off], exercise.slipped(asked, slip, base)[off], precision.tolerance)
            for base in (own, {})
        )
    )
    return Judged(asked, "slip" if found else "wrong", found)


def _near(a: Array, b: Array, tolerance: float) -> bool:
    """Within the tolerance in every place; what is exactly at its edge counts."""
    return bool((np.abs(a - b) <= tolerance + 1e-12).all())


@dataclass(frozen=True)
class Score:
    """What a learner has done since they came.

    solved: how many exercises, each counted once. in_a_row: how many of the latest at the first
    check. done: which ones.
    """

    solved: int = 0
    in_a_row: int = 0
    best: int = 0
    done: frozenset[Exercise] = frozenset()

    def with_solved(self, exercise: Exercise, *, clean: bool) -> Score:
        """clean: without a wrong number and without a look at the solution."""
        if exercise in self.done:
            return self
        row = self.in_a_row + 1 if clean else 0
        return Score(self.solved + 1, row, max(self.best, row), self.done | {exercise})

    def broken(self, exercise: Exercise) -> Score:
        """A wrong number, or a look at the solution before it was found."""
        return self if exercise in self.done else replace(self, in_a_row=0)

    def shown(self, exercise: Exercise) -> Score:
        """Whoever has seen the solution does not score with it any more."""
        return replace(self.broken(exercise), done=self.done | {exercise})
