"""Exercises: the same from the same seed, and judged for what was really typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_core.data.judging import Score, judge
from gru_core.data.practice import (
    BACKWARD,
    FORWARD,
    PRACTICE_QUERY_NAMES,
    SHAPES,
    Exercise,
    Given,
    Typed,
    field_name,
)
from gru_core.errors import InputError
from gru_core.maths.backward_equations import backward_equations
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.equations import evaluate
from gru_core.maths.equations.expressions import names_in
from gru_core.maths.parameters import Array
from gru_core.training.reference import gradients_by_autograd, largest_difference_from_torch
from tests.maths.strategies import ALL_CONVENTIONS

SIGMOID = [convention for convention in ALL_CONVENTIONS if convention.gate == "sigmoid"]


@st.composite
def exercises(draw: st.DrawFn) -> Exercise:
    # The hard gate is redrawn most often, and differs in one function alone.
    convention = draw(st.sampled_from([*SIGMOID, Convention("state", "before", "hard_sigmoid")]))
    return Exercise.draw(draw(st.sampled_from(list(SHAPES))), draw(st.integers(0, 60)), convention)


def rounded(exercise: Exercise, array: Array) -> tuple[float, ...]:
    return tuple(array.round(exercise.precision.digits).tolist())


def right(exercise: Exercise) -> dict[str, tuple[float | None, ...]]:
    return {asked.key: rounded(exercise, exercise.answer(asked)) for asked in exercise.asked}


def verdicts(exercise: Exercise, typed: Typed) -> dict[str, str]:
    return {each.asked.key: each.verdict for each in judge(exercise, typed).quantities}


@given(exercises())
@settings(max_examples=40, deadline=None)
def test_right_answers_are_right_and_follow_from_each_other(exercise: Exercise) -> None:
    assert judge(exercise, right(exercise)).is_solved
    for asked in exercise.asked:
        np.testing.assert_allclose(
            exercise.following(asked, {}), exercise.answer(asked), atol=1e-12
        )


@given(exercises())
@settings(max_examples=40, deadline=None)
def test_whoever_rounds_every_number_on_the_way_is_right(exercise: Exercise) -> None:
    own: dict[str, Array] = {}
    for asked in exercise.asked:
        following = exercise.following(asked, own)
        own[asked.key] = np.array(rounded(exercise, following))
    typed = {key: tuple(numbers.tolist()) for key, numbers in own.items()}
    assert judge(exercise, typed).is_solved


def test_the_numbers_given_backwards_are_exact_enough() -> None:
    """The forward step is shown rounded, and a learner rounds every number on the way."""
    for convention, kind, seed in product(SIGMOID, BACKWARD.options, range(5)):
        exercise = Exercise.draw(kind, seed, convention)
        assert judge(exercise, by_hand(exercise)).is_solved


def by_hand(exercise: Exercise) -> Typed:
    """What comes out of the numbers that are shown alone."""
    shown = {(each.name, each.step or 0): as_shown(each) for each in exercise.givens()}
    asked = {(each.name, each.step): each for each in exercise.asked}
    lines = [
        line
        for part in backward_equations(exercise.convention).values()
        for line in part
        if line.role != "definition"
    ]
    T = exercise.shape.T
    typed: dict[str, tuple[float | None, ...]] = {}
    gradients: dict[str, Array] = {}
    future = np.zeros(exercise.shape.H)
    for t in reversed(range(T)):
        known = {name: array for (name, step), array in shown.items() if step in (0, t)}
        known |= {name: array for (name, step), array in shown.items() if step == t}
        counts = exercise.given.loss_on == "all" or t == T - 1
        known |= {"d_h_own": (known["h"] - known["y"]) * counts, "d_h_future": future}
        for line in lines:
            if not set(names_in(line.expression)) <= set(known):
                continue  # a matrix that this exercise does not need
            known[line.result] = evaluate(line.expression, known)
            if each := asked.get((line.result, t)):
                typed[each.key] = rounded(exercise, known[line.result])
                known[line.result] = np.array(typed[each.key])
        if t:
            future = known["d_h_previous"]
        for name in ("d_W_z", "d_U_n"):
            gradients[name] = gradients.get(name, 0.0) + known[name]
    for name, array in gradients.items():
        each = asked[name, None]
        typed[each.key] = rounded(exercise, each.taken(array))
    return typed


def as_shown(given: Given) -> Array:
    texts = [[text.replace("−", "-") for text in row] for row in given.texts]
    return np.array(texts, dtype=float).reshape(given.array.shape)


@given(exercises(), st.data())
@settings(max_examples=100, deadline=None)
def test_a_slip_is_recognised_where_it_happened(exercise: Exercise, data: st.DataObject) -> None:
    asked = data.draw(st.sampled_from(exercise.asked))
    slip = data.draw(st.sampled_from(exercise.slips(asked)))
    number = exercise.slipped(asked, slip, {})
    typed = right(exercise) | {asked.key: rounded(exercise, number)}
    first = judge(exercise, typed).first_off
    assert first is not None
    assert first.asked == asked
    assert first.verdict == "slip"
    assert slip.name in [each.name for each in first.slips]
    for other in first.slips:  # what is said is true of the number
        assert np.abs(exercise.slipped(asked, other, {}) - number).max() < 0.01


@given(exercises(), st.data())
@settings(max_examples=40, deadline=None)
def test_what_follows_from_a_wrong_number_is_no_new_mistake(
    exercise: Exercise, data: st.DataObject
) -> None:
    deltas = [asked for asked in exercise.asked if asked.step is not None]
    wrong = data.draw(st.sampled_from(deltas))
    own: dict[str, Array] = {}
    for asked in exercise.asked:
        number = exercise.following(asked, own) + (0.4321 if asked == wrong else 0.0)
        own[asked.key] = np.array(rounded(exercise, number))
    judgement = judge(exercise, {key: tuple(value.tolist()) for key, value in own.items()})
    assert judgement.first_off is not None
    assert judgement.first_off.asked == wrong
    others = {each.verdict for each in judgement.quantities if each.asked != wrong}
    assert others <= {"right", "follows"}
    assert not judgement.is_solved


def test_a_slip_after_a_wrong_number_is_recognised_on_that_number() -> None:
    exercise = Exercise.draw("units", 5, PYTORCH)
    r, _, n, _ = exercise.asked
    own = {r.key: np.array([0.2, 0.9])}
    [slip] = [each for each in exercise.slips(n) if each.name == "bias"]
    typed = right(exercise) | {
        r.key: (0.2, 0.9),
        n.key: rounded(exercise, exercise.slipped(n, slip, own)),
    }
    judged = dict(zip("rznh", judge(exercise, typed).quantities, strict=True))
    assert judged["r"].verdict == "wrong"
    assert judged["n"].verdict == "slip"
    assert "bias" in [each.name for each in judged["n"].slips]


def test_too_coarse_and_not_there() -> None:
    exercise = Exercise.draw("unit", 1, PYTORCH)
    typed = right(exercise)
    [r] = typed["r_1"]
    assert r is not None
    off = {"r_1": (r + 0.006,), "z_1": (None,)}
    got = verdicts(exercise, typed | off)
    assert (got["r_1"], got["z_1"], got["n_1"]) == ("coarse", "missing", "right")
    assert verdicts(exercise, typed | {"r_1": (r + 0.3,)})["r_1"] in ("wrong", "slip")
    assert not judge(exercise, {}).is_solved
    assert judge(exercise, {}).first_off is None


def test_one_unit_right_and_one_with_a_slip() -> None:
    exercise = Exercise.draw("units", 2, PYTORCH)
    r = exercise.asked[0]
    [slip] = [each for each in exercise.slips(r) if each.name == "transposed"]
    slipped = rounded(exercise, exercise.slipped(r, slip, {}))
    [true, _] = right(exercise)["r_1"]
    judged = judge(exercise, right(exercise) | {"r_1": (true, slipped[1])}).quantities[0]
    assert "transposed" in [each.name for each in judged.slips]


@pytest.mark.parametrize("kind", SHAPES)
def test_the_answers_are_those_of_pytorch(kind: str) -> None:
    for convention in ALL_CONVENTIONS:
        exercise = Exercise.draw(kind, 7, convention)
        difference, _ = largest_difference_from_torch(exercise.trace)
        assert difference < 1e-12
        if not exercise.is_forward:
            theirs = gradients_by_autograd(exercise.given)
            for asked in exercise.asked[-2:]:
                array = getattr(theirs, asked.name.removeprefix("d_"))
                np.testing.assert_allclose(exercise.answer(asked), asked.taken(array), atol=1e-12)


def test_the_same_seed_the_same_numbers_and_another_others() -> None:
    for kind in SHAPES:
        first, again = Exercise.draw(kind, 3), Exercise.draw(kind, 3)
        assert first == again
        assert first.given == again.given
        assert first.given != Exercise.draw(kind, 4).given
        assert first.given != first.other().given
        assert all(np.abs(array * 10 % 1).max() < 1e-9 for array in numbers(first).values())


def numbers(exercise: Exercise) -> Mapping[str, Array]:
    return {each.name: each.array for each in exercise.givens() if each.digits is None}


def test_seeds_and_conventions_come_back_from_an_address() -> None:
    for convention in ALL_CONVENTIONS:
        exercise = Exercise.draw("units", 12, convention)
        query = exercise.to_query()
        assert set(query) <= set(PRACTICE_QUERY_NAMES)
        assert Exercise.from_query(query) == exercise


@pytest.mark.parametrize(
    "query",
    [
        {"p_kind": "<b>"},
        {"p_kind": "step"},
        {"p_seed": "-1"},
        {"p_seed": "many"},
        {"p_z": "both"},
        {"p_reset": ""},
    ],
    ids=str,
)
def test_a_wrong_address_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InputError):
        Exercise.from_query(query, FORWARD)


def test_what_is_typed_is_read_kindly_and_refused_politely() -> None:
    exercise = Exercise.draw("units", 1)
    r, *_ = exercise.asked
    typed = exercise.read({field_name(r, (0,)): " ０，５ ", field_name(r, (1,)): "1/4"})
    assert typed["r_1"] == (0.5, 0.25)
    assert typed["z_1"] == (None, None)
    with pytest.raises(InputError, match=r"r\[2\]: expected"):
        exercise.read({field_name(r, (1,)): "a lot"})


def test_enormous_numbers_are_wrong_and_nothing_worse() -> None:
    for kind in SHAPES:
        exercise = Exercise.draw(kind, 1)
        typed = {asked.key: (1e308,) * len(asked.entries) for asked in exercise.asked}
        judgement = judge(exercise, typed)
        assert judgement.first_off
        assert judgement.first_off.asked == exercise.asked[0]


def test_a_slip_that_has_the_same_number_as_another_is_named_with_it() -> None:
    exercise = Exercise.draw("step", 1)
    d_z = exercise.asked[0]
    typed = {d_z.key: rounded(exercise, -exercise.answer(d_z))}
    [first, *_] = judge(exercise, typed).quantities
    assert {"sign", "swapped"} <= {slip.name for slip in first.slips}


def test_hints_lead_up_to_the_answer_and_do_not_give_it() -> None:
    for kind in SHAPES:
        exercise = Exercise.draw(kind, 2)
        for asked in exercise.asked:
            hints = exercise.hints(asked)
            assert hints
            for number in exercise.answer(asked):
                text = f"{number:.{exercise.precision.digits}f}"
                assert not any(text in hint for hint in hints), (kind, asked.key)


def test_the_score() -> None:
    first, second, third = (Exercise.draw("unit", seed) for seed in (1, 2, 3))
    score = Score().with_solved(first, clean=True).with_solved(second, clean=True)
    assert (score.solved, score.in_a_row, score.best) == (2, 2, 2)
    assert score.with_solved(first, clean=True) == score  # once each
    score = score.broken(third).with_solved(third, clean=False)
    assert (score.solved, score.in_a_row, score.best) == (3, 0, 2)
    seen = score.shown(replace(third, seed=9))
    assert seen.with_solved(replace(third, seed=9), clean=True).solved == 3
