"""One address holds everything: shared, reloaded, gone back to, or mangled."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from gru_core.data.examples import EXAMPLES
from gru_core.data.step_view import DEFAULT_EXAMPLE, Place, StepView
from pages.ui.share import SEEN
from tests.browser.gates import Gates, link, with_numbers

OpenPage = Callable[..., Page]
Wait = Callable[[Page], None]
WELCOME = StepView.of_example(DEFAULT_EXAMPLE)
# Own numbers, in an unusual convention, somewhere in the middle.
MINE = replace(
    with_numbers(
        StepView(EXAMPLES["article_003_repaired"].setup.resized(3, 3, 5)),
        ("x", 4, 2, 1 / 3),
        ("U_n", 2, 0, -0.123456789012345),
    ),
    place=Place(3, "n", 2),
    digits=5,
)


def test_a_copied_link_restores_everything_in_another_browser(open_page: OpenPage) -> None:
    first = Gates(open_page("/gates?digits=4"))
    first.type("x.1.0", "0.123456789012345")
    first.type("U_n.1.0", "-1/3")
    first.stage.locator('[data-focus="step1"]').click()
    first.equation("n").locator("button").click()
    first.stage.locator('[data-focus="unit1"]').click()
    numbers = (("x", 1, 0, 0.123456789012345), ("U_n", 1, 0, -1 / 3))
    mine = replace(with_numbers(WELCOME, *numbers), place=Place(1, "n", 1), digits=4)
    first.expect_shows(mine)
    first.page.evaluate("navigator.clipboard.writeText('something else')")
    first.key("link").locator("button").click()
    first.page.wait_for_function("async () => (await navigator.clipboard.readText()).length > 20")
    copied = first.page.evaluate("navigator.clipboard.readText()")
    assert copied == first.page.url
    second = Gates(open_page(copied, locale="zh-CN"))
    second.expect_shows(mine)
    assert second.notice.count() == 0
    # The language travels too.
    assert language_of(second) == language_of(first) == "en"


def language_of(gates: Gates) -> str:
    labels = gates.page.locator(".st-key-lang button").all()
    chosen = [label.get_attribute("aria-checked") == "true" for label in labels]
    assert sum(chosen) == 1
    return ("en", "zh")[chosen.index(True)]


def test_a_mangled_link_gives_a_notice_and_the_default_example(open_page: OpenPage) -> None:
    whole = link(MINE)
    gates = Gates(open_page(whole[: len(whole) // 2]))  # cut off, as in an e-mail
    for mangled in (None, "/gates?%FF=%FE&part=%F0%9F%92%A3&digits="):
        if mangled:
            gates.page.goto(mangled)  # into the address line of the open page
        expect(gates.notice).to_be_visible()
        assert len(gates.notice.inner_text()) > 20
        gates.expect_shows(WELCOME)
    gates.type("x.0.0", "1")
    gates.expect_shows(with_numbers(WELCOME, ("x", 0, 0, 1.0)))
    expect(gates.notice).to_have_count(0)


def test_a_link_does_not_come_back_over_many_edits(open_page: OpenPage) -> None:
    """The server goes on hearing of the link, also when it no longer remembers such old ones."""
    gates = Gates(open_page(link(MINE)))
    for edit in range(1, SEEN + 3):
        gates.type("x.0.0", str(edit))
        mine = with_numbers(MINE, ("x", 0, 0, float(edit)))
        gates.expect_address(mine)
    gates.expect_shows(mine)
    assert gates.notice.count() == 0


def test_two_tabs_do_not_disturb_each_other(open_page: OpenPage, wait_until_idle: Wait) -> None:
    one = Gates(open_page("/gates"))
    two = Gates(one.page.context.new_page())
    two.page.goto("/gates?example=one_unit")
    wait_until_idle(two.page)
    one.type("x.0.0", "2")
    two.type("x.0.0", "-3")
    two.page.keyboard.press("End")  # in a cell: the caret's
    mine = with_numbers(WELCOME, ("x", 0, 0, 2.0))
    yours = with_numbers(StepView.of_example("one_unit"), ("x", 0, 0, -3.0))
    one.expect_shows(mine)
    two.expect_shows(yours)
    one.type("x.0.1", "4")
    one.expect_shows(with_numbers(mine, ("x", 0, 1, 4.0)))
    two.expect_shows(yours)


def test_back_and_forward_between_the_pages(open_page: OpenPage) -> None:
    page = open_page("/")
    page.locator(".st-key-home_forget a").click()
    gates = Gates(page)
    forget = StepView.of_example("forget")
    gates.expect_shows(forget)
    gates.type("x.0.0", "0.25")
    mine = with_numbers(forget, ("x", 0, 0, 0.25))
    gates.expect_shows(mine)
    page.go_back()
    expect(page.locator(".st-key-home_cell .gl-cell")).to_be_visible()
    expect(gates.stage).to_have_count(0)
    assert urlsplit(page.url).path == "/"
    page.go_forward()
    gates.expect_shows(mine)
    gates.type("x.1.0", "0.75")
    gates.expect_shows(with_numbers(mine, ("x", 1, 0, 0.75)))
    # Back to the start, and from there in another language into another example.
    page.go_back()
    example = page.locator(".st-key-home_one_unit a")
    english = example.inner_text()
    page.locator(".st-key-lang button").nth(1).click()
    expect(example).not_to_have_text(english)
    example.click()
    gates.expect_shows(StepView.of_example("one_unit"))
    assert language_of(gates) == "zh"
    page.go_back()
    expect(example).to_be_visible()
    assert language_of(gates) == "zh"


def test_the_browser_decides_the_language_and_the_link_overrules_it(open_page: OpenPage) -> None:
    gates = Gates(open_page(link(MINE), locale="zh-CN"), "zh")
    assert language_of(gates) == "zh"
    gates.expect_shows(MINE)
    title = gates.page.locator(".st-key-gates_bar h3")
    chinese = title.inner_text()
    gates.page.goto(link(MINE, lang="en"))
    expect(title).not_to_have_text(chinese)
    gates.expect_shows(MINE)
    assert language_of(gates) == "en"
    gates.page.goto("/gates?lang=tlh")
    expect(title).to_have_text(chinese)


def test_a_reload_and_another_language_keep_every_number(
    open_page: OpenPage, wait_until_idle: Wait
) -> None:
    gates = Gates(open_page(link(MINE)))
    gates.type("h0.2.0", "-0.75")
    mine = with_numbers(MINE, ("h0", 2, 0, -0.75))
    gates.expect_shows(mine)
    title = gates.page.locator(".st-key-gates_bar h3")
    english = title.inner_text()
    switch = gates.page.locator(".st-key-lang button")
    switch.nth(1).click()
    expect(title).not_to_have_text(english)
    gates.expect_shows(mine)
    gates.page.reload()
    wait_until_idle(gates.page)
    assert language_of(gates) == "zh"
    gates.expect_shows(mine)
    gates.type("x.0.1", "0.125")
    mine = with_numbers(mine, ("x", 0, 1, 0.125))
    gates.expect_shows(mine)
    switch.nth(0).click()
    expect(title).to_have_text(english)
    gates.expect_shows(mine)
    assert gates.address()["lang"] == "en"
