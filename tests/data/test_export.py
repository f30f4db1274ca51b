"""What is taken away gives the same numbers elsewhere."""

import csv
import io
import json
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from gru_core.data.examples import EXAMPLES
from gru_core.data.export import (
    Library,
    csv_of_intermediates,
    json_of_trace,
    latex_of_step,
    script,
    table_of_intermediates,
)
from gru_core.data.setup import Setup
from gru_core.errors import InputError
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.equations import format_number
from gru_core.maths.gru import STEP_NAMES, unroll
from tests.maths.strategies import ALL_CONVENTIONS, random_parameters


def random_setup(convention: Convention, D: int = 2, H: int = 3, T: int = 4) -> Setup:
    rng = np.random.default_rng(11)
    cell = random_parameters(12, D, H, convention.reset)
    return Setup(cell, rng.normal(size=(T, D)), rng.normal(size=H), convention)


RUNNER = """
import runpy, sys
for path in sys.argv[1:]:
    print("script")
    runpy.run_path(path, run_name="__main__")
"""


def printed_h(texts: list[str], folder: Path) -> list[np.ndarray]:
    """What each script prints, run in a process that knows nothing of us: all in one, for torch."""
    paths = [folder / f"exported_{i}.py" for i in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", RUNNER, *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    printed = []
    for lines in run.stdout.split("script\n")[1:]:
        rows = [[float(number) for number in line.split()] for line in lines.splitlines()]
        steps, *h = np.array(rows).T
        np.testing.assert_array_equal(steps, np.arange(1, len(rows) + 1))
        printed.append(np.stack(h, axis=1))
    return printed


LIBRARIES: tuple[Library, ...] = ("numpy", "pytorch")


ONE_UNIT = random_setup(Convention("candidate", "before"), D=1, H=1, T=12)


def test_a_script_prints_the_same_h(tmp_path: Path) -> None:
    setups = [*(random_setup(convention) for convention in ALL_CONVENTIONS), ONE_UNIT]
    texts = [script(setup, library) for library in LIBRARIES for setup in setups]
    printed = printed_h(texts, tmp_path)
    for (library, setup), h in zip(product(LIBRARIES, setups), printed, strict=True):
        message = f"{library}, {setup.convention}"
        np.testing.assert_allclose(h, setup.unroll().h, rtol=0, atol=1e-12, err_msg=message)


@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_a_script_says_how_it_computes(convention: Convention) -> None:
    by_module = convention.reset == "after" and convention.gate == "sigmoid"
    setup = random_setup(convention)
    assert "import numpy" in script(setup, "numpy")
    text = script(setup, "pytorch")
    assert "import numpy" not in text
    assert ("torch.nn.GRU(" in text) == by_module
    assert ("Plain operations" in text) != by_module
    assert ("Converted exactly" in text) == (by_module and convention != PYTORCH)


def test_a_script_of_one_unit_converts_where_reset_acts() -> None:
    assert "torch.nn.GRU(" in script(ONE_UNIT, "pytorch")


def test_a_script_with_huge_numbers_warns_of_nothing(tmp_path: Path) -> None:
    setup = random_setup(PYTORCH)
    setup = Setup(setup.parameters, np.sign(setup.inputs) * 1e6, setup.h0, PYTORCH)
    [h] = printed_h([script(setup)], tmp_path)
    np.testing.assert_allclose(h, setup.unroll().h, rtol=0, atol=1e-12)


def test_a_script_reads_like_the_equations() -> None:
    lines = script(EXAMPLES["article_003_repaired"].setup).splitlines()
    assert "    r = sigmoid(W_r @ x_t + b_r + U_r @ h)" in lines
    assert "    n = tanh(W_n @ x_t + b_n + U_n @ (r * h))" in lines
    assert "    h = (1 - z) * h + z * n" in lines
    assert not any(line.startswith("c_n") for line in lines)
    lines = script(EXAMPLES["welcome"].setup).splitlines()
    assert "    n = tanh(W_n @ x_t + b_n + r * (U_n @ h + c_n))" in lines
    assert "    h = (1 - z) * n + z * h" in lines
    assert max(map(len, lines)) <= 100


def test_the_csv_holds_every_intermediate_exactly() -> None:
    trace = random_setup(PYTORCH).unroll()
    rows = list(csv.DictReader(io.StringIO(csv_of_intermediates(trace))))
    found = {(int(r["step"]), r["name"], int(r["unit"])): float(r["value"]) for r in rows}
    assert len(found) == len(rows)
    expected = {
        (t + 1, name, unit + 1): value
        for t in range(len(trace))
        for name in STEP_NAMES
        for unit, value in enumerate(getattr(trace.step(t), name).tolist())
    }
    assert found == expected
    table = table_of_intermediates(trace)
    assert list(table.columns) == ["step", "name", "unit", "value"]
    assert len(table) == len(rows)


def test_a_batch_has_no_table_and_no_latex() -> None:
    batch = unroll(random_parameters(1, 2, 3), np.zeros((4, 2, 2)))
    for export in (table_of_intermediates, lambda trace: latex_of_step(trace, 0)):
        with pytest.raises(InputError, match="expected"):
            export(batch)


@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_the_latex_of_a_step_holds_its_numbers(convention: Convention) -> None:
    trace = random_setup(convention).unroll()
    text = latex_of_step(trace, 2, digits=3)
    assert text.startswith("% Step 3 of 4")
    assert text.count(r"\[") == text.count(r"\]") == 4
    assert text.count(r"\begin{aligned}") == 4
    for name in ("r", "z", "n", "h"):
        numbers = [format_number(v, 3).replace("−", "-") for v in getattr(trace, name)[2].tolist()]
        vector = r"\begin{bmatrix} " + r" \\ ".join(numbers) + r" \end{bmatrix}"
        assert re.search(rf"(=|\\approx) {re.escape(vector)}\n\\end", text)
    with pytest.raises(InputError, match="expected a step from 0 to 3, got 4"):
        latex_of_step(trace, 4)


def test_json_holds_every_array_exactly() -> None:
    trace = EXAMPLES["welcome"].setup.unroll()
    content = json.loads(json_of_trace(trace))
    for name in STEP_NAMES[1:]:
        np.testing.assert_array_equal(content[name], getattr(trace, name))
    np.testing.assert_array_equal(content["x"], trace.inputs)
    np.testing.assert_array_equal(content["parameters"]["U_n"], trace.parameters.U_n)
    assert Convention(**content["convention"]) == trace.convention
