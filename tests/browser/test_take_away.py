"""What can be taken away and brought back: files, scripts, and PyTorch's word."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, expect

from gru_core.data.examples import EXAMPLES
from gru_core.data.export import csv_of_intermediates, latex_of_step, script
from gru_core.data.setup import Setup
from gru_core.data.step_view import Place, StepView
from tests.browser.gates import Gates, link, with_numbers

OpenPage = Callable[..., Page]
CHECK, EXPORT = 2, 4
VIEW = replace(StepView.of_example("article_003_repaired"), place=Place(1, "z"), digits=4)


def test_every_file_holds_what_is_on_the_page_and_pytorch_agrees(open_page: OpenPage) -> None:
    gates = Gates(open_page(link(VIEW)))
    gates.type("x.1.0", "2.5")
    mine = with_numbers(VIEW, ("x", 1, 0, 2.5))
    gates.expect_shows(mine)
    gates.open_tab(EXPORT)
    setup, trace = mine.setup, mine.setup.unroll()
    for name, content in {
        "gru-step.json": setup.to_json(),
        "gru-step.csv": csv_of_intermediates(trace),
        "gru_step_numpy.py": script(setup, "numpy"),
        "gru_step_pytorch.py": script(setup, "pytorch"),
        "gru-step.tex": latex_of_step(trace, 1, 4),
    }.items():
        # Streamlit makes a class of the key, without its dots.
        button = gates.page.locator(f".st-key-download_{name.replace('.', '-')} button")
        with gates.page.expect_download() as download:
            button.click()
        assert download.value.suggested_filename == name
        assert Path(download.value.path()).read_text(encoding="utf-8") == content
    gates.expect_shows(mine)
    gates.open_tab(CHECK)
    gates.key("check").locator("button").click()
    verdict = gates.key("tab").get_by_test_id("stAlert")
    expect(verdict).to_be_visible()  # torch is being loaded
    expect(verdict.get_by_test_id("stAlertContentSuccess")).to_be_visible()


def test_a_file_comes_back_and_garbage_is_told(open_page: OpenPage) -> None:
    gates = Gates(open_page("/gates?example=forget"))
    gates.open_tab(EXPORT)
    field = gates.key("import").locator('input[type="file"]')
    setup = EXAMPLES["article_003_repaired"].setup.resized(3, 4, 2)
    view = StepView.of_example("forget")
    for value, content in (
        (1.5, b"no JSON"),
        (2.5, json.dumps(json.loads(setup.to_json()) | {"x": 7}).encode()),
    ):
        field.set_input_files({"name": "a.json", "mimeType": "text/json", "buffer": content})
        expect(gates.notice).to_be_visible()
        gates.expect_shows(view)
        gates.type("x.0.0", str(value))
        view = with_numbers(view, ("x", 0, 0, value))
        gates.expect_shows(view)
        expect(gates.notice).to_have_count(0)
    field.set_input_files(
        {"name": "a.json", "mimeType": "text/json", "buffer": setup.to_json().encode()}
    )
    gates.expect_shows(StepView(setup))
    assert Setup.from_json(setup.to_json()) == setup
    gates.type("x.0.0", "0.5")
    gates.expect_shows(with_numbers(StepView(setup), ("x", 0, 0, 0.5)))
