"""The bar above a page while a lesson is under way: what to predict or to do, and the answer."""

from __future__ import annotations

import streamlit as st

from gru_core.training.lessons import LESSONS, Lesson, Mark, Step
from pages.ui import components, share
from pages.ui.lesson import PAGE
from pages.ui.lesson_state import (
    LIST,
    Walk,
    changing,
    current,
    look,
    name_of,
    open_at,
    return_to,
    take_up,
)
from pages.ui.lesson_words import Words, page_title, words_of
from pages.ui.words import label as _
from pages.ui.words import of_error

TICK = 0.8  # seconds between two looks at the page, while something on it is to be done
_SETTLED = "lesson_settled"
LEAVING = ("lesson_next", "lesson_back", "lesson_leave", "lesson_there")


def draw() -> None:
    """The bar, and the step in the address."""
    before = st.session_state.get(PAGE, Walk()).mark
    walk = current()
    if walk.mark and walk.mark != before and not {*st.query_params} - {PAGE, "lang"}:
        take_up(walk.mark)  # a link that says no more than the step
    query = {PAGE: walk.mark.text} if walk.mark else {}
    share.remember(PAGE, query)
    components.address({"query": query, "owned": [PAGE]}, key="lesson_address")
    if walk.notice:
        st.warning(of_error(walk.notice))
    if walk.mark is None or st.session_state["page"] == "lessons":
        return
    # The page has not read its address yet when it is opened: what the session has of it may be
    # from an earlier visit, and is not looked at before the page has run.
    now = walk.mark.text, st.session_state.get("entries")
    st.session_state[_SETTLED] = st.session_state.get("lesson_drawn") == now
    st.session_state["lesson_drawn"] = now
    _bar()
    st.session_state[_SETTLED] = True


@st.fragment
def _bar() -> None:
    walk = current()
    if walk.mark is None:
        return
    lesson = LESSONS[walk.mark.lesson]
    step = lesson.steps[walk.mark.step]
    here = st.session_state["page"] == step.page
    if here and st.session_state[_SETTLED]:
        walk = walk.seen(step, look(step))
        st.session_state[PAGE] = walk
    name = name_of(lesson.key, step)
    pending = step.asks and name not in walk.answers
    words = words_of(lesson.key, step, walk.answers.get(name))
    with st.container(key="lesson_bar", gap="xxsmall"):
        _head(lesson, walk.mark, words if here and pending else None, pending)
        if here:
            _said(walk, step, words, name)
        else:
            _elsewhere(step, walk.mark)
    watching = here and pending and step.kind == "do"
    components.clock(TICK if watching else None, leaving=LEAVING, key="lesson_clock")


def _head(lesson: Lesson, mark: Mark, words: Words | None, pending: bool) -> None:
    """Where the reader is, and the ways on. words: where there is something to hint at."""
    place, count = mark.step, len(lesson.steps)
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_head", gap="small"):
        title, step = _(lesson.title), _("step {i} of {n}", i=place + 1, n=count)
        st.markdown(f":violet[**{title}**] &ensp; :gray[{step}]")
        with st.container(key="lesson_progress", width=120, gap=None):
            st.progress((place + (not pending)) / count)
        with st.container(
            horizontal=True, horizontal_alignment="right", key="lesson_ways", gap="xsmall"
        ):
            if words and words.hint:
                with st.popover(_("Hint"), key="lesson_hint", type="tertiary"):
                    st.markdown(words.hint)
            if st.button("←", key="lesson_back", help=_("Step before"), disabled=place == 0):
                open_at(Mark(lesson.key, place - 1))
            last = place == count - 1
            title = _("Finish") if last else _("Skip") if pending else _("Next")
            look = "secondary" if pending else "primary"
            if st.button(title, key="lesson_next", type=look):
                if last:
                    _leave(finish=True)
                with st.spinner(_("Loading …")):
                    open_at(Mark(lesson.key, place + 1))
            if st.button("✕", key="lesson_leave", help=_("Leave the lesson; it waits where it is")):
                _leave(finish=False)


def _leave(*, finish: bool) -> None:
    walk: Walk = st.session_state[PAGE]
    st.session_state[PAGE] = walk.done() if finish else walk.left()
    if finish:
        st.switch_page(LIST)
    st.rerun()


def _said(walk: Walk, step: Step, words: Words, name: str) -> None:
    """What is asked, and once there is one the answer in the same paragraph."""
    guess = walk.guesses.get(name)
    if name not in walk.answers:
        st.markdown(words.text)
        if step.kind == "ask":
            with st.container(horizontal=True, key="lesson_options", gap="xsmall"):
                for option, text in enumerate(words.options):
                    st.button(
                        text,
                        key=f"lesson_option_{option}",
                        on_click=changing(lambda walk, option=option: walk.answered(step, option)),
                    )
        return
    if step.right is None:
        st.markdown(f"{words.text} :green[**✓**] {words.answer}")
        return
    right = f":green[**✓ {words.options[step.right]}**]"
    wrong = "" if guess in (None, step.right) else f":red[✗ {words.options[guess]}] "
    st.markdown(f"{words.text} {wrong}{right} — {words.answer}")


def _elsewhere(step: Step, mark: Mark) -> None:
    """The reader has gone to another page: the way back."""
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_elsewhere"):
        st.markdown(_("This step of the lesson is on another page."))
        if st.button(
            _("Back to “{page}”", page=page_title(step.page)),
            key="lesson_there",
            icon=":material/arrow_back:",
        ):
            return_to(mark)
