"""The link that one teacher puts together on "For teachers", kept in their session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gru_core.data.classroom import Classroom
from gru_core.errors import InputError
from gru_core.training.guide import CLASS
from gru_core.training.lesson import Lesson, Query
from pages.ui import state

PAGE = "teach"
QUERY_NAMES = ("link", CLASS.name)

FIRST = Lesson(
    "gates",
    {"example": "welcome"},
    "",
    Classroom(hide=("link", "look", "words", "about"), size="large"),
)


@dataclass(frozen=True)
class Desk:
    """The lesson of the link, which class of the guide is open, and an error to show."""

    lesson: Lesson = field(default=FIRST)
    open: str = CLASS.usual
    notice: InputError | None = None

    def show(self, lesson: Lesson) -> Desk:
        """Another link."""
        return replace(self, lesson=lesson, notice=None)

    def changed(self, **choices: object) -> Desk:
        """Another page, state or language."""
        return self.show(replace(self.lesson, **choices))  # type: ignore[arg-type]

    def seen(self, **choices: object) -> Desk:
        """The same page, to look otherwise."""
        return self.show(self.lesson.seen(**choices))

    def to_query(self) -> Query:
        """As parameters of this page's own address: the link as it is handed out is one of them."""
        query = {"link": self.lesson.to_link()} if self.lesson != FIRST else {}
        return query | ({CLASS.name: self.open} if self.open != CLASS.usual else {})


def current() -> Desk:
    """This session's link, brought up to date with the address."""
    return state.current(PAGE, QUERY_NAMES, Desk, _opened)


def changing(change: Callable[[Desk], Desk]) -> Callable[[], None]:
    """A widget callback that puts `change(desk)` in place."""
    return state.changing(PAGE, change)


def _opened(desk: Desk, query: Mapping[str, str]) -> Desk:
    if query == desk.to_query():
        return desk
    lesson = Lesson.from_link(query["link"]) if "link" in query else FIRST
    return Desk(lesson, CLASS.read(query.get(CLASS.name, CLASS.usual)))
