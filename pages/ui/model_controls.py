"""The controls of "Open your model": which file, which layer, which sequence, in which order."""

from dataclasses import replace

import streamlit as st

from gru_core.data.sequences import Feed
from gru_core.training.model_view import ModelView
from pages.ui.feed_controls import feed_controls, sort_control
from pages.ui.fields import select
from pages.ui.model_state import PAGE, Bench, changing
from pages.ui.model_words import layer_name
from pages.ui.words import label as _
from pages.ui.words import prose

FILE = "model_file"
TYPES = ["pt", "pth", "safetensors", "onnx", "keras", "h5", "npz"]


def bar(bench: Bench) -> None:
    """One row: the file, the layer, the sequence, the order of the units."""
    view = bench.view
    with st.popover(view.file or _("Open a model file"), key="model_open", type=_accent(view)):
        _file(view)
    layers = {index: layer_name(layer) for index, layer in enumerate(view.model.layers)}
    select(
        PAGE,
        "layer",
        _("Layer"),
        layers,
        view.layer,
        lambda bench, layer: bench.show(bench.view.with_layer(layer)),
        label_visibility="collapsed",
        width=235,
    )
    feed_controls(PAGE, view.feed, _fed, scale="standardise", fixed=("inputs",))
    sort_control(PAGE, view.sort, view.chosen.parameters.hidden_size)


def _file(view: ModelView) -> None:
    st.file_uploader(
        _("A model with a GRU"), type=TYPES, key=FILE, width="stretch", on_change=changing(_upload)
    )
    st.markdown(prose(PAGE, "privacy"))
    if view.file:
        st.button(
            _("Forget it and show the example"),
            key="model_forget",
            on_click=changing(lambda bench: bench.show(ModelView.of_example())),
        )


def _accent(view: ModelView) -> str:
    return "secondary" if view.file else "primary"


def _upload(bench: Bench) -> Bench:
    upload = st.session_state[FILE]
    if upload is not None:
        return bench.with_file(upload.name, upload.getvalue())
    # A browser takes the old file out before it puts another in, which may be refused: so what is
    # open stays open until another model is, or until the reader asks to forget it.
    return replace(bench, notice=None)


def _fed(bench: Bench, feed: Feed) -> Bench:
    return bench.show(bench.view.with_feed(bench.view.of_width(feed)))


def _moved(bench: Bench) -> Bench:
    place = st.session_state["model_timeline"].position
    if not place or place.get("version") != bench.version:
        return bench  # sent before Python moved the reader elsewhere
    return _at(bench, place.get("time"), place.get("unit"))


def _opened(bench: Bench) -> Bench:
    asked = st.session_state["model_timeline"].open
    return replace(_at(bench, asked["time"], bench.view.unit), opens=True) if asked else bench


def _at(bench: Bench, time: int, unit: int) -> Bench:
    """The reader moved there; InputError when there is no such place."""
    view = bench.view.at(time, unit)
    return replace(bench, view=view)


moved = changing(_moved)
opened = changing(_opened)
