"""Gradients over time: how far back a loss reaches in a GRU, an RNN and an LSTM."""

import streamlit as st

from gru_core.data.practice import PRACTICE_QUERY_NAMES
from gru_core.errors import InputError
from gru_core.figures.gradients import gradient_profiles
from pages.ui import (
    backward,
    gradient_controls,
    gradient_state,
    gradient_tools,
    practice,
    share,
    trained,
)
from pages.ui.gradient_state import NAMES, PAGE, current
from pages.ui.gradient_words import curve_names, sentences
from pages.ui.words import label as _
from pages.ui.words import of_error, prose


@st.fragment
def gradients_over_time() -> None:
    slope = current()
    walk = backward.current()
    trial = practice.current(practice.BACK)
    view = slope.view
    with st.container(horizontal=True, vertical_alignment="center", key="gradients_bar"):
        st.markdown("### " + _("Gradients over time"))
        if trial.on:
            practice.bar(practice.BACK, trial)
        else:
            gradient_controls.bar(view)
        share.copy_link(
            PAGE,
            slope.address | backward.query(walk) | practice.query(practice.BACK, trial),
            (*NAMES, *backward.BACKWARD_QUERY_NAMES, *PRACTICE_QUERY_NAMES),
            trained.link_hint(slope.trained),
        )
    if slope.notice:
        st.warning(of_error(slope.notice))
    if trial.on:
        practice.panel(practice.BACK, trial)
        return
    practice.refused(trial)
    gradient_controls.keep(view)

    try:
        study = gradient_state.study(view, slope.trained)
    except InputError as error:  # weights this large can outgrow double precision
        st.warning(of_error(error))
        return
    st.plotly_chart(
        gradient_profiles(study.norms, curve_names(), (_("step t"), "‖∂L/∂hₜ‖")),
        alt=_("The norm of the gradient at every step, for a GRU, an RNN and an LSTM"),
        key="gradients_curves",
        height=370,
    )
    with st.container(key="gradients_words", gap="xxsmall"):
        for sentence in sentences(study):
            st.markdown(sentence)
        if slope.trained:
            gradient_controls.of_trained(slope.trained)
        if view.seeds > 1:
            st.caption(_("Median of {seeds} seeds; the band is their range.", seeds=view.seeds))
        if view.keep != "none":
            st.caption(_("An RNN has no gate that keeps its state: its curve stays as it was."))
    gradient_tools.tabs(view)


gradients_over_time()
with st.container(key="gradients_about"):
    st.markdown(prose(PAGE, "about"))
