"""What the gallery says of its presets: each symptom is there and found, and each cure mends it.

The numbers are of every seed of the preset. Bounds leave room for other processors, which round
otherwise; a symptom that shows early is looked at early. The diagnosis looks first, and what is
looked at later goes on from there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from gru_core.data.series import SERIES
from gru_core.data.tasks.sunspots import ORDER, TEST_FROM, VALIDATION_FROM, autoregression
from gru_core.maths.parameters import Array
from gru_core.training.diagnosis import RULES, Finding, diagnose
from gru_core.training.experiment import Chosen, Experiment
from gru_core.training.presets import PRESETS
from gru_core.training.record import Record
from gru_core.training.stabilisers import METHODS
from gru_core.training.trainer import Checkpoint, Stop, advance, answers, data_of, start

WELL = {"healthy", "early"}
DIGITS = PRESETS["digits"].experiment
# Four units at a low rate: nothing is wrong with it, but it has not begun to learn.
SLOW = Experiment.of({"length": 20, "hidden": 4, "batch": 16, "learning_rate": 0.004})
CURED = [name for name, preset in PRESETS.items() if preset.cure]


@cache
def under_way(experiment: Experiment) -> dict[int, tuple[Checkpoint, Record]]:
    """How far a run has been taken, by the number of steps."""
    return {0: (start(experiment), Record.empty(experiment.runs))}


def preset(name: str) -> Experiment:
    return PRESETS[name].experiment


def trained(experiment: Experiment, steps: int) -> tuple[Checkpoint, Record]:
    """The first steps of a run: it goes on from where another test has left it."""
    known = under_way(experiment)
    if steps not in known:
        checkpoint, record = known[max(done for done in known if done < steps)]
        last, more = advance(checkpoint, steps - checkpoint.step)
        known[steps] = last, record + more
    return known[steps]


def ailing(name: str, steps: int = 130) -> Record:
    """The record of a preset's first steps, by default of those in which it must show."""
    return trained(preset(name), steps)[1]


def cured(name: str) -> Record:
    """The record with the cure, of as many steps as it takes."""
    return trained(PRESETS[name].cured, CURES[name][0])[1]


CURES = {  # in how many steps, and to how many guesses
    "rate_high": (200, 0.25),
    "rate_low": (200, 0.25),
    "dead_start": (200, 0.25),
    "rnn_forgets": (200, 0.25),
    "exploding": (100, 0.4),
    "vanishing": (150, 0.4),
    "truncated": (200, 0.4),
    "lstm_forgets": (200, 0.5),
    "relu": (200, 0.4),
    "clip_low": (200, 0.4),
    "overfit": (200, 0.25),
    "full_batch": (120, 0.85),
}


def guesses(name: str, record: Record) -> Array:
    """Validation losses (E, K), in losses of guessing."""
    e = preset(name)
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
    for experiment in (preset(name), PRESETS[name].cured):
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


# --- what the diagnosis says of them ---


def findings(experiment: Experiment, steps: int) -> list[tuple[Finding, ...]]:
    """Of every run."""
    checkpoint, record = trained(experiment, steps)
    return [diagnose(record, checkpoint, run) for run in range(experiment.runs)]


SYMPTOMS = [
    ("exploding", preset("exploding"), 20),
    ("dead", preset("dead_start"), 10),
    ("rate_high", preset("rate_high"), 130),
    ("truncated", preset("truncated"), 130),
    ("vanishing", preset("vanishing"), 130),
    ("vanishing", preset("lstm_forgets"), 130),
    ("vanishing", preset("rnn_forgets"), 130),
    ("unbounded", preset("relu"), 150),
    ("overfitting", preset("overfit"), 200),
    ("clipped", preset("clip_low"), 130),
    ("rate_low", preset("rate_low"), 130),
    ("guessing", SLOW, 200),
]
IDS = ["exploding", "dead", "rate_high", "truncated", "vanishing", "lstm", "rnn", "unbounded"]
IDS += ["overfitting", "clipped", "rate_low", "guessing"]


@pytest.mark.parametrize(("rule", "experiment", "steps"), SYMPTOMS, ids=IDS)
def test_a_symptom_comes_first_in_every_seed(rule: str, experiment: Experiment, steps: int) -> None:
    found = findings(experiment, steps)
    assert len(found) == 3
    assert [first.rule for first, *_ in found] == [rule] * 3
    order = [*RULES]
    for each in found:
        places = [order.index(finding.rule) for finding in each]
        assert places == sorted({*places})
        assert all(str(finding) and finding.rule not in WELL for finding in each)


def test_a_high_rate_saturates_the_gates_too() -> None:
    for each in findings(preset("rate_high"), 130):
        (shut,) = (f for f in each if f.rule == "saturated")
        assert 80.0 < shut.measured["percent"] <= 100.0


def test_a_low_clip_is_a_low_rate_too() -> None:
    for each in findings(preset("clip_low"), 130):
        assert [f.rule for f in each] == ["clipped", "rate_low"]


HEALTHY = {
    "adding": (preset("adding"), 200),
    "digits": (DIGITS, 160),
    "lstm": (DIGITS.changed(cell="lstm"), 160),  # clipping is active on four steps in five
    "norm": (DIGITS.changed(methods=[{"name": "layer_norm"}]), 140),
    "chrono": (PRESETS["truncated"].cured.changed(keep="chrono"), 160),
    "sunspots": (preset("sunspots"), 140),
    "sine": (Experiment.of({"task": "sine"}), 130),
}


@pytest.mark.parametrize(("experiment", "steps"), HEALTHY.values(), ids=HEALTHY)
def test_the_healthy_are_never_called_ill(experiment: Experiment, steps: int) -> None:
    for step in range(20, steps + 1, 20):
        said = findings(experiment, step)
        assert {finding.rule for each in said for finding in each} <= WELL, step
    assert [each[0].rule for each in said] == ["healthy"] * 3
    assert not any(each[0].cures for each in said)


def test_a_first_step_is_too_early() -> None:
    ((one,), *_) = findings(preset("adding"), 1)
    assert one.rule == "early"
    assert one.measured == {"steps": 1.0}


def test_an_explosion_tells_where_it_ended() -> None:
    checkpoint, _ = trained(preset("exploding"), 20)
    for run, (first, *_) in enumerate(findings(preset("exploding"), 20)):
        stop = checkpoint.stopped[run]
        assert stop
        assert first.measured["step"] == stop.step
        assert f"after {stop.step} updates" in str(first)


def test_vanishing_tells_the_ratio_of_the_last_snapshot() -> None:
    _, record = trained(preset("vanishing"), 130)
    profile = record.snapshots[-1].profile
    for run, (first,) in enumerate(findings(preset("vanishing"), 130)):
        ratio = profile[run, 0, 0] / profile[run, 0, -1]
        assert first.measured == {"ratio": ratio}
        assert str(first) == f"vanishing: ‖∂L/∂h_1‖/‖∂L/∂h_T‖ = {ratio:.2g}"


def test_clipping_tells_how_often_and_how_much() -> None:
    _, record = trained(preset("clip_low"), 130)
    for run, (first, _) in enumerate(findings(preset("clip_low"), 130)):
        assert first.measured["percent"] == 100.0
        expected = np.median(0.01 / record.gradient_norm[:, run])
        assert first.measured["kept"] == pytest.approx(expected, rel=1e-3)
        assert str(first).startswith("clip active on 100 % of the steps")


def test_overfitting_tells_both_losses() -> None:
    _, record = trained(preset("overfit"), 200)
    for run, (first,) in enumerate(findings(preset("overfit"), 200)):
        validation = np.median(record.validation_loss[-6:, run])
        gap = validation / record.loss[-50:, run].mean()
        assert first.measured["gap"] == pytest.approx(gap)
        lowest = record.validation_loss[:, run].min()
        assert 1.05 < first.measured["climb"] < validation / lowest


def test_what_comes_after_a_stop_is_not_the_runs_own() -> None:
    checkpoint, record = trained(preset("rate_low"), 130)
    early = replace(checkpoint, stopped=(Stop(40, "early"), None, None))
    (first,), (second,) = (diagnose(record, early, run) for run in (0, 1))
    assert (first.rule, first.measured) == ("early", {"steps": 40.0})
    assert second.rule == "rate_low"


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("exploding", 20),
        ("dead_start", 10),
        ("truncated", 130),
        ("vanishing", 130),
        ("lstm_forgets", 130),
        ("rnn_forgets", 130),
        ("relu", 150),
        ("overfit", 200),
        ("clip_low", 130),
        ("rate_low", 130),
    ],
)
def test_the_cure_of_the_gallery_is_offered(name: str, steps: int) -> None:
    e = preset(name)
    for first, *_ in findings(e, steps):
        offered = [e.changed(**cure.choices) for cure in first.cures]
        assert PRESETS[name].cured in offered
        assert e not in offered
        assert len({*offered}) == len(offered) == len({cure.title for cure in first.cures})


def test_a_tenth_of_a_high_rate_is_enough() -> None:
    first, *_ = findings(preset("rate_high"), 130)[0]
    slower = preset("rate_high").changed(**first.cures[0].choices)
    assert slower.learning_rate == 0.1
    assert [[f.rule for f in each] for each in findings(slower, 130)] == [["healthy"]] * 3


def test_what_the_experiment_does_not_allow_is_not_offered() -> None:
    for first, *_ in findings(preset("rnn_forgets"), 130):
        assert [cure.choices for cure in first.cures] == [{"cell": "gru"}]  # an RNN keeps nothing
    for first, *_ in findings(preset("lstm_forgets"), 130):
        assert {"keep": "chrono"} in [cure.choices for cure in first.cures]


def test_a_method_is_added_to_those_that_there_are() -> None:
    e = preset("overfit").changed(methods=[{"name": "layer_norm"}])
    checkpoint, record = trained(preset("overfit"), 200)
    first, *_ = diagnose(record, replace(checkpoint, experiment=e), 0)
    (added,) = (c for c in first.cures if c.title == METHODS["gated_dropout"].title)
    assert added.choices["methods"] == (
        Chosen(name="layer_norm", dial=0.0),
        Chosen(name="gated_dropout", dial=0.25),
    )


def test_a_cure_begins_with_what_was_changed_on_the_way() -> None:
    checkpoint, record = trained(preset("rate_low"), 130)
    first, *_ = diagnose(record, checkpoint.changed("learning_rate", 2e-4), 0)
    assert [cure.choices for cure in first.cures] == [
        {"changes": (), "learning_rate": 2e-3},
        {"changes": (), "learning_rate": 2e-2},
    ]
    cured = checkpoint.experiment.changed(**first.cures[0].choices)
    assert cured == preset("rate_low").changed(learning_rate=2e-3)


# --- what the gallery says of them ---


def test_adding_leaves_the_guess() -> None:
    losses = guesses("adding", ailing("adding", 200))
    assert (losses[5:7] > 0.9).all()  # after 50 steps
    assert (losses[-1] < 0.4).all()


@pytest.mark.parametrize(
    "name", ["dead_start", "rnn_forgets", "vanishing", "truncated", "lstm_forgets"]
)
def test_it_stays_on_the_guess(name: str) -> None:
    losses = guesses(name, ailing(name, 300 if name == "rnn_forgets" else 130))
    assert (losses[-3:] > 0.97).all()
    assert (losses[-1] < 1.5).all()


@pytest.mark.parametrize("name", CURES)
def test_the_cure_learns(name: str) -> None:
    steps, most = CURES[name]
    assert steps <= preset(name).steps
    assert (guesses(name, cured(name))[-1] < most).all()


def test_a_high_rate_throws_the_gates() -> None:
    record = ailing("rate_high")
    np.testing.assert_allclose(
        record.update_norm[0], np.sqrt(preset("rate_high").parameters), rtol=1e-3
    )
    losses = guesses("rate_high", record)[1:]
    assert (losses > 0.9).all()
    assert (np.median(losses, axis=0) > 1.2).all()
    assert (record.saturation[3:] > 0.8).all()
    assert (cured("rate_high").saturation[3:] < 0.5).all()


def test_a_low_rate_goes_nowhere() -> None:
    experiment = preset("rate_low")
    last, record = trained(experiment, experiment.steps)
    losses = guesses("rate_low", record)
    assert (losses[-1] < losses[0]).all()
    assert (losses[-1] > 1.5).all()
    first = start(experiment).weights
    moved = [float((weight - first[name]).abs().max()) for name, weight in last.weights.items()]
    assert max(moved) < 0.1


def test_a_dead_start_has_no_state() -> None:
    last, record = trained(preset("dead_start"), 130)
    assert (record.largest_state == 0.0).all()
    assert {name for name, weight in last.weights.items() if bool(weight.any())} == {"head.bias"}


def test_an_exploding_gradient_stops_every_run() -> None:
    last, _ = trained(preset("exploding"), 50)
    assert {stop.reason for stop in last.stopped if stop} <= {"loss", "gradient"}
    assert all(stop and stop.step < 20 for stop in last.stopped)
    assert cured("exploding").gradient_norm.max() > 1e3  # clipping holds the step, not the norm


@pytest.mark.parametrize(("name", "most"), [("vanishing", 1e-15), ("lstm_forgets", 1e-6)])
def test_a_vanishing_gradient_is_carried_by_chrono(name: str, most: float) -> None:
    assert (carried(ailing(name)) < most).all()
    assert (carried(cured(name)) > max(1e-4, 100 * most)).all()


def test_truncation_cuts_the_gradient_off() -> None:
    norms = ailing("truncated").snapshots[0].profile[:, -1]
    assert (norms[:, :20] == 0.0).all()
    assert (norms[:, 20:] > 0.0).all()
    data = data_of(preset("truncated")).validation.inputs
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
    record = ailing("overfit", preset("overfit").steps)
    losses = guesses("overfit", record)
    third = len(losses) // 3
    assert record.loss[100:].max() < 0.2
    assert (losses[-1] > 1.08 * losses[:third].min(axis=0)).all()
    assert (losses[-1] > 1.5 * guesses("overfit", cured("overfit"))[-1]).all()
    assert len(data_of(PRESETS["overfit"].cured).train or ()) == 1077


def test_a_full_batch_falls_in_every_step_and_is_hardly_ahead() -> None:
    full, batch = ailing("full_batch", 120), cured("full_batch")
    assert (np.diff(full.loss, axis=0) < 0.0).all()
    assert ((np.diff(batch.loss, axis=0) > 0.0).mean(axis=0) > 0.25).all()
    ends = [guesses("full_batch", record)[-3:].mean(axis=0) for record in (full, batch)]
    assert (ends[1] < 1.3 * ends[0]).all()
    assert (ends[1] < 0.85).all()


def test_digits_are_told_apart() -> None:
    assert (ailing("digits", 300).validation_accuracy[-1] > 0.8).all()


def test_sunspots_pass_persistence_at_once_and_the_autoregression_by_little() -> None:
    e = preset("sunspots")
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
    e = preset("characters")
    record = ailing("characters", 150)
    (bigram,) = (mark.value for mark in e.about.marks(e.length))
    assert (record.validation_loss[8:] < 0.97 * bigram).all()
    assert (record.loss[-20:].mean(axis=0) < 0.9 * record.validation_loss[-1]).all()
