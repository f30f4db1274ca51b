"""The lesson bar, as the frame sees it: a call that does nothing while no lesson is under way."""

import streamlit as st

PAGE = "lesson"


def bar() -> None:
    """Above whatever page runs: the step that the reader is at, if there is one.

    What it needs is loaded with the first lesson, so that others need not wait for it.
    """
    walk = st.session_state.get(PAGE)
    if PAGE not in st.query_params and (walk is None or walk.mark is None):
        return
    from pages.ui import lesson_bar

    lesson_bar.draw()
