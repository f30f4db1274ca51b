"""Let me try in a real browser: a wrong answer is named, a right one is worked out on the stage."""

from collections.abc import Callable
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from gru_core.data.practice import Exercise, field_name
from tests.browser.gates import SIDEWAYS

OpenPage = Callable[..., Page]
STEP = "practice_step"
EXERCISE = Exercise.draw("units", 3)


def type_in(page: Page, key: str, numbers: list[float]) -> None:
    asked = next(each for each in EXERCISE.asked if each.key == key)
    for entry, value in zip(asked.entries, numbers, strict=True):
        name = f"{STEP}_units_3_{field_name(asked, entry)}"
        page.locator(f".st-key-{name} input").fill(f"{value:.3f}")


def test_a_wrong_and_a_right_answer(open_page: OpenPage) -> None:
    page = open_page("/gates")
    stage = page.locator(".st-key-gates_stage .gl-stage")
    expect(stage).to_be_visible()
    page.locator(f".st-key-{STEP}_begin").get_by_role("button").click()
    expect(stage).to_have_count(0)
    page.wait_for_function("new URL(location).searchParams.get('p_kind') === 'unit'")

    page.goto(f"/gates?{urlencode(EXERCISE.to_query())}")
    r, _, n, _ = EXERCISE.asked
    for asked in EXERCISE.asked:
        type_in(page, asked.key, EXERCISE.answer(asked).tolist())
    [slip] = [each for each in EXERCISE.slips(r) if each.name == "transposed"]
    type_in(page, r.key, EXERCISE.slipped(r, slip, {}).tolist())
    page.keyboard.press("Enter")
    alert = page.locator(".stMain").get_by_test_id("stAlert")
    expect(alert).to_contain_text("transposed")
    expect(page.locator(f".st-key-{STEP}_solution")).to_have_count(0)

    type_in(page, r.key, EXERCISE.answer(r).tolist())
    page.locator(f".st-key-{STEP}_check").get_by_role("button").click()
    shown = page.locator(f".st-key-{STEP}_solution [data-value='n'] .gl-row text")
    expect(shown).to_have_text([f"{v:.3f}".replace("-", "−") for v in EXERCISE.answer(n).tolist()])
    expect(alert).to_have_count(1)


def test_the_exercise_and_the_sheet_fit_a_phone(open_page: OpenPage) -> None:
    for path, key in (
        (f"/gates?{urlencode(EXERCISE.to_query())}", f"{STEP}_check"),
        ("/gradients?p_kind=step&lang=zh", "practice_back_check"),
        ("/worksheet?kinds=unit.units.step.steps", "worksheet_exercise_4"),
    ):
        phone = open_page(path, viewport=(390, 844))
        expect(phone.locator(f".st-key-{key}")).to_be_visible()
        assert max(phone.evaluate(SIDEWAYS)) <= 0, path


def test_only_the_sheet_is_printed_and_in_black(open_page: OpenPage) -> None:
    page = open_page("/worksheet?count=1", color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    for key in ("worksheet_bar", "worksheet_take", "worksheet_about"):
        expect(page.locator(f".st-key-{key}")).to_be_hidden()
    title = page.locator(".st-key-worksheet_opening h4")
    expect(title).to_be_visible()
    expect(title).to_have_css("color", "rgb(0, 0, 0)")
