"""The curves of a training run in a real browser: they grow, and what the reader does stays."""

import gzip
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from starlette.routing import Match

from benchmarks.browser import serving
from pages.ui.plotly_script import ADDRESS, ROUTE

OpenPage = Callable[..., Page]
Wait = Callable[[Page], None]
DRAWN = ".gl-figure .main-svg"


@pytest.fixture(scope="module")
def curves_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("curves") / "server.log"
    with serving(log, Path(__file__).parent / "curves_app.py") as url:
        yield url


@pytest.fixture
def open_curves(open_page: OpenPage, curves_server: str) -> OpenPage:
    def open_curves(path: str = "/", **choices: object) -> Page:
        page = open_page(path, base_url=curves_server, **choices)
        page.locator(DRAWN).first.wait_for()
        return page

    return open_curves


def figure(page: Page, name: str) -> Locator:
    return page.locator(f"[data-figure={name}]")


def ranges(page: Page, name: str) -> list[list[float]]:
    """What the axes of a figure show."""
    found: list[list[float]] = figure(page, name).evaluate(
        "node => ['xaxis', 'yaxis']"
        ".map(axis => node.querySelector('.js-plotly-plot').layout[axis].range)"
    )
    return found


def grow(page: Page, wait_until_idle: Wait) -> None:
    page.locator(".st-key-grow button").click()
    wait_until_idle(page)


def drawn_points(page: Page) -> int:
    """Of the validation curve."""
    count: int = figure(page, "loss").evaluate(
        "node => node.querySelector('.js-plotly-plot').data"
        ".find(trace => trace.name === 'validation').x.length"
    )
    return count


def test_zoom_and_nodes_survive_updates(open_curves: OpenPage, wait_until_idle: Wait) -> None:
    page = open_curves()
    page.evaluate(
        """() => {
          window.nodes = [...document.querySelectorAll('.js-plotly-plot, .main-svg')];
          window.lost = 0;
          new MutationObserver(changes => changes.forEach(change => change.removedNodes.forEach(
            node => { if (node.querySelector?.('.js-plotly-plot')) window.lost += 1; })))
            .observe(document.body, {childList: true, subtree: true});
        }"""
    )
    box = figure(page, "loss").locator(".gl-canvas").bounding_box()
    assert box
    x, y, width, height = box.values()
    page.mouse.move(x + 0.2 * width, y + 0.2 * height)
    page.mouse.down()
    page.mouse.move(x + 0.5 * width, y + 0.6 * height, steps=5)
    page.mouse.up()
    page.wait_for_function(
        "document.querySelector('[data-figure=loss] .js-plotly-plot').layout.xaxis.range[0] > 10"
    )
    zoomed, unzoomed = ranges(page, "loss"), ranges(page, "gradient")
    assert zoomed[0][1] < 200
    points = drawn_points(page)
    for _ in range(8):
        grow(page, wait_until_idle)
    assert ranges(page, "loss") == zoomed
    assert drawn_points(page) > points + 8
    # Only the figure that the reader touched is held.
    assert ranges(page, "gradient")[0] == unzoomed[0]
    assert ranges(page, "gradient")[1] != unzoomed[1]
    assert page.evaluate("nodes.every(node => node.isConnected) && lost === 0")
    figure(page, "loss").locator(".gl-canvas").dblclick(position={"x": 200, "y": 100})
    page.wait_for_function(
        "document.querySelector('[data-figure=loss] .js-plotly-plot').layout.xaxis.range[0] === 0"
    )
    assert ranges(page, "loss")[0] == [0, 300]


def test_another_scale_is_not_held_to_an_old_zoom(
    open_curves: OpenPage, wait_until_idle: Wait
) -> None:
    page = open_curves()
    box = figure(page, "loss").locator(".gl-canvas").bounding_box()
    assert box
    x, y, width, height = box.values()
    page.mouse.move(x + 0.3 * width, y + 0.2 * height)
    page.mouse.down()
    page.mouse.move(x + 0.6 * width, y + 0.7 * height, steps=5)
    page.mouse.up()
    page.locator(".st-key-log label").click()
    wait_until_idle(page)
    assert ranges(page, "loss")[1][0] >= 0


def test_pointing_at_one_figure_reads_the_same_step_in_the_linked_ones(
    open_curves: OpenPage, wait_until_idle: Wait
) -> None:
    page = open_curves()
    box = figure(page, "loss").locator(".gl-canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 100, box["y"] + 80)
    for name in ("loss", "gradient", "update", "activity"):
        expect(figure(page, name).locator(".gl-cursor")).to_be_visible()
    steps = {
        figure(page, name).locator(".gl-cursor").inner_text()
        for name in ("loss", "gradient", "update", "activity")
    }
    assert len(steps) == 1
    assert 0 < int(steps.pop()) < 60
    for name in ("profile", "prediction"):
        expect(figure(page, name).locator(".gl-cursor")).to_be_hidden()
    # The pointer rests, the curves grow, and what is read stays.
    texts = figure(page, "gradient").locator(".gl-keys").inner_text()
    page.keyboard.press("Tab")
    page.locator(".st-key-grow button").focus()
    page.keyboard.press("Enter")
    wait_until_idle(page)
    expect(figure(page, "gradient").locator(".gl-cursor")).to_be_visible()
    assert figure(page, "gradient").locator(".gl-keys").inner_text() == texts
    page.mouse.move(5, 5)
    expect(figure(page, "gradient").locator(".gl-cursor")).to_be_hidden()
    assert figure(page, "gradient").locator(".gl-keys").inner_text() != texts


def test_every_figure_has_words_for_who_cannot_see_it(open_curves: OpenPage) -> None:
    page = open_curves()
    for name in ("loss", "gradient", "profile", "prediction", "update", "activity"):
        canvas = figure(page, name).get_by_role("img").first
        expect(canvas).to_have_attribute("aria-label", f"The figure {name}")


@pytest.mark.parametrize(("width", "columns"), [(1280, 2), (390, 1)])
def test_the_grid_follows_the_width(open_curves: OpenPage, width: int, columns: int) -> None:
    page = open_curves(viewport=(width, 720))
    boxes = [box for node in page.locator(".gl-figure").all() if (box := node.bounding_box())]
    assert len({round(box["x"]) for box in boxes}) == columns
    assert max(box["x"] + box["width"] for box in boxes) <= width
    if columns == 2:  # four of them below 230 px of header and controls
        assert boxes[2]["y"] + boxes[2]["height"] - boxes[0]["y"] <= 720 - 230
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_figures_that_cannot_be_loaded_say_so(open_page: OpenPage, curves_server: str) -> None:
    page = open_page(base_url=curves_server)
    page.route("**/assets/plotly-*", lambda route: route.fulfill(status=200, body=""))
    page.reload()
    expect(page.locator(".gl-curves-note")).to_have_text(
        "The figures cannot be loaded. Reload the page."
    )


def test_the_app_serves_plotly_once_and_for_ever(server: str) -> None:
    with urllib.request.urlopen(f"{server}/{ADDRESS}") as response:
        assert response.headers["Content-Type"].startswith("text/javascript")
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["Content-Encoding"] == "gzip"
        script = gzip.decompress(response.read())
    assert b"plotly.js v" in script[:100]


@pytest.mark.parametrize("base", ["/", "/lab/", "/lab/gru/"])
def test_plotly_is_found_below_any_base_path(base: str) -> None:
    scope = {"type": "http", "method": "GET", "path": base + ADDRESS}
    assert ROUTE.matches(scope)[0] is Match.FULL
    assert ROUTE.matches({**scope, "path": f"{base}{ADDRESS}.map"})[0] is Match.NONE
