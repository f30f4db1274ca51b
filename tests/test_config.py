"""What a running app is really configured to do, read in a new interpreter in the app's folder."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gru_core.data.setup import MAX_JSON_CHARACTERS

ROOT = Path(__file__).parents[1]
# Notes the options, and what a reader sees of a script that fails.
PROBE = """
import json
from streamlit import config
from streamlit.testing.v1 import AppTest

OPTIONS = (
    "runner.postScriptGC", "client.showErrorDetails", "client.toolbarMode",
    "server.maxUploadSize", "server.enableXsrfProtection", "server.enableCORS",
    "browser.gatherUsageStats",
)
app = AppTest.from_string("raise ValueError('a secret')", default_timeout=30).run()
shown = str(app.exception[0].proto)
print(json.dumps({"options": {name: config.get_option(name) for name in OPTIONS}, "shown": shown}))
"""


def probe(folder: Path) -> dict[str, Any]:
    result = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=folder, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return answer


@pytest.fixture(scope="module")
def configured() -> dict[str, Any]:
    return probe(ROOT)


@pytest.fixture(scope="module")
def unconfigured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return probe(tmp_path_factory.mktemp("empty"))


def test_no_collection_of_garbage_follows_a_run(
    configured: dict[str, Any], unconfigured: dict[str, Any]
) -> None:
    assert configured["options"]["runner.postScriptGC"] is False
    # Without our file it is on, so the option still exists and the file is what turns it off.
    assert unconfigured["options"]["runner.postScriptGC"] is True


def test_strangers_see_no_traceback(
    configured: dict[str, Any], unconfigured: dict[str, Any]
) -> None:
    assert configured["options"]["client.showErrorDetails"] == "none"
    assert "a secret" not in configured["shown"]
    assert "Traceback" not in configured["shown"]
    assert "a secret" in unconfigured["shown"]


def test_uploads_are_small_and_guarded(configured: dict[str, Any]) -> None:
    options = configured["options"]
    assert MAX_JSON_CHARACTERS <= options["server.maxUploadSize"] * 1e6 <= 10e6
    assert options["server.enableXsrfProtection"] is True
    assert options["server.enableCORS"] is True


def test_nobody_is_counted(configured: dict[str, Any]) -> None:
    assert configured["options"]["browser.gatherUsageStats"] is False
