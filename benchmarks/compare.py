"""How long a comparison takes: six methods × five seeds, beside thirty single runs of the same.

    python -m benchmarks.compare [--rounds 5] [--warm-up 1]

Ours are six stacks of five seeds through `gru_core.training.trainer.advance`, as the page Compare
trains them. Beside them stand the same six methods as single runs, five of each one after the
other: the plain GRU as the loop that one would write with `nn.GRU` (see `benchmarks.training`), the
others, which `nn.GRU` has not, as stacks of one. T=50 steps, B=32 sequences, I=8 inputs, H=32
units. Timed are windows of ten steps from within a long run; each job runs once a round, in turn.
"""

import argparse
from collections.abc import Mapping

import torch

from benchmarks.machine import machine
from benchmarks.maths import Job, medians
from benchmarks.training import (
    SIZES,
    WINDOW,
    experiment_of,
    midway,
    noise_task,
    on_threads,
    plain,
    window_of,
)

SIZE = SIZES[1]
SEEDS = 5
PLAIN = "plain GRU"
METHODS: Mapping[str, tuple[str, ...]] = {
    PLAIN: (),
    "layer_norm": ("layer_norm",),
    "batch_norm": ("batch_norm",),
    "gated_dropout": ("gated_dropout",),
    "zoneout": ("zoneout",),
    "weight_norm": ("weight_norm",),
}


def jobs() -> dict[str, Job]:
    """Five seeds of each method as one stack, and one seed of each alone."""
    timed: dict[str, Job] = {}
    for name, methods in METHODS.items():
        chosen = [{"name": method} for method in methods]
        for runs in (1, SEEDS):
            experiment = experiment_of(SIZE, runs, 1000).changed(methods=chosen)
            timed[f"{name} {runs}"] = window_of(midway(experiment))
    loop = plain(experiment_of(SIZE, 1, 1000), SIZE, cell=False)
    timed[f"{PLAIN} 1"] = on_threads(1, loop.window)
    return timed


def lines(taken: Mapping[str, float]) -> list[str]:
    """A row for each method, and one for all; taken: milliseconds of a step, by job."""
    rows = []
    for name in METHODS:
        alone, stack = taken[f"{name} 1"], taken[f"{name} {SEEDS}"]
        beside = stack / taken[f"{PLAIN} {SEEDS}"]
        rows.append(f"| {name} | {stack:.1f} | {beside:.2f} | {SEEDS * alone / stack:.1f} |")
    all_alone = SEEDS * sum(taken[f"{name} 1"] for name in METHODS)
    together = sum(taken[f"{name} {SEEDS}"] for name in METHODS)
    return [*rows, f"| all six | {together:.1f} | – | {all_alone / together:.1f} |"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="measured windows of each")
    parser.add_argument("--warm-up", type=int, default=1, help="windows before, not counted")
    asked = parser.parse_args()
    with noise_task(SIZE.I):
        taken = {
            name: time / WINDOW
            for name, time in medians(jobs(), asked.rounds, asked.warm_up).items()
        }
    print("| five seeds | ms a step | / plain GRU | 5 single runs / the stack |")
    print("|---|--:|--:|--:|")
    print("\n".join(lines(taken)))
    print(f"\n{asked.rounds} windows of {WINDOW} steps. {machine()}, PyTorch {torch.__version__}.")


if __name__ == "__main__":
    main()
