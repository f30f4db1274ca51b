"""The worksheet, without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from gru_core.data.worksheet import Worksheet, markdown
from gru_core.maths.convention import Convention
from pages.ui.words import translate
from pages.ui.worksheet_state import Desk
from tests.pages.conftest import OpenApp, component, control, in_turn


def desk(app: AppTest) -> Desk:
    found: Desk = app.session_state["worksheet"]
    return found


def say_in(language: str):
    def say(template: str, /, **values: object) -> str:
        return translate(language, template, values)

    return say


@pytest.mark.parametrize(
    ("query", "language"),
    in_turn([{}, {"seed": "9", "count": "2", "kinds": "step.steps", "reset": "before"}]),
)
def test_a_link_opens_the_sheet_without_its_answers(
    open_app: OpenApp, query: dict[str, str], language: str
) -> None:
    sheet = Worksheet.from_query(query)
    app = open_app("worksheet", language=language, **query)
    assert not app.exception
    assert not app.warning
    assert desk(app).sheet == sheet
    written = markdown(sheet, say_in(language), answers=False)
    shown = [part.value for part in app.markdown]
    assert written.opening in shown
    assert [text for text in shown if text in written.exercises] == list(written.exercises)
    # Every exercise can be tried where it is checked.
    links = [link.proto.query_string for link in app.get("page_link")]
    assert len(links) == sheet.count
    assert all("p_kind=" in link for link in links)
    assert component(app, "worksheet_link")["query"] == query


def test_the_answers_are_one_click_away(open_app: OpenApp) -> None:
    app = open_app("worksheet", count="2")
    control(app, "answers", "worksheet").set_value(True).run()
    written = markdown(desk(app).sheet, say_in("en"), answers=True)
    assert set(written.exercises) <= {part.value for part in app.markdown}
    assert "answers" not in component(app, "worksheet_link")["query"]


def test_what_is_practised_is_chosen(open_app: OpenApp) -> None:
    app = open_app("worksheet", count="1")
    control(app, "reset", "worksheet").set_value("before").run()
    [backwards] = [box for box in app.checkbox if "kind_step_" in box.key]
    backwards.check().run()
    assert desk(app).sheet == Worksheet(
        1, 1, ("unit", "units", "step"), Convention("state", "before")
    )
    app.button(key="worksheet_other").click().run()
    assert desk(app).sheet.seed == 2
    for kind in ("unit_", "units_", "step_"):
        [box] = [box for box in app.checkbox if f"kind_{kind}" in box.key]
        box.uncheck().run()
    assert not app.exception
    assert len(app.warning) == 1  # the last one stays
    assert desk(app).sheet.kinds == ("step",)


@pytest.mark.parametrize("query", [{"kinds": "<b>"}, {"count": "99"}, {"z": "old"}], ids=str)
def test_a_wrong_link_is_said(open_app: OpenApp, query: dict[str, str]) -> None:
    app = open_app("worksheet", **query)
    assert not app.exception
    assert len(app.warning) == 1
    assert desk(app).sheet == Worksheet()
