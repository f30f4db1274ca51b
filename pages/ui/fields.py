"""Widgets for the bounds that the library states: nothing about a choice is said twice."""

from collections.abc import Callable

import streamlit as st

from gru_core.data.bounds import OneOf, Parameter, Real, Text, Value, Whole
from pages.ui.words import label as _


def field(page: str, parameter: Parameter, value: Value, on_change: Callable[[], None]) -> None:
    """The widget of one parameter. Its key is `key_of(page, parameter)`."""
    key = key_of(page, parameter)
    st.session_state[key] = value  # the page's state is what is true; a widget only shows it
    title = _(parameter.title)
    match parameter:
        case Whole(low=low, high=high):
            st.number_input(title, low, high, key=key, on_change=on_change)
        case Real(low=low, high=high):
            st.number_input(
                title,
                float(low),
                float(high),
                step=_step(low, high),
                format="%g",
                key=key,
                on_change=on_change,
            )
        case OneOf(options=options):
            st.selectbox(
                title,
                list(options),
                format_func=lambda option: _(options[option]),
                key=key,
                on_change=on_change,
            )
        case Text(limit=limit):
            st.text_area(title, max_chars=limit, key=key, on_change=on_change, height=90)


def key_of(page: str, parameter: Parameter) -> str:
    """The key of a parameter's widget."""
    return f"{page}_{parameter.name}"


def _step(low: float, high: float) -> float:
    return 0.1 if high - low <= 20 else 1.0
