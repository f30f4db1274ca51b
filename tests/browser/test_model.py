"""Open your model in a real browser: a file goes in, and its gates come out."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from gru_core.training.model_view import ModelView
from tests.browser.gates import SIDEWAYS

OpenPage = Callable[..., Page]
Wait = Callable[[Page], None]
D, H = 2, 3


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    """A state dict as nn.GRU names it, both directions."""
    rng = np.random.default_rng(0)
    shapes = {"weight_ih": (3 * H, D), "weight_hh": (3 * H, H), "bias_ih": 3 * H, "bias_hh": 3 * H}
    path = tmp_path / "mine.npz"
    arrays = {
        f"{name}_l0{end}": rng.normal(size=shape)
        for end in ("", "_reverse")
        for name, shape in shapes.items()
    }
    np.savez(path, allow_pickle=False, **arrays)
    return path


def timeline(page: Page) -> Locator:
    return page.locator(".st-key-model_timeline .gl-timeline")


def upload(page: Page, path: Path, wait_until_idle: Wait) -> None:
    page.locator(".st-key-model_open button").first.click()
    page.locator(".st-key-model_file input[type=file]").set_input_files(path)
    page.wait_for_function("new URL(location).searchParams.get('file') !== null")
    wait_until_idle(page)
    page.keyboard.press("Escape")
    wait_until_idle(page)


def test_the_maps_read_the_example(open_page: OpenPage) -> None:
    page = open_page("/model?layer=2&t=7&unit=3")
    trace = ModelView.of_example().with_layer(1).trace
    for text in timeline(page).locator(".gl-value").all_inner_texts():
        shown = float(text[1:].replace("−", "-"))
        assert shown == pytest.approx(getattr(trace, text[0])[120 - 7, 2], abs=5.1e-4)


def test_an_upload_shows_its_gates_and_opens_a_step(
    open_page: OpenPage, model_file: Path, wait_until_idle: Wait
) -> None:
    page = open_page("/model")
    upload(page, model_file, wait_until_idle)
    view = ModelView.of_file(model_file.name, model_file.read_bytes())
    timeline(page).locator(".gl-over").focus()
    page.keyboard.press("ArrowRight")
    expect(timeline(page)).to_have_attribute("data-time", "2")
    page.wait_for_function("new URL(location).searchParams.get('t') === '2'")
    assert parse_qs(urlsplit(page.url).query)["file"] == ["mine.npz"]
    for text in timeline(page).locator(".gl-value").all_inner_texts():
        shown = float(text[1:].replace("−", "-"))
        assert shown == pytest.approx(getattr(view.trace, text[0])[1, 0], abs=5.1e-4)
    timeline(page).locator(".gl-open").click()
    page.wait_for_url("**/gates?**")
    wait_until_idle(page)
    setup = view.at(1, 0).step_setup()
    for name, value in (("x.0.0", setup.inputs[0, 0]), ("W_z.0.1", setup.parameters.W_z[0, 1])):
        cell = page.locator(f'[data-at="{name}"]')
        expect(cell).to_be_visible()
        assert float(cell.get_attribute("title") or "nan") == value


def test_a_refused_file_is_told_and_a_reload_forgets(
    open_page: OpenPage, model_file: Path, tmp_path: Path, wait_until_idle: Wait
) -> None:
    page = open_page("/model")
    upload(page, model_file, wait_until_idle)
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"no model at all")
    page.locator(".st-key-model_open button").first.click()
    page.locator(".st-key-model_file input[type=file]").set_input_files(bad)
    expect(page.get_by_test_id("stAlert")).to_contain_text("bad.onnx")
    wait_until_idle(page)
    assert parse_qs(urlsplit(page.url).query)["file"] == ["mine.npz"]
    page.reload()
    wait_until_idle(page)
    expect(page.get_by_test_id("stAlert")).to_contain_text("mine.npz")
    assert parse_qs(urlsplit(page.url).query)["file"] == ["mine.npz"]


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_it_fits_a_telephone_and_a_projector(
    open_page: OpenPage, wait_until_idle: Wait, locale: str
) -> None:
    page = open_page("/model?layer=4", locale=locale, viewport=(390, 844))
    assert max(page.evaluate(SIDEWAYS)) <= 0
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto("/model")
    wait_until_idle(page)
    box = timeline(page).locator(".gl-over").bounding_box()
    assert box
    assert box["y"] + box["height"] <= 720
