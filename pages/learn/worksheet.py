"""Worksheet: exercises from one seed for paper, with the answers on a sheet apart."""

import streamlit as st

from gru_core.data.worksheet import QUERY_NAMES
from pages.ui import share, worksheet_tools
from pages.ui.words import label as _
from pages.ui.words import of_error, prose
from pages.ui.worksheet_state import PAGE, current


@st.fragment
def worksheet() -> None:
    desk = current()
    with st.container(
        horizontal=True, vertical_alignment="center", key="worksheet_bar", gap="small"
    ):
        st.markdown("### " + _("Worksheet"))
        worksheet_tools.bar(desk)
        share.copy_link(PAGE, desk.sheet.to_query(), QUERY_NAMES)
    if desk.notice:
        st.warning(of_error(desk.notice))
    worksheet_tools.take_away(desk.sheet)
    worksheet_tools.paper(desk)


worksheet()
with st.container(key="worksheet_about"):
    st.markdown(prose("worksheet", "about"))
