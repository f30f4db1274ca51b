"""The browser components: the stage of a cell, number grids, the address. Trusted files only."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from gru_core.figures.palette import COLOURS

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
_backward = st.components.v2.component(
    "gru_lab_backward",
    html='<div class="gl-stage gl-backward"></div>',
    css=_read("base.css", "stage.css", "backward.css"),
    js=_read("base.js", "equations.js", "backward.js"),
    isolate_styles=False,
)
_address = st.components.v2.component(
    "gru_lab_address",
    html='<div class="gl-address"><button type="button"></button><input hidden readonly></div>',
    css=_read("base.css", "address.css"),
    js=_read("address.js"),
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
    on_move: Callable[[], None],
    on_open: Callable[[], None],
) -> None:
    """Mount a sequence's maps; `on_open` runs when the reader asks for one step of it."""
    _timeline(
        key=key,
        data={**data, "colours": dict(COLOURS)},
        on_position_change=on_move,
        on_open_change=on_open,
    )


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


def numbers(data: Mapping[str, Any], *, key: str, on_edit: Callable[[], None]) -> None:
    """Mount number grids; `on_edit` runs when the reader has committed edits."""
    _numbers(key=key, data={**data, "colours": dict(COLOURS)}, on_edits_change=on_edit)


def address(data: Mapping[str, Any], *, key: str) -> None:
    """Mount the button that copies the address, which is kept equal to `data["query"]`."""
    _address(key=key, data=dict(data))
