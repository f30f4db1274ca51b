"""Networks with methods in double precision, and their cells as plain loops to compare with."""

from collections.abc import Callable, Mapping
from itertools import product

import numpy as np
import torch
from torch import Tensor

from gru_core.training.experiment import Experiment
from gru_core.training.network import initial_weights
from gru_core.training.stabilisers import METHODS, Site

FORMS: tuple[dict[str, object], ...] = (
    *(
        {"z": z, "reset": reset}
        for z, reset in product(("state", "candidate"), ("after", "before"))
    ),
    {"cell": "lstm"},
    {"cell": "rnn"},
)


def called(form: Mapping[str, object]) -> str:
    return ", ".join(map(str, form.values()))


ALL = tuple(
    (name, form)
    for name, method in METHODS.items()
    for form in FORMS
    if form.get("cell", "gru") in method.cells
)
"""Every method with every cell and convention that it is defined for."""

IDS = [f"{name}, {called(form)}" for name, form in ALL]


def with_methods(*names: str | tuple[str, float], **choices: object) -> Experiment:
    methods = [
        {"name": name} if isinstance(name, str) else {"name": name[0], "dial": name[1]}
        for name in names
    ]
    usual = {"hidden": 3, "length": 5, "runs": 1, "steps": 3, "batch": 4, "evaluate": 1000}
    return Experiment.of({**usual, "methods": methods, **choices})


def weights_of(e: Experiment, spread: float = 0.0) -> dict[str, Tensor]:
    """Of all runs, (K, …). spread: what is trained is moved by as much, at random."""
    drawn = [initial_weights(e, seed) for seed in e.seeds]
    weights = {name: torch.from_numpy(np.stack([d[name] for d in drawn])) for name in drawn[0]}
    rng = np.random.default_rng(5)
    for name, weight in weights.items():
        if not is_kept(e, name):
            moved = spread * torch.from_numpy(rng.normal(size=tuple(weight.shape)))
            weights[name] = weight + moved
    return weights


def is_kept(e: Experiment, name: str) -> bool:
    kept = {f"{c.name}.{number}" for c in e.methods for number in c.method.kept}
    return name.rpartition("_l")[0] in kept


def inputs_of(e: Experiment, T: int, B: int, seed: int = 1) -> Tensor:
    """(K, T, B, D), the same for each run."""
    rng = np.random.default_rng(seed)
    x = torch.from_numpy(rng.normal(size=(T, B, e.about.inputs)))
    return x.expand(e.runs, T, B, e.about.inputs)


def site(**choices: object) -> Site:
    """Of one GRU layer with 2 runs, 3 steps, 4 sequences of 2 inputs, and 5 units."""
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 2, 4, 2)))
    usual = {"x": x, "hidden": 5, "layer": 0, "first": 0, "blocks": 3, "noise": None, "own": {}}
    return Site(**{**usual, **choices})  # type: ignore[arg-type]


def no_change(product: Tensor, bias: Tensor, side: str, part: str, t: int) -> Tensor:
    return product + bias


Change = Callable[[Tensor, Tensor, str, str, int], Tensor]
"""(product, bias, "input" or "recurrent", "gates", "n" or "all", step) -> what the cell adds up."""


def loop(e: Experiment, w: Mapping[str, Tensor], x: Tensor, change: Change = no_change) -> Tensor:
    """States (T, B, H) of a first layer. x: (T, B, D); w: without a run axis. As in papers."""
    W, U, b = w["weight_ih_l0"], w["weight_hh_l0"], w["bias_ih_l0"]
    c = w.get("bias_hh_l0", torch.zeros_like(b))
    H, states = e.hidden, []
    h = cell = torch.zeros(x.shape[1], H, dtype=x.dtype)
    f = torch.relu if e.candidate == "relu" else torch.tanh
    for t, x_t in enumerate(x):
        if e.cell == "gru":
            g, n = slice(0, 2 * H), slice(2 * H, None)
            gates = torch.sigmoid(
                change(x_t @ W[g].T, b[g], "input", "gates", t)
                + change(h @ U[g].T, c[g], "recurrent", "gates", t)
            )
            r, z = gates[:, :H], gates[:, H:]
            from_x = change(x_t @ W[n].T, b[n], "input", "n", t)
            if e.reset == "after":
                new = f(from_x + r * change(h @ U[n].T, c[n], "recurrent", "n", t))
            else:
                new = f(from_x + change((r * h) @ U[n].T, c[n], "recurrent", "n", t))
            h = z * h + (1 - z) * new if e.z == "state" else (1 - z) * h + z * new
        else:
            a = change(x_t @ W.T, b, "input", "all", t) + change(h @ U.T, c, "recurrent", "all", t)
            if e.cell == "rnn":
                h = f(a)
            else:
                i, forget, g, o = a.chunk(4, -1)
                cell = torch.sigmoid(forget) * cell + torch.sigmoid(i) * f(g)
                h = torch.sigmoid(o) * torch.tanh(cell)
        states.append(h)
    return torch.stack(states)


def alone(weights: Mapping[str, Tensor], run: int = 0) -> dict[str, Tensor]:
    return {name: weight[run] for name, weight in weights.items()}
