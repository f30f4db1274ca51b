"""The first visit to a freshly started server may be to any page, in any language."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from gru_core.data.step_view import StepView
from tests.browser.gates import Gates

OpenPage = Callable[..., Page]


def test_the_first_visit_follows_a_deep_link(fresh_server: str, open_page: OpenPage) -> None:
    # The server comes first in the list above, so that it outlives the pages.
    path = "/gates?example=saturated&lang=zh"
    page = open_page(path, base_url=fresh_server, color_scheme="dark")
    gates = Gates(page, "zh")
    gates.expect_shows(StepView.of_example("saturated"))
    assert page.locator('[role="dialog"]').count() == 0
    # Streamlit's own menu of the files in pages/ would stand in a side bar.
    assert page.get_by_test_id("stSidebarNavLink").count() == 0
    assert page.get_by_test_id("stSidebarNav").count() == 0
    english = open_page("/gates?example=saturated&lang=en", base_url=fresh_server)
    titles = [view.locator(".st-key-gates_bar h3").inner_text() for view in (page, english)]
    assert titles[0] != titles[1]
    background = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    assert page.evaluate(background) != english.evaluate(background)
    expect(english.locator(".st-key-gates_stage .gl-cell")).to_be_visible()
