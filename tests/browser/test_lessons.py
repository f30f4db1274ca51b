"""A learner walks a lesson in a real browser: predicts, acts, goes back, leaves, takes it up."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.gates import SIDEWAYS, Gates

OpenPage = Callable[..., Page]


def at(page: Page, mark: str) -> None:
    page.wait_for_function(
        "mark => new URL(location).searchParams.get('lesson') === mark", arg=mark
    )


def test_a_lesson_from_start_to_end(open_page: OpenPage) -> None:
    page = open_page("/lessons")
    bar = page.locator(".st-key-lesson_bar")
    following = bar.locator(".st-key-lesson_next button")
    options = bar.locator(".st-key-lesson_options button")
    hint = bar.locator(".st-key-lesson_hint")
    page.locator(".st-key-lessons_begin_recurrent button").click()
    page.wait_for_url("**/gates?**")
    at(page, "recurrent.1")
    gates = Gates(page)
    expect(gates.chip("h_previous")).to_have_text("0.50")
    # The figure stays on a projector's screen, with the bar above it.
    assert gates.stage.locator(".gl-cell").bounding_box()["y"] < 450  # type: ignore[index]
    following.click()
    at(page, "recurrent.2")
    # A prediction, wrong.
    options.nth(2).click()
    expect(bar).to_contain_text("0.250 → 0.125")
    expect(options).to_have_count(0)
    following.click()
    at(page, "recurrent.3")
    expect(hint).to_be_visible()
    # The act, on the page; the bar sees it by itself.
    gates.stage.locator(".gl-step").nth(1).click()
    gates.equation("h").locator("button").first.click()
    expect(bar).to_contain_text("✓")
    expect(bar).to_contain_text("0.125")
    expect(hint).to_have_count(0)
    following.click()
    at(page, "recurrent.4")
    bar.locator(".st-key-lesson_back button").first.click()
    at(page, "recurrent.3")
    expect(bar).to_contain_text("✓")
    following.click()
    at(page, "recurrent.4")
    options.nth(2).click()
    following.click()
    at(page, "recurrent.5")
    # Left, and taken up by its link, as somebody else would.
    link = page.url
    bar.locator(".st-key-lesson_leave button").first.click()
    expect(bar).to_have_count(0)
    page.wait_for_function("!new URL(location).searchParams.has('lesson')")
    expect(gates.stage.locator(".gl-cell")).to_be_visible()
    page.goto(link)
    expect(hint).to_be_visible()
    at(page, "recurrent.5")
    gates.type("x.0.0", "-2")
    expect(bar).to_contain_text("−2")
    expect(hint).to_have_count(0)
    assert "lesson=recurrent.5" in page.url
    following.click()
    at(page, "recurrent.6")
    following.click()
    page.wait_for_url("**/lessons**")
    expect(page.locator(".st-key-lessons_card_recurrent")).to_contain_text("done")
    expect(bar).to_have_count(0)
    # A phone has room for the bar, and the menu's other pages keep it.
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/gradients?T=10&lesson=recurrent.5&lang=zh")
    expect(bar.locator(".st-key-lesson_there")).to_be_visible()
    assert max(page.evaluate(SIDEWAYS)) <= 0
    bar.locator(".st-key-lesson_there button").click()
    page.wait_for_url("**/gates?**")
    expect(hint).to_be_visible()
    assert max(page.evaluate(SIDEWAYS)) <= 0
