"""Let me try, without a browser: what is asked, checked, said and kept."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from gru_core.data.practice import Exercise, field_name
from gru_core.maths.convention import CHUNG, Convention
from pages.ui.practice import Trial
from pages.ui.words import translate
from tests.pages.conftest import OpenApp, component, control, in_turn

PAGES = {"gates": ("practice_step", "units"), "gradients": ("practice_back", "steps")}


def trial(app: AppTest, corner: str) -> Trial:
    found: Trial = app.session_state[corner]
    return found


def fill(app: AppTest, corner: str, answers: dict[str, str]) -> None:
    fields = {each.key: each for each in app.text_input if (each.key or "").startswith(corner)}
    for name, text in answers.items():
        [found] = [each for key, each in fields.items() if key.endswith(f"_{name}")]
        found.set_value(text)


def right(exercise: Exercise) -> dict[str, str]:
    digits = exercise.precision.digits
    return {
        field_name(asked, entry): f"{value:.{digits}f}"
        for asked in exercise.asked
        for entry, value in zip(asked.entries, exercise.answer(asked).tolist(), strict=True)
    }


def press(app: AppTest, corner: str, name: str) -> None:
    app.button(key=f"{corner}_{name}").click().run()
    assert not app.exception


@pytest.mark.parametrize(("page", "language"), in_turn(PAGES))
def test_a_slip_is_named_then_all_is_right_and_worked_out(
    open_app: OpenApp, page: str, language: str
) -> None:
    corner, kind = PAGES[page]
    exercise = Exercise.draw(kind, 3)
    app = open_app(page, language=language, **exercise.to_query())
    assert trial(app, corner).exercise == exercise
    # Nothing on the page gives the result away.
    assert not [part for part in app.get("bidi_component") if part.key == f"{corner}_solution"]
    assert not [part for part in app.get("bidi_component") if part.key == "gates_stage"]

    asked = exercise.asked[2 if page == "gates" else 1]
    name = {"gates": "reset_before", "gradients": "slope"}[page]
    [slip] = [each for each in exercise.slips(asked) if each.name == name]
    wrong = {
        field_name(asked, entry): f"{value:.4f}"
        for entry, value in zip(
            asked.entries, exercise.slipped(asked, slip, {}).tolist(), strict=True
        )
    }
    fill(app, corner, right(exercise) | wrong)
    press(app, corner, "check")
    judgement = trial(app, corner).judgement
    assert judgement
    assert judgement.first_off
    assert judgement.first_off.asked == asked
    [warning] = app.warning
    assert translate(language, slip.template, slip.details) in warning.value
    assert trial(app, corner).score.solved == 0

    fill(app, corner, right(exercise))
    press(app, corner, "check")
    assert app.success
    assert not app.warning
    assert trial(app, corner).score.solved == 1
    assert trial(app, corner).score.in_a_row == 0
    assert component(app, f"{corner}_solution")["view"]


def test_what_is_typed_stays_and_nonsense_is_answered_politely(
    open_app: OpenApp, language: str
) -> None:
    app = open_app("gates", language=language, p_kind="unit", p_seed="4")
    fill(app, "practice_step", {"r_1_1": "0.5", "z_1_1": "<b>about half</b>"})
    press(app, "practice_step", "check")
    [warning] = app.warning
    assert "<" not in warning.value
    typed = {each.key.rpartition("unit_4_")[2]: each.value for each in app.text_input}
    assert (typed["r_1_1"], typed["z_1_1"]) == ("0.5", "<b>about half</b>")
    # It also survives a visit to the page itself, in whatever convention that is.
    press(app, "practice_step", "leave")
    assert component(app, "gates_stage")
    control(app, "reset").set_value("before").run()
    press(app, "practice_step", "begin")
    typed = {each.key.rpartition("unit_4_")[2]: each.value for each in app.text_input}
    assert (typed["r_1_1"], typed["z_1_1"]) == ("0.5", "<b>about half</b>")


def test_it_begins_in_the_convention_of_the_page(open_app: OpenApp) -> None:
    app = open_app("gates", example="article_003_repaired")
    press(app, "practice_step", "begin")
    assert trial(app, "practice_step").exercise.convention == CHUNG
    query = trial(app, "practice_step").exercise.to_query()
    assert component(app, "gates_link")["query"].items() >= query.items()


def test_one_thing_after_the_other_with_hints(open_app: OpenApp) -> None:
    exercise = Exercise.draw("unit", 2)
    app = open_app("gates", **exercise.to_query())
    press(app, "practice_step", "hint")
    press(app, "practice_step", "hint")
    assert trial(app, "practice_step").hints == 2
    fill(app, "practice_step", {"r_1_1": right(exercise)["r_1_1"]})
    press(app, "practice_step", "check")
    assert app.info
    assert not app.warning
    now = trial(app, "practice_step")
    assert now.next_asked
    assert (now.next_asked.name, now.hints) == ("z", 0)
    for _ in range(9):
        press(app, "practice_step", "hint")
    assert trial(app, "practice_step").hints == len(exercise.hints(now.next_asked))


def test_the_solution_scores_nothing_and_another_one_does(open_app: OpenApp) -> None:
    app = open_app("gates", p_kind="unit", p_seed="2")
    press(app, "practice_step", "show")
    assert component(app, "practice_step_solution")
    fill(app, "practice_step", right(Exercise.draw("unit", 2)))
    press(app, "practice_step", "check")
    assert trial(app, "practice_step").score.solved == 0
    for seed in (3, 4):
        press(app, "practice_step", "other")
        assert trial(app, "practice_step").exercise.seed == seed
        fill(app, "practice_step", right(Exercise.draw("unit", seed)))
        press(app, "practice_step", "check")
    score = trial(app, "practice_step").score
    assert (score.solved, score.in_a_row) == (2, 2)


def test_kind_seed_and_convention_are_chosen(open_app: OpenApp) -> None:
    app = open_app("gradients", p_kind="step", p_seed="2")
    control(app, "kind", "practice_back").set_value("steps").run()
    control(app, "seed", "practice_back").set_value(8).run()
    control(app, "reset", "practice_back").set_value("before").run()
    assert not app.exception
    expected = Exercise.draw("steps", 8, Convention("state", "before"))
    assert trial(app, "practice_back").exercise == expected


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("gates", {"p_kind": "steps"}),
        ("gates", {"p_kind": "unit", "p_seed": "<b>"}),
        ("gradients", {"p_kind": "step", "p_z": "both"}),
    ],
    ids=json.dumps,
)
def test_a_wrong_link_is_said_and_the_page_is_there(
    open_app: OpenApp, page: str, query: dict[str, str]
) -> None:
    app = open_app(page, **query)
    assert not app.exception
    assert len(app.warning) == 1
    assert not trial(app, PAGES[page][0]).on


def test_whoever_leaves_the_exercise_on_gradients_is_in_its_tab(open_app: OpenApp) -> None:
    app = open_app("gradients", p_kind="step")
    press(app, "practice_back", "leave")
    assert component(app, "backward_walk")
