"""The rooms of the house import one way, and the first pages start without torch.

The rule is read from the code's import statements, those under TYPE_CHECKING and inside functions
included; a second test plants one violation at a time and shows that the rule finds it.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]


class Room(NamedTuple):
    """What the modules of a room may import, besides the standard library and their own room."""

    libraries: set[str]
    rooms: set[str]


MATHS = {"gru_core"}  # gru_core itself holds the error class, and nothing else
DATA = MATHS | {"gru_core.maths"}
TRAINING = DATA | {"gru_core.data"}
FIGURES = TRAINING | {"gru_core.training"}
UI = FIGURES | {"gru_core.figures"}
PAGE = Room({"streamlit", "numpy", "pandas"}, UI | {"pages.ui"})
ROOMS = {
    "gru_core": Room(set(), set()),
    "gru_core.maths": Room({"numpy"}, MATHS),
    "gru_core.data": Room({"numpy", "pandas"}, DATA),
    "gru_core.training": Room(
        {"numpy", "pandas", "torch", "pydantic", "distributed", "safetensors", "h5py", "onnx"},
        TRAINING,
    ),
    "gru_core.figures": Room({"numpy", "pandas", "plotly"}, FIGURES),
    # starlette: Streamlit's own server, to which it lets an app add routes.
    "pages.ui": Room({"streamlit", "babel", "starlette"}, UI),
    "pages.understand": PAGE,
    "pages.train": PAGE,
    "pages.learn": PAGE,
    "pages.check": PAGE,
    # No room "pages": Streamlit may serve a script that stands there without running app.py.
    "app": Room({"streamlit"}, UI | {"pages.ui"}),
}


def room_of(module: str) -> str | None:
    """The innermost room that `module`, a dotted name, stands in."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in ROOMS), None)


class Import(NamedTuple):
    line: int
    target: str
    for_types: bool


def imports(path: Path, root: Path) -> Iterator[Import]:
    """Every module that the file names in an import statement, as an absolute dotted name."""
    package = path.relative_to(root).parent.parts
    tree = ast.parse(path.read_text(encoding="utf-8"))
    under_type_checking = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for child in ast.walk(statement)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                targets = [alias.name for alias in names]
            case ast.ImportFrom(module=module, names=names, level=level):
                outer = package[: len(package) - level + 1] if level else ()
                base = ".".join([*outer, *([module] if module else [])])
                # `from gru_core import training` names a room only in its second half.
                targets = [f"{base}.{alias.name}" for alias in names]
            case _:
                continue
        yield from (Import(node.lineno, name, id(node) in under_type_checking) for name in targets)


def refusal(room: str, import_: Import) -> str | None:
    """Why a module of `room` may not import this, or None if it may."""
    top = import_.target.split(".")[0]
    target = room_of(import_.target)
    if target is None:
        allowed = top in sys.stdlib_module_names or top in ROOMS[room].libraries
        return None if allowed else f"{room} may not import the library {top}"
    if target == room:
        return None
    if target not in ROOMS[room].rooms:
        return f"{room} may not import from {target}"
    if (room, target) == ("gru_core.figures", "gru_core.training") and not import_.for_types:
        return f"{room} may import from {target} only types, under TYPE_CHECKING"
    return None


def modules(root: Path) -> list[Path]:
    return sorted(
        [*root.glob("app.py"), *root.glob("gru_core/**/*.py"), *root.glob("pages/**/*.py")]
    )


def violations(root: Path) -> list[str]:
    found = []
    for path in modules(root):
        place = path.relative_to(root)
        room = ".".join(place.parent.parts[:2]) or place.stem
        if room not in ROOMS:
            found.append(f"{place}: stands in no known room")
            continue
        found += [
            f"{place}:{import_.line}: {why}"
            for import_ in imports(path, root)
            if (why := refusal(room, import_))
        ]
    return found


def test_imports_go_one_way():
    assert ROOT / "gru_core/maths/gru.py" in modules(ROOT)
    assert violations(ROOT) == []


def planted(root: Path, name: str, code: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("gru_core/errors.py", "import traceback"),
        ("gru_core/maths/gru.py", "import numpy as np\nfrom gru_core.errors import InputError"),
        (
            "gru_core/maths/gru.py",
            "from .convention import PYTORCH\nfrom ..errors import InputError",
        ),
        ("gru_core/data/tasks.py", "import pandas\nfrom gru_core.maths import gru"),
        ("gru_core/training/network.py", "import torch\nfrom gru_core import data, maths"),
        (
            "gru_core/figures/record.py",
            "import plotly.graph_objects as go\nfrom typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from gru_core.training.record import Record",
        ),
        ("pages/ui/grid.py", "import streamlit.components.v2\nfrom gru_core.maths import gru"),
        ("pages/understand/gates.py", "from pages.ui.words import label as _"),
        ("pages/understand/gates.py", "if pressed:\n    from gru_core.training import reference"),
        ("app.py", "import streamlit as st\nfrom pages.ui.words import label as _"),
    ],
)
def test_the_rule_accepts_what_the_design_allows(name, code, tmp_path):
    assert violations(planted(tmp_path, name, code)) == []


@pytest.mark.parametrize(
    ("name", "code", "complaint"),
    [
        ("gru_core/errors.py", "import numpy", "gru_core may not import the library numpy"),
        ("gru_core/__init__.py", "from .maths import gru", "not import from gru_core.maths"),
        ("gru_core/maths/gru.py", "import torch", "not import the library torch"),
        ("gru_core/maths/gru.py", "import pandas as pd", "not import the library pandas"),
        ("gru_core/maths/gru.py", "import streamlit", "not import the library streamlit"),
        ("gru_core/maths/gru.py", "from gru_core import data", "not import from gru_core.data"),
        ("gru_core/maths/gru.py", "from ..data import tasks", "not import from gru_core.data"),
        ("gru_core/maths/gru.py", "from .. import training", "not import from gru_core.training"),
        ("gru_core/maths/gru.py", "def f():\n    import torch.nn", "not import the library torch"),
        (
            "gru_core/maths/gru.py",
            "import typing\nif typing.TYPE_CHECKING:\n    from gru_core.figures import cell",
            "not import from gru_core.figures",
        ),
        ("gru_core/data/tasks.py", "import gru_core.training", "from gru_core.training"),
        ("gru_core/data/tasks.py", "import torch", "not import the library torch"),
        ("gru_core/training/trainer.py", "import plotly", "not import the library plotly"),
        ("gru_core/training/trainer.py", "from gru_core.figures import f", "gru_core.figures"),
        ("gru_core/training/trainer.py", "import streamlit", "not import the library streamlit"),
        ("gru_core/figures/cell.py", "import streamlit", "not import the library streamlit"),
        ("gru_core/figures/cell.py", "from ..training.record import Record", "only types, under"),
        ("gru_core/figures/cell.py", "from pages.ui import words", "not import from pages.ui"),
        ("pages/ui/grid.py", "import numpy as np", "not import the library numpy"),
        ("pages/ui/grid.py", "import plotly", "not import the library plotly"),
        ("pages/ui/grid.py", "import pages.understand.gates", "not import from pages.understand"),
        ("pages/understand/gates.py", "import torch", "not import the library torch"),
        ("pages/understand/gates.py", "import plotly", "not import the library plotly"),
        ("pages/understand/gates.py", "from pages.train import run", "from pages.train"),
        ("pages/understand/gates.py", "import app", "not import from app"),
        ("app.py", "from gru_core.maths import gru\nimport numpy", "not import the library numpy"),
        ("gru_core/attic/old.py", "", "stands in no known room"),
        ("pages/attic/old.py", "", "stands in no known room"),
        ("pages/gates.py", "", "stands in no known room"),
    ],
)
def test_the_rule_finds_a_planted_violation(name, code, complaint, tmp_path):
    found = violations(planted(tmp_path, name, code))
    assert len(found) == 1
    assert complaint in found[0]


# Only what a page imports before anything is asked of it; imports inside an `if` come later.
FIRST_IMPORTS = """
import ast, importlib, pathlib, sys
importlib.import_module("gru_core.maths")
for name in sys.argv[1:]:
    body = ast.parse(pathlib.Path(name).read_text(encoding="utf-8")).body
    body = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(body, []), name, "exec"), {"__name__": "__main__"})
print("torch" in sys.modules)
"""


def loads_torch(root: Path, pages: list[Path]) -> bool:
    """Whether `gru_core.maths` and the imports of these pages load torch in a new interpreter."""
    result = subprocess.run(
        [sys.executable, "-c", FIRST_IMPORTS, *map(str, pages)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip() == "True"


def test_pages_to_understand_and_to_learn_start_without_torch():
    pages = sorted([*ROOT.glob("pages/understand/*.py"), *ROOT.glob("pages/learn/*.py")])
    assert {ROOT / "pages/understand/gates.py", ROOT / "pages/learn/articles.py"} <= {*pages}
    assert not loads_torch(ROOT, pages)


@pytest.mark.parametrize(
    ("page", "maths", "loads"),
    [
        ("import gru_core.maths", "", False),
        ("if pressed:\n    import torch", "", False),
        ("import torch", "", True),
        ("import gru_core.maths", "import torch", True),
    ],
)
def test_torch_is_noticed(page, maths, loads, tmp_path):
    planted(tmp_path, "torch.py", "")
    planted(tmp_path, "gru_core/maths/__init__.py", maths)
    planted(tmp_path, "page.py", page)
    assert loads_torch(tmp_path, [tmp_path / "page.py"]) is loads
