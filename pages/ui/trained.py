"""A GRU that was trained in this session, for the pages that show one GRU."""

import streamlit as st

from gru_core.data.trained import Trained
from pages.ui.words import label as _

_KEY = "trained"


def current() -> Trained | None:
    """What this session opened last."""
    found: Trained | None = st.session_state.get(_KEY)
    return found


def keep(trained: Trained) -> None:
    """From now on an address means this one by a trained GRU."""
    st.session_state[_KEY] = trained


def title(trained: Trained) -> str:
    """What it is, in a few words."""
    return _("Trained: {task}", task=_(trained.title))


def origin(trained: Trained) -> str:
    """Which GRU it is, as a part of a sentence."""
    return _(
        "layer {layer} (D = {D}, H = {H}) of the GRU that was trained here on the task “{task}”, "
        "after {step} updates",
        layer=trained.layer + 1,
        D=trained.parameters.input_size,
        H=trained.parameters.hidden_size,
        task=_(trained.title),
        step=trained.step,
    )


def link_hint(trained: Trained | None) -> str:
    """What its link cannot do; empty for None."""
    if trained is None:
        return ""
    return _("The trained GRU stays in this session: elsewhere the link opens without it")
