"""The controls of "For teachers": what the link opens, and how that looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from gru_core.data.classroom import ALL, PAGE_LOCKS, SIZE, SOLUTIONS
from gru_core.training.class_link import LANGUAGE, LOADS_TORCH, ClassLink, Ready, ready
from gru_core.training.class_link import PAGE as PAGES
from pages.ui import classroom
from pages.ui.fields import segments, select
from pages.ui.state import control
from pages.ui.teach_state import PAGE, Desk
from pages.ui.words import label as _

OWN = ""


def what(class_link: ClassLink) -> None:
    """Page and state, or a link that was copied elsewhere in the app."""
    select(
        PAGE,
        PAGES.name,
        _(PAGES.title),
        {page: _(title) for page, title in PAGES.options.items()},
        class_link.page,
        lambda desk, page: desk.changed(page=page, query=next(iter(_ready(page).values())).query),
    )
    states = _ready(class_link.page)
    chosen = next((key for key, each in states.items() if each.query == class_link.query), OWN)
    titles = {key: _(each.title) for key, each in states.items()}
    if chosen == OWN:
        titles = {OWN: _("as in the link that you pasted"), **titles}
    select(
        PAGE,
        "state",
        _("State"),
        titles,
        chosen,
        lambda desk, key: desk.changed(query=states[key].query) if key else desk,
    )
    st.text_input(
        _("Or paste a link of this app"),
        "",
        placeholder=_("as “Copy link” gives it on any page"),
        **control(PAGE, "pasted", "", _pasted, keeps_refused=True),
    )


def how(class_link: ClassLink) -> None:
    """Language, size, solutions, and what is hidden and locked."""
    look = class_link.classroom
    segments(PAGE, LANGUAGE, class_link.lang, lambda desk, lang: desk.changed(lang=lang))
    with st.container(horizontal=True):
        segments(PAGE, SIZE, look.size, lambda desk, size: desk.seen(size=size))
        segments(
            PAGE,
            SOLUTIONS,
            "yes" if look.solutions else "no",
            lambda desk, opens: desk.seen(solutions=opens == "yes"),
        )
    hide, lock = classroom.titles()
    _several("hide", _("Hide"), hide, look.hide, _("Nothing"))
    here = {name: lock[name] for name in PAGE_LOCKS.get(class_link.page, ())}
    kept = {name: lock[name] for name in look.lock if name != ALL}
    every = {ALL: _("all values")}
    offered = every if ALL in look.lock else every | here | kept
    _several("lock", _("Lock"), offered, look.lock, _("Nothing"))


def _several(
    name: str, title: str, titles: Mapping[str, str], value: tuple[str, ...], nothing: str
) -> None:
    st.multiselect(
        title,
        list(titles),
        list(value),
        format_func=titles.__getitem__,
        placeholder=nothing,
        **control(PAGE, name, list(value), lambda desk, chosen: _chosen(desk, name, chosen)),
    )


def _chosen(desk: Desk, name: str, chosen: Any) -> Desk:
    return desk.seen(**{name: tuple(chosen)})


def _pasted(desk: Desk, link: str) -> Desk:
    """A link's own language and look count where it has any; else those chosen here stay."""
    if not link.strip():
        return desk.show(desk.class_link)
    given = ClassLink.from_link(link)
    look = given.classroom if given.classroom.to_query() else desk.class_link.classroom
    return desk.changed(
        page=given.page, query=given.query, lang=given.lang or desk.class_link.lang, classroom=look
    )


def _ready(page: str) -> dict[str, Ready]:
    if page not in LOADS_TORCH:
        return ready(page)
    with st.spinner(_("Loading …")):
        return ready(page)
