"""How long a comparison takes: six methods × five seeds, beside thirty single runs of the same.

    python -m benchmarks.compare [--rounds 5] [--warm-up 1]

Ours are six stacks of five seeds through `gru_core.training.trainer.advance`, as the page Compare
trains them, recorded. Beside each stand five single runs of the method, one after the other, as one
would write them with PyTorch alone (`benchmarks.singles`), not recorded: `nn.GRU` for the plain GRU
and, with `weight_norm` from `torch.nn.utils.parametrizations`, for weight_norm; for the others,
which `nn.GRU` has not, a cell called step by step with `nn.LayerNorm`, `batch_norm` or drawn masks;
then autograd, `clip_grad_norm_` and `torch.optim.Adam`. All are on one thread. Before anything is
timed, the single runs must have had our losses from the same weights, batches and masks.

T=50 steps, B=32 sequences, I=8 inputs, H=32 units. Timed are windows of ten steps from within a
long run; each job runs once a round, in turn.
"""

import argparse
from collections.abc import Mapping

import numpy as np
import torch

from benchmarks.machine import machine
from benchmarks.maths import Job, medians
from benchmarks.singles import MaskedLoop, Single
from benchmarks.training import (
    SIZES,
    WINDOW,
    Plain,
    Size,
    experiment_of,
    midway,
    noise_task,
    on_threads,
    plain,
    tensors,
    window_of,
)
from gru_core.training.experiment import Experiment
from gru_core.training.stabilisers import Noise
from gru_core.training.trainer import advance, data_of, start

SIZE = SIZES[1]
SEEDS = 5
PLAIN = "plain GRU"
METHODS = (PLAIN, "layer_norm", "batch_norm", "gated_dropout", "zoneout", "weight_norm")


def trained(name: str, runs: int, size: Size = SIZE) -> Experiment:
    """What is trained. Only within ``noise_task``."""
    methods = [] if name == PLAIN else [{"name": name}]
    return experiment_of(size, runs, 1000).changed(methods=methods)


def single(name: str, size: Size = SIZE) -> Plain:
    """One run of it as one would write it, from the weights and on the data of our first run."""
    experiment = trained(name, 1, size)
    if name == PLAIN:
        return plain(experiment, size, cell=False)
    data = data_of(experiment).batch(0, 0, None)
    return Single(name, size, start(experiment).weights_of(0), data)


def require_equal(name: str, size: Size = SIZE) -> None:
    """The single run and ours have the same losses. AssertionError if not."""
    experiment, loop = trained(name, 1, size), single(name, size)
    _, record = advance(start(experiment), WINDOW)
    losses = []
    for step in range(WINDOW):
        if isinstance(loop, Single) and isinstance(loop.layer, MaskedLoop):
            layer, key = loop.layer, "zoneout_h 0" if name == "zoneout" else f"{name} 0"
            mask = Noise(experiment.seeds, step).kept(layer.p, key, 0, size.T, size.B, size.H)[0]
            layer.drawn = lambda *_, mask=mask: mask
        losses.append(float(loop.step(*tensors(data_of(experiment).batch(0, step, size.B)))))
    np.testing.assert_allclose(record.loss[:, 0], losses, rtol=1e-4)


def jobs() -> dict[str, Job]:
    """Five seeds of each method as one stack, and a single run of each."""
    timed: dict[str, Job] = {}
    for name in METHODS:
        timed[f"{name} 1"] = on_threads(1, single(name).window)
        timed[f"{name} {SEEDS}"] = window_of(midway(trained(name, SEEDS)))
    return timed


def lines(taken: Mapping[str, float]) -> list[str]:
    """A row for each method, and one for all; taken: milliseconds of a step, by job."""
    rows = []
    for name in METHODS:
        alone, stack = taken[f"{name} 1"], taken[f"{name} {SEEDS}"]
        beside = stack / taken[f"{PLAIN} {SEEDS}"]
        rows.append(
            f"| {name} | {stack:.1f} | {beside:.2f} | {alone:.1f} | {SEEDS * alone / stack:.1f} |"
        )
    all_alone = SEEDS * sum(taken[f"{name} 1"] for name in METHODS)
    together = sum(taken[f"{name} {SEEDS}"] for name in METHODS)
    return [*rows, f"| all six | {together:.1f} | – | – | {all_alone / together:.1f} |"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="measured windows of each")
    parser.add_argument("--warm-up", type=int, default=1, help="windows before, not counted")
    asked = parser.parse_args()
    with noise_task(SIZE.I):
        for name in METHODS:
            require_equal(name)
        taken = {
            name: time / WINDOW
            for name, time in medians(jobs(), asked.rounds, asked.warm_up).items()
        }
    print(
        "| five seeds | ms a step | / plain GRU | one PyTorch run, ms | five of them / the stack |"
    )
    print("|---|--:|--:|--:|--:|")
    print("\n".join(lines(taken)))
    print(f"\n{asked.rounds} windows of {WINDOW} steps. {machine()}, PyTorch {torch.__version__}.")


if __name__ == "__main__":
    main()
