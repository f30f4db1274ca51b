"""A setup survives a link and a file exactly, and refuses what cannot be used by name."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.setup import (
    MAX_JSON_CHARACTERS,
    MAX_MAGNITUDE,
    MAX_SIZE,
    MAX_STEPS,
    QUERY_NAMES,
    Setup,
)
from gru_core.errors import InputError
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.parameters import GRUParameters
from tests.maths.strategies import ALL_CONVENTIONS, arrays, parameters, random_parameters


@st.composite
def setups(draw: st.DrawFn) -> Setup:
    D, H = draw(st.integers(1, MAX_SIZE)), draw(st.integers(1, MAX_SIZE))
    T = draw(st.integers(1, MAX_STEPS))
    convention = draw(st.sampled_from(ALL_CONVENTIONS))
    return Setup(
        draw(parameters(D, H, convention.reset)),
        draw(arrays(T, D, bound=MAX_MAGNITUDE)),
        draw(arrays(H, bound=MAX_MAGNITUDE)),
        convention,
    )


def small(convention: Convention = PYTORCH) -> Setup:
    cell = random_parameters(7, 2, 3, convention.reset)
    return Setup(cell, np.array([[1.0, -2.0], [0.5, 0.0]]), np.array([0.1, 0.2, 0.3]), convention)


# --- Round trips ---------------------------------------------------------------------------------


@given(setups())
def test_a_link_restores_the_setup_exactly(setup: Setup) -> None:
    query = setup.to_query()
    assert set(query) <= set(QUERY_NAMES)
    restored = Setup.from_query(query)
    assert restored == setup
    assert restored.to_query() == query
    np.testing.assert_array_equal(restored.unroll().h, setup.unroll().h)


@given(setups())
def test_a_file_restores_the_setup_exactly(setup: Setup) -> None:
    text = setup.to_json()
    assert len(text) < MAX_JSON_CHARACTERS
    assert json.loads(text)["version"] == 1
    assert Setup.from_json(text) == setup
    assert Setup.from_json(text.encode()) == setup


def test_a_link_is_readable_and_leaves_zeros_out() -> None:
    cell = GRUParameters(
        W_r=[[0.5, -0.3], [0.1, 0.2]],
        W_z=np.zeros((2, 2)),
        W_n=np.eye(2),
        U_r=np.eye(2),
        U_z=np.eye(2),
        U_n=np.eye(2),
        b_r=[0, 0],
        b_z=[1, 1e-3],
        b_n=[0, 0],
    )
    query = Setup(cell, np.array([[1.0, 2.0]]), np.array([0.0, 0.25]), PYTORCH).to_query()
    assert query == {
        "z": "state",
        "reset": "after",
        "gate": "sigmoid",
        "x": "1 2",
        "h0": "0 0.25",
        "W_r": "0.5 -0.3; 0.1 0.2",
        "W_z": "0 0; 0 0",
        "W_n": "1 0; 0 1",
        "U_r": "1 0; 0 1",
        "U_z": "1 0; 0 1",
        "U_n": "1 0; 0 1",
        "b_z": "1 0.001",
    }


def test_a_link_may_hold_other_parameters_and_a_vector_written_as_a_column() -> None:
    query = small().to_query()
    query |= {"lang": "zh", "h0": query["h0"].replace(" ", "; ")}
    assert Setup.from_query(query) == small()


# --- Refusals ------------------------------------------------------------------------------------


def without(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key != name}


@pytest.mark.parametrize("name", [name for name in QUERY_NAMES if name[0] in "xWU"] + ["h0"])
def test_a_missing_array_is_named(name: str) -> None:
    with pytest.raises(InputError, match=f"^{name}: expected numbers, but it is missing"):
        Setup.from_query(without(small().to_query(), name))
    with pytest.raises(InputError, match=f"^{name}: expected numbers, but it is missing"):
        Setup.from_json(json.dumps(without(json.loads(small().to_json()), name)))


@pytest.mark.parametrize("name", QUERY_NAMES)
@pytest.mark.parametrize(
    "mangled", ["", "%", "1 2 x", "nan nan nan", "1 2; 3", "0 " * 20, "2e6 0 0", "state,"]
)
def test_a_mangled_parameter_is_refused(name: str, mangled: str) -> None:
    with pytest.raises(InputError) as refusal:
        Setup.from_query(small().to_query() | {name: mangled})
    # W_r sets the sizes: of another size, it is its neighbours that do not fit.
    named = "W_z" if (name, mangled) == ("W_r", "2e6 0 0") else name
    assert str(refusal.value).startswith(named)


@given(setups(), st.sampled_from(QUERY_NAMES), st.text(max_size=30))
def test_any_link_is_read_or_refused(setup: Setup, name: str, text: str) -> None:
    try:
        restored = Setup.from_query(setup.to_query() | {name: text})
    except InputError:
        return
    assert len(restored.unroll()) == len(restored.inputs)


@pytest.mark.parametrize(
    ("text", "part_of_message"),
    [
        ("", "expected JSON"),
        ("[]", "expected JSON"),
        ("{", "expected JSON"),
        (b"\xff\xfe\xfa", "expected JSON"),
        ("[" * 50_000, "expected JSON"),
        ('{"format": NaN}', "expected JSON"),
        (" " * (MAX_JSON_CHARACTERS + 1), "at most 100000 characters"),
        ("{}", 'expected "format": "gru-lab-setup"'),
        ('{"format": "gru-lab-setup", "version": 2}', "got gru-lab-setup, 2"),
        ('{"format": "gru-lab-setup", "version": 1}', "x: expected numbers"),
    ],
)
def test_a_file_that_is_none_of_ours(text: str | bytes, part_of_message: str) -> None:
    with pytest.raises(InputError) as refusal:
        Setup.from_json(text)
    assert part_of_message in str(refusal.value)


@pytest.mark.parametrize(
    "value",
    [
        *(None, 1, "1 2", {}, [], [[]], [["1"]], [[True, False]], [[[1]]]),
        *([[1], [2, 3]], [[1e7, 0]], [[10**400, 1]]),
    ],
)
def test_a_file_with_a_bad_array_names_it(value: Any) -> None:
    content = json.loads(small().to_json()) | {"x": value}
    with pytest.raises(InputError, match=r"^x"):
        Setup.from_json(json.dumps(content))


def test_a_file_with_a_bad_choice_names_it() -> None:
    for value in ("both", 1, None, ["state"]):
        content = json.loads(small().to_json()) | {"z": value}
        with pytest.raises(InputError, match=r"^z: expected one of candidate, state"):
            Setup.from_json(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "part_of_message"),
    [
        ({"inputs": np.zeros((2, 3))}, "x: expected shape (T, 2), got (2, 3)"),
        ({"inputs": np.zeros(2)}, "x: expected shape (T, 2), got (2,)"),
        ({"inputs": np.zeros((13, 2))}, "T: expected a size from 1 to 12, got 13"),
        ({"inputs": np.zeros((0, 2))}, "T: expected a size from 1 to 12, got 0"),
        ({"inputs": [[0, np.inf]]}, "x[0, 1]: expected a finite number"),
        ({"inputs": [[0, -1.1e6]]}, "x[0, 1]: expected a number between -1,000,000"),
        ({"h0": np.zeros(2)}, "h0: expected shape (3,), got (2,)"),
        ({"h0": [0, 2e6, 0]}, "h0[1]: expected a number"),
        ({"convention": Convention("state", "before")}, "c_n: expected zeros"),
        ({"parameters": random_parameters(0, 5, 3)}, "D: expected a size from 1 to 4, got 5"),
        ({"parameters": random_parameters(0, 2, 5)}, "H: expected a size from 1 to 4, got 5"),
    ],
)
def test_a_setup_keeps_its_bounds(change: dict[str, Any], part_of_message: str) -> None:
    setup = small()
    fields = {name: getattr(setup, name) for name in ("parameters", "inputs", "h0", "convention")}
    with pytest.raises(InputError) as refusal:
        Setup(**fields | change)
    assert part_of_message in str(refusal.value)


# --- Values --------------------------------------------------------------------------------------


def test_equality_looks_at_every_value() -> None:
    setup = small()
    others = [
        Setup(setup.parameters, setup.inputs + 1, setup.h0, PYTORCH),
        Setup(setup.parameters, setup.inputs, setup.h0 + 1, PYTORCH),
        Setup(random_parameters(8, 2, 3), setup.inputs, setup.h0, PYTORCH),
        Setup(setup.parameters, setup.inputs, setup.h0, Convention("candidate")),
    ]
    assert all(other != setup for other in others)
    assert small() == setup
    assert hash(small()) == hash(setup)
    assert setup != "setup"


def test_a_setup_keeps_its_own_numbers() -> None:
    inputs = np.array([[1.0, 2.0]])
    setup = Setup(random_parameters(7, 2, 3), inputs, np.zeros(3), PYTORCH)
    inputs[0, 0] = 5.0
    assert setup.inputs[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        setup.inputs[0, 0] = 5.0


@given(setups(), st.integers(0, MAX_SIZE), st.integers(0, MAX_SIZE), st.integers(0, MAX_STEPS))
def test_growing_changes_no_state_that_was_there(setup: Setup, D: int, H: int, T: int) -> None:
    (old_T, old_D), old_H = setup.inputs.shape, len(setup.h0)
    D, H, T = max(D, old_D), max(H, old_H), max(T, old_T)
    grown = setup.resized(D, H, T)
    assert (grown.inputs.shape, grown.h0.shape) == ((T, D), (H,))
    h = grown.unroll().h
    np.testing.assert_allclose(h[:old_T, :old_H], setup.unroll().h, rtol=1e-12, atol=1e-12)
    assert not h[:, old_H:].any()
    assert grown.resized(old_D, old_H, old_T) == setup


def test_shrinking_keeps_what_fits() -> None:
    shrunk = small().resized(1, 2, 1)
    np.testing.assert_array_equal(shrunk.parameters.W_z, small().parameters.W_z[:2, :1])
    np.testing.assert_array_equal(shrunk.parameters.U_n, small().parameters.U_n[:2, :2])
    np.testing.assert_array_equal(shrunk.parameters.c_n, small().parameters.c_n[:2])
    np.testing.assert_array_equal(shrunk.inputs, [[1.0]])


@pytest.mark.parametrize("sizes", [(0, 1, 1), (5, 1, 1), (1, 5, 1), (1, 1, 13), (1, -1, 1)])
def test_sizes_out_of_bounds_are_refused(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match="expected a size from 1 to"):
        small().resized(*sizes)


def test_another_convention_drops_c_n_only_where_it_has_no_place() -> None:
    before = small().with_convention(Convention("candidate", "before"))
    assert before.convention == Convention("candidate", "before")
    assert not before.parameters.c_n.any()
    np.testing.assert_array_equal(before.parameters.W_r, small().parameters.W_r)
    candidate = small().with_convention(Convention("candidate", "after"))
    assert candidate.parameters == small().parameters
