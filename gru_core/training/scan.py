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

    x: (T, K, B, D), W: (K, 3H, D) and b: (K, 3H), which make the input part; or the input part
    itself, x: (T, K, B, 2H) of r and z and x_n: (T, K, B, H). It has all of the bias of r and z.
    h0: (K, B, H). U: (K, 3H, H). c: (K, H), the recurrent bias of n, where reset is "after".
    gain: (K, 3H), γ of the norm, where there is one; if it is over the units, U comes without
    the mean of the rows of either part.

    Gives h of every step, (T, K, B, H), and once more the last one, whose gradient then needs no
    zeros for all the others; then, to look at, r and keep side by side, (T, K, B, 2H), and n, both
    before ``within`` acts on them; and what U h was divided by in either part, where it was.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        x_n: Tensor | None,
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
        of_gates, of_n = _both(W, U, gain, over, saved)
        states[0] = h = h0
        one, c = x.new_ones(()), c[:, None]
        a: Sequence[Tensor] = ()
        for chunk in chunks(T, K * B * 3 * H):
            if x_n is not None:
                a = [part[chunk].transpose(0, 1) for part in (x, x_n)]
            elif W is not None and b is not None:
                product = torch.baddbmm(b[:, None], _rows(x[chunk]), W.mT).view(K, -1, B, 3 * H)
                a = [product[..., : 2 * H], product[..., 2 * H :]]
            steps = zip(
                range(chunk.start, chunk.stop),
                *(part.unbind(1) for part in a),
                *(part.unbind() for part in (gates[chunk], gates[chunk, ..., :H])),
                *(part.unbind() for part in (gates[chunk, ..., H:], n[chunk], inner[chunk])),
                states[1:][chunk].unbind(),
                strict=True,
            )
            for t, a_gates, a_n, gates_t, r, keep, n_t, inner_t, new in steps:
                seen = h if read is None else h * read
                v = centred(seen)
                of_gates.onto(a_gates, v, t, out=gates_t).sigmoid_()
                if after:
                    of_n.onto(c, v, t, out=inner_t)
                    torch.addcmul(a_n, r, inner_t, out=n_t)
                else:
                    of_n.onto(a_n, centred(r * seen), t, out=n_t)
                n_t.relu_() if relu else n_t.tanh_()
                kept = keep if write is None else torch.lerp(one, keep, write[t])
                h = torch.lerp(n_t if value is None else n_t * value[t], h, kept, out=new)
        given, made = (x, x_n, W, U, gain, read, write, value), (states, gates, n, inner)
        ctx.save_for_backward(*given, *made, *saved)
        ctx.after, ctx.relu, ctx.over = after, relu, over
        ctx.mark_non_differentiable(gates, n, *saved[1::2])
        ctx.set_materialize_grads(False)
        return states[1:], h.clone(), gates, n, *saved[1::2]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, x_n, W, U, gain, read, write, value, *made = ctx.saved_tensors
        states, gates, n, inner, *saved = made
        d_states, d_last, *_ = grads
        T, K, B, H = n.shape
        after, centred = ctx.after, _centred if ctx.over == "batch" else _as_it_is
        of_gates, of_n = _both(W, U, gain, ctx.over, saved)
        d_c = n.new_zeros(K, H)
        d_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        d_x_n = None if x_n is None or d_x is None else torch.empty_like(x_n)
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
            # Runs lead here: the rows of a run then need no copy.
            d_gates, d_n = n.new_empty(K, len(n_c), B, 2 * H), n.new_empty(K, len(n_c), B, H)
            d_inner = torch.empty_like(d_n) if after else d_n  # on U_n h + c, behind r
            of_gates.begin(chunk, d_gates)
            of_n.begin(chunk, d_inner)
            steps = zip(
                range(chunk.start, chunk.stop),
                *(part.unbind() for part in (by_n, by_keep, by_r, r, keep)),
                *(part.unbind(1) for part in (d_gates[..., :H], d_gates[..., H:], d_n, d_inner)),
                strict=True,
            )
            for t, to_n, to_keep, to_r, r_t, kept, d_r, d_keep, d_n_t, d_inner_t in [*steps][::-1]:
                if d_states is not None:
                    delta = delta + d_states[t]
                torch.mul(delta, to_n, out=d_n_t)
                torch.mul(delta, to_keep, out=d_keep)
                if after:
                    torch.mul(d_n_t, to_r, out=d_r)
                    torch.mul(d_n_t, r_t, out=d_inner_t)
                    m = torch.bmm(of_n.back(t), of_n.U)
                    m = centred(m.baddbmm_(of_gates.back(t), of_gates.U))
                else:
                    on_n = centred(torch.bmm(of_n.back(t), of_n.U))
                    torch.mul(on_n, to_r, out=d_r)
                    m = centred(torch.bmm(of_gates.back(t), of_gates.U)).addcmul_(on_n, r_t)
                if read is not None:
                    m.mul_(read)
                delta = m.addcmul_(delta, kept)
            v, fed = _rows(centred(seen)), None if W is None else _rows(x[chunk])
            of_gates.end(d_gates, v, fed)
            of_n.end(d_n, v if after else _rows(centred(r * seen)), fed)
            if after:
                d_c += d_inner.sum((1, 2))
            if d_x is not None and d_x_n is not None:
                d_x[chunk], d_x_n[chunk] = d_gates.transpose(0, 1), d_n.transpose(0, 1)
            elif d_x is not None:
                back = torch.bmm(d_gates.flatten(1, 2), W[:, : 2 * H])
                back.baddbmm_(d_n.flatten(1, 2), W[:, 2 * H :])
                d_x[chunk] = back.view(K, len(n_c), B, -1).transpose(0, 1)
        d_U, d_W, d_b, d_gain = (
            torch.cat(pair, -1) for pair in zip(of_gates.gradients, of_n.gradients, strict=True)
        )
        return (
            d_x,
            d_x_n,
            *((None, None) if W is None else (d_W.mT.contiguous(), d_b)),
            delta,
            d_U.mT.contiguous(),
            d_c,
            None if gain is None else d_gain,
            *(None, None, None),
        )


class _Rows:
    """Some rows of U, which make U v at every step, and of W; and their gradients. v: (K, B, H)."""

    def __init__(self, W: Tensor | None, U: Tensor) -> None:
        K, rows, H = U.shape
        self.U, self.back_U = U, U.mT
        # Transposed: a product of few rows is quicker than one of few columns.
        self.d_U = U.new_zeros(K, H, rows)
        self.d_W = U.new_zeros(K, 0 if W is None else W.shape[-1], rows)
        self.d_b, self.d_gain = U.new_zeros(K, rows), U.new_zeros(K, rows)

    def onto(self, base: Tensor, v: Tensor, t: int, out: Tensor) -> Tensor:
        """base + U v."""
        return torch.baddbmm(base, v, self.back_U, out=out)

    def begin(self, chunk: slice, d: Tensor) -> None:
        """Go back over a chunk. d: (K, steps, B, rows), of ``onto``'s values; filled on the way."""
        self.first: int = chunk.start
        self.d_product = d
        self.d: list[Tensor] = [*d.unbind(1)]

    def back(self, t: int) -> Tensor:
        """The gradient of U v at a step."""
        return self.d[t - self.first]

    def end(self, d_a: Tensor, v: Tensor, x: Tensor | None) -> None:
        """The chunk is done. d_a: as d in ``begin``, of W x + b. v, x: as the rows of matrices."""
        self.d_U.baddbmm_(v.mT, self.d_product.flatten(1, 2))
        if x is not None:
            self.d_W.baddbmm_(x.mT, d_a.flatten(1, 2))
            self.d_b += d_a.sum((1, 2))

    @property
    def gradients(self) -> tuple[Tensor, ...]:
        return self.d_U, self.d_W, self.d_b, self.d_gain


class _NormalRows(_Rows):
    """γ √N y of ``normalise`` in the place of U v. y, length: of every step, in their room."""

    def __init__(
        self, W: Tensor | None, U: Tensor, gain: Tensor, over: Over, y: Tensor, length: Tensor
    ) -> None:
        super().__init__(W, U)
        self.over, self.y, self.root = over, y, sqrt(count(y, over))
        self.steps = [*zip(y.unbind(), length.unbind(), strict=True)]
        self.gain = self.root * gain[:, None]

    def onto(self, base: Tensor, v: Tensor, t: int, out: Tensor) -> Tensor:
        y, length = self.steps[t]
        normalise(torch.bmm(v, self.back_U, out=y), self.over, y, length)
        return torch.addcmul(base, y, self.gain, out=out)

    def begin(self, chunk: slice, d: Tensor) -> None:
        super().begin(chunk, d)
        self.d_all, self.d_product, self.y_all = d, torch.empty_like(d), self.y[chunk]
        self.by_step = self.d_product.unbind(1)

    def back(self, t: int) -> Tensor:
        d, out = self.d[t - self.first], self.by_step[t - self.first]
        return undo(d * self.gain, self.over, *self.steps[t], out=out)

    def end(self, d_a: Tensor, v: Tensor, x: Tensor | None) -> None:
        super().end(d_a, v, x)
        self.d_gain += self.root * (self.d_all * self.y_all.transpose(0, 1)).sum((1, 2))


def _both(
    W: Tensor | None, U: Tensor, gain: Tensor | None, over: Over | None, saved: Sequence[Tensor]
) -> tuple[_Rows, _Rows]:
    """Of r and z, and of n. saved: the room of a norm, of either."""
    gates, n = parts(U.shape[1])
    W_gates, W_n = (None, None) if W is None else (W[:, gates], W[:, n])
    if gain is None or over is None:
        return _Rows(W_gates, U[:, gates]), _Rows(W_n, U[:, n])
    return (
        _NormalRows(W_gates, U[:, gates], gain[:, gates], over, *saved[:2]),
        _NormalRows(W_n, U[:, n], gain[:, n], over, *saved[2:]),
    )


def _as_it_is(v: Tensor) -> Tensor:
    return v


def _centred(v: Tensor) -> Tensor:
    """Without its mean over the batch, (…, B, H); it is its own transpose, going back."""
    return torch.sub(v, v.sum(-2, keepdim=True), alpha=1 / v.shape[-2])


def _rows(part: Tensor) -> Tensor:
    """(T, K, B, X) as the rows of K matrices, (K, T·B, X)."""
    return part.transpose(0, 1).reshape(part.shape[1], -1, part.shape[-1])
