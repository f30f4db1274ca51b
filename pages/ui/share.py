"""One address that holds a page's whole state, and the button that copies it."""

from collections.abc import Collection, Mapping

import streamlit as st

from gru_core.data.classroom import QUERY_NAMES
from pages.ui import classroom, components
from pages.ui.words import label as _
from pages.ui.words import language

SEEN = 20  # an address can be this many edits behind the page and still be its own


def enter(page: str) -> None:
    """Note which page runs: the frame calls this, so that a page can tell when it was opened."""
    if st.session_state.get("page") != page:
        st.session_state["entries"] = st.session_state.get("entries", 0) + 1
    st.session_state["page"] = page


def arrived(page: str, names: Collection[str]) -> dict[str, str] | None:
    """What the address says of `page`, if that is news: a link was followed, or "back" pressed.

    The browser writes the page's own state into the address, and reports it some edits later;
    that is no news. None when there is none.
    """
    entry = st.session_state.get("entries")
    entered = st.session_state.get(f"{page}_entry") != entry
    st.session_state[f"{page}_entry"] = entry
    here = {name: text for name, text in st.query_params.items() if name in names}
    known = ({name: text for name, text in q.items() if name in names} for q in _seen(page))
    if not here:
        return None
    is_news = entered or here not in known
    remember(page, here)  # again and again, or it would be news once it is SEEN edits old
    return here if is_news else None


def _seen(page: str) -> tuple[Mapping[str, str], ...]:
    seen: tuple[Mapping[str, str], ...] = st.session_state.get(f"{page}_seen", ())
    return seen


def remember(page: str, query: Mapping[str, str]) -> None:
    """Note that the address will say this of `page`, which is then no news. `copy_link` does it.

    For what is part of a page, but has a state and parameters of its own.
    """
    older = (seen for seen in _seen(page) if seen != query)
    st.session_state[f"{page}_seen"] = (*older, dict(query))[-SEEN:]


def keep_frame() -> None:
    """Keep the language, and what a teacher's link asks for, in the address of every page.

    So that a reload or a copied address has them. Call it after `enter`.
    """
    data = {
        "query": {"lang": language(), **classroom.current().to_query()},
        "owned": ["lang", *QUERY_NAMES],
        # Another number on another page, or the browser would not be told, and has dropped them.
        "entry": st.session_state["entries"],
    }
    components.address(data, key="lang_address")


def copy_link(page: str, query: Mapping[str, str], names: Collection[str], hint: str = "") -> None:
    """Keep the address equal to `query` and offer to copy it; `names` are the page's parameters.

    hint: what to say of the link instead of that it holds everything.
    """
    remember(page, query)
    components.address(
        {
            "query": dict(query),
            "owned": list(names),
            "words": {
                "copy": _("Copy link"),
                "copied": _("Copied"),
                "hint": hint or _("The address holds everything on this page, numbers included"),
            },
        },
        key=f"{page}_link",
    )
