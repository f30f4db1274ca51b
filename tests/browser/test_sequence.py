"""Gates over time in a real browser: reading, scrubbing, playing, opening a step."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from gru_core.data.sequence_view import SequenceView
from gru_core.data.wired import WIRED
from pages.ui.words import translate
from tests.browser.gates import SIDEWAYS

OpenPage = Callable[..., Page]
Wait = Callable[[Page], None]
LATCH = SequenceView.of_model("latch")


def timeline(page: Page):
    return page.locator(".st-key-sequence_timeline .gl-timeline")


def reading(page: Page) -> dict[str, float]:
    """What the line above the maps says of the unit and step under the pointer."""
    texts = timeline(page).locator(".gl-value").all_inner_texts()
    return {text[0]: float(text[1:].replace("−", "-")) for text in texts}


def test_the_pointer_reads_one_unit_in_all_maps(open_page: OpenPage) -> None:
    page = open_page("/sequence")
    box = timeline(page).locator(".gl-over").bounding_box()
    assert box
    trace = LATCH.trace()
    x = 0.6 * box["width"]
    page.mouse.move(box["x"] + x, box["y"] + 150)
    expect(timeline(page).locator(".gl-readout b")).not_to_have_text("t = 1")
    t = int(timeline(page).locator(".gl-readout b").inner_text().removeprefix("t = ")) - 1
    assert 60 < t < 80
    for name, value in reading(page).items():
        assert value == pytest.approx(getattr(trace, name)[t, 0], abs=5.1e-4)
    # Looking moves no cursor.
    expect(timeline(page)).to_have_attribute("data-time", "1")


def test_the_cursor_moves_by_click_key_and_slider_and_the_words_follow(open_page: OpenPage) -> None:
    page = open_page("/sequence?model=oscillator")
    box = timeline(page).locator(".gl-over").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 150)
    expect(timeline(page)).not_to_have_attribute("data-time", "1")
    page.keyboard.press("End")
    expect(timeline(page)).to_have_attribute("data-time", "150")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    expect(timeline(page)).to_have_attribute("data-time", "149")
    expect(timeline(page)).to_have_attribute("data-unit", "2")
    page.wait_for_function("new URL(location).searchParams.get('t') === '149'")
    assert parse_qs(urlsplit(page.url).query)["unit"] == ["2"]
    timeline(page).locator(".gl-slider").fill("9")
    expect(timeline(page)).to_have_attribute("data-time", "10")


def test_playing_needs_no_server(open_page: OpenPage) -> None:
    page = open_page("/sequence")
    page.context.set_offline(True)
    timeline(page).locator(".gl-play").click()
    page.wait_for_function("Number(document.querySelector('.gl-timeline').dataset.time) > 5")
    timeline(page).locator(".gl-play").click()
    page.context.set_offline(False)


def test_a_step_opens_on_one_step_with_its_numbers(
    open_page: OpenPage, wait_until_idle: Wait
) -> None:
    page = open_page("/sequence?t=19")
    timeline(page).locator(".gl-open").click()
    page.wait_for_url("**/gates?**")
    wait_until_idle(page)
    setup = LATCH.step_setup(18)
    for name, value in (("x.0.0", setup.inputs[0, 0]), ("W_z.0.1", setup.parameters.W_z[0, 1])):
        cell = page.locator(f'[data-at="{name}"]')
        expect(cell).to_be_visible()
        assert float(cell.get_attribute("title") or "nan") == value


def test_a_large_model_cannot_be_opened(open_page: OpenPage) -> None:
    page = open_page("/sequence?model=random")
    expect(timeline(page).locator(".gl-open")).to_be_disabled()


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_it_fits_a_telephone_and_a_projector(
    open_page: OpenPage, wait_until_idle: Wait, locale: str
) -> None:
    page = open_page("/sequence?model=random&H=64&T=500", locale=locale, viewport=(390, 844))
    assert max(page.evaluate(SIDEWAYS)) <= 0
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto("/sequence")
    wait_until_idle(page)
    box = timeline(page).locator(".gl-over").bounding_box()
    assert box
    assert box["y"] + box["height"] <= 720


def test_a_link_restores_model_sequence_and_place(open_page: OpenPage) -> None:
    page = open_page(
        "/sequence?model=random&H=6&keep=chrono&feed=noise&T=80&t=33&unit=4&sort=half_life"
    )
    expect(timeline(page)).to_have_attribute("data-time", "33")
    expect(timeline(page)).to_have_attribute("data-unit", "4")
    query = parse_qs(urlsplit(page.url).query)
    assert query["keep"] == ["chrono"]
    assert query["T"] == ["80"]


def test_quick_changes_all_arrive(open_page: OpenPage) -> None:
    """Each change runs the server, and what it answers must not undo what was done meanwhile."""
    page = open_page("/sequence?model=random&H=8")
    for popover, names in (("random", ("H", "seed")), ("feed", ("T",))):
        page.locator(f".st-key-sequence_{popover} button").first.click()
        for name in names:
            field = page.locator(f'[class*="st-key-sequence_{name}_"]')
            more = field.get_by_test_id("stNumberInputStepUp")
            expect(more).to_be_visible()
            for _ in range(5):
                more.click()
        page.keyboard.press("Escape")
    # The order is chosen while the last sequence may still be on its way.
    page.locator('[class*="st-key-sequence_sort_"] input').click()
    page.get_by_role("option").nth(2).click()
    wanted = {"H": "13", "seed": "5", "T": "205", "sort": "mean_z"}
    page.wait_for_function(
        """wanted => Object.entries(wanted).every(
             ([name, text]) => new URL(location).searchParams.get(name) === text)""",
        arg=wanted,
    )
    expect(timeline(page)).to_have_attribute("data-time", "1")


def test_controls_keep_their_choice_in_another_language(
    open_page: OpenPage, wait_until_idle: Wait
) -> None:
    page = open_page("/sequence?model=oscillator&sort=mean_z")
    model = page.locator('[class*="st-key-sequence_model_"] input')
    assert model.input_value() == WIRED["oscillator"].title
    title = page.locator(".st-key-sequence_bar h3").inner_text()
    page.locator(".st-key-lang button").nth(1).click()
    expect(page.locator(".st-key-sequence_bar h3")).not_to_have_text(title)
    wait_until_idle(page)
    assert model.input_value() == translate("zh", WIRED["oscillator"].title, {})
    query = parse_qs(urlsplit(page.url).query)
    assert (query["model"], query["sort"]) == (["oscillator"], ["mean_z"])
    page.locator('[class*="st-key-sequence_sort_"] input').click()
    page.get_by_role("option").nth(1).click()
    page.wait_for_url("**sort=half_life**", wait_until="commit")


def test_a_text_that_is_refused_stays_to_be_corrected(
    open_page: OpenPage, wait_until_idle: Wait
) -> None:
    page = open_page("/sequence?model=random&H=8&feed=text")
    page.locator(".st-key-sequence_feed button").first.click()
    text = page.locator('[class*="st-key-sequence_text_"] textarea')
    notice = page.locator('.stMain [data-testid="stAlert"]')
    long = "to be, or not " * 700
    text.fill(long)
    text.press("Control+Enter")
    expect(notice).to_have_count(1)
    assert str(len(long)) in notice.inner_text()
    wait_until_idle(page)
    expect(text).to_have_value(long)
    text.fill("to be")
    text.press("Control+Enter")
    expect(notice).to_have_count(0)
    page.wait_for_url("**text=to+be", wait_until="commit")
    # Once something else is chosen, what was refused is gone.
    text.fill(long)
    text.press("Control+Enter")
    expect(notice).to_have_count(1)
    wait_until_idle(page)
    page.keyboard.press("Escape")
    page.locator('[class*="st-key-sequence_sort_"] input').click()
    page.get_by_role("option").nth(1).click()
    expect(notice).to_have_count(0)
    page.locator(".st-key-sequence_feed button").first.click()
    expect(text).to_have_value("to be")


def test_the_picture_is_saved(open_page: OpenPage) -> None:
    page = open_page("/sequence")
    with page.expect_download() as download:
        timeline(page).locator(".gl-save").click()
    content = download.value.path().read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 10_000
