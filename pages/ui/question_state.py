"""Which question one reader has open on "Questions answered", and what they have chosen there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from gru_core.errors import InputError
from gru_core.training.question_view import QUERY_NAMES, QuestionView
from pages.ui import state

PAGE = "questions"


@dataclass(frozen=True)
class Reading:
    """The view, and an error to show until the next change."""

    view: QuestionView
    notice: InputError | None = None

    def show(self, view: QuestionView) -> Reading:
        return replace(self, view=view, notice=None)


def current() -> Reading:
    """This session's view, brought up to date with the address."""
    return state.current(PAGE, QUERY_NAMES, lambda: Reading(QuestionView()), _opened)


def changing(change: Callable[[QuestionView], QuestionView]) -> Callable[[], None]:
    """A widget callback that puts `change(view)` in place."""

    def of_reading(reading: Reading) -> Reading:
        return reading.show(change(reading.view))

    return state.changing(PAGE, of_reading)


def _opened(reading: Reading, query: Mapping[str, str]) -> Reading:
    if query == reading.view.to_query():
        return reading
    return reading.show(QuestionView.from_query(query))
