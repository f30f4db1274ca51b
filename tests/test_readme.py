"""What the README promises."""

import re
from pathlib import Path

import pytest

from gru_core.training.executor import SCHEDULER

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


CHECKS = {
    "gru_core.maths": "trace.z.shape == (2, 5) and ((trace.z > 0) & (trace.z < 1)).all()",
    "gru_core.training": (
        "record.loss.shape == (100, 3) and checkpoint.step == 100 and all(record.evaluated[[0, -1]]"
        " == [0, 100]) and {'weight_ih_l0', 'head.weight'} < set(weights)"
        " and (advance(start(experiment), 100)[1].loss == record.loss).all()"
    ),
}


def test_every_library_example_is_run() -> None:
    assert len(CODE) == len(CHECKS)


@pytest.mark.parametrize("room", CHECKS)
def test_the_library_example_runs_and_does_what_it_says(room: str) -> None:
    [code] = [code for code in CODE if room in code]
    exec(f"{code}\nassert {CHECKS[room]}\n", {})


def test_every_benchmark_it_names_is_there() -> None:
    named = set(re.findall(r"python -m benchmarks\.(\w+)", README))
    helpers = {"__init__", "browser", "machine", "relay", "singles"}
    assert named == {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - helpers


def test_what_it_says_to_set_is_what_the_code_reads() -> None:
    assert f"`{SCHEDULER}=tcp://" in README


def test_every_picture_and_page_it_links_is_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
