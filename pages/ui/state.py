"""A page's state: one frozen value in the session, restored from links, changed by callbacks."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

import streamlit as st

from gru_core.errors import InputError
from pages.ui import share


class State(Protocol):
    """A frozen dataclass with a notice: the last refusal, to be shown until the next change."""

    notice: InputError | None


S = TypeVar("S", bound=State)


def current(
    page: str,
    names: Collection[str],
    first: Callable[[], S],
    opened: Callable[[S, Mapping[str, str]], S],
) -> S:
    """This session's state of `page`, brought up to date with its address.

    names: the page's parameters in an address. first: the state of a first visit.
    opened: the state when a link with these parameters is followed.
    """
    state: S = st.session_state.get(page) or first()
    query = share.arrived(page, names)
    if query:
        try:
            state = opened(state, query)
        except InputError as error:
            state = replace(state, notice=error)  # type: ignore[type-var]
    st.session_state[page] = state
    return state


def changing(page: str, change: Callable[[S], S]) -> Callable[[], None]:
    """A widget callback that puts `change(state)` in place; a refusal becomes a notice."""

    def callback() -> None:
        state = st.session_state[page]
        try:
            st.session_state[page] = change(state)
        except InputError as error:
            st.session_state[page] = replace(state, notice=error)

    return callback
