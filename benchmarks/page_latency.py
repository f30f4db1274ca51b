"""How long the page "One step" takes from a committed edit to the new h, beside a bare page.

    python -m benchmarks.page_latency [--edits 40] [--warm-up 5]

One Chromium holds three pages: a bare Streamlit page (one number input, one text) on a server of
its own with the app's configuration, /gates with its default example, and /gates with the largest
cell, sequence and number of decimals that it takes. They are edited in turn, bare, default,
largest, bare, …, so that whatever else the machine does falls on all of them alike. Every edit
types a number that was not there before, and waits for the text that NumPy says must appear.

Counted:

- *edit → shown*, by the page's own clock (`performance.now()`) and without polling: from the
  keydown of Enter in the field to the end of the first frame drawn after a MutationObserver has
  seen the new text. It holds the component's script, Streamlit's front end, both ways over the
  loopback, the server, layout and painting.
- *server*, by a relay between the browser and the server: from the first byte of the page's message
  to the last byte of the answer. It holds the run of the script and all that Streamlit does for it,
  such as sending in slices of 5 ms. The page's own WebSocket could not tell it: the last message
  waits there until the page has drawn the ones before it, and that is the browser's time.

The bare page takes a number input because it is committed by Enter, as a cell is. A slider that is
moved by an arrow key takes the same time.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import FLAGS, TIMEOUT, WATCH, find_chromium, serving, wait_until_idle
from benchmarks.machine import machine
from benchmarks.relay import Talk, relaying
from gru_core.data.setup import MAX_SIZE, MAX_STEPS, Setup
from gru_core.data.sheet import Sheet
from gru_core.data.step_view import DEFAULT_EXAMPLE, StepView
from gru_core.figures.cell import DIAGRAM_DIGITS
from gru_core.maths.convention import PYTORCH
from gru_core.maths.equations import MAX_DIGITS, format_number
from gru_core.maths.parameters import GRUParameters

BARE_PAGE = """
import streamlit as st

number = st.number_input("x", format="%.3f")
st.text(f"{number:.3f}")
"""
# Called before an edit: `edit.done` resolves when the frame with the text has been drawn.
EXPECT = """([selector, text, timeout]) => {
  const edit = window.edit = {sends: traffic.sends};
  const shown = () => [...document.querySelectorAll(selector)].map((n) => n.textContent).join(" ");
  document.addEventListener("keydown", () => { edit.committed = performance.now(); },
    {capture: true, once: true});
  edit.done = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`expected ${text}, but ${shown()} is shown`)), timeout);
    const observer = new MutationObserver(() => {
      if (shown() !== text) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => { edit.shown = performance.now(); resolve(); }));
    });
    observer.observe(document.body, {childList: true, characterData: true, subtree: true});
  });
}"""
MEASURED = "({latency: edit.shown - edit.committed, sends: traffic.sends - edit.sends})"


class Sample(NamedTuple):
    """One edit: milliseconds until it was shown, and those of them in which the server worked."""

    latency: float
    server: float


class Spread(NamedTuple):
    """The median of some times, and the bounds of their middle four fifths."""

    median: float
    p10: float
    p90: float

    def __str__(self) -> str:
        return f"{self.median:.0f} ({self.p10:.0f}–{self.p90:.0f})"


@dataclass(frozen=True)
class Subject:
    """A page under measurement.

    talk: what is said between it and its server.
    field, shown: selectors of what is edited and of what shows the result.
    edits: for each edit the text to type, and the text that must then be shown.
    """

    page: Page
    talk: Talk
    field: str
    shown: str
    edits: Iterator[tuple[str, str]]

    def edit(self) -> Sample:
        """Make and measure one edit; the page is idle again afterwards."""
        typed, expected = next(self.edits)
        self.page.bring_to_front()
        self.page.evaluate(EXPECT, [self.shown, expected, 1000 * TIMEOUT])
        self.page.fill(self.field, typed)
        self.talk.reset()
        self.page.press(self.field, "Enter")
        self.page.evaluate("edit.done")
        wait_until_idle(self.page)
        measured = self.page.evaluate(MEASURED)
        if measured["sends"] != 1:
            raise RuntimeError(f"{self.page.url}: one edit did not send exactly one message")
        return Sample(measured["latency"], 1000 * self.talk.server_time)


def numbers(rng: np.random.Generator) -> Iterator[str]:
    """What is typed: numbers between −1 and 1 with three decimals."""
    while True:
        yield f"{rng.uniform(-1, 1):.3f}"


def edits_of_bare_page(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Each number is shown as it was typed."""
    last = None
    for typed in numbers(rng):
        if typed != last:
            yield typed, typed
        last = typed


def edits_of_gates(view: StepView, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Numbers for x[0, 0], each with the new state of step 1 as the diagram writes it."""
    digits = min(view.digits, DIAGRAM_DIGITS)
    last = None
    for typed in numbers(rng):
        h = Sheet(view.setup).edit("x", 0, 0, typed).setup.unroll().step(0).h
        expected = " ".join(format_number(value, digits) for value in h.tolist())
        if expected != last:
            yield typed, expected
        last = expected


def largest_view(rng: np.random.Generator) -> StepView:
    """As many numbers as the page takes, with as many decimals as it shows."""
    H = D = MAX_SIZE
    shapes = [(H, D)] * 3 + [(H, H)] * 3 + [(H,)] * 4
    parameters = GRUParameters(*map(rng.standard_normal, shapes))
    inputs, h0 = rng.standard_normal((MAX_STEPS, D)), rng.standard_normal(H)
    return StepView(Setup(parameters, inputs, h0, PYTORCH), digits=MAX_DIGITS)


def measure(edits: int, warm_up: int) -> tuple[dict[str, list[Sample]], str]:
    """The samples of each page, the bare one first, and the version of the browser."""
    rng = np.random.default_rng(0)
    views = {
        "/gates, default example": StepView.of_example(DEFAULT_EXAMPLE),
        f"/gates, D = H = {MAX_SIZE}, {MAX_STEPS} steps, {MAX_DIGITS} decimals": largest_view(rng),
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bare_page = folder / "bare_page.py"
        bare_page.write_text(BARE_PAGE, encoding="utf-8")
        bare, app = (
            stack.enter_context(relaying(stack.enter_context(server)))
            for server in (serving(folder / "bare.log", bare_page), serving(folder / "app.log"))
        )
        chromium = stack.enter_context(sync_playwright()).chromium
        browser = chromium.launch(executable_path=find_chromium(), args=FLAGS)
        stack.callback(browser.close)

        def opened(url: str) -> Page:
            context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 720})
            context.add_init_script(WATCH)
            page = context.new_page()
            page.goto(url)
            wait_until_idle(page)
            return page

        subjects = {
            "bare page": Subject(
                opened(bare.url),
                bare,
                '[data-testid="stNumberInputField"]',
                '[data-testid="stText"]',
                edits_of_bare_page(rng),
            )
        } | {
            name: Subject(
                opened(f"{app.url}/gates?{urlencode(view.to_query())}"),
                app,
                '[data-at="x.0.0"]',
                '.gl-stage [data-value="h"] .gl-row',
                edits_of_gates(view, rng),
            )
            for name, view in views.items()
        }
        samples: dict[str, list[Sample]] = {name: [] for name in subjects}
        for _ in range(warm_up + edits):
            for name, subject in subjects.items():
                samples[name].append(subject.edit())
        return {name: rows[warm_up:] for name, rows in samples.items()}, browser.version


def spread(times: Sequence[float]) -> Spread:
    """Median, 10th and 90th percentile, interpolated between the two nearest times."""
    return Spread(*np.percentile(times, (50, 10, 90)).tolist())


def table(samples: Mapping[str, Sequence[Sample]]) -> str:
    """Markdown; each time stands beside its ratio to that of the first page."""
    spreads = {
        name: [spread(times) for times in zip(*rows, strict=True)] for name, rows in samples.items()
    }
    bare = next(iter(spreads.values()))
    lines = [
        "| ms, median (p10–p90) | edit → shown | × bare | server | × bare |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, times in spreads.items():
        ratios = [one.median / base.median for one, base in zip(times, bare, strict=True)]
        cells = [f"{one} | {ratio:.2f}" for one, ratio in zip(times, ratios, strict=True)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--edits", type=int, default=40, help="measured edits of each page")
    parser.add_argument("--warm-up", type=int, default=5, help="edits before them, not counted")
    asked = parser.parse_args()
    samples, chromium = measure(asked.edits, asked.warm_up)
    print(table(samples))
    print(f"\n{asked.edits} edits of each page, in turn. {machine()}, Chromium {chromium}.")


if __name__ == "__main__":
    main()
