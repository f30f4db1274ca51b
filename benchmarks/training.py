"""How long one training step takes, recorded, beside a plain loop with `torch.nn.GRU`.

    python -m benchmarks.training [--rounds 11] [--warm-up 1]

Ours is `gru_core.training.trainer.advance`, which trains K runs with seeds of their own as one
stack, on one thread, and keeps loss, norms, rate and update size of every step and run. Beside it
stand the loops that one would write for a single run: `nn.GRU`, or an `nn.GRUCell` called step by
step, then `nn.Linear`, the mean squared error, `clip_grad_norm_` and `torch.optim.Adam`, with no
record. They are timed on one thread and on as many as torch takes by itself; the faster counts.

All learn noise from noise, I inputs and one output at every step, in batches from 1024 sequences
that are drawn before the clock starts, because the widths of the app's tasks are not those of the
sizes here: for the time of the measurement such a task stands in the place of one of the app's, and
the bounds of what one session may take are lifted. All else is the code that the app runs. Before
anything is timed, both loops must have had our losses from the same weights on the same batches.

Timed are WINDOW steps at once, from within a run of 20,000 and always the same ones, with what it
costs to take up a checkpoint and to make the next. Each size has two rows: "recorded", and "and
judged", which adds what the app does every 10 steps by default and no plain loop here does: a look
at 256 held-out sequences, one in each window. The 24 snapshots of a whole run lie outside. In each
round every job runs once, in turn, so that whatever else the machine does falls on all alike.
"""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib import import_module
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.machine import machine
from benchmarks.maths import Job, medians
from gru_core.data.tasks import TASKS, Batch
from gru_core.maths.parameters import Array
from gru_core.training.experiment import STEPS, Experiment
from gru_core.training.trainer import Checkpoint, advance, data_of, start

WINDOW = 10
MIDDLE = 15_000  # where the window begins: no snapshot falls into it
EXAMPLES = 1024
RUNS = (1, 5, 10, 30)
JUDGED = {"recorded": 1000, "and judged": 10}  # evaluations every so many steps
STAND_IN = "sine"
RATE, CLIP_AT = 0.001, 1.0


class Size(NamedTuple):
    """T steps, B sequences, I inputs, H units."""

    T: int
    B: int
    I: int  # noqa: E741 - as in the table
    H: int

    def __str__(self) -> str:
        return f"T={self.T} B={self.B} I={self.I} H={self.H}"


SIZES = (Size(30, 16, 4, 8), Size(50, 32, 8, 32), Size(100, 64, 1, 64))


@contextmanager
def noise_task(inputs: int) -> Iterator[None]:
    """Until it ends, the task STAND_IN has so many inputs, and a run may be of any size."""

    def draw(rng: np.random.Generator, T: int, B: int) -> Batch:
        return Batch(rng.standard_normal((T, B, inputs)), rng.standard_normal((T, B, 1)))

    tasks = {**TASKS, STAND_IN: replace(TASKS[STAND_IN], inputs=inputs, generate=draw)}
    experiment = import_module("gru_core.training.experiment")
    with ExitStack() as stack:
        for module in (experiment, import_module("gru_core.data.tasks.prepare")):
            stack.enter_context(patch.object(module, "TASKS", tasks))
        for bound in ("MAX_WORK", "MAX_NUMBERS"):
            stack.enter_context(patch.object(experiment, bound, float("inf")))
        yield


def experiment_of(size: Size, runs: int, evaluate: int) -> Experiment:
    """What is trained. Only within ``noise_task``."""
    return Experiment.of(
        {
            "task": STAND_IN,
            "length": size.T,
            "hidden": size.H,
            "batch": size.B,
            "examples": EXAMPLES,
            "optimiser": "adam",
            "learning_rate": RATE,
            "clip": "norm",
            "clip_at": CLIP_AT,
            "steps": STEPS.high,
            "runs": runs,
            "evaluate": evaluate,
        }
    )


def midway(experiment: Experiment) -> Checkpoint:
    """A checkpoint at MIDDLE whose optimiser has its moments."""
    checkpoint, _ = advance(start(experiment), 1)
    return replace(checkpoint, step=MIDDLE)


class Plain:
    """A training loop as one would write it, for one run."""

    def __init__(self, size: Size, cell: bool, weights: Mapping[str, Array], data: Batch) -> None:
        self.B = size.B
        self.gru = (nn.GRUCell if cell else nn.GRU)(size.I, size.H)
        self.head = nn.Linear(size.H, 1)
        ours = {name: torch.from_numpy(array) for name, array in weights.items()}
        with torch.no_grad():
            for name, parameter in self.gru.named_parameters():
                parameter.copy_(ours[f"{name}_l0" if cell else name])
            self.head.weight.copy_(ours["head.weight"])
            self.head.bias.copy_(ours["head.bias"])
        self.parameters = [*self.gru.parameters(), *self.head.parameters()]
        self.optimiser = torch.optim.Adam(self.parameters, lr=RATE)
        self.inputs, self.targets = tensors(data)

    def states(self, inputs: Tensor) -> Tensor:
        if isinstance(self.gru, nn.GRU):
            every: Tensor = self.gru(inputs)[0]
            return every
        h = torch.zeros(inputs.shape[1], self.gru.hidden_size)
        states = []
        for x in inputs.unbind():
            h = self.gru(x, h)
            states.append(h)
        return torch.stack(states)

    def step(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """One training step: its loss."""
        loss = nn.functional.mse_loss(self.head(self.states(inputs)), targets)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, CLIP_AT)
        self.optimiser.step()
        return loss.detach()

    def window(self) -> None:
        """WINDOW steps on batches that are chosen anew."""
        for _ in range(WINDOW):
            chosen = torch.randperm(EXAMPLES)[: self.B]
            self.step(self.inputs[:, chosen], self.targets[:, chosen])


def tensors(batch: Batch) -> tuple[Tensor, Tensor]:
    """As the engine has them: in single precision."""
    return torch.tensor(batch.inputs).float(), torch.tensor(batch.targets).float()


def plain(experiment: Experiment, size: Size, cell: bool) -> Plain:
    """The loop from the weights of the experiment's first run, on its training data."""
    data = data_of(experiment)
    return Plain(size, cell, start(experiment).weights_of(0), data.batch(0, 0, None))


def require_equal(size: Size) -> None:
    """The plain loops and ours have the same losses. AssertionError if not."""
    experiment = experiment_of(size, 1, 1000)
    _, record = advance(start(experiment), WINDOW)
    for cell in (False, True):
        loop = plain(experiment, size, cell)
        batches = [data_of(experiment).batch(0, step, size.B) for step in range(WINDOW)]
        theirs = [float(loop.step(*tensors(batch))) for batch in batches]
        np.testing.assert_allclose(record.loss[:, 0], theirs, rtol=1e-4)


def on_threads(threads: int, job: Job) -> Job:
    def run() -> None:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            job()
        finally:
            torch.set_num_threads(before)

    return run


def window_of(begin: Checkpoint) -> Job:
    return lambda: advance(begin, WINDOW)


def jobs(size: Size) -> dict[str, Job]:
    """What is timed: loops of PyTorch by name and threads, ours by name and K, after a blank."""
    usual = experiment_of(size, 1, 1000)
    timed: dict[str, Job] = {}
    for name, cell in (("nn.GRU", False), ("nn.GRUCell", True)):
        for threads in sorted({1, torch.get_num_threads()}):
            timed[f"{name} {threads}"] = on_threads(threads, plain(usual, size, cell).window)
    for name, evaluate in JUDGED.items():
        for runs in RUNS:
            timed[f"{name} {runs}"] = window_of(midway(experiment_of(size, runs, evaluate)))
    return timed


def measure(size: Size, rounds: int, warm_up: int) -> dict[str, float]:
    """Milliseconds of one step, of each job."""
    with noise_task(size.I):
        require_equal(size)
        taken = medians(jobs(size), rounds, warm_up)
    return {name: time / WINDOW for name, time in taken.items()}


def lines(size: Size, taken: Mapping[str, float]) -> list[str]:
    """Two rows of the table."""
    gru, cell = (
        min(time for name, time in taken.items() if name.split()[0] == theirs)
        for theirs in ("nn.GRU", "nn.GRUCell")
    )
    rows = []
    for name in JUDGED:
        ours = {runs: taken[f"{name} {runs}"] for runs in RUNS}
        ratios = [ours[1] / gru, ours[1] / cell, ours[5] / ours[1], ours[10] / ours[1]]
        cells = [f"{ratio:.2f}" for ratio in ratios] + [f"{30 * gru / ours[30]:.1f}"]
        rows.append(f"| {size} | {name} | {gru:.2f} | {ours[1]:.2f} | {' | '.join(cells)} |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=11, help="measured windows of each")
    parser.add_argument("--warm-up", type=int, default=1, help="windows before, not counted")
    asked = parser.parse_args()
    print(
        "| a step, median | ours | nn.GRU, ms | K=1, ms | K=1 / nn.GRU | K=1 / nn.GRUCell "
        "| K=5 / K=1 | K=10 / K=1 | 30 × nn.GRU / K=30 |"
    )
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for size in SIZES:
        taken = measure(size, asked.rounds, asked.warm_up)
        print("\n".join(lines(size, taken)), flush=True)
    print(
        f"\n{asked.rounds} windows of {WINDOW} steps of each, in turn. {machine()}, "
        f"PyTorch {torch.__version__}; its loops on 1 or {torch.get_num_threads()} threads."
    )


if __name__ == "__main__":
    main()
