"""Single runs of methods, as one would write them with PyTorch alone, for `benchmarks.compare`.

Where a method changes nothing but a weight it is `nn.GRU`; else a cell that is called step by step,
as `nn.GRUCell` is, with what PyTorch has for the method: `nn.LayerNorm`, `batch_norm`, or masks
that are drawn for a batch. Autograd goes back. Of GRU Lab are the first weights and the data alone.

(To take W x of all steps out of the loop, as `nn.GRU` does, makes layer_norm's run a quarter
quicker, gated_dropout's and zoneout's a tenth.)
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm, linear
from torch.nn.utils.parametrizations import weight_norm

from benchmarks.training import RATE, Plain, Size
from gru_core.data.tasks import Batch
from gru_core.maths.parameters import Array

GAMMA, MOMENTUM = 0.1, 0.1
"""Of batch_norm."""


class Loop(nn.Module):
    """A GRU step by step, from `nn.GRU`'s weights. inputs: (T, B, I); gives states (T, B, H)."""

    def __init__(self, gru: nn.GRU) -> None:
        super().__init__()
        self.W, self.b = gru.weight_ih_l0, gru.bias_ih_l0
        self.U, self.c = gru.weight_hh_l0, gru.bias_hh_l0
        self.H = gru.hidden_size

    def forward(self, inputs: Tensor) -> Tensor:
        T, B = inputs.shape[:2]
        self.begin(T, B)
        h, states = torch.zeros(B, self.H), []
        for t, x in enumerate(inputs):
            h = self.cell(x, h, t)
            states.append(h)
        return torch.stack(states)

    def cell(self, x: Tensor, h: Tensor, t: int) -> Tensor:
        a_r, a_z, a_n = self.input(x, t).chunk(3, -1)
        q_r, q_z, q_n = self.recurrent(h, t).chunk(3, -1)
        r, z = torch.sigmoid(a_r + q_r), torch.sigmoid(a_z + q_z)
        n = torch.tanh(a_n + r * q_n)
        return self.blend(z, n, h, t)

    def begin(self, T: int, B: int) -> None:
        pass

    def input(self, x: Tensor, t: int) -> Tensor:
        return linear(x, self.W, self.b)

    def recurrent(self, h: Tensor, t: int) -> Tensor:
        return linear(h, self.U, self.c)

    def blend(self, z: Tensor, n: Tensor, h: Tensor, t: int) -> Tensor:
        return z * h + (1 - z) * n


class LayerNormLoop(Loop):
    def __init__(self, gru: nn.GRU) -> None:
        super().__init__(gru)
        self.of_x, self.of_h = (
            nn.ModuleList([nn.LayerNorm(rows, bias=False) for rows in (2 * self.H, self.H)])
            for _ in "xh"
        )

    def input(self, x: Tensor, t: int) -> Tensor:
        return self.normal(self.of_x, linear(x, self.W, self.b))

    def recurrent(self, h: Tensor, t: int) -> Tensor:
        return self.normal(self.of_h, linear(h, self.U)) + self.c

    def normal(self, norms: nn.ModuleList, product: Tensor) -> Tensor:
        gates, n = product.split([2 * self.H, self.H], -1)
        return torch.cat([norms[0](gates), norms[1](n)], -1)


class BatchNormLoop(Loop):
    """With running statistics of each step."""

    def __init__(self, gru: nn.GRU) -> None:
        super().__init__(gru)
        self.of_x, self.of_h = (nn.Parameter(torch.full((3 * self.H,), GAMMA)) for _ in "xh")
        self.running: dict[tuple[str, int], tuple[Tensor, Tensor]] = {}

    def input(self, x: Tensor, t: int) -> Tensor:
        return self.normal("x", t, linear(x, self.W), self.of_x, self.b)

    def recurrent(self, h: Tensor, t: int) -> Tensor:
        return self.normal("h", t, linear(h, self.U), self.of_h, self.c)

    def normal(self, side: str, t: int, product: Tensor, gamma: Tensor, bias: Tensor) -> Tensor:
        if (side, t) not in self.running:
            self.running[side, t] = torch.zeros(3 * self.H), torch.ones(3 * self.H)
        mean, variance = self.running[side, t]
        return batch_norm(product, mean, variance, gamma, bias, training=True, momentum=MOMENTUM)


class MaskedLoop(Loop):
    """m is 0 with probability ``p``, for each step, sequence and unit by itself."""

    def __init__(self, gru: nn.GRU, p: float) -> None:
        super().__init__(gru)
        self.p = p

    def begin(self, T: int, B: int) -> None:
        self.m = self.drawn(T, B)

    def drawn(self, T: int, B: int) -> Tensor:
        return torch.empty(T, B, self.H).bernoulli_(1 - self.p)


class GatedDropoutLoop(MaskedLoop):
    def blend(self, z: Tensor, n: Tensor, h: Tensor, t: int) -> Tensor:
        write = self.m[t] * (1 - z)
        return (1 - write) * h + write * n


class ZoneoutLoop(MaskedLoop):
    def blend(self, z: Tensor, n: Tensor, h: Tensor, t: int) -> Tensor:
        return torch.where(self.m[t] == 0, h, super().blend(z, n, h, t))


class OfWeights(nn.Module):
    """`nn.GRU` whose U is a direction and a length for each row."""

    def __init__(self, gru: nn.GRU) -> None:
        super().__init__()
        self.gru = weight_norm(gru, "weight_hh_l0", dim=0)

    def forward(self, inputs: Tensor) -> Tensor:
        states: Tensor = self.gru(inputs)[0]
        return states


LAYERS: Mapping[str, Callable[[nn.GRU], nn.Module]] = {
    "layer_norm": LayerNormLoop,
    "batch_norm": BatchNormLoop,
    "gated_dropout": lambda gru: GatedDropoutLoop(gru, 0.25),
    "zoneout": lambda gru: ZoneoutLoop(gru, 0.1),
    "weight_norm": OfWeights,
}
"""With the dials that GRU Lab's methods have by default."""


class Single(Plain):
    """The training loop of `benchmarks.training`, with one of LAYERS for its `nn.GRU`."""

    def __init__(self, name: str, size: Size, weights: Mapping[str, Array], data: Batch) -> None:
        super().__init__(size, False, weights, data)
        self.layer = LAYERS[name](self.gru)
        self.parameters = [*self.layer.parameters(), *self.head.parameters()]
        self.optimiser = torch.optim.Adam(self.parameters, lr=RATE)

    def states(self, inputs: Tensor) -> Tensor:
        states: Tensor = self.layer(inputs)
        return states
