"""What each hand-wired GRU is said to do, its trace does."""

from dataclasses import replace

import numpy as np
import pytest

from gru_core.data.sequences import Feed, generate
from gru_core.data.wired import WIRED, wired
from gru_core.errors import InputError
from gru_core.maths.gru import unroll
from gru_core.maths.parameters import Array


def test_the_wired() -> None:
    assert len(WIRED) >= 6
    assert next(iter(WIRED)) == "latch"
    for name, each in WIRED.items():
        assert each.name == name
        assert wired(name) is each
        assert each.title != each.look_at
        assert each.look_at.endswith(".")
        assert each.inputs.values.shape[1] == each.parameters.input_size
        assert each.h0.shape == (each.parameters.hidden_size,)
    with pytest.raises(InputError, match=r"model: expected one of latch, .*got perceptron"):
        wired("perceptron")


def marks(each: str, column: int) -> Array:
    return np.flatnonzero(wired(each).inputs.values[:, column])


def test_latch() -> None:
    trace = wired("latch").unroll()
    at = marks("latch", 1)
    assert len(at) == 3
    np.testing.assert_allclose(trace.h[at, 0], np.tanh(trace.inputs[at, 0]), rtol=0, atol=1e-4)
    assert trace.z[at].max() < 1e-4
    assert np.abs(np.diff(trace.inputs[at, 0])).min() > 0.3  # so the values differ visibly
    ends = [*at[1:], len(trace)]
    for start, end in zip(at, ends, strict=True):
        held = trace.h[start:end, 0]
        assert np.abs(held / held[0] - 1).max() < 0.01
        assert np.ptp(trace.inputs[start:end, 0]) > 1
    assert max(np.diff([*at, len(trace)])) >= 40


@pytest.mark.parametrize("value", [-1.0, -0.3, 0.1, 1.0])
def test_latch_keeps_any_value_for_forty_steps(value: float) -> None:
    inputs = np.column_stack([generate("noise", T=41, deviation=0.5).values[:, 0], np.zeros(41)])
    inputs[0] = value, 1
    h = unroll(wired("latch").parameters, inputs).h[:, 0]
    assert h[0] == pytest.approx(np.tanh(value), abs=1e-4)
    assert np.abs(h[1:] / h[0] - 1).max() < 0.01


@pytest.mark.parametrize("draw", [None, 0, 1, 2, 3])
def test_resettable_latch(draw: int | None) -> None:
    each = wired("resettable_latch")
    inputs = each.inputs.values if draw is None else generate("commands", draw=draw).values
    trace = unroll(each.parameters, inputs, each.h0)
    stores, resets = np.flatnonzero(inputs[:, 1]), np.flatnonzero(inputs[:, 2])
    assert len(stores) == len(resets) == 3
    for store, reset in zip(stores, resets, strict=True):
        if store == 0:
            continue  # there is no step before
        held = trace.h[store:reset, 1]
        assert held[0] == pytest.approx(trace.h[store - 1, 0], abs=0.05)
        assert np.abs(held / held[0] - 1).max() < 0.01
        assert trace.r[reset, 1] < 0.001 < 0.999 < trace.r[reset - 1, 1]
        assert abs(trace.h[reset, 1]) < 0.001
    if draw is None:
        assert np.abs(trace.h[stores, 1]).min() > 0.2
        # The reset gate is what forgets: were it always open, unit 2 would take a value instead.
        open_gate = replace(each.parameters, W_r=np.zeros((2, 3)))
        assert np.abs(unroll(open_gate, inputs, each.h0).h[resets, 1]).max() > 0.2


def exponential_average(values: Array, keep: float) -> Array:
    average, averages = 0.0, []
    for value in values:
        average = keep * average + (1 - keep) * value
        averages.append(average)
    return np.array(averages)


def test_running_average() -> None:
    each = wired("running_average")
    trace = each.unroll()
    np.testing.assert_allclose(trace.z, 0.9, rtol=1e-12)
    exact = exponential_average(trace.inputs[:, 0], 0.9)
    assert np.abs(10 * trace.h[:, 0] - exact).max() < 1e-2
    assert exact[50:].std() < 0.5 * trace.inputs[50:].std()  # it does smooth


@pytest.mark.parametrize("feed", [Feed("sine"), Feed("step"), Feed("noise", {"deviation": 0.3})])
def test_running_average_of_other_inputs(feed: Feed) -> None:
    values = feed.sequence.values
    h = unroll(wired("running_average").parameters, values).h[:, 0]
    assert np.abs(10 * h - exponential_average(values[:, 0], 0.9)).max() < 1e-2


def test_two_time_scales() -> None:
    trace = wired("two_time_scales").unroll()
    up = np.flatnonzero(trace.inputs[:, 0])
    assert (up[0], up[-1], len(up)) == (10, 89, 80)  # steps 11 to 90
    goal = np.tanh(1.0)
    assert trace.h[up[0] + 1, 0] == pytest.approx(goal / 2)  # after 2 steps
    assert trace.h[up[0] + 19, 1] == pytest.approx(goal / 2)  # after 20
    last = trace.h[up[-1]]
    assert trace.h[up[-1] + 2, 0] == pytest.approx(last[0] / 2)
    assert trace.h[up[-1] + 20, 1] == pytest.approx(last[1] / 2)


def test_edge_detector() -> None:
    trace = wired("edge_detector").unroll()
    h, change = trace.h[:, 1], np.diff(trace.inputs[:, 0], prepend=0)
    assert ((change > 0).sum(), (change < 0).sum()) == (1, 1)
    assert h[change > 0].min() > 0.9
    assert h[change < 0].max() < -0.9
    assert np.abs(h[change == 0]).max() < 0.01


@pytest.mark.parametrize("level", [-1.0, -0.5, 0.25, 1.0])
def test_edge_detector_is_silent_on_any_constant_input(level: float) -> None:
    h = unroll(wired("edge_detector").parameters, np.full((30, 1), level)).h[:, 1]
    assert abs(h[0]) > 0.4
    assert np.abs(h[1:]).max() < 0.01


def periods(swing: Array) -> Array:
    """Steps between upward zero crossings, each placed between its two steps by a straight line."""
    before = np.flatnonzero((swing[:-1] < 0) & (swing[1:] >= 0))
    return np.diff(before - swing[before] / (swing[before + 1] - swing[before]))


def test_oscillator() -> None:
    each = wired("oscillator")
    trace = each.unroll()
    kick = np.flatnonzero(trace.inputs[:, 0])
    assert kick.tolist() == [81]
    for unit in (0, 1):
        for part in (trace.h[20:81, unit], trace.h[111:, unit]):
            assert periods(part).mean() == pytest.approx(14.7, abs=0.3)
            assert periods(part).mean() == pytest.approx(14.9, abs=0.1)
    size = np.linalg.norm(trace.h, axis=1)
    # The size itself swings a little, so the whole range of it is compared.
    for extreme in (np.min, np.max):
        assert extreme(size[111:]) == pytest.approx(extreme(size[40:81]), rel=0.01)
    assert size[81:].min() < 0.25 * size[40:81].min()
    calm = unroll(each.parameters, np.zeros_like(trace.inputs), each.h0)
    phase = [np.unwrap(np.arctan2(t.h[:, 1], t.h[:, 0]))[-1] for t in (trace, calm)]
    assert (phase[0] - phase[1]) / (2 * np.pi) * 14.9 == pytest.approx(5, abs=0.5)


def test_oscillator_needs_a_first_state() -> None:
    h = unroll(wired("oscillator").parameters, np.zeros((50, 1))).h
    np.testing.assert_array_equal(h, 0)


def test_oscillator_at_length() -> None:
    each = wired("oscillator")
    h = unroll(each.parameters, np.zeros((5000, 1)), each.h0).h
    assert periods(h[1000:, 0]).mean() == pytest.approx(14.884, abs=0.005)
    assert np.linalg.norm(h[1000:], axis=1).min() > 0.7


def test_toggle() -> None:
    trace = wired("toggle").unroll()
    h = trace.h[:, 0]
    so_far = np.cumsum(trace.inputs[:, 0])
    assert so_far[-1] >= 6
    np.testing.assert_array_equal(np.sign(h), np.where(so_far % 2 == 0, 1, -1))
    assert np.abs(h).min() > 0.99
