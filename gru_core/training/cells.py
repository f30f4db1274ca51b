"""One step of each cell, for K runs at once, and how a step is undone.

Axes: run K, batch B, hidden H; time T leads where there is one, so that what one step touches
lies together in memory. G is the number of blocks of H rows that the weights of a
cell have (GRU 3: r, z, n; RNN 1; LSTM 4: i, f, g, o), in PyTorch's order.

The steps read like the equations (``maths.gru``, ``maths.rnn``, ``maths.lstm`` have their sources),
and autograd goes through them. ``scan`` takes a GRU through a whole sequence faster.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gru_core.training.stabilisers import PLAIN, Together


class Weights(NamedTuple):
    """Of one layer of a cell. U: (K, G·H, H). c: (K, G·H), the recurrent bias, zero where none."""

    U: Tensor
    c: Tensor


class GRUStep(NamedTuple):
    """What a step of a GRU computes, each (K, B, H). keep is the weight on the old state.

    inner: what the reset gate multiplies: U_n h + c_n (reset after) or h (reset before).
    """

    r: Tensor
    keep: Tensor
    n: Tensor
    inner: Tensor
    h: Tensor


class How(NamedTuple):
    """What kind of cell. z_keeps: z of a GRU weights the old state. relu: the candidate's f."""

    reset: str = "after"
    z_keeps: bool = True
    relu: bool = False


def gru_step(
    a: Tensor, h: Tensor, w: Weights, how: How, methods: Together = PLAIN, t: int = 0
) -> GRUStep:
    """h' = keep∘h + (1 − keep)∘n. a: (K, B, 3H), the input part W x + b of r, z and n.

    methods: what else acts, and where; t: the step, for them.
    """
    H = h.shape[-1]
    read, c, squash = methods.read(h), w.c[:, None], torch.relu if how.relu else torch.tanh
    if how.reset == "after":
        q = methods.recurrent(torch.bmm(read, w.U.mT), c, t, "all")
        gates = torch.sigmoid(a[..., : 2 * H] + q[..., : 2 * H])
        r, z, inner = gates[..., :H], gates[..., H:], q[..., 2 * H :]
        n = squash(a[..., 2 * H :] + r * inner)
    else:
        product = torch.bmm(read, w.U[:, : 2 * H].mT)
        q = methods.recurrent(product, c[..., : 2 * H], t, "gates")
        gates = torch.sigmoid(a[..., : 2 * H] + q)
        r, z, inner = gates[..., :H], gates[..., H:], read
        product = torch.bmm(r * inner, w.U[:, 2 * H :].mT)
        n = squash(
            a[..., 2 * H :] + methods.recurrent(product, torch.zeros_like(c[..., :H]), t, "n")
        )
    n = methods.candidate(n, t)
    keep = z if how.z_keeps else 1.0 - z
    keep, write = methods.blend(keep, 1.0 - keep, h, t)
    return GRUStep(r, keep, n, inner, methods.leave(keep * h + write * n, h, t, "h"))


def rnn_step(
    a: Tensor, h: Tensor, w: Weights, how: How, methods: Together = PLAIN, t: int = 0
) -> Tensor:
    """h' = f(W x + b + U h + c). a: (K, B, H)."""
    q = a + methods.recurrent(torch.bmm(methods.read(h), w.U.mT), w.c[:, None], t, "all")
    return methods.leave(torch.relu(q) if how.relu else torch.tanh(q), h, t, "h")


class LSTMStep(NamedTuple):
    """What a step of an LSTM computes, each (K, B, H)."""

    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor


def lstm_step(
    a: Tensor,
    h: Tensor,
    cell: Tensor,
    w: Weights,
    how: How,
    methods: Together = PLAIN,
    t: int = 0,
) -> LSTMStep:
    """c' = f∘c + i∘g, h' = o∘tanh(c'). a: (K, B, 4H), the input part of i, f, g and o."""
    H = h.shape[-1]
    q = a + methods.recurrent(torch.bmm(methods.read(h), w.U.mT), w.c[:, None], t, "all")
    gates = torch.sigmoid(q[..., : 2 * H])
    i, f = gates[..., :H], gates[..., H:]
    o = torch.sigmoid(q[..., 3 * H :])
    g = methods.candidate((torch.relu if how.relu else torch.tanh)(q[..., 2 * H : 3 * H]), t)
    keep, write = methods.blend(f, i, cell, t)
    c = keep * cell + write * g
    # Zoneout, the one that acts on both, reads the new c here, not the one that it leaves.
    h = methods.leave(o * torch.tanh(c), h, t, "h")
    return LSTMStep(i, f, g, o, methods.leave(c, cell, t, "c"), h)
