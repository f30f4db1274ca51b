"""The controls of what is fed: a kind of sequence and its choices, or a file with columns."""

from collections.abc import Callable, Collection

import streamlit as st

from gru_core.data.sequences import KINDS, Feed
from gru_core.data.table import Table, read_table
from gru_core.errors import InputError
from pages.ui.fields import field, key_of
from pages.ui.words import label as _
from pages.ui.words import of_error

Changing = Callable[[Callable[[], Feed]], Callable[[], None]]


def feed_controls(
    page: str, feed: Feed, feeding: Changing, scale: str = "none", fixed: Collection[str] = ()
) -> None:
    """A popover with the kinds of sequences.

    feeding: turns a function that makes the new feed into a widget's callback.
    scale: of the columns of a file. fixed: parameters that the page decides.
    """
    title = _(KINDS[feed.kind].title)
    steps = len(feed.sequence)
    with st.popover(
        _("Sequence: {title}, {steps} steps", title=title, steps=steps), key=f"{page}_feed"
    ):
        kind = f"{page}_kind"
        st.session_state[kind] = feed.kind
        st.selectbox(
            _("Sequence"),
            list(KINDS),
            format_func=lambda name: _(KINDS[name].title),
            key=kind,
            on_change=feeding(lambda: Feed(st.session_state[kind])),
        )
        for parameter in KINDS[feed.kind].parameters:
            if parameter.name not in fixed:
                value = feed.values[parameter.name]
                field(page, parameter, value, feeding(lambda: _chosen(page, feed, fixed)))
        series = feed.sequence.series
        if series:
            note, unit = _(series.note), _(series.unit)
            st.caption(f"{note} ({unit})")
            st.caption(
                _("Source: {source} {licence}", source=series.source, licence=series.licence)
            )
        _file(page, feeding, scale)


def _chosen(page: str, feed: Feed, fixed: Collection[str]) -> Feed:
    free = [p for p in KINDS[feed.kind].parameters if p.name not in fixed]
    chosen = {p.name: st.session_state[key_of(page, p)] for p in free}
    return Feed(feed.kind, {**feed.values, **chosen})


def _file(page: str, feeding: Changing, scale: str) -> None:
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


def _columns(page: str, table: Table, feeding: Changing, scale: str) -> None:
    columns = f"{page}_columns"
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
        on_click=feeding(
            lambda: table.feed(st.session_state[columns], gaps="interpolate", scale=scale)
        ),
    )
