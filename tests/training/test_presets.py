"""What the gallery says of its presets: each symptom is there, and each cure mends it.

The numbers are of every seed of the preset. Bounds leave room for other processors, which round
otherwise; a symptom that shows early is looked at early.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

from gru_core.data.series import SERIES
from gru_core.data.tasks.sunspots import ORDER, TEST_FROM, VALIDATION_FROM, autoregression
from gru_core.maths.parameters import Array
from gru_core.training.experiment import Experiment
from gru_core.training.presets import PRESETS
from gru_core.training.record import Record
from gru_core.training.trainer import Checkpoint, advance, answers, data_of, start

CURED = [name for name, preset in PRESETS.items() if preset.cure]


@cache
def under_way(experiment: Experiment) -> dict[int, tuple[Checkpoint, Record]]:
    """How far a run has been taken, by the number of steps."""
    return {0: (start(experiment), Record.empty(experiment.runs))}


def trained(experiment: Experiment, steps: int) -> tuple[Checkpoint, Record]:
    """The first steps of a run: it goes on from where another test has left it."""
    known = under_way(experiment)
    if steps not in known:
        checkpoint, record = known[max(done for done in known if done < steps)]
        last, more = advance(checkpoint, steps - checkpoint.step)
        known[steps] = last, record + more
    return known[steps]


def ailing(name: str, steps: int | None = None) -> Record:
    """The record of a preset's first steps, by default of the third in which it must show."""
    experiment = PRESETS[name].experiment
    return trained(experiment, steps or experiment.steps // 3)[1]


def cured(name: str, steps: int | None = None) -> Record:
    """The record with the cure, by default of as many steps as the preset has."""
    experiment = PRESETS[name].cured
    return trained(experiment, steps or experiment.steps)[1]


def guesses(name: str, record: Record) -> Array:
    """Validation losses (E, K), in losses of guessing."""
    e = PRESETS[name].experiment
    return record.validation_loss / e.about.guess(e.length, e.loss)


def carried(record: Record, snapshot: int = 0) -> Array:
    """The gradient at the first step of the sequence against that at the last, (K,)."""
    profile = record.snapshots[snapshot].profile[:, -1]
    return np.asarray(profile[:, 0] / profile[:, -1])


def test_the_first_is_the_default() -> None:
    first, *_ = PRESETS.values()
    assert first.name == "adding"
    assert first.experiment == Experiment()


def test_no_two_are_alike() -> None:
    assert all(name == preset.name for name, preset in PRESETS.items())
    for told in ("title", "look_at", "why", "experiment"):
        assert len({getattr(preset, told) for preset in PRESETS.values()}) == len(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_an_address_holds_it(name: str) -> None:
    for experiment in (PRESETS[name].experiment, PRESETS[name].cured):
        assert Experiment.from_query(experiment.to_query()) == experiment
        assert experiment.steps_of_input <= 100
        assert experiment.runs == 3


@pytest.mark.parametrize("name", PRESETS)
def test_its_words_are_short(name: str) -> None:
    preset = PRESETS[name]
    assert not preset.look_at[0].isupper()
    for text, most in ((preset.look_at, 1), (preset.why, 2)):
        assert 1 <= len(re.findall(r"\.(?= |$)", text)) <= most
        assert text.endswith(".")
    assert bool(preset.cure) == bool(preset.cure_title)


@pytest.mark.parametrize("name", CURED)
def test_the_cure_changes_that_alone(name: str) -> None:
    preset = PRESETS[name]
    before, after = preset.experiment.model_dump(), preset.cured.model_dump()
    assert {choice for choice in before if before[choice] != after[choice]} == {*preset.cure}


def test_adding_leaves_the_guess() -> None:
    losses = guesses("adding", ailing("adding"))
    assert (losses[5:7] > 0.9).all()  # after 50 steps
    assert (losses[-1] < 0.4).all()


@pytest.mark.parametrize(
    "name", ["dead_start", "rnn_forgets", "vanishing", "truncated", "lstm_forgets"]
)
def test_it_stays_on_the_guess(name: str) -> None:
    steps = PRESETS[name].experiment.steps if name == "rnn_forgets" else None
    losses = guesses(name, ailing(name, steps))
    assert (losses[-3:] > 0.97).all()
    assert (losses[-1] < 1.5).all()


@pytest.mark.parametrize(
    ("name", "steps", "most"),
    [
        ("rate_high", 300, 0.1),
        ("rate_low", 300, 0.1),
        ("dead_start", 300, 0.1),
        ("rnn_forgets", 300, 0.1),
        ("exploding", 150, 0.4),
        ("vanishing", 200, 0.1),
        ("truncated", 300, 0.1),
        ("lstm_forgets", 200, 0.5),
        ("relu", 300, 0.1),
        ("clip_low", 300, 0.25),
        ("overfit", 300, 0.25),
    ],
)
def test_the_cure_learns(name: str, steps: int, most: float) -> None:
    assert steps <= PRESETS[name].experiment.steps
    assert (guesses(name, cured(name, steps))[-1] < most).all()


def test_a_high_rate_throws_the_gates() -> None:
    record = ailing("rate_high")
    np.testing.assert_allclose(
        record.update_norm[0], np.sqrt(PRESETS["rate_high"].experiment.parameters), rtol=1e-3
    )
    losses = guesses("rate_high", record)[1:]
    assert (losses > 0.9).all()
    assert (np.median(losses, axis=0) > 1.2).all()
    assert (record.saturation[3:] > 0.8).all()
    assert (cured("rate_high").saturation[3:] < 0.5).all()


def test_a_low_rate_goes_nowhere() -> None:
    experiment = PRESETS["rate_low"].experiment
    last, record = trained(experiment, experiment.steps)
    losses = guesses("rate_low", record)
    assert (losses[-1] < losses[0]).all()
    assert (losses[-1] > 1.5).all()
    first = start(experiment).weights
    moved = [float((weight - first[name]).abs().max()) for name, weight in last.weights.items()]
    assert max(moved) < 0.1


def test_a_dead_start_has_no_state() -> None:
    last, record = trained(PRESETS["dead_start"].experiment, 100)
    assert (record.largest_state == 0.0).all()
    assert {name for name, weight in last.weights.items() if bool(weight.any())} == {"head.bias"}


def test_an_exploding_gradient_stops_every_run() -> None:
    last, _ = trained(PRESETS["exploding"].experiment, 50)
    assert {stop.reason for stop in last.stopped if stop} <= {"loss", "gradient"}
    assert all(stop and stop.step < 20 for stop in last.stopped)
    assert cured("exploding").gradient_norm.max() > 1e3  # clipping holds the step, not the norm


@pytest.mark.parametrize(("name", "most"), [("vanishing", 1e-15), ("lstm_forgets", 1e-6)])
def test_a_vanishing_gradient_is_carried_by_chrono(name: str, most: float) -> None:
    assert (carried(ailing(name)) < most).all()
    assert (carried(cured(name, 200)) > max(1e-4, 100 * most)).all()


def test_truncation_cuts_the_gradient_off() -> None:
    norms = ailing("truncated").snapshots[0].profile[:, -1]
    assert (norms[:, :20] == 0.0).all()
    assert (norms[:, 20:] > 0.0).all()
    data = data_of(PRESETS["truncated"].experiment).validation.inputs
    assert np.flatnonzero(data[..., :2].any(axis=(1, 2))).max() < 18


def test_relu_lets_the_state_grow() -> None:
    record = ailing("relu", 200)
    assert (record.largest_state[10] > 1.1).all()  # after 100 steps
    assert (record.largest_state[-1] > 5.0).all()
    assert (guesses("relu", record)[-1] < 0.1).all()
    assert (cured("relu").largest_state <= 1.0).all()


def test_a_low_clip_cuts_every_step() -> None:
    record = ailing("clip_low")
    assert (record.gradient_norm > 0.05).all()
    np.testing.assert_allclose(record.clipped_norm, 0.01, rtol=1e-3)
    assert 15 < np.median(record.gradient_norm) / 0.01 < 60
    assert (guesses("clip_low", record)[-1] > 0.95).all()


def test_what_is_learned_by_heart_does_not_hold_elsewhere() -> None:
    record = ailing("overfit", PRESETS["overfit"].experiment.steps)
    losses = guesses("overfit", record)
    third = len(losses) // 3
    assert record.loss[100:].max() < 0.2
    assert (losses[-1] > 1.08 * losses[:third].min(axis=0)).all()
    assert (losses[-1] > 1.5 * guesses("overfit", cured("overfit"))[-1]).all()
    assert len(data_of(PRESETS["overfit"].cured).train or ()) == 1077


def test_a_full_batch_falls_in_every_step_and_is_hardly_ahead() -> None:
    full, batch = ailing("full_batch", 120), cured("full_batch", 120)
    assert (np.diff(full.loss, axis=0) < 0.0).all()
    assert ((np.diff(batch.loss, axis=0) > 0.0).mean(axis=0) > 0.25).all()
    ends = [guesses("full_batch", record)[-3:].mean(axis=0) for record in (full, batch)]
    assert (ends[1] < 1.3 * ends[0]).all()
    assert (ends[1] < 0.85).all()


def test_digits_are_told_apart() -> None:
    assert (ailing("digits", 300).validation_accuracy[-1] > 0.8).all()


def test_sunspots_pass_persistence_at_once_and_the_autoregression_by_little() -> None:
    e = PRESETS["sunspots"].experiment
    last, record = trained(e, e.steps)
    persistence, ar = (mark.value for mark in e.about.marks(e.length) if mark.loss == e.loss)
    assert (record.validation_loss[5] < persistence).all()  # after 50 steps
    assert (record.validation_loss[-1] > 0.7 * ar).all()
    assert (record.validation_loss[-1] < 0.97 * ar).all()

    data = data_of(e)
    assert data.scale is not None
    values = data.scale.apply(SERIES["sunspots"].values[:, np.newaxis])[:, 0]
    forecast = autoregression(values, ORDER, VALIDATION_FROM)[TEST_FROM - ORDER :]
    on_test = np.mean((forecast - values[TEST_FROM:]) ** 2)
    ratios = [
        np.mean(
            (answers(e, last.weights_of(k), data.test).answer[0].numpy() - data.test.targets) ** 2
        )
        / on_test
        for k in range(e.runs)
    ]
    assert 0.8 < np.median(ratios) < 1.25


def test_characters_pass_the_bigram_and_are_then_learned_by_heart() -> None:
    e = PRESETS["characters"].experiment
    record = ailing("characters", 150)
    (bigram,) = (mark.value for mark in e.about.marks(e.length))
    assert (record.validation_loss[8:] < 0.97 * bigram).all()
    assert (record.loss[-20:].mean(axis=0) < 0.9 * record.validation_loss[-1]).all()
