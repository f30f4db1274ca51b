"""Each symptom is found on runs built to show it, in every seed, and not on healthy ones.

The runs are those of the gallery as far as they have a symptom: test_presets.py shows that the
preset's cure mends it, so here it is enough that the diagnosis offers that cure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from string import Formatter

import numpy as np
import pytest

from gru_core.errors import InputError
from gru_core.training.diagnosis import (
    FAR,
    LEARNED,
    NEAR,
    RULES,
    SETTLED,
    Evidence,
    Finding,
    Rule,
    diagnose,
)
from gru_core.training.experiment import Chosen, Experiment
from gru_core.training.presets import PRESETS
from gru_core.training.record import Record
from gru_core.training.stabilisers import METHODS
from gru_core.training.trainer import Checkpoint, Stop, advance, start

WELL = {"healthy", "early"}
DIGITS = PRESETS["digits"].experiment
CHAOTIC = Experiment.of(
    {"cell": "rnn", "scheme": "gaussian", "gain": 3.0, "clip": "none", "steps": 260}
)


def preset(name: str) -> Experiment:
    return PRESETS[name].experiment


@cache
def trained(experiment: Experiment, steps: int) -> tuple[Record, Checkpoint]:
    checkpoint, record = advance(start(experiment), steps)
    return record, checkpoint


def findings(experiment: Experiment, steps: int) -> list[tuple[Finding, ...]]:
    """Of every run."""
    record, checkpoint = trained(experiment, steps)
    return [diagnose(record, checkpoint, run) for run in range(experiment.runs)]


SYMPTOMS = [
    ("exploding", preset("exploding"), 20),
    ("dead", preset("dead_start"), 10),
    ("rate_high", preset("rate_high"), 130),
    ("truncated", preset("truncated"), 130),
    ("vanishing", preset("vanishing"), 120),
    ("vanishing", preset("lstm_forgets"), 120),
    ("vanishing", preset("rnn_forgets"), 130),
    ("unbounded", preset("relu"), 150),
    ("overfitting", preset("overfit"), 200),
    ("clipped", preset("clip_low"), 130),
    ("rate_low", preset("rate_low"), 130),
    ("guessing", CHAOTIC, 260),
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
    checkpoint, records = start(experiment), []
    for _ in range(0, steps, 20):
        checkpoint, record = advance(checkpoint, 20)
        records.append(record)
        so_far = Record.joined(records)
        said = [diagnose(so_far, checkpoint, run) for run in range(3)]
        assert {finding.rule for each in said for finding in each} <= WELL, checkpoint.step
    assert [each[0].rule for each in said] == ["healthy"] * 3
    assert not any(each[0].cures for each in said)


def test_a_first_step_is_too_early() -> None:
    ((one,), *_) = findings(preset("adding"), 1)
    assert one.rule == "early"
    assert one.measured == {"steps": 1.0}


# --- the numbers that are told ---


def test_an_explosion_tells_where_it_ended() -> None:
    _, checkpoint = trained(preset("exploding"), 20)
    for run, (first, *_) in enumerate(findings(preset("exploding"), 20)):
        stop = checkpoint.stopped[run]
        assert stop
        assert first.measured["step"] == stop.step
        assert f"after {stop.step} updates" in str(first)


def test_vanishing_tells_the_ratio_of_the_last_snapshot() -> None:
    record, _ = trained(preset("vanishing"), 120)
    profile = record.snapshots[-1].profile
    for run, (first,) in enumerate(findings(preset("vanishing"), 120)):
        ratio = profile[run, 0, 0] / profile[run, 0, -1]
        assert first.measured == {"ratio": ratio}
        assert str(first) == f"vanishing: ‖∂L/∂h_1‖/‖∂L/∂h_T‖ = {ratio:.2g}"


def test_clipping_tells_how_often_and_how_much() -> None:
    record, _ = trained(preset("clip_low"), 130)
    for run, (first, _) in enumerate(findings(preset("clip_low"), 130)):
        assert first.measured["percent"] == 100.0
        expected = np.median(0.01 / record.gradient_norm[:, run])
        assert first.measured["kept"] == pytest.approx(expected, rel=1e-3)
        assert str(first).startswith("clip active on 100 % of the steps")


def test_overfitting_tells_both_losses() -> None:
    record, _ = trained(preset("overfit"), 200)
    for run, (first,) in enumerate(findings(preset("overfit"), 200)):
        validation = np.median(record.validation_loss[-6:, run])
        gap = validation / record.loss[-50:, run].mean()
        assert first.measured["gap"] == pytest.approx(gap)
        lowest = record.validation_loss[:, run].min()
        assert 1.05 < first.measured["climb"] < validation / lowest


def test_what_comes_after_a_stop_is_not_the_runs_own() -> None:
    record, checkpoint = trained(preset("rate_low"), 130)
    early = replace(checkpoint, stopped=(Stop(40, "early"), None, None))
    (first,), (second,) = (diagnose(record, early, run) for run in (0, 1))
    assert (first.rule, first.measured) == ("early", {"steps": 40.0})
    assert second.rule == "rate_low"


# --- thresholds: each field of the evidence, just before and just behind ---

NOTHING = Evidence(
    experiment=Experiment(),
    step=1000,
    stop=None,
    loss=0.7,
    lowest=0.69,
    rises=0.4,
    training=0.7,
    climb=1.0,
    growth=1.0,
    last_norm=0.1,
    clipped=0.0,
    kept=1.0,
    move=1e-2,
    saturation=0.2,
    largest_state=0.9,
    carried=0.1,
)
ILL: Mapping[str, tuple[Mapping[str, object], str, float]] = {
    # rule: what else holds, the measurement, and the direction in which it is ill
    "exploding": ({}, "growth", 1),
    "rate_high": ({"rises": 0.2}, "loss", 1),
    "vanishing": ({"loss": 1.0}, "carried", -1),
    "saturated": ({}, "saturation", 1),
    "unbounded": ({}, "largest_state", 1),
    "clipped": ({"kept": 0.1}, "clipped", 1),
    "rate_low": ({"rises": 0.0}, "move", -1),
    "guessing": ({"loss": 1.0}, "lowest", 1),
}


def holds(name: str, **measured: object) -> bool:
    rule = RULES[name]
    return rule.found(rule, replace(NOTHING, **measured)) is not None  # type: ignore[arg-type]


def test_a_run_that_has_not_learned_yet_is_not_called_healthy() -> None:
    assert holds("early", step=199, loss=LEARNED)
    assert not holds("early", step=200, loss=LEARNED)
    assert not holds("early", step=130, loss=LEARNED - 1e-6)
    assert holds("early", loss=np.nan)
    assert not holds("guessing", step=199, lowest=1.0)
    assert holds("guessing", step=200, lowest=1.0)


def test_nothing_is_found_where_nothing_is() -> None:
    assert [name for name, rule in RULES.items() if rule.found(rule, NOTHING)] == ["healthy"]


@pytest.mark.parametrize("name", ILL)
def test_a_threshold_is_where_the_rule_begins(name: str) -> None:
    others, measured, direction = ILL[name]
    threshold = RULES[name].threshold
    assert holds(name, **others, **{measured: threshold})
    assert not holds(name, **others, **{measured: threshold * (1 - 1e-6 * direction)})
    assert not holds(name, **others, **{measured: np.nan})


@pytest.mark.parametrize("name", ["exploding", "saturated", "clipped", "rate_low"])
def test_what_learns_is_not_ill_for_it(name: str) -> None:
    others, measured, _ = ILL[name]
    ill = {**others, measured: RULES[name].threshold}
    assert holds(name, **{**ill, "loss": LEARNED})
    assert not holds(name, **{**ill, "loss": LEARNED - 1e-6})


@pytest.mark.parametrize("name", ["rate_high", "vanishing", "rate_low"])
def test_a_loss_says_nothing_early(name: str) -> None:
    others, measured, _ = ILL[name]
    ill = {**others, measured: RULES[name].threshold}
    assert holds(name, **ill, step=SETTLED)
    assert not holds(name, **ill, step=SETTLED - 1)


def test_a_small_ratio_is_no_illness_of_what_is_not_stuck_or_answers_every_step() -> None:
    ill = {"carried": 1e-12, "loss": NEAR}
    assert holds("vanishing", **ill)
    assert not holds("vanishing", **{**ill, "loss": NEAR - 1e-6})
    assert not holds("vanishing", **{**ill, "loss": FAR})
    assert not holds("vanishing", **ill, experiment=Experiment.of({"task": "sine"}))


def test_a_gradient_cut_off_is_truncated_and_not_vanishing() -> None:
    cut = {"carried": 0.0, "loss": 1.0, "experiment": Experiment(truncate=10)}
    assert holds("truncated", **cut)
    assert not holds("vanishing", **cut)
    whole = {**cut, "experiment": Experiment(truncate=200)}
    assert not holds("truncated", **whole)
    assert holds("vanishing", **whole)


def test_a_gradient_that_grows_backwards_explodes() -> None:
    assert holds("exploding", carried=1e3)
    assert not holds("exploding", carried=999.0)


def test_what_is_ever_new_cannot_be_learned_by_heart() -> None:
    gap = {"training": 0.7 / 3.01, "climb": 1.06}
    assert not holds("overfitting", **gap)
    few = Experiment(examples=60)
    assert holds("overfitting", **gap, experiment=few)
    assert holds("overfitting", **gap, experiment=DIGITS)
    assert not holds("overfitting", **{**gap, "climb": 1.04}, experiment=few)
    assert not holds("overfitting", **{**gap, "training": 0.7 / 2.99}, experiment=few)


def test_dead_is_exactly_zero() -> None:
    assert holds("dead", largest_state=0.0)
    assert holds("dead", last_norm=0.0)
    assert not holds("dead", largest_state=1e-300, last_norm=1e-300)
    assert not holds("dead", last_norm=0.0, loss=0.0)  # learned to the last digit


# --- cures ---


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("exploding", 20),
        ("dead_start", 10),
        ("truncated", 130),
        ("vanishing", 120),
        ("lstm_forgets", 120),
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


def _treated(e: Experiment) -> Iterator[tuple[Rule, Experiment]]:
    for rule in RULES.values():
        for treatment in rule.treats:
            yield rule, e.changed(**treatment.choices(e))


def test_every_treatment_can_be_chosen_where_nothing_is_in_its_way() -> None:
    broken = Experiment.of(
        {
            "methods": [{"name": "time_residual"}],
            "candidate": "relu",
            "scheme": "zeros",
            "truncate": 5,
            "clip_at": 0.1,
            "learning_rate": 0.001,
            "examples": 60,
        }
    )
    treated = list(_treated(broken))
    assert len(treated) > 20
    unchanged = [rule.name for rule, experiment in treated if experiment == broken]
    assert unchanged == ["vanishing"]  # it is a GRU already


def test_what_the_experiment_does_not_allow_is_not_offered() -> None:
    for first, *_ in findings(preset("rnn_forgets"), 130):
        assert [cure.choices for cure in first.cures] == [{"cell": "gru"}]  # an RNN keeps nothing
    for first, *_ in findings(preset("lstm_forgets"), 120):
        assert {"keep": "chrono"} in [cure.choices for cure in first.cures]


def test_a_method_is_added_to_those_that_there_are() -> None:
    e = preset("overfit").changed(methods=[{"name": "layer_norm"}])
    record, checkpoint = trained(preset("overfit"), 200)
    first, *_ = diagnose(record, replace(checkpoint, experiment=e), 0)
    (added,) = (c for c in first.cures if c.title == METHODS["gated_dropout"].title)
    assert added.choices["methods"] == (
        Chosen(name="layer_norm", dial=0.0),
        Chosen(name="gated_dropout", dial=0.25),
    )


def test_a_cure_begins_with_what_was_changed_on_the_way() -> None:
    record, checkpoint = trained(preset("rate_low"), 130)
    first, *_ = diagnose(record, checkpoint.changed("learning_rate", 2e-4), 0)
    assert [cure.choices for cure in first.cures] == [
        {"changes": (), "learning_rate": 2e-3},
        {"changes": (), "learning_rate": 2e-2},
    ]
    cured = checkpoint.experiment.changed(**first.cures[0].choices)
    assert cured == preset("rate_low").changed(learning_rate=2e-3)


# --- the list of rules ---


def test_the_rules_can_be_said() -> None:
    assert all(name == rule.name for name, rule in RULES.items())
    for rule in RULES.values():
        assert rule.template.format(**rule.details).endswith(".")
        fields = {name for _, name, _, _ in Formatter().parse(rule.states)} - {None}
        assert fields >= {*rule.also}
        written = "".join(text for text, *_ in Formatter().parse(rule.states))
        # Each number stands in the code once, and comes into the words as a field.
        assert not re.search(r"\d", written.replace("h_1", ""))
        assert "threshold" in fields or rule.name == "healthy"
    assert len({rule.title for rule in RULES.values()}) == len(RULES)
    assert "at most 1e-05" in RULES["vanishing"].states.format(**RULES["vanishing"].details)


def test_a_run_that_there_is_not_is_refused() -> None:
    record, checkpoint = trained(preset("adding"), 1)
    for run in (-1, 3):
        with pytest.raises(InputError, match="from 0 to 2"):
            diagnose(record, checkpoint, run)


def test_before_the_first_step_nothing_is_known() -> None:
    (one,) = diagnose(Record.empty(3), start(Experiment()), 0)
    assert one.rule == "early"
    assert str(one) == "too early to say: 0 steps"
