"""The controls of "Gradients over time": how the cells start, where the loss is, how large."""

from collections.abc import Callable

import streamlit as st

from gru_core.data.bounds import Parameter, Value
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
from gru_core.data.trained import Trained
from pages.ui import trained
from pages.ui.fields import field, segments
from pages.ui.gradient_state import PAGE, Slope, leave_out
from pages.ui.state import changing, control
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
        segments(PAGE, KEEP, view.keep, _choose(KEEP), label_visibility="collapsed")
        if view.keep == "bias":
            st.slider(
                _(KEEP_BIAS.title),
                KEEP_BIAS.low,
                KEEP_BIAS.high,
                view.keep_bias,
                step=0.5,
                format="%+.1f",
                label_visibility="collapsed",
                width=360,
                **control(PAGE, KEEP_BIAS.name, view.keep_bias, _choose(KEEP_BIAS)),
            )


def of_trained(own: Trained) -> None:
    """What the curve of the trained GRU is, and the way to be rid of it."""
    with st.container(horizontal=True, vertical_alignment="center", key="gradients_trained"):
        st.caption(
            _(
                "Trained GRU: {origin}. Its weights are the same for every seed. Like the others "
                "it reads noise from N(0, 1), at its own D, not its task.",
                origin=trained.origin(own),
            )
        )
        st.button(_("Leave it out"), key="gradients_leave_out", on_click=changing(PAGE, leave_out))


def own_field(view: GradientView, parameter: Parameter) -> None:
    """The widget of one parameter of the view."""
    field(PAGE, parameter, getattr(view, parameter.name), _choose(parameter))


def _choose(parameter: Parameter) -> Callable[[Slope, Value], Slope]:
    return lambda slope, value: slope.changed(**{parameter.name: value})
