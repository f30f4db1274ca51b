"""What "Backwards by hand" and its number grids say, in the session's language."""

from typing import Any

from gru_core.data.backward_sheet import TARGET, BackwardSheet
from pages.ui.classroom import locks
from pages.ui.step_words import grid, grid_title
from pages.ui.words import label as _
from pages.ui.words import of_error, template


def words() -> dict[str, Any]:
    """Every text of the walk; the browser fills the numbers shown into its sentences."""
    return {
        "parts": {
            "h": _("Gradient on the state"),
            "z": _("Update gate"),
            "n": _("Candidate"),
            "r": _("Reset gate"),
            "gradients": _("Gradients of this step"),
            "past": _("To the step before"),
        },
        "all_parameters": _("every parameter gets its part"),
        "roles": {
            "sum": _("together"),
            "outside": _("before σ or tanh"),
            "slope": _("slope"),
            "value": _("result"),
            "inner": _("inside the reset"),
            "leak": _("leak"),
            "update": _("update"),
            "candidate": _("candidate"),
            "reset": _("reset"),
        },
        "paths": {
            "d_h_leak": _("leak"),
            "d_z_past": _("update"),
            "d_n_past": _("candidate"),
            "d_r_past": _("reset"),
        },
        "previous": _("Back (←)"),
        "next": _("Next (→)"),
        "step": template("Step {t}"),
        "sums": template("Gradient of each parameter, steps {last} to {first} added up"),
        "one_sum": template("Gradient of each parameter, step {last} alone"),
        "no_sums": _("Gradient of each parameter: nothing added up yet"),
        "choose": _("Click a number to see how the loss moves with that weight."),
        "says": {
            "h": template(
                "Step {t}: the gradient on the new state has size {d_h}. {d_h_own} comes from the "
                "loss at this step itself, {d_h_future} from later steps."
            ),
            "z": template(
                "Step {t}: z moves the state along h − n, so the gradient on the update gate is "
                "that direction times the slope of the gate; its size is {d_z_pre}."
            ),
            "n": template(
                "Step {t}: the candidate gets the share of the gradient with which it entered the "
                "state, times the slope of tanh; its size is {d_n_pre}."
            ),
            "r": template(
                "Step {t}: the reset gate acts only through the candidate, so its gradient comes "
                "out of δₙ; its size is {d_r_pre}."
            ),
            "gradients": template(
                "Step {t}: every weight gets the gradient on its sum times what the weight was "
                "multiplied by, and the steps add up."
            ),
            "past": template(
                "From step {t} to step {before}: a gradient of size {d_h_previous} goes on. The "
                "largest of the four paths is {widest}."
            ),
            "start": template(
                "The walk ends: {d_h_previous} is the size of the gradient on the first state h₀. "
                "The largest of the four paths is {widest}."
            ),
            "silent": template(
                "Step {t}: the gradient on the state is zero here, so nothing else moves either."
            ),
        },
    }


def number_data(sheet: BackwardSheet, acknowledged: int) -> dict[str, Any]:
    """The grids, what could not be read in them, and their words."""
    digits = sheet.setup.digits
    return {
        "groups": [
            {"id": "x", "kind": "h", "title": _("Inputs, first state and target")},
            {"id": "r", "kind": "r", "title": _("Reset gate")},
            {"id": "z", "kind": "z", "title": _("Update gate")},
            {"id": "n", "kind": "n", "title": _("Candidate")},
        ],
        "grids": [
            grid(
                name,
                sheet.grid(name),
                _("Target y, one number for each unit") if name == TARGET else grid_title(name),
                digits,
            )
            for name in sheet.grid_names
        ],
        "unread": [
            {**cell._asdict(), "text": unread.text, "message": of_error(unread.error)}
            for cell, unread in sheet.unread.items()
        ],
        "acknowledged": acknowledged,
        "time": sheet.setup.at.time,
        "words": {},
        "locked": locks("numbers"),
    }
