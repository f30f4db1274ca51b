"""The page "Spot the mistake": a guess first, then the run; the address holds every guess."""

import json
import re

from streamlit.testing.v1 import AppTest

from gru_core.data.exhibits.quiz import FIRST, Quiz
from gru_core.data.exhibits.registry import EXHIBITS
from gru_core.data.exhibits.shown import Lines
from pages.ui.words import LANGUAGES, sections
from tests.pages.conftest import OpenApp, component, control

WRONG = (EXHIBITS[FIRST].right + 1) % len(EXHIBITS[FIRST].options)


def quiz_of(app: AppTest) -> Quiz:
    quiz: Quiz = app.session_state["articles"].quiz
    return quiz


def points(app: AppTest) -> int:
    """How far the first curve of the figure is drawn."""
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    x = spec["data"][0]["x"]
    if isinstance(x, list):
        return len(x)
    return len(x["bdata"]) * 3 // 4 // int(re.sub(r"\D", "", x["dtype"]))


def said(app: AppTest) -> list[str]:
    return [part.value for part in app.markdown]


def test_every_mistake_has_its_claim_and_what_is_right() -> None:
    for language in LANGUAGES:
        expected = {f"{key}-{part}" for key in EXHIBITS for part in ("claim", "right")}
        assert {*sections(language, "exhibits")} == expected


def test_it_opens_on_a_run_that_has_begun_and_asks(open_app: OpenApp, language: str) -> None:
    app = open_app("articles", language=language)
    assert not app.exception
    assert not app.warning
    picture = EXHIBITS[FIRST].demonstrate().picture
    assert isinstance(picture, Lines)
    assert points(app) <= picture.tease < len(picture.x)
    assert sections(language, "exhibits")[f"{FIRST}-right"] not in said(app)
    app.radio[0].set_value(WRONG).run()
    assert not app.exception
    assert points(app) > picture.tease
    assert sections(language, "exhibits")[f"{FIRST}-right"] in said(app)
    assert component(app, "articles_link")["query"] == {"answers": f"{FIRST}:{WRONG + 1}"}
    assert not app.radio
    app.button(key="articles_onward").click().run()
    assert quiz_of(app).exhibit == list(EXHIBITS)[1]
    app.button(key=f"articles_again_{FIRST}").click().run()
    assert quiz_of(app).exhibit == FIRST
    app.button(key="articles_clear").click().run()
    assert quiz_of(app) == Quiz()
    assert app.radio[0].value is None


def test_a_link_restores_guesses_and_filters(open_app: OpenApp) -> None:
    quiz = Quiz(answers={"lstm_2013": 0}).filtered(kind="code", article="003").answered(2)
    app = open_app("articles", language="zh", **quiz.to_query())
    assert not app.exception
    assert not app.warning
    assert quiz_of(app) == quiz
    assert component(app, "articles_link")["query"] == quiz.to_query()
    control(app, "kind", "articles").set_value("history").run()
    assert quiz_of(app) == quiz.filtered(kind="history")
    assert quiz_of(app).open.articles == {"003"}


def test_a_mangled_link_gives_a_notice(open_app: OpenApp) -> None:
    app = open_app("articles", answers="extra_tanh:<b>")
    assert not app.exception
    assert len(app.warning) == 1
    assert quiz_of(app) == Quiz()
    control(app, "kind", "articles").set_value("numbers").run()
    assert not app.warning
    control(app, "article", "articles").set_value("004").run()
    assert len(app.warning) == 1  # the worked example stands in article 003 alone
    assert quiz_of(app).kind == "numbers"
    assert quiz_of(app).article == "all"


def test_every_kind_of_result_can_be_shown(open_app: OpenApp) -> None:
    """A table, bars and a time line; each mistake's own run is drawn in tests/figures."""
    app = open_app("articles", language="zh", exhibit="no_un", answers="no_un:1")
    assert not app.exception
    for key in ("update_unused", "lstm_2013", "two_dims"):
        [widget] = [each for each in app.selectbox if "articles_exhibit_" in (each.key or "")]
        widget.set_value(key).run()
        assert quiz_of(app).exhibit == key
        app.radio[0].set_value(0).run()
        assert not app.exception
