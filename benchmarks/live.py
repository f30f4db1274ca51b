"""How fast a run goes on the page "Train live", beside the same run without a page.

    python -m benchmarks.live [--steps 3000] [--rounds 3]

A real server and one Chromium of 1280×720 that shows /train with the experiment the page opens
with, and as many steps as are asked for. In each round the run is rewound and played to its end in
the browser; then the same experiment is trained in this process, by one call of
`gru_core.training.trainer.advance`. The page is at rest meanwhile.

*On the page* is the page's own clock (`performance.now()`), from the press of Play to the frame
after the one text that says the run is finished: slices handed from thread to thread, curves, gates
and answers drawn as they grow, all while the server and Chromium share the processors with the
training. *Without* is the time of that one call. Both leave the same record, with all its
evaluations and snapshots.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import FLAGS, WATCH, find_chromium, serving, wait_until_idle
from benchmarks.machine import machine
from gru_core.training.experiment import STEPS, Experiment
from gru_core.training.presets import PRESETS
from gru_core.training.trainer import advance, start

WIDEST_WAIT = 600.0  # seconds
PLAY = ".st-key-train_play button"
PROGRESS = ".st-key-train_progress [data-testid='stProgress']"
# Resolves with the milliseconds from the press of Play to the frame in which the run is finished.
RUN = """([play, progress, timeout]) => new Promise((resolve, reject) => {
  const shown = () => document.querySelector(progress)?.textContent ?? "";
  let pressed;
  setTimeout(() => reject(new Error(`not finished: ${shown()}`)), timeout);
  const observer = new MutationObserver(() => {
    if (!shown().includes("finished")) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - pressed)));
  });
  observer.observe(document.body, {childList: true, characterData: true, subtree: true});
  pressed = performance.now();
  document.querySelector(play).click();
})"""


class Round(NamedTuple):
    """Seconds of one whole run: on the page, and without it."""

    page: float
    headless: float


def experiment_of(steps: int) -> Experiment:
    """What the page opens with, longer."""
    return next(iter(PRESETS.values())).experiment.changed(steps=steps)


def on_page(page: Page, steps: int) -> float:
    """Seconds from Play to the end, from the start of the run."""
    page.locator(PROGRESS).wait_for()
    if not page.locator(PROGRESS).inner_text().startswith("0 "):
        page.keyboard.press("r")  # rewind
    page.locator(PROGRESS).get_by_text(f"0 of {steps} steps", exact=True).wait_for()
    wait_until_idle(page)
    return float(page.evaluate(RUN, [PLAY, PROGRESS, 1000 * WIDEST_WAIT])) / 1000


def headless(experiment: Experiment) -> float:
    """Seconds of the whole run at one go."""
    checkpoint = start(experiment)
    begin = time.perf_counter()
    advance(checkpoint, experiment.steps)
    return time.perf_counter() - begin


def measure(experiment: Experiment, rounds: int) -> tuple[list[Round], str]:
    """The rounds after one that warms both up, and the version of the browser."""
    address = f"/train?{urlencode(experiment.to_query())}"
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "server.log") as url,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS) as browser,
    ):
        context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 720})
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(url + address)
        wait_until_idle(page)
        taken = []
        for _ in range(1 + rounds):
            shown = on_page(page, experiment.steps)
            wait_until_idle(page)
            taken.append(Round(shown, headless(experiment)))
        return taken[1:], browser.version


def table(rounds: Sequence[Round], steps: int) -> str:
    """Markdown: medians over the rounds; the ratio is that of the rates, 1 where none is lost."""
    page, alone = (float(np.median(times)) for times in zip(*rounds, strict=True))
    ratio = float(np.median([one.headless / one.page for one in rounds]))
    return "\n".join(
        [
            f"| a run of {steps} steps | steps a second | × without a page |",
            "|---|--:|--:|",
            f"| on /train | {steps / page:.0f} | {ratio:.2f} |",
            f"| `advance`, without a page | {steps / alone:.0f} | 1.00 |",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=3000, help=f"of each run, up to {STEPS.high}")
    parser.add_argument("--rounds", type=int, default=3, help="measured runs of each")
    asked = parser.parse_args()
    experiment = experiment_of(asked.steps)
    rounds, chromium = measure(experiment, asked.rounds)
    print(table(rounds, experiment.steps))
    print(
        f"\n{asked.rounds} runs of each, in turn. {experiment.runs} seeds, H={experiment.hidden}, "
        f"T={experiment.steps_of_input}, B={experiment.batch}. {machine()}, Chromium {chromium}."
    )


if __name__ == "__main__":
    main()
