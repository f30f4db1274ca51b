"""The places at which a method can act on a layer, and what it is given there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Literal
from zlib import crc32

import numpy as np
import torch
from torch import Tensor

Part = Literal["gates", "n", "all"]
"""Which rows of U a product is of: where the reset gate acts before, gates and n come apart."""


@dataclass(frozen=True)
class Noise:
    """The random numbers of one training step. seeds: of the K runs. step: from 0.

    Every run, method and layer has a generator of its own, so that a run in a stack draws what it
    would draw alone, and a slice that is done twice draws the same.
    """

    seeds: Sequence[int]
    step: int

    def kept(self, p: float, method: str, layer: int, *shape: int) -> Tensor:
        """(K, *shape) of 0 and 1, each 0 with probability p, independently."""
        key = crc32(method.encode())
        masks = [
            np.random.default_rng([seed, self.step, layer, key]).random(shape, np.float32) >= p
            for seed in self.seeds
        ]
        return torch.from_numpy(np.stack(masks)).float()


@dataclass(frozen=True)
class Site:
    """One layer, about to read one piece of a sequence.

    x: (T, K, B, D). first: the step of the sequence at which the piece begins. blocks: G, the rows
    of the weights are G·H. noise: None in evaluation. own: the numbers of the method in this layer,
    by the names that ``Stabiliser.own`` gave them. statistics: what a method measures in training,
    by the same names, to be kept for evaluation.
    """

    x: Tensor
    hidden: int
    layer: int
    first: int
    blocks: int
    noise: Noise | None
    own: Mapping[str, Tensor]
    statistics: dict[str, Tensor] = field(default_factory=dict)


class Acting:
    """A method at work on one piece of a sequence: every place leaves things as they are.

    A method overrides the places at which it acts, and is made from its site and its dial. t: the
    step in the piece, from 0.
    """

    def enter(self, x: Tensor) -> Tensor:
        """What W multiplies, (T, K, B, D)."""
        return x

    def input(self, product: Tensor, bias: Tensor) -> Tensor:
        """W x, (T, K, B, G·H), with its bias (K, 1, G·H): the input part of all steps."""
        return product + bias

    def matrix(self, U: Tensor) -> Tensor:
        """The recurrent weights, (K, G·H, H)."""
        return U

    def read(self, h: Tensor) -> Tensor:
        """The old state as U multiplies it, (K, B, H)."""
        return h

    def recurrent(self, product: Tensor, bias: Tensor, t: int, part: Part) -> Tensor:
        """U h of some rows, (K, B, rows), with its bias (K, 1, rows)."""
        return product + bias

    def candidate(self, n: Tensor, t: int) -> Tensor:
        """The new value, (K, B, H)."""
        return n

    def blend(self, keep: Tensor, write: Tensor, h: Tensor, t: int) -> tuple[Tensor, Tensor]:
        """The weights on the old state and on the new value, (K, B, H) each."""
        return keep, write

    def leave(self, new: Tensor, old: Tensor, t: int, which: Literal["h", "c"]) -> Tensor:
        """The state after the step, (K, B, H); c of an LSTM, too."""
        return new

    def above(self, h: Tensor, x: Tensor) -> Tensor:
        """What the layer above reads, (T, K, B, H), from the states and the layer's own input."""
        return h


class Together(Acting):
    """Methods one after the other, in their order; none of them leaves a layer plain.

    A product with its bias is handed to the first method that overrides the place: two norms of one
    product would undo each other.
    """

    def __init__(self, methods: Sequence[Acting] = ()) -> None:
        self.methods = methods
        self._input = _first(methods, "input")
        self._recurrent = _first(methods, "recurrent")

    def enter(self, x: Tensor) -> Tensor:
        return reduce(lambda x, method: method.enter(x), self.methods, x)

    def input(self, product: Tensor, bias: Tensor) -> Tensor:
        return self._input.input(product, bias)

    def matrix(self, U: Tensor) -> Tensor:
        return reduce(lambda U, method: method.matrix(U), self.methods, U)

    def read(self, h: Tensor) -> Tensor:
        return reduce(lambda h, method: method.read(h), self.methods, h)

    def recurrent(self, product: Tensor, bias: Tensor, t: int, part: Part) -> Tensor:
        return self._recurrent.recurrent(product, bias, t, part)

    def candidate(self, n: Tensor, t: int) -> Tensor:
        return reduce(lambda n, method: method.candidate(n, t), self.methods, n)

    def blend(self, keep: Tensor, write: Tensor, h: Tensor, t: int) -> tuple[Tensor, Tensor]:
        for method in self.methods:
            keep, write = method.blend(keep, write, h, t)
        return keep, write

    def leave(self, new: Tensor, old: Tensor, t: int, which: Literal["h", "c"]) -> Tensor:
        return reduce(lambda new, method: method.leave(new, old, t, which), self.methods, new)

    def above(self, h: Tensor, x: Tensor) -> Tensor:
        return reduce(lambda h, method: method.above(h, x), self.methods, h)


def _first(methods: Sequence[Acting], place: str) -> Acting:
    acting = (m for m in methods if getattr(type(m), place) is not getattr(Acting, place))
    return next(acting, Acting())


PLAIN = Together()
