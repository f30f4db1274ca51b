"""Home: a live cell, and a way into every example."""

import re
from urllib.parse import parse_qsl

import pytest

from gru_core.data.examples import EXAMPLES
from gru_core.data.step_view import DEFAULT_EXAMPLE
from gru_core.figures.cell import cell_view
from pages.ui.words import LANGUAGES
from tests.pages.conftest import OpenApp, component, texts

CHINESE = re.compile("[\u4e00-\u9fff]")


def test_home_shows_a_computed_cell(open_app: OpenApp, language: str) -> None:
    app = open_app(language=language)
    assert not app.exception
    sent = component(app, "home_cell")
    assert sent["view"] == cell_view(EXAMPLES[DEFAULT_EXAMPLE].setup.unroll(), 2)
    assert sent["words"]["language"] == language


def test_every_example_is_one_click_away(open_app: OpenApp) -> None:
    links = [link.proto for link in open_app().get("page_link") if link.proto.page == "gates"]
    queries = [dict(parse_qsl(link.query_string)) for link in links]
    assert [query for query in queries if query] == [{"example": name} for name in EXAMPLES]
    for name in EXAMPLES:
        app = open_app("gates", example=name)
        assert app.session_state["gates"].example == name


def test_every_page_is_one_click_away(open_app: OpenApp, language: str) -> None:
    links = {link.proto.page for link in open_app(language=language).get("page_link")}
    assert links >= {
        "gates",
        "sequence",
        "gradients",
        "train",
        "compare",
        "lessons",
        "questions",
        "articles",
        "worksheet",
        "model",
    }
    for page in links:
        assert not open_app(page, language=language).exception


def test_the_two_languages_say_different_words(open_app: OpenApp) -> None:
    english, chinese = texts(open_app()), texts(open_app(language="zh"))
    assert len(english) == len(chinese)
    assert not any(CHINESE.search(text) for text in english)
    assert any(CHINESE.search(text) for text in chinese)


def test_a_link_decides_the_language(open_app: OpenApp) -> None:
    assert texts(open_app(lang="zh")) == texts(open_app(language="zh"))
    assert texts(open_app(language="zh", lang="en")) == texts(open_app())
    assert texts(open_app(lang="tlh")) == texts(open_app())


@pytest.mark.parametrize("page", ["", "gates"])
def test_the_language_can_be_switched_on_every_page(open_app: OpenApp, page: str) -> None:
    app = open_app(page)
    switch = app.button_group(key="lang")
    assert list(switch.options) == list(LANGUAGES.values())
    switch.set_value("zh").run()
    assert not app.exception
    assert any(CHINESE.search(text) for text in texts(app))
