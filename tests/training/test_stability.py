"""A map over two settings: its cells, its bounds, and what is measured in one."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_core.errors import InputError
from gru_core.training.experiment import Experiment
from gru_core.training.stability import AXES, MAX_CELLS, Axis, Grid, measure
from gru_core.training.trainer import advance, start

BASE = Experiment.of(
    {"task": "adding", "length": 8, "hidden": 4, "batch": 4, "steps": 20, "runs": 2}
)


def axis(name: str, low: float, high: float, count: int, log: bool = False) -> dict[str, Any]:
    return {"name": name, "low": low, "high": high, "count": count, "log": log}


GAIN, LENGTH = axis("gain", 0.5, 2, 3, log=True), axis("length", 4, 8, 2)


def grid(x: dict[str, Any], y: dict[str, Any], experiment: Experiment = BASE) -> Grid:
    return Grid.of({"experiment": experiment, "x": x, "y": y})


def test_a_cell_is_the_experiment_with_its_two_values() -> None:
    cells = grid(GAIN, LENGTH, BASE.changed(scheme="gaussian")).experiments
    assert [(e.length, e.gain) for e in cells] == [
        (4, 0.5),
        (4, 1.0),
        (4, 2.0),
        (8, 0.5),
        (8, 1.0),
        (8, 2.0),
    ]
    assert {e.changed(gain=1, length=8) for e in cells} == {BASE.changed(scheme="gaussian")}


@pytest.mark.parametrize(
    ("x", "field", "brought", "kept"),
    [
        (GAIN, "scheme", "orthogonal", "glorot"),
        (axis("clip_at", 0.1, 1, 2), "clip", "norm", "value"),
        (axis("keep_bias", 0, 4, 2), "keep", "bias", "bias"),
    ],
)
def test_an_axis_brings_what_it_needs(x: Any, field: str, brought: str, kept: str) -> None:
    bare = BASE.changed(clip="none", keep="none", scheme="pytorch")
    assert {getattr(e, field) for e in grid(x, LENGTH, bare).experiments} == {brought}
    chosen = bare.changed(**{field: kept})
    assert {getattr(e, field) for e in grid(x, LENGTH, chosen).experiments} == {kept}


@given(
    st.sampled_from(["gain", "learning_rate", "clip_at"]),
    st.floats(0.01, 1.0),
    st.floats(1.1, 10.0),
    st.integers(2, 13),
    st.booleans(),
)
def test_values_rise_between_their_ends(
    name: str, low: float, high: float, count: int, log: bool
) -> None:
    values = Axis(**axis(name, low, high, count, log)).values
    assert len(values) == count
    assert (values[0], values[-1]) == (low, high)
    assert list(values) == sorted({*values})
    if count == 3:
        middle = np.sqrt(low * high) if log else (low + high) / 2
        assert values[1] == pytest.approx(middle, rel=1e-3)


def test_whole_numbers_are_there_once() -> None:
    assert Axis(**axis("hidden", 1, 4, 7)).values == (1, 2, 3, 4)
    assert Axis(**axis("length", 10, 160, 5, log=True)).values == (10, 20, 40, 80, 160)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (axis("cell", 0, 1, 2), LENGTH, "got cell"),
        (axis("gain", 0.5, 2, 1), LENGTH, "2 to 13 values"),
        (axis("gain", 0.5, 2, 14), LENGTH, "2 to 13 values"),
        (axis("gain", 2, 0.5, 3), LENGTH, "low end of the axis below the high one"),
        (axis("gain", 1, float("inf"), 3), LENGTH, "low end of the axis below the high one"),
        (axis("gain", float("nan"), 2, 3), LENGTH, "low end of the axis below the high one"),
        (axis("keep_bias", -1, 2, 3, log=True), LENGTH, "above 0 on a logarithmic axis"),
        (axis("gain", 1, 1.001, 5), LENGTH, "differ in four digits"),
        (axis("gain", 0.5, 20, 3), LENGTH, "gain: expected a number from 0.01 to 10"),
        (GAIN, axis("length", 4, 400, 2), "length: expected a whole number"),
        (GAIN, GAIN, "got gain twice"),
        (axis("gain", 0.5, 2, 8), axis("length", 4, 10, 7), "at most 49 cells, got 56"),
        (axis("hidden", 1, 40, 7), axis("batch", 1, 64, 7), "This map would take"),
    ],
)
def test_what_is_refused(x: Any, y: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        grid(x, y, BASE.changed(steps=20_000, length=200))


def test_an_rnn_has_no_keep_bias() -> None:
    with pytest.raises(InputError, match="It has no gate"):
        grid(axis("keep_bias", 0, 4, 3), LENGTH, BASE.changed(cell="rnn"))


def test_all_axes_make_a_map() -> None:
    for name in AXES:
        other = LENGTH if name != "length" else GAIN
        low, high = (2, 8) if name in ("length", "hidden", "batch") else (0.1, 1)
        assert len(grid(axis(name, low, high, 7), other).experiments) <= MAX_CELLS


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 1), st.floats(2, 10), st.integers(2, 5), st.booleans())
def test_an_address_holds_it(low: float, high: float, count: int, log: bool) -> None:
    seen = grid(axis("gain", low, high, count, log), LENGTH)
    assert Grid.from_query(seen.to_query()) == seen
    assert grid(GAIN, LENGTH).to_query()["x"] == "gain:0.5:2:3:log"


@pytest.mark.parametrize(
    "text", ["", "gain", "gain:1:2", "gain:1:2:3:lin", "gain:a:2:3", "gain:1:2:2.5", "gain:1:2:3:4"]
)
def test_a_wrong_address_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Grid.from_query({"x": text, "y": "length:4:8:2"})


def measured(**choices: object) -> Any:
    checkpoint, record = advance(start(BASE.changed(**choices)), 1000)
    return measure(checkpoint, record), record


def test_a_healthy_cell() -> None:
    seen, record = measured()
    assert seen.loss == np.median(record.validation_loss[-1])
    assert seen.guess == pytest.approx(seen.loss * 6)  # a constant answer to adding: 1/6
    profiles = [record.snapshots[place].profile[:, 0] for place in (-1, 0)]
    for ratio, profile in zip((seen.ratio, seen.first_ratio), profiles, strict=True):
        assert ratio == pytest.approx(np.median(profile[:, 0] / profile[:, -1]))
    assert seen.diverged == 0.0


def test_a_gradient_that_fades_and_one_that_grows() -> None:
    wide = {"cell": "rnn", "scheme": "orthogonal", "length": 60, "candidate": "relu", "steps": 1}
    ratios = [measured(**wide, gain=gain)[0].first_ratio for gain in (0.5, 1.0, 1.6)]
    assert ratios[0] < 1e-20 < 1e-12 < ratios[1] < 1.0 < ratios[2]


def test_a_cell_that_diverged() -> None:
    seen, record = measured(
        task="sine",
        length=50,
        cell="rnn",
        candidate="relu",
        scheme="orthogonal",
        gain=1.9,
        optimiser="sgd",
        learning_rate=0.5,
        clip="none",
    )
    assert len(record) < 20
    assert (seen.loss, seen.guess, seen.diverged) == (np.inf, np.inf, 1.0)
    assert seen.first_ratio > 1.0
