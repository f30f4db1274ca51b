""" "Backwards by hand" in a browser: walk back, choose a weight, take a step, share it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from gru_core.data.backward_setup import (
    BACKWARD_QUERY_NAMES,
    EXAMPLE,
    BackwardPlace,
    BackwardSetup,
    Weight,
)
from gru_core.figures.backward import backward_view
from gru_core.maths.backward_equations import BACKWARD_PARTS
from gru_core.maths.convention import Convention
from tests.browser.gates import SIDEWAYS

OpenPage = Callable[..., Page]
Wait = Callable[[Page], None]
TELEPHONE = (390, 844)
# Results of the open sub-step's lines with numbers, in order.
RESULTS = """() => [...document.querySelectorAll('.gl-backward .gl-open .gl-scroll .gl-math')]
  .map((line) => [...line.lastElementChild.children].map((cell) => cell.textContent))"""
SUMS = """() => Object.fromEntries([...document.querySelectorAll('.gl-backward [data-weight]')]
  .map((cell) => [cell.dataset.weight, cell.textContent]))"""
CURVE = """() => {
  const [line, tangent] = document.querySelector('.st-key-backward_nudge .js-plotly-plot').data;
  const numbers = (values) => Array.from(values._inputArray ?? values);
  return {x: numbers(line.x), y: numbers(line.y), at: [tangent.x[1], tangent.y[1]]};
}"""


def link(setup: BackwardSetup, **more: str) -> str:
    return f"/gradients?{urlencode(setup.to_query() | more)}"


def address(page: Page) -> dict[str, str]:
    query = dict(parse_qsl(urlsplit(page.url).query))
    return {name: text for name, text in query.items() if name in BACKWARD_QUERY_NAMES}


def expect_address(page: Page, setup: BackwardSetup) -> None:
    page.wait_for_function(
        """([wanted, names]) => {
          const here = new URLSearchParams(location.search);
          return names.every((name) => (here.get(name) ?? null) === (wanted[name] ?? null));
        }""",
        arg=[setup.to_query(), list(BACKWARD_QUERY_NAMES)],
    )
    assert address(page) == setup.to_query()


def walk(page: Page) -> Locator:
    return page.locator(".st-key-backward_walk .gl-backward")


def expect_at(page: Page, time: int, part: str) -> None:
    expect(walk(page)).to_have_attribute("data-time", str(time + 1))
    expect(walk(page)).to_have_attribute("data-part", part)


def opened(open_page: OpenPage, setup: BackwardSetup = EXAMPLE, **look: Any) -> Page:
    """The page with this tab open: by the link where that says so, else by a click."""
    page = open_page(link(setup), **look)
    if setup == EXAMPLE:
        page.locator('.st-key-gradients_tab [role="tab"]').nth(4).click()
    expect(walk(page).locator("section.gl-open")).to_be_visible()
    return page


def flat(shown: Any) -> list[str]:
    return [text for row in shown for text in flat(row)] if isinstance(shown, list) else [shown]


def texts_of(sums: dict[str, Any]) -> dict[str, str]:
    return {
        f"{name}.{i}.{j}": text
        for name, total in sums.items()
        for i, row in enumerate(total["shown"])
        for j, text in enumerate(row if isinstance(row, list) else [row])
    }


@pytest.mark.parametrize(
    "convention", [Convention(), Convention("candidate", "before", "hard_sigmoid")]
)
def test_the_walk_shows_every_number_without_a_round_trip(
    open_page: OpenPage, wait_until_idle: Wait, convention: Convention
) -> None:
    own = EXAMPLE.with_setup(EXAMPLE.setup.resized(2, 3, 2).with_convention(convention))
    page = opened(open_page, replace(own, loss_on="all"))
    wait_until_idle(page)
    view = backward_view(replace(own, loss_on="all"))
    walk(page).locator(".gl-says").click()
    page.context.set_offline(True)
    nothing = dict.fromkeys(texts_of(view["steps"][0]["sums"]), view["zero"])
    for t in (1, 0):
        step = view["steps"][t]
        for part in BACKWARD_PARTS:
            expect_at(page, t, part)
            lines = [line for line in view["equations"][part] if line["role"] != "definition"]
            numbered = [line for line in lines if line["expression"]["kind"] != "value"]
            assert page.evaluate(RESULTS) == [
                flat(step["shown"][line["result"]["name"]]) for line in numbered
            ]
            counted = BACKWARD_PARTS.index(part) >= BACKWARD_PARTS.index("gradients")
            later = texts_of(view["steps"][t + 1]["sums"]) if t == 0 else nothing
            assert page.evaluate(SUMS) == (texts_of(step["sums"]) if counted else later)
            page.keyboard.press("ArrowRight")
    expect_at(page, 0, "past")
    page.keyboard.press("ArrowLeft")
    expect_at(page, 0, "gradients")
    page.context.set_offline(False)


def test_a_click_on_a_gradient_draws_the_loss_of_that_weight(
    open_page: OpenPage, wait_until_idle: Wait
) -> None:
    page = opened(open_page)
    wait_until_idle(page)
    for weight in (Weight("U_z", 0, 1), Weight("b_n", 1, 0)):
        cell = page.locator(f'[data-weight="{weight.name}.{weight.row}.{weight.column}"]')
        cell.click()
        expect(cell).to_have_attribute("aria-pressed", "true")
        wait_until_idle(page)
        expect_address(page, replace(EXAMPLE, weight=weight))
        nudge = EXAMPLE.nudge(weight.name, weight.row, weight.column)
        drawn = page.evaluate(CURVE)
        np.testing.assert_allclose(drawn["x"], nudge.weights)
        np.testing.assert_allclose(drawn["y"], nudge.losses)
        assert drawn["at"] == pytest.approx([nudge.weight, nudge.loss])


def test_a_link_restores_numbers_place_and_weight(
    open_page: OpenPage, wait_until_idle: Wait
) -> None:
    setup = replace(
        BackwardSetup.random(5).with_target(np.array([0.25, -0.5])),
        place=BackwardPlace(1, "past"),
        weight=Weight("U_r", 1, 0),
        loss_on="all",
        rate=0.2,
    )
    page = opened(open_page, setup)
    wait_until_idle(page)
    expect_at(page, 1, "past")
    expect(page.locator('[data-weight="U_r.1.0"]')).to_have_attribute("aria-pressed", "true")
    expect_address(page, setup)
    walk(page).locator(".gl-says").click()
    page.keyboard.press("ArrowRight")
    expect_at(page, 0, "h")
    expect_address(page, replace(setup, place=BackwardPlace(0, "h")))


def test_a_wrong_link_is_a_sentence(open_page: OpenPage) -> None:
    page = open_page("/gradients?b_weight=U_n+9+9")
    alert = page.locator('.stMain [data-testid="stAlert"]')
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text("9 9")
    expect(walk(page).locator("section.gl-open")).to_be_visible()


def test_one_update_and_the_checks_of_a_target_of_ones_own(
    open_page: OpenPage, wait_until_idle: Wait
) -> None:
    page = opened(open_page)
    cell = page.locator('.st-key-backward_numbers [data-at="y.0.0"]')
    for text in ("0.5", "half"):
        cell.click()
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        wait_until_idle(page)
    expect(page.locator(".st-key-backward_numbers .gl-error")).to_have_count(1)
    own = EXAMPLE.with_target(np.array([0.5, -0.4]))
    expect_address(page, own)
    alert = page.locator('[data-testid="stAlertContentSuccess"]')
    seen = set()
    for key in ("autograd", "finite"):
        page.locator(f".st-key-backward_{key} button").click()
        wait_until_idle(page)
        expect(alert).to_have_count(1)
        expect(alert).to_contain_text("e-1")
        seen.add(alert.inner_text())
    assert len(seen) == 2
    update = own.updated()
    metric = page.get_by_test_id("stMetricValue")
    expect(metric.first).to_have_text(f"{update.loss_before:.4f}")
    expect(metric.last).to_have_text(f"{update.loss_after:.4f}")
    page.locator(".st-key-backward_take button").click()
    wait_until_idle(page)
    expect(metric.first).to_have_text(f"{update.loss_after:.4f}")
    taken = replace(own.setup, parameters=update.parameters)
    expect_address(page, own.with_setup(taken))


def test_it_fits(open_page: OpenPage, wait_until_idle: Wait) -> None:
    setup = replace(EXAMPLE.with_setup(EXAMPLE.setup.resized(3, 3, 4)), digits=6)
    page = opened(open_page, setup, viewport=TELEPHONE, locale="zh-CN")
    for viewport in (TELEPHONE, (1280, 720)):
        page.set_viewport_size({"width": viewport[0], "height": viewport[1]})
        wait_until_idle(page)
        walk(page).locator(".gl-says").click()
        for _ in BACKWARD_PARTS:
            assert max(page.evaluate(SIDEWAYS)) <= 0
            page.keyboard.press("ArrowRight")
