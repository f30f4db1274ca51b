"""The browser components: the stage of a cell, number grids, the address. Trusted files only."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from gru_core.figures.palette import COLOURS
from pages.ui import plotly_script

_FILES = Path(__file__).parents[2] / "assets" / "components"


def _read(*names: str) -> str:
    return "\n".join((_FILES / name).read_text(encoding="utf-8") for name in names)


# One style sheet and one script for each, because a component's script cannot import another's.
_stage = st.components.v2.component(
    "gru_lab_stage",
    html='<div class="gl-stage"></div>',
    css=_read("base.css", "stage.css"),
    js=_read("base.js", "diagram.js", "equations.js", "stage.js"),
    isolate_styles=False,  # the fonts of the page's formulas are not visible in a shadow root
)
_numbers = st.components.v2.component(
    "gru_lab_numbers",
    html='<div class="gl-numbers"></div>',
    css=_read("base.css", "numbers.css"),
    js=_read("base.js", "numbers.js"),
    isolate_styles=False,
)
_timeline = st.components.v2.component(
    "gru_lab_timeline",
    html='<div class="gl-timeline"></div>',
    css=_read("base.css", "timeline.css"),
    js=_read("base.js", "timeline.js"),
    isolate_styles=False,
)
_moments = st.components.v2.component(
    "gru_lab_moments",
    html='<div class="gl-moments-data"></div>',
    css=_read("moments.css"),
    js=_read("moments.js"),
    isolate_styles=False,
)
_backward = st.components.v2.component(
    "gru_lab_backward",
    html='<div class="gl-stage gl-backward"></div>',
    css=_read("base.css", "stage.css", "backward.css"),
    js=_read("base.js", "equations.js", "backward.js"),
    isolate_styles=False,
)
_curves = st.components.v2.component(
    "gru_lab_curves",
    html='<div class="gl-curves"></div>',
    css=_read("base.css", "curves.css"),
    js=_read("base.js", "curves.js"),
    isolate_styles=False,  # plotly.js writes its own style sheet into the page's head
)
_place = st.components.v2.component(
    "gru_lab_place",
    html='<div class="gl-stage gl-place"></div>',
    css=_read("base.css", "stage.css", "place.css"),
    js=_read("base.js", "diagram.js", "place.js"),
    isolate_styles=False,
)
_keys = st.components.v2.component("gru_lab_keys", js=_read("keys.js"))
_clock = st.components.v2.component("gru_lab_clock", js=_read("clock.js"))
_address = st.components.v2.component(
    "gru_lab_address",
    html='<div class="gl-address"><button type="button"></button><input hidden readonly></div>',
    css=_read("base.css", "address.css"),
    js=_read("address.js"),
    isolate_styles=False,
)

_printer = st.components.v2.component(
    "gru_lab_printer",
    html='<div class="gl-address"><button type="button"></button></div>',
    css=_read("base.css", "address.css"),
    js=_read("printer.js"),
    isolate_styles=False,
)


def stage(data: Mapping[str, Any], *, key: str, on_move: Callable[[], None]) -> None:
    """Mount the stage; `on_move` runs when the reader rests at another place."""
    _stage(key=key, data={**data, "colours": dict(COLOURS)}, on_position_change=on_move)


def miniature(data: Mapping[str, Any], *, key: str) -> None:
    """The cell alone, playing through the steps by itself."""
    _stage(
        key=key,
        data={**data, "colours": dict(COLOURS), "miniature": True},
        on_position_change=lambda: None,
    )


def timeline(
    data: Mapping[str, Any],
    *,
    key: str,
    on_move: Callable[[], None] | None = None,
    on_open: Callable[[], None] | None = None,
    moments: Mapping[str, Any] | None = None,
) -> None:
    """Mount a sequence's maps.

    on_move runs when the reader rests at another place, on_open when they ask for one step; without
    it there is no button for that. moments: of ``figures.probe.moments_view``, for a second slider.
    """
    if moments:
        # Apart from the live numbers, so that the browser is sent them only when they are new.
        _moments(key=f"{key}_moments", data={"key": key, "moments": dict(moments)})
    _timeline(
        key=key,
        data={
            **data,
            "colours": dict(COLOURS),
            "reports": on_move is not None,
            "opens": on_open is not None,
            "moments": moments["id"] if moments else None,
            "moments_key": key,
        },
        on_position_change=on_move or _ignore,
        on_open_change=on_open or _ignore,
    )


def _ignore() -> None:
    """A change that Python need not hear of."""


def backward(
    data: Mapping[str, Any],
    *,
    key: str,
    on_move: Callable[[], None],
    on_choose: Callable[[], None],
) -> None:
    """Mount the walk backwards; `on_choose` runs when the reader chooses a weight."""
    _backward(
        key=key,
        data={**data, "colours": dict(COLOURS)},
        on_position_change=on_move,
        on_weight_change=on_choose,
    )


def curves(
    data: Mapping[str, Any],
    *,
    key: str,
    on_hover: Callable[[], None] | None = None,
    on_pick: Callable[[], None] | None = None,
) -> None:
    """Mount figures that grow; `on_hover` runs when the reader rests at another step.

    on_pick: runs when the reader has clicked a point of a figure whose "picks" is true; the trigger
    "pick" is then {"figure", "value"}, value being the point's customdata.

    data: "figures", each {"id", "title", "spec", "alt", "linked"}: spec is plotly's data and
    layout, linked says that its x axis is the one of the others that are linked; where it is left
    out, false. "words": "loading", "failed", "png", "zoom", "pan", "reset". "revision": what keeps
    the reader's zoom as long as it stays the same, such as the name of the run.
    The component's state "hover" is then {"figure", "x"}.
    """
    _curves(
        key=key,
        data={**data, "plotly": plotly_script.ADDRESS, "hovering": on_hover is not None},
        on_hover_change=on_hover or _ignore,
        on_pick_change=on_pick or _ignore,
    )


def place(acts: Collection[str], *, reset: str, z: str, alt: str, key: str) -> None:
    """The cell of a convention with the places lit at which a method acts: of ``Method.acts``."""
    _place(
        key=key,
        data={"acts": list(acts), "reset": reset, "z": z, "alt": alt, "colours": dict(COLOURS)},
    )


def keys(actions: Mapping[str, str], *, key: str, on_key: Callable[[], None]) -> None:
    """Listen to the keyboard outside of fields; `on_key` runs with the action of a key in state.

    actions: the browser's name of a key → what it stands for, found in the trigger "key".
    """
    _keys(key=key, data={"keys": dict(actions)}, on_key_change=on_key)


def clock(seconds: float | None, *, leaving: Collection[str] = (), key: str) -> None:
    """Run the fragment that mounts this again, so long after the browser has drawn it; None: never.

    Streamlit's own ``run_every`` asks whether or not the last answer was drawn, and also while the
    page is being left, which empties the page that is coming.
    leaving: the keys of buttons that open another page.
    """
    turn = st.session_state[f"{key}_turn"] = st.session_state.get(f"{key}_turn", 0) + 1
    every = None if seconds is None else round(1000 * seconds)
    _clock(
        key=key,
        # Another number each time, or the browser would not be told.
        data={"every": every, "leaving": list(leaving), "turn": turn},
        on_tick_change=_ignore,
    )


def numbers(data: Mapping[str, Any], *, key: str, on_edit: Callable[[], None]) -> None:
    """Mount number grids; `on_edit` runs when the reader has committed edits."""
    _numbers(key=key, data={**data, "colours": dict(COLOURS)}, on_edits_change=on_edit)


def address(data: Mapping[str, Any], *, key: str) -> None:
    """Mount the button that copies the address, which is kept equal to `data["query"]`."""
    _address(key=key, data=dict(data))


def printer(data: Mapping[str, Any], *, key: str) -> None:
    """Mount a button that prints the page; `data["words"]` stands on it."""
    _printer(key=key, data=dict(data))
