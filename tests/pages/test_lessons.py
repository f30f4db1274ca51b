"""The lessons and their bar, without a browser."""

import re
from string import Formatter

import pytest
from streamlit.testing.v1 import AppTest

from gru_core.training.lessons import LESSONS, Lesson, Mark
from pages.ui import words
from pages.ui.lesson_words import BETWEEN, parted
from tests.pages.conftest import OpenApp, in_each
from tests.training.lesson_acts import acts, states

CHINESE = re.compile("[\u4e00-\u9fff]")
STEPS = [(lesson, place) for lesson in LESSONS.values() for place in range(len(lesson.steps))]


def buttons(app: AppTest) -> set[str]:
    """The keys of the bar's buttons."""
    return {b.key for b in app.button if b.key and b.key.startswith("lesson_")}


def said(app: AppTest) -> str:
    return " ".join(part.value for part in app.markdown)


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_every_step_is_said_in_both_languages_with_its_numbers() -> None:
    after = {name: state for name, (_, state) in states().items()}
    for code in words.LANGUAGES:
        sections = words.sections(code, "lessons")
        names = [f"{lesson.key}-{step.key}" for lesson in LESSONS.values() for step in lesson.steps]
        assert {*sections} == {"about", *LESSONS, *names}
        for lesson, place in STEPS:
            step = lesson.steps[place]
            name = f"{lesson.key}-{step.key}"
            assert sections[name].count(BETWEEN) == (2 if step.asks else 0), name
            if not step.asks:
                continue
            numbers = step.numbers(after.get(name))
            told = parted(sections[name], step, numbers)
            # A number that one language is not told would be no reason for the answer.
            assert placeholders(sections[name]) <= {*numbers}, name
            assert placeholders(sections[name]) == placeholders(
                words.sections("en", "lessons")[name]
            ), name
            assert told.text
            assert told.answer
            if step.right is None:
                assert told.hint
            else:
                assert step.right < len(told.options) == 3, name
                assert len({*told.options}) == 3


def unique() -> list[tuple[Lesson, int]]:
    """One step for every address at which a lesson begins or goes on."""
    found = {}
    for lesson, place in STEPS:
        query = lesson.opens(place)
        assert query
        key = lesson.steps[place].page, tuple(sorted(query().items()))
        found.setdefault(key, (lesson, place))
    return list(found.values())


@pytest.mark.parametrize(
    ("at", "language"),
    in_each(unique()),
    ids=lambda v: v if isinstance(v, str) else Mark(v[0].key, v[1]).text,
)
def test_a_step_opens_its_page(open_app: OpenApp, at: tuple[Lesson, int], language: str) -> None:
    lesson, place = at
    step, query = lesson.steps[place], lesson.opens(place)
    assert query
    mark = Mark(lesson.key, place).text
    app = open_app(step.page, language=language, lesson=mark, **query())
    assert not app.exception
    assert not app.warning
    assert app.session_state["lesson"].mark == Mark(lesson.key, place)
    assert app.session_state[step.page].notice is None
    assert {"lesson_next", "lesson_back", "lesson_leave"} <= buttons(app)
    assert ("lesson_option_2" in buttons(app)) == (step.kind == "ask")
    bar = words.sections(language, "lessons")[f"{lesson.key}-{step.key}"].split(BETWEEN)
    assert bar[0] in said(app)
    # Nothing gives the answer away.
    assert not app.session_state["lesson"].answers


def test_the_list_begins_with_the_first_lesson(open_app: OpenApp, language: str) -> None:
    app = open_app("lessons", language=language)
    assert not app.exception
    begin = [b for b in app.button if b.key and b.key.startswith("lessons_begin_")]
    assert [b.key.removeprefix("lessons_begin_") for b in begin] == list(LESSONS)
    assert [b.proto.type for b in begin] == ["primary"] + ["secondary"] * 9
    assert bool(CHINESE.search(said(app))) == (language == "zh")
    begin[0].click().run()
    assert app.session_state["page"] == "gates"
    assert app.session_state["lesson"].mark == Mark("recurrent", 0)
    assert app.session_state["gates"].example == "one_unit"


def test_a_prediction_an_act_back_leave_and_finish(open_app: OpenApp) -> None:
    app = open_app("questions", lesson="conventions.4", q="paper", mixing="1.0")
    assert app.session_state["lesson"].mark == Mark("conventions", 3)
    assert "0.000" not in said(app)
    # The act, by the page's own dial.
    [dial] = [s for s in app.slider if s.key and s.key.startswith("questions_mixing_")]
    dial.set_value(0.0).run()
    app.run()
    assert app.session_state["lesson"].answers["conventions-diagonal"] == {"difference": "0.000"}
    assert "0.000" in said(app)
    # Turned back, it was done all the same.
    [dial] = [s for s in app.slider if s.key and s.key.startswith("questions_mixing_")]
    dial.set_value(1.0).run()
    assert "conventions-diagonal" in app.session_state["lesson"].answers
    app.button(key="lesson_next").click().run()
    assert app.session_state["lesson"].mark == Mark("conventions", 4)
    app.button(key="lesson_option_0").click().run()
    assert not buttons(app) & {"lesson_option_0"}
    assert "9,600" in said(app)
    app.button(key="lesson_back").click().run()
    assert app.session_state["lesson"].mark == Mark("conventions", 3)
    app.button(key="lesson_leave").click().run()
    assert not buttons(app)
    assert app.session_state["lesson"].reached == {"conventions": 3}
    assert app.session_state["page"] == "questions"


def test_what_an_earlier_visit_left_is_no_act(open_app: OpenApp) -> None:
    # The step before is on another page; here the dial is as the act would leave it.
    app = open_app("questions", q="paper", mixing="0.0", lesson="conventions.3")
    assert "lesson_there" in buttons(app)
    app.button(key="lesson_next").click().run()
    assert app.session_state["lesson"].mark == Mark("conventions", 3)
    assert app.session_state["questions"].view.numbers == {"mixing": 1.0}
    assert "conventions-diagonal" not in app.session_state["lesson"].answers
    app.button(key="lesson_next").click().run()
    app.button(key="lesson_next").click().run()
    app.button(key="lesson_next").click().run()  # finish
    assert app.session_state["page"] == "lessons"
    assert app.session_state["lesson"].finished == {"conventions"}
    assert app.session_state["lesson"].mark is None


def test_from_another_page_there_is_a_way_back(open_app: OpenApp) -> None:
    app = open_app("gates", lesson="recurrent.5", example="one_unit", t="2")
    app.switch_page("pages/understand/gradients.py").run()
    assert "lesson_there" in buttons(app)
    app.button(key="lesson_there").click().run()
    assert app.session_state["page"] == "gates"
    assert app.session_state["gates"].place.time == 1  # as it was left


def test_a_link_that_says_only_the_step_has_its_page_as_it_is_to_be(open_app: OpenApp) -> None:
    app = open_app("sequence", lesson="sequence.2", language="zh")
    assert app.session_state["sequence"].view.time == 39


@pytest.mark.parametrize("mark", ["nonsense.1", "gates.99", "<b>", ""])
def test_a_wrong_link_is_said(open_app: OpenApp, mark: str) -> None:
    app = open_app("gates", lesson=mark)
    assert not app.exception
    assert len(app.warning) == 1
    assert not buttons(app)
    app.switch_page("pages/learn/lessons.py").run()
    assert not app.exception


def test_without_a_lesson_there_is_nothing(open_app: OpenApp) -> None:
    app = open_app("gates")
    assert not buttons(app)
    assert "lesson" not in app.session_state
    assert not [part for part in app.get("bidi_component") if part.key.startswith("lesson")]


def test_every_act_is_in_the_list() -> None:
    assert len(acts()) == sum(
        step.kind == "do" for lesson, i in STEPS for step in [lesson.steps[i]]
    )
