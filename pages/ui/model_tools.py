"""Below the maps of "Open your model": the layers of the file, gradients, and all to take away."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from gru_core.figures.gradients import gradient_profiles
from gru_core.maths.gru import Trace
from gru_core.training.model_view import ModelView
from pages.ui import trace_tools
from pages.ui.downloads import download
from pages.ui.model_state import PAGE
from pages.ui.model_words import convention, direction, gradient_sentence
from pages.ui.words import label as _
from pages.ui.words import of_error


def tabs(view: ModelView, units: Any) -> None:
    """Only the open tab is computed."""
    drawn: dict[str, Callable[[], None]] = {_("Layers of the file"): lambda: _layers(view)}
    drawn |= trace_tools.trace_tabs(PAGE, view.trace, units, lambda: _numbers(view))
    drawn |= {_("Gradient"): lambda: _gradient(view)}
    trace_tools.tabs(PAGE, drawn)


def _layers(view: ModelView) -> None:
    layers = view.model.layers
    st.dataframe(
        [
            {
                "name": layer.name,
                "inputs": layer.parameters.input_size,
                "units": layer.parameters.hidden_size,
                "direction": direction(layer),
                "convention": convention(layer.convention),
                "how": of_error(layer.how),
            }
            for layer in layers
        ],
        hide_index=True,
        height="content" if len(layers) < 9 else 320,
        alt=_("Every GRU layer and direction in the file"),
        column_config={
            "name": _("Name"),
            "inputs": _("Inputs D"),
            "units": _("Hidden units H"),
            "direction": _("Direction"),
            "convention": st.column_config.TextColumn(_("Convention"), width="large"),
            "how": st.column_config.TextColumn(_("How that was told"), width="large"),
        },
    )
    name, how = view.chosen.name, of_error(view.chosen.how)
    st.markdown(_("How the convention of {name} was told: {how}", name=name, how=how))
    for note in view.model.notes:
        st.info(of_error(note))
    st.caption(_("Format: {format}", format=_(view.model.format)))


def _numbers(view: ModelView) -> Trace:
    first = view.first_steps()
    if view.is_backward:
        st.caption(_("In the order in which the layer reads: step 1 is the end of the sequence."))
    if len(first) < len(view.trace):
        st.caption(
            _(
                "The first {steps} of {all} steps: a longer table would be too much for a browser.",
                steps=len(first),
                all=len(view.trace),
            )
        )
    return first


def _gradient(view: ModelView) -> None:
    norms = view.gradient_norms()
    st.plotly_chart(
        gradient_profiles(
            {"gru": norms[None]}, {"gru": view.chosen.name}, (_("step t"), "‖∂L/∂hₜ‖")
        ),
        alt=_("The norm of the gradient at every step of this layer"),
        key="model_gradient",
        height=320,
    )
    st.markdown(gradient_sentence(view))
    st.caption(_("L is the sum of all units of this layer after the last step that it reads."))
    download("gru-gradient.csv", view.gradient_csv)
