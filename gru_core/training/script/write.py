"""The whole script: its parts in their order."""

from __future__ import annotations

import json
from textwrap import wrap

from gru_core.errors import InputError
from gru_core.training.experiment import Experiment
from gru_core.training.script.data import data_of, written
from gru_core.training.script.methods import WRITTEN, with_methods
from gru_core.training.script.network import network
from gru_core.training.script.sources import Sources
from gru_core.training.script.start import first_weights
from gru_core.training.script.training import HEADER, penalties, training

__all__ = ["HEADER", "script"]


def script(experiment: Experiment, run: int = 0) -> str:
    """Python that trains run ``run`` (from 0) alone and prints its numbers as HEADER says.

    It imports torch, NumPy and the standard library, and contains its data. The network is
    ``nn.GRU``, ``nn.LSTM`` or ``nn.RNN`` where these compute the same (of a GRU that is: reset
    after the product, candidate tanh, no methods), else it is written out; with methods it is the
    engine's own network. The same experiment gives the same text. The numbers are those of the
    record but for the rounding of float32.
    Raises InputError when the experiment has no such run.
    """
    if not 0 <= run < experiment.runs:
        raise InputError(
            "run: expected a whole number from 0 to {last}, got {actual}. "
            "Choose one of the runs of this experiment.",
            last=experiment.runs - 1,
            actual=run,
        )
    sources = Sources(written(experiment) | WRITTEN)
    data = data_of(experiment, sources)
    acts = with_methods if experiment.methods else network
    layers = acts(experiment, sources)
    trains = training(experiment, sources)
    parts = [
        _imports(experiment, sources),
        _settings(experiment, experiment.seeds[run]),
        sources.text(),
        data,
        layers,
        first_weights(experiment),
        trains,
    ]
    return _preface(experiment, run) + "\n\n".join(f"{part}\n" for part in parts if part)


def _preface(e: Experiment, run: int) -> str:
    told = f"One training run of a recurrent network, task {e.task}, seed {e.seeds[run]}."
    source = e.about.source
    lines = [
        f'"""{told}',
        "",
        "Written by GRU Lab; it needs PyTorch and NumPy only. It prints one row for each training",
        "step, numbers with 9 significant digits: the updates before it, the loss of its batch,",
        "the norm of the whole gradient before clipping, and the validation loss where it was",
        "just looked at. PyTorch's versions and machines round differently: expect the same first",
        "digits, not all of them, and fewer the longer a run is.",
    ]
    if source:
        lines += ["", *wrap(f"Data: {source.source}. {source.licence}", 98)]
    return "\n".join([*lines, '"""\n\n'])


def _imports(e: Experiment, sources: Sources) -> str:
    whole = {line for line in sources.imports if line.startswith("import ")}
    names: dict[str, set[str]] = {}
    for line in sources.imports - whole:
        module, name = line.removeprefix("from ").split(" import ")
        names.setdefault(module, set()).add(name)
    layers = set() if e.methods else {"nn"}
    of_torch = sorted(names.pop("torch", set()) | layers, key=_as_ruff)
    standard = [f"from {m} import {', '.join(sorted(names[m], key=_as_ruff))}" for m in names]
    standard = sorted(standard, key=str.lower)
    if e.task.startswith("digit"):
        standard = ["import base64", "import io", *standard]
    others = sorted({*whole, "import numpy as np", "import torch"})
    functional = "from torch.nn import functional as F"
    from_torch = f"from torch import {', '.join(of_torch)}"
    parts = [
        "from __future__ import annotations",
        "\n".join(standard),
        "\n".join([*others, from_torch, functional]),
    ]
    return "\n\n".join(part for part in parts if part)


def _as_ruff(name: str) -> tuple[bool, bool, str]:
    return (not name.isupper(), not name[0].isupper(), name)


def _settings(e: Experiment, seed: int) -> str:
    lines = [
        f"LENGTH = {e.length}",
        f"SEED = {seed}",
        f"SPLIT = {e.split}  # seed of the data that every run is judged on",
        f"INPUTS, HIDDEN, LAYERS, OUTPUTS = {e.about.inputs}, {e.hidden}, {e.layers}, "
        f"{e.about.outputs}",
        f"STEPS = {e.steps}",
        f"EVALUATE = {e.evaluate}  # every so many steps",
    ]
    if e.feed == "batch":
        lines.append(f"BATCH = {e.batch}")
    if e.truncate:
        lines.append(f"TRUNCATE = {e.truncate}  # steps that the gradient goes back at most")
    if e.patience:
        lines.append(f"PATIENCE = {e.patience}  # evaluations without a new lowest loss")
    lines += [f"LEARNING_RATE = {e.learning_rate!r}"]
    if e.warm_up:
        lines.append(f"WARM_UP = {e.warm_up}")
    lines += [f"CLIP, CLIP_AT = {json.dumps(e.clip)}, {e.clip_at!r}"]
    if penalties(e):
        lines.append(f"L1, L2 = {e.l1!r}, {e.l2!r}")
    return "\n".join(lines)
