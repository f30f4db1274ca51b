"""What one reader watches on "Gates over time", kept in their session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from gru_core.data.sequence_view import DEFAULT_MODEL, QUERY_NAMES, SequenceView
from gru_core.data.trained import Trained
from gru_core.errors import InputError
from pages.ui import state, trained

PAGE = "sequence"


@dataclass(frozen=True)
class Watch:
    """version: raised when Python, not the reader, moves to another place.

    opens: the step (from 0) that the reader asked to see on "One step".
    """

    view: SequenceView
    version: int = 0
    opens: int | None = None
    notice: InputError | None = None

    def show(self, view: SequenceView) -> Watch:
        return Watch(view, self.version + 1)


def current() -> Watch:
    """This session's watch, brought up to date with the address."""
    return state.current(PAGE, QUERY_NAMES, _first, _opened)


def changing(change: Callable[[Watch], Watch]) -> Callable[[], None]:
    """A widget callback that puts `change(watch)` in place."""
    return state.changing(PAGE, change)


def close(watch: Watch) -> None:
    """The step that was asked for is being opened: do not open it again on the way back."""
    st.session_state[PAGE] = replace(watch, opens=None)


def at(watch: Watch, time: object, unit: object) -> Watch:
    """The reader moved there; InputError when there is no such place."""
    query = {"t": str(int(time) + 1), "unit": str(int(unit) + 1)}  # type: ignore[call-overload]
    # What it was opened with: the session may have another by now.
    own = watch.view.model if isinstance(watch.view.model, Trained) else None
    view = SequenceView.from_query(watch.view.to_query() | query, own)
    return replace(watch, view=view)


def _first() -> Watch:
    return Watch(SequenceView.of_model(DEFAULT_MODEL))


def _opened(watch: Watch, query: Mapping[str, str]) -> Watch:
    view = SequenceView.from_query(query, trained.current())
    return watch if view == watch.view else watch.show(view)
