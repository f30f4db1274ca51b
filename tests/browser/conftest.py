"""Real servers, and a real Chromium or Chrome, for the tests in this folder.

`open_page` opens the app in a new tab, which is a new visitor to Streamlit; when the test ends, an
error on a page's console or a traceback in a server's log fails it.
"""

import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from benchmarks.browser import FLAGS, WATCH, find_chromium, serving, wait_until_idle

# A busy machine may answer many times later; a longer wait costs nothing where the answer comes.
MILLISECONDS = 60_000
expect.set_options(timeout=MILLISECONDS)

# On an address such as /gates the front end first looks for its server below /gates/, in case that
# is a base path, and Chromium logs the two answers "404" as errors.
BASE_PATH_PROBE = re.compile(r"status of 404 .*/\w+/_stcore/(health|host-config)\)$")


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
    try:
        return find_chromium(lean=True)
    except FileNotFoundError as error:
        pytest.skip(str(error))


# For this folder only: while Playwright runs it leaves an event loop in the main thread, which
# other tests must not meet.
@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


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


@pytest.fixture(scope="session", name="wait_until_idle")
def waiting_until_idle() -> Callable[[Page], None]:
    """`wait_until_idle(page)`: wait until every run that the page has asked for is shown."""
    return wait_until_idle


@pytest.fixture(scope="package")
def contexts(browser: Browser) -> Iterator[Callable[[str, str], BrowserContext]]:
    """`contexts(base_url, locale)`: tabs of one context share their cache of scripts.

    A context of its own for each test would read the front end's megabytes anew each time.
    """
    made: dict[tuple[str, str], BrowserContext] = {}

    def context_of(base_url: str, locale: str) -> BrowserContext:
        if (base_url, locale) not in made:
            context = browser.new_context(
                base_url=base_url, locale=locale, permissions=["clipboard-read", "clipboard-write"]
            )
            context.set_default_timeout(MILLISECONDS)
            context.add_init_script(WATCH)
            made[base_url, locale] = context
        return made[base_url, locale]

    yield context_of
    for context in made.values():
        context.close()


@pytest.fixture
def open_page(
    contexts: Callable[[str, str], BrowserContext],
    request: pytest.FixtureRequest,
    wait_until_idle: Callable[[Page], None],
) -> Iterator[Callable[..., Page]]:
    """`open_page(path, locale=…, viewport=…, color_scheme=…, base_url=…)`: a Page, idle.

    Each call is a new visitor, on the shared server unless `base_url` names another.
    """
    opened: list[BrowserContext] = []
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
        context = contexts(base_url or request.getfixturevalue("server"), locale)
        opened.append(context)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=color_scheme)
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        wait_until_idle(page)
        return page

    yield open_page
    for context in opened:
        for page in context.pages:
            if page.get_by_test_id("stException").count():
                errors.append(f"{page.url} shows an exception")
            page.close()
    assert errors == []
