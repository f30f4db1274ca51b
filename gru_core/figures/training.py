"""A training run as it goes: loss, gradients, updates, gates; and each figure's numbers as data.

Every figure is a Spec, a plain dict for plotly.js, of a Record that may still grow. x is the number
of updates. ``words`` are the reader's: the keys that a figure needs stand in its docstring; those
in braces are fields that the word must hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_core.figures.curves import (
    MARGIN,
    Spec,
    View,
    band,
    line,
    log_ticks,
    median_line,
    named_level,
    outside,
    over_runs,
    over_steps,
    robust_range,
    seed_lines,
    with_levels,
)
from gru_core.figures.palette import COLOURS
from gru_core.maths.parameters import Array

if TYPE_CHECKING:
    from gru_core.training.experiment import Experiment
    from gru_core.training.record import Record, Snapshot

__all__ = [
    "ActivityFacts",
    "GradientFacts",
    "LossFacts",
    "ProfileFacts",
    "UpdateFacts",
    "activity_facts",
    "activity_figure",
    "clip_thresholds",
    "gradient_facts",
    "gradient_figure",
    "loss_facts",
    "loss_figure",
    "profile_facts",
    "profile_figure",
    "update_facts",
    "update_figure",
]

RECENT = 50
"""Over so many last steps "now" is taken, where one step alone says little."""
USUAL_UPDATE = 1e-3
"""A rough rule for update size / weight size: cs231n.github.io/neural-networks-3/#ratio."""
_DASHES = ("solid", "dash", "dot")


def loss_figure(
    record: Record,
    view: View,
    words: Mapping[str, str],
    *,
    levels: Mapping[str, float] | None = None,
    log: bool = True,
) -> Spec:
    """Training loss, of each step's batch, and validation loss.

    Of several runs: the median, the range as a band, and each run as a faint line; before the first
    step a point for each. levels: title → loss, what guessing gets and what others reach. words:
    step, loss, training, validation, seed_training and seed_validation ({seed}, {x}, {y}), beyond
    ({x}, {y}: above the figure).
    """
    steps = np.arange(record.first, record.end)
    start = [*record.validation_loss[:1].ravel(), *record.loss[:1].ravel()]
    if not len(record):  # nothing has a course yet that the lines could be too far from
        start += (levels or {}).values()
    shown = robust_range([record.loss, record.validation_loss], log, start)
    layout = over_steps(words, words["loss"], view, record.end, log=log, shown=shown)
    with_levels(layout, levels or {}, shown, log)
    data = []
    for name, x, values, width in (
        ("training", steps, record.loss, 1.2),
        ("validation", record.evaluated, record.validation_loss, 2.6),
    ):
        colour = COLOURS[name]
        if record.runs > 1:
            data.append(band(x, values, colour, log))
            data.append(seed_lines(x, values, view.seeds, colour, words[f"seed_{name}"], log))
        data.append(median_line(x, values, words[name], colour, log=log, width=width))
    if not len(record):
        data += _points(record, view, words["seed_validation"])
    if shown:
        for x, values in ((steps, record.loss), (record.evaluated, record.validation_loss)):
            data += outside(x, values, tuple(layout["yaxis"]["range"]), log, words["beyond"])
    return {"data": data, "layout": layout}


def _points(record: Record, view: View, text: str) -> list[dict[str, Any]]:
    """The losses of the untrained runs: what has no second point is no line."""
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [0],
            "y": [float(value)],
            "marker": {"color": COLOURS["validation"], "size": 7, "opacity": 0.7},
            "cliponaxis": False,
            "showlegend": False,
            "hovertemplate": text.format(seed=seed, x=0, y=f"{value:.3g}") + "<extra></extra>",
        }
        for losses in record.validation_loss[:1]
        for seed, value in zip(view.seeds, losses, strict=True)
        if np.isfinite(value)
    ]


def clip_thresholds(experiment: Experiment) -> tuple[tuple[int, float | None], ...]:
    """From which step on the norm of the gradient is clipped at what; None: not by its norm."""
    steps = sorted({0, *(change.step for change in experiment.changes)})
    at = [(step, experiment.at(step)) for step in steps]
    return tuple((step, e.clip_at if e.clip == "norm" else None) for step, e in at)


def gradient_figure(
    record: Record,
    view: View,
    words: Mapping[str, str],
    *,
    thresholds: Sequence[tuple[int, float | None]] = (),
) -> Spec:
    """The norm of the gradient over all weights, before and after clipping, on a log scale.

    thresholds: as ``clip_thresholds`` gives them. words: step, norm, before, after, threshold,
    seed_before ({seed}, {x}, {y}), beyond ({x}, {y}).
    """
    steps = np.arange(record.first, record.end)
    limits = [limit for _, limit in thresholds if limit is not None]
    shown = robust_range([record.gradient_norm, record.clipped_norm], True, limits)
    layout = over_steps(words, words["norm"], view, record.end, log=True, shown=shown)
    before, after = COLOURS["training"], COLOURS["h"]
    data = []
    if record.runs > 1:
        data += [
            band(steps, record.gradient_norm, before, True),
            seed_lines(steps, record.gradient_norm, view.seeds, before, words["seed_before"], True),
        ]
    # Where nothing is clipped both are one: the thin line is seen on the thick one.
    for name, values, colour, width, above in (
        ("before", record.gradient_norm, before, 1.1, 1),
        ("after", record.clipped_norm, after, 3.2, 0),
    ):
        style = {"log": True, "width": width, "zorder": above}
        data.append(median_line(steps, values, words[name], colour, **style))
    if limits:
        ends = [*(step for step, _ in thresholds[1:]), layout["xaxis"]["range"][1]]
        corners = list(zip([step for step, _ in thresholds], ends, strict=True))
        data.append(
            line(
                np.array([x for pair in corners for x in pair], dtype=np.float64),
                np.array([np.nan if a is None else a for _, a in thresholds]).repeat(2),
                words["threshold"],
                COLOURS["validation"],
                width=1.2,
                dash="dot",
                meta={"read": False},
            )
        )
    limit = thresholds[-1][1] if thresholds else None
    if limit is not None:
        layout["annotations"].append(
            named_level(f"{words['threshold']} {limit:.3g}", float(np.log10(limit)))
        )
    if shown:
        data += outside(steps, record.gradient_norm, shown, True, words["beyond"])
    return {"data": data, "layout": layout}


def profile_figure(
    start: Snapshot, now: Snapshot, words: Mapping[str, str], *, decades: float = 40.0
) -> Spec:
    """‖∂L/∂h_t‖ over t on the probe sequence, now and at the start, on a log scale.

    Medians over the runs, and the range of now; each layer by itself. What underflowed to zero is
    left out, and what is more than ``decades`` below the largest is under the figure. words: t,
    norm, start, now, layer ({layer}, {name}).
    """
    _, layers, T = now.profile.shape
    t = np.arange(1, T + 1)
    data = []
    for which, profile, colour in (
        ("now", now.profile, COLOURS["h"]),
        ("start", start.profile, COLOURS["training"]),
    ):
        for layer in range(layers):
            runs = profile[:, layer].T
            name = words[which]
            if layers > 1:
                name = words["layer"].format(layer=layer + 1, name=name)
            if which == "now" and len(profile) > 1:
                data.append(band(t, runs, colour, True))
            width = 2.6 if which == "now" else 1.6
            style = {
                "width": width,
                "dash": _DASHES[layer],
                # The dashes say the layer: of the start one name is enough.
                "meta": {"read": which == "now" or layer == 0, "atRest": False},
            }
            data.append(median_line(t, runs, name, colour, log=True, **style))
    both = np.concatenate([start.profile.ravel(), now.profile.ravel()])
    both = both[np.isfinite(both) & (both > 0.0)]
    axis: dict[str, Any] = {
        "title": {"text": words["norm"]},
        "type": "log",
        "exponentformat": "power",
    }
    if both.size:
        top = float(np.log10(both.max()))
        bottom = max(float(np.log10(both.min())), top - decades)
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


def update_figure(record: Record, view: View, words: Mapping[str, str]) -> Spec:
    """The size of each step's change of the weights over that of the weights, on a log scale.

    USUAL_UPDATE is drawn as a guide. words: step, ratio, update, guide, seed_update
    ({seed}, {x}, {y}), beyond ({x}, {y}).
    """
    steps = np.arange(record.first, record.end)
    ratios = update_ratios(record)
    shown = robust_range([ratios], True)
    layout = over_steps(words, words["ratio"], view, record.end, log=True, shown=shown)
    with_levels(layout, {words["guide"]: USUAL_UPDATE}, shown, True)
    colour = COLOURS["training"]
    data = []
    if record.runs > 1:
        data = [
            band(steps, ratios, colour, True),
            seed_lines(steps, ratios, view.seeds, colour, words["seed_update"], True),
        ]
    data.append(median_line(steps, ratios, words["update"], colour, log=True, width=1.6))
    data += outside(steps, ratios, tuple(layout["yaxis"]["range"]), True, words["beyond"])
    return {"data": data, "layout": layout}


def update_ratios(record: Record) -> Array:
    """Size of each update over the size of the weights, (steps, K); NaN where all weights are 0."""
    ratios: Array = record.update_norm / np.where(
        record.weight_norm > 0, record.weight_norm, np.nan
    )
    return ratios


def activity_figure(record: Record, view: View, words: Mapping[str, str]) -> Spec:
    """Share of saturated gate values, axis on the left; the largest |h|, axis on the right.

    Both on the validation data. A cell without gates has the second alone. words: step,
    saturation, largest, beyond ({x}, {y}).
    """
    x = record.evaluated
    gated = bool(np.isfinite(record.saturation).any())
    share = (-0.03, 1.03)
    shown = robust_range([record.largest_state], False, [0.0, 1.0]) or share
    # A state between −1 and 1, as a tanh gives it, has the same scale as a share.
    shown = share if shown[1] < 1.1 else shown
    layout = over_steps(words, words["saturation"], view, record.end, shown=share)
    right = {
        "title": {"text": words["largest"]},
        "range": list(shown),
        "nticks": 4,
        "overlaying": "y",
        "side": "right",
        "showgrid": False,
        "zeroline": False,
    }
    left = layout["yaxis"] | {"tickformat": ".0%", "nticks": 4}
    data = []
    for name, values, colour, axis in (
        ("saturation", record.saturation, COLOURS["validation"], "y"),
        ("largest", record.largest_state, COLOURS["h"], "y2"),
    ):
        if name == "saturation" and not gated:
            continue
        where: dict[str, Any] = {"yaxis": axis if gated else "y"}
        if record.runs > 1:
            data.append({**band(x, values, colour), **where})
        if name == "saturation":
            where |= {"dash": "dash", "meta": {"read": True, "percent": True}}
        data.append(median_line(x, values, words[name], colour, **where))
    if gated:
        layout |= {"yaxis": left, "yaxis2": right, "margin": {**MARGIN, "r": 48}}
    else:
        layout["yaxis"] = {"title": right["title"], "range": right["range"]}
    where = {"yaxis": "y2" if gated else "y"}
    data += [
        {**trace, **where}
        for trace in outside(x, record.largest_state, shown, False, words["beyond"])
    ]
    return {"data": data, "layout": layout}


@dataclass(frozen=True)
class LossFacts:
    """What the losses show, medians over the runs. None: not known (yet).

    step: updates so far. first, last, best: validation loss; best_step: after how many updates.
    training: of the last RECENT steps. guess: share of it that ``last`` is. gap: ``last`` over
    ``training``: above 1, less is known than was learned by heart. spread: (lowest, highest) last
    of the runs. running: runs that did the last step.
    """

    step: int
    first: float | None
    last: float | None
    best: float | None
    best_step: int | None
    training: float | None
    guess: float | None
    gap: float | None
    spread: tuple[float, float] | None
    running: int


def loss_facts(record: Record, guess: float | None = None) -> LossFacts:
    """Read the losses."""
    validation = np.stack([_last_finite(column) for column in record.validation_loss.T])
    last = _median(validation)
    medians = over_runs(record.validation_loss)[1]
    seen = np.flatnonzero(np.isfinite(medians))
    best = int(seen[medians[seen].argmin()]) if seen.size else None
    training = _median(record.loss[-RECENT:])
    spread = validation[np.isfinite(validation)]
    return LossFacts(
        step=record.end,
        first=_number(medians[0]) if len(medians) else None,
        last=last,
        best=None if best is None else _number(medians[best]),
        best_step=None if best is None else int(record.evaluated[best]),
        training=training,
        guess=None if last is None or not guess else last / guess,
        gap=None if last is None or not training else last / training,
        spread=(float(spread.min()), float(spread.max())) if spread.size else None,
        running=int(np.isfinite(record.loss[-1]).sum()) if len(record) else record.runs,
    )


@dataclass(frozen=True)
class GradientFacts:
    """What the norms show. last: median of the last RECENT steps. largest, at: of all runs.

    clipped: share of the last RECENT steps in which clipping changed the gradient.
    """

    last: float | None
    largest: float | None
    at: int | None
    clipped: float | None


def gradient_facts(record: Record) -> GradientFacts:
    """Read the norms of the gradient."""
    norms, after = record.gradient_norm[-RECENT:], record.clipped_norm[-RECENT:]
    both = np.isfinite(norms) & np.isfinite(after)
    peaks = np.where(np.isnan(record.gradient_norm), -np.inf, record.gradient_norm)
    place = int(peaks.max(axis=1).argmax()) if len(record) else None
    return GradientFacts(
        last=_median(norms),
        largest=None if place is None else float(peaks[place].max()),
        at=None if place is None else record.first + place,
        # A hair, because clipping divides by the norm plus an epsilon.
        clipped=float((after[both] < norms[both] * (1 - 1e-4)).mean()) if both.any() else None,
    )


@dataclass(frozen=True)
class ProfileFacts:
    """How much of the gradient reaches the first step: ‖∂L/∂h_1‖ / ‖∂L/∂h_T‖ of the top layer.

    Medians over the runs; 0 where it underflowed, None where the last step has none.
    """

    start: float | None
    now: float | None


def profile_facts(start: Snapshot, now: Snapshot) -> ProfileFacts:
    """Read the profiles."""

    def share(snapshot: Snapshot) -> float | None:
        top = snapshot.profile[:, -1]
        first, last = np.median(top[:, 0]), np.median(top[:, -1])
        return float(first / last) if last > 0 and np.isfinite(first / last) else None

    return ProfileFacts(share(start), share(now))


@dataclass(frozen=True)
class UpdateFacts:
    """ratio: update size / weight size, median of the last RECENT steps; usual: the same over
    USUAL_UPDATE.
    """

    ratio: float | None
    usual: float | None


def update_facts(record: Record) -> UpdateFacts:
    """Read the sizes of the updates."""
    ratio = _median(update_ratios(record)[-RECENT:])
    return UpdateFacts(ratio, None if ratio is None else ratio / USUAL_UPDATE)


@dataclass(frozen=True)
class ActivityFacts:
    """At the last and the first evaluation, medians over the runs; None without gates."""

    saturation: float | None
    saturation_first: float | None
    largest: float | None
    largest_first: float | None


def activity_facts(record: Record) -> ActivityFacts:
    """Read saturation and largest |h|."""
    return ActivityFacts(
        *(
            _median(values[place])
            for values in (record.saturation, record.largest_state)
            for place in (slice(-1, None), slice(0, 1))
        )
    )


def _last_finite(column: Array) -> float:
    finite = column[np.isfinite(column)]
    return float(finite[-1]) if finite.size else np.nan


def _median(values: Array) -> float | None:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else None


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
