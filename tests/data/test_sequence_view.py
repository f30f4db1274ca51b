"""An address holds all that "Gates over time" shows; what does not go together is refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_core.data.sequence_view import (
    DEFAULT_MODEL,
    MODEL,
    QUERY_NAMES,
    RANDOM_PARAMETERS,
    SORT,
    Drawn,
    SequenceView,
    first_move,
    own_feed,
)
from gru_core.data.sequences import KINDS, Feed
from gru_core.data.wired import WIRED
from gru_core.errors import InputError
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.gru import unroll
from gru_core.maths.measures import half_life
from gru_core.maths.parameters import GRUParameters
from tests.data.test_sequences import FEEDS, values_of

RANDOM = replace(Drawn(), H=5)


def drawn() -> st.SearchStrategy[Drawn]:
    kind: Any = type("Parameters", (), {"parameters": RANDOM_PARAMETERS})
    return values_of(kind).map(lambda values: Drawn(**values))


@st.composite
def views(draw: st.DrawFn) -> SequenceView:
    model = draw(st.one_of(st.sampled_from(list(WIRED)), drawn()))
    feed = own_feed(model)
    if isinstance(model, Drawn):
        feed = draw(FEEDS.filter(is_valid))
    view = SequenceView(model, feed, draw(st.sampled_from(list(SORT.options))))
    return replace(
        view,
        time=draw(st.integers(0, len(view.sequence) - 1)),
        unit=draw(st.integers(0, view.hidden_size - 1)),
    )


def is_valid(feed: Feed) -> bool:
    try:
        return len(feed.sequence) > 0
    except InputError:
        return False


def refused(query: dict[str, str]) -> str:
    with pytest.raises(InputError) as caught:
        SequenceView.from_query(query)
    return str(caught.value)


# --- The address ---------------------------------------------------------------------------------


@given(views())
def test_an_address_restores_the_view_exactly(view: SequenceView) -> None:
    query = view.to_query()
    assert set(query) <= set(QUERY_NAMES)
    restored = SequenceView.from_query(query)
    assert restored == view
    assert restored.to_query() == query


@settings(max_examples=20)
@given(views())
def test_what_was_restored_computes_the_same(view: SequenceView) -> None:
    restored = SequenceView.from_query(view.to_query())
    assert restored.parameters == view.parameters
    np.testing.assert_array_equal(restored.trace().h, view.trace().h)


def test_no_two_parameters_share_a_name() -> None:
    assert len(set(QUERY_NAMES)) == len(QUERY_NAMES)


@pytest.mark.parametrize("name", WIRED)
def test_a_wired_model_is_its_name(name: str) -> None:
    view = SequenceView.of_model(name)
    assert view.to_query() == ({} if name == DEFAULT_MODEL else {"model": name})
    assert view.is_own_feed
    trace = view.trace()
    np.testing.assert_array_equal(trace.h, WIRED[name].unroll().h)


def test_only_what_is_unusual_stands_in_the_address() -> None:
    assert SequenceView.from_query({"lang": "zh"}).to_query() == {}
    view = SequenceView(Drawn(H=5, z="candidate"), Feed("nile", {"T": 30}), "mean_z", 2, 4)
    assert view.to_query() == {
        "model": "random",
        "H": "5",
        "z": "candidate",
        "feed": "nile",
        "T": "30",
        "sort": "mean_z",
        "t": "3",
        "unit": "5",
    }


def test_what_is_left_out_is_as_the_model_has_it() -> None:
    view = SequenceView.from_query({"model": "latch", "draw": "9"})
    assert view.feed == Feed("marked", {**WIRED["latch"].feed.values, "draw": 9})
    assert not view.is_own_feed


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"model": "lstm"}, "model: expected one of latch, resettable_latch"),
        ({"model": "random", "H": "65"}, "H: expected a whole number from 1 to 64, got '65'"),
        ({"model": "random", "scheme": "magic"}, "scheme: expected one of pytorch, orthogonal"),
        ({"model": "random", "gain": "inf"}, "gain: expected a number from 0.1 to 10.0"),
        ({"model": "random", "z": "both"}, "z: expected one of state, candidate"),
        ({"feed": "music"}, "feed: expected one of sine"),
        ({"sort": "size"}, "sort: expected one of none, half_life"),
        ({"t": "121"}, "t: expected a whole number from 1 to 120, got '121'"),
        ({"t": "x"}, "t: expected a whole number from 1 to 120, got 'x'"),
        ({"unit": "2"}, "unit: expected a whole number from 1 to 1, got '2'"),
        ({"feed": "sine"}, "latch: expected a sequence of 2 inputs (value, marker), got 1"),
        ({"model": "toggle", "feed": "marked"}, "toggle: expected a sequence of 1 inputs (value)"),
        ({"marks": "20", "T": "5"}, "marks: expected room for 20 marks, got 5 steps"),
    ],
)
def test_a_wrong_address_is_refused_by_name(query: dict[str, str], message: str) -> None:
    assert message in refused(query)


# --- The model -----------------------------------------------------------------------------------


def test_the_defaults_of_a_drawn_model_are_the_usual_ones() -> None:
    assert {p.name: p.usual for p in RANDOM_PARAMETERS} == vars(Drawn())
    with pytest.raises(InputError, match="H: expected a whole number"):
        Drawn(H=0)


def test_random_weights_take_any_sequence() -> None:
    for kind in KINDS:
        view = SequenceView(RANDOM, Feed(kind))
        trace = view.trace()
        assert trace.h.shape == (len(view.sequence), 5)
        np.testing.assert_array_equal(trace.h0, 0)


def test_what_draws_the_weights_changes_them() -> None:
    weights = [
        SequenceView(model, Feed()).parameters
        for model in (
            RANDOM,
            replace(RANDOM, seed=1),
            replace(RANDOM, scheme="orthogonal"),
            replace(RANDOM, scheme="gaussian"),
            replace(RANDOM, scheme="gaussian", gain=2.0),
            replace(RANDOM, keep="chrono"),
            replace(RANDOM, keep_bias=2.0),
        )
    ]
    assert all(a != b for i, a in enumerate(weights) for b in weights[:i])


@pytest.mark.parametrize("z", ["state", "candidate"])
def test_a_keep_bias_keeps_in_either_convention(z: str) -> None:
    model = replace(RANDOM, z=z, scheme="orthogonal")
    keep = [
        SequenceView(replace(model, keep_bias=bias), Feed()).trace().keep.mean()
        for bias in (-4.0, 0.0, 4.0)
    ]
    assert keep[0] < 0.2 < keep[1] < 0.8 < keep[2]


def test_chrono_spreads_over_the_length_of_the_sequence() -> None:
    model = Drawn(H=64, keep="chrono", scheme="orthogonal")
    short, long = (
        half_life(SequenceView(model, Feed("sine", {"T": T, "amplitude": 0})).trace())
        for T in (10, 500)
    )
    assert short.max() < 10
    assert long.max() > 50


@pytest.mark.parametrize("reset", ["before", "after"])
@pytest.mark.parametrize("gate", ["sigmoid", "hard_sigmoid"])
def test_the_convention_of_a_drawn_model(reset: str, gate: str) -> None:
    view = SequenceView(replace(RANDOM, z="candidate", reset=reset, gate=gate), Feed())
    assert view.convention == view.trace().convention == Convention("candidate", reset, gate)  # type: ignore[arg-type]


# --- Changes -------------------------------------------------------------------------------------


def test_another_sequence_moves_the_reader_to_a_step_that_it_has() -> None:
    view = SequenceView(RANDOM, Feed(), time=150, unit=4)
    assert view.with_feed(Feed("sine", {"T": 20})).time == 19
    assert view.with_feed(Feed("co2")).time == 150


def test_another_model_brings_its_own_sequence_unless_both_are_random() -> None:
    view = SequenceView(RANDOM, Feed("nile"), "mean_z", time=7, unit=4)
    smaller = view.with_model(replace(RANDOM, H=2))
    assert (smaller.feed, smaller.time, smaller.unit) == (view.feed, 7, 1)
    other = view.with_model("toggle")
    assert (other.feed, other.sort, other.time, other.unit) == (
        WIRED["toggle"].feed,
        "mean_z",
        0,
        0,
    )
    assert other.with_model(RANDOM).feed == Feed()


# --- The order of the units ----------------------------------------------------------------------


def constant_gates(b_z: list[float], convention: Convention = PYTORCH) -> GRUParameters:
    H = len(b_z)
    zero = np.zeros((H, H))
    W = np.zeros((H, 1))
    return GRUParameters(W, W, np.ones((H, 1)), zero, zero, zero, np.zeros(H), b_z, np.zeros(H))  # type: ignore[arg-type]


def test_the_order_of_the_units() -> None:
    view = SequenceView(Drawn(H=3), Feed())
    trace = unroll(constant_gates([0.0, 2.0, -1.0]), view.sequence.values)
    orders = {sort: replace(view, sort=sort).order(trace) for sort in SORT.options}
    assert orders["none"] == (0, 1, 2)
    assert orders["half_life"] == orders["mean_z"] == (1, 0, 2)
    # Where z weights the candidate, what z is large for is forgotten first.
    other = unroll(
        constant_gates([0.0, 2.0, -1.0]), view.sequence.values, convention=Convention("candidate")
    )
    assert replace(view, sort="half_life").order(other) == (2, 0, 1)
    assert replace(view, sort="mean_z").order(other) == (1, 0, 2)


def test_when_units_move() -> None:
    # Unit i listens to input i alone; the inputs change at steps 5, 2 and never.
    inputs = np.zeros((8, 3))
    inputs[5:, 0] = 1
    inputs[2:, 1] = -1
    zero, none = np.zeros((3, 3)), np.zeros(3)
    cell = GRUParameters(zero, zero, np.eye(3), zero, zero, zero, none, none, none)
    trace = unroll(cell, inputs)
    assert first_move(trace).tolist() == [5, 2, 8]
    view = SequenceView(Drawn(H=3), Feed(), "first_move")
    assert view.order(trace) == (1, 0, 2)
    # A stir that is small beside what comes later is no move.
    trace = unroll(cell, inputs + np.array([0.01, 0, 0]))
    assert first_move(trace).tolist() == [5, 2, 8]


def test_equal_units_keep_their_own_order() -> None:
    trace = unroll(constant_gates([1.0] * 6), np.ones((4, 1)))
    view = SequenceView(Drawn(H=6), Feed())
    for sort in SORT.options:
        assert replace(view, sort=sort).order(trace) == (0, 1, 2, 3, 4, 5)


@pytest.mark.parametrize("sort", SORT.options)
@pytest.mark.parametrize("model", MODEL.options)
def test_an_order_has_every_unit_once(sort: str, model: str) -> None:
    view = SequenceView.of_model(Drawn(H=64) if model == "random" else model)
    order = replace(view, sort=sort).order(view.trace())
    assert sorted(order) == list(range(view.hidden_size))


# --- One step ------------------------------------------------------------------------------------


@pytest.mark.parametrize("t", [0, 1, 57, -1])
@pytest.mark.parametrize("model", [*WIRED, Drawn(H=4), Drawn(H=4, z="candidate", reset="before")])
def test_a_step_is_the_very_same_on_the_other_page(model: str | Drawn, t: int) -> None:
    view = SequenceView.of_model(model)
    trace, setup = view.trace(), view.step_setup(t)
    assert len(setup.inputs) == 1
    np.testing.assert_array_equal(setup.inputs[0], view.sequence.values[t])
    np.testing.assert_array_equal(setup.h0, trace.h_previous[t])
    there = type(setup).from_query(setup.to_query()).unroll()
    np.testing.assert_allclose(there.h[0], trace.h[t], rtol=0, atol=1e-15)
    np.testing.assert_allclose(there.r[0], trace.r[t], rtol=0, atol=1e-15)


def test_a_step_that_does_not_fit_says_why() -> None:
    for view in (
        SequenceView(Drawn(H=5), Feed()),
        SequenceView(Drawn(H=2), Feed("text")),
    ):
        D, H = view.parameters.input_size, view.hidden_size
        with pytest.raises(InputError, match=f"at most 4 inputs .* got {D} and {H}"):
            view.step_setup(0)
    with pytest.raises(InputError, match="t: expected a step from 0 to 119, got 120"):
        SequenceView.of_model("latch").step_setup(120)
