"""A page's state: one frozen value in the session, restored from links, changed by callbacks."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import streamlit as st

from gru_core.errors import InputError
from pages.ui import classroom, share
from pages.ui.words import language


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


def control(
    page: str,
    name: str,
    value: object,
    choose: Callable[[S, Any], S],
    keeps_refused: bool = False,
) -> dict[str, Any]:
    """Key and callback of the widget `name`, which shows `value`: the state is what is true.

    `value` is to be the widget's default. Nothing is ever written under the key, because that would
    be sent to the browser, over what the reader has chosen there in the meantime. Instead the key
    is another one whenever the value changed by other means. Until the browser hears of that it
    goes on sending the old value, and under the same key this would be a choice, which undoes the
    change. choose: the state after the reader has chosen a value.
    keeps_refused: what was refused stays, as long as the notice does, to be corrected.
    A value that the session's link locks is shown, but neither offered nor taken.
    """
    memory = st.session_state
    last = f"{page}_{name}_last"
    number, shown, words = memory.get(last, (0, value, language()))
    # A browser knows an option by its words, so that another language needs another widget.
    is_other = memory.get(f"{page}_{name}_{number}", shown) != value
    is_refused = keeps_refused and memory[page].notice is not None
    if (is_other and not is_refused) or words != language():
        number += 1
    key = f"{page}_{name}_{number}"
    memory[last] = number, value, language()

    def chosen(state: S) -> S:
        if memory[last][0] != number:
            return state
        classroom.refuse_locked(name, page)
        return choose(state, memory[key])

    look = {"disabled": True} if classroom.current().locks(name, page) else {}
    return {"key": key, "on_change": changing(page, chosen), **look}
