"""The worked example of article 003: what it prints, and what its own formulas give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gru_core.data.examples import EXAMPLES
from gru_core.data.exhibits.shown import Line, Lines, Shown, Table
from gru_core.errors import N_
from gru_core.maths.gru import Step, sigmoid
from gru_core.maths.parameters import Array


def _pair(values: object) -> tuple[float, float]:
    first, second = np.asarray(values, dtype=np.float64).tolist()
    return first, second


_PRINTED = {
    name: _pair(values) for name, values in EXAMPLES["article_003_as_printed"].claimed.items()
}
_TABLE = ((0.1, 0.2), (0.3, 0.4), (0.5, 0.6))
"""h_0, h_1 and h_2 as the article's table has them."""


def _first() -> Step:
    return EXAMPLES["article_003_repaired"].setup.unroll().step(0)


def state_of_the_table() -> Shown:
    """The three answers for h_1: of the table, of the sum that is printed, and of the formulas."""
    z, n = np.array(_PRINTED["z"]), np.array(_PRINTED["n"])
    h0 = np.array(_TABLE[0])
    blend = (1 - z) * h0 + z * n
    rows = (
        (N_("in the table"), *_TABLE[1]),
        (N_("at the end of the calculation"), *_PRINTED["h"]),
        (N_("from the gates that are printed"), *_pair(blend)),
        (N_("from the formulas and the weights"), *_pair(_first().h)),
    )
    return Shown(
        N_(
            "Four different first states: {table} in the table, {line} in the calculation, "
            "[{a}, {b}] from the printed gates, and [{c}, {d}] from the formulas."
        ),
        Table((N_("first state"), N_("unit 1"), N_("unit 2")), rows),
        {
            "table": "[0.3, 0.4]",
            "line": "[0.4, 0.5]",
            "a": f"{blend[0]:.2f}",
            "b": f"{blend[1]:.2f}",
            "c": f"{_first().h[0]:.3f}",
            "d": f"{_first().h[1]:.3f}",
        },
    )


def whole_step() -> Shown:
    """r, z, n and h of step 1 as printed, and as the formulas give them."""
    step = _first()
    rows = tuple(
        (f"{name}[{unit + 1}]", _PRINTED[name][unit], float(getattr(step, name)[unit]))
        for name in ("r", "z", "n", "h")
        for unit in range(2)
    )
    off = max(abs(row[1] - row[2]) for row in rows)
    agree = sum(round(row[2], 1) == row[1] for row in rows)
    return Shown(
        N_(
            "Rounded to one decimal, {agree} of {all} numbers agrees with what the article's own "
            "formulas give; the largest gap is {off}."
        ),
        Table((N_("value"), N_("as printed"), N_("computed")), rows),
        {"agree": str(agree), "all": str(len(rows)), "off": f"{off:.2f}"},
    )


def sigma_of_the_sum() -> Shown:
    """σ around 0: where the sums of the article lie, and where its r would need them."""
    a = np.linspace(-1.5, 1.5, 121)
    needed = [float(np.log(r / (1 - r))) for r in _PRINTED["r"]]
    sums = _first().r_pre
    at = np.full_like(a, np.nan)
    printed, computed = at.copy(), at.copy()
    for value in needed:
        printed[np.abs(a - value).argmin()] = sigmoid(np.array(value))
    for value in sums:
        computed[np.abs(a - value).argmin()] = sigmoid(np.array(value))
    return Shown(
        N_(
            "The sums inside σ are {a} and {b}, so r is [{r1}, {r2}]. For r = [0.3, 0.4] they "
            "would have to be {c} and {d}."
        ),
        Lines(
            a,
            (
                Line("σ(a)", sigmoid(a)),
                Line(N_("the article's sums"), computed),
                Line(N_("the r that is printed"), printed, wrong=True),
            ),
            (N_("sum a"), "r"),
        ),
        {
            "a": f"{sums[0]:.3f}",
            "b": f"{sums[1]:.3f}",
            "r1": f"{_first().r[0]:.3f}",
            "r2": f"{_first().r[1]:.3f}",
            "c": f"{needed[0]:.2f}",
            "d": f"{needed[1]:.2f}",
        },
    )


def candidate_without_r() -> Shown:
    """The candidate of step 1 with r, and with r left out as in the article's line."""
    p = EXAMPLES["article_003_repaired"].setup
    step = _first()
    without = np.tanh(p.parameters.W_n @ step.x + p.parameters.U_n @ p.h0)
    rows = (
        (N_("as printed"), *_PRINTED["n"]),
        (N_("with r left out"), *_pair(without)),
        (N_("with r, by the formula"), *_pair(step.n)),
    )
    return Shown(
        N_(
            "With r left out the same weights give [{a}, {b}], with r [{c}, {d}]; neither is "
            "[0.8, 0.9]."
        ),
        Table((N_("candidate"), N_("unit 1"), N_("unit 2")), rows),
        {
            "a": f"{without[0]:.3f}",
            "b": f"{without[1]:.3f}",
            "c": f"{step.n[0]:.3f}",
            "d": f"{step.n[1]:.3f}",
        },
    )


def which_input() -> Shown:
    """The states if the first step reads the input of t = 0, or that of t = 1."""
    setup = EXAMPLES["article_003_repaired"].setup
    from_0 = setup.unroll().h
    from_1 = replace(setup, inputs=setup.inputs[1:]).unroll().h
    rows = (
        ("h₁", *_pair(from_0[0]), *_pair(from_1[0])),
        ("h₂", *_pair(from_0[1]), *_pair(from_1[1])),
        ("h₃", *_pair(from_0[2]), N_("no input is left"), ""),
    )
    return Shown(
        N_(
            "If step 1 reads the input of t = 0, h₁ is [{a}, {b}]; if it reads that of its own "
            "row, [{c}, {d}]."
        ),
        Table(
            (
                N_("state"),
                N_("x from t = 0, unit 1"),
                N_("x from t = 0, unit 2"),
                N_("x from t = 1, unit 1"),
                N_("x from t = 1, unit 2"),
            ),
            rows,
        ),
        {
            "a": f"{from_0[0, 0]:.3f}",
            "b": f"{from_0[0, 1]:.3f}",
            "c": f"{from_1[0, 0]:.3f}",
            "d": f"{from_1[0, 1]:.3f}",
        },
    )


def one_row_for_all() -> Shown:
    """What [0.1, 0.2] · [1, 2] can mean, and r of step 1 under each reading."""
    row: Array = np.array([0.1, 0.2])
    x = np.array([1.0, 2.0])
    recurrent = _first().r_recurrent
    readings = (
        (N_("dot product, the same for both units"), np.full(2, row @ x)),
        (N_("number by number"), row * x),
    )
    rows = tuple((name, *_pair(part), *_pair(sigmoid(part + recurrent))) for name, part in readings)
    return Shown(
        N_(
            "As a dot product both units get {dot}; number by number they get {first} and "
            "{second}. r follows: [{a}, {b}] or [{c}, {d}]."
        ),
        Table(
            (
                N_("reading"),
                N_("W x, unit 1"),
                N_("W x, unit 2"),
                N_("r, unit 1"),
                N_("r, unit 2"),
            ),
            rows,
        ),
        {
            "dot": f"{row @ x:g}",
            "first": f"{(row * x)[0]:g}",
            "second": f"{(row * x)[1]:g}",
            "a": f"{rows[0][3]:.3f}",
            "b": f"{rows[0][4]:.3f}",
            "c": f"{rows[1][3]:.3f}",
            "d": f"{rows[1][4]:.3f}",
        },
    )
