"""The controls of a worksheet, the sheet itself, and the ways to take it away."""

from dataclasses import replace
from functools import partial

import streamlit as st

from gru_core.data.sequence_view import CONVENTION
from gru_core.data.worksheet import (
    COUNT,
    SEED,
    TITLES,
    Worksheet,
    html_page,
    markdown,
    tex,
)
from gru_core.maths.convention import Convention
from pages.ui import classroom, components
from pages.ui.classroom import locks, unlocked
from pages.ui.downloads import download
from pages.ui.fields import field, segments
from pages.ui.state import control
from pages.ui.words import label as _
from pages.ui.words import language
from pages.ui.worksheet_state import PAGE, Desk, changing

STEP_PAGE = "pages/understand/gates.py"
BACK_PAGE = "pages/understand/gradients.py"


def bar(desk: Desk) -> None:
    """What is practised, in which convention, how much of it, from which seed."""
    sheet = desk.sheet
    with st.popover(_("Kinds: {count}", count=len(sheet.kinds)), key="worksheet_kinds_popover"):
        for kind, title in TITLES.items():
            st.checkbox(
                _(title),
                kind in sheet.kinds,
                **control(PAGE, f"kind_{kind}", kind in sheet.kinds, partial(_with_kind, kind)),
            )
    with st.popover(_("Convention"), key="worksheet_convention"):
        for name, choice in CONVENTION.items():
            value = getattr(sheet.convention, name)
            segments(PAGE, choice, value, partial(_in_convention, name))
    with st.popover(
        _("{count} exercises, seed {seed}", count=sheet.count, seed=sheet.seed),
        key="worksheet_size",
    ):
        field(PAGE, COUNT, sheet.count, lambda desk, count: desk.changed(count=count))
        field(PAGE, SEED, sheet.seed, lambda desk, seed: desk.changed(seed=seed))
        st.caption(_("The same seed gives the same sheet, here and on any other machine."))
    st.button(
        _("Other numbers"),
        key="worksheet_other",
        disabled=locks("seed"),
        on_click=changing(unlocked(_other_numbers, "seed")),
    )


def _other_numbers(desk: Desk) -> Desk:
    return desk.changed(seed=(desk.sheet.seed + 1) % (SEED.high + 1))


def _with_kind(kind: str, desk: Desk, chosen: bool) -> Desk:
    kinds = {*desk.sheet.kinds, kind} if chosen else {*desk.sheet.kinds} - {kind}
    return desk.changed(kinds=tuple(kinds))


def _in_convention(name: str, desk: Desk, value: str) -> Desk:
    convention: Convention = replace(desk.sheet.convention, **{name: value})
    return desk.changed(convention=convention)


def take_away(sheet: Worksheet) -> None:
    """Print, or download both sheets."""
    code, chinese = language(), language() == "zh"
    with st.container(
        horizontal=True, vertical_alignment="center", key="worksheet_take", gap="small"
    ):
        for name, answers, as_tex, as_html in (
            ("exercises", False, _("Exercises, LaTeX"), _("Exercises, HTML")),
            ("answers", True, _("Answers, LaTeX"), _("Answers, HTML")),
        )[: None if classroom.current().solutions else 1]:
            file = f"gru-{name}-{sheet.seed}"
            download(
                f"{file}.tex",
                lambda answers=answers: tex(sheet, _, answers=answers, chinese=chinese),
                as_tex,
            )
            download(
                f"{file}.html",
                lambda answers=answers: html_page(sheet, _, answers=answers, language=code),
                as_html,
            )
        components.printer({"words": _("Print this sheet")}, key="worksheet_print")


def paper(desk: Desk) -> None:
    """The sheet of exercises or of answers, as it is printed."""
    solutions = classroom.current().solutions
    if solutions:
        titles = {False: _("Exercise sheet"), True: _("Answer sheet")}
        st.segmented_control(
            _("Show"),
            list(titles),
            default=desk.answers,
            required=True,
            format_func=titles.__getitem__,
            label_visibility="collapsed",
            **control(
                PAGE,
                "answers",
                desk.answers,
                lambda desk, value: replace(desk, answers=bool(value)),
            ),
        )
    written = markdown(desk.sheet, _, answers=desk.answers and solutions)
    with st.container(key="worksheet_paper", border=True):
        with st.container(key="worksheet_opening"):
            st.markdown(written.opening)
        pairs = zip(desk.sheet.exercises, written.exercises, strict=True)
        for number, (exercise, text) in enumerate(pairs, start=1):
            with st.container(key=f"worksheet_exercise_{number}"):
                st.markdown(text)
                st.page_link(
                    STEP_PAGE if exercise.is_forward else BACK_PAGE,
                    label=_("Try it here, and have it checked"),
                    icon=":material/edit:",
                    query_params=exercise.to_query(),
                )
