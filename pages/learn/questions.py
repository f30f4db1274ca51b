"""Questions answered: what people ask about GRUs, each with the experiment that settles it."""

import streamlit as st

from gru_core.training.question_view import QUERY_NAMES
from pages.ui import classroom, question_controls, question_live, share
from pages.ui.question_state import PAGE, current
from pages.ui.words import label as _
from pages.ui.words import of_error, prose


@st.fragment
def questions_answered() -> None:
    reading = current()
    view = reading.view
    question = view.question
    with st.container(horizontal=True, vertical_alignment="center", key="questions_bar"):
        st.markdown("### " + _("Questions answered"))
        question_controls.bar(view)
        share.copy_link(PAGE, view.to_query(), QUERY_NAMES)
    if reading.notice:
        st.warning(of_error(reading.notice))

    with st.container(key="questions_desk"):
        with st.container(key="questions_index"):
            question_controls.questions(view)
        with st.container(border=True, key="questions_answer"):
            words = st.container(key="questions_words", gap="small")
            with words:
                if question.misconception and classroom.current().solutions:
                    st.badge(_("often believed otherwise"), color="violet")
                st.markdown("#### " + _(question.title))
                opens = classroom.current().solutions
                if opens:
                    st.markdown(prose("questions", view.q))
                else:
                    st.markdown(_("The answer stays closed. What would an experiment show?"))
                question_controls.links(question.links, view.numbers)
                if opens:
                    question_controls.sources(question)
            if opens and view.q in question_live.LIVE:
                with st.container(key="questions_live", gap="small"):
                    question_live.live(view)


questions_answered()
with st.container(key="questions_about"):
    st.markdown(prose("questions", "about"))
