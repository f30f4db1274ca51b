"""Compare: several ways to train the same small GRU, side by side, fairly."""

import streamlit as st

from pages.ui import (
    compare_controls,
    compare_map,
    compare_panel,
    compare_tools,
    compare_words,
    share,
)
from pages.ui.compare_state import PAGE, QUERY_NAMES, current
from pages.ui.components import clock
from pages.ui.words import label as _
from pages.ui.words import of_error, prose

TICK = 0.5  # seconds between two looks at the runs

contest = current()
st.session_state["compare_drawn"] = contest.version
with st.container(horizontal=True, vertical_alignment="center", key="compare_bar"):
    st.markdown("### " + _("Compare"))
    compare_controls.bar(contest)


@st.fragment
def live() -> None:
    contest = current()
    if st.session_state["compare_drawn"] != contest.version:
        st.rerun()  # other runs, of which what is above says something else
    with st.container(horizontal=True, vertical_alignment="center", key="compare_transport"):
        compare_controls.transport(contest)
        st.progress(contest.share, compare_words.progress(contest))
        share.copy_link(PAGE, contest.address, QUERY_NAMES)
    if contest.notice:
        st.warning(of_error(contest.notice))
    compare_panel.panel(contest)
    compare_tools.tabs(contest)
    moving = contest.moving or compare_map.moving()
    clock(TICK if moving else None, leaving=[compare_map.OPEN], key="compare_clock")


compare_controls.teaches(contest)
compare_controls.configurations(contest)
live()
with st.container(key="compare_about"):
    st.markdown(prose(PAGE, "about"))
