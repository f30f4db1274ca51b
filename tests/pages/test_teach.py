"""A teacher's links without a browser: what they hide, lock, keep closed, and how they are made."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from gru_core.data.classroom import FREE, GROUPS, LOCKS, PAGE_LOCKS, Classroom, lock_of
from gru_core.data.exhibits.registry import EXHIBITS
from gru_core.data.practice import Exercise
from gru_core.data.worksheet import Worksheet, markdown
from gru_core.errors import InputError
from gru_core.training.class_link import PAGE, ClassLink
from gru_core.training.guide import CLASSES
from pages.ui import classroom, words
from pages.ui.classroom import SELECTORS, style
from pages.ui.teach_state import FIRST
from pages.ui.words import translate
from tests.pages.conftest import ROOT, OpenApp, component, control, in_each, in_turn


def styles(app: AppTest) -> str:
    return "".join(each.proto.body for each in app.get("html"))


def controls(app: AppTest, page: str) -> dict[str, Any]:
    """Name → control, of all whose value is the page's."""
    key = re.compile(rf"{page}_(\w+)_\d+")
    widgets = app.selectbox, app.number_input, app.button_group, app.slider, app.checkbox
    return {
        match[1]: each
        for kind in (*widgets, app.text_area, app.text_input, app.toggle, app.radio)
        for each in kind
        if (match := key.fullmatch(each.key or ""))
    }


def tampered(widget: Any) -> Any:
    """As in a browser in which somebody has made it usable: it may send what it likes."""
    assert widget.disabled
    widget.proto.disabled = False
    return widget


def said(app: AppTest) -> str:
    return " ".join(part.value for part in [*app.markdown, *app.caption])


# --- On every page -------------------------------------------------------------------------------


def test_what_is_hidden_has_a_rule_and_stays_in_the_address(
    open_app: OpenApp, language: str
) -> None:
    query = {"hide": "bar.about", "size": "large"}
    app = open_app("gates", language=language, **query)
    assert not app.exception
    assert not app.warning
    rules = style(Classroom.from_query(query))
    assert rules
    assert rules in styles(app)
    # All of it on the next page too, whose own address does not say it.
    app.query_params.clear()
    app.switch_page("pages/understand/sequence.py").run()
    assert rules in styles(app)
    address = component(app, "lang_address")
    assert address["query"] == {"lang": language, **query}
    assert set(query) <= set(address["owned"])


def test_each_group_hides_something() -> None:
    assert set(SELECTORS) == set(GROUPS)
    for name in SELECTORS:
        assert "display: none" in style(Classroom(hide=(name,)))


def test_without_such_a_link_nothing_is_sent(open_app: OpenApp) -> None:
    app = open_app("gates", example="forget")
    assert len(app.get("html")) == 1  # the frame's own
    assert component(app, "lang_address")["query"] == {"lang": "en"}
    assert not any(each.disabled for each in controls(app, "gates").values())


@pytest.mark.parametrize("query", [{"hide": "<b>"}, {"lock": "x"}, {"solutions": "?"}], ids=str)
def test_a_wrong_link_is_said_where_it_opened(open_app: OpenApp, query: dict[str, str]) -> None:
    app = open_app("gates", **query)
    assert not app.exception
    assert len(app.warning) == 1
    app.switch_page("pages/understand/sequence.py").run()
    assert not app.warning


# --- Locked --------------------------------------------------------------------------------------


def test_a_locked_value_is_shown_and_cannot_be_changed(open_app: OpenApp, language: str) -> None:
    app = open_app("gates", language=language, example="forget", lock="example.H.numbers")
    shown = controls(app, "gates")
    assert {name for name, each in shown.items() if each.disabled} == {"example", "H"}
    assert component(app, "gates_numbers")["locked"] is True
    tampered(control(app, "example")).set_value("remember").run()
    assert app.session_state["gates"].example == "forget"
    assert control(app, "example").value == "forget"
    control(app, "digits").set_value(5).run()
    assert app.session_state["gates"].digits == 5


def test_a_change_is_refused_without_trusting_the_widget(monkeypatch: pytest.MonkeyPatch) -> None:
    # Streamlit drops what a browser sends for a disabled widget; a grid is no widget of its.
    monkeypatch.setattr(classroom, "current", lambda: Classroom(lock=("numbers",)))
    change = classroom.unlocked(lambda state: state + 1, "numbers")
    with pytest.raises(InputError, match="numbers: expected as it is"):
        change(1)
    monkeypatch.setattr(classroom, "current", lambda: Classroom(lock=("seed",)))
    assert change(1) == 2


def test_locked_buttons_do_nothing(open_app: OpenApp) -> None:
    app = open_app("worksheet", lock="seed", count="1")
    before = app.session_state["worksheet"].sheet
    assert app.button(key="worksheet_other").disabled
    tampered(app.button(key="worksheet_other")).click().run()
    assert app.session_state["worksheet"].sheet == before


@pytest.mark.parametrize(
    ("page", "language"), in_turn(["sequence", "gradients", "train", "compare", "questions"])
)
def test_all_values_are_locked_and_nothing_else(
    open_app: OpenApp, page: str, language: str
) -> None:
    app = open_app(page, language=language, lock="all")
    assert not app.exception
    shown = controls(app, page)
    names = {name: lock_of(name, page) for name in shown}
    assert {name for name, each in shown.items() if not each.disabled} == {
        name for name, lock in names.items() if lock in FREE
    }
    # What can be locked by its name is offered to the teacher, wherever it has one.
    offered = set(PAGE_LOCKS[page])
    assert {lock for lock in names.values() if lock in LOCKS} <= offered


# --- Solutions -----------------------------------------------------------------------------------


def test_a_mistake_stays_closed_after_the_guess(open_app: OpenApp, language: str) -> None:
    query = {"exhibit": "r_impossible"}
    closed = open_app("articles", language=language, solutions="no", **query)
    [guess] = closed.radio
    guess.set_value(1).run()
    assert not closed.exception
    assert closed.session_state["articles"].quiz.answers == {"r_impossible": 1}
    right = words.sections(language, "exhibits")["r_impossible-right"]
    assert right not in said(closed)
    assert "✓" not in said(closed)
    assert "✓" not in " ".join(closed.selectbox[-1].options)
    assert len(closed.get("download_button")) == 0
    # The same guess, where solutions open.
    opened = open_app("articles", language=language, answers="r_impossible:1", **query)
    assert right in said(opened)
    assert EXHIBITS["r_impossible"].right == 1


def test_a_question_stays_closed(open_app: OpenApp, language: str) -> None:
    app = open_app("questions", language=language, solutions="no", q="reset")
    assert not app.exception
    assert words.sections(language, "questions")["reset"] not in said(app)
    assert not app.get("plotly_chart")
    assert app.get("page_link")  # the experiment that settles it


def test_an_exercise_stays_closed(open_app: OpenApp) -> None:
    exercise = Exercise.draw("unit", 1)
    app = open_app("gates", solutions="no", **exercise.to_query())
    keys = {button.key for button in app.button}
    assert "practice_step_check" in keys
    assert "practice_step_show" not in keys
    for asked, field in zip(exercise.asked, app.text_input, strict=True):
        field.set_value(f"{exercise.answer(asked).item():.6f}")
    app.button(key="practice_step_check").click().run()
    assert app.success  # it is right, and says so
    assert not [part for part in app.get("bidi_component") if part.key == "practice_step_solution"]


def test_a_worksheet_has_no_answers(open_app: OpenApp, language: str) -> None:
    app = open_app("worksheet", language=language, solutions="no", count="1")
    assert "answers" not in controls(app, "worksheet")
    assert len(app.get("download_button")) == 2
    # Even if the session had them open.
    desk = app.session_state["worksheet"]
    object.__setattr__(desk, "answers", True)
    app.run()

    def say(template: str, /, **values: object) -> str:
        return translate(language, template, values)

    answers = markdown(Worksheet(count=1), say, answers=True)
    assert not set(answers.exercises) & {part.value for part in app.markdown}


# --- The builder ---------------------------------------------------------------------------------


def class_link(app: AppTest) -> ClassLink:
    found: ClassLink = app.session_state["teach"].class_link
    return found


def test_it_opens_with_a_link_that_works(open_app: OpenApp, language: str) -> None:
    app = open_app("teach", language=language)
    assert not app.exception
    assert not app.warning
    assert class_link(app) == FIRST
    assert app.code[0].value.endswith(FIRST.to_link())
    assert FIRST.to_link(embed="true").replace("&", "&amp;") in app.code[1].value
    [frame] = app.get("iframe")
    assert FIRST.page in frame.proto.src
    assert words.sections(language, "teacher")["by_hand"] in said(app)


def test_a_link_is_put_together(open_app: OpenApp) -> None:
    app = open_app("teach")
    control(app, "page", "teach").set_value("articles").run()
    control(app, "state", "teach").set_value("no_un").run()
    control(app, "solutions", "teach").set_value("no").run()
    hide = app.multiselect[0]
    hide.set_value(["about", "menu"]).run()
    app.multiselect[1].set_value(["all"]).run()
    control(app, "lang", "teach").set_value("zh").run()
    control(app, "size", "teach").set_value("usual").run()
    assert not app.exception
    made = ClassLink(
        "articles",
        {"exhibit": "no_un"},
        "zh",
        Classroom(("menu", "about"), ("all",), "usual", False),
    )
    assert class_link(app) == made
    # The page's own address holds it, and is not itself hidden or locked by it.
    query = component(app, "teach_link")["query"]
    assert query == {"link": made.to_link()}
    again = open_app("teach", **query)
    assert class_link(again) == made
    assert not control(again, "page", "teach").disabled


def test_a_pasted_link_is_taken_or_refused(open_app: OpenApp, language: str) -> None:
    app = open_app("teach", language=language)
    [field] = [each for each in app.text_input if "pasted" in (each.key or "")]
    field.set_value("https://example.org/lab/sequence?model=latch&t=7").run()
    assert (class_link(app).page, class_link(app).query) == (
        "sequence",
        {"model": "latch", "t": "7"},
    )
    assert class_link(app).classroom == FIRST.classroom  # how it looks stays
    [field] = [each for each in app.text_input if "pasted" in (each.key or "")]
    field.set_value("https://example.org/<b>?x").run()
    assert not app.exception
    assert len(app.warning) == 1
    assert class_link(app).page == "sequence"


@pytest.mark.parametrize(
    "query", [{"link": "<b>"}, {"class": "?"}, {"link": "/gates?t=99"}], ids=str
)
def test_a_wrong_link_to_the_builder_is_said(open_app: OpenApp, query: dict[str, str]) -> None:
    app = open_app("teach", **query)
    assert not app.exception
    assert len(app.warning) == 1
    assert class_link(app) == FIRST


def test_every_class_offers_its_links(open_app: OpenApp, language: str) -> None:
    app = open_app("teach", language=language)
    for key, each in list(CLASSES.items())[language == "zh" :: 2]:
        control(app, "class", "teach").set_value(key).run()
        assert not app.exception, key
        text = words.sections(language, "teacher")[key]
        assert text in said(app)
        links = [link.proto.url for link in app.get("link_button")][1:]
        assert links == [stop.class_link(language).to_link() for stop in each.stops]
        # The prose and the links count alike.
        numbers = "①②③④⑤⑥"[: len(each.stops)]
        assert set(re.findall("[①-⑨]", text)) == set(numbers)
    app.button(key="teach_adapt_0").click().run()
    assert class_link(app) == each.stops[0].class_link(language)


def test_every_page_can_be_linked_to() -> None:
    pages = {script.stem for script in ROOT.glob("pages/*/*.py") if script.parent.name != "ui"}
    assert pages - {"home", "teach"} == set(PAGE.options) - {""}


def guide_links() -> list[str]:
    """Each link of the guide once."""
    stops = (stop for each in CLASSES.values() for stop in each.stops)
    return list(dict.fromkeys(stop.class_link().to_link() for stop in stops))


@pytest.mark.parametrize(("link", "language"), in_each(guide_links()))
def test_every_link_of_the_guide_opens(open_app: OpenApp, link: str, language: str) -> None:
    parts = urlsplit(link)
    page = parts.path.strip("/")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    app = open_app(page, language=language, **query)
    assert not app.exception
    assert not app.warning
    assert app.session_state[page].notice is None
    assert (
        component(app, "lang_address")["query"].items()
        >= ClassLink.from_link(link).classroom.to_query().items()
    )
