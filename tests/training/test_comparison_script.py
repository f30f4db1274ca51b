"""The script of a comparison, run where there is no GRU Lab, prints what the engine recorded."""

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest

from gru_core.training.comparison import Comparison
from gru_core.training.experiment import Experiment
from gru_core.training.script.together import comparison_script
from gru_core.training.trainer import advance, start

BASE = Experiment.of({"hidden": 3, "batch": 3, "length": 6, "steps": 3, "runs": 2, "seed": 5})
COMPARED = Comparison.between(BASE, {}, {"cell": "lstm"}, {"methods": [{"name": "zoneout"}]})


def test_every_configuration_and_seed_is_reproduced(tmp_path: Path) -> None:
    names = ["as the base", 'Cell, "LSTM"', "Zoneout"]
    text = comparison_script(COMPARED, names)
    assert "gru_core" not in text
    file = tmp_path / "comparison.py"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(file)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=tmp_path,
        check=True,
        timeout=120,
    )
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    for place, experiment in enumerate(COMPARED.experiments):
        record = advance(start(experiment), 3)[1]
        for run, seed in enumerate(experiment.seeds):
            mine = [
                float(row["loss"])
                for row in rows
                if row["configuration"].startswith(str(place + 1))
                and int(row["seed"]) == seed
                and row["loss"]
            ]
            assert mine == pytest.approx(record.loss[:, run].tolist(), rel=1e-5)
    assert comparison_script(COMPARED, names) == text
