"""A loss, its gradients, an update and a nudge, each against something computed another way."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_core.data.backward_setup import (
    BACKWARD_QUERY_NAMES,
    EXAMPLE,
    MAX_STEPS,
    MAX_UNITS,
    NUDGE_REACH,
    PREFIX,
    BackwardPlace,
    BackwardSetup,
    Weight,
    largest_difference,
    names_of,
)
from gru_core.data.backward_sheet import TARGET, BackwardSheet
from gru_core.data.setup import Setup
from gru_core.data.sheet import Cell, apply_edits
from gru_core.errors import InputError
from gru_core.maths.backward_equations import BACKWARD_PARTS
from gru_core.maths.convention import Convention
from gru_core.maths.gru import step
from gru_core.maths.parameters import NAMES
from gru_core.training.reference import gradients_by_autograd
from tests.maths.strategies import ALL_CONVENTIONS, random_parameters


@st.composite
def setups(draw: st.DrawFn) -> BackwardSetup:
    D, H, T = draw(st.integers(1, 3)), draw(st.integers(1, MAX_UNITS)), draw(st.integers(1, 4))
    convention = draw(st.sampled_from(ALL_CONVENTIONS))
    seed = draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    cell = random_parameters(seed, D, H, convention.reset)
    setup = Setup(cell, rng.normal(size=(T, D)), rng.normal(size=H), convention)
    found = BackwardSetup(setup, rng.normal(size=H))
    weights = list(found.weights())
    place = st.builds(BackwardPlace, st.integers(0, T - 1), st.sampled_from(BACKWARD_PARTS))
    return replace(
        found,
        loss_on=draw(st.sampled_from(["last", "all"])),
        rate=draw(st.floats(0, 10)),
        weight=draw(st.sampled_from(weights)),
        place=draw(st.none() | place),
        digits=draw(st.integers(2, 6)),
    )


def by_hand(setup: BackwardSetup) -> float:
    """The loss from single steps and plain sums."""
    cell, h, losses = setup.setup, setup.setup.h0, []
    for x in cell.inputs:
        h = step(cell.parameters, x, h, cell.convention).h
        losses.append(sum((a - b) ** 2 for a, b in zip(h, setup.target, strict=True)) / 2)
    return float(sum(losses) if setup.loss_on == "all" else losses[-1])


@given(setups())
@settings(deadline=None)
def test_gradients_are_those_of_autograd_and_of_differences(setup: BackwardSetup) -> None:
    assert setup.loss() == pytest.approx(by_hand(setup), rel=1e-12)
    ours = setup.gradients().d_parameters
    assert largest_difference(ours, gradients_by_autograd(setup)) < 1e-10
    # Hard gates have corners, where differences do not give the slope that is taken there.
    if setup.setup.convention.gate == "sigmoid":
        assert largest_difference(ours, setup.finite_differences()) < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_gradient_is_found(name: str) -> None:
    ours = EXAMPLE.gradients().d_parameters
    wrong = replace(ours, **{name: getattr(ours, name) + 1e-4})
    assert largest_difference(wrong, gradients_by_autograd(EXAMPLE)) > 0.9e-4
    assert largest_difference(wrong, EXAMPLE.finite_differences()) > 0.9e-4


@given(setups())
@settings(deadline=None)
def test_an_update_moves_every_weight_against_its_gradient(setup: BackwardSetup) -> None:
    update = setup.updated()
    theirs = gradients_by_autograd(setup)
    for name in NAMES:
        expected = getattr(setup.setup.parameters, name) - setup.rate * getattr(theirs, name)
        np.testing.assert_allclose(getattr(update.parameters, name), expected, atol=1e-8)
    moved = replace(setup, setup=replace(setup.setup, parameters=update.parameters))
    assert update.loss_before == setup.loss()
    assert update.loss_after == moved.loss()


def test_the_example_descends_and_a_large_rate_overshoots() -> None:
    update = EXAMPLE.updated()
    assert update.loss_after < update.loss_before
    tiny = replace(EXAMPLE, rate=1e-6).updated()
    squared = sum(np.sum(getattr(EXAMPLE.gradients().d_parameters, name) ** 2) for name in NAMES)
    assert tiny.loss_before - tiny.loss_after == pytest.approx(1e-6 * squared, rel=1e-4)
    assert replace(EXAMPLE, rate=100.0).updated().loss_after > EXAMPLE.loss()
    assert replace(EXAMPLE, rate=0.0).updated().loss_after == EXAMPLE.loss()


@given(setups())
@settings(deadline=None)
def test_a_nudge_moves_one_weight_alone(setup: BackwardSetup) -> None:
    weight = setup.weight
    nudge = setup.nudge(weight.name, weight.row, weight.column)
    array = getattr(setup.setup.parameters, weight.name)
    value = array[weight.row] if array.ndim == 1 else array[weight.row, weight.column]
    assert nudge.weight == value
    np.testing.assert_allclose(nudge.weights[[0, -1]], [value - NUDGE_REACH, value + NUDGE_REACH])
    middle = len(nudge.weights) // 2
    assert nudge.losses[middle] == pytest.approx(setup.loss(), abs=1e-12)
    at = (weight.row,) if array.ndim == 1 else (weight.row, weight.column)
    assert nudge.slope == getattr(setup.gradients().d_parameters, weight.name)[at]
    for i in (0, -1):
        other = array.copy()
        other[at] = nudge.weights[i]
        cell = replace(setup.setup.parameters, **{weight.name: other})
        moved = replace(setup, setup=replace(setup.setup, parameters=cell))
        assert nudge.losses[i] == moved.loss()


# --- Links ---------------------------------------------------------------------------------------


@given(setups())
def test_a_link_restores_everything(setup: BackwardSetup) -> None:
    query = setup.to_query()
    assert set(query) <= set(BACKWARD_QUERY_NAMES)
    assert all(name.startswith(PREFIX) for name in BACKWARD_QUERY_NAMES)
    restored = BackwardSetup.from_query(query | {"T": "100", "seed": "3"})
    assert restored == setup
    assert restored.to_query() == query


def test_short_links() -> None:
    assert EXAMPLE.to_query() == {}
    assert BackwardSetup.from_query({}) == EXAMPLE
    chosen = replace(EXAMPLE, rate=0.1, place=BackwardPlace(0, "past"), weight=Weight("c_n", 1, 0))
    query = {"b_rate": "0.1", "b_t": "1", "b_part": "past", "b_weight": "c_n 2 1"}
    assert chosen.to_query() == query
    drawn = BackwardSetup.random(7)
    assert drawn.to_query() == {"b_seed": "7"}
    assert BackwardSetup.from_query({"b_seed": "7"}) == drawn
    own = drawn.with_target(np.array([0.5, 0.25]))
    assert own.to_query()["b_y"] == "0.5 0.25"
    assert "b_seed" not in own.to_query()


@pytest.mark.parametrize(
    "query",
    [
        {"b_loss": "first"},
        {"b_rate": "-1"},
        {"b_rate": "nan"},
        {"b_weight": "U_n"},
        {"b_weight": "U_n 3 1"},
        {"b_weight": "U_n 0 1"},
        {"b_weight": "q 1 1"},
        {"b_weight": "U_n ² 1"},
        {"b_t": "4"},
        {"b_part": "q"},
        {"b_digits": "7"},
        {"b_seed": "x"},
        {"b_W_r": "1"},
        {**EXAMPLE.with_target(np.ones(2)).to_query(), "b_y": "1 2 3"},
        {**EXAMPLE.with_target(np.ones(2)).to_query(), "b_x": "1 0; 1 0; 1 0; 1 0; 1 0"},
        {**BackwardSetup.random(1).with_target(np.ones(2)).to_query(), "b_y": "2e6 1"},
    ],
)
def test_a_wrong_link_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InputError):
        BackwardSetup.from_query(query)


@pytest.mark.parametrize(
    "junk",
    [
        {"weight": Weight(None, None, None)},  # type: ignore[arg-type]
        {"weight": Weight("U_n", 0.0, "1")},  # type: ignore[arg-type]
        {"weight": Weight([], 0, 0)},  # type: ignore[arg-type]
        {"place": BackwardPlace(None, "h")},  # type: ignore[arg-type]
        {"place": BackwardPlace(1.0, "h")},  # type: ignore[arg-type]
        {"place": BackwardPlace(0, ["h"])},  # type: ignore[arg-type]
    ],
)
def test_junk_from_a_browser_is_refused(junk: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        replace(EXAMPLE, **junk)


def test_bounds() -> None:
    for D, H, T in ((1, MAX_UNITS + 1, 1), (1, 1, MAX_STEPS + 1)):
        with pytest.raises(InputError, match="Backwards by hand"):
            EXAMPLE.with_setup(EXAMPLE.setup.resized(D, H, T))
    before = EXAMPLE.setup.with_convention(Convention(reset="before"))
    assert "c_n" not in names_of(before.convention)
    chosen = replace(EXAMPLE, weight=Weight("c_n", 1, 0), place=BackwardPlace(2, "r"))
    assert chosen.with_setup(before).weight.name == "U_n"
    smaller = chosen.with_setup(EXAMPLE.setup.resized(1, 1, 1))
    assert (smaller.target.tolist(), smaller.at) == ([0.8], BackwardPlace(0, "r"))


# --- Editing -------------------------------------------------------------------------------------


def edit(number: int, name: str, row: int, column: int, text: str, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "name": name,
        "row": row,
        "column": column,
        "text": text,
        "pasted": False,
        **more,
    }


def test_numbers_and_target_are_edited_and_undone() -> None:
    sheet = BackwardSheet(EXAMPLE)
    sheet, last = apply_edits(sheet, [edit(1, TARGET, 1, 0, "0,5"), edit(2, "U_n", 0, 1, "2")], 0)
    assert last == 2
    assert sheet.setup.target.tolist() == [0.8, 0.5]
    assert sheet.setup.setup.parameters.U_n[0, 1] == 2
    again, last = apply_edits(sheet, [edit(2, "U_n", 0, 1, "9"), {"number": 3, "undo": True}], last)
    assert (again.setup.setup, last) == (EXAMPLE.setup, 3)
    assert again.setup.target.tolist() == [0.8, 0.5]
    assert again.undo().setup == EXAMPLE
    assert again.undo().undo().setup == EXAMPLE
    pasted, _ = apply_edits(sheet, [edit(1, TARGET, 0, 0, "1 -1", pasted=True)], 0)
    assert pasted.setup.target.tolist() == [1, -1]


def test_what_cannot_be_read_stays_and_changes_nothing() -> None:
    sheet, _ = apply_edits(
        BackwardSheet(EXAMPLE),
        [edit(1, TARGET, 0, 0, "one"), edit(2, "W_r", 0, 0, "two"), edit(3, TARGET, 1, 0, "1 2")],
        0,
    )
    assert sheet.setup == EXAMPLE
    assert {cell: unread.text for cell, unread in sheet.unread.items()} == {
        Cell(TARGET, 0, 0): "one",
        Cell("W_r", 0, 0): "two",
        Cell(TARGET, 1, 0): "1 2",
    }
    mended, _ = apply_edits(sheet, [edit(4, TARGET, 0, 0, "1")], 3)
    assert Cell(TARGET, 0, 0) not in mended.unread
    assert Cell("W_r", 0, 0) in mended.unread
    assert sheet.change(BackwardSetup.random(1)).undo().unread == sheet.unread


@pytest.mark.parametrize(
    "wrong", ["x", {"number": "1"}, [edit(1, "W_r", 0, 0, "1") | {"text": 1}], None]
)
def test_edits_that_are_none_are_refused(wrong: object) -> None:
    with pytest.raises(InputError, match="Reload"):
        apply_edits(BackwardSheet(EXAMPLE), wrong, 0)


def test_cells_that_are_gone_are_passed_over() -> None:
    sheet = BackwardSheet(EXAMPLE)
    gone = [edit(1, TARGET, 2, 0, "1"), edit(2, "q", 0, 0, "1"), edit(3, "x", 3, 0, "1")]
    assert apply_edits(sheet, gone, 0) == (sheet, 3)
