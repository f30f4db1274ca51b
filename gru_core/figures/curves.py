"""What the curves of a training run share: few points, ranges that bear a spike, bands.

The figures are plain dicts, as plotly.js reads them, because they are built several times a second:
a go.Figure checks every property of every trace, which takes longer than all the rest.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gru_core.maths.parameters import Array

Spec = dict[str, Any]
"""{"data": [...], "layout": {...}} of plotly.js."""
Indices = npt.NDArray[np.int64]

POINTS = 400
"""At most so many points in a curve, however long it is."""
SEED_POINTS = 1600
"""At most so many for the faint lines of all seeds together."""

MARGIN = {"l": 52, "r": 12, "t": 8, "b": 34, "pad": 0}
MEDIANS = 4000
"""Of so many steps at most are medians taken."""

_SPREADS = 3.0
_DECADES = 0.5
_SAMPLE = 20_000
_SINGLE = 1e-30, 1e30


@dataclass(frozen=True)
class Event:
    """Something that happened after ``step`` updates, to be marked on all curves."""

    step: int
    text: str


@dataclass(frozen=True)
class View:
    """What the figures of one run share.

    seeds: of the K runs. steps: where the axis of steps ends; None: where the record does.
    events: changes of the learning rate, and runs that stopped.
    """

    seeds: Sequence[int]
    steps: int | None = None
    events: Sequence[Event] = ()


def packed(values: npt.ArrayLike) -> dict[str, str]:
    """A typed array as plotly.js reads it; in single precision where that holds the numbers."""
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        array, name = array.astype("<i4"), "i4"
    else:
        sizes = np.abs(array[np.isfinite(array) & (array != 0.0)])
        single = not sizes.size or (_SINGLE[0] < sizes.min() and sizes.max() < _SINGLE[1])
        array, name = array.astype("<f4" if single else "<f8"), "f4" if single else "f8"
    spec = {"dtype": name, "bdata": b64encode(array.tobytes()).decode("ascii")}
    if array.ndim > 1:
        spec["shape"] = ",".join(map(str, array.shape))
    return spec


def decimated(values: Array, points: int = POINTS) -> Indices:
    """Which of ``values`` (N,) to draw: both ends, and the least and largest of every stretch.

    At most ``points``, at least 4, in their order. NaN is never among them, infinity may be.
    """
    present = np.flatnonzero(~np.isnan(values))
    if len(present) <= points:
        return present
    size = -(-len(present) // (points // 2 - 1))
    padding = np.full(-len(present) % size, present[-1])
    stretches = np.concatenate([present, padding]).reshape(-1, size)
    rows = np.arange(len(stretches))
    shown = values[stretches]
    least, largest = (stretches[rows, extreme(shown, axis=1)] for extreme in (np.argmin, np.argmax))
    return np.unique(np.concatenate([present[[0, -1]], least, largest]))


def over_runs(values: Array) -> Array:
    """Of (N, K), least, median and largest of each row: (3, N). NaN is left out, or all there is.

    The median of an even number is the mean of the middle two, as everywhere.
    """
    if values.shape[1] == 1:
        return np.repeat(values.T, 3, axis=0)
    ordered = np.sort(values, axis=1)  # NaN comes last
    rows = np.arange(len(values))
    count = np.maximum((~np.isnan(values)).sum(axis=1), 1)
    low, high = ordered[rows, (count - 1) // 2], ordered[rows, count // 2]
    middle: Array = np.where(low == high, low, low / 2 + high / 2)
    return np.stack([ordered[:, 0], middle, ordered[rows, count - 1]])


def band(x: Array | Indices, values: Array, colour: str, log: bool = False) -> dict[str, Any]:
    """The area between the least and the largest of (N, K), of at most POINTS corners."""
    starts = np.arange(0, len(x), -(-len(x) // (POINTS // 2)) or 1)
    least, largest = (
        extreme.reduce(extreme.reduceat(values, starts), axis=1) if len(x) else x
        for extreme in (np.fmin, np.fmax)
    )
    x = x[starts]
    seen = np.isfinite(least) & np.isfinite(largest) & ((least > 0) | (not log))
    x, least, largest = x[seen], least[seen], largest[seen]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": packed(np.concatenate([x, x[::-1]])),
        "y": packed(np.concatenate([largest, least[::-1]])),
        "fill": "toself",
        "fillcolor": faint(colour),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def line(
    x: Array | Indices,
    y: Array,
    name: str,
    colour: str,
    *,
    log: bool = False,
    points: int = POINTS,
    **style: Any,
) -> dict[str, Any]:
    """One curve (N,), whose value at the cursor is shown beside its name."""
    y = drawable(y, log)
    kept = decimated(y, points)
    width = style.pop("width", 2)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": packed(x[kept]),
        "y": packed(y[kept]),
        "line": {"color": colour, "width": width, "dash": style.pop("dash", "solid")},
        "hoverinfo": "none",
        "meta": {"read": True},
        **style,
    }


def median_line(
    x: Array | Indices, values: Array, name: str, colour: str, **style: Any
) -> dict[str, Any]:
    """The median over the runs of (N, K); of a long record of several every so many steps."""
    if values.shape[1] > 1 and len(values) > MEDIANS:
        rows = np.arange(len(values) - 1, -1, (-len(values)) // MEDIANS)[::-1]
        x, values = x[rows], values[rows]
    return line(x, over_runs(values)[1], name, colour, **style)


def seed_lines(
    x: Array | Indices, values: Array, seeds: Sequence[int], colour: str, text: str, log: bool
) -> dict[str, Any]:
    """All runs of (N, K) as faint lines of one trace. text: with {seed}, {x} and {y}."""
    xs: list[Array] = []
    ys: list[Array] = []
    names: list[Array] = []
    for run, seed in zip(np.ascontiguousarray(values.T), seeds, strict=True):
        y = drawable(run, log)
        kept = decimated(y, max(40, SEED_POINTS // len(seeds)))
        gap = [np.nan]
        xs += [x[kept].astype(np.float64), np.array(gap)]
        ys += [y[kept], np.array(gap)]
        names.append(np.full(len(kept) + 1, seed, dtype=np.int64))
    return {
        "type": "scatter",
        "mode": "lines",
        "x": packed(np.concatenate(xs)),
        "y": packed(np.concatenate(ys)),
        "customdata": packed(np.concatenate(names)),
        "line": {"color": colour, "width": 0.8},
        "opacity": 0.45,
        "connectgaps": False,
        "showlegend": False,
        "hovertemplate": _template(text, seed="%{customdata}") + "<extra></extra>",
    }


def drawable(values: Array, log: bool) -> Array:
    """With NaN for what has no place: on a log scale, zeros and less."""
    return np.where(values > 0.0, values, np.nan) if log else values


def robust_range(
    values: Iterable[Array], log: bool, always: Iterable[float] = ()
) -> tuple[float, float] | None:
    """A range of y that shows how a run goes, not only its highest spike; on a log scale, log10.

    It holds what is within three times the spread of the middle 90 % on either side, at least half
    a decade on a log scale, and ``always``. None when there is no number.
    """
    sure = np.asarray(list(always), dtype=np.float64)
    every = np.concatenate([*(np.ravel(v) for v in values), sure])
    every = every[np.isfinite(every) & ((every > 0) | (not log))]
    if not every.size:
        return None
    sample = every[:: -(-len(every) // _SAMPLE)]
    low, high = np.quantile(np.log10(sample) if log else sample, [0.05, 0.95])
    reach = max(_SPREADS * (high - low), _DECADES if log else 0.0)
    ends = np.array([low - reach, high + reach])
    if log:
        ends = 10.0 ** np.clip(ends, -300.0, 300.0)
    sure = sure[np.isfinite(sure) & ((sure > 0) | (not log))]
    kept = np.concatenate([every[(every >= ends[0]) & (every <= ends[1])], sure])
    bottom, top = float(kept.min()), float(kept.max())
    if log:
        bottom, top = float(np.log10(bottom)), float(np.log10(top))
    pad = 0.06 * (top - bottom) or (0.5 if log else 0.1 * abs(top) or 0.5)
    below = bottom - pad
    return (max(0.0, below) if not log and bottom >= 0 else below), top + pad


def outside(
    x: Array | Indices, values: Array, shown: tuple[float, float], log: bool, text: str
) -> list[dict[str, Any]]:
    """A marker on the upper edge for every value of (N, K) that is above it, at most 100 of them.

    text: with {x} and {y}.
    """
    top = 10.0 ** min(shown[1], 300.0) if log else shown[1]
    above = np.flatnonzero((values > top).any(axis=1))
    if not len(above):
        return []
    above = above[:: -(-len(above) // 100)]
    peaks = over_runs(values[above])[2]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": packed(x[above]),
            "y": [top] * len(above),
            "text": [f"{peak:.3g}".replace("inf", "∞") for peak in peaks],
            "marker": {"symbol": "triangle-up", "size": 9, "color": "#C2410C"},
            "cliponaxis": False,
            "showlegend": False,
            "hovertemplate": _template(text, y="%{text}") + "<extra></extra>",
        }
    ]


def with_levels(
    layout: dict[str, Any],
    levels: Mapping[str, float],
    shown: tuple[float, float] | None,
    log: bool,
) -> None:
    """Add labelled horizontal lines; one far outside stands at the edge as an arrow.

    The range of y, on a log scale in log10, gives way to a level by at most half its height.
    """
    places = {
        title: float(np.log10(value)) if log else float(value)
        for title, value in levels.items()
        if np.isfinite(value) and (value > 0 or not log)
    }
    if not places:
        return
    if shown is None:
        shown = min(places.values()) - 0.5, max(places.values()) + 0.5
        if not log:
            shown = 0.0, 1.5 * max(*places.values(), 1e-9)
    bottom, top = shown
    room = (top - bottom) / 2
    near = [place for place in places.values() if bottom - room <= place <= top + room]
    bottom, top = min([bottom, *near]), max([top, *near])
    pad = 0.09 * (top - bottom)
    bottom = bottom - pad if bottom in near else bottom
    top = top + pad if top in near else top
    layout["yaxis"]["range"] = [bottom, top]
    last = None
    beyond = {True: 0, False: 0}
    for title, place in sorted(places.items(), key=lambda item: -item[1]):
        within = bottom <= place <= top
        arrow = "" if within else " ↑" if place > top else " ↓"
        # One that is close under another is named below its line.
        close = last is not None and (last - place) < 0.12 * (top - bottom)
        last = place
        if within:
            layout["shapes"].append(
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": 10.0**place if log else place,
                    "y1": 10.0**place if log else place,
                    "layer": "below",
                    "line": {"width": 1.2, "dash": "dot"},
                }
            )
        note = named_level(f"{title} {levels[title]:.3g}{arrow}", place)
        if not within:
            above = place > top
            # Those beyond the same edge stand one under, or over, the other.
            shift = 14 * beyond[above] * (-1 if above else 1)
            beyond[above] += 1
            note |= {"yref": "paper", "y": float(above), "yshift": shift}
        note["yanchor"] = "top" if (close if within else place > top) else "bottom"
        layout["annotations"].append(note)


def named_level(text: str, place: float) -> dict[str, Any]:
    """The name of a horizontal line, on it at the right. place: y, on a log scale its log10."""
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "yref": "y",
        "y": place,
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"size": 10.5},
    }


def over_steps(
    words: Mapping[str, str],
    y: str,
    view: View,
    end: int,
    *,
    log: bool = False,
    shown: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """The layout of a figure over training steps. end: the last step there is. y: its title."""
    last = max(view.steps or end, end, 1)
    axis: dict[str, Any] = {"title": {"text": y}, "type": "log" if log else "linear"}
    if log:
        axis["exponentformat"] = "power"
    if shown:
        axis["range"] = list(shown)
        if log:
            axis |= log_ticks(shown[1] - shown[0])
    events = [event for event in view.events if event.step <= last]
    return {
        "margin": MARGIN,
        "showlegend": False,
        "hovermode": "closest",
        "xaxis": {"title": {"text": words["step"], "standoff": 4}, "range": [0, last]},
        "yaxis": axis,
        "shapes": [_upright(event.step) for event in events],
        "annotations": [
            {
                "x": event.step,
                "yref": "paper",
                "y": 1 - 0.13 * (place % 3),
                "xanchor": "left" if event.step < 0.6 * last else "right",
                "yanchor": "top",
                "text": event.text,
                "showarrow": False,
                "font": {"size": 10.5},
            }
            for place, event in enumerate(events)
            if place >= len(events) - 6
        ],
    }


def log_ticks(decades: float) -> dict[str, Any]:
    """Where a logarithmic axis of so many decades has ticks: about five, at 1, 2 and 5 or at 1."""
    if decades < 0.7:
        return {}
    return {"dtick": "D2" if decades < 1.6 else int(np.ceil(decades / 5))}


def faint(colour: str, alpha: float = 0.18) -> str:
    """#rrggbb as it shines through."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha})"


def _upright(step: int) -> dict[str, Any]:
    return {
        "type": "line",
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "x0": step,
        "x1": step,
        "layer": "below",
        "line": {"width": 1.2, "dash": "dash"},
    }


def _template(text: str, **fields: str) -> str:
    return text.format(**{"x": "%{x}", "y": "%{y:.3g}", "seed": "", **fields})
