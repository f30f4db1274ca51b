"""A trace as the cell diagram and its equations show it: numbers with their text, step by step."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gru_core.maths.convention import Convention
from gru_core.maths.equations import (
    PARTS,
    Function,
    Line,
    Part,
    describe_line,
    describe_scalar,
    equations,
    evaluate_function,
    format_number,
    line_signs,
    scalars,
    values,
)
from gru_core.maths.gru import Step, Trace
from gru_core.maths.parameters import NAMES, Array

DIAGRAM_DIGITS = 3
"""The boxes of the diagram are wide enough for this many decimals; the equations show all."""

CLEAR_SHARE = 0.9
"""From this share on a state is said to be kept, and below 1 − this share to be replaced."""
CURVE_POINTS = 121
LEAST_CURVE_RANGE = 4.0


def cell_view(trace: Trace, digits: int) -> dict[str, Any]:
    """What the stage needs to draw every step of `trace`, a single sequence, as JSON values.

    digits: how many decimals the texts show; the numbers for colours and curves are not rounded.
    """
    convention, parameters = trace.convention, trace.parameters
    lines = equations(convention)
    named = values(trace, parameters)
    # Signs are found for all steps at once, texts and numbers cut into steps afterwards.
    signs = {part: [line_signs(line, named, digits) for line in lines[part]] for part in PARTS}
    numbers = {name: array for name, array in named.items() if name not in NAMES}
    numbers["one_minus_z"] = 1 - trace.z
    over_time = {
        "values": {name: array.tolist() for name, array in numbers.items()},
        "shown": {name: _texts(array, digits) for name, array in numbers.items()},
        "brief": {
            name: _texts(array, min(digits, DIAGRAM_DIGITS)) for name, array in numbers.items()
        },
    }
    return {
        "hidden": parameters.hidden_size,
        "inputs": parameters.input_size,
        "reset": convention.reset,
        "z_weights": convention.z_weights,
        "equations": {part: [describe_line(line) for line in lines[part]] for part in PARTS},
        "parameters": {name: _texts(getattr(parameters, name), digits) for name in NAMES},
        "steps": [
            {key: {name: rows[t] for name, rows in by.items()} for key, by in over_time.items()}
            | {"signs": {part: [sign[t] for sign in signs[part]] for part in PARTS}}
            | _step_view(trace, t, lines, over_time["shown"], digits)
            for t in range(len(trace))
        ],
        "curves": _curves(trace),
    }


def _step_view(
    trace: Trace,
    t: int,
    lines: Mapping[Part, tuple[Line, ...]],
    shown: Mapping[str, list[Any]],
    digits: int,
) -> dict[str, Any]:
    step = trace.step(t)
    named = values(step, trace.parameters)
    texts = {name: shown[name][t] for name in _FACTS}
    units = range(trace.parameters.hidden_size)
    return {
        "scalars": {
            part: [
                describe_scalar(worked, digits)
                for worked in scalars(lines[part][0].expression, named)
            ]
            for part in PARTS
        },
        "facts": [_facts(step, unit, texts) for unit in units],
        "says": {
            part: [_says(part, step, trace.convention, unit) for unit in units] for part in PARTS
        },
    }


_FACTS = ("r", "z", "n", "h", "n_input", "n_recurrent", "n_pre", "h_previous")


def _facts(step: Step, unit: int, texts: Mapping[str, list[str]]) -> dict[str, str]:
    """The numbers that the sentence under the figure may use."""
    keep = float(step.keep[unit])
    return {name: texts[name][unit] for name in _FACTS} | {
        "r_percent": _percent(float(step.r[unit])),
        "keep_percent": _percent(keep),
        "take_percent": _percent(1 - keep),
    }


def _says(part: str, step: Step, convention: Convention, unit: int) -> str:
    """Which sentence is true of this part of the step: a key, the words are the page's."""
    keep = float(step.keep[unit])
    if part == "r":
        return f"r_{convention.reset}"
    if part == "z":
        return f"z_{convention.z_weights}"
    if part == "n":
        return "n_saturated" if abs(float(step.n[unit])) > CLEAR_SHARE else "n"
    if keep > CLEAR_SHARE:
        return "h_kept"
    return "h_replaced" if keep < 1 - CLEAR_SHARE else "h_mixed"


def _percent(share: float) -> str:
    """A share of 1 in per cent; never 0 or 100 for a share that is only close to it."""
    text = f"{100 * share:.0f}"
    if text in ("0", "100") and share not in (0.0, 1.0):
        text = f"{100 * share:.1f}"
        return {"0.0": "< 0.1", "100.0": "> 99.9"}.get(text, text)
    return text


def _curves(trace: Trace) -> dict[str, list[list[float]]]:
    """σ (or its hard form) and tanh as points, wide enough to hold every step's pre-activation."""
    plan: tuple[tuple[str, Function, Array], ...] = (
        ("gate", trace.convention.gate, np.concatenate([trace.r_pre, trace.z_pre])),
        ("tanh", "tanh", trace.n_pre),
    )
    curves = {}
    for name, function, pre in plan:
        widest = max(LEAST_CURVE_RANGE, float(np.ceil(np.abs(pre).max())))
        x = np.linspace(-widest, widest, CURVE_POINTS)
        curves[name] = np.stack([x, evaluate_function(function, x)], axis=1).tolist()
    return curves


def _texts(array: Array, digits: int) -> list[Any]:
    if array.ndim > 1:
        return [_texts(row, digits) for row in array]
    return [format_number(value, digits) for value in array.tolist()]
