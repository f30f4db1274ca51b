"""A teacher's link in a real browser: it hides and locks what it says, and goes on doing so."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from gru_core.data.classroom import Classroom
from gru_core.training.class_link import ClassLink
from tests.browser.gates import SIDEWAYS

OpenPage = Callable[..., Page]
LOOK = Classroom(hide=("popovers", "look", "about"), lock=("example", "model"), size="large")


def test_a_teachers_link_holds(
    open_page: OpenPage, wait_until_idle: Callable[[Page], None]
) -> None:
    page = open_page(ClassLink("gates", {"example": "forget"}, "", LOOK).to_link())
    locked = page.locator("[class*='st-key-gates_example_'] input")
    numbers = page.locator(".st-key-gates_numbers .gl-number").first

    def expect_gates() -> None:
        expect(page.locator(".st-key-gates_stage .gl-cell")).to_be_visible()
        expect(locked).to_be_disabled()
        expect(numbers).to_be_enabled()  # nobody asked for that
        for hidden in (".st-key-gates_convention", ".st-key-gates_look", ".st-key-gates_about"):
            expect(page.locator(hidden)).to_have_count(1)
            expect(page.locator(hidden)).to_be_hidden()

    expect_gates()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "19.2px"
    # The other page, by the menu: there too, and in its address.
    page.get_by_test_id("stTopNavSection").first.click()
    page.get_by_test_id("stTopNavDropdownLink").nth(1).click()
    expect(page.locator(".st-key-sequence_timeline .gl-timeline")).to_be_visible()
    wait_until_idle(page)
    expect(page.locator(".st-key-sequence_look")).to_be_hidden()
    expect(page.locator("[class*='st-key-sequence_model_'] input")).to_be_disabled()
    page.wait_for_function("new URL(location).searchParams.get('lock') === 'example.model'")
    page.go_back()
    expect_gates()
    page.reload()
    expect_gates()


def test_the_builder_shows_what_it_makes_and_fits_a_phone(open_page: OpenPage) -> None:
    phone = open_page("/teach?lang=zh", viewport=(390, 844))
    inside = phone.frame_locator(".st-key-teach_preview iframe")
    expect(inside.locator(".st-key-gates_stage .gl-cell")).to_be_visible()
    expect(inside.locator(".st-key-gates_look")).to_be_hidden()
    assert max(phone.evaluate(SIDEWAYS)) <= 0
