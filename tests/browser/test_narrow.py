"""On a telephone, 390 px wide, no page scrolls sideways; parts of it may, within themselves."""

from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import Page, expect

from gru_core.data.examples import EXAMPLES
from gru_core.data.setup import MAX_SIZE, MAX_STEPS
from gru_core.data.step_view import DEFAULT_EXAMPLE, StepView
from gru_core.maths.convention import Convention
from tests.browser.gates import Gates, link

OpenPage = Callable[..., Page]
TELEPHONE = (390, 844)


def test_no_example_scrolls_sideways(open_page: OpenPage) -> None:
    gates = Gates(open_page(f"/gates?example={DEFAULT_EXAMPLE}", viewport=TELEPHONE))
    for name in EXAMPLES:
        if name != DEFAULT_EXAMPLE:
            gates.choose_example(name)
        gates.expect_shows(StepView.of_example(name))
        gates.expect_nothing_sideways_in_any_part(name)
    # The other picture, of the other place of the reset gate.
    setup = StepView.of_example(name).setup
    [reset] = {"before", "after"} - {setup.convention.reset}
    gates.open_popover("convention")
    gates.key("reset").locator("button").nth(("after", "before").index(reset)).click()
    gates.page.keyboard.press("Escape")
    gates.expect_shows(StepView(setup.with_convention(replace(setup.convention, reset=reset))))
    gates.expect_nothing_sideways_in_any_part((name, reset))


def test_the_largest_cell_with_the_longest_numbers(open_page: OpenPage) -> None:
    setup = EXAMPLES["article_003_repaired"].setup.resized(MAX_SIZE, MAX_SIZE, MAX_STEPS)
    setup = setup.with_convention(Convention("state", "after", "hard_sigmoid"))
    view = StepView(replace(setup, inputs=setup.inputs - 123456.789012), digits=6)
    gates = Gates(open_page(link(view, lang="zh"), viewport=TELEPHONE), "zh")
    gates.expect_shows(view)
    gates.expect_nothing_sideways_in_any_part("largest")
    gates.type("x.0.0", "not a number " + "x" * 150)
    expect(gates.errors).to_have_count(1)
    gates.expect_nothing_sideways("a long error")
    for tab in range(5):
        gates.open_tab(tab)
        panel = gates.key("tab").get_by_role("tabpanel")
        expect(panel.locator('[data-testid="stElementContainer"]').first).to_be_visible()
        gates.expect_nothing_sideways(f"tab {tab}")


def test_a_drawing_follows_the_width_of_the_window(open_page: OpenPage) -> None:
    gates = Gates(open_page("/gates?example=one_unit"))
    drawing = gates.stage.locator(".gl-cell")
    expect(drawing).to_have_attribute("data-tall", "false")
    gates.page.set_viewport_size(dict(zip(("width", "height"), TELEPHONE, strict=True)))
    expect(drawing).to_have_attribute("data-tall", "true")
    gates.expect_shows(StepView.of_example("one_unit"))
    # Home fits as well, in both languages.
    for language in ("en", "zh"):
        gates.page.goto(f"/?lang={language}")
        last = gates.page.locator(f".st-key-home_{list(EXAMPLES)[-1]}")
        expect(last).to_be_visible()
        gates.expect_nothing_sideways(language)
