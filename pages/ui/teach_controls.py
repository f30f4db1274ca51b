"""The controls of "For teachers": what the link opens, and how that looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from gru_core.data.classroom import ALL, PAGE_LOCKS, SIZE, SOLUTIONS
from gru_core.training.lesson import LANGUAGE, LOADS_TORCH, Lesson, Ready, ready
from gru_core.training.lesson import PAGE as PAGES
from pages.ui import classroom
from pages.ui.fields import segments, select
from pages.ui.state import control
from pages.ui.teach_state import PAGE, Desk
from pages.ui.words import label as _

OWN = ""


def what(lesson: Lesson) -> None:
    """Page and state, or a link that was copied elsewhere in the app."""
    select(
        PAGE,
        PAGES.name,
        _(PAGES.title),
        {page: _(title) for page, title in PAGES.options.items()},
        lesson.page,
        lambda desk, page: desk.changed(page=page, query=next(iter(_ready(page).values())).query),
    )
    states = _ready(lesson.page)
    chosen = next((key for key, each in states.items() if each.query == lesson.query), OWN)
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


def how(lesson: Lesson) -> None:
    """Language, size, solutions, and what is hidden and locked."""
    look = lesson.classroom
    segments(PAGE, LANGUAGE, lesson.lang, lambda desk, lang: desk.changed(lang=lang))
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
    here = {name: lock[name] for name in PAGE_LOCKS.get(lesson.page, ())}
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
        return desk.show(desk.lesson)
    given = Lesson.from_link(link)
    look = given.classroom if given.classroom.to_query() else desk.lesson.classroom
    return desk.changed(
        page=given.page, query=given.query, lang=given.lang or desk.lesson.lang, classroom=look
    )


def _ready(page: str) -> dict[str, Ready]:
    if page not in LOADS_TORCH:
        return ready(page)
    with st.spinner(_("Loading …")):
        return ready(page)
