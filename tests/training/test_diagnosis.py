"""Where each rule begins and what it offers; test_presets.py has what is found on real runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
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
    Rule,
    diagnose,
)
from gru_core.training.experiment import Experiment
from gru_core.training.presets import PRESETS
from gru_core.training.record import Record
from gru_core.training.trainer import advance, start

DIGITS = PRESETS["digits"].experiment


# --- thresholds: each field of the evidence, just before and just behind ---

NOTHING = Evidence(
    experiment=Experiment(),
    step=1000,
    stop=None,
    loss=0.7,
    lowest=0.69,
    worst=0.72,
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
    "rate_high": ({"rises": 0.2, "loss": NEAR}, "worst", 1),
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


def test_a_rate_is_not_too_high_for_a_run_that_falls_or_is_ahead_of_the_guess() -> None:
    ill = {"worst": 5.0, "loss": 1.3, "rises": 0.5}
    assert holds("rate_high", **ill)
    assert not holds("rate_high", **{**ill, "loss": NEAR - 1e-6})
    assert not holds("rate_high", **{**ill, "rises": 0.1})


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
    checkpoint, record = advance(start(Experiment(hidden=1, batch=1)), 1)
    for run in (-1, 3):
        with pytest.raises(InputError, match="from 0 to 2"):
            diagnose(record, checkpoint, run)


def test_before_the_first_step_nothing_is_known() -> None:
    (one,) = diagnose(Record.empty(3), start(Experiment()), 0)
    assert one.rule == "early"
    assert str(one) == "too early to say: 0 steps"
