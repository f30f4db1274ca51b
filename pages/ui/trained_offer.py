"""The ways to open a trained run on the pages that show one GRU."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gru_core.data.gradient_view import STEPS
from gru_core.data.sequence_view import MODEL, UNITS, SequenceView
from gru_core.data.trained import TRAINED, Trained
from gru_core.errors import InputError
from gru_core.maths.parameters import Array
from gru_core.training.experiment import Experiment
from gru_core.training.trained_layer import trained_layer
from pages.ui.trained import keep
from pages.ui.words import label as _
from pages.ui.words import of_error

BUTTONS = ("trained_sequence", "trained_gradients", "trained_gates")
"""Their keys: each leaves the page."""


def offer(experiment: Experiment, weights: Mapping[str, Array], layer: int, step: int) -> None:
    """Buttons that open one layer of a run (both from 0) on the pages that show one GRU.

    weights: of the run after ``step`` updates. Where it cannot be shown it says why instead. To be
    drawn where a click may change the page: in a script or a fragment of it.
    """
    try:
        trained = trained_layer(experiment, weights, layer, step)
    except InputError as error:
        st.caption(of_error(error))
        return
    with st.container(horizontal=True, key="trained_open"):
        if st.button(_("Open in Gates over time"), key="trained_sequence"):
            _go("sequence", trained, {MODEL.name: TRAINED})
        if st.button(_("Open in Gradients over time"), key="trained_gradients"):
            # The cells beside it are of its size, as far as that page has it.
            sizes = {
                "H": min(trained.parameters.hidden_size, UNITS.high),
                "T": min(max(len(trained.sequence), STEPS.low), STEPS.high),
            }
            _go("gradients", trained, {MODEL.name: TRAINED, **sizes})
        try:
            setup = SequenceView.of_model(trained).step_setup(len(trained.sequence) - 1)
        except InputError as error:
            st.button(
                _("Open in One step"), key="trained_gates", disabled=True, help=of_error(error)
            )
        else:
            if st.button(_("Open in One step"), key="trained_gates"):
                _go("gates", trained, setup.to_query())


def _go(page: str, trained: Trained, query: Mapping[str, object]) -> None:
    keep(trained)
    st.switch_page(
        f"pages/understand/{page}.py",
        query_params={name: str(value) for name, value in query.items()},
    )
