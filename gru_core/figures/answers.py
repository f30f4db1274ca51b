"""The small figures of "Questions answered": curves with one place marked, and bars of counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from gru_core.data.answers import Lines
from gru_core.figures.gradients import CELL_STYLES
from gru_core.figures.palette import COLOURS

GREY = "#7A7F8C"
STYLES: Mapping[str, tuple[str, str]] = {
    "h": (COLOURS["h"], "solid"),
    "n": (COLOURS["n"], "dot"),
    "sigmoid": (COLOURS["z"], "solid"),
    "tanh": (COLOURS["n"], "solid"),
    "slope_sigmoid": (COLOURS["z"], "dot"),
    "slope_tanh": (COLOURS["n"], "dot"),
    "relu": (COLOURS["r"], "dash"),
    "forward": (COLOURS["h"], "solid"),
    "backward": (COLOURS["positive"], "dash"),
    "half_life": (COLOURS["z"], "solid"),
    "raw": (COLOURS["r"], "dash"),
    "clipped": (COLOURS["h"], "solid"),
    "candidate": (COLOURS["n"], "solid"),
    "gated": (COLOURS["z"], "dash"),
    "erasing": (COLOURS["r"], "dot"),
    "chance": (COLOURS["negative"], "solid"),
    "truth": (GREY, "solid"),
    "filled": (COLOURS["r"], "solid"),
    "mask": (COLOURS["z"], "dot"),
    "persistence": (COLOURS["r"], "dot"),
    "autoregression": (COLOURS["z"], "solid"),
}
"""Colour and dash of each curve that ``data.answers`` makes."""


@dataclass(frozen=True)
class Mark:
    """A point on the curve `line`, at x, y, with what is written beside it."""

    line: str
    x: float
    y: float
    text: str


def line_figure(
    lines: Lines,
    names: Mapping[str, str],
    axis: tuple[str, str],
    marks: tuple[Mark, ...] = (),
    *,
    log: bool = False,
    points: bool = False,
) -> go.Figure:
    """The curves of `lines`, with some places marked.

    names: what to call each. axis: titles of x and y. log: the y axis. points: mark every value.
    """
    figure = go.Figure()
    for key, y in lines.ys.items():
        colour, dash = STYLES[key]
        figure.add_scatter(
            x=lines.x,
            y=np.where(y > 0.0, y, np.nan) if log else y,
            name=names[key],
            mode="lines+markers" if points else "lines",
            line={"color": colour, "dash": dash, "width": 2.5},
            marker={"size": 6},
            showlegend=len(lines.ys) > 1,
            hovertemplate="%{y:.4g}",
        )
    for mark in marks:
        figure.add_scatter(
            x=[mark.x],
            y=[mark.y],
            mode="markers+text",
            text=[mark.text],
            textposition=_beside(lines, mark),
            marker={
                "size": 13,
                "symbol": "circle-open",
                "color": STYLES[mark.line][0],
                "line": {"width": 3},
            },
            cliponaxis=False,
            showlegend=False,
            hoverinfo="skip",
        )
    figure.update_layout(**_layout(axis, has_legend=len(lines.ys) > 1))
    if log:
        values = np.concatenate([y[y > 0.0] for y in lines.ys.values()])
        decades = float(np.log10(values.max() / values.min()))
        # Ticks at whole powers of ten, however far the curves reach.
        dtick = max(1, round(decades / 6))
        figure.update_yaxes(type="log", exponentformat="power", dtick=dtick)
    return figure


def count_bars(counts: Mapping[str, int], names: Mapping[str, str], marked: str = "") -> go.Figure:
    """How many numbers each learns, as bars with the number at their end, in the order given.

    marked: the one that is drawn strong; all where it is empty. Cells have the colours that they
    have on "Gradients over time".
    """
    keys = list(counts)[::-1]
    colours = [CELL_STYLES[key][0] if key in CELL_STYLES else COLOURS["h"] for key in keys]
    figure = go.Figure(
        go.Bar(
            x=[counts[key] for key in keys],
            y=[names[key] for key in keys],
            orientation="h",
            text=[f"{counts[key]:,}" for key in keys],
            textposition="auto",
            marker={
                "color": colours,
                "opacity": [1.0 if marked in ("", key) else 0.45 for key in keys],
            },
            hovertemplate="%{y}: %{x:,}<extra></extra>",
        )
    )
    figure.update_layout(
        margin={"l": 10, "r": 20, "t": 10, "b": 30},
        showlegend=False,
        yaxis={"automargin": True},
        bargap=0.25,
    )
    return figure


def _beside(lines: Lines, mark: Mark) -> str:
    """Where the curve leaves room for the text of a mark."""
    y = lines.ys[mark.line]
    at = int(np.argmin(np.abs(lines.x - mark.x)))
    is_left = mark.x < lines.x.mean()
    rises = y[min(at + 1, len(y) - 1)] > y[max(at - 1, 0)]
    return f"{'bottom' if rises == is_left else 'top'} {'right' if is_left else 'left'}"


def _layout(axis: tuple[str, str], has_legend: bool) -> dict[str, object]:
    return {
        "margin": {"l": 50, "r": 16, "t": 46 if has_legend else 14, "b": 42},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "x unified",
        "xaxis": {"title": axis[0]},
        "yaxis": {"title": axis[1]},
    }
