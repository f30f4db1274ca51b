"""The controls of "Gradients over time": how the cells start, where the loss is, how large."""

import streamlit as st

from gru_core.data.bounds import Parameter
from gru_core.data.gradient_view import (
    INPUTS,
    KEEP,
    KEEP_BIAS,
    LOSS,
    SEED,
    SEEDS,
    STEPS,
    GradientView,
    loss_step,
)
from gru_core.data.sequence_view import GAIN, RESET, SCHEME, UNITS, Z_WEIGHTS
from pages.ui.fields import field, key_of
from pages.ui.gradient_state import PAGE, choosing
from pages.ui.words import label as _


def bar(view: GradientView) -> None:
    """What is chosen, each group behind its own name."""
    scheme = _(SCHEME.options[view.scheme])
    where = {
        "last": _("Loss at the last step"),
        "step": _("Loss at step {at}", at=view.at),
        "all": _("Loss at all steps"),
    }
    with st.popover(_("Initialisation: {name}", name=scheme), key="gradients_start"):
        own_field(view, SCHEME)
        if view.scheme != "pytorch":
            own_field(view, GAIN)
    with st.popover(where[view.loss], key="gradients_where"):
        own_field(view, LOSS)
        if view.loss == "step":
            own_field(view, loss_step(view.T))
    size = _("H = {H}, T = {T}, {seeds} seeds", H=view.H, T=view.T, seeds=view.seeds)
    with st.popover(size, key="gradients_size"):
        for parameter in (UNITS, INPUTS, STEPS, SEEDS, SEED):
            own_field(view, parameter)
    with st.popover(_("Convention of the GRU"), key="gradients_convention"):
        for parameter in (Z_WEIGHTS, RESET):
            own_field(view, parameter)


def keep(view: GradientView) -> None:
    """The bias of the gate that keeps the old state: what the page is about, so always in sight."""
    with st.container(horizontal=True, vertical_alignment="center", key="gradients_memory"):
        key = key_of(PAGE, KEEP)
        st.session_state[key] = view.keep
        st.segmented_control(
            _(KEEP.title),
            list(KEEP.options),
            required=True,
            format_func=lambda option: _(KEEP.options[option]),
            key=key,
            label_visibility="collapsed",
            on_change=choosing(lambda: {KEEP.name: st.session_state[key]}),
        )
        if view.keep == "bias":
            slider = key_of(PAGE, KEEP_BIAS)
            # Written only when it differs: writing sends the value back to the browser, where it
            # would undo what the reader has moved the slider to in the meantime.
            if st.session_state.get(slider) != view.keep_bias:
                st.session_state[slider] = view.keep_bias
            st.slider(
                _(KEEP_BIAS.title),
                KEEP_BIAS.low,
                KEEP_BIAS.high,
                step=0.5,
                format="%+.1f",
                key=slider,
                label_visibility="collapsed",
                width=360,
                on_change=choosing(lambda: {KEEP_BIAS.name: st.session_state[slider]}),
            )


def own_field(view: GradientView, parameter: Parameter) -> None:
    """The widget of one parameter of the view."""
    key = key_of(PAGE, parameter)
    field(
        PAGE,
        parameter,
        getattr(view, parameter.name),
        choosing(lambda: {parameter.name: st.session_state[key]}),
    )
