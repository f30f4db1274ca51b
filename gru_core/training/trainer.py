"""Training as two pure functions: ``start`` gives a checkpoint, ``advance`` the next one.

Everything that a run depends on is in its experiment and its checkpoint. Random numbers come from
generators made from the run's seed and the number of the step, so that no generator has a state
that could differ: a slice that is run twice, or elsewhere, gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from gru_core.data.tasks import Batch, Data, prepare
from gru_core.errors import InputError
from gru_core.maths.measures import HIGH, LOW
from gru_core.maths.parameters import Array
from gru_core.training.experiment import LIVE, Experiment
from gru_core.training.network import Output, accuracies, forward, initial_weights, losses
from gru_core.training.record import COLUMNS, EVALUATIONS, Record, Snapshot
from gru_core.training.schedule import (
    PLATEAU_FACTOR,
    PLATEAU_PATIENCE,
    PLATEAU_THRESHOLD,
    share,
)
from gru_core.training.stabilisers import Noise

SNAPSHOTS = 24
"""About how many snapshots a whole run leaves."""

MOMENTUM = 0.9

CLIP_EPSILON = 1e-6
"""As in torch.nn.utils.clip_grad_norm_, so that a norm of 0 divides nothing."""


@dataclass(frozen=True)
class Stop:
    """Why a run ended before its last step: after ``step`` updates.

    reason: "loss" or "gradient" (which was not finite), or "early" (the validation loss no longer
    fell). what: the weight whose gradient was the largest or not finite. value: its norm, or the
    loss. last_norm: the last finite norm of the whole gradient.
    """

    step: int
    reason: Literal["loss", "gradient", "early"]
    what: str = ""
    value: float = float("nan")
    last_norm: float = float("nan")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The runs after ``step`` updates. Not to be changed: ``advance`` makes new ones.

    weights: by name, each with a run axis. stopped: what ended each run, or None.
    best_weights: those with the lowest validation loss so far, for each run by itself.
    """

    experiment: Experiment
    step: int
    weights: Mapping[str, Tensor]
    optimiser: Mapping[str, Any]
    stopped: tuple[Stop | None, ...]
    factor: Tensor  # (K,) of the learning rate, lowered on a plateau
    best: Tensor  # (K,) lowest validation loss, and how many evaluations ago it was
    since_best: Tensor
    plateau_best: Tensor
    since_plateau: Tensor
    best_weights: Mapping[str, Tensor] = field(repr=False)
    last_norm: Tensor = field(repr=False)

    @property
    def finished(self) -> bool:
        """Nothing is left to do."""
        return self.step >= self.experiment.steps or all(self.stopped)

    def weights_of(self, run: int, *, best: bool = False) -> dict[str, Array]:
        """The weights of one run, without a run axis, float32 as they were trained."""
        weights = self.best_weights if best else self.weights
        return {name: tensor[run].numpy().copy() for name, tensor in weights.items()}

    def changed(self, name: str, value: float | str) -> Checkpoint:
        """From this step on another learning rate or clipping; the experiment keeps it.

        So that the experiment, run anew, gives the same record. Raises InputError when the choice
        cannot be changed on the way, or is out of its bounds.
        """
        if name not in LIVE:
            raise InputError(
                "{name}: expected one of {expected} to change while a run goes on. "
                "Start a new run with it.",
                name=name,
                expected=", ".join(LIVE),
            )
        kept = [c for c in self.experiment.changes if (c.step, c.name) != (self.step, name)]
        given = [change.model_dump() for change in kept]
        given.append({"step": self.step, "name": name, "value": value})
        return replace(self, experiment=self.experiment.changed(changes=given))


@dataclass(frozen=True, eq=False)
class Parts:
    """One training step taken apart, in the order in which it happens. K runs; all tensors.

    inputs: (K, T, B, D). loss: (K,). gradients: by the names of the weights. norm: (K,), of all
    gradients of a run. scale: (K,), what clipping by norm multiplies them with. clipped: what
    reaches the optimiser, which adds its own weight decay. rate: (K,), the learning rate. weights,
    updated: before and after.
    """

    inputs: Tensor
    targets: Tensor
    output: Output
    loss: Tensor
    gradients: Mapping[str, Tensor]
    norm: Tensor
    scale: Tensor
    clipped: Mapping[str, Tensor]
    clipped_norm: Tensor
    rate: Tensor
    weights: Mapping[str, Tensor]
    updated: Mapping[str, Tensor]


def start(experiment: Experiment) -> Checkpoint:
    """The runs before their first step."""
    drawn = [initial_weights(experiment, seed) for seed in experiment.seeds]
    weights = {
        name: torch.from_numpy(np.stack([each[name] for each in drawn])).float()
        for name in drawn[0]
    }
    K = experiment.runs
    return Checkpoint(
        experiment,
        0,
        weights,
        optimiser={},
        stopped=(None,) * K,
        factor=torch.ones(K),
        best=torch.full((K,), torch.inf),
        since_best=torch.zeros(K, dtype=torch.int64),
        plateau_best=torch.full((K,), torch.inf),
        since_plateau=torch.zeros(K, dtype=torch.int64),
        best_weights=weights,
        last_norm=torch.full((K,), torch.nan),
    )


def advance(checkpoint: Checkpoint, steps: int) -> tuple[Checkpoint, Record]:
    """At most ``steps`` steps more, and the record of those that were done.

    Pure: the same checkpoint gives the same bits, on one machine, however the steps are sliced.
    A run whose loss or gradient is not finite keeps its last finite weights and stops; the others
    go on.
    """
    with _one_thread():
        going = _Going(checkpoint)
        while steps > 0 and not going.finished:
            going.step_once()
            steps -= 1
        return going.checkpoint(), going.record()


def take_apart(checkpoint: Checkpoint) -> Parts | None:
    """The next step of the runs in its parts, by the code that trains; None when none is left."""
    if checkpoint.finished:
        return None
    with _one_thread():
        return _Going(checkpoint).parts()


def inspect(checkpoint: Checkpoint) -> Snapshot:
    """How the networks are now, on the probe sequence."""
    with _one_thread():
        return _snapshot(checkpoint.experiment, checkpoint.step, checkpoint.weights)


def untrained(checkpoint: Checkpoint) -> Record:
    """A record of no step that holds the first look at the validation data, before any update."""
    e = checkpoint.experiment
    with _one_thread():
        seen = evaluate(e, checkpoint.weights, data_of(e).validation)
    values: dict[str, Any] = {
        name: each.double().numpy()[None] for name, each in zip(EVALUATIONS, seen, strict=True)
    }
    return replace(Record.empty(e.runs), evaluated=np.zeros(1, dtype=np.int64), **values)


def data_of(experiment: Experiment) -> Data:
    """What the experiment trains on and is judged by."""
    return prepare(experiment.task, experiment.length, experiment.examples, experiment.split)


def answers(experiment: Experiment, weights: Mapping[str, Array], batch: Batch) -> Output:
    """What one network, whose weights have no run axis, says to a batch, in double precision."""
    tensors = {name: torch.tensor(a, dtype=torch.float64)[None] for name, a in weights.items()}
    with torch.no_grad(), _one_thread():
        return forward(experiment, tensors, torch.tensor(batch.inputs)[None])


def snapshot_steps(steps: int) -> tuple[int, ...]:
    """After how many updates a run of ``steps`` steps leaves a snapshot: 0, log-spaced, the end."""
    spaced = np.unique(np.geomspace(1, steps, SNAPSHOTS - 1).round().astype(int))
    return (0, *spaced.tolist())


class _Going:
    """Runs on their way: the tensors of a checkpoint, copied, to be changed step by step."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.experiment = e = checkpoint.experiment
        self.step = self.first = checkpoint.step
        self.data = data_of(e)
        # A pass over all training data takes the same batch in every step.
        self.whole = (
            None if e.sequences else _stacked([self.data.batch(s, 0, None) for s in e.seeds])
        )
        kept = {f"{c.name}.{name}" for c in e.methods for name in c.method.kept}
        self.kept = {
            name: tensor
            for name, tensor in checkpoint.weights.items()
            if name.rpartition("_l")[0] in kept
        }
        self.weights = {
            name: tensor.clone().requires_grad_()
            for name, tensor in checkpoint.weights.items()
            if name not in self.kept
        }
        self.optimiser = _optimiser(e, self.weights)
        if checkpoint.optimiser:
            self.optimiser.load_state_dict(deepcopy(dict(checkpoint.optimiser)))
        self.stopped = list(checkpoint.stopped)
        self.factor = checkpoint.factor
        self.best, self.since_best = checkpoint.best, checkpoint.since_best
        self.plateau_best, self.since_plateau = checkpoint.plateau_best, checkpoint.since_plateau
        self.best_weights = checkpoint.best_weights
        self.last_norm = checkpoint.last_norm
        self.rows: list[list[Tensor]] = []
        self.looks: list[tuple[int, list[Tensor]]] = []
        self.snapshots: list[Snapshot] = []
        self.snapshot_at = frozenset(snapshot_steps(e.steps))

    @property
    def finished(self) -> bool:
        return self.step >= self.experiment.steps or all(self.stopped)

    @property
    def all_weights(self) -> dict[str, Tensor]:
        """Those that are trained, and what methods keep beside them."""
        return self.weights | self.kept

    def parts(self) -> Parts:
        """Do the next step: everything but the bookkeeping."""
        e = self.experiment.at(self.step)
        inputs, targets = self.whole or _stacked(
            [self.data.batch(seed, self.step, e.sequences) for seed in e.seeds]
        )
        output = forward(e, self.all_weights, inputs, noise=Noise(e.seeds, self.step))
        loss = losses(e, output.answer, targets)
        # The runs share no number: the gradient of the sum is that of each.
        grads = torch.autograd.grad(
            loss.sum(), list(self.weights.values()), materialize_grads=True, allow_unused=True
        )
        gradients = dict(zip(self.weights, grads, strict=True))
        norm = norm_of(grads)
        clipped, scale = _clipped(e, gradients, norm, self.weights)
        before = {name: tensor.detach().clone() for name, tensor in self.weights.items()}
        rate = self._update(e, clipped)
        return Parts(
            inputs,
            targets,
            output,
            loss.detach(),
            gradients,
            norm,
            scale,
            clipped,
            norm * scale if e.clip in ("none", "norm") else norm_of(clipped.values()),
            rate,
            before,
            {name: tensor.detach() for name, tensor in self.weights.items()},
        )

    def _update(self, e: Experiment, gradients: Mapping[str, Tensor]) -> Tensor:
        """Let the optimiser change the weights; the learning rate of each run."""
        rate = e.learning_rate * share(e.rule, self.step, e.steps, e.warm_up)
        for group, decay in zip(self.optimiser.param_groups, (e.l2, 0.0), strict=True):
            group["lr"], group["weight_decay"] = rate, decay
        before = None
        if bool((self.factor != 1.0).any()):
            before = {name: tensor.detach().clone() for name, tensor in self.weights.items()}
        for name, weight in self.weights.items():
            weight.grad = gradients[name]
            if e.l1 and is_decayed(name):
                weight.grad = weight.grad + e.l1 * weight.detach().sign()
        self.optimiser.step()
        if before:  # every optimiser here takes a step in proportion to its rate
            with torch.no_grad():
                for name, weight in self.weights.items():
                    factor = _per_run(self.factor, weight)
                    weight.copy_(before[name] + factor * (weight - before[name]))
        return rate * self.factor

    def step_once(self) -> None:
        if self.step == 0:
            self._look()
        active = torch.tensor([stop is None for stop in self.stopped])
        parts = self.parts()
        broken = active & ~(parts.loss.isfinite() & parts.norm.isfinite())
        for run in broken.nonzero().flatten().tolist():
            self.stopped[run] = _why(parts, run, self.step, float(self.last_norm[run]))
        alive = active & ~broken
        update = norm_of([parts.updated[name] - old for name, old in parts.weights.items()])
        if not bool(alive.all()):
            with torch.no_grad():
                for name, weight in self.weights.items():
                    weight.copy_(torch.where(_per_run(alive, weight), weight, parts.weights[name]))
        for name, measured in parts.output.statistics.items():
            self.kept[name] = torch.where(_per_run(alive, measured), measured, self.kept[name])
        columns = [
            (parts.loss, active),  # a run that breaks shows what broke it
            (parts.norm, active),
            (parts.clipped_norm, alive),
            (parts.rate, alive),
            (update, alive),
            (norm_of(parts.weights.values()), alive),
        ]
        self.rows.append([torch.where(seen, value, torch.nan) for value, seen in columns])
        self.last_norm = torch.where(alive, parts.norm, self.last_norm)
        self.step += 1
        if self.step in self.snapshot_at:
            self.snapshots.append(_snapshot(self.experiment, self.step, self.all_weights))
        if self.step % self.experiment.evaluate == 0 or self.finished:
            self._look()

    def _look(self) -> None:
        """Judge the networks by the validation data, and act on it where the experiment says so."""
        e = self.experiment
        if self.step == 0:
            self.snapshots.append(_snapshot(e, 0, self.all_weights))
        look = evaluate(e, self.all_weights, self.data.validation)
        self.looks.append((self.step, look))
        active = torch.tensor([stop is None for stop in self.stopped])
        loss = look[0].nan_to_num(nan=torch.inf)
        better = active & (loss < self.best)
        self.best = torch.where(better, loss, self.best)
        self.since_best = torch.where(better, 0, self.since_best + 1)
        self.best_weights = {
            name: torch.where(_per_run(better, w), w.detach(), self.best_weights[name])
            for name, w in self.all_weights.items()
        }
        if e.patience:
            for run in (active & (self.since_best >= e.patience)).nonzero().flatten().tolist():
                self.stopped[run] = Stop(self.step, "early", value=float(self.best[run]))
        if e.schedule == "plateau":
            lower = loss < self.plateau_best * (1.0 - PLATEAU_THRESHOLD)
            self.plateau_best = torch.where(lower, loss, self.plateau_best)
            self.since_plateau = torch.where(lower, 0, self.since_plateau + 1)
            tired = self.since_plateau > PLATEAU_PATIENCE
            self.factor = torch.where(tired, self.factor * PLATEAU_FACTOR, self.factor)
            self.since_plateau = torch.where(tired, 0, self.since_plateau)

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(
            self.experiment,
            self.step,
            {name: tensor.detach() for name, tensor in self.all_weights.items()},
            self.optimiser.state_dict(),
            tuple(self.stopped),
            self.factor,
            self.best,
            self.since_best,
            self.plateau_best,
            self.since_plateau,
            self.best_weights,
            self.last_norm,
        )

    def record(self) -> Record:
        K = self.experiment.runs
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(COLUMNS)
        looks = zip(*(look for _, look in self.looks), strict=True) if self.looks else [()] * 4
        arrays: dict[str, Any] = {
            name: _table(column, K)
            for name, column in zip((*COLUMNS, *EVALUATIONS), chain(columns, looks), strict=True)
        }
        evaluated = np.array([step for step, _ in self.looks], dtype=np.int64)
        return Record(self.first, **arrays, evaluated=evaluated, snapshots=tuple(self.snapshots))


def evaluate(experiment: Experiment, weights: Mapping[str, Tensor], batch: Batch) -> list[Tensor]:
    """EVALUATIONS of each run on ``batch``, each (K,)."""
    K, together = experiment.runs, max(1, int(_NUMBERS_TOGETHER // experiment.numbers_each))
    sums = [torch.zeros(K, dtype=torch.float64) for _ in range(3)]
    largest, counted = torch.zeros(K), 0
    for begin in range(0, len(batch), together):
        part = batch.select(np.arange(begin, min(begin + together, len(batch))))
        inputs, targets = _stacked([part])
        inputs, targets = (x.expand(K, *x.shape[1:]) for x in (inputs, targets))
        with torch.no_grad():
            output = forward(experiment, weights, inputs)
            seen = (
                losses(experiment, output.answer, targets),
                accuracies(experiment, output.answer, targets),
                _saturation(output, K),
            )
        sums = [old + len(part) * new for old, new in zip(sums, seen, strict=True)]
        peaks = [layer.h.abs().flatten(1).amax(1) for layer in output.layers]
        largest = torch.stack([largest, *peaks]).amax(0)
        counted += len(part)
    return [*(total / counted for total in sums), largest]


_NUMBERS_TOGETHER = 1e7


def _saturation(output: Output, runs: int) -> Tensor:
    shares = [
        ((gate < LOW) | (gate > HIGH)).flatten(1).double().mean(1)
        for layer in output.layers
        for gate in layer.gates.values()
    ]
    return torch.stack(shares).mean(0) if shares else torch.full((runs,), torch.nan)


def _snapshot(experiment: Experiment, step: int, weights: Mapping[str, Tensor]) -> Snapshot:
    """In double precision: over a hundred steps a gradient can fall below what float32 holds."""
    doubles = {name: tensor.detach().double() for name, tensor in weights.items()}
    # On the tape from here on, or the states would be on none.
    doubles["weight_hh_l0"].requires_grad_()
    inputs, targets = _stacked([data_of(experiment).probe], torch.float64)
    inputs, targets = (x.expand(experiment.runs, *x.shape[1:]) for x in (inputs, targets))
    output = forward(experiment, doubles, inputs, stepwise=True)
    loss = losses(experiment, output.answer, targets).sum()
    steps = [h for layer in output.layers for h in layer.steps]
    grads = torch.autograd.grad(loss, steps, allow_unused=True)
    norms = [torch.zeros(experiment.runs) if g is None else g.flatten(1).norm(dim=1) for g in grads]
    profile = torch.stack(norms, 1).view(experiment.runs, experiment.layers, -1)
    first = {name: tensor[0].detach().numpy().copy() for name, tensor in weights.items()}
    return Snapshot(step, first, profile.double().numpy())


def norm_of(tensors: Iterable[Tensor]) -> Tensor:
    """The Euclidean norm over all tensors (K, …) together, of each run: (K,)."""
    each = [torch.linalg.vector_norm(t.detach().flatten(1), dim=1) for t in tensors]
    norm: Tensor = torch.linalg.vector_norm(torch.stack(each), dim=0)
    return norm


def is_decayed(name: str) -> bool:
    """Penalties act on matrices alone: a decayed bias would undo a keep bias, a gain its norm."""
    return name.rpartition(".")[2].startswith(("weight", "projection"))


def _clipped(
    e: Experiment,
    gradients: Mapping[str, Tensor],
    norm: Tensor,
    weights: Mapping[str, Tensor],
) -> tuple[Mapping[str, Tensor], Tensor]:
    """For each run by itself: by the norm of all (Pascanu et al. 2013, algorithm 1), each entry
    cut off, or each row of a weight by its own norm (Brock et al. 2021, equation 3)."""
    unchanged = torch.ones_like(norm)
    match e.clip:
        case "norm":
            scale = (e.clip_at / (norm + CLIP_EPSILON)).clamp(max=1.0)
            return {name: g * _per_run(scale, g) for name, g in gradients.items()}, scale
        case "value":
            cut = {name: g.clamp(-e.clip_at, e.clip_at) for name, g in gradients.items()}
            return cut, unchanged
        case "adaptive":
            rows = {name: by_row(g, weights[name], e.clip_at) for name, g in gradients.items()}
            return rows, unchanged
        case _:
            return gradients, unchanged


def by_row(gradient: Tensor, weight: Tensor, limit: float) -> Tensor:
    """A row, the weights of one unit, moves by no more than ``limit`` of its own length.

    Biases and gains are rows of one number; a length below 1e-3 counts as that.
    """
    rows, own = (t if t.ndim > 2 else t[..., None] for t in (gradient, weight.detach()))
    allowed = limit * torch.linalg.vector_norm(own, dim=-1, keepdim=True).clamp(min=1e-3)
    norm = torch.linalg.vector_norm(rows, dim=-1, keepdim=True)
    clipped: Tensor = rows * (allowed / norm.clamp(min=1e-12)).clamp(max=1.0)
    return clipped.view_as(gradient)


def _why(parts: Parts, run: int, step: int, last_norm: float) -> Stop:
    if not bool(parts.loss[run].isfinite()):
        return Stop(step, "loss", value=float(parts.loss[run]), last_norm=last_norm)
    norms = {name: float(g[run].norm()) for name, g in parts.gradients.items()}
    worst = max(norms, key=lambda name: norms[name] if np.isfinite(norms[name]) else np.inf)
    return Stop(step, "gradient", worst, norms[worst], last_norm)


def _optimiser(e: Experiment, weights: Mapping[str, Tensor]) -> torch.optim.Optimizer:
    decayed = [w for name, w in weights.items() if is_decayed(name)]
    others = [w for name, w in weights.items() if not is_decayed(name)]
    groups = [{"params": decayed, "weight_decay": e.l2}, {"params": others, "weight_decay": 0.0}]
    match e.optimiser:
        case "momentum":
            return torch.optim.SGD(groups, lr=e.learning_rate, momentum=MOMENTUM)
        case "rmsprop":
            return torch.optim.RMSprop(groups, lr=e.learning_rate)
        case "adagrad":
            return torch.optim.Adagrad(groups, lr=e.learning_rate)
        case "adam":
            return torch.optim.Adam(groups, lr=e.learning_rate)
        case "adamw":
            return torch.optim.AdamW(groups, lr=e.learning_rate)
        case _:
            return torch.optim.SGD(groups, lr=e.learning_rate)


def _stacked(batches: Sequence[Batch], dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """(K, T, B, D) and the targets, of one batch for each run."""
    inputs = torch.from_numpy(np.stack([batch.inputs for batch in batches])).to(dtype)
    targets = torch.from_numpy(np.stack([batch.targets for batch in batches]))
    return inputs, targets.to(dtype) if targets.is_floating_point() else targets


def _per_run(values: Tensor, like: Tensor) -> Tensor:
    return values.view(-1, *[1] * (like.ndim - 1))


def _table(column: Sequence[Tensor], runs: int) -> Array:
    if not column:
        return np.empty((0, runs))
    return torch.stack(tuple(column)).double().numpy()


@contextmanager
def _one_thread() -> Iterator[None]:
    """More threads would not make tensors this small faster, but sums in another order.

    Where there is one thread already nothing is set: torch makes its pool of threads anew for
    every other number, which must not happen while another thread computes.
    """
    threads = torch.get_num_threads()
    if threads == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
