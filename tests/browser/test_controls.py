"""The controls above the stage: equations, picture, grids and numbers follow each of them."""

from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import Page, expect

from gru_core.data.examples import EXAMPLES
from gru_core.data.step_view import DEFAULT_EXAMPLE, Place, StepView
from gru_core.maths.convention import CHUNG, NAMED, Convention
from tests.browser.gates import Gates, link, with_numbers

OpenPage = Callable[..., Page]
WELCOME = StepView.of_example(DEFAULT_EXAMPLE)
# In the definition of a candidate: which symbols stand where, read from the screen.
SYMBOLS = "nodes => nodes.map((node) => node.textContent)"


def in_convention(view: StepView, convention: Convention) -> StepView:
    return replace(view, setup=view.setup.with_convention(convention), example=None)


def symbols(gates: Gates, part: str) -> list[str]:
    found: list[str] = gates.equation(part).locator(".gl-definition .gl-sym").evaluate_all(SYMBOLS)
    return found


def test_a_convention_is_chosen_by_name(open_page: OpenPage) -> None:
    gates = Gates(open_page("/gates?part=n"))
    start = replace(WELCOME, place=Place(part="n"))
    gates.expect_shows(start)
    assert symbols(gates, "n") == ["n", "Wn", "x", "bn", "r", "Un", "h", "cn"]
    assert symbols(gates, "h") == ["h′", "z", "n", "z", "h"]
    reset = gates.node("reset").bounding_box()
    gates.open_popover("convention")
    gates.choose("named", NAMED["chung"].title)
    gates.expect_shows(in_convention(start, CHUNG))
    assert symbols(gates, "n") == ["n", "Wn", "x", "bn", "Un", "r", "h"]
    assert symbols(gates, "h") == ["h′", "z", "h", "z", "n"]
    # In the picture, r now acts below the product with U_n; c_n is not offered any more.
    assert gates.node("reset").bounding_box() != reset
    assert gates.cell("c_n.0.0").count() == 0
    gates.key("gate").locator("button").nth(1).click()
    gates.expect_shows(in_convention(start, replace(CHUNG, gate="hard_sigmoid")))
    gates.key("z").locator("button").nth(0).click()
    back = in_convention(start, Convention("state", "before", "hard_sigmoid"))
    gates.expect_shows(back)
    # Numbers go on being typed in the new convention, and undo leads out of it again.
    gates.page.keyboard.press("Escape")
    gates.type("x.0.0", "-0.5")
    gates.expect_shows(with_numbers(back, ("x", 0, 0, -0.5)))
    for _ in range(4):
        gates.page.keyboard.press("ControlOrMeta+z")
    gates.expect_grids(start)
    expect(gates.cell("c_n.0.0")).to_be_visible()


def test_sizes_and_digits(open_page: OpenPage) -> None:
    gates = Gates(open_page("/gates?t=6&unit=2"))
    gates.open_popover("size")
    gates.set_number("H", 4)
    last = Place(5, "r", 1)
    bigger = replace(WELCOME, setup=WELCOME.setup.resized(2, 4, 6), example=None, place=last)
    gates.expect_shows(bigger)
    gates.set_number("T", 2)
    fewer = replace(bigger, setup=bigger.setup.resized(2, 4, 2), place=Place(1, "r", 1))
    gates.expect_shows(fewer)
    gates.set_number("digits", 6)
    gates.expect_shows(replace(fewer, digits=6))
    gates.page.keyboard.press("Escape")
    gates.type("W_r.2.1", "0.123456789")
    exact = with_numbers(replace(fewer, digits=6), ("W_r", 2, 1, 0.123456789))
    gates.expect_shows(exact)
    expect(gates.cell("W_r.2.1")).to_have_value("0.123457")
    gates.cell("W_r.2.1").click()
    expect(gates.cell("W_r.2.1")).to_have_value("0.123456789")


def test_undo_over_another_size_stays_where_something_is(open_page: OpenPage) -> None:
    """Back in a shorter sequence there is no step 6 to be at."""
    short = EXAMPLES["article_003_as_printed"].setup
    gates = Gates(open_page("/gates?example=article_003_as_printed"))
    gates.choose_example(DEFAULT_EXAMPLE)
    gates.expect_shows(WELCOME)
    gates.stage.locator('[data-focus="step5"]').click()
    gates.expect_shows(replace(WELCOME, place=Place(5)))
    gates.open_tab(4)
    gates.cell("x.0.0").click()
    gates.page.keyboard.press("ControlOrMeta+z")
    gates.expect_shows(StepView(short))
    assert gates.page.get_by_test_id("stException").count() == 0


def test_an_example_starts_at_its_beginning(open_page: OpenPage) -> None:
    """That every one can be chosen, test_narrow shows."""
    gates = Gates(open_page("/gates?t=6&part=h&unit=2&digits=3"))
    gates.choose_example("forget")
    gates.expect_shows(StepView.of_example("forget", digits=3))
    gates.choose_example("pytorch_default")
    gates.open_popover("size")
    gates.set_number("seed", 42)
    gates.expect_shows(StepView.of_example("pytorch_default", 42, digits=3))


def test_an_edit_right_after_a_choice_loses_neither(open_page: OpenPage) -> None:
    """The browser sends the old choice once more, before it has heard of the new one."""
    gates = Gates(open_page(link(StepView.of_example("forget"))))
    for value in (1.5, 2.5, 3.5):
        gates.cell("x.0.0").click()
        gates.page.keyboard.type(str(value))
        gates.page.keyboard.press("ArrowRight")
        gates.page.keyboard.type(str(-value))
        gates.page.keyboard.press("Enter")
        mine = with_numbers(StepView.of_example("forget"), ("x", 0, 0, value), ("x", 0, 1, -value))
        gates.expect_shows(mine)
        gates.choose_example("remember")
        gates.expect_shows(StepView.of_example("remember"))
        gates.choose_example("forget")
        gates.expect_shows(StepView.of_example("forget"))
