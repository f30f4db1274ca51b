"""How fast an RNN, a GRU and an LSTM of one size are here and now, as ratios beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch
from torch import nn

from gru_core.training.executor import warm_up

STEPS, BATCH = 30, 16
LEAST_ROUNDS = 6
WARMING = 0.3  # seconds: what torch does once, and what warm_up has started beside it
BLOCKS = 3


@dataclass(frozen=True)
class Speed:
    """What was measured: forwards and backwards through STEPS steps of BATCH sequences.

    The rounds are cut into BLOCKS; what counts in each is a cell's fastest time, because whatever
    else the machine does only slows it. ratios: cell → (least, median, largest) over the blocks, as
    multiples of the GRU's, whose own ratio is 1. rounds: how many there were.
    """

    D: int
    H: int
    ratios: Mapping[str, tuple[float, float, float]]
    rounds: int


def measure(D: int, H: int, seconds: float = 1.0) -> Speed:
    """Time PyTorch's own cells in turn, round after round, for about so many seconds.

    In turn, so that what else the machine does slows all of them, and the ratios stay; on one
    thread, as all training here. At least LEAST_ROUNDS rounds, after some to warm up.
    """
    warm_up()
    modules: dict[str, nn.RNNBase] = {
        "rnn": nn.RNN(D, H),
        "gru": nn.GRU(D, H),
        "lstm": nn.LSTM(D, H),
    }
    x = torch.zeros(STEPS, BATCH, D)
    begin = perf_counter()
    while perf_counter() < begin + WARMING:
        _round(modules, x)
    rounds: list[dict[str, float]] = []
    while len(rounds) < LEAST_ROUNDS or perf_counter() < begin + WARMING + seconds:
        rounds.append(_round(modules, x))
    blocks = np.array_split(np.arange(len(rounds)), BLOCKS)
    fastest = {
        cell: np.array([min(rounds[k][cell] for k in block) for block in blocks])
        for cell in modules
    }
    ratios = {cell: np.sort(times / fastest["gru"]) for cell, times in fastest.items()}
    return Speed(
        D,
        H,
        {c: (float(r[0]), float(np.median(r)), float(r[-1])) for c, r in ratios.items()},
        len(rounds),
    )


def _round(modules: Mapping[str, nn.RNNBase], x: torch.Tensor) -> dict[str, float]:
    return {cell: _time(module, x) for cell, module in modules.items()}


def _time(module: nn.RNNBase, x: torch.Tensor) -> float:
    start = perf_counter()
    module(x)[0].sum().backward()
    module.zero_grad()
    return perf_counter() - start
