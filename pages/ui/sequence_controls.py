"""The controls of "Gates over time": which model, which sequence, in which order."""

from collections.abc import Callable
from dataclasses import asdict, replace

import streamlit as st

from gru_core.data.sequence_view import MODEL, RANDOM, RANDOM_PARAMETERS, SORT, Drawn, SequenceView
from gru_core.data.sequences import Feed
from gru_core.data.wired import WIRED
from pages.ui.feed_controls import feed_controls
from pages.ui.fields import field, key_of
from pages.ui.watch import PAGE, Watch, at, changing
from pages.ui.words import label as _


def bar(watch: Watch) -> None:
    """One row: the model, its weights if they are random, the sequence, the order of the units."""
    view = watch.view
    _show(key_of(PAGE, MODEL), RANDOM if isinstance(view.model, Drawn) else view.model)
    st.selectbox(
        _("Model"),
        list(MODEL.options),
        format_func=lambda name: _(MODEL.options[name]),
        key=key_of(PAGE, MODEL),
        label_visibility="collapsed",
        width=270,
        on_change=changing(_choose_model),
    )
    if isinstance(view.model, Drawn):
        with st.popover(_("Random weights, H = {H}", H=view.model.H), key="sequence_random"):
            values = asdict(view.model)
            for parameter in RANDOM_PARAMETERS:
                field(PAGE, parameter, values[parameter.name], changing(_redraw))
    feed_controls(PAGE, view.feed, _feeding)
    if view.hidden_size == 1:
        return
    _show(key_of(PAGE, SORT), view.sort)
    st.selectbox(
        _("Order of the units"),
        list(SORT.options),
        format_func=lambda name: _(SORT.options[name]),
        key=key_of(PAGE, SORT),
        label_visibility="collapsed",
        width=200,
        on_change=changing(_sort),
    )


def look_at(watch: Watch) -> None:
    """The line that says what to look at, where it is true: with the model's own sequence."""
    model = watch.view.model
    if not isinstance(model, Drawn) and watch.view.is_own_feed:
        heading, text = _("Look at"), _(WIRED[model].look_at)
        st.markdown(f":violet[**{heading}**] {text}")


def _show(key: str, value: object) -> None:
    st.session_state[key] = value


def _choose_model(watch: Watch) -> Watch:
    name = st.session_state[key_of(PAGE, MODEL)]
    return watch.show(watch.view.with_model(Drawn() if name == RANDOM else name))


def _redraw(watch: Watch) -> Watch:
    chosen = {p.name: st.session_state[key_of(PAGE, p)] for p in RANDOM_PARAMETERS}
    return watch.show(watch.view.with_model(Drawn(**chosen)))


def _feeding(make: Callable[[], Feed]) -> Callable[[], None]:
    return changing(lambda watch: watch.show(_fed(watch, make())))


def _fed(watch: Watch, feed: Feed) -> SequenceView:
    """A hand-wired model takes only sequences of its own width; others come with random weights."""
    view, width = watch.view, feed.sequence.values.shape[1]
    if isinstance(view.model, Drawn) or view.parameters.input_size == width:
        return view.with_feed(feed)
    return view.with_model(Drawn()).with_feed(feed)


def _sort(watch: Watch) -> Watch:
    return replace(watch, view=replace(watch.view, sort=st.session_state[key_of(PAGE, SORT)]))


def _moved(watch: Watch) -> Watch:
    place = st.session_state["sequence_timeline"].position
    if not place or place.get("version") != watch.version:
        return watch  # sent before Python moved the reader elsewhere
    return at(watch, place.get("time"), place.get("unit"))


def _opened(watch: Watch) -> Watch:
    asked = st.session_state["sequence_timeline"].open
    return (
        replace(at(watch, asked["time"], watch.view.unit), opens=asked["time"]) if asked else watch
    )


moved = changing(_moved)
opened = changing(_opened)
