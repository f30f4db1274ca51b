"""Compare in a real browser: configurations are trained side by side, judged, changed and left."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.gates import SIDEWAYS

OpenPage = Callable[..., Page]
SMALL = "/compare?hidden=4&batch=4&length=8&steps=60&v1=base&v2=cell=lstm"


def test_all_go_on_side_by_side_to_their_end_and_are_judged(open_page: OpenPage) -> None:
    page = open_page(SMALL)
    expect(page.locator(".st-key-compare_curves .gl-figure")).to_have_count(5)
    page.keyboard.press("Space")
    expect(page.locator(".st-key-compare_transport [data-testid='stProgress']")).to_contain_text(
        "100 %"
    )
    expect(page.locator(".st-key-compare_play").get_by_role("button").last).to_be_disabled()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    page.get_by_role("tab").nth(1).click()
    expect(page.locator(".st-key-compare_rules")).to_be_visible()


def test_another_configuration_joins_and_the_address_has_it(open_page: OpenPage) -> None:
    page = open_page(SMALL)
    page.locator(".st-key-compare_add").get_by_role("button").click()
    page.wait_for_function("new URL(location).searchParams.get('v3') === 'cell=lstm'")
    expect(page.locator("[class*='st-key-compare_variant_']")).to_have_count(3)


def test_a_map_fills_and_a_cell_opens_in_train_live(open_page: OpenPage) -> None:
    page = open_page(SMALL.replace("steps=60", "steps=2"))
    page.get_by_role("tab").nth(2).click()
    page.locator(".st-key-compare_map_go").get_by_role("button").click()
    cells = page.locator('[data-figure="map"] .nsewdrag')
    expect(cells).to_be_visible()
    cell = page.locator('[data-figure="cell"] b')
    first = cell.inner_text()
    box = cells.bounding_box()
    assert box
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 0.1 * box["height"])
    expect(cell).not_to_have_text(first)  # the run of the cell in the other corner
    expect(page.locator('[data-figure="map"] .shapelayer path')).to_have_count(1)
    page.locator(".st-key-compare_map_train").get_by_role("button").click()
    page.wait_for_url("**/train?**clip_at=100**")
    expect(page.locator(".st-key-train_curves .gl-figure").first).to_be_visible()


def test_it_fits_a_phone(open_page: OpenPage) -> None:
    phone = open_page(SMALL, viewport=(390, 844))
    expect(phone.locator(".st-key-compare_curves .gl-figure").first).to_be_visible()
    assert max(phone.evaluate(SIDEWAYS)) <= 0
