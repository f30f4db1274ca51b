"""Real servers, and a real Chromium or Chrome, for the tests in this folder.

`open_page` opens the app in a new browser context; when the test ends, an error on a page's
console or a traceback in a server's log fails it.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
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
window.traffic = {sent: 0, received: 0};
window.WebSocket = class extends WebSocket {
  constructor(...args) {
    super(...args);
    this.addEventListener('message', () => { traffic.received = performance.now(); });
  }
  send(data) {
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
# On an address such as /gates the front end first looks for its server below /gates/, in case that
# is a base path, and Chromium logs the two answers "404" as errors.
BASE_PATH_PROBE = re.compile(r"status of 404 .*/\w+/_stcore/(health|host-config)\)$")
TIMEOUT = 30.0  # seconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where a browser is required, as in CI, a skipped test is a failed one."""
    report = yield
    if (
        os.environ.get("GRU_LAB_REQUIRE_BROWSER")
        and report.skipped
        and not hasattr(report, "wasxfail")
    ):
        report.outcome = "failed"
        report.longrepr = f"Skipped where a browser is required: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium or Chrome; without one the test is skipped."""
    override = os.environ.get("CHROME_PATH")
    candidates = [override] if override else [*NAMES, *PLACES]
    for candidate in candidates:
        if found := shutil.which(Path(candidate).expanduser()):
            return found
    reason = (
        f"no Chromium or Chrome at {override}: correct or unset CHROME_PATH."
        if override
        else "no Chromium or Chrome: install one (Debian: apt install chromium) or set CHROME_PATH."
    )
    pytest.skip(reason)


# For this folder only: while Playwright runs it leaves an event loop in the main thread, which
# other tests must not meet.
@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


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


@contextmanager
def serving(log: Path) -> Iterator[str]:
    """A new server of the app: its base URL. A traceback in its log is an AssertionError."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
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
                pytest.fail(f"the server did not start:\n{read(log)}", pytrace=False)
            time.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in read(log), read(log)


def read(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[str]:
    """The base URL of a server that nobody has visited."""
    with serving(tmp_path / "server.log") as url:
        yield url


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of the server that the tests of this folder share."""
    with serving(tmp_path_factory.mktemp("server") / "server.log") as url:
        yield url


@pytest.fixture(scope="session")
def wait_until_idle() -> Callable[[Page], None]:
    """`wait_until_idle(page)`: wait until every run that the page has asked for is shown."""

    def wait(page: Page) -> None:
        page.evaluate("traffic.calm = undefined")
        page.wait_for_function(IDLE, timeout=1000 * TIMEOUT)

    return wait


@pytest.fixture
def open_page(
    browser: Browser, request: pytest.FixtureRequest, wait_until_idle: Callable[[Page], None]
) -> Iterator[Callable[..., Page]]:
    """`open_page(path, locale=…, viewport=…, color_scheme=…, base_url=…)`: a Page, idle.

    Each call is a new visitor, on the shared server unless `base_url` names another.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        text = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not BASE_PATH_PROBE.search(text):
            errors.append(text)

    def open_page(
        path: str = "/",
        locale: str = "en-US",
        viewport: tuple[int, int] = (1280, 720),
        color_scheme: Literal["light", "dark"] = "light",
        base_url: str | None = None,
    ) -> Page:
        width, height = viewport
        context = browser.new_context(
            base_url=base_url or request.getfixturevalue("server"),
            locale=locale,
            viewport={"width": width, "height": height},
            color_scheme=color_scheme,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.add_init_script(WATCH)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        wait_until_idle(page)
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            if page.get_by_test_id("stException").count():
                errors.append(f"{page.url} shows an exception")
        context.close()
    assert errors == []
