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
from pages.ui.words import label as _
from pages.ui.words import of_error, prose

TICK = 0.5  # seconds between two looks at the runs

contest = current()
moving = contest.moving or compare_map.moving()
st.session_state["compare_drawn"] = (contest.version, moving)
with st.container(horizontal=True, vertical_alignment="center", key="compare_bar"):
    st.markdown("### " + _("Compare"))
    compare_controls.bar(contest)


@st.fragment(run_every=TICK if moving else None)
def live() -> None:
    contest = current()
    now = contest.moving or compare_map.moving()
    if st.session_state["compare_drawn"] != (contest.version, now):
        st.rerun()  # other runs, or another rhythm
    with st.container(horizontal=True, vertical_alignment="center", key="compare_transport"):
        compare_controls.transport(contest)
        st.progress(contest.share, compare_words.progress(contest))
        share.copy_link(PAGE, contest.address, QUERY_NAMES)
    if contest.notice:
        st.warning(of_error(contest.notice))
    compare_panel.panel(contest)
    compare_tools.tabs(contest)


compare_controls.teaches(contest)
compare_controls.configurations(contest)
live()
st.markdown(prose(PAGE, "about"))
