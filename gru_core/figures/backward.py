"""A backward pass as the browser shows it: every number with its text, all steps at once."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gru_core.data.backward_setup import BackwardSetup, Update
from gru_core.maths.backward_equations import (
    BACKWARD_PARTS,
    accumulated,
    backward_equations,
    backward_values,
    contribution,
)
from gru_core.maths.equations import Line, describe_line, format_number, line_sign, symbol
from gru_core.maths.parameters import NAMES, Array

PATHS = ("d_h_leak", "d_z_past", "d_n_past", "d_r_past")
"""The four parts of what goes on to the step before, in the order of their line."""


def backward_view(setup: BackwardSetup) -> dict[str, Any]:
    """What the walk backwards needs to draw every step and sub-step, as JSON values.

    The texts show as many decimals as the set-up asks for; numbers for colours are not rounded.
    Of each step, ``sums`` is the gradient of every parameter over this step and all later ones.
    """
    trace, digits = setup.trace, setup.digits
    convention, parameters = trace.convention, trace.parameters
    lines = backward_equations(convention)
    steps = backward_values(trace, setup.gradients(), setup.d_h())
    totals = accumulated(steps, convention)
    return {
        "hidden": parameters.hidden_size,
        "inputs": parameters.input_size,
        "parts": list(BACKWARD_PARTS),
        "zero": format_number(0.0, digits),
        "equations": {part: [describe_line(line) for line in lines[part]] for part in lines},
        "parameters": [
            {"name": name, **symbol(f"d_{name}")._asdict(), "shape": list(totals[0][name].shape)}
            for name in totals[0]
        ],
        "steps": [
            {
                "values": {
                    name: array.tolist() for name, array in known.items() if name not in NAMES
                },
                "shown": {name: texts(array, digits) for name, array in known.items()},
                "signs": {
                    part: [_sign(line, known, digits) for line in lines[part]] for part in lines
                },
                "sums": {
                    name: {"values": array.tolist(), "shown": texts(array, digits)}
                    for name, array in total.items()
                },
                "facts": _facts(known, digits),
            }
            for known, total in zip(steps, totals, strict=True)
        ],
    }


def gradient_table(setup: BackwardSetup) -> pd.DataFrame:
    """What each step adds to the gradient of each weight: one row for each of both, from step 1.

    Steps, rows and columns count from 1; a vector has one column.
    """
    steps = backward_values(setup.trace, setup.gradients(), setup.d_h())
    return pd.DataFrame(
        {
            "step": t,
            "parameter": weight.name,
            "row": weight.row + 1,
            "column": weight.column + 1,
            "gradient": weight.of(known[contribution(weight.name)]),
        }
        for t, known in enumerate(steps, start=1)
        for weight in setup.weights()
    )


def update_table(setup: BackwardSetup, update: Update) -> pd.DataFrame:
    """Every weight before and after one update, and its gradient."""
    gradient = setup.gradients().d_parameters
    return pd.DataFrame(
        {
            "parameter": weight.name,
            "row": weight.row + 1,
            "column": weight.column + 1,
            "before": weight.of(getattr(setup.setup.parameters, weight.name)),
            "gradient": weight.of(getattr(gradient, weight.name)),
            "after": weight.of(getattr(update.parameters, weight.name)),
        }
        for weight in setup.weights()
    )


def _sign(line: Line, known: Mapping[str, Array], digits: int) -> str | None:
    """= or ≈; None for a definition, which is never shown with numbers."""
    return None if line.role == "definition" else line_sign(line, known, digits)


def _facts(known: dict[str, Array], digits: int) -> dict[str, str]:
    """The sizes that the sentence under the figure may use; ``widest`` is the largest path."""
    size = {name: float(np.linalg.norm(known[name])) for name in known if name.startswith("d_")}
    names = ("d_h", "d_h_own", "d_h_future", "d_z_pre", "d_n_pre", "d_r_pre", "d_h_previous")
    return {name: format_number(size[name], digits) for name in names} | {
        "widest": max(PATHS, key=size.__getitem__),
        "says": "silent" if size["d_h"] == 0 else "speaks",
    }


def texts(array: Array, digits: int) -> list[Any]:
    """Every number of an array as text, in lists of its shape."""
    if array.ndim > 1:
        return [texts(row, digits) for row in array]
    return [format_number(value, digits) for value in array.tolist()]
