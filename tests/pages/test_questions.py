"""Questions answered, without a browser."""

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gru_core.training.question_view import QuestionView
from gru_core.training.questions import QUESTIONS
from pages.ui.question_controls import FIND
from tests.pages.conftest import OpenApp, component, control, in_each

CHINESE = re.compile("[\u4e00-\u9fff]")


def listed(app: AppTest) -> list[str]:
    keys = [button.key or "" for button in app.button]
    return [
        key.removeprefix("questions_open_") for key in keys if key.startswith("questions_open_")
    ]


def view(app: AppTest) -> QuestionView:
    found: QuestionView = app.session_state["questions"].view
    return found


def test_it_opens_on_an_answer_with_live_numbers(open_app: OpenApp, language: str) -> None:
    app = open_app("questions", language=language)
    assert not app.exception
    assert not app.warning
    assert listed(app) == list(QUESTIONS)
    said = " ".join(part.value for part in app.markdown)
    assert "4,800" in said
    assert bool(CHINESE.search(said)) == (language == "zh")
    control(app, "H", "questions").set_value(64).run()
    assert not app.exception
    assert "15,744" in " ".join(part.value for part in app.markdown)
    assert component(app, "questions_link")["query"] == {"H": "64"}


def test_every_question_opens(open_app: OpenApp, language: str) -> None:
    app = open_app("questions", language=language)
    # Each language has half of them: what one shows does not hang on the language.
    for key in list(QUESTIONS)[language == "zh" :: 2]:
        app.button(key=f"questions_open_{key}").click().run()
        assert not app.exception, key
        assert view(app).q == key
        assert len(app.get("page_link")) + sum(
            (button.key or "").startswith("questions_follow_") for button in app.button
        ) == len(QUESTIONS[key].links)


def test_topic_and_words_choose_what_is_listed(open_app: OpenApp) -> None:
    app = open_app("questions", topic="memory", q="cure", factor="1.2")
    assert not app.warning
    assert listed(app) == [q.key for q in QUESTIONS.values() if q.topic == "memory"]
    assert view(app).numbers == {"factor": 1.2}
    app.text_input(key=FIND).set_value("clipping NaN").run()
    assert listed(app) == ["cure"]
    app.text_input(key=FIND).set_value("<b>").run()
    assert not app.exception
    assert listed(app) == []
    control(app, "topic", "questions").set_value("data").run()
    assert view(app).question.topic == "data"


def test_speed_is_measured_when_it_is_asked_for(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gru_core.training import speed

    asked = []

    def measure(D: int, H: int) -> speed.Speed:
        asked.append((D, H))
        ratios = {"rnn": (0.4, 0.5, 0.6), "gru": (1.0, 1.0, 1.0), "lstm": (1.1, 1.2, 1.3)}
        return speed.Speed(D, H, ratios, 9)

    monkeypatch.setattr(speed, "measure", measure)
    app = open_app("questions")
    assert asked == []
    app.button(key="questions_measure").click().run()
    assert asked == [(16, 32)]
    assert "1.20" in " ".join(part.value for part in app.markdown)


@pytest.mark.parametrize("query", [{"q": "<script>"}, {"H": "1e9"}, {"topic": "?"}], ids=str)
def test_a_wrong_link_is_said(open_app: OpenApp, query: dict[str, str]) -> None:
    app = open_app("questions", **query)
    assert not app.exception
    assert len(app.warning) == 1


def experiments() -> list[tuple[str, dict[str, str]]]:
    """Every address to which a question leads, once."""
    found: dict[Any, tuple[str, dict[str, str]]] = {}
    for question in QUESTIONS.values():
        for link in question.links:
            query = link.query(question.numbers())
            found[link.page, tuple(query.items())] = link.page, query
    return list(found.values())


@pytest.mark.parametrize(
    ("link", "language"), in_each(experiments()), ids=lambda v: v if isinstance(v, str) else v[0]
)
def test_every_experiment_opens(
    open_app: OpenApp, link: tuple[str, dict[str, str]], language: str
) -> None:
    page, query = link
    app = open_app(page, language=language, **query)
    assert not app.exception
    assert not app.warning
    state = app.session_state[page]
    assert state.notice is None
