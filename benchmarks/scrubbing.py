"""How smoothly the maps of "Gates over time" follow the pointer: frames a second.

    python -m benchmarks.scrubbing [--seconds 3]

One Chromium opens /sequence with 60 units and 500 steps. In every frame the pointer is moved to
another step, with the button down, so that the cursor, the reading and the slider are drawn anew.
In turn with that, the same page only counts its frames. Times are the page's own clock.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import FLAGS, WATCH, find_chromium, serving, wait_until_idle
from benchmarks.machine import machine

ADDRESS = "/sequence?model=random&H=60&feed=noise&T=500"
ROUNDS = 3
# Resolves with the milliseconds between frames while `act(frame)` is called in each of them.
FRAMES = """([milliseconds, scrub]) => new Promise((resolve) => {
  const over = document.querySelector('.gl-timeline .gl-over');
  const box = over.getBoundingClientRect();
  const gaps = [];
  let start, last, frame = 0;
  const tick = (now) => {
    if (last !== undefined) gaps.push(now - last);
    start ??= now;
    last = now;
    if (scrub) {
      const share = 0.5 + 0.45 * Math.sin(frame / 20);
      over.dispatchEvent(new PointerEvent('pointermove', {
        clientX: box.left + share * box.width, clientY: box.top + box.height / 2, buttons: 1,
      }));
    }
    frame += 1;
    if (now - start < milliseconds) requestAnimationFrame(tick); else resolve(gaps);
  };
  requestAnimationFrame(tick);
})"""


def frames(page: Page, seconds: float, scrub: bool) -> list[float]:
    gaps: list[float] = page.evaluate(FRAMES, [1000 * seconds, scrub])
    return gaps


def measure(seconds: float) -> tuple[dict[str, list[float]], str]:
    """Milliseconds between frames, at rest and while scrubbing, and the browser's version."""
    gaps: dict[str, list[float]] = {"at rest": [], "scrubbing": []}
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "server.log") as url,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS) as browser,
    ):
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(url + ADDRESS)
        wait_until_idle(page)
        for _ in range(ROUNDS):
            gaps["at rest"] += frames(page, seconds, scrub=False)
            gaps["scrubbing"] += frames(page, seconds, scrub=True)
        return gaps, browser.version


def table(gaps: dict[str, list[float]]) -> str:
    """Markdown; each rate stands beside its ratio to that of the page at rest."""
    rest = 1000 / float(np.mean(gaps["at rest"]))
    lines = [
        "| 60 units × 500 steps | frames a second | × at rest | slowest 1 % of frames |",
        "|---|--:|--:|--:|",
    ]
    for name, times in gaps.items():
        rate, slow = 1000 / float(np.mean(times)), float(np.percentile(times, 99))
        lines.append(f"| {name} | {rate:.0f} | {rate / rest:.2f} | {slow:.0f} ms |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each round")
    gaps, chromium = measure(parser.parse_args().seconds)
    print(table(gaps))
    print(f"\n{ROUNDS} rounds of each, in turn. {machine()}, Chromium {chromium}.")


if __name__ == "__main__":
    main()
