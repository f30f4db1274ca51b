"""A GRU over a whole sequence as one node of the tape: ``gru_step``, and its gradient by hand.

A tape of every operation costs more than their arithmetic. Methods come in as what they are to a
step: factors of the blend, a mask on what U reads, a norm of U h. ``cells.gru_step`` with
``Acting`` is the reference; the tests hold both together.

Axes: run K, batch B, hidden H, time T. All goes chunk by chunk, so that what a chunk needs stays
in the processor's cache however many runs there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gru_core.training.normal import Over, chunks, count, normalise, parts, room, undo


class Within(NamedTuple):
    """What acts within a step beside the plain GRU; by itself nothing.

    read: (K, B, H), on the state as U reads it. write: on the weight of the new value; the old
    state has the rest. value: on the new value. Both (T, K, B, H), or of size 1 in some axes.
    over: what U h is normalised over, r and z together and n by itself.
    """

    read: Tensor | None = None
    write: Tensor | None = None
    value: Tensor | None = None
    over: Over | None = None


class GRUScan(torch.autograd.Function):
    """h' = keep∘h + (1 − keep)∘n at every step, as ``gru_step`` has it.

    x: (T, K, B, D), W: (K, 3H, D) and b: (K, 3H), which make the input part; or x: (T, K, B, 3H),
    the input part, W and b None. It has all of the bias of r and z. h0: (K, B, H). U: (K, 3H, H).
    c: (K, H), the recurrent bias of n, where reset is "after". gain: (K, 3H), γ of the norm, where
    there is one. U of a norm over the units comes without the mean of the rows of either part.

    Gives h of every step, (T, K, B, H), and once more the last one, whose gradient then needs no
    zeros for all the others; then, to look at, r and keep side by side, (T, K, B, 2H), and n, both
    before ``within`` acts on them; and what U h was divided by in either part, where it was.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        W: Tensor | None,
        b: Tensor | None,
        h0: Tensor,
        U: Tensor,
        c: Tensor,
        gain: Tensor | None,
        reset: str,
        relu: bool,
        within: Within,
    ) -> tuple[Tensor, ...]:
        (T, K, B, _), H, after = x.shape, h0.shape[-1], reset == "after"
        read, write, value, over = within
        centred = _centred if over == "batch" else _as_it_is
        states, gates, n, inner = (
            x.new_empty(steps, K, B, w * H) for steps, w in ((T + 1, 1), (T, 2), (T, 1), (T, 1))
        )
        saved = [*room(gates, over), *room(n, over)] if over else []
        of_gates, of_n = _both(U, gain, over, saved)
        states[0] = h = h0
        one, c = x.new_ones(()), c[:, None]
        for chunk in chunks(T, K * B * 3 * H):
            a = x[chunk].transpose(0, 1)
            if W is not None and b is not None:
                a = torch.baddbmm(b[:, None], _rows(x[chunk]), W.mT).view(*a.shape[:3], -1)
            a_gates, a_n = a[..., : 2 * H], a[..., 2 * H :]
            for i, t in enumerate(range(chunk.start, chunk.stop)):
                gates_t, n_t = gates[t], n[t]
                r, keep = gates_t[..., :H], gates_t[..., H:]
                seen = h if read is None else h * read
                product = centred(seen)
                of_gates.onto(a_gates[:, i], product, t, out=gates_t).sigmoid_()
                if after:
                    of_n.onto(c, product, t, out=inner[t])
                    torch.addcmul(a_n[:, i], r, inner[t], out=n_t)
                else:
                    of_n.onto(a_n[:, i], centred(r * seen), t, out=n_t)
                n_t.relu_() if relu else n_t.tanh_()
                kept = keep if write is None else torch.lerp(one, keep, write[t])
                new = n_t if value is None else n_t * value[t]
                h = torch.lerp(new, h, kept, out=states[t + 1])
        ctx.save_for_backward(x, W, U, gain, states, gates, n, inner, read, write, value, *saved)
        ctx.after, ctx.relu, ctx.over = after, relu, over
        ctx.mark_non_differentiable(gates, n, *saved[1::2])
        ctx.set_materialize_grads(False)
        return states[1:], h.clone(), gates, n, *saved[1::2]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, W, U, gain, states, gates, n, inner, read, write, value, *saved = ctx.saved_tensors
        d_states, d_last, *_ = grads
        T, K, B, H = n.shape
        after, centred = ctx.after, _centred if ctx.over == "batch" else _as_it_is
        of_gates, of_n = both = _both(U, gain, ctx.over, saved)
        # In two parts, of the gates and of n, each in one piece of memory.
        d_W, d_W_n = (n.new_zeros(K, w * H, 0 if W is None else x.shape[-1]) for w in (2, 1))
        d_b, d_b_n, d_c = n.new_zeros(K, 2 * H), n.new_zeros(K, H), n.new_zeros(K, H)
        d_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        delta = torch.zeros_like(states[0]) if d_last is None else d_last
        for chunk in reversed(chunks(T, K * B * 3 * H)):
            r, keep, n_c = gates[chunk, ..., :H], gates[chunk, ..., H:], n[chunk]
            before = states[chunk]  # h_{t−1}
            seen = before if read is None else before * read
            # h' = h + w(1−u)(v∘n − h): δ_n = δw(1−u)v(1−n²), δ_u = δw(h − v∘n)u(1−u), and
            # δ_r = … r(1−r). Here are the factors of δ.
            lost = 1 - keep
            by_keep = before - (n_c if value is None else n_c * value[chunk])
            by_keep.mul_(keep).mul_(lost)
            if write is not None:
                by_keep, lost = by_keep.mul_(write[chunk]), lost.mul_(write[chunk])
                keep = 1 - lost
            by_n = lost if value is None else lost * value[chunk]
            by_n = by_n * (n_c > 0) if ctx.relu else torch.addcmul(by_n, by_n, n_c * n_c, value=-1)
            by_r = ((inner[chunk] if after else seen) * r).mul_(1 - r)
            d_gates, d_n = torch.empty_like(gates[chunk]), torch.empty_like(n_c)
            d_inner = torch.empty_like(n_c) if after else d_n  # on U_n h + c, behind r
            of_gates.begin(d_gates, chunk)
            of_n.begin(d_inner, chunk)
            for i in reversed(range(len(n_c))):
                if d_states is not None:
                    delta = delta + d_states[chunk.start + i]
                d_gates_t, d_n_t = d_gates[i], d_n[i]
                torch.mul(delta, by_n[i], out=d_n_t)
                torch.mul(delta, by_keep[i], out=d_gates_t[..., H:])
                if after:
                    torch.mul(d_n_t, by_r[i], out=d_gates_t[..., :H])
                    torch.mul(d_n_t, r[i], out=d_inner[i])
                    m = torch.bmm(of_n.back(i), of_n.U)
                    m = centred(m.baddbmm_(of_gates.back(i), of_gates.U))
                else:
                    on_n = centred(torch.bmm(of_n.back(i), of_n.U))
                    torch.mul(on_n, by_r[i], out=d_gates_t[..., :H])
                    m = centred(torch.bmm(of_gates.back(i), of_gates.U)).addcmul_(on_n, r[i])
                if read is not None:
                    m.mul_(read)
                delta = m.addcmul_(delta, keep[i])
            of_gates.end(centred(seen))
            of_n.end(centred(seen if after else r * seen))
            on_gates, on_n = _rows(d_gates), _rows(d_n)
            if after:
                d_c += _rows(d_inner).sum(1)
            if W is not None:
                fed = _rows(x[chunk])
                d_W.baddbmm_(on_gates.mT, fed)
                d_W_n.baddbmm_(on_n.mT, fed)
                d_b += on_gates.sum(1)
                d_b_n += on_n.sum(1)
                if d_x is not None:
                    d_a = torch.bmm(on_gates, W[:, : 2 * H]).baddbmm_(on_n, W[:, 2 * H :])
                    d_x[chunk] = d_a.view(K, len(n_c), B, -1).transpose(0, 1)
            elif d_x is not None:
                d_x[chunk, ..., : 2 * H], d_x[chunk, ..., 2 * H :] = d_gates, d_n
        given = (torch.cat([d_W, d_W_n], 1), torch.cat([d_b, d_b_n], 1))
        d_U = torch.cat([part.d_U for part in both], 1)
        d_gain = [part.d_gain for part in both if isinstance(part, _NormalRows)]
        return (
            d_x,
            *(given if W is not None else (None, None)),
            delta,
            d_U,
            d_c,
            torch.cat(d_gain, 1) if d_gain else None,
            *(None, None, None),
        )


class _Rows:
    """U v of some of the rows of U at every step, and its gradient. v: (K, B, H)."""

    def __init__(self, U: Tensor) -> None:
        self.U, self.back_U, self.d_U = U, U.mT, torch.zeros_like(U)

    def onto(self, base: Tensor, v: Tensor, t: int, out: Tensor) -> Tensor:
        """base + U v."""
        return torch.baddbmm(base, v, self.back_U, out=out)

    def begin(self, d: Tensor, chunk: slice) -> None:
        """Go back over a chunk. d: (steps, K, B, rows), of what ``onto`` gave, filled on the way."""
        self.d, self.d_product = d, d

    def back(self, i: int) -> Tensor:
        """The gradient on U v, of step i of the chunk."""
        return self.d[i]

    def end(self, v: Tensor) -> None:
        """The chunk is done. v: of its steps."""
        self.d_U.baddbmm_(_rows(self.d_product).mT, _rows(v))


class _NormalRows(_Rows):
    """γ √N y of ``normalise`` in the place of U v. y, length: of every step, in their room."""

    def __init__(self, U: Tensor, gain: Tensor, over: Over, y: Tensor, length: Tensor) -> None:
        super().__init__(U)
        self.over, self.y, self.length = over, y, length
        self.root = sqrt(count(y, over))
        self.gain, self.d_gain = self.root * gain[:, None], torch.zeros_like(gain)

    def onto(self, base: Tensor, v: Tensor, t: int, out: Tensor) -> Tensor:
        y = normalise(torch.bmm(v, self.back_U), self.over, self.y[t], self.length[t])
        return torch.addcmul(base, y, self.gain, out=out)

    def begin(self, d: Tensor, chunk: slice) -> None:
        self.d, self.d_product = d, torch.empty_like(d)
        self.of_chunk = self.y[chunk], self.length[chunk]

    def back(self, i: int) -> Tensor:
        y, length = self.of_chunk
        return undo(self.d[i] * self.gain, self.over, y[i], length[i], out=self.d_product[i])

    def end(self, v: Tensor) -> None:
        super().end(v)
        self.d_gain += self.root * (self.d * self.of_chunk[0]).sum((0, 2))


def _both(
    U: Tensor, gain: Tensor | None, over: Over | None, saved: Sequence[Tensor]
) -> tuple[_Rows, _Rows]:
    gates, n = parts(U.shape[1])
    if gain is None or over is None:
        return _Rows(U[:, gates]), _Rows(U[:, n])
    y, length, y_n, length_n = saved
    return (
        _NormalRows(U[:, gates], gain[:, gates], over, y, length),
        _NormalRows(U[:, n], gain[:, n], over, y_n, length_n),
    )


def _as_it_is(v: Tensor) -> Tensor:
    return v


def _centred(v: Tensor) -> Tensor:
    """Without its mean over the batch, (…, B, H); it is its own transpose, going back."""
    return v - v.mean(-2, keepdim=True)


def _rows(part: Tensor) -> Tensor:
    """(T, K, B, X) as the rows of K matrices, (K, T·B, X)."""
    return part.transpose(0, 1).reshape(part.shape[1], -1, part.shape[-1])
