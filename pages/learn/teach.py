"""For teachers: a link that opens one page just as a class is to see it, and five classes."""

import streamlit as st

from pages.ui import share, teach_controls, teach_tools
from pages.ui.teach_state import PAGE, QUERY_NAMES, current
from pages.ui.words import label as _
from pages.ui.words import of_error, prose


@st.fragment
def for_teachers() -> None:
    desk = current()
    with st.container(horizontal=True, vertical_alignment="center", key="teach_bar"):
        st.markdown("### " + _("For teachers"))
        hint = _("The address of this page: the link that you are building, and the open class")
        share.copy_link(PAGE, desk.to_query(), QUERY_NAMES, hint)
    st.markdown(prose("teacher", "open"))
    if desk.notice:
        st.warning(of_error(desk.notice))
    chosen, opened = st.columns([1, 1.7], gap="large")
    with chosen, st.container(key="teach_controls", gap="small"):
        teach_controls.what(desk.class_link)
        teach_controls.how(desk.class_link)
    with opened, st.container(key="teach_opened", gap="small"):
        teach_tools.take_away(desk.class_link)
        teach_tools.preview(desk.class_link)
    st.markdown(prose("teacher", "classes"))
    teach_tools.guide(desk)


for_teachers()
with st.container(key="teach_about"):
    st.markdown(prose("teacher", "honest"))
