"""The walk backwards draws what was computed, and = only where a pencil finds the same."""

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from gru_core.data.backward_setup import EXAMPLE, BackwardSetup, Weight
from gru_core.figures.backward import PATHS, backward_view, gradient_table, update_table
from gru_core.maths.backward_equations import BACKWARD_PARTS
from gru_core.maths.convention import Convention
from gru_core.maths.equations import format_number
from gru_core.maths.parameters import NAMES
from tests.maths.strategies import ALL_CONVENTIONS


def example(convention: Convention, digits: int = 3) -> BackwardSetup:
    setup = EXAMPLE.with_setup(EXAMPLE.setup.resized(2, 3, 4).with_convention(convention))
    return BackwardSetup(setup.setup, setup.target, "all", digits=digits)


def formatted(array: Any, digits: int) -> Any:
    if isinstance(array, list):
        return [formatted(value, digits) for value in array]
    return format_number(array, digits)


@pytest.mark.parametrize("digits", [2, 6])
@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_every_number_is_that_of_bptt(convention: Convention, digits: int) -> None:
    setup = example(convention, digits)
    view = json.loads(json.dumps(backward_view(setup), allow_nan=False))
    gradients, trace = setup.gradients(), setup.trace
    assert (view["inputs"], view["hidden"], len(view["steps"])) == (2, 3, 4)
    assert tuple(view["parts"]) == tuple(view["equations"]) == BACKWARD_PARTS
    for t, step in enumerate(view["steps"]):
        for name in ("d_h", "d_r_pre", "d_z_pre", "d_n_pre", "d_n_inner"):
            assert step["values"][name] == getattr(gradients, name)[t].tolist()
        np.testing.assert_array_equal(step["values"]["d_h_own"], trace.h[t] - setup.target)
        for name, value in step["values"].items():
            assert step["shown"][name] == formatted(value, digits)
        for name in NAMES:
            expected = formatted(getattr(trace.parameters, name).tolist(), digits)
            assert step["shown"][name] == expected
        for total in step["sums"].values():
            assert total["shown"] == formatted(total["values"], digits)
        for part, lines in view["equations"].items():
            for line, sign in zip(lines, step["signs"][part], strict=True):
                assert (sign is None) == (line["role"] == "definition")
            for name in names_in(lines):
                assert name in step["shown"]
    listed = {each["name"]: each["shape"] for each in view["parameters"]}
    assert set(listed) == {*NAMES} - ({"c_n"} if convention.reset == "before" else set())
    for name, shape in listed.items():
        whole = getattr(gradients.d_parameters, name)
        assert list(whole.shape) == shape
        np.testing.assert_allclose(view["steps"][0]["sums"][name]["values"], whole, atol=1e-12)


def names_in(token: Any) -> set[str]:
    if isinstance(token, list):
        return set().union(*map(names_in, token))
    if not isinstance(token, dict):
        return set()
    own = {token["name"]} if token.get("kind") == "value" else set()
    return own.union(*map(names_in, token.values()))


@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_a_sign_tells_whether_the_texts_add_up(convention: Convention) -> None:
    """δ_h′ and ∇_z, worked out from the texts on the screen alone."""
    found = set()
    for digits in (2, 3):
        for step in backward_view(example(convention, digits))["steps"]:
            shown = {name: read(texts) for name, texts in step["shown"].items() if name[0] != "U"}
            own, future, total = (shown[f"d_h{end}"] for end in ("_own", "_future", ""))
            equal = all(a + b == c for a, b, c in zip(own, future, total, strict=True))
            assert step["signs"]["h"][1] == ("=" if equal else "≈")
            found.add(equal)
            h, n = shown["h_previous"], shown["n"]
            sign = 1 if convention.z_weights == "state" else -1
            moved = [d * sign * (a - b) for d, a, b in zip(total, h, n, strict=True)]
            assert step["signs"]["z"][1] == ("=" if moved == shown["d_z"] else "≈")
    assert True in found


def read(texts: Any) -> Any:
    if isinstance(texts, list):
        return [read(text) for text in texts]
    return Decimal(texts.replace("−", "-"))


def test_the_facts_of_the_sentence() -> None:
    view = backward_view(EXAMPLE)
    for t, step in enumerate(view["steps"]):
        size = np.linalg.norm(step["values"]["d_h"])
        assert step["facts"]["d_h"] == format_number(float(size), EXAMPLE.digits)
        sizes = {name: np.linalg.norm(step["values"][name]) for name in PATHS}
        assert step["facts"]["widest"] == max(sizes, key=lambda name: float(sizes[name]))
        assert step["facts"]["says"] == "speaks", t
    reached = EXAMPLE.with_target(EXAMPLE.trace.h[-1])
    assert {step["facts"]["says"] for step in backward_view(reached)["steps"]} == {"silent"}


@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_tables(convention: Convention) -> None:
    setup = example(convention)
    by_step = gradient_table(setup)
    summed = by_step.groupby(["parameter", "row", "column"])["gradient"].sum()
    updated = setup.updated()
    table = update_table(setup, updated).set_index(["parameter", "row", "column"])
    assert len(table) == len(summed) == len(list(setup.weights()))
    for weight in setup.weights():
        row = table.loc[(weight.name, weight.row + 1, weight.column + 1)]
        assert row["gradient"] == weight.of(getattr(setup.gradients().d_parameters, weight.name))
        assert row["after"] == pytest.approx(row["before"] - setup.rate * row["gradient"])
        place = weight.name, weight.row + 1, weight.column + 1
        assert summed[place] == pytest.approx(row["gradient"], abs=1e-12)
    assert Weight("U_n", 0, 1).of(np.array([[1.0, 2.0]])) == 2
