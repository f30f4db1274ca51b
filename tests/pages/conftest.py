"""The pages without a browser: what the server sends, by Streamlit's own AppTest."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import cycle, product
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, app_test

from pages.ui import words

ROOT = Path(__file__).parents[2]
LOCALES = {"en": "en-US", "zh": "zh-CN"}

OpenApp = Callable[..., AppTest]


@pytest.fixture(params=LOCALES)
def language(request: pytest.FixtureRequest) -> str:
    """Each language in turn."""
    code: str = request.param
    return code


def in_turn(values: Iterable[Any]) -> list[tuple[Any, str]]:
    """Each value with one language, in turn: what is said in either does not hang on the value."""
    return list(zip(values, cycle(LOCALES), strict=False))


@pytest.fixture(scope="session", autouse=True)
def _as_on_one_server() -> Iterator[None]:
    """What a server does once, every AppTest would do anew, for longer than the page takes.

    That is to look through all installed packages for components, and to compile the scripts.
    """
    scan, compiled = cache(manifest_scanner.scan_component_manifests), ScriptCache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        patch.setattr(app_test, "ScriptCache", lambda: compiled)
        yield


def in_each(values: Iterable[Any]) -> list[tuple[Any, str]]:
    """Each value with every language."""
    return list(product(values, LOCALES))


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> OpenApp:
    """`open_app("gates", language="zh", example="forget")`: the page after its first run."""

    def open_app(page: str = "", /, *, language: str = "en", **query: str) -> AppTest:
        app = AppTest.from_file(ROOT / "app.py", default_timeout=30)
        if page:
            # Before the first run AppTest knows a page by the name of its file, which for our
            # pages is that of their address.
            [script] = ROOT.glob(f"pages/*/{page}.py")
            app.switch_page(str(script.relative_to(ROOT)))
        app.context["locale"] = LOCALES[language]
        # AppTest calls the format functions of widgets once more outside the session, where no
        # locale is known.
        monkeypatch.setattr(words, "browser_language", lambda: language)
        app.query_params.update(query)
        app.run()
        assert app.session_state["page"] == page
        return app

    return open_app


def component(app: AppTest, key: str) -> dict[str, Any]:
    """What a browser component was sent."""
    [found] = [part for part in app.get("bidi_component") if part.key == key]
    data: dict[str, Any] = json.loads(found.proto.json)
    return data


def control(app: AppTest, name: str, page: str = "gates") -> Any:
    """The control `name` of a page: its key is `<page>_<name>_<number>`."""
    widgets = app.selectbox, app.number_input, app.button_group, app.slider, app.text_area
    key = re.compile(rf"{page}_{name}_\d+")
    [found] = [each for kind in widgets for each in kind if key.fullmatch(each.key or "")]
    return found


def texts(app: AppTest) -> list[str]:
    """All prose and labels of the page, in order."""
    labelled = [*app.selectbox, *app.number_input, *app.button, *app.tabs]
    return [part.value for part in app.markdown] + [part.label for part in labelled]
