"""One training step taken apart, as numbers to read."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from torch import Tensor

from gru_core.training.network import losses
from gru_core.training.trainer import Checkpoint, Parts, take_apart

ANSWERS = 4
"""How many answers are shown beside the truth."""


@dataclass(frozen=True, eq=False)
class Explained:
    """The next step of one run, in the order in which it happens.

    step: updates before it. count, steps, inputs: B, T and D of its batch. answers: those to the
    first sequences at the last step, with the columns sequence (from 1), answer and truth (a value;
    the number of a class, from 0; or 0 and 1), sure (the probability of that answer, NaN for a
    value) and loss (of that sequence alone). loss: of the whole batch. weights: a row for each,
    with name, entries, the Euclidean norms gradient, clipped, weight_norm and update, and of its
    first entry first, first_gradient and first_after. norm: of all gradients together; scale: what
    clipping by norm multiplies them with. rate: the learning rate.
    """

    step: int
    count: int
    steps: int
    inputs: int
    answers: pd.DataFrame
    loss: float
    weights: pd.DataFrame
    norm: float
    scale: float
    rate: float


def explain(checkpoint: Checkpoint, run: int) -> Explained | None:
    """The next step of run ``run`` (from 0); None when there is none."""
    parts = take_apart(checkpoint)
    if parts is None or checkpoint.stopped[run] is not None:
        return None
    _, T, B, D = parts.inputs.shape
    return Explained(
        checkpoint.step,
        B,
        T,
        D,
        _answers(checkpoint, parts, run),
        float(parts.loss[run]),
        _weights(parts, run),
        float(parts.norm[run]),
        float(parts.scale[run]),
        float(parts.rate[run]),
    )


def _answers(checkpoint: Checkpoint, parts: Parts, run: int) -> pd.DataFrame:
    e = checkpoint.experiment
    answer, targets = parts.output.answer[run].detach(), parts.targets[run]
    rows = []
    for b in range(min(ANSWERS, answer.shape[1])):
        own = losses(e, answer[None, :, b : b + 1], targets[None, :, b : b + 1])
        said, sure = _said(e.about.kind, answer[-1, b])
        truth = float(targets[-1, b]) if targets.ndim == 2 else float(targets[-1, b, 0])
        rows.append((b + 1, said, truth, sure, float(own[0])))
    return pd.DataFrame(rows, columns=["sequence", "answer", "truth", "sure", "loss"])


def _said(kind: str, answer: Tensor) -> tuple[float, float]:
    """The answer as a number, and how sure of it the network is."""
    match kind:
        case "classes":
            chances = answer.softmax(-1)
            return float(chances.argmax()), float(chances.max())
        case "binary":
            chance = float(answer[0].sigmoid())
            return float(chance > 0.5), max(chance, 1.0 - chance)
        case _:
            return float(answer[0]), float("nan")


def _weights(parts: Parts, run: int) -> pd.DataFrame:
    rows = []
    for name, before in parts.weights.items():
        w, g, after = before[run], parts.gradients[name][run], parts.updated[name][run]
        rows.append(
            {
                "name": name,
                "entries": w.numel(),
                "gradient": float(g.norm()),
                "clipped": float(parts.clipped[name][run].norm()),
                "weight_norm": float(w.norm()),
                "update": float((after - w).norm()),
                "first": float(w.flatten()[0]),
                "first_gradient": float(g.flatten()[0]),
                "first_after": float(after.flatten()[0]),
            }
        )
    return pd.DataFrame(rows)
