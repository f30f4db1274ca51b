"""What one reader has before them on "One step", kept in their session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from gru_core.data.setup import Setup
from gru_core.data.sheet import Sheet, apply_edits
from gru_core.data.step_view import (
    DEFAULT_DIGITS,
    DEFAULT_EXAMPLE,
    QUERY_NAMES,
    START,
    Place,
    StepView,
)
from gru_core.errors import InputError
from pages.ui import state

PAGE = "gates"


@dataclass(frozen=True)
class Desk:
    """version: raised when Python, not the reader, moves to another place.

    acknowledged: the number of the last edit that came from the browser.
    notice: an error to show once, about a link or a setting.
    """

    sheet: Sheet
    example: str | None
    seed: int = 0
    place: Place = START
    digits: int = DEFAULT_DIGITS
    version: int = 0
    acknowledged: int = 0
    notice: InputError | None = None

    @property
    def view(self) -> StepView:
        return StepView(self.sheet.setup, self.example, self.seed, self.place, self.digits)

    def show(self, view: StepView) -> Desk:
        """Put another view on the desk; the present numbers can be brought back by undo."""
        return replace(
            self,
            sheet=self.sheet.change(view.setup),
            example=view.example,
            seed=view.seed,
            place=view.place,
            digits=view.digits,
            version=self.version + 1,
            notice=None,
        )

    def with_setup(self, setup: Setup) -> Desk:
        """The reader's own numbers, which are no example any more."""
        return replace(
            self,
            sheet=self.sheet.change(setup),
            example=None,
            place=self.place.within(setup),
            version=self.version + 1,
            notice=None,
        )

    def edited(self, edits: object) -> Desk:
        sheet, acknowledged = apply_edits(self.sheet, edits, self.acknowledged)
        example = self.example if sheet.setup == self.sheet.setup else None
        return replace(
            self,
            sheet=sheet,
            acknowledged=acknowledged,
            example=example,
            place=self.place.within(sheet.setup),  # undo can lead to a shorter sequence
            notice=None,
        )


def current() -> Desk:
    """This session's desk, brought up to date with the address."""
    return state.current(PAGE, QUERY_NAMES, _first, _opened)


def changing(change: Callable[[Desk], Desk]) -> Callable[[], None]:
    """A widget callback that puts `change(desk)` on the desk."""
    return state.changing(PAGE, change)


def _first() -> Desk:
    return Desk(Sheet(StepView.of_example(DEFAULT_EXAMPLE).setup), DEFAULT_EXAMPLE)


def _opened(desk: Desk, query: Mapping[str, str]) -> Desk:
    return desk if query == desk.view.to_query() else desk.show(StepView.from_query(query))
