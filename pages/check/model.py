"""Open your model: the gates of a GRU that somebody trained elsewhere."""

import streamlit as st

from gru_core.data.units import unit_table
from gru_core.errors import InputError
from gru_core.figures.timeline import timeline_view
from gru_core.training.model_view import QUERY_NAMES
from pages.ui import components, model_controls, model_tools, model_words, share, trace_words
from pages.ui.model_state import PAGE, close, current
from pages.ui.words import label as _
from pages.ui.words import of_error, prose


@st.fragment
def open_your_model() -> None:
    bench = current()
    view = bench.view
    if bench.opens:
        close(bench)
        st.switch_page("pages/understand/gates.py", query_params=view.step_setup().to_query())
    with st.container(horizontal=True, vertical_alignment="center", key="model_bar"):
        st.markdown("### " + _("Open your model"))
        model_controls.bar(bench)
        share.copy_link(PAGE, bench.address, QUERY_NAMES)
    if bench.notice:
        st.warning(of_error(bench.notice))
    if bench.awaits:
        st.info(model_words.awaited(bench.awaits))
    heading, text = _("Look at"), model_words.look_at(view)
    if text:
        st.markdown(f":violet[**{heading}**] {text}")

    trace, order = view.trace, view.order()
    units = unit_table(trace)
    cannot_open = ""
    try:
        view.step_setup()
    except InputError as error:
        cannot_open = of_error(error)
    components.timeline(
        {
            "view": timeline_view(
                trace,
                order,
                view.sequence,
                reads_fed=view.reads_fed,
                is_backward=view.is_backward,
            ),
            "words": trace_words.timeline_words(cannot_open),
            "position": {"time": view.time, "unit": view.unit},
            "position_version": bench.version,
            "can_open": not cannot_open,
        },
        key="model_timeline",
        on_move=model_controls.moved,
        on_open=model_controls.opened,
    )
    said = trace_words.sentence(
        trace.step(view.step),
        view.time,
        view.unit,
        float(units.half_life[view.unit]),
        trace.keep[:, view.unit],
    )
    with st.container(key="model_words"):
        st.markdown(" ".join([said, *model_words.of_layer(view)]))
    filled = trace_words.gaps(view.sequence)
    if filled:
        st.info(filled)
    model_tools.tabs(view, units)


open_your_model()
with st.container(key="model_about"):
    st.markdown(prose(PAGE, "about"))
