"""Lessons: ten short paths through the pages, each with predictions and acts that are checked."""

import streamlit as st

from gru_core.training.lessons import LESSONS, Mark
from pages.ui.lesson_state import current, open_at
from pages.ui.words import label as _
from pages.ui.words import prose

walk = current()
st.markdown("### " + _("Lessons"))
st.markdown(prose("lessons", "about"))
upcoming = next((key for key in LESSONS if key in walk.reached), None) or next(
    (key for key in LESSONS if key not in walk.finished), next(iter(LESSONS))
)
with st.container(key="lessons_list"):
    for number, lesson in enumerate(LESSONS.values(), start=1):
        reached = walk.reached.get(lesson.key)
        with st.container(border=True, key=f"lessons_card_{lesson.key}", gap="xsmall"):
            st.markdown(f"#### {number}. " + _(lesson.title))
            st.markdown(prose("lessons", lesson.key))
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                title = _("Begin")
                if reached is not None:
                    title = _("Continue at step {i} of {n}", i=reached + 1, n=len(lesson.steps))
                elif lesson.key in walk.finished:
                    title = _("Once more")
                if st.button(
                    title,
                    key=f"lessons_begin_{lesson.key}",
                    type="primary" if lesson.key == upcoming else "secondary",
                ):
                    with st.spinner(_("Loading …")):
                        open_at(Mark(lesson.key, reached or 0))
                st.caption(_("{minutes} minutes", minutes=lesson.minutes))
                if lesson.key in walk.finished:
                    st.badge(_("done"), icon=":material/check:", color="green")
