"""Real servers, and a real Chromium or Chrome, for the benchmarks and for tests/browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import Page

ROOT = Path(__file__).parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SHELL = "chromium-headless-shell"
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"~\AppData\Local\Google\Chrome\Application\chrome.exe",
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Runs before the page's own code: notes when the page last spoke to the server and last heard.
WATCH = """
window.traffic = {sends: 0, sent: 0, received: 0};
window.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    this.addEventListener('message', () => { traffic.received = performance.now(); });
  }
  send(data) {
    traffic.sends += 1;
    traffic.sent = performance.now();
    super.send(data);
  }
};
"""
# Idle: nothing asked is unanswered (a few messages never get an answer, hence the 3 s), and
# Streamlit's front end has called itself idle for ten frames and 250 ms, because an edit may wait
# that long before it is sent.
IDLE = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const now = performance.now();
  const idle = app?.dataset.testScriptState === 'notRunning'
    && app.dataset.testConnectionState === 'CONNECTED'
    && !document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]')
    && (traffic.received >= traffic.sent || now - traffic.sent > 3000);
  if (!idle) traffic.calm = {since: now, frames: 0};
  traffic.calm ??= {since: now, frames: 0};
  traffic.calm.frames += 1;
  return traffic.calm.frames > 10 && now - traffic.calm.since > 250;
}"""
TIMEOUT = 30.0  # seconds


def find_chromium(*, lean: bool = False) -> str:
    """The path of a Chromium or Chrome. FileNotFoundError that says what to do without one.

    lean: rather Chromium's headless shell, the same engine without windows, where it is installed:
    a new tab costs it half the work.
    """
    override = os.environ.get("CHROME_PATH")
    candidates = [override] if override else [*([SHELL] if lean else []), *NAMES, *PLACES]
    for candidate in candidates:
        if found := shutil.which(Path(candidate).expanduser()):
            return found
    raise FileNotFoundError(
        f"no Chromium or Chrome at {override}: correct or unset CHROME_PATH."
        if override
        else "no Chromium or Chrome: install one (Debian: apt install chromium) or set CHROME_PATH."
    )


@contextmanager
def serving(log: Path, script: Path = ROOT / "app.py") -> Iterator[str]:
    """A new server of the app, or of another script with the app's configuration: its base URL.

    RuntimeError when it does not start, and when its log has a traceback in the end.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    options = ["--server.port", str(port), "--server.headless", "true"]
    options += ["--server.address", "127.0.0.1", "--server.fileWatcherType", "none"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command + options, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + TIMEOUT
        while not answers(f"{url}/_stcore/health"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{read(log)}")
            time.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait()
    if "Traceback" in read(log):
        raise RuntimeError(f"the server has failed:\n{read(log)}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def read(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


def wait_until_idle(page: Page) -> None:
    """Wait until every run that the page, in a context with WATCH, has asked for is shown."""
    page.evaluate("traffic.calm = undefined")
    page.wait_for_function(IDLE, timeout=1000 * TIMEOUT)
