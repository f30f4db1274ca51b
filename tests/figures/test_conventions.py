"""Two conventions side by side: the states of both traces, and which is which without colour."""

import json

import numpy as np
import pytest

from gru_core.data.examples import EXAMPLES
from gru_core.figures.conventions import compare_conventions
from gru_core.figures.palette import COLOURS
from gru_core.maths.convention import KERAS_RESET_BEFORE, PYTORCH, Convention
from gru_core.maths.gru import Trace, unroll
from tests.maths.strategies import random_parameters

NAMES = ("ours", "theirs")


def traces(H: int = 3, T: int = 5) -> tuple[Trace, Trace]:
    rng = np.random.default_rng(1)
    cell = random_parameters(2, 2, H, "before")
    inputs, h0 = rng.normal(size=(T, 2)), rng.normal(size=H)
    ours, theirs = (unroll(cell, inputs, h0, c) for c in (PYTORCH, KERAS_RESET_BEFORE))
    return ours, theirs


@pytest.mark.parametrize("H", [1, 4])
def test_every_state_of_both_is_drawn_from_h0_on(H: int) -> None:
    pair = traces(H)
    figure = compare_conventions(*pair, NAMES)
    assert len(figure.data) == 2 * H
    for trace, name in zip(pair, NAMES, strict=True):
        lines = [line for line in figure.data if line.name == name]
        assert len(lines) == H
        for unit, line in enumerate(lines):
            assert list(line.x) == [0, 1, 2, 3, 4, 5]
            assert line.y[0] == trace.h0[unit]
            np.testing.assert_array_equal(line.y[1:], trace.h[:, unit])
    # One unit without c_n is the same function in both.
    assert np.allclose(figure.data[0].y, figure.data[H].y) == (H == 1)


def test_the_two_differ_without_their_colours_and_units_by_their_markers() -> None:
    ours, theirs = (
        [line for line in compare_conventions(*traces(4), NAMES).data if line.name == name]
        for name in NAMES
    )
    assert {line.line.dash for line in ours} == {"solid"}
    assert {line.line.dash for line in theirs} == {"dash"}
    assert {line.line.color for line in ours} == {COLOURS["h"]}
    assert {line.line.color for line in theirs}.isdisjoint({COLOURS["h"]})
    for lines in (ours, theirs):
        assert len({line.marker.symbol for line in lines}) == 4
    assert [a.marker.symbol for a in ours] == [b.marker.symbol for b in theirs]


def test_the_legend_names_each_once() -> None:
    figure = compare_conventions(*traces(4), NAMES)
    assert [line.name for line in figure.data if line.showlegend] == list(NAMES)
    assert {line.legendgroup for line in figure.data} == set(NAMES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_can_be_compared(name: str) -> None:
    setup = EXAMPLES[name].setup
    other = setup.with_convention(Convention("candidate", "before", "hard_sigmoid"))
    figure = compare_conventions(setup.unroll(), other.unroll(), NAMES)
    states = json.loads(figure.to_json())["data"]
    assert len(states) == 2 * len(setup.h0)
