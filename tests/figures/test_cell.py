"""The stage draws what was computed: every number, and nothing that it would have to guess."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gru_core.data.examples import EXAMPLES
from gru_core.figures.cell import CLEAR_SHARE, DIAGRAM_DIGITS, cell_view
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.equations import PARTS, format_number, is_exact
from gru_core.maths.gru import STEP_NAMES, Trace, sigmoid, unroll
from gru_core.maths.parameters import NAMES, GRUParameters
from tests.maths.strategies import ALL_CONVENTIONS, random_parameters


def random_trace(convention: Convention = PYTORCH, D: int = 2, H: int = 3, T: int = 4) -> Trace:
    rng = np.random.default_rng(5)
    cell = random_parameters(6, D, H, convention.reset)
    return unroll(cell, rng.normal(size=(T, D)), rng.normal(size=H), convention)


def one_unit(*, r: float = 0.5, z: float = 0.5, n: float = 0.0, h: float = 0.3) -> Trace:
    """One unit, one step, whose gates and candidate are exactly these, by its biases alone."""
    flat = {name: np.zeros((1, 1)) for name in NAMES if name[0] in "WU"}
    biases = {"b_r": logit(r), "b_z": logit(z), "b_n": np.arctanh(n), "c_n": 0.0}
    vectors = {name: np.array([value]) for name, value in biases.items()}
    return unroll(GRUParameters(**flat, **vectors), np.zeros((1, 1)), np.array([h]), PYTORCH)


def logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def names_in(tree: Any) -> Iterator[str]:
    """Every array that an expression tree names."""
    if isinstance(tree, list):
        for branch in tree:
            yield from names_in(branch)
    elif isinstance(tree, dict):
        if tree["kind"] == "value":
            yield tree["name"]
        for branch in tree.values():
            if isinstance(branch, dict | list):
                yield from names_in(branch)


@pytest.mark.parametrize("digits", [2, 6])
@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_every_number_is_that_of_the_trace(convention: Convention, digits: int) -> None:
    trace = random_trace(convention)
    view = json.loads(json.dumps(cell_view(trace, digits), allow_nan=False))
    assert (view["inputs"], view["hidden"]) == (2, 3)
    assert (view["reset"], view["z_weights"]) == (convention.reset, convention.z_weights)
    assert len(view["steps"]) == len(trace)
    for t, step in enumerate(view["steps"]):
        expected = {name: getattr(trace.step(t), name) for name in STEP_NAMES}
        expected["one_minus_z"] = 1 - trace.z[t]
        assert set(step["values"]) == set(expected)
        for name, array in expected.items():
            np.testing.assert_array_equal(step["values"][name], array)
            assert step["shown"][name] == [format_number(v, digits) for v in array.tolist()]
            brief = min(digits, DIAGRAM_DIGITS)
            assert step["brief"][name] == [format_number(v, brief) for v in array.tolist()]
    for name in NAMES:
        array = getattr(trace.parameters, name)
        texts = np.array([format_number(v, digits) for v in array.ravel().tolist()])
        np.testing.assert_array_equal(view["parameters"][name], texts.reshape(array.shape))


@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_every_name_in_the_equations_has_its_numbers(convention: Convention) -> None:
    view = cell_view(random_trace(convention), 3)
    assert list(view["equations"]) == list(PARTS)
    for part, (definition, *lines) in view["equations"].items():
        assert definition["role"] == "definition"
        for line in lines:
            for name in names_in([line["result"], line["expression"]]):
                assert name in view["steps"][0]["shown"] or name in view["parameters"]
        for step in view["steps"]:
            assert len(step["signs"][part]) == 1 + len(lines)
            assert set(step["signs"][part]) <= {"=", "≈"}


@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_each_unit_is_written_out_with_its_own_result(convention: Convention) -> None:
    trace = random_trace(convention)
    for t, step in enumerate(cell_view(trace, 4)["steps"]):
        for part in PARTS:
            results = [
                unit["result"] if unit["function"] else unit["total"]
                for unit in step["scalars"][part]
            ]
            array = getattr(trace, part)[t].tolist()
            assert results == [format_number(value, 4) for value in array]


def test_rounding_is_told() -> None:
    exact = cell_view(EXAMPLES["one_unit"].setup.unroll(), 2)["steps"][0]
    assert all(sign == "=" for signs in exact["signs"].values() for sign in signs)
    assert not any(unit["rounded"] for units in exact["scalars"].values() for unit in units)
    trace = random_trace()
    assert not is_exact(trace.h[0].tolist(), 2)
    rounded = cell_view(trace, 2)["steps"][0]
    assert all(unit["rounded"] for units in rounded["scalars"].values() for unit in units)
    assert "≈" in rounded["signs"]["r"]


def test_digits_change_no_number() -> None:
    few, many = (cell_view(random_trace(), digits) for digits in (2, 6))
    assert few["curves"] == many["curves"]
    for ours, theirs in zip(few["steps"], many["steps"], strict=True):
        assert ours["values"] == theirs["values"]
        assert ours["says"] == theirs["says"]
        assert ours["shown"] != theirs["shown"]


# --- Sentences -----------------------------------------------------------------------------------


def says(trace: Trace, part: str, t: int = 0, unit: int = 0) -> str:
    key: str = cell_view(trace, 2)["steps"][t]["says"][part][unit]
    return key


@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_the_gates_are_described_as_they_act(convention: Convention) -> None:
    trace = random_trace(convention)
    assert says(trace, "r") == f"r_{convention.reset}"
    assert says(trace, "z") == f"z_{convention.z_weights}"


@pytest.mark.parametrize("z_weights", ["state", "candidate"])
def test_the_new_state_is_described_by_what_is_kept(z_weights: Any) -> None:
    for keep, expected in ((0.95, "h_kept"), (0.5, "h_mixed"), (0.05, "h_replaced")):
        cell = one_unit(z=keep if z_weights == "state" else 1 - keep)
        trace = unroll(cell.parameters, cell.inputs, cell.h0, Convention(z_weights))
        assert trace.step(0).keep == pytest.approx([keep])
        assert says(trace, "h") == expected
    assert 0.5 < CLEAR_SHARE < 0.95
    assert says(EXAMPLES["remember"].setup.unroll(), "h", t=7) == "h_kept"
    forget = EXAMPLES["forget"].setup.unroll()
    assert [says(forget, "h", t) for t in (2, 3)] == ["h_kept", "h_replaced"]


def test_a_saturated_candidate_is_told() -> None:
    assert [says(one_unit(n=n), "n") for n in (0.95, -0.95, 0.5)] == [
        "n_saturated",
        "n_saturated",
        "n",
    ]


@pytest.mark.parametrize(
    ("keep", "kept", "taken"),
    [
        (0.25, "25", "75"),
        (0.996, "99.6", "0.4"),
        (0.9996, "> 99.9", "< 0.1"),
        (0.0004, "< 0.1", "> 99.9"),
        (0.004, "0.4", "99.6"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(keep: float, kept: str, taken: str) -> None:
    facts = cell_view(one_unit(z=keep, r=keep), 2)["steps"][0]["facts"][0]
    assert (facts["keep_percent"], facts["take_percent"]) == (kept, taken)
    assert facts["r_percent"] == kept


def test_a_share_that_is_all_says_so() -> None:
    cell = one_unit(r=0.5)
    hard = Convention(gate="hard_sigmoid")
    big = {name: np.array([9.0]) for name in ("b_r", "b_z")}
    parameters = GRUParameters(
        **{name: getattr(cell.parameters, name) for name in NAMES if name not in big}, **big
    )
    facts = cell_view(unroll(parameters, cell.inputs, cell.h0, hard), 2)["steps"][0]["facts"][0]
    assert (facts["r_percent"], facts["keep_percent"], facts["take_percent"]) == ("100", "100", "0")


def test_the_facts_are_the_units_own() -> None:
    trace = random_trace()
    for t, step in enumerate(cell_view(trace, 3)["steps"]):
        for unit, facts in enumerate(step["facts"]):
            for name in ("r", "z", "n", "h", "n_input", "n_recurrent", "n_pre"):
                assert facts[name] == format_number(float(getattr(trace, name)[t, unit]), 3)
            assert facts["h_previous"] == format_number(float(trace.h_previous[t, unit]), 3)


# --- Curves --------------------------------------------------------------------------------------


@pytest.mark.parametrize("far", ["b_r", "b_z", "b_n", None])
def test_the_curves_hold_every_point_of_the_sequence(far: str | None) -> None:
    """Also where one pre-activation lies far from all others."""
    trace = random_trace()
    if far:
        parameters = replace(trace.parameters, **{far: np.array([0.0, -30.5, 0.0])})
        trace = unroll(parameters, trace.inputs, trace.h0, PYTORCH)
    curves = cell_view(trace, 2)["curves"]
    for name, arrays, function in (
        ("gate", (trace.r_pre, trace.z_pre), sigmoid),
        ("tanh", (trace.n_pre,), np.tanh),
    ):
        x, y = np.array(curves[name]).T
        np.testing.assert_allclose(y, function(x))
        assert x[0] == -x[-1] <= -4
        assert all(np.abs(array).max() <= x[-1] for array in arrays)
        assert (np.diff(x) > 0).all()


def test_a_hard_gate_has_a_hard_curve() -> None:
    curves = cell_view(random_trace(Convention(gate="hard_sigmoid")), 2)["curves"]
    x, y = np.array(curves["gate"]).T
    np.testing.assert_allclose(y, np.clip(0.2 * x + 0.5, 0, 1))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_can_be_drawn(name: str) -> None:
    setup = EXAMPLES[name].setup
    view = cell_view(setup.unroll(), 2)
    assert len(view["steps"]) == len(setup.inputs)
    json.dumps(view, allow_nan=False)


def test_the_largest_cell_is_a_small_message() -> None:
    """Every commit sends it, so its size is felt in every answer."""
    view = cell_view(random_trace(D=4, H=4, T=12), 6)
    assert len(json.dumps(view)) < 500_000
