"""What a network answers against the truth, drawn as its task shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gru_core.data.scaling import Scaling
from gru_core.data.tasks import Batch, Task
from gru_core.figures.curves import MARGIN, POINTS, Spec, packed
from gru_core.figures.palette import COLOURS
from gru_core.maths.parameters import Array

ROWS = 12
"""With more symbols than this, only the likeliest are shown at each step."""
LIKELIEST = 5
WINDOW = 48
"""At most so many steps of a string, the last ones; of a text half as many."""


def prediction_figure(
    task: Task,
    batch: Batch,
    answer: Array,
    words: Mapping[str, str],
    *,
    labels: Sequence[str] | None = None,
    scale: Scaling | None = None,
    sequence: int = 0,
) -> Spec:
    """The answer of one network to ``batch``, as ``task.shows`` says.

    answer: (S, B, O), values, or logits. labels: the task's in the reader's language. scale: brings
    values back to their own unit. sequence: which of the B, where one is shown.
    curve: over the steps of one sequence, or over all B where only the last step is answered.
    words: of a curve, truth, prediction, persistence, step or window, value; of a scatter, truth,
    prediction; of a string or text, step, probability; of a confusion, truth, prediction, count.
    """
    match task.shows:
        case "curve":
            return _curve(task, batch, answer, words, scale, sequence)
        case "scatter":
            return _scatter(batch, answer, words, scale)
        case "confusion":
            return _confusion(task, batch, answer, words, labels or task.labels)
        case "string" | "text":
            return _string(task, batch, answer, words, labels or task.labels, sequence)


@dataclass(frozen=True)
class PredictionFacts:
    """How near the answers are. right: share of the classes or bits that are right, and ``guess``,
    the share that always answering the commonest would get. error: root mean square, in the unit of
    the values. Each None where it does not apply. count: of the answers.
    """

    right: float | None
    guess: float | None
    error: float | None
    count: int


def prediction_facts(
    task: Task, batch: Batch, answer: Array, scale: Scaling | None = None
) -> PredictionFacts:
    """Compare the answer (S, B, O) with the targets."""
    if task.kind == "regression":
        difference = _unscaled(answer, scale) - _unscaled(batch.targets, scale)
        return PredictionFacts(
            None, None, float(np.sqrt(np.mean(difference**2))), batch.targets.size
        )
    truth = _classes(batch.targets)
    right = float((probabilities(task, answer).argmax(axis=-1) == truth).mean())
    return PredictionFacts(
        right, float(np.bincount(truth.ravel()).max() / truth.size), None, truth.size
    )


def probabilities(task: Task, answer: Array) -> Array:
    """Logits (S, B, O) as probabilities of the classes, (S, B, C); a bit is of two classes."""
    answer = np.asarray(answer, dtype=np.float64)
    if task.kind == "binary":
        answer = np.concatenate([np.zeros_like(answer), answer], axis=-1)
    powers = np.exp(answer - answer.max(axis=-1, keepdims=True))
    shares: Array = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _curve(
    task: Task,
    batch: Batch,
    answer: Array,
    words: Mapping[str, str],
    scale: Scaling | None,
    sequence: int,
) -> Spec:
    if task.read == "all":
        place: Any = (slice(None), sequence, 0)
        present, title = batch.inputs[place], words["step"]
    else:
        place = (-1, slice(None), 0)
        present, title = batch.inputs[place], words["window"]
    truth, said, present = (
        _unscaled(values, scale)[:, 0]
        for values in (
            batch.targets[place][:, np.newaxis],
            answer[place][:, np.newaxis],
            present[:, np.newaxis],
        )
    )
    x = packed(np.arange(1, len(truth) + 1))
    data = [
        _trace(x, values, words[name], colour, width, dash)
        for name, values, colour, width, dash in (
            ("persistence", present, COLOURS["positive"], 1.2, "dot"),
            ("truth", truth, COLOURS["training"], 3.5, "solid"),
            ("prediction", said, COLOURS["validation"], 2.0, "solid"),
        )
    ]
    low, high = float(truth.min()), float(truth.max())
    room = 0.35 * (high - low) or 1.0
    shown = [
        max(low - room, min(low, float(said.min())) - 0.05),
        min(high + room, max(high, float(said.max())) + 0.05),
    ]
    layout = _layout(title, words["value"])
    layout["xaxis"]["range"] = [1, max(2, len(truth))]
    layout["yaxis"]["range"] = shown
    return {"data": data, "layout": layout}


def _scatter(batch: Batch, answer: Array, words: Mapping[str, str], scale: Scaling | None) -> Spec:
    truth, said = (
        _unscaled(values.reshape(-1, values.shape[-1]), scale)[:POINTS, 0]
        for values in (batch.targets, answer)
    )
    low, high = float(truth.min()), float(truth.max())
    pad = 0.1 * (high - low) or 0.5
    ends = [low - pad, high + pad]
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": ends,
            "y": ends,
            "line": {"color": COLOURS["training"], "width": 1.5, "dash": "dash"},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": packed(truth),
            # What is far off stands at the edge.
            "y": packed(np.clip(said, ends[0], ends[1])),
            "customdata": packed(said),
            "marker": {"color": COLOURS["validation"], "size": 5, "opacity": 0.6},
            "hovertemplate": f"{words['truth']} %{{x:.3f}}<br>{words['prediction']} "
            "%{customdata:.3f}<extra></extra>",
        },
    ]
    layout = _layout(words["truth"], words["prediction"])
    layout["xaxis"]["range"] = layout["yaxis"]["range"] = ends
    return {"data": data, "layout": layout}


def _confusion(
    task: Task, batch: Batch, answer: Array, words: Mapping[str, str], labels: Sequence[str]
) -> Spec:
    chances = probabilities(task, answer)
    size = chances.shape[-1]
    truth, said = _classes(batch.targets).ravel(), chances.argmax(axis=-1).ravel()
    counts = np.bincount(truth * size + said, minlength=size**2).reshape(size, size)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    data = [
        {
            **_map(shares),
            "text": [[str(count) if count else "" for count in row] for row in counts.tolist()],
            "hovertemplate": f"{words['truth']} %{{y}}<br>{words['prediction']} %{{x}}<br>"
            f"{words['count']} %{{customdata}} (%{{z:.0%}})<extra></extra>",
            "customdata": counts.tolist(),
        }
    ]
    layout = _layout(words["prediction"], words["truth"])
    ticks = {"tickvals": list(range(size)), "ticktext": list(labels), "showgrid": False}
    layout["xaxis"] |= {**ticks, "constrain": "domain"}
    layout["yaxis"] |= {**ticks, "autorange": "reversed"}
    return {"data": data, "layout": layout}


def _string(
    task: Task,
    batch: Batch,
    answer: Array,
    words: Mapping[str, str],
    labels: Sequence[str],
    sequence: int,
) -> Spec:
    chances = probabilities(task, answer[:, [sequence]])[:, 0]
    truth = _classes(batch.targets)[:, sequence]
    read = _symbols(task, batch, labels, sequence)
    window = WINDOW // 2 if task.shows == "text" else WINDOW
    first = max(0, len(truth) - window)
    chances, truth, read = chances[first:], truth[first:], read[first:]
    steps = list(range(first + 1, first + len(truth) + 1))
    few = chances.shape[1] <= ROWS
    if few:
        order = np.tile(np.arange(chances.shape[1]), (len(truth), 1))
    else:
        order = np.argsort(-chances, axis=1, kind="stable")[:, :LIKELIEST]
    shown = np.take_along_axis(chances, order, axis=1).T
    names = np.array([_visible(label) for label in labels])
    heat = {
        **_map(shown),
        "x": steps,
        "customdata": names[order.T].tolist(),
        "hovertemplate": f"{words['step']} %{{x}}: %{{customdata}} %{{z:.1%}}<extra></extra>",
    }
    if not few:
        heat |= {"text": names[order.T].tolist()}
    at, row = np.nonzero(order == truth[:, np.newaxis])
    marks = {
        "type": "scatter",
        "mode": "markers",
        "x": [steps[place] for place in at],
        "y": row.tolist(),
        "marker": {
            "symbol": "circle-open" if few else "square-open",
            "size": 9 if few else 19,
            "color": COLOURS["r"],
            "line": {"width": 2},
        },
        "hoverinfo": "skip",
    }
    layout = _layout(words["step"], "")
    ticks = [f"{_visible(a)}<br>{_visible(b)}" for a, b in zip(read, names[truth], strict=True)]
    layout["xaxis"] = {
        "title": {"text": words["string_axis"], "standoff": 2},
        "tickmode": "array",
        "tickvals": steps,
        "ticktext": ticks,
        "tickangle": 0,
        "showgrid": False,
        "range": [steps[0] - 0.5, steps[-1] + 0.5],
    }
    count = chances.shape[1] if few else LIKELIEST
    layout["yaxis"] = {
        "tickmode": "array",
        "tickvals": list(range(count)),
        "ticktext": list(names) if few else [f"{rank}." for rank in range(1, count + 1)],
        "autorange": "reversed",
        "showgrid": False,
    }
    layout["margin"] = {**MARGIN, "l": 34, "b": 56}
    return {"data": [heat, marks], "layout": layout}


def _symbols(task: Task, batch: Batch, labels: Sequence[str], sequence: int) -> list[str]:
    """What the network reads at each step, as a symbol."""
    inputs = batch.inputs[:, sequence]
    if task.alphabet:
        return [task.alphabet[place] for place in inputs.argmax(axis=-1)]
    return [f"{value:.3g}" for value in inputs[:, 0]]


def _map(shares: Array) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "z": packed(shares.astype(np.float32)),
        "zmin": 0,
        "zmax": 1,
        "autocolorscale": True,
        "showscale": False,
        "texttemplate": "%{text}",
        "xgap": 1,
        "ygap": 1,
    }


def _trace(
    x: dict[str, str], y: Array, name: str, colour: str, width: float, dash: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": packed(y),
        "line": {"color": colour, "width": width, "dash": dash},
        "opacity": 0.75 if width > 3 else 1.0,
        "hoverinfo": "none",
        "meta": {"read": True, "atRest": False},
    }


def _layout(x: str, y: str) -> dict[str, Any]:
    return {
        "margin": MARGIN,
        "showlegend": False,
        "hovermode": "closest",
        "xaxis": {"title": {"text": x, "standoff": 4}},
        "yaxis": {"title": {"text": y}},
    }


def _classes(targets: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """(S, B) whole numbers, of classes or of bits (S, B, 1)."""
    return (targets[..., 0] if targets.ndim == 3 else targets).astype(np.int64)


def _unscaled(values: Array, scale: Scaling | None) -> Array:
    return values if scale is None else scale.inverse(values)


def _visible(symbol: str) -> str:
    return {" ": "␣", "\n": "↵", "<": "&lt;"}.get(symbol, symbol)
