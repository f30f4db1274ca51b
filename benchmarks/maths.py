"""How long `unroll` and `backpropagate` take, beside forward and backward of `torch.nn.GRU`.

    OMP_NUM_THREADS=1 python -m benchmarks.maths [--rounds 100] [--warm-up 5]

Ours keeps every intermediate value of every step, in float64. PyTorch runs in float64, and again in
float32, recording what its backward needs. Both go back from the same gradient on every h_t to the
gradients of all weights, of the inputs and of the first state. In each round every one of them runs
once, in turn, so that whatever else the machine does falls on all of them alike.

Before anything is timed, both must have computed the same numbers in float64.

With OMP_NUM_THREADS=1, NumPy and PyTorch use one thread each. Products of these sizes gain nothing
from more, and on a machine that has other work the threads of one would wait for the other's.
"""

import argparse
import os
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.machine import machine
from gru_core.maths.bptt import backpropagate
from gru_core.maths.gru import unroll
from gru_core.maths.weights import from_torch


class Size(NamedTuple):
    """T steps, B sequences (0: one, without an axis for it), D inputs, H units."""

    T: int
    B: int
    D: int
    H: int

    def __str__(self) -> str:
        return f"T={self.T} B={self.B or 1} D={self.D} H={self.H}"


SIZES = (
    Size(T=12, B=0, D=4, H=4),  # the largest cell of /gates
    Size(T=50, B=32, D=8, H=32),
    Size(T=100, B=32, D=8, H=64),
    Size(T=200, B=0, D=8, H=64),
    Size(T=500, B=0, D=8, H=64),  # the longest sequence of /sequence
)
DTYPES = {"float64": torch.float64, "float32": torch.float32}
Job = Callable[[], object]


def jobs(size: Size) -> tuple[dict[str, Job], dict[str, Job]]:
    """What is timed, forward and backward: ours first, then PyTorch's by the name of its dtype."""
    T, B, D, H = size
    torch.manual_seed(0)
    batch = (B,) if B else ()
    gru = torch.nn.GRU(D, H, dtype=torch.float64)
    inputs, d_h = torch.randn(T, *batch, D).double(), torch.randn(T, *batch, H).double()

    parameters, convention = from_torch(gru)
    x, d = inputs.numpy(), d_h.numpy()
    trace = unroll(parameters, x, None, convention)
    forward: dict[str, Job] = {"ours": lambda: unroll(parameters, x, None, convention)}
    backward: dict[str, Job] = {"ours": lambda: backpropagate(trace, d)}
    for name, dtype in DTYPES.items():
        module = torch.nn.GRU(D, H, dtype=dtype)
        module.load_state_dict(gru.state_dict())
        leaves = inputs.to(dtype).requires_grad_(), torch.zeros(1, *batch, H, dtype=dtype)
        leaves[1].requires_grad_()
        h, _ = module(*leaves)
        by, along = (*leaves, *module.parameters()), d_h.to(dtype)
        forward[name] = lambda module=module, leaves=leaves: module(*leaves)
        backward[name] = lambda h=h, by=by, along=along: torch.autograd.grad(
            h, by, along, retain_graph=True
        )
    require_equal(trace.h, forward["float64"]()[0])
    gradients, (d_inputs, d_h0, d_W, *_) = backpropagate(trace, d), backward["float64"]()
    weights = gradients.d_parameters
    require_equal(gradients.d_inputs, d_inputs)
    require_equal(gradients.d_h0, d_h0[0])
    require_equal(np.concatenate([weights.W_r, weights.W_z, weights.W_n]), d_W)
    return forward, backward


def require_equal(ours: np.ndarray, theirs: torch.Tensor) -> None:
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-9, atol=1e-9)


def medians(jobs: Mapping[str, Job], rounds: int, warm_up: int) -> dict[str, float]:
    """Milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(warm_up + rounds):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: float(np.median(row[warm_up:])) for name, row in times.items()}


def lines(size: Size, rounds: int, warm_up: int) -> list[str]:
    """Two rows of the table. Its ratios are ours to PyTorch's: below 1, ours is the quicker."""
    rows = []
    for direction, jobs_of_it in zip(("forward", "backward"), jobs(size), strict=True):
        taken = medians(jobs_of_it, rounds, warm_up)
        cells = [f"{taken[name]:.2f} | {taken['ours'] / taken[name]:.2f}" for name in DTYPES]
        rows.append(f"| {size} | {direction} | {taken['ours']:.2f} | {' | '.join(cells)} |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100, help="measured runs of each")
    parser.add_argument("--warm-up", type=int, default=5, help="runs before them, not counted")
    asked = parser.parse_args()
    print("| ms, median | | ours | nn.GRU float64 | ratio | nn.GRU float32 | ratio |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for size in SIZES:
        print("\n".join(lines(size, asked.rounds, asked.warm_up)), flush=True)
    print(
        f"\n{asked.rounds} runs of each, in turn. {machine()}, NumPy {np.__version__}, PyTorch "
        f"{torch.__version__}, OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'not set')}."
    )


if __name__ == "__main__":
    main()
