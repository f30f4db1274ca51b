"""Questions answered in a real browser: a question is opened, turned, followed and come back to."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.gates import SIDEWAYS

OpenPage = Callable[..., Page]


def test_a_question_leads_to_its_experiment(
    open_page: OpenPage, wait_until_idle: Callable[[Page], None]
) -> None:
    page = open_page("/questions")
    page.locator(".st-key-questions_open_reset").get_by_role("button").click()
    page.wait_for_function("new URL(location).searchParams.get('q') === 'reset'")
    figure = page.locator(".st-key-questions_figure .js-plotly-plot")
    expect(figure).to_be_visible()
    wait_until_idle(page)  # the first question has dials, too
    page.locator(".st-key-questions_dials input[type='range']").nth(1).focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("new URL(location).searchParams.get('update_bias') === '7'")
    page.locator(".st-key-questions_links a").first.click()
    page.wait_for_url("**/gates?**")
    expect(page.locator(".st-key-gates_stage .gl-cell")).to_be_visible()
    assert "b_z=7" in page.url
    page.go_back()
    page.wait_for_url("**/questions?**")
    expect(figure).to_be_visible()
    # One whose address needs torch is a button.
    page.locator(".st-key-questions_open_cure").get_by_role("button").click()
    page.wait_for_function("new URL(location).searchParams.get('q') === 'cure'")
    page.locator(".st-key-questions_follow_1").get_by_role("button").click()
    page.wait_for_url("**/compare?**")
    expect(page.locator(".st-key-compare_curves .gl-figure").first).to_be_visible()


def test_it_fits_a_phone(open_page: OpenPage) -> None:
    phone = open_page("/questions?q=libraries&lang=zh", viewport=(390, 844))
    expect(phone.locator(".st-key-questions_answer")).to_be_visible()
    assert max(phone.evaluate(SIDEWAYS)) <= 0
    phone.goto("/questions?q=missing")
    expect(phone.locator(".st-key-questions_figure .js-plotly-plot")).to_be_visible()
    assert max(phone.evaluate(SIDEWAYS)) <= 0
