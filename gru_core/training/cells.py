"""One step of each cell, for K runs at once, and how a step is undone.

Axes: run K, batch B, hidden H; time T leads where there is one, so that what one step touches
lies together in memory. G is the number of blocks of H rows that the weights of a
cell have (GRU 3: r, z, n; RNN 1; LSTM 4: i, f, g, o), in PyTorch's order.

The steps read like the equations (``maths.gru``, ``maths.rnn``, ``maths.lstm`` have their sources),
and autograd can go through them. ``GRUScan`` takes a GRU through a whole sequence as one node of
the tape, with the gradient of ``maths.bptt``: a tape of every operation costs more than their
arithmetic. The tests hold both together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor


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


def gru_step(a: Tensor, h: Tensor, w: Weights, reset: str, relu: bool) -> GRUStep:
    """h' = keep∘h + (1 − keep)∘n. a: (K, B, 3H), the input part W x + b of r, keep and n."""
    H = h.shape[-1]
    squash = torch.relu if relu else torch.tanh
    if reset == "after":
        q = torch.baddbmm(w.c[:, None], h, w.U.mT)
        gates = torch.sigmoid(a[..., : 2 * H] + q[..., : 2 * H])
        r, keep = gates[..., :H], gates[..., H:]
        inner = q[..., 2 * H :]
        n = squash(torch.addcmul(a[..., 2 * H :], r, inner))
    else:
        q = torch.baddbmm(w.c[:, None, : 2 * H], h, w.U[:, : 2 * H].mT)
        gates = torch.sigmoid(a[..., : 2 * H] + q)
        r, keep = gates[..., :H], gates[..., H:]
        inner = h
        n = squash(torch.baddbmm(a[..., 2 * H :], r * h, w.U[:, 2 * H :].mT))
    return GRUStep(r, keep, n, inner, torch.lerp(n, h, keep))


class GRUScan(torch.autograd.Function):
    """A GRU over a whole sequence: ``gru_step`` forwards, the gradient by hand backwards.

    a: (T, K, B, 3H). Gives h of every step, then r, keep and n to look at, each (T, K, B, H).
    """

    @staticmethod
    def forward(
        ctx: Any, a: Tensor, h0: Tensor, U: Tensor, c: Tensor, reset: str, relu: bool
    ) -> tuple[Tensor, ...]:
        w = Weights(U, c)
        h, steps = h0, []
        for a_t in a.unbind(0):
            steps.append(gru_step(a_t, h, w, reset, relu))
            h = steps[-1].h
        r, keep, n, inner, hs = (torch.stack(part) for part in zip(*steps, strict=True))
        ctx.save_for_backward(h0, U, r, keep, n, inner, hs)
        ctx.reset, ctx.relu = reset, relu
        ctx.mark_non_differentiable(r, keep, n)
        return hs, r, keep, n

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        h0, U, r, keep, n, inner, hs = ctx.saved_tensors
        T, K, B, H = hs.shape
        before = torch.cat((h0[None], hs[:-1]))  # h_{t−1}
        # δ_n = δ(1−u)(1−n²), δ_u = δ(h−n)u(1−u): the factors of all steps in one go.
        slope = (n > 0).to(n.dtype) if ctx.relu else 1 - n * n
        by_n = (1 - keep).mul_(slope)
        by_keep = (before - n).mul_(keep).mul_(1 - keep)
        by_r = (inner * r).mul_(1 - r)
        d_q = hs.new_empty(T, K, B, 3 * H)  # on U h + c, in the places of r, keep and n
        d_n = torch.empty_like(hs)  # on the pre-activation of n
        delta = torch.zeros_like(h0)
        after = ctx.reset == "after"
        U_gates, U_n = U[:, : 2 * H], U[:, 2 * H :]
        for t in reversed(range(T)):
            delta = delta.add_(grads[0][t])
            d_q_t, d_n_t = d_q[t], d_n[t]
            torch.mul(delta, by_n[t], out=d_n_t)
            torch.mul(delta, by_keep[t], out=d_q_t[..., H : 2 * H])
            if after:
                torch.mul(d_n_t, by_r[t], out=d_q_t[..., :H])
                torch.mul(d_n_t, r[t], out=d_q_t[..., 2 * H :])
                delta = torch.baddbmm(delta.mul_(keep[t]), d_q_t, U)
            else:
                m = torch.bmm(d_n_t, U_n)
                torch.mul(m, by_r[t], out=d_q_t[..., :H])
                delta = torch.baddbmm(delta.mul_(keep[t]), d_q_t[..., : 2 * H], U_gates)
                delta = delta.addcmul_(m, r[t])
        d_a = torch.cat((d_q[..., : 2 * H], d_n), -1)
        if after:
            return d_a, delta, _over_steps(d_q, before), d_q.sum((0, 2)), None, None
        d_U = torch.cat((_over_steps(d_q[..., : 2 * H], before), _over_steps(d_n, r * before)), 1)
        d_c = torch.nn.functional.pad(d_q[..., : 2 * H].sum((0, 2)), (0, H))
        return d_a, delta, d_U, d_c, None, None


def _over_steps(d: Tensor, fed: Tensor) -> Tensor:
    """Σ over t and b of d fedᵀ, for each run. d: (T, K, B, G), fed: (T, K, B, H); (K, G, H)."""
    rows = d.transpose(0, 1).flatten(1, 2)  # (K, T·B, G)
    return torch.bmm(rows.mT, fed.transpose(0, 1).flatten(1, 2))


def rnn_step(a: Tensor, h: Tensor, w: Weights, relu: bool) -> Tensor:
    """h' = f(W x + b + U h + c). a: (K, B, H)."""
    q = a + torch.baddbmm(w.c[:, None], h, w.U.mT)
    return torch.relu(q) if relu else torch.tanh(q)


class LSTMStep(NamedTuple):
    """What a step of an LSTM computes, each (K, B, H)."""

    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor


def lstm_step(a: Tensor, h: Tensor, cell: Tensor, w: Weights, relu: bool) -> LSTMStep:
    """c' = f∘c + i∘g, h' = o∘tanh(c'). a: (K, B, 4H), the input part of i, f, g and o."""
    H = h.shape[-1]
    q = a + torch.baddbmm(w.c[:, None], h, w.U.mT)
    gates = torch.sigmoid(q[..., : 2 * H])
    i, f = gates[..., :H], gates[..., H:]
    o = torch.sigmoid(q[..., 3 * H :])
    g = (torch.relu if relu else torch.tanh)(q[..., 2 * H : 3 * H])
    cell = torch.addcmul(f * cell, i, g)
    return LSTMStep(i, f, g, o, cell, o * torch.tanh(cell))
