"""What the README promises."""

import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_library_example_runs_and_shows_gates() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    check = "\nassert trace.z.shape == (2, 5) and ((trace.z > 0) & (trace.z < 1)).all()\n"
    done = subprocess.run(
        [sys.executable, "-c", code + check],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_every_picture_and_page_it_links_is_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    for link in links:
        assert (Path(__file__).parents[1] / link).exists(), link
