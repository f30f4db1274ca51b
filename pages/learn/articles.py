"""Spot the mistake: what five articles say of the GRU, a guess, and a run that settles it."""

import streamlit as st

from gru_core.data.exhibits.quiz import QUERY_NAMES
from pages.ui import article_card, article_controls, article_score, share
from pages.ui.article_state import PAGE, current
from pages.ui.words import label as _
from pages.ui.words import of_error, prose


@st.fragment
def spot_the_mistake() -> None:
    desk = current()
    quiz = desk.quiz
    with st.container(horizontal=True, vertical_alignment="center", key="articles_bar"):
        st.markdown("### " + _("Spot the mistake"))
        article_controls.filters(quiz)
        hint = _("The address holds this mistake and all guesses")
        share.copy_link(PAGE, quiz.to_query(), QUERY_NAMES, hint)
    if desk.notice:
        st.warning(of_error(desk.notice))
    with st.container(horizontal=True, vertical_alignment="center", key="articles_list"):
        article_controls.exhibits(quiz)
        article_score.progress(quiz)
    article_card.card(quiz)
    article_score.score(quiz)


spot_the_mistake()
with st.container(key="articles_about"):
    st.markdown(prose(PAGE, "about"))
st.page_link("pages/learn/checklist.py", label=_("Checklist"), icon=":material/checklist:")
