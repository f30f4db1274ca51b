"""An address holds everything that "Gradients over time" shows; a wrong one is refused by name."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.bounds import OneOf, Real, Whole
from gru_core.data.gradient_view import (
    CHOICES,
    QUERY_NAMES,
    STEPS,
    GradientView,
    early_step,
    late_step,
    loss_step,
)
from gru_core.errors import InputError
from gru_core.maths.convention import PYTORCH, Convention


def choices(parameter: Any) -> st.SearchStrategy[Any]:
    match parameter:
        case Whole(low=low, high=high):
            return st.integers(low, high)
        case Real(low=low, high=high):
            return st.floats(low, high)
        case OneOf(options=options):
            return st.sampled_from(list(options))
    raise TypeError(parameter)


@st.composite
def views(draw: st.DrawFn) -> GradientView:
    chosen = {parameter.name: draw(choices(parameter)) for parameter in CHOICES}
    T = chosen["T"]
    t = draw(choices(late_step(T)))
    return GradientView(
        **chosen, at=draw(choices(loss_step(T))), t=t, s=draw(choices(early_step(t)))
    )


@given(views())
def test_an_address_restores_the_view_exactly(view: GradientView) -> None:
    query = view.to_query()
    assert set(query) <= set(QUERY_NAMES)
    restored = GradientView.from_query(query)
    assert restored == view
    assert hash(restored) == hash(view)
    assert restored.to_query() == query


def test_an_empty_address_is_what_the_page_opens_on() -> None:
    view = GradientView.from_query({"lang": "zh", "units": "3"})
    assert view == GradientView()
    assert view.to_query() == {}
    assert (view.H, view.T, view.seeds, view.scheme, view.keep) == (32, 100, 3, "pytorch", "none")
    assert (view.loss, view.cell, view.t, view.s) == ("last", "gru", 100, 1)
    assert view.convention == PYTORCH


def test_only_what_is_unusual_stands_in_the_address() -> None:
    view = GradientView(T=20, keep="bias", keep_bias=-1.5)
    assert view.to_query() == {"T": "20", "keep": "bias", "keep_bias": "-1.5"}
    assert (view.at, view.t, view.s) == (10, 20, 1)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"H": "65"}, "H: expected a whole number from 1 to 64, got '65'"),
        ({"H": "0"}, "H: expected"),
        ({"D": "9"}, "D: expected a whole number from 1 to 8"),
        ({"T": "1"}, "T: expected a whole number from 2 to 200"),
        ({"T": "201"}, "T: expected"),
        ({"T": "1e2000"}, "T: expected"),
        ({"scheme": "zeros"}, "scheme: expected one of pytorch, orthogonal, gaussian"),
        ({"gain": "nan"}, "gain: expected a number"),
        ({"keep": "constant"}, "keep: expected one of none, bias, chrono"),
        ({"keep_bias": "11"}, "keep_bias: expected a number from -10"),
        ({"loss": "first"}, "loss: expected one of last, step, all"),
        ({"z": "r"}, "z: expected one of"),
        ({"reset": "never"}, "reset: expected one of"),
        ({"seed": "-1"}, "seed: expected"),
        ({"seeds": "11"}, "seeds: expected a whole number from 1 to 10"),
        ({"cell": "cnn"}, "cell: expected one of gru, rnn, lstm"),
        ({"at": "0"}, "at: expected a whole number from 1 to 100, got '0'"),
        ({"at": "101"}, "at: expected"),
        ({"T": "20", "t": "21"}, "t: expected a whole number from 1 to 20, got '21'"),
        ({"t": "5", "s": "6"}, "s: expected a whole number from 1 to 5, got '6'"),
        ({"s": "<b>" * 2000}, "s: expected a whole number"),
    ],
)
def test_a_wrong_address_is_refused_by_name(query: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        GradientView.from_query(query)
    assert str(refusal.value).startswith(message)
    assert len(str(refusal.value)) < 300


@given(views(), st.integers(STEPS.low, STEPS.high))
def test_another_length_keeps_the_places_that_exist(view: GradientView, T: int) -> None:
    usual, other = GradientView(T=view.T), view.changed(T=T)
    assert other.T == T
    for name in ("at", "t"):
        before = getattr(view, name)
        expected = GradientView(T=T) if before == getattr(usual, name) else None
        assert getattr(other, name) == (getattr(expected, name) if expected else min(before, T))
    assert other.s == min(view.s, other.t)
    places = {name: getattr(view, name) for name in ("at", "t", "s")}
    assert replace(other, T=view.T, **places) == view


def test_an_earlier_t_takes_s_with_it() -> None:
    view = GradientView(T=50, t=40, s=30)
    assert view.changed(t=20) == GradientView(T=50, t=20, s=20)
    assert view.changed(t=35) == GradientView(T=50, t=35, s=30)
    assert view.changed(t=45, s=44) == GradientView(T=50, t=45, s=44)
    with pytest.raises(InputError, match="s: expected"):
        view.changed(s=41)
    with pytest.raises(InputError, match="T: expected"):
        view.changed(T=1)


def test_what_does_not_act_on_the_curves() -> None:
    view = GradientView()
    for idle in ({"cell": "lstm"}, {"t": 9, "s": 3}, {"at": 7}, {"gain": 3.0}, {"keep_bias": 5.0}):
        other = view.changed(**idle)
        assert other != view
        assert other.curves == view.curves == view
    for acting in (
        {"loss": "step"},
        {"keep": "bias"},
        {"keep": "chrono"},
        {"scheme": "gaussian"},
        {"reset": "before"},
        {"seed": 1},
    ):
        assert view.changed(**acting).curves != view.curves
    step, bias = view.changed(loss="step"), view.changed(keep="bias")
    assert step.changed(at=7).curves != step.curves
    assert bias.changed(keep_bias=5.0).curves != bias.curves
    gaussian = view.changed(scheme="gaussian")
    assert gaussian.changed(gain=3.0).curves != gaussian.curves


def test_choices_for_the_maths() -> None:
    view = GradientView(z="candidate", reset="before", keep_bias=1.5)
    assert view.convention == Convention("candidate", "before")
    kept = [view.changed(keep=keep).keep_choice for keep in ("none", "bias", "chrono")]
    assert kept == [0.0, 1.5, "chrono"]
