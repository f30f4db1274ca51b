"""The controls of "Gates over time": which model, which sequence, in which order."""

from dataclasses import replace
from functools import partial

import streamlit as st

from gru_core.data.bounds import Value
from gru_core.data.sequence_view import (
    MODEL,
    RANDOM,
    RANDOM_PARAMETERS,
    Drawn,
    SequenceView,
    the_trained,
)
from gru_core.data.sequences import Feed
from gru_core.data.trained import TRAINED, Trained
from gru_core.data.wired import WIRED
from pages.ui import trained
from pages.ui.feed_controls import feed_controls, sort_control
from pages.ui.fields import field, select, titles_of
from pages.ui.watch import PAGE, Watch, at, changing
from pages.ui.words import label as _


def bar(watch: Watch) -> None:
    """One row: the model, its weights if they are random, the sequence, the order of the units."""
    view = watch.view
    select(
        PAGE,
        MODEL.name,
        _(MODEL.title),
        _models(),
        _name(view.model),
        _choose_model,
        label_visibility="collapsed",
        width=245,
    )
    if isinstance(view.model, Drawn):
        with st.popover(_("Random weights, H = {H}", H=view.model.H), key="sequence_random"):
            for parameter in RANDOM_PARAMETERS:
                value = getattr(view.model, parameter.name)
                field(PAGE, parameter, value, partial(_redraw, parameter.name))
    if isinstance(view.feed, Feed):
        feed_controls(PAGE, view.feed, lambda watch, feed: watch.show(_fed(watch, feed)))
    sort_control(PAGE, view.sort, view.hidden_size)


def look_at(watch: Watch) -> None:
    """The line that says what to look at, where it is true: with the model's own sequence."""
    model = watch.view.model
    if isinstance(model, Trained):
        text = _(
            "which units hold on and which let go: {origin}, on a sequence that it was not trained "
            "on.",
            origin=trained.origin(model),
        )
    elif not isinstance(model, Drawn) and watch.view.is_own_feed:
        text = _(WIRED[model].look_at)
    else:
        return
    heading = _("Look at")
    with st.container(key="sequence_look"):
        st.markdown(f":violet[**{heading}**] {text}")


def _models() -> dict[str, str]:
    """All models by their titles; a trained one is among them where this session has it."""
    own = trained.current()
    return titles_of(MODEL) | ({TRAINED: trained.title(own)} if own else {})


def _name(model: str | Drawn | Trained) -> str:
    if isinstance(model, Trained):
        return TRAINED
    return RANDOM if isinstance(model, Drawn) else model


def _choose_model(watch: Watch, name: str) -> Watch:
    if name == TRAINED:
        return watch.show(watch.view.with_model(the_trained(trained.current())))
    return watch.show(watch.view.with_model(Drawn() if name == RANDOM else name))


def _redraw(name: str, watch: Watch, value: Value) -> Watch:
    model = watch.view.model
    if not isinstance(model, Drawn):
        return watch  # chosen while the browser still showed the weights of another model
    return watch.show(watch.view.with_model(replace(model, **{name: value})))


def _fed(watch: Watch, feed: Feed) -> SequenceView:
    """A hand-wired model takes only sequences of its own width; others come with random weights."""
    view, width = watch.view, feed.sequence.values.shape[1]
    if not isinstance(view.feed, Feed):
        return view  # chosen while the browser still showed another model
    if isinstance(view.model, Drawn) or view.parameters.input_size == width:
        return view.with_feed(feed)
    return view.with_model(Drawn()).with_feed(feed)


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
