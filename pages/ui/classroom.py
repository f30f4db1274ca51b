"""What this session's link asks of every page: hidden parts, locked values, type size, solutions.

It is read once, when the session begins, and kept in the address: whoever reloads has it still,
and no click in the app can be rid of it. An address without it opens the app as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from gru_core.data.classroom import GROUPS, LOCKS, QUERY_NAMES, Classroom, lock_of
from gru_core.errors import InputError
from pages.ui.words import label as _
from pages.ui.words import of_error

S = TypeVar("S")

_MEMORY = "classroom"
_USUAL = Classroom()
_MAIN = ".stMainBlockContainer"
_BARS = ("gates", "sequence", "gradients", "train", "compare", "questions", "articles", "worksheet")

# Selectors of what each group hides. The heading is the first part of a bar, and stays.
SELECTORS: dict[str, tuple[str, ...]] = {
    "menu": (
        '[data-testid="stTopNavLinkContainer"]',
        '[data-testid="stTopNavSection"]',
        '[data-testid="stTopNavDropdownLink"]',
        ".rc-overflow",
        '[data-testid="stSidebar"]',
        '[data-testid="stExpandSidebarButton"]',
    ),
    "language": (".st-key-lang",),
    "bar": (
        *(f".st-key-{page}_bar > :not(:first-child)" for page in (*_BARS, "model")),
        ".st-key-backward_bar",
        ".st-key-gradients_memory",
    ),
    "popovers": (f'{_MAIN} [data-testid="stPopover"]',),
    "link": tuple(f".st-key-{page}_link" for page in (*_BARS, "model", "teach")),
    "look": tuple(f".st-key-{page}_look" for page in ("gates", "sequence", "train", "compare")),
    "transport": (".st-key-train_transport", ".st-key-compare_transport"),
    "numbers": (".st-key-gates_numbers", ".st-key-backward_numbers"),
    "words": (".gl-says", *(f".st-key-{p}_words" for p in ("sequence", "gradients", "model"))),
    "tabs": (f'{_MAIN} [data-testid="stTabs"]',),
    "downloads": (
        f'{_MAIN} [data-testid="stDownloadButton"]',
        ".st-key-worksheet_take",
    ),
    "about": tuple(f".st-key-{page}_about" for page in (*_BARS, "model")),
}

# Only what is in rem grows; the air around the figure shrinks in return, for a projector's 720 px.
LARGE = (
    "html { font-size: 120% !important; }"
    f"{_MAIN} {{ padding: 4.1rem 1.2rem 2rem; max-width: none; }}"
    f"{_MAIN} [data-testid='stVerticalBlock'] {{ row-gap: 0.6rem; }}"
    ".st-key-train_progress { margin-top: 0; }"
)


def enter() -> None:
    """Read it when the session begins, and lay it over the page. The frame calls this."""
    if _MEMORY not in st.session_state:
        st.session_state[_MEMORY] = _read()
    classroom, _error = st.session_state[_MEMORY]
    if rules := style(classroom):
        st.html(f"<style>{rules}</style>")


def notice() -> None:
    """What was wrong with the link, on the page that it opened."""
    error: InputError | None = st.session_state[_MEMORY][1]
    if error and st.session_state.get("entries", 0) <= 1:
        st.warning(of_error(error))


def current() -> Classroom:
    """What this session's link asks for."""
    found: Classroom = st.session_state.get(_MEMORY, (_USUAL, None))[0]
    return found


def style(classroom: Classroom) -> str:
    """Style rules, made of this module's own words alone; empty when nothing is asked for."""
    hidden = [selector for name in classroom.hide for selector in SELECTORS[name]]
    rules = f"{', '.join(hidden)} {{ display: none !important; }}" if hidden else ""
    return rules + (LARGE if classroom.size == "large" else "")


def locks(*names: str) -> bool:
    """Whether one of these values, of LOCKS, must not be changed."""
    return any(map(current().locks, names))


def refuse_locked(control: str, page: str = "") -> None:
    """Raises InputError when the value of this control is locked: the browser may ask anyway."""
    if current().locks(control, page):
        name = lock_of(control, page)
        raise InputError(
            "{name}: expected as it is, because the link that opened this page locks it, got "
            "another value. Open the page without “lock” in its address to change it.",
            name=name,
        )


def unlocked(change: Callable[[S], S], *names: str) -> Callable[[S], S]:
    """`change`, of a button or a grid that sets these values, refused while one is locked."""

    def guarded(state: S) -> S:
        for name in names:
            refuse_locked(name)
        return change(state)

    return guarded


def _read() -> tuple[Classroom, InputError | None]:
    query = {name: text for name, text in st.query_params.items() if name in QUERY_NAMES}
    try:
        return (Classroom.from_query(query) if query else _USUAL), None
    except InputError as error:
        return _USUAL, error


def titles() -> tuple[dict[str, str], dict[str, str]]:
    """What can be hidden, and what can be locked, in the reader's language."""
    return ({k: _(v) for k, v in GROUPS.items()}, {k: _(v) for k, v in LOCKS.items()})
