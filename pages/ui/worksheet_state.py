"""The sheet that one reader makes on "Worksheet", kept in their session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gru_core.data.worksheet import QUERY_NAMES, Worksheet
from gru_core.errors import InputError
from pages.ui import state

PAGE = "worksheet"


@dataclass(frozen=True)
class Desk:
    """answers: whether the sheet of answers is shown. It is no part of a link: that is for all."""

    sheet: Worksheet = field(default_factory=Worksheet)
    answers: bool = False
    notice: InputError | None = None

    def changed(self, **choices: object) -> Desk:
        """Another sheet."""
        return replace(self, sheet=replace(self.sheet, **choices), notice=None)  # type: ignore[arg-type]


def current() -> Desk:
    """This session's sheet, brought up to date with the address."""
    return state.current(PAGE, QUERY_NAMES, Desk, _opened)


def changing(change: Callable[[Desk], Desk]) -> Callable[[], None]:
    """A widget callback that puts `change(desk)` in place."""
    return state.changing(PAGE, change)


def _opened(desk: Desk, query: Mapping[str, str]) -> Desk:
    if query == desk.sheet.to_query():
        return desk
    return Desk(Worksheet.from_query(query))
