"""Configurations side by side: the same measurement of all in one figure, on one scale.

Every figure is a Spec, as in ``figures.training``. ``words`` are the reader's: the keys that a
figure needs stand in its docstring; those in braces are fields that the word must hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from re import sub
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gru_core.figures.curves import (
    MARGIN,
    Indices,
    Spec,
    View,
    band,
    faint,
    log_ticks,
    median_line,
    outside,
    over_steps,
    packed,
    robust_range,
)
from gru_core.figures.palette import COLOURS, CONFIGURATIONS
from gru_core.maths.parameters import Array

if TYPE_CHECKING:
    from gru_core.training.record import Record, Snapshot
    from gru_core.training.stability import Grid, Measured

PANELS = ("loss", "gradient", "profile", "saturation", "largest_state")
"""The keys of ``panels``. All but "profile" are over training steps."""

DECADES = 40.0
"""Of ‖∂L/∂h_t‖ at most so many powers of ten are shown."""

_BAND = 0.1
"""Lighter than the band of one run alone, because up to eight lie on each other."""


@dataclass(frozen=True)
class _Courses:
    """One measurement of all configurations: for each its x (N,) and its values (N, K)."""

    x: Sequence[Indices]
    values: Sequence[Array]

    def drawn(self, names: Sequence[str], log: bool) -> list[dict[str, Any]]:
        """A band and a median for each, those of the first on top."""
        bands: list[dict[str, Any]] = []
        lines: list[dict[str, Any]] = []
        pairs = zip(names, CONFIGURATIONS, self.x, self.values, strict=False)
        for place, (name, stroke, x, values) in enumerate(pairs):
            if not np.isfinite(values).any():
                continue  # no gates, or nothing yet
            style = {"dash": stroke.dash, "log": log, "zorder": len(names) - place}
            if values.shape[1] > 1:
                area = band(x, values, stroke.colour, log)
                bands.append(area | {"fillcolor": faint(stroke.colour, _BAND)})
            lines.append(median_line(x, values, name, stroke.colour, **style))
        return bands + lines


def panels(
    records: Sequence[Record],
    now: Sequence[Snapshot],
    names: Sequence[str],
    view: View,
    words: Mapping[str, str],
    *,
    log: bool = True,
) -> dict[str, Spec]:
    """A figure for each of PANELS, with a median and, of several runs, a range per configuration.

    records, now, names: of the configurations, in their order, at most eight; now: the latest
    Snapshot of each. A configuration has the same stroke, of CONFIGURATIONS, in all figures. A
    measurement that it does not have (the gates of an RNN) is left out. log: of the loss and the
    largest state; the two gradients always are. words: step, loss (of validation), norm (of the
    gradient before clipping), t, profile (‖∂L/∂h_t‖), saturation, largest, beyond ({x}, {y}).
    """
    steps = [np.arange(record.first, record.end) for record in records]
    looks = [record.evaluated for record in records]
    end = max(record.end for record in records)
    courses = {
        "loss": ("loss", _Courses(looks, [r.validation_loss for r in records]), log),
        "gradient": ("norm", _Courses(steps, [r.gradient_norm for r in records]), True),
        "saturation": ("saturation", _Courses(looks, [r.saturation for r in records]), False),
        "largest_state": ("largest", _Courses(looks, [r.largest_state for r in records]), log),
    }
    figures = {}
    for key, (word, course, scale) in courses.items():
        share = key == "saturation"
        # The untrained networks are where every curve begins: they are never cut off.
        start = [value for values in course.values for value in values[:1].ravel()]
        shown = (-0.03, 1.03) if share else robust_range(course.values, scale, start)
        layout = over_steps(words, words[word], view, end, log=scale, shown=shown)
        if share:
            layout["yaxis"] |= {"tickformat": ".0%", "nticks": 4}
        data = course.drawn(names, scale)
        if share:
            for trace in data:
                if "meta" in trace:
                    trace["meta"] = {"read": True, "percent": True}
        elif shown:
            for x, values in zip(course.x, course.values, strict=True):
                data += outside(x, values, shown, scale, words["beyond"])
        figures[key] = {"data": data, "layout": layout}
    figures["profile"] = _profiles(now, names, words)
    return {key: figures[key] for key in PANELS}


def _profiles(now: Sequence[Snapshot], names: Sequence[str], words: Mapping[str, str]) -> Spec:
    """‖∂L/∂h_t‖ of the top layer; what underflowed to zero is left out."""
    profiles = [snapshot.profile[:, -1].T for snapshot in now]
    T = max(len(profile) for profile in profiles)
    data = _Courses([np.arange(1, len(p) + 1) for p in profiles], profiles).drawn(names, True)
    for trace in data:
        if "meta" in trace:
            trace["meta"] = {"read": True, "atRest": False}
    axis: dict[str, Any] = {
        "title": {"text": words["profile"]},
        "type": "log",
        "exponentformat": "power",
    }
    every = np.concatenate([profile.ravel() for profile in profiles])
    every = np.log10(every[np.isfinite(every) & (every > 0.0)])
    if every.size:
        top = float(every.max())
        bottom = max(float(every.min()), top - DECADES)
        pad = max(0.06 * (top - bottom), 0.1)
        axis["range"] = [bottom - pad, top + pad]
        axis |= log_ticks(top - bottom + 2 * pad)
    layout = {
        "margin": MARGIN,
        "showlegend": False,
        "hovermode": "closest",
        "xaxis": {"title": {"text": words["t"], "standoff": 4}, "range": [1, max(T, 2)]},
        "yaxis": axis,
        "shapes": [],
        "annotations": [],
    }
    return {"data": data, "layout": layout}


Shown = Literal["loss", "ratio", "diverged"]
"""What colours a stability map: a field of Measured."""

_DIVERGED = "#C2410C"
_BALANCED = "#A8A49C"
_REACH = 12.0
"""Powers of ten from 1 at which a ratio has its full colour: one that explodes hides no other."""


def stability_figure(
    grid: Grid,
    cells: Sequence[Measured | None],
    words: Mapping[str, str],
    shown: Shown = "loss",
    chosen: int | None = None,
) -> Spec:
    """One cell for each experiment of ``grid``, coloured by what was measured there.

    cells: in the order of ``grid.experiments``, None for those not measured yet, which stay empty.
    loss and ratio are coloured by their logarithm, the ratio from 1 to both sides: violet where the
    gradient fades on its way back, ochre where it grows. A cell whose runs mostly diverged has no
    loss, and one colour of its own; × says that a run of it diverged. Every cell has a marker, not
    seen, to point at and to choose: its customdata is the cell's place. words: x, y (the settings'
    names), hover ({x}, {y}, {value}). chosen: the place of a cell with a frame around it.
    """
    columns, rows = ([f"{v:.4g}" for v in axis.values] for axis in (grid.x, grid.y))
    size = len(rows), len(columns)
    values = np.array([np.nan if c is None else getattr(c, shown) for c in cells])
    broken = np.array([c is not None and c.diverged > 0.0 for c in cells])
    # What has no number because its runs diverged is not what is still to be measured.
    lost = np.array([c is not None for c in cells]) & ~np.isfinite(values)
    texts = [_told(v, shown, b) if c else "" for v, b, c in zip(values, broken, cells, strict=True)]
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = values if shown == "diverged" else np.log10(values)
    finite = heights[np.isfinite(heights)]
    floor, top = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    # A gradient that underflowed has no logarithm: it is as far down as the least that has one.
    heights = np.where(np.isneginf(heights), floor, heights)
    tile: dict[str, Any] = {
        "type": "heatmap",
        "x": columns,
        "y": rows,
        "xgap": 2,
        "ygap": 2,
        "showscale": False,
        "hoverinfo": "skip",
    }
    coloured = tile | {
        "z": packed(np.where(lost, np.nan, heights).reshape(size).astype(np.float32)),
        # Plotly writes the text of a cell without a value too.
        "text": np.where(lost, "", texts).reshape(size).tolist(),
        "texttemplate": "%{text}",
    }
    match shown:
        case "loss":
            coloured |= {"autocolorscale": True, "zmin": floor, "zmax": max(top, floor + 1e-6)}
        case "ratio":
            reach = min(max(abs(floor), abs(top), 1.0), _REACH)
            ends = [[0, COLOURS["negative"]], [0.5, _BALANCED], [1, COLOURS["positive"]]]
            coloured |= {"colorscale": ends, "zmin": -reach, "zmax": reach}
        case "diverged":
            coloured |= {"colorscale": [[0, _BALANCED], [1, _DIVERGED]], "zmin": 0, "zmax": 1}
    data = [coloured]
    if lost.any():
        marked = np.where(lost, 1.0, np.nan).reshape(size).astype(np.float32)
        flat = [[0, _DIVERGED], [1, _DIVERGED]]
        marks = np.where(lost, texts, "").reshape(size).tolist()
        told = {"text": marks, "texttemplate": "%{text}"}
        data.append(tile | told | {"z": packed(marked), "colorscale": flat, "zmin": 0, "zmax": 1})
    data.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": columns * size[0],
            "y": [row for row in rows for _ in columns],
            "customdata": list(range(len(cells))),
            "text": texts,
            "marker": {"symbol": "square", "size": 28, "opacity": 0},
            "showlegend": False,
            "hovertemplate": words["hover"].format(x="%{x}", y="%{y}", value="%{text}")
            + "<extra></extra>",
        }
    )
    axis = {"type": "category", "showgrid": False}
    layout = {
        "margin": MARGIN | {"l": 64},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,
        "xaxis": {"title": {"text": words["x"], "standoff": 4}} | axis,
        "yaxis": {"title": {"text": words["y"]}} | axis,
        "shapes": [] if chosen is None else [_frame(chosen, len(columns))],
        "annotations": [],
    }
    return {"data": data, "layout": layout}


def _frame(place: int, columns: int) -> dict[str, Any]:
    """Around one cell; on an axis of categories a place is counted from 0."""
    row, column = divmod(place, columns)
    sides = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    return {"type": "rect", "line": {"width": 2.5}} | sides


def _told(value: float, shown: Shown, broken: bool) -> str:
    if shown == "diverged":
        return f"{value:.0%}"
    number = sub(r"e\+?(-?)0*", r"e\1", f"{value:.2g}") if np.isfinite(value) else ""
    return f"{number} ×".strip() if broken else number or "–"
