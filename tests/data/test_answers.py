"""The numbers behind the live parts of "Questions answered"."""

from itertools import combinations
from math import exp, log

import numpy as np
import pytest
import torch

from gru_core.data import answers
from gru_core.data.missing import METHODS
from gru_core.data.setup import Setup
from gru_core.data.tasks import TASKS
from gru_core.data.tasks.sunspots import rmse_on_test

MODULES = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}


@pytest.mark.parametrize(("D", "H"), [(1, 1), (4, 5), (16, 32), (256, 3)])
@pytest.mark.parametrize(("sets", "bias"), [("two", True), ("none", False)])
def test_counts_are_torchs(D, H, sets, bias):
    for cell, count in answers.counts(D, H, sets).items():
        module = MODULES[cell](D, H, bias=bias)
        assert count == sum(p.numel() for p in module.parameters())


def test_the_counts_that_people_ask_about():
    two = answers.counts(16, 32, "two")["gru"]
    one = answers.counts(16, 32, "one")["gru"]
    both = torch.nn.GRU(16, 32, bidirectional=True)
    assert 2 * two == 9600 == sum(p.numel() for p in both.parameters())
    assert 2 * one == 9408
    assert [answers.counts(4, 5, sets)["gru"] for sets in ("one", "two")] == [150, 165]
    by_library = answers.counts_by_library(16, 32)
    assert by_library["pytorch"] == two
    assert by_library["keras_reset_before"] == one


@pytest.mark.parametrize("draw", [0, 7])
def test_turned_signs_are_all_that_differs_between_the_formulas(draw):
    assert answers.difference(*answers.two_readings(draw, negated=True)) < 1e-14
    assert answers.difference(*answers.two_readings(draw, negated=False)) > 0.01


def test_the_two_places_of_reset_meet_where_units_do_not_mix():
    assert answers.two_places(0.0).difference < 1e-15
    assert answers.two_places(1.0).difference > 0.05


def test_a_closed_reset_gate_erases_nothing_but_z_does():
    kept = answers.over_time(answers.closed(-8.0, 8.0)).ys["h"]
    assert kept[-1] == pytest.approx(0.8, abs=0.01)
    gone = answers.over_time(answers.closed(-8.0, -8.0))
    assert gone.ys["h"][1:] == pytest.approx(gone.ys["n"][1:], abs=1e-3)


def test_a_larger_u_pushes_gates_to_the_ends():
    share = [
        ((z > 0.1) & (z < 0.9)).mean()
        for z in (answers.random_gates(gain).trace().z for gain in (1.0, 10.0))
    ]
    assert share[0] > 0.99 > 0.5 > share[1]


@pytest.mark.parametrize("at", [-3.0, 0.0, 0.7])
def test_slopes_are_differences(at):
    step = 1e-6
    before, after, here = (answers.squashed(at + d) for d in (-step, step, 0.0))
    for name in ("sigmoid", "tanh"):
        slope = (after[name] - before[name]) / (2 * step)
        assert here[f"slope_{name}"] == pytest.approx(slope, abs=1e-9)


def test_relu_has_no_bound_and_tanh_has():
    lines = answers.unbounded(1.5)
    assert lines.ys["relu"][-1] == pytest.approx(0.1 * (1.5**40 - 1) / 0.5)
    assert lines.ys["tanh"].max() < 1


@pytest.mark.parametrize("T", [2, 12])
def test_h_n_is_as_torch_gives_it(T):
    both = answers.both_ways(T)
    assert both.h_n.shape == (2, 4)
    assert np.array_equal(both.h_n[0], both.last_output[0])
    assert not np.allclose(both.h_n[1], both.last_output[1])
    module = torch.nn.GRU(2, 4, bidirectional=True)
    output, h_n = module(torch.randn(T, 2))
    assert torch.equal(h_n[0], output[-1, :4])
    assert torch.equal(h_n[1], output[0, 4:])


def test_half_lives_by_their_definition():
    u = 1 / (1 + exp(-2.0))
    assert answers.steps_to_halve(2.0) == pytest.approx(log(0.5) / log(u))
    assert answers.steps_to_halve(0.0) == pytest.approx(1.0)
    assert answers.left_after(2.0, 50) == pytest.approx(u**50)


def test_clipping_shortens_and_never_lengthens():
    small, large = answers.clipped(0.8).ys, answers.clipped(1.2).ys
    assert np.array_equal(small["clipped"], small["raw"])
    assert large["clipped"].max() == 1.0 < large["raw"][-1]


def test_only_dropout_of_the_old_state_shortens_memory():
    keep, share, T = 0.9, 0.3, 5
    lines = answers.dropped(keep, share, T).ys
    assert lines["candidate"][-1] == pytest.approx(keep**T)
    rng = np.random.default_rng(0)
    mask = rng.random((100_000, T)) > share
    assert lines["erasing"][-1] == pytest.approx((mask * keep).prod(axis=1).mean(), rel=0.02)
    gated = (1 - mask * (1 - keep)).prod(axis=1).mean()
    assert lines["gated"][-1] == pytest.approx(gated, rel=0.005)
    assert lines["gated"][-1] > lines["candidate"][-1] > lines["erasing"][-1]


@pytest.mark.parametrize("seeds", [1, 2, 3, 5])
def test_chance_by_counting_all_orders(seeds):
    places = [set(chosen) for chosen in combinations(range(2 * seeds), seeds)]
    lowest, highest = set(range(seeds)), set(range(seeds, 2 * seeds))
    assert answers.by_chance(seeds) == sum(p in (lowest, highest) for p in places) / len(places)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "refuse"])
def test_a_gap_is_filled_and_nothing_else(method):
    lines = answers.gap(method, 5)
    filled = ~np.isnan(lines.ys["filled"])
    assert np.flatnonzero(filled).tolist() == list(range(22, 27))
    assert ("mask" in lines.ys) == (method == "mask")
    if method == "mask":
        assert np.array_equal(lines.ys["mask"] == 1, filled)
    assert answers.worst(lines) > 0


def test_forecasts_are_those_of_the_task():
    errors = answers.rmse(answers.sunspots(9))
    known = rmse_on_test()
    assert errors["persistence"] == pytest.approx(known["persistence"])
    assert errors["autoregression"] == pytest.approx(known["AR(9)"])


def test_every_task_is_an_example_of_one_kind():
    listed = [name for names in answers.KINDS.values() for name in names]
    assert sorted(listed) == sorted(TASKS)
    for kind, read in (("labelling", "all"), ("classification", "last"), ("regression", "last")):
        assert {TASKS[name].read for name in answers.KINDS[kind]} == {read}


def test_set_ups_survive_their_address():
    for setup in (answers.mixed(0.5), answers.closed(-3.0, 4.0)):
        assert Setup.from_query(setup.to_query()) == setup


def test_lines_as_csv():
    csv = answers.clipped(0.5, steps=1).to_csv().splitlines()
    assert csv == ["x,raw,clipped", "0.0,1.0,1.0", "1.0,0.5,0.5"]
