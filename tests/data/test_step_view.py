"""An address holds everything that the page shows; a wrong one is refused by name."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.bounds import MAX_SEED
from gru_core.data.examples import EXAMPLES, example_setup
from gru_core.data.setup import QUERY_NAMES as SETUP_NAMES
from gru_core.data.step_view import (
    DEFAULT_DIGITS,
    DEFAULT_EXAMPLE,
    QUERY_NAMES,
    START,
    Place,
    StepView,
)
from gru_core.errors import InputError
from gru_core.maths.equations import MAX_DIGITS, MIN_DIGITS, PARTS
from tests.data.test_setup import setups

DIGITS = st.integers(MIN_DIGITS, MAX_DIGITS)


def places(setup: Any) -> st.SearchStrategy[Place]:
    return st.builds(
        Place,
        st.integers(0, len(setup.inputs) - 1),
        st.sampled_from(PARTS),
        st.integers(0, setup.parameters.hidden_size - 1),
    )


@st.composite
def own_views(draw: st.DrawFn) -> StepView:
    """A reader's own numbers, somewhere in them."""
    setup = draw(setups())
    return StepView(setup, place=draw(places(setup)), digits=draw(DIGITS))


@st.composite
def example_views(draw: st.DrawFn) -> StepView:
    name = draw(st.sampled_from(list(EXAMPLES)))
    seed = draw(st.integers(0, MAX_SEED)) if EXAMPLES[name].is_random else 0
    view = StepView.of_example(name, seed, draw(DIGITS))
    return dataclasses.replace(view, place=draw(places(view.setup)))


@given(st.one_of(own_views(), example_views()))
def test_an_address_restores_the_view_exactly(view: StepView) -> None:
    query = view.to_query()
    assert set(query) <= set(QUERY_NAMES)
    restored = StepView.from_query(query)
    assert restored == view
    assert restored.to_query() == query


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_its_name(name: str) -> None:
    view = StepView.of_example(name)
    assert view.to_query() == {"example": name}
    assert view == StepView(example_setup(name), name, 0, START, DEFAULT_DIGITS)


def test_a_random_example_is_its_name_and_seed() -> None:
    view = StepView.of_example("pytorch_default", 7)
    assert view.to_query() == {"example": "pytorch_default", "seed": "7"}
    assert view.setup != StepView.of_example("pytorch_default").setup


def test_an_empty_address_is_the_default_example() -> None:
    assert StepView.from_query({}) == StepView.of_example(DEFAULT_EXAMPLE)
    assert StepView.from_query({"lang": "zh", "q": "1"}) == StepView.of_example(DEFAULT_EXAMPLE)


def test_only_what_is_unusual_stands_in_the_address() -> None:
    view = StepView.of_example("forget")
    moved = dataclasses.replace(view, place=Place(3, "h", 0), digits=5)
    assert moved.to_query() == {"example": "forget", "t": "4", "part": "h", "digits": "5"}


def test_numbers_in_the_address_are_the_readers_own() -> None:
    view = StepView.of_example("one_unit")
    query = {"example": "saturated", "seed": "nonsense"} | view.setup.to_query()
    assert StepView.from_query(query) == StepView(view.setup)


@pytest.mark.parametrize(
    ("query", "part_of_message"),
    [
        ({"example": "nothing"}, "example: expected one of welcome,"),
        ({"example": ""}, "example: expected one of"),
        ({"seed": "-1"}, f"seed: expected a whole number from 0 to {MAX_SEED}, got"),
        ({"seed": str(MAX_SEED + 1)}, "seed: expected"),
        ({"t": "0"}, "t: expected a whole number from 1 to 6, got"),
        ({"t": "7"}, "t: expected a whole number from 1 to 6, got"),
        ({"t": "1.5"}, "t: expected a whole number"),
        ({"t": "9" * 5000}, "t: expected a whole number"),
        ({"part": "q"}, "part: expected one of r, z, n, h, got"),
        ({"unit": "3"}, "unit: expected a whole number from 1 to 2, got"),
        ({"unit": ""}, "unit: expected a whole number"),
        ({"digits": "1"}, "digits: expected a whole number from 2 to 6, got"),
        ({"digits": "7"}, "digits: expected"),
        ({"W_r": "1"}, "x: expected numbers, but it is missing"),
        ({"z": "state"}, "x: expected numbers, but it is missing"),
        (EXAMPLES["one_unit"].setup.to_query() | {"U_z": "1 2"}, "U_z: expected shape (1, 1)"),
        (EXAMPLES["one_unit"].setup.to_query() | {"U_z": "<b>"}, "U_z: expected a number"),
        (EXAMPLES["one_unit"].setup.to_query() | {"t": "4"}, "t: expected a whole number from 1"),
    ],
)
def test_a_wrong_address_is_refused_by_name(query: dict[str, str], part_of_message: str) -> None:
    with pytest.raises(InputError) as refusal:
        StepView.from_query(query)
    assert part_of_message in str(refusal.value)
    assert len(str(refusal.value)) < 400


@given(st.dictionaries(st.sampled_from(QUERY_NAMES), st.text(max_size=20)))
def test_any_address_is_a_view_or_refused(query: dict[str, str]) -> None:
    try:
        view = StepView.from_query(query)
    except InputError:
        return
    assert StepView.from_query(view.to_query()) == view


def test_every_setup_parameter_belongs_to_the_page() -> None:
    assert set(SETUP_NAMES) < set(QUERY_NAMES)
    assert len(set(QUERY_NAMES)) == len(QUERY_NAMES)


# --- Places --------------------------------------------------------------------------------------


def test_a_place_comes_from_the_browser() -> None:
    setup = EXAMPLES["welcome"].setup
    assert Place.of({}, setup) == START
    sent = {"time": 5, "part": "n", "unit": 1, "version": 3}
    assert Place.of(sent, setup) == Place(5, "n", 1)


@pytest.mark.parametrize(
    "value",
    [
        {"time": 6},
        {"time": -1},
        {"time": None},
        {"time": float("nan")},
        {"time": float("inf")},
        {"time": [1]},
        {"unit": 2},
        {"unit": "b"},
        {"part": "x"},
        {"part": None},
        {"part": ["r"]},
    ],
)
def test_a_place_that_does_not_exist_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="expected"):
        Place.of(value, EXAMPLES["welcome"].setup)


@given(own_views(), st.data())
def test_the_nearest_place_exists_and_is_kept_where_it_can_be(
    view: StepView, data: st.DataObject
) -> None:
    other = data.draw(setups())
    nearest = view.place.within(other)
    as_sent = {"time": nearest.time, "part": nearest.part, "unit": nearest.unit}
    assert Place.of(as_sent, other) == nearest
    assert nearest.part == view.place.part
    assert nearest.time == min(view.place.time, len(other.inputs) - 1)
    assert nearest.unit == min(view.place.unit, len(other.h0) - 1)
    assert view.place.within(view.setup) == view.place
