"""Widgets for the bounds that the library states: nothing about a choice is said twice."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from gru_core.data.bounds import OneOf, Parameter, Real, Text, Value, Whole
from pages.ui.state import S, control
from pages.ui.words import label as _


def field(
    page: str, parameter: Parameter, value: Value, choose: Callable[[S, Any], S], **look: Any
) -> None:
    """The widget of one parameter.

    choose: the page's state after the reader has chosen a value. look: as the widget takes it.
    """
    match parameter:
        case OneOf(name=name, title=title):
            select(page, name, _(title), titles_of(parameter), value, choose, **look)
        case Whole(low=low, high=high) | Real(low=low, high=high):
            whole = isinstance(parameter, Whole)
            number = int if whole else float
            st.number_input(
                _(parameter.title),
                number(low),
                number(high),
                number(value),
                step=1 if whole else parameter.step or _step(low, high),
                format=None if whole else "%g",
                **control(page, parameter.name, value, choose),
                **look,
            )
        case Text(name=name, title=title):
            # Without max_chars, which would drop a longer text without a word.
            st.text_area(
                _(title),
                value,
                height=90,
                **control(page, name, value, choose, keeps_refused=True),
                **look,
            )


def select(
    page: str,
    name: str,
    title: str,
    titles: Mapping[Any, str],
    value: object,
    choose: Callable[[S, Any], S],
    **look: Any,
) -> None:
    """A list of the keys of `titles`, which it shows by their titles; `value` may be none of them.

    title, titles: in the reader's language.
    """
    st.selectbox(
        title,
        list(titles),
        list(titles).index(value) if value in titles else None,
        required=value not in titles,  # else it says so, and cannot be cleared anyway
        format_func=titles.__getitem__,
        **control(page, name, value, choose),
        **look,
    )


def segments(
    page: str, parameter: OneOf, value: object, choose: Callable[[S, Any], S], **look: Any
) -> None:
    """All options side by side."""
    titles = titles_of(parameter)
    st.segmented_control(
        _(parameter.title),
        list(titles),
        default=value,
        required=True,
        format_func=titles.__getitem__,
        **control(page, parameter.name, value, choose),
        **look,
    )


def titles_of(parameter: OneOf) -> dict[str, str]:
    """The options by their titles in the reader's language."""
    return {option: _(title) for option, title in parameter.options.items()}


def _step(low: float, high: float) -> float:
    return 0.1 if high - low <= 20 else 1.0
