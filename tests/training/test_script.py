"""The script of a run, run where there is no GRU Lab, prints what the engine recorded."""

import ast
import io
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gru_core.data.tasks import TASKS
from gru_core.errors import InputError
from gru_core.training import experiment as choices
from gru_core.training import trainer
from gru_core.training.experiment import Experiment
from gru_core.training.script import HEADER, script
from gru_core.training.stabilisers import METHODS

# Both sides compute in float32, whose rounding is 6e-8 of a number, but add up in another order.
# Over a few steps that grows to at most some 1e-6 of a loss; 1e-5 leaves room for another CPU. A
# wrong number in any of them, or another order of drawing, would show in the first digits.
TOLERANCE = 1e-5

SMALL = {"hidden": 4, "steps": 6, "batch": 4, "evaluate": 2, "runs": 2}
CASES: Mapping[str, Mapping[str, object]] = {
    "adding, nn.GRU": {"length": 8, "loss": "huber"},
    "short copy, written out, candidate": {
        "task": "short_copy",
        "length": 3,
        "reset": "before",
        "z": "candidate",
        "layers": 2,
        "truncate": 4,
        "optimiser": "sgd",
        "scheme": "orthogonal",
        "gain": 1.3,
        "keep": "chrono",
    },
    "copy, nn.GRU in pieces, candidate": {
        "task": "copy",
        "length": 2,
        "z": "candidate",
        "layers": 3,
        "truncate": 10,
        "keep": "bias",
        "l2": 0.05,
    },
    "order, LSTM in pieces": {
        "task": "order",
        "length": 12,
        "cell": "lstm",
        "truncate": 5,
        "keep": "bias",
        "optimiser": "rmsprop",
        "schedule": "step",
    },
    "parity, RNN with ReLU": {
        "task": "parity",
        "length": 7,
        "cell": "rnn",
        "candidate": "relu",
        "layers": 2,
        "optimiser": "adagrad",
        "schedule": "exponential",
        "scheme": "gaussian",
        "gain": 0.9,
    },
    "brackets, LSTM with ReLU": {
        "task": "brackets",
        "length": 9,
        "cell": "lstm",
        "candidate": "relu",
        "layers": 2,
        "truncate": 4,
        "keep": "chrono",
        "scheme": "glorot",
        "gain": 1.1,
    },
    "reber, changed on the way": {
        "task": "reber",
        "length": 8,
        "candidate": "relu",
        "z": "candidate",
        "clip": "value",
        "clip_at": 0.01,
        "changes": [
            {"step": 2, "name": "learning_rate", "value": 0.05},
            {"step": 3, "name": "clip", "value": "norm"},
            {"step": 5, "name": "clip", "value": "none"},
        ],
    },
    "sine, all of 12 sequences": {
        "task": "sine",
        "length": 9,
        "loss": "mae",
        "examples": 12,
        "feed": "full",
        "clip": "none",
    },
    "sunspots, plateau": {
        "task": "sunspots",
        "length": 5,
        "schedule": "plateau",
        "optimiser": "momentum",
        "learning_rate": 1.0,
        "evaluate": 1,
        "steps": 14,
    },
    "sign, few sequences": {"task": "sign", "length": 5, "examples": 10, "warm_up": 4, "l1": 0.01},
    "sentiment, AdamW": {
        "task": "sentiment",
        "length": 6,
        "optimiser": "adamw",
        "l2": 0.1,
        "schedule": "cosine",
        "warm_up": 2,
        "split": 3,
        "seed": 7,
    },
    "digit rows, AdamW without decay": {"task": "digit_rows", "optimiser": "adamw", "split": 1},
    "digit pixels, early stop": {
        "task": "digit_pixels",
        "examples": 8,
        "feed": "full",
        "learning_rate": 1.0,
        "evaluate": 1,
        "patience": 2,
        "steps": 30,
    },
    "English, reset before": {
        "task": "characters_en",
        "length": 10,
        "reset": "before",
        "candidate": "relu",
    },
    "Chinese, RNN": {"task": "characters_zh", "length": 6, "cell": "rnn", "examples": 9},
    "all zero": {"scheme": "zeros", "length": 4},
    "decayed and clipped otherwise on the way": {
        "length": 5,
        "changes": [
            {"step": 1, "name": "l2", "value": 0.5},
            {"step": 2, "name": "l1", "value": 0.1},
            {"step": 3, "name": "clip", "value": "adaptive"},
            {"step": 3, "name": "clip_at", "value": 0.02},
        ],
    },
    "adaptive, LSTM": {"cell": "lstm", "length": 5, "clip": "adaptive", "clip_at": 0.01},
    "norms of layers, in pieces": {
        "length": 7,
        "layers": 2,
        "truncate": 4,
        "l2": 0.1,
        "clip": "adaptive",
        "clip_at": 0.05,
        "methods": [
            {"name": "layer_norm"},
            {"name": "variational_dropout"},
            {"name": "weight_norm"},
        ],
    },
    "norms of batches, reset before": {
        "task": "sine",
        "length": 7,
        "reset": "before",
        "z": "candidate",
        "keep": "bias",
        "truncate": 4,
        "layers": 2,
        "methods": [
            {"name": "batch_norm", "dial": 0.3},
            {"name": "depth_residual"},
            {"name": "gated_dropout"},
            {"name": "spectral_norm", "dial": 0.9},
        ],
    },
    "norm of the input, RNN": {
        "task": "reber",
        "length": 6,
        "cell": "rnn",
        "optimiser": "sgd",  # Adam's first steps turn the rounding of a small gradient into a step
        "methods": [{"name": "input_batch_norm"}, {"name": "time_residual"}],
    },
    "zoneout, LSTM": {
        "task": "brackets",
        "length": 6,
        "cell": "lstm",
        "candidate": "relu",
        "methods": [{"name": "recurrent_dropout"}, {"name": "zoneout", "dial": 0.4}],
    },
    "independent gates": {
        "length": 6,
        "z": "candidate",
        "scheme": "orthogonal",
        "keep": "chrono",
        "methods": [{"name": "independent_gates"}, {"name": "erasing_dropout"}],
    },
    "bounded gates": {
        "length": 6,
        "layers": 2,
        "candidate": "relu",
        "examples": 9,
        "methods": [{"name": "bounded_gates"}, {"name": "depth_residual"}],
    },
    "rescaled dropout": {
        "task": "characters_en",
        "length": 5,
        "methods": [{"name": "rescaled_dropout", "dial": 0.5}],
    },
    "norms of batches, not finite": {
        "cell": "rnn",
        "candidate": "relu",
        "scheme": "gaussian",
        "gain": 10.0,
        "length": 200,
        "methods": [{"name": "input_batch_norm"}],
    },
    "not finite": {
        "cell": "rnn",
        "candidate": "relu",
        "scheme": "gaussian",
        "gain": 10.0,
        "length": 200,
    },
}
RUN = 1

_ALONE = """
import contextlib, importlib.util, pathlib, runpy, sys
assert importlib.util.find_spec("gru_core") is None
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.py")):
    with path.with_suffix(".csv").open("w") as stream, contextlib.redirect_stdout(stream):
        runpy.run_path(str(path), run_name="__main__")
"""


def of_case(name: str) -> Experiment:
    return Experiment.of({**SMALL, **CASES[name]})


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What each script printed; all in one process, because importing torch takes seconds."""
    folder = tmp_path_factory.mktemp("scripts")
    paths = {name: folder / f"{number:02}.py" for number, name in enumerate(CASES)}
    for name, path in paths.items():
        path.write_text(script(of_case(name), RUN), encoding="utf-8")
    # -I: neither this folder nor PYTHONPATH is searched for modules.
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", _ALONE, str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: path.with_suffix(".csv").read_text() for name, path in paths.items()}


@pytest.mark.parametrize("name", CASES)
def test_a_script_prints_the_numbers_of_the_record(name: str, printed: Mapping[str, str]) -> None:
    experiment = of_case(name)
    assert printed[name].splitlines()[0] == HEADER
    found = pd.read_csv(io.StringIO(printed[name]), index_col="step")
    # What the run computes in company it computes alone too; the script is alone.
    table = trainer.advance(trainer.start(experiment), experiment.steps)[1].table()
    expected = table[table.run == RUN].set_index("step")[list(found.columns)]
    end = found.index[-1]
    assert (found.index == expected.loc[:end].index).all()
    assert expected.loc[end:, "loss"].isna().all()  # its neighbour may go on
    np.testing.assert_allclose(found, expected.loc[:end], rtol=TOLERANCE, atol=1e-8)


def test_the_run_that_stops_early_does_so() -> None:
    checkpoint, _ = trainer.advance(trainer.start(of_case("digit pixels, early stop")), 30)
    stop = checkpoint.stopped[RUN]
    assert stop is not None
    assert stop.reason == "early"


@pytest.mark.parametrize("name", ["not finite", "norms of batches, not finite"])
def test_the_run_that_is_not_finite_is_not(name: str, printed: Mapping[str, str]) -> None:
    rows = printed[name].splitlines()
    assert len(rows) == 3  # the header, the step that breaks, the last evaluation
    assert not np.isfinite(float(rows[1].split(",")[1]))


@pytest.mark.parametrize(
    "choice",
    [
        choices.TASK,
        choices.CELL,
        choices.RESET,
        choices.Z_WEIGHTS,
        choices.CANDIDATE,
        choices.SCHEME,
        choices.KEEP,
        choices.LOSS,
        choices.OPTIMISER,
        choices.SCHEDULE,
        choices.CLIP,
        choices.FEED,
    ],
    ids=lambda choice: choice.name,
)
def test_the_cases_take_every_choice(choice: choices.OneOf) -> None:
    taken = {getattr(of_case(name), choice.name) for name in CASES}
    assert taken == set(choice.options)


def test_the_cases_take_every_method() -> None:
    assert {chosen.name for name in CASES for chosen in of_case(name).methods} == set(METHODS)


@pytest.mark.parametrize("cell", choices.CELL.options)
@pytest.mark.parametrize("task", TASKS)
def test_methods_can_be_written_beside_every_task(task: str, cell: str) -> None:
    """No two things of one name: the data's functions and the engine's are in one file."""
    names: list[str] = []
    for name, method in METHODS.items():
        together = [group for group in choices.EXCLUSIVE if name in group]
        if cell in method.cells and not any({*names} & {*group} for group in together):
            names.append(name)
    methods = [{"name": name} for name in names]
    text = script(Experiment.of({"task": task, "cell": cell, "layers": 2, "methods": methods}))
    compile(text, task, "exec")


@pytest.mark.parametrize("task", TASKS)
def test_equal_experiments_give_equal_scripts(task: str) -> None:
    first = script(Experiment.of({"task": task}))
    trainer.data_of(Experiment.of({"task": task}))  # which fills caches
    assert script(Experiment.of({"task": task})) == first


@pytest.mark.parametrize("name", CASES)
def test_a_script_imports_nothing_but_torch_and_numpy(name: str) -> None:
    tree = ast.parse(script(of_case(name), RUN))
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
        elif isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
    outer = {module.partition(".")[0] for module in modules}
    assert outer - {"torch", "numpy"} <= sys.stdlib_module_names


def test_a_script_is_clean_code(tmp_path: Path) -> None:
    """No name is left undefined, no import unused: what a reader would trip over."""
    for number, name in enumerate(CASES):
        (tmp_path / f"{number}.py").write_text(script(of_case(name), RUN), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select=F,E9", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_nn_gru_stands_where_it_computes_the_same() -> None:
    assert "nn.GRU(" in script(Experiment())
    assert "nn.GRU(" in script(Experiment(z="candidate"))
    assert "nn.GRU(" not in script(Experiment(reset="before"))
    assert "nn.GRU(" not in script(Experiment(candidate="relu"))
    assert "nn.LSTM(" in script(Experiment(cell="lstm"))
    assert "nn.LSTM(" not in script(Experiment(cell="lstm", candidate="relu"))
    assert 'nonlinearity="relu"' in script(Experiment(cell="rnn", candidate="relu"))


@pytest.mark.parametrize("run", [-1, 2])
def test_a_run_that_is_not_there(run: int) -> None:
    with pytest.raises(InputError, match="run: expected a whole number from 0 to 1"):
        script(Experiment(runs=2), run)
