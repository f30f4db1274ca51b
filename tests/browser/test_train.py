"""Train live in a real browser: a run that is watched, paused, rewound, left and reloaded."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.gates import SIDEWAYS

OpenPage = Callable[..., Page]
Wait = Callable[[Page], None]
SMALL = "/train?hidden=4&batch=8&length=8&runs=2"
LONG = SMALL + "&steps=20000"


def button(page: Page, name: str) -> Locator:
    return page.locator(f".st-key-train_{name}").get_by_role("button").last


def progress(page: Page) -> Locator:
    return page.locator(".st-key-train_progress [data-testid='stProgress']")


def step(page: Page) -> int:
    found = re.match(r"(\d+)", progress(page).inner_text())
    assert found
    return int(found[1])


def reached(page: Page, least: int) -> None:
    page.wait_for_function(
        "least => parseInt(document.querySelector('.st-key-train_progress"
        " [data-testid=stProgress]').innerText) >= least",
        arg=least,
    )


def at_rest(page: Page) -> int:
    """The step at which the run stays."""
    here = step(page)
    while True:
        page.wait_for_timeout(900)
        if step(page) == here:
            return here
        here = step(page)


def test_a_run_is_watched_to_its_end(open_page: OpenPage) -> None:
    page = open_page(SMALL + "&steps=150&learning_rate=0.02")
    curves = page.locator(".st-key-train_curves .gl-figure")
    expect(curves).to_have_count(4)
    expect(page.locator(".st-key-train_gates canvas").first).to_be_visible()
    button(page, "play").click()
    reached(page, 150)
    expect(button(page, "play")).to_be_disabled()
    # The numbers beside the curves' names are those of the last step.
    expect(curves.first.locator(".gl-key span").first).to_have_text(re.compile(r"\d"))
    page.wait_for_function("new URL(location).searchParams.get('step') === '150'")
    # Now that it rests, how the gates came to be can be replayed.
    expect(page.locator(".st-key-train_gates input[type=range]")).to_have_count(2)


def test_the_keyboard_plays_pauses_steps_and_rewinds(open_page: OpenPage) -> None:
    page = open_page(LONG)
    page.keyboard.press("ArrowRight")
    reached(page, 1)
    assert at_rest(page) == 1
    page.keyboard.press("Space")
    reached(page, 20)
    page.keyboard.press("Space")
    rested = at_rest(page)
    assert rested >= 20
    page.keyboard.press("ArrowRight")
    reached(page, rested + 1)
    page.keyboard.press("r")
    expect(progress(page)).to_contain_text(re.compile("^0 "))
    # In a field, keys are the field's.
    rate = page.locator("[class*='st-key-train_learning_rate'] input")
    rate.click()
    rate.press("r")
    rate.press("ArrowRight")
    assert at_rest(page) == 0


def test_a_dial_is_turned_while_it_goes_on(open_page: OpenPage) -> None:
    page = open_page(LONG)
    button(page, "play").click()
    reached(page, 30)
    rate = page.locator("[class*='st-key-train_learning_rate'] input")
    rate.fill("0.002")
    rate.press("Enter")
    page.wait_for_function(
        "/learning_rate:0.002/.test(new URL(location).searchParams.get('changes') ?? '')",
    )
    here = step(page)
    reached(page, here + 30)


def test_nothing_is_asked_of_a_page_that_is_being_left(open_page: OpenPage) -> None:
    """Streamlit would take the question as one to the old page, and empty the new one."""
    page = open_page(LONG)
    button(page, "play").click()
    reached(page, 10)
    asked = page.evaluate(
        """async () => {
          const link = Object.assign(document.createElement('a'), {href: '/'});
          link.onclick = (event) => event.preventDefault(); // as if the answer took its time
          document.body.append(link);
          const sends = () => new Promise((done) => {
            const before = traffic.sends;
            setTimeout(() => done(traffic.sends - before), 2500);
          });
          const playing = await sends();
          link.click();
          return [playing, await sends()];
        }"""
    )
    assert asked[0] > 1
    assert asked[1] == 0


def test_leaving_the_page_rests_the_run_and_coming_back_finds_it(
    open_page: OpenPage, wait_until_idle: Wait
) -> None:
    page = open_page(LONG)
    button(page, "play").click()
    reached(page, 30)
    page.get_by_role("link", name="GRU Lab").first.click()
    expect(page.locator(".st-key-train_progress")).to_have_count(0)
    wait_until_idle(page)
    page.go_back()
    expect(progress(page)).to_be_visible()
    here = at_rest(page)
    assert here >= 30
    button(page, "play").click()
    reached(page, here + 10)


def test_a_reload_says_where_it_was_and_gets_there_again(
    open_page: OpenPage, wait_until_idle: Wait
) -> None:
    page = open_page(LONG)
    button(page, "ten").click()
    reached(page, 10)
    page.wait_for_function("new URL(location).searchParams.get('step') === '10'")
    page.reload()
    wait_until_idle(page)
    expect(progress(page)).to_contain_text(re.compile("^0 "))
    button(page, "again").click()
    reached(page, 10)
    assert at_rest(page) == 10


def test_two_tabs_have_two_runs(open_page: OpenPage) -> None:
    one, other = open_page(LONG), open_page(LONG)
    button(one, "play").click()
    reached(one, 50)
    assert at_rest(other) == 0
    button(other, "ten").click()
    reached(other, 10)
    assert at_rest(other) == 10


def test_other_controls_answer_while_it_trains(open_page: OpenPage) -> None:
    page = open_page(LONG)
    button(page, "play").click()
    reached(page, 10)
    page.get_by_role("tab").nth(3).click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    page.get_by_text("简体中文", exact=True).click()
    expect(page.get_by_role("tab").first).not_to_have_text(re.compile("[A-Za-z]{4}"))
    here = step(page)
    reached(page, here + 10)


def test_it_fits_a_projector_and_a_phone(open_page: OpenPage, wait_until_idle: Wait) -> None:
    page = open_page("/train")
    for figure in page.locator(".st-key-train_curves .gl-figure").all():
        box = figure.bounding_box()
        assert box
        assert box["y"] + box["height"] <= 720
    phone = open_page("/train", viewport=(390, 844))
    expect(phone.locator(".st-key-train_curves .gl-figure").first).to_be_visible()
    assert max(phone.evaluate(SIDEWAYS)) <= 0


def test_a_trained_network_opens_on_the_other_pages(open_page: OpenPage) -> None:
    page = open_page(SMALL + "&steps=20")
    button(page, "play").click()
    reached(page, 20)
    page.get_by_role("tab").nth(4).click()
    page.locator(".st-key-trained_sequence").get_by_role("button").click()
    page.wait_for_url("**/sequence?**")
    expect(page.locator(".st-key-sequence_timeline canvas").first).to_be_visible()
