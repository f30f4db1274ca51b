"""What one reader has open on "Open your model". It lives in their session and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from gru_core.errors import InputError
from gru_core.training.model_view import QUERY_NAMES, ModelView
from pages.ui import state

PAGE = "model"


@dataclass(frozen=True)
class Bench:
    """version: raised when Python, not the reader, moves to another place.

    opens: the reader asked to see the step at which they are on "One step".
    awaits: the link that was followed, while the file that it is about is not open.
    """

    view: ModelView
    version: int = 0
    opens: bool = False
    awaits: Mapping[str, str] | None = None
    notice: InputError | None = None

    def show(self, view: ModelView) -> Bench:
        return Bench(view, self.version + 1)

    @property
    def address(self) -> Mapping[str, str]:
        """What the address says: a link keeps what it says until its file is open."""
        return self.awaits or self.view.to_query()

    def with_file(self, name: str, content: bytes) -> Bench:
        """The uploaded model, at the place of the link that spoke of it."""
        bench = self.show(ModelView.of_file(name, content))
        if self.awaits and self.awaits["file"] == bench.view.file:
            try:
                return _opened(bench, self.awaits)
            except InputError as error:
                return replace(bench, notice=error)
        return bench


def current() -> Bench:
    """This session's bench, brought up to date with the address."""
    return state.current(PAGE, QUERY_NAMES, _first, _opened)


def changing(change: Callable[[Bench], Bench]) -> Callable[[], None]:
    """A widget callback that puts `change(bench)` in place."""
    return state.changing(PAGE, change)


def close(bench: Bench) -> None:
    """The step that was asked for is being opened: do not open it again on the way back."""
    st.session_state[PAGE] = replace(bench, opens=False)


def _first() -> Bench:
    return Bench(ModelView.of_example())


def _opened(bench: Bench, query: Mapping[str, str]) -> Bench:
    file = query.get("file", "")
    if query == bench.address:
        return bench
    if file == bench.view.file:
        return bench.show(ModelView.from_query(query, bench.view.model, file))
    if not file:
        return bench.show(ModelView.from_query(query, ModelView.of_example().model))
    return replace(bench, awaits=dict(query), notice=None)
