"""What is said of a trace over time, in the session's language."""

from typing import Any

from gru_core.data.sequences import Sequence
from gru_core.maths.equations import format_number
from gru_core.maths.gru import Step
from gru_core.maths.parameters import Array
from pages.ui.words import label as _

KEPT = 0.9
USUALLY = 0.8
MANY_STEPS = 1000


def timeline_words(cannot_open: str) -> dict[str, Any]:
    """The texts of the timeline."""
    return {
        "alt": _(
            "Input over time, and maps of r, z, n and h: one row for each unit, one column for "
            "each step"
        ),
        "time": _("Step"),
        "unit": _("Unit"),
        "play": _("Play (space)"),
        "open": _("Open this step"),
        "save": _("Save as PNG"),
        "cannot_open": cannot_open,
    }


def sentence(step: Step, time: int, unit: int, half_life: float, kept: Array) -> str:
    """What a unit does at a step, and how long it remembers.

    time, unit: from 0. kept: the weight on the unit's old state at every step, (T,).
    """
    before, after = float(step.h_previous[unit]), float(step.h[unit])
    keep, change = float(step.keep[unit]), after - before
    values = {
        "unit": unit + 1,
        "step": time + 1,
        "keep": f"{100 * keep:.0f}",
        "before": format_number(before, 2),
        "after": format_number(after, 2),
    }
    if keep > KEPT:
        now = _(
            "At step {step} unit {unit} keeps {keep} % of its state: {before} becomes {after}.",
            **values,
        )
    elif abs(change) > KEPT / 2:
        now = _(
            "At step {step} unit {unit} lets go: only {keep} % of {before} remains, and it jumps "
            "to {after}.",
            **values,
        )
    else:
        now = _(
            "At step {step} unit {unit} moves from {before} to {after}, keeping {keep} % of its "
            "state.",
            **values,
        )
    if half_life > MANY_STEPS:
        memory = _("Along the path that keeps, its memory hardly fades over the whole sequence.")
    elif USUALLY < (often := int((kept > KEPT).sum())) / len(kept) < 1:
        memory = _(
            "It keeps over {percent} % at {often} of {all} steps; at the others it lets go, and so "
            "its memory halves every {steps} steps on average.",
            percent=f"{100 * KEPT:.0f}",
            often=often,
            all=len(kept),
            steps=f"{half_life:.1f}",
        )
    else:
        memory = _(
            "Along the path that keeps, its memory halves every {steps} steps on average over the "
            "whole sequence.",
            steps=f"{half_life:.1f}",
        )
    return f"{now} {memory}"


def gaps(sequence: Sequence) -> str:
    """How many values were missing, and what was done; empty when none was."""
    count = int(sequence.was_missing.sum())
    if not count:
        return ""
    return _(
        "{count} missing values were filled in ({places} gaps, marked under the curve).",
        count=count,
        places=len(sequence.gaps),
    )
