"""The link that one teacher puts together on "For teachers", kept in their session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gru_core.data.classroom import Classroom
from gru_core.errors import InputError
from gru_core.training.class_link import ClassLink, Query
from gru_core.training.guide import CLASS
from pages.ui import state

PAGE = "teach"
QUERY_NAMES = ("link", CLASS.name)

FIRST = ClassLink(
    "gates",
    {"example": "welcome"},
    "",
    Classroom(hide=("link", "look", "words", "about"), size="large"),
)


@dataclass(frozen=True)
class Desk:
    """The link that is put together, which class of the guide is open, and an error to show."""

    class_link: ClassLink = field(default=FIRST)
    open: str = CLASS.usual
    notice: InputError | None = None

    def show(self, class_link: ClassLink) -> Desk:
        """Another link."""
        return replace(self, class_link=class_link, notice=None)

    def changed(self, **choices: object) -> Desk:
        """Another page, state or language."""
        return self.show(replace(self.class_link, **choices))  # type: ignore[arg-type]

    def seen(self, **choices: object) -> Desk:
        """The same page, to look otherwise."""
        return self.show(self.class_link.seen(**choices))

    def to_query(self) -> Query:
        """As parameters of this page's own address: the link as it is handed out is one of them."""
        query = {"link": self.class_link.to_link()} if self.class_link != FIRST else {}
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
    class_link = ClassLink.from_link(query["link"]) if "link" in query else FIRST
    return Desk(class_link, CLASS.read(query.get(CLASS.name, CLASS.usual)))
