"""Whatever is typed or pasted either becomes numbers or stays to be corrected; nothing is lost."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.examples import EXAMPLES
from gru_core.data.setup import MAX_SIZE, MAX_STEPS, Setup
from gru_core.data.sheet import GRID_NAMES, MAX_UNDO, Cell, Sheet, apply_edits, grid_of, with_grid
from gru_core.data.typed import MAX_CHARACTERS
from gru_core.errors import InputError
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.gru import unroll
from gru_core.maths.parameters import NAMES
from tests.maths.strategies import random_parameters


def sheet(D: int = 2, H: int = 3, T: int = 4, convention: Convention = PYTORCH) -> Sheet:
    """Every number is another one, so that a number in the wrong place is noticed."""
    rng = np.random.default_rng(3)
    cell = random_parameters(4, D, H, convention.reset)
    return Sheet(Setup(cell, rng.normal(size=(T, D)), rng.normal(size=H), convention))


def differences(ours: Sheet, theirs: Sheet) -> dict[str, list[tuple[int, int]]]:
    """The cells in which the numbers of two sheets differ, by grid."""
    return {
        name: [(int(i), int(j)) for i, j in np.argwhere(ours.grid(name) != theirs.grid(name))]
        for name in GRID_NAMES
        if not np.array_equal(ours.grid(name), theirs.grid(name))
    }


# --- Grids ---------------------------------------------------------------------------------------


def test_the_grids_show_the_setup() -> None:
    setup = sheet().setup
    assert set(GRID_NAMES) == {"x", "h0", *NAMES}
    shapes = {"x": (4, 2), "h0": (3, 1), "W": (3, 2), "U": (3, 3), "b": (3, 1), "c": (3, 1)}
    for name in GRID_NAMES:
        assert grid_of(setup, name).shape == (shapes.get(name) or shapes[name[0]])
    np.testing.assert_array_equal(grid_of(setup, "x"), setup.inputs)
    np.testing.assert_array_equal(grid_of(setup, "U_n"), setup.parameters.U_n)
    np.testing.assert_array_equal(grid_of(setup, "c_n")[:, 0], setup.parameters.c_n)


@pytest.mark.parametrize("name", GRID_NAMES)
def test_a_grid_goes_back_where_it_came_from(name: str) -> None:
    before = sheet()
    changed = with_grid(before.setup, name, grid_of(before.setup, name) + 1)
    np.testing.assert_array_equal(grid_of(changed, name), before.grid(name) + 1)
    assert set(differences(before, Sheet(changed))) == {name}


def test_an_unknown_grid_is_refused_without_repeating_much_of_its_name() -> None:
    with pytest.raises(InputError, match="grid: expected one of x, h0, W_r") as refusal:
        sheet().grid("y" * 10_000)
    assert len(str(refusal.value)) < 200


# --- Typing and pasting --------------------------------------------------------------------------


@pytest.mark.parametrize("name", GRID_NAMES)
def test_one_number_changes_one_cell_and_what_follows_from_it(name: str) -> None:
    before = sheet()
    row, column = (n - 1 for n in before.grid(name).shape)
    after = before.edit(name, row, column, " -0.125 ")
    assert after.grid(name)[row, column] == -0.125
    assert differences(before, after) == {name: [(row, column)]}
    setup = after.setup
    expected = unroll(setup.parameters, setup.inputs, setup.h0, PYTORCH).h
    np.testing.assert_array_equal(setup.unroll().h, expected)
    assert not np.array_equal(expected, before.setup.unroll().h)


@pytest.mark.parametrize(
    "text",
    [
        "1.5\t-2\n3\t4",
        "1.5,-2\n3,4",
        "1.5 -2; 3 4",
        "[[1.5, -2], [3, 4]]",
        "((1.5, -2), (3, 4))",
        "[[ 1.5 -2. ]\n [ 3.   4. ]]",
        "array([[ 1.5, -2. ],\n       [ 3. ,  4. ]], dtype=float32)",
        "tensor([[ 1.5, -2.0], [3, 4]])",
        "１．５　−２；３　４",
        "1,5\t-2\n3\t4",
    ],
)
def test_a_pasted_block_fills_from_its_cell_on(text: str) -> None:
    before = sheet()
    after = before.edit("U_z", 1, 1, text, pasted=True)
    np.testing.assert_array_equal(after.grid("U_z")[1:, 1:], [[1.5, -2], [3, 4]])
    assert differences(before, after) == {"U_z": [(1, 1), (1, 2), (2, 1), (2, 2)]}
    assert not after.unread


@pytest.mark.parametrize("text", ["7 8", "7\t8", "[7, 8]", "7\n8", "[[7], [8]]"])
def test_a_row_or_a_column_goes_down_a_vector(text: str) -> None:
    after = sheet().edit("b_z", 1, 0, text, pasted=True)
    assert differences(sheet(), after) == {"b_z": [(1, 0), (2, 0)]}
    np.testing.assert_array_equal(after.grid("b_z")[1:, 0], [7, 8])


def test_a_comma_is_read_as_where_it_comes_from() -> None:
    typed = sheet().edit("W_r", 0, 0, "0,5")
    assert differences(sheet(), typed) == {"W_r": [(0, 0)]}
    assert typed.grid("W_r")[0, 0] == 0.5
    pasted = sheet().edit("W_r", 0, 0, "0,5", pasted=True)
    np.testing.assert_array_equal(pasted.grid("W_r")[0], [0, 5])
    # What cannot be one number is a table, however it came.
    np.testing.assert_array_equal(sheet().edit("W_r", 0, 0, "3 4").grid("W_r")[0], [3, 4])


@pytest.mark.parametrize(
    ("name", "row", "column", "text", "part_of_message"),
    [
        ("W_r", 0, 0, "abc", "W_r: expected a number in row 1, column 1, got abc"),
        ("W_r", 0, 0, "", "W_r: expected numbers, got nothing"),
        ("W_r", 0, 0, "nan", "W_r: expected a finite number"),
        ("W_r", 0, 0, "1e9", "W_r[0, 0]: expected a number between"),
        ("W_r", 0, 0, "[1, 2", "W_r: expected every bracket"),
        ("W_r", 0, 1, "1 2", "W_r: expected no more columns than 1, got 2"),
        ("W_r", 2, 0, "1 2; 3 4", "W_r: expected no more rows than 1, got 2"),
        ("U_n", 0, 0, "1 2; 3", "U_n: expected 2 numbers in every row"),
        ("b_r", 0, 0, "1 2; 3 4", "b_r: expected one column, got 2"),
        ("b_r", 1, 0, "1 2 3", "b_r: expected no more columns than 2, got 3"),
        ("x", 3, 0, "1 2; 3 4", "x: expected no more rows than 1, got 2"),
        ("x", 0, 0, "0" * (MAX_CHARACTERS + 1), "x: expected at most 10000 characters, got 10001"),
    ],
)
def test_what_cannot_be_used_stays_in_its_cell_and_changes_no_number(
    name: str, row: int, column: int, text: str, part_of_message: str
) -> None:
    for pasted in (False, True):
        after = sheet().edit(name, row, column, text, pasted)
        assert after.setup == sheet().setup
        assert list(after.unread) == [Cell(name, row, column)]
        unread = after.unread[Cell(name, row, column)]
        assert unread.text == text
        assert part_of_message in str(unread.error)


def test_the_second_bias_is_refused_where_it_means_nothing() -> None:
    before = sheet(convention=Convention("state", "before"))
    after = before.edit("c_n", 0, 0, "1")
    assert after.setup == before.setup
    assert "c_n: expected zeros" in str(after.unread[Cell("c_n", 0, 0)].error)


def test_unread_cells_wait_until_they_are_overwritten() -> None:
    wrong = sheet().edit("U_r", 0, 0, "a").edit("U_r", 1, 1, "b").edit("U_z", 0, 0, "c")
    assert set(wrong.unread) == {Cell("U_r", 0, 0), Cell("U_r", 1, 1), Cell("U_z", 0, 0)}
    other = wrong.edit("W_n", 0, 0, "9")
    assert other.unread == wrong.unread
    assert other.grid("W_n")[0, 0] == 9
    block = wrong.edit("U_r", 1, 0, "1 2; 3 4", pasted=True)
    assert set(block.unread) == {Cell("U_r", 0, 0), Cell("U_z", 0, 0)}
    same_number = wrong.edit("U_r", 0, 0, repr(float(wrong.grid("U_r")[0, 0])))
    assert same_number.setup == wrong.setup
    assert Cell("U_r", 0, 0) not in same_number.unread
    assert not wrong.change(sheet().setup).unread


@pytest.mark.parametrize(
    "cell", [("W_r", 3, 0), ("W_r", 0, 2), ("W_r", -1, 0), ("W_r", 0, -1), ("b_r", 0, 1)]
)
def test_a_cell_that_is_not_there_is_refused(cell: tuple[str, int, int]) -> None:
    assert not sheet().has(Cell(*cell))
    with pytest.raises(InputError, match=r"expected a cell of a grid of 3 × \d"):
        sheet().edit(*cell, "1")
    assert not sheet().has(Cell("no_grid", 0, 0))
    assert sheet().has(Cell("W_r", 2, 1))


texts = st.one_of(
    st.text(max_size=30),
    st.text("0123456789.,;-+e \t\n[]()/", max_size=20),
    st.floats().map(str),
    st.lists(st.lists(st.integers(-9, 9), min_size=1, max_size=4), max_size=4).map(str),
)
edits = st.tuples(
    st.sampled_from(GRID_NAMES), st.integers(0, 2), st.integers(0, 2), texts, st.booleans()
)


@given(st.lists(edits, max_size=12))
def test_no_text_breaks_a_sheet_and_undo_leads_all_the_way_back(
    steps: list[tuple[str, int, int, str, bool]],
) -> None:
    start = sheet()
    now = start
    for name, row, column, text, pasted in steps:
        if not now.has(Cell(name, row, column)):
            continue
        after = now.edit(name, row, column, text, pasted)
        if Cell(name, row, column) in after.unread:
            assert after.setup == now.setup
            assert after.unread[Cell(name, row, column)].text == text
        else:
            changed = differences(now, after)
            assert set(changed) <= {name}
            assert all(i >= row and j >= column for i, j in changed.get(name, []))
        lost = set(now.unread) - set(after.unread)
        assert all(cell.name == name for cell in lost)
        assert np.isfinite(after.setup.unroll().h).all()
        now = after
    for _ in steps:
        now = now.undo()
    assert (now.setup, dict(now.unread), now.past) == (start.setup, {}, ())


# --- Undo ----------------------------------------------------------------------------------------


def test_undo_takes_back_one_change_after_the_other() -> None:
    start = sheet()
    other = EXAMPLES["one_unit"].setup
    states = [start]
    states.append(states[-1].edit("x", 0, 0, "5"))
    states.append(states[-1].edit("x", 0, 1, "five"))
    states.append(states[-1].change(other))
    states.append(states[-1].edit("x", 2, 0, "-5"))
    now = states[-1]
    for expected in reversed(states[:-1]):
        now = now.undo()
        assert (now.setup, now.unread) == (expected.setup, expected.unread)
    assert now.undo() is now
    assert start.setup == sheet().setup


def test_a_change_of_nothing_needs_no_undo() -> None:
    start = sheet()
    text = repr(float(start.grid("W_r")[0, 0]))
    assert start.edit("W_r", 0, 0, text) is start
    assert start.change(sheet().setup) is start
    wrong = start.edit("W_r", 0, 0, "a")
    assert wrong.edit("W_r", 0, 0, "b").past[-1].unread == wrong.unread


def test_the_past_is_bounded_and_holds_no_past_of_its_own() -> None:
    now = sheet()
    for value in range(MAX_UNDO + 20):
        now = now.edit("x", 0, 0, str(value))
    assert len(now.past) == MAX_UNDO
    assert all(before.past == () for before in now.past)
    for _ in range(MAX_UNDO):
        now = now.undo()
    assert now.grid("x")[0, 0] == 19


def test_a_sheet_cannot_be_changed_in_place() -> None:
    wrong: Any = sheet().edit("x", 0, 0, "a")
    with pytest.raises(TypeError):
        wrong.unread[Cell("x", 0, 1)] = None
    with pytest.raises(ValueError, match="read-only"):
        wrong.grid("x")[0, 0] = 1


# --- What a browser sends ------------------------------------------------------------------------


def edit(number: int, text: str, row: int = 0, column: int = 0, name: str = "x") -> dict[str, Any]:
    edit = {"number": number, "name": name, "row": row, "column": column, "text": text}
    return {**edit, "pasted": False}


def sent(*edits: dict[str, Any]) -> Any:
    return json.loads(json.dumps(edits))


def test_edits_are_applied_once_and_in_order() -> None:
    first, second, third = edit(1, "1"), edit(2, "2", row=1), edit(3, "3")
    now, acknowledged = apply_edits(sheet(), sent(first), 0)
    assert acknowledged == 1
    # The browser repeats what it has not heard of yet, whole or in part.
    now, acknowledged = apply_edits(now, sent(first, second), acknowledged)
    assert acknowledged == 2
    now, acknowledged = apply_edits(now, sent(first, second), acknowledged)
    assert (acknowledged, len(now.past)) == (2, 2)
    now, acknowledged = apply_edits(now, sent(second, third), acknowledged)
    assert (acknowledged, len(now.past)) == (3, 3)
    np.testing.assert_array_equal(now.grid("x")[:2, 0], [3, 2])


def test_undo_is_an_edit_too() -> None:
    undo = {"number": 3, "undo": True}
    now, acknowledged = apply_edits(sheet(), sent(edit(1, "1"), edit(2, "2"), undo), 0)
    assert acknowledged == 3
    assert now.grid("x")[0, 0] == 1
    assert apply_edits(now, sent(undo), acknowledged) == (now, 3)


def test_a_paste_says_that_it_is_one() -> None:
    pasted = edit(1, "0,5", name="W_r") | {"pasted": True}
    np.testing.assert_array_equal(apply_edits(sheet(), sent(pasted), 0)[0].grid("W_r")[0], [0, 5])


def test_an_edit_of_a_cell_that_has_gone_is_acknowledged_and_passed_over() -> None:
    gone = [
        edit(1, "1", row=MAX_STEPS),
        edit(2, "1", column=MAX_SIZE),
        edit(3, "1", row=-1),
        edit(4, "1", name="W_q"),
    ]
    now, acknowledged = apply_edits(sheet(), sent(*gone, edit(5, "8")), 0)
    assert acknowledged == 5
    assert differences(sheet(), now) == {"x": [(0, 0)]}


@pytest.mark.parametrize(
    "edits",
    [
        None,
        "x",
        7,
        {},
        [None],
        [[]],
        [{"number": 1}],
        [{"number": "1", "undo": True}],
        [{"number": 1, "undo": 1.5}],
        [edit(1, "1") | {"text": 1}],
        [edit(1, "1") | {"row": 0.5}],
        [edit(1, "1") | {"name": None}],
        [edit(1, "1") | {"pasted": "yes"}],
        [{**edit(1, "1"), "number": None}],
    ],
)
def test_anything_else_is_refused(edits: Any) -> None:
    with pytest.raises(InputError, match="edits: expected a list of edited cells, got "):
        apply_edits(sheet(), edits, 0)
