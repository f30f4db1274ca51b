"""The controls of what is fed: a kind of sequence and its choices, or a file with columns."""

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from gru_core.data.bounds import Value
from gru_core.data.sequence_view import SORT
from gru_core.data.sequences import KINDS, Feed
from gru_core.data.table import Table, read_table
from gru_core.errors import InputError
from pages.ui.classroom import locks, unlocked
from pages.ui.fields import field, select
from pages.ui.state import S, changing
from pages.ui.words import label as _
from pages.ui.words import of_error

Feeding = Callable[[S, Feed], S]


def feed_controls(
    page: str, feed: Feed, feeding: Feeding[S], scale: str = "none", fixed: Collection[str] = ()
) -> None:
    """A popover with the kinds of sequences.

    feeding: the page's state when another sequence is fed.
    scale: of the columns of a file. fixed: parameters that the page decides.
    """
    title = _(KINDS[feed.kind].title)
    steps = len(feed.sequence)
    with st.popover(
        _("Sequence: {title}, {steps} steps", title=title, steps=steps), key=f"{page}_feed"
    ):
        kinds = {name: _(kind.title) for name, kind in KINDS.items()}
        select(
            page,
            "kind",
            _("Sequence"),
            kinds,
            feed.kind,
            lambda state, kind: feeding(state, Feed(kind)),
        )
        for parameter in KINDS[feed.kind].parameters:
            if parameter.name not in fixed:
                value = feed.values[parameter.name]
                field(page, parameter, value, partial(_changed, feeding, parameter.name))
        series = feed.sequence.series
        if series:
            note, unit = _(series.note), _(series.unit)
            st.caption(f"{note} ({unit})")
            st.caption(
                _("Source: {source} {licence}", source=series.source, licence=series.licence)
            )
        _file(page, feeding, scale)


def sort_control(page: str, sort: str, units: int) -> None:
    """The order of the units, where they have one. The page's state has a ``view`` with a sort."""
    if units > 1:
        field(page, SORT, sort, _sorted, label_visibility="collapsed", width=180)


def _sorted(state: Any, sort: str) -> Any:
    return replace(state, view=replace(state.view, sort=sort), notice=None)


def _changed(feeding: Feeding[S], name: str, state: Any, value: Value) -> S:
    """The sequence with one parameter changed: the newest, as several can change in one run."""
    feed = state.view.feed
    if name not in feed.values:
        return state  # chosen while the browser still showed another kind of sequence
    return feeding(state, Feed(feed.kind, {**feed.values, name: value}))


def _file(page: str, feeding: Feeding[S], scale: str) -> None:
    upload = st.file_uploader(
        _("Or a CSV file"), type=["csv", "tsv", "txt"], key=f"{page}_csv", width="stretch"
    )
    if upload is None:
        return
    try:
        table = read_table(upload.getvalue())
    except InputError as error:
        st.warning(of_error(error))
        return
    _columns(page, table, feeding, scale)


def _columns(page: str, table: Table, feeding: Feeding[S], scale: str) -> None:
    columns = f"{page}_columns"

    def feed(state: S) -> S:
        chosen = st.session_state[columns]
        return feeding(state, table.feed(chosen, gaps="interpolate", scale=scale))

    st.multiselect(
        _("Columns"),
        list(table.numeric),
        default=list(table.numeric[:1]),
        format_func=lambda column: table.names[column],
        key=columns,
    )
    st.button(
        _("Feed these columns"),
        key=f"{page}_feed_csv",
        disabled=locks("kind"),
        on_click=changing(page, unlocked(feed, "kind")),
    )
