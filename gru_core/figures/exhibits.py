"""What a demonstration computed, drawn: warm colours are what the article's version does."""

from collections.abc import Callable, Iterable

import numpy as np
import plotly.graph_objects as go

from gru_core.data.exhibits.shown import Bars, Events, Lines
from gru_core.figures.palette import CONFIGURATIONS
from gru_core.maths.parameters import Array

Say = Callable[[str], str]
"""A message id → the reader's words."""

RIGHT = tuple(CONFIGURATIONS[place] for place in (0, 2, 4, 6))
WRONG = tuple(CONFIGURATIONS[place] for place in (1, 3, 7))
FEW = 12
"""A curve of at most so many points shows them."""


def exhibit_figure(picture: Lines | Bars | Events, say: Say, teasing: bool = False) -> go.Figure:
    """The figure of a demonstration. teasing: as it may be seen before the reader has guessed."""
    match picture:
        case Lines():
            return _lines(picture, say, teasing)
        case Bars():
            return _bars(picture, say)
        case Events():
            return _events(picture, say)


def _lines(picture: Lines, say: Say, teasing: bool) -> go.Figure:
    figure = go.Figure()
    points = picture.tease if teasing else len(picture.x)
    right, wrong = iter(RIGHT), iter(WRONG)
    margin = 0.015 * np.ptp(picture.x)  # so that a marker at either end is whole
    for line in picture.lines:
        stroke = next(wrong if line.wrong else right)
        if teasing and line.late:
            continue
        y = _drawable(line.y[:points], picture.log)
        few = np.isfinite(y).sum() <= FEW
        figure.add_scatter(
            x=picture.x[:points],
            y=y,
            name=say(line.name),
            mode="lines+markers" if few else "lines",
            line={"color": stroke.colour, "dash": stroke.dash, "width": 4 if line.wrong else 2.5},
            marker={"size": 9},
            hovertemplate="%{y:.4g}",
        )
    figure.update_layout(
        margin={"l": 60, "r": 10, "t": 50, "b": 45},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        hovermode="x unified",
        xaxis={
            "title": say(picture.axes[0]),
            "range": [float(picture.x[0] - margin), float(picture.x[-1] + margin)],
        },
        yaxis={"title": say(picture.axes[1]), **_scale(picture, points)},
    )
    if teasing:
        figure.add_annotation(
            x=0.6, y=0.5, xref="paper", yref="paper", text="?", showarrow=False, font={"size": 90}
        )
    return figure


def _scale(picture: Lines, points: int) -> dict[str, object]:
    """The axis of y: a short logarithmic one labels few digits, a curve to be guessed shows 0."""
    axis: dict[str, object] = {"rangemode": "tozero"} if picture.tease else {}
    if picture.log:
        axis = {"type": "log", "exponentformat": "power"}
        values = _positive(line.y[:points] for line in picture.lines)
        decades = np.ptp(np.log10(values))
        if decades < 8:
            axis["dtick"] = "D2" if decades < 1.5 else 1  # else every digit is labelled
    return axis


def _positive(curves: Iterable[Array]) -> Array:
    values = np.concatenate(list(curves))
    positive: Array = values[np.isfinite(values) & (values > 0.0)]
    return positive


def _drawable(y: Array, log: bool) -> Array:
    """A zero has no place on a logarithmic scale."""
    return np.where(y > 0.0, y, np.nan) if log else y


def _bars(picture: Bars, say: Say) -> go.Figure:
    figure = go.Figure(
        go.Bar(
            x=[say(name) for name in picture.names],
            y=list(picture.values),
            marker={
                "color": [
                    (WRONG if name in picture.wrong else RIGHT)[0].colour for name in picture.names
                ],
                "pattern": {
                    "shape": ["/" if name in picture.wrong else "" for name in picture.names]
                },
            },
            text=[f"{value:.4g}" for value in picture.values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x}: %{y:.4g}<extra></extra>",
        )
    )
    return figure.update_layout(
        margin={"l": 60, "r": 10, "t": 30, "b": 45},
        yaxis={"title": say(picture.axis), "rangemode": "tozero"},
    )


def _events(picture: Events, say: Say) -> go.Figure:
    is_wrong = [title in picture.wrong for title in picture.titles]
    figure = go.Figure(
        go.Scatter(
            x=list(picture.years),
            y=[say(title) for title in picture.titles],
            text=[str(year) for year in picture.years],
            mode="markers+text",
            textposition="middle right",
            marker={
                "size": 14,
                "symbol": ["x" if wrong else "circle" for wrong in is_wrong],
                "color": [(WRONG if wrong else RIGHT)[0].colour for wrong in is_wrong],
            },
            hovertemplate="%{x}: %{y}<extra></extra>",
            cliponaxis=False,
        )
    )
    return figure.update_layout(
        margin={"l": 10, "r": 45, "t": 20, "b": 40},
        xaxis={"tickformat": "d"},
        yaxis={"autorange": "reversed", "automargin": True},
    )
