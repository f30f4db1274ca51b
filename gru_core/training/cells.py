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


class GRUScan(torch.autograd.Function):
    """A GRU over a whole sequence as one node of the tape: ``gru_step``, and its gradient by hand.

    x: (T, K, B, D). W: (K, 3H, D) and b: (K, 3H) of the input part, U: (K, 3H, H), c: (K, 3H),
    h0: (K, B, H). Gives h of every step, (T, K, B, H), and once more the last one, whose gradient
    then needs no zeros for all the others; then r and keep side by side, (T, K, B, 2H), and n, to
    look at. All of it goes chunk by chunk, so that what a chunk needs stays in the
    processor's cache however many runs there are.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        W: Tensor,
        b: Tensor,
        h0: Tensor,
        U: Tensor,
        c: Tensor,
        reset: str,
        relu: bool,
    ) -> tuple[Tensor, ...]:
        T, K, B, _ = x.shape
        H, after = h0.shape[-1], reset == "after"
        states, gates, n = (
            x.new_empty(steps, K, B, w * H) for steps, w in ((T + 1, 1), (T, 2), (T, 1))
        )
        inner = x.new_empty(T, K, B, H) if after else states[:-1]
        states[0] = h = h0
        q, W_back, U_back = x.new_empty(K, B, 3 * H if after else 2 * H), W.mT, U.mT
        U_gates, U_n = U_back[..., : 2 * H], U_back[..., 2 * H :]
        for begin, end in _chunks(T, K * B * 3 * H):
            a = torch.baddbmm(b[:, None], _rows(x[begin:end]), W_back).view(K, end - begin, B, -1)
            for t in range(begin, end):
                a_t, gates_t, n_t = a[:, t - begin], gates[t], n[t]
                r, keep = gates_t[..., :H], gates_t[..., H:]
                if after:
                    torch.baddbmm(c[:, None], h, U_back, out=q)
                    torch.add(a_t[..., : 2 * H], q[..., : 2 * H], out=gates_t).sigmoid_()
                    inner[t] = q[..., 2 * H :]
                    torch.addcmul(a_t[..., 2 * H :], r, inner[t], out=n_t)
                else:
                    torch.baddbmm(c[:, None, : 2 * H], h, U_gates, out=q)
                    torch.add(a_t[..., : 2 * H], q, out=gates_t).sigmoid_()
                    torch.baddbmm(a_t[..., 2 * H :], r * h, U_n, out=n_t)
                n_t.relu_() if relu else n_t.tanh_()
                h = torch.lerp(n_t, h, keep, out=states[t + 1])
        ctx.save_for_backward(x, W, U, states, gates, n, inner)
        ctx.after, ctx.relu = after, relu
        ctx.mark_non_differentiable(gates, n)
        ctx.set_materialize_grads(False)
        return states[1:], h.clone(), gates, n

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, W, U, states, gates, n, inner = ctx.saved_tensors
        d_states, d_last, *_ = grads
        T, K, B, H = n.shape
        D, U_gates, U_n = x.shape[-1], U[:, : 2 * H], U[:, 2 * H :].contiguous()
        # In two parts, of the gates and of n, each in one piece of memory.
        d_W, d_W_n = W.new_zeros(K, 2 * H, D), W.new_zeros(K, H, D)
        d_U, d_U_n = W.new_zeros(K, 2 * H, H), W.new_zeros(K, H, H)
        d_b, d_b_n, d_c_n = W.new_zeros(K, 2 * H), W.new_zeros(K, H), W.new_zeros(K, H)
        d_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        delta = torch.zeros_like(states[0]) if d_last is None else d_last
        for begin, end in reversed(_chunks(T, K * B * 3 * H)):
            chunk = slice(begin, end)
            r, keep, n_c = gates[chunk, ..., :H], gates[chunk, ..., H:], n[chunk]
            before, inner_c = states[begin:end], inner[chunk]  # h_{t−1}
            # δ_n = δ(1−u)(1−n²), δ_u = δ(h−n)u(1−u), δ_r = … r(1−r): the factors of δ.
            lost = 1 - keep
            by_n = lost * (n_c > 0) if ctx.relu else torch.addcmul(lost, lost, n_c * n_c, value=-1)
            by_keep = (before - n_c).mul_(keep).mul_(lost)
            by_r = (inner_c * r).mul_(1 - r)
            d_gates = n.new_empty(end - begin, K, B, 2 * H)
            d_n, d_q = torch.empty_like(n_c), torch.empty_like(n_c)  # d_q: on U_n h + c_n, behind r
            for t in reversed(range(end - begin)):
                if d_states is not None:
                    delta = delta + d_states[begin + t]
                d_gates_t, d_n_t = d_gates[t], d_n[t]
                torch.mul(delta, by_n[t], out=d_n_t)
                torch.mul(delta, by_keep[t], out=d_gates_t[..., H:])
                if ctx.after:
                    torch.mul(d_n_t, by_r[t], out=d_gates_t[..., :H])
                    m = torch.bmm(torch.mul(d_n_t, r[t], out=d_q[t]), U_n)
                    delta = torch.addcmul(m, delta, keep[t])
                else:
                    m = torch.bmm(d_n_t, U_n)
                    torch.mul(m, by_r[t], out=d_gates_t[..., :H])
                    delta = torch.mul(m, r[t]).addcmul_(delta, keep[t])
                delta = delta.baddbmm_(d_gates_t, U_gates)
            on_gates, on_n, fed, h = (_rows(part) for part in (d_gates, d_n, x[chunk], before))
            on_U_n = _rows(d_q) if ctx.after else on_n
            d_W.baddbmm_(on_gates.mT, fed)
            d_W_n.baddbmm_(on_n.mT, fed)
            d_U.baddbmm_(on_gates.mT, h)
            d_U_n.baddbmm_(on_U_n.mT, h if ctx.after else _rows(r * before))
            d_b += on_gates.sum(1)
            d_b_n += on_n.sum(1)
            if ctx.after:
                d_c_n += on_U_n.sum(1)
            if d_x is not None:
                back = torch.bmm(on_gates, W[:, : 2 * H]).baddbmm_(on_n, W[:, 2 * H :])
                d_x[chunk] = back.view(K, end - begin, B, -1).transpose(0, 1)
        d_W, d_U, d_b, d_c = (
            torch.cat(parts, 1)
            for parts in ((d_W, d_W_n), (d_U, d_U_n), (d_b, d_b_n), (d_b, d_c_n))
        )
        return d_x, d_W, d_b, delta, d_U, d_c, None, None


_TOGETHER = 2**18
"""Numbers of a chunk: a megabyte in single precision."""


def _chunks(steps: int, each: int) -> list[tuple[int, int]]:
    size = max(1, _TOGETHER // each)
    return [(begin, min(begin + size, steps)) for begin in range(0, steps, size)]


def _rows(part: Tensor) -> Tensor:
    """(T, K, B, X) as the rows of K matrices, (K, T·B, X)."""
    return part.transpose(0, 1).reshape(part.shape[1], -1, part.shape[-1])


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
