"""Spot the mistake in a real browser: guess, see it run, come back to it."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.gates import SIDEWAYS

OpenPage = Callable[..., Page]
CURVES = ".st-key-articles_run .js-plotly-plot .scatterlayer .trace"


def test_a_guess_lets_the_run_go_on_and_stays_in_the_address(open_page: OpenPage) -> None:
    page = open_page("/articles")
    expect(page.locator(CURVES)).to_have_count(2)  # the law is not told before
    page.get_by_test_id("stRadio").locator("label").filter(has_text=re.compile("0.12")).click()
    expect(page.locator(CURVES)).to_have_count(3)
    page.wait_for_function("new URL(location).searchParams.get('answers') === 'extra_tanh:3'")
    page.reload()
    expect(page.locator(CURVES)).to_have_count(3)
    page.locator(".st-key-articles_onward").get_by_role("button").click()
    expect(page.get_by_test_id("stRadio")).to_be_visible()
    page.wait_for_function("new URL(location).searchParams.get('exhibit') === 'no_un'")


def test_the_run_comes_between_guess_and_explanation_on_a_phone(open_page: OpenPage) -> None:
    page = open_page("/articles?exhibit=two_dims&answers=two_dims:1", viewport=(390, 844))
    said, run, right = (
        page.locator(f".st-key-articles_{part}").bounding_box() for part in ("said", "run", "right")
    )
    assert said
    assert run
    assert right
    assert said["y"] < run["y"] < right["y"]
    assert max(page.evaluate(SIDEWAYS)) <= 0
