"""What the stage and the number grids of "One step" say, in the session's language."""

from typing import Any

from gru_core.data.sheet import GRID_NAMES, grid_of
from gru_core.maths.convention import Convention
from gru_core.maths.equations import format_number, symbol
from gru_core.maths.parameters import Array
from pages.ui.classroom import locks
from pages.ui.desk import Desk
from pages.ui.words import label as _
from pages.ui.words import language, of_error, template


def stage_words(convention: Convention) -> dict[str, Any]:
    """Every text of the stage; the browser fills the numbers shown into its sentences."""
    return {
        "language": language(),
        "alt": _(
            "Diagram of a GRU cell: x and the old state h feed the reset gate r, the update gate z "
            "and the candidate n, which are blended into the new state h′"
        ),
        "parts": {
            "r": _("Reset gate"),
            "z": _("Update gate"),
            "n": _("Candidate"),
            "h": _("New state"),
        },
        "nodes": {
            "matrix": _("Recurrent part of the candidate"),
            "reset": _("The reset gate acts here"),
            "keep": _("How much of the old state is kept"),
            "new": _("How much of the candidate is taken"),
            "one": _("One minus z"),
            "sum": _("Kept and new add up to h′"),
        },
        "values": {
            "x": _("Input x"),
            "h_previous": _("Old state h"),
            "r": _("Reset gate r"),
            "z": _("Update gate z"),
            "one_minus_z": _("1 − z"),
            "n_recurrent": _("What the candidate gets from the old state"),
            "n": _("Candidate n"),
            "h_kept": _("Kept from the old state"),
            "h_new": _("Taken from the candidate"),
            "h": _("New state h′"),
        },
        "roles": {
            "input": _("input part"),
            "recurrent": _("recurrent part"),
            "inner": _("recurrent, before r")
            if convention.reset == "after"
            else _("old state, reset"),
            "sum": _("together"),
            "value": _("result"),
            "kept": _("kept"),
            "new": _("new"),
        },
        "previous": _("Back (←)"),
        "next": _("Next (→)"),
        "step": template("Step {t}"),
        "strip_x": "x",
        "strip_h": "h′",
        "unit_label": _("Unit"),
        "unit": template("Unit {i}"),
        "rounded": _("≈ where the numbers shown are rounded; the computation is not."),
        "says": {
            "r_after": template(
                "r lets {r_percent} % of what unit {unit} recalls, Uₙh + cₙ, into its candidate."
            ),
            "r_before": template(
                "r shows {r_percent} % of the old value of unit {unit}, {h_previous}, to all "
                "candidates."
            ),
            "z_state": template(
                "z weights the old state: unit {unit} will keep {keep_percent} % of {h_previous} "
                "and take {take_percent} % of its candidate."
            ),
            "z_candidate": template(
                "z weights the candidate: unit {unit} will take {take_percent} % of it and keep "
                "{keep_percent} % of {h_previous}."
            ),
            "n": template(
                "Unit {unit} proposes {n}: {n_input} from the input and {n_recurrent} from its "
                "past make {n_pre}, and tanh brings that between −1 and 1."
            ),
            "n_saturated": template(
                "Unit {unit} proposes {n}, close to the limit: tanh is nearly flat at {n_pre}, so "
                "hardly any gradient passes here."
            ),
            "h_kept": template(
                "Unit {unit} remembers: it keeps {keep_percent} % of {h_previous} and ends at {h}."
            ),
            "h_replaced": template(
                "Unit {unit} starts afresh: only {keep_percent} % of {h_previous} remains, the "
                "candidate {n} takes over, and it ends at {h}."
            ),
            "h_mixed": template(
                "Unit {unit} moves from {h_previous} to {h}: {keep_percent} % old state, "
                "{take_percent} % candidate {n}."
            ),
        },
    }


def number_data(desk: Desk) -> dict[str, Any]:
    """The grids, what could not be read in them, and their words."""
    setup = desk.sheet.setup
    c_n_exists = setup.convention.reset == "after"
    names = [name for name in GRID_NAMES if name != "c_n" or c_n_exists]
    return {
        "groups": [
            {"id": "x", "kind": "h", "title": _("Inputs and first state")},
            {"id": "r", "kind": "r", "title": _("Reset gate")},
            {"id": "z", "kind": "z", "title": _("Update gate")},
            {"id": "n", "kind": "n", "title": _("Candidate")},
        ],
        "grids": [
            grid(name, grid_of(setup, name), grid_title(name), desk.digits) for name in names
        ],
        "unread": [
            {**cell._asdict(), "text": unread.text, "message": of_error(unread.error)}
            for cell, unread in desk.sheet.unread.items()
        ],
        "acknowledged": desk.acknowledged,
        "time": desk.place.time,
        "words": {},
        "locked": locks("numbers"),
    }


def grid(name: str, numbers: Array, title: str, digits: int) -> dict[str, Any]:
    """One grid as the component draws it; `numbers` are (rows, columns)."""
    rows, columns = numbers.shape
    row = {"x": "t{}", "h": "{}", "y": "{}", "W": "{}"}.get(name[0], "")
    base, sub = ("h", "0") if name == "h0" else symbol(name)
    return {
        "name": name,
        "symbol": [base, sub],
        "title": title,
        "group": name[-1] if "_" in name else "x",
        "kind": name[-1] if "_" in name else name[0],
        # units are named once in each group, at its W
        "rows": [row.format(i + 1) for i in range(rows)],
        "columns": [""] if name[0] in "hybc" else [f"{j + 1}" for j in range(columns)],
        "text": [[_typed(value) for value in row] for row in numbers.tolist()],
        "shown": [[_short(value, digits) for value in row] for row in numbers.tolist()],
        "value": numbers.tolist(),
    }


def grid_title(name: str) -> str:
    """What the grid of an input or a parameter holds."""
    if name == "x":
        return _("Inputs x, one row for each step")
    if name == "h0":
        return _("First state h₀")
    kind = {
        "W": _("Weights on the input, {name}", name=name),
        "U": _("Weights on the old state, {name}", name=name),
        "b": _("Bias {name}", name=name),
        "c": _("Bias inside the reset, {name}", name=name),
    }
    return kind[name[0]]


def _typed(value: float) -> str:
    return repr(value).removesuffix(".0")


def _short(value: float, digits: int) -> str:
    """As it was typed where that is short, else rounded to the digits on screen."""
    typed = _typed(value)
    short = typed if len(typed) <= digits + 3 else format_number(value, digits)
    return short.replace("-", "−")
