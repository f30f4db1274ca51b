"""What one reader has guessed on "Spot the mistake", kept in their session and their address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from gru_core.data.exhibits.quiz import QUERY_NAMES, Quiz
from gru_core.data.exhibits.registry import EXHIBITS
from gru_core.data.exhibits.shown import Shown
from gru_core.errors import InputError
from pages.ui import state

PAGE = "articles"


@dataclass(frozen=True)
class Desk:
    """The quiz, and an error to show until the next change."""

    quiz: Quiz
    notice: InputError | None = None

    def now(self, quiz: Quiz) -> Desk:
        """With the quiz further on."""
        return replace(self, quiz=quiz, notice=None)


def current() -> Desk:
    """This session's quiz, brought up to date with the address."""
    return state.current(PAGE, QUERY_NAMES, _first, _opened)


def changing(change: Callable[[Quiz], Quiz]) -> Callable[[], None]:
    """A widget callback that takes the quiz further on."""
    return state.changing(PAGE, lambda desk: desk.now(change(desk.quiz)))


def demonstrated(key: str) -> Shown:
    """What the demonstration of an exhibit gives, computed once for all sessions."""
    return _demonstrated(key)


def _demonstrate(key: str) -> Shown:
    return EXHIBITS[key].demonstrate()


_demonstrated = st.cache_data(_demonstrate, max_entries=len(EXHIBITS), show_spinner=False)


def _first() -> Desk:
    return Desk(Quiz())


def _opened(desk: Desk, query: Mapping[str, str]) -> Desk:
    return desk if query == desk.quiz.to_query() else desk.now(Quiz.from_query(query))
