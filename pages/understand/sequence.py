"""Gates over time: a whole sequence through a GRU, every gate of every unit."""

import streamlit as st

from gru_core.data.sequence_view import QUERY_NAMES
from gru_core.data.trained import Trained
from gru_core.data.units import unit_table
from gru_core.errors import InputError
from gru_core.figures.timeline import timeline_view
from pages.ui import components, sequence_controls, share, trace_tools, trace_words, trained
from pages.ui.watch import PAGE, close, current
from pages.ui.words import label as _
from pages.ui.words import of_error, prose


@st.fragment
def gates_over_time() -> None:
    watch = current()
    view = watch.view
    if watch.opens is not None:
        step = view.step_setup(watch.opens)
        close(watch)
        st.switch_page("pages/understand/gates.py", query_params=step.to_query())
    with st.container(horizontal=True, vertical_alignment="center", key="sequence_bar"):
        st.markdown("### " + _("Gates over time"))
        sequence_controls.bar(watch)
        hint = trained.link_hint(view.model if isinstance(view.model, Trained) else None)
        share.copy_link(PAGE, view.to_query(), QUERY_NAMES, hint)
    if watch.notice:
        st.warning(of_error(watch.notice))
    sequence_controls.look_at(watch)

    trace = view.trace()
    units = unit_table(trace)
    cannot_open = ""
    try:
        view.step_setup(view.time)
    except InputError as error:
        cannot_open = of_error(error)
    components.timeline(
        {
            "view": timeline_view(trace, view.order(trace), view.sequence),
            "words": trace_words.timeline_words(cannot_open),
            "position": {"time": view.time, "unit": view.unit},
            "position_version": watch.version,
            "can_open": not cannot_open,
        },
        key="sequence_timeline",
        on_move=sequence_controls.moved,
        on_open=sequence_controls.opened,
    )
    with st.container(key="sequence_words"):
        st.markdown(
            trace_words.sentence(
                trace.step(view.time),
                view.time,
                view.unit,
                float(units.half_life[view.unit]),
                trace.keep[:, view.unit],
            )
        )
    filled = trace_words.gaps(view.sequence)
    if filled:
        st.info(filled)
    trace_tools.tabs(PAGE, trace_tools.trace_tabs(PAGE, trace, units, lambda: trace))


gates_over_time()
with st.container(key="sequence_about"):
    st.markdown(prose("sequence", "about"))
