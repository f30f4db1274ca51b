import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gru_core.data.bounds import OneOf, Real, Whole
from gru_core.data.tasks import TASKS
from gru_core.errors import InputError
from gru_core.training.experiment import (
    CHOICES,
    MAX_CHANGES,
    MAX_NUMBERS,
    MAX_WORK,
    QUERY_NAMES,
    Experiment,
)
from gru_core.training.trainer import start


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    task = TASKS[draw(st.sampled_from(sorted(TASKS)))]
    given_: dict[str, object] = {
        "task": task.name,
        "length": draw(st.integers(task.length.low, task.length.high)),
        "loss": draw(st.sampled_from(task.losses)),
    }
    small = {"steps": 50, "batch": 8, "runs": 3, "hidden": 16, "examples": 64, "layers": 3}
    for choice in CHOICES:
        if choice.name in given_:
            continue
        match choice:
            case Whole(low=low, high=high):
                given_[choice.name] = draw(
                    st.integers(low, min(high, small.get(choice.name, high)))
                )
            case Real(low=low, high=high):
                given_[choice.name] = draw(st.floats(low, high))
            case OneOf(options=options):
                given_[choice.name] = draw(st.sampled_from(sorted(options)))
    if given_["cell"] == "rnn":
        given_["keep"] = "none"
    if given_["keep"] == "chrono" and task.steps(given_["length"]) < 3:
        given_["keep"] = "bias"
    if given_["feed"] == "full" and not given_["examples"]:
        given_["examples"] = 64  # new ones without end, or a whole text: more than one may have
    given_["changes"] = [{"step": 3, "name": "learning_rate", "value": draw(st.floats(1e-6, 1))}]
    return Experiment.of(given_)


@given(experiments())
def test_an_address_and_json_hold_it_whole(experiment: Experiment) -> None:
    assert Experiment.from_query(experiment.to_query()) == experiment
    assert Experiment.from_json(experiment.to_json()) == experiment
    assert {*experiment.to_query()} <= {*QUERY_NAMES}


@given(experiments())
def test_the_count_of_parameters_is_that_of_the_weights(experiment: Experiment) -> None:
    weights = start(experiment).weights
    assert experiment.parameters == sum(w[0].numel() for w in weights.values())


def test_the_usual_one_has_an_empty_address() -> None:
    assert Experiment().to_query() == {}
    assert Experiment.of({}) == Experiment()


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.name)
def test_what_is_out_of_bounds_is_refused_by_its_name(choice: object) -> None:
    wrong = {Whole: 10**9, Real: float("nan"), OneOf: "nonsense"}[type(choice)]  # type: ignore[index]
    with pytest.raises(InputError) as refused:
        Experiment.of({choice.name: wrong})  # type: ignore[attr-defined]
    assert choice.name in str(refused.value)  # type: ignore[attr-defined]
    with pytest.raises(ValidationError):
        Experiment(**{choice.name: wrong})  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "given_",
    [
        {"task": "order", "loss": "mse"},
        {"cell": "rnn", "keep": "chrono"},
        {"feed": "full"},
        {"length": 0},
        {"length": "30.5"},
        {"task": "copy", "length": 10**6},
        {"unheard_of": 1},
        {"changes": [{"step": 1, "name": "hidden", "value": 3}]},
        {"changes": [{"step": -1, "name": "clip_at", "value": 3}]},
        {"changes": [{"step": 1, "name": "clip", "value": 3}]},
        {
            "changes": [
                {"step": 9, "name": "clip_at", "value": 3},
                {"step": 1, "name": "clip_at", "value": 3},
            ]
        },
        {"changes": [{"step": i, "name": "clip_at", "value": 3} for i in range(MAX_CHANGES + 1)]},
        {"changes": "nonsense"},
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused(given_: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Experiment.of(given_)


@pytest.mark.parametrize("text", ["", "[1]", "null", '{"steps": "many"}', "[" * 100_000, "{" * 99])
def test_text_that_is_no_experiment_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Experiment.from_json(text)


@pytest.mark.parametrize(
    "changes", ["5", "x:clip:none", "1:hidden:3", "1:clip_at:-3", "1:clip:norm:2"]
)
def test_an_address_with_wrong_changes_is_refused(changes: str) -> None:
    with pytest.raises(InputError):
        Experiment.from_query({"changes": changes})


def test_a_hand_made_address_cannot_ask_for_too_much() -> None:
    most = {"hidden": "128", "layers": "3", "length": "200", "batch": "256", "runs": "1"}
    with pytest.raises(InputError, match="times as long"):
        Experiment.from_query({**most, "batch": "32", "steps": "20000"})
    with pytest.raises(InputError, match="memory"):
        Experiment.from_query({**most, "runs": "30", "steps": "1"})
    for choice in ({}, {"runs": 10}, {"hidden": 128, "batch": 16}):
        e = Experiment.of(choice)
        assert e.work <= MAX_WORK
        assert e.numbers <= MAX_NUMBERS


def test_a_new_task_brings_its_own_length_and_loss() -> None:
    order = Experiment(length=50).changed(task="order")
    assert (order.length, order.loss) == (TASKS["order"].length.usual, "cross_entropy")
    assert order.changed(length=77).changed(hidden=3).length == 77


def test_changes_act_from_their_step_on() -> None:
    text = json.dumps({"changes": [{"step": 5, "name": "learning_rate", "value": 0.5}]})
    e = Experiment.from_json(text)
    assert e.at(4).learning_rate == e.learning_rate
    assert e.at(5).learning_rate == 0.5
