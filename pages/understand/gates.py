"""One step: a GRU cell on the reader's own numbers, from x and h to the new h."""

import streamlit as st

from gru_core.data.practice import PRACTICE_QUERY_NAMES
from gru_core.data.step_view import QUERY_NAMES
from gru_core.figures.cell import cell_view
from pages.ui import components, practice, share, step_controls, step_tools
from pages.ui.desk import PAGE, current
from pages.ui.step_words import number_data, stage_words
from pages.ui.words import label as _
from pages.ui.words import of_error, prose


@st.fragment
def one_step() -> None:
    desk = current()
    trial = practice.current(practice.STEP)
    with st.container(horizontal=True, vertical_alignment="center", key="gates_bar", gap="small"):
        st.markdown("### " + _("One step"))
        if trial.on:
            practice.bar(practice.STEP, trial)
        else:
            step_controls.bar(desk)
            practice.way_in(practice.STEP, desk.sheet.setup.convention)
        share.copy_link(
            PAGE,
            desk.view.to_query() | practice.query(practice.STEP, trial),
            (*QUERY_NAMES, *PRACTICE_QUERY_NAMES),
        )
    if desk.notice:
        st.warning(of_error(desk.notice))
    if trial.on:
        practice.panel(practice.STEP, trial)
        return
    practice.refused(trial)
    step_controls.look_at(desk)

    trace = desk.sheet.setup.unroll()
    components.stage(
        {
            "view": cell_view(trace, desk.digits),
            "words": stage_words(trace.convention),
            "position": {"time": desk.place.time, "part": desk.place.part, "unit": desk.place.unit},
            "position_version": desk.version,
        },
        key="gates_stage",
        on_move=step_controls.moved,
    )
    step_controls.claims(desk, trace)
    components.numbers(number_data(desk), key="gates_numbers", on_edit=step_controls.edited)
    step_tools.tabs(desk, trace)


one_step()
with st.container(key="gates_about"):
    st.markdown(prose("gates", "about"))
