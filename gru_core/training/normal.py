"""Normalisation without its mean, with its gradient by hand.

y = p / √(‖p‖² + Nε), a norm over N units or over a batch of N, is 1/√N of what layer and batch
normalisation make of a p whose mean there is 0. The mean of a product is taken out of its factors,
which are smaller: over the units out of the rows of the weights, over the batch out of what they
multiply.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, Literal

import torch
from torch import Tensor

from gru_core.training.stabilisers.norms import EPSILON

Over = Literal["units", "batch"]

_AXIS = {"units": -1, "batch": -2}
_TOGETHER = 2**18
"""Numbers of a chunk: a megabyte in single precision."""


def chunks(steps: int, each: int) -> list[slice]:
    """Steps that are done together, so that what they need stays in the processor's cache.

    each: how many numbers a step has.
    """
    size = max(1, _TOGETHER // each)
    return [slice(begin, min(begin + size, steps)) for begin in range(0, steps, size)]


def parts(rows: int) -> tuple[slice, slice]:
    """Of the 3H rows of a GRU: those of r and z, and those of n."""
    gates = 2 * rows // 3
    return slice(0, gates), slice(gates, rows)


def count(p: Tensor, over: Over) -> int:
    """N."""
    return p.shape[_AXIS[over]]


def room(p: Tensor, over: Over) -> tuple[Tensor, Tensor]:
    """For y and √(‖p‖² + Nε)."""
    *shape, B, H = p.shape
    return torch.empty_like(p), p.new_empty(*shape, *((B, 1) if over == "units" else (1, H)))


def normalise(p: Tensor, over: Over, y: Tensor, length: Tensor) -> Tensor:
    """y of p (…, B, H). y, length: where it goes, and √(‖p‖² + Nε)."""
    torch.sum(p * p, _AXIS[over], keepdim=True, out=length)
    return torch.div(p, length.add_(count(p, over) * EPSILON).sqrt_(), out=y)


def undo(d: Tensor, over: Over, y: Tensor, length: Tensor, out: Tensor) -> Tensor:
    """∂L/∂p = (d − y ⟨y, d⟩) / √(‖p‖² + Nε), where d is ∂L/∂y."""
    along = torch.sum(d * y, _AXIS[over], keepdim=True)
    return torch.addcmul(d, y, along, value=-1, out=out).div_(length)


class Normal(torch.autograd.Function):
    """γ √N y + β of all steps of a GRU, r and z together and n by itself.

    p: (K, T, B, 3H), without its mean. gain, γ, and bias, β: (K, 3H). Gives the same shape as p
    has, and, to look at, what p was divided by in either part.
    """

    @staticmethod
    def forward(
        ctx: Any, p: Tensor, gain: Tensor, bias: Tensor, over: Over
    ) -> tuple[Tensor, Tensor, Tensor]:
        K, T, B, rows = p.shape
        out, saved = torch.empty_like(p), []
        for part in parts(rows):
            y, length = room(p[..., part], over)
            root = sqrt(count(y, over))
            for chunk in chunks(T, K * B * rows):
                normal = normalise(p[:, chunk, :, part], over, y[:, chunk], length[:, chunk])
                scale, shift = (root * gain[:, None, None, part], bias[:, None, None, part])
                torch.addcmul(shift, normal, scale, out=out[:, chunk, :, part])
            saved += [y, length]
        ctx.save_for_backward(gain, *saved)
        ctx.over = over
        ctx.mark_non_differentiable(*saved[1::2])
        return out, saved[1], saved[3]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        d_out, *_ = grads
        gain, *saved = ctx.saved_tensors
        K, T, B, rows = d_out.shape
        d_p, d_gain, d_bias = (
            torch.empty_like(d_out),
            torch.zeros_like(gain),
            torch.zeros_like(gain),
        )
        for part, y, length in zip(parts(rows), saved[::2], saved[1::2], strict=True):
            root = sqrt(count(y, ctx.over))
            for chunk in chunks(T, K * B * rows):
                d, normal = d_out[:, chunk, :, part], y[:, chunk]
                d_bias[:, part] += d.sum((1, 2))
                d_gain[:, part] += root * (d * normal).sum((1, 2))
                d_y = root * gain[:, None, None, part] * d
                undo(d_y, ctx.over, normal, length[:, chunk], out=d_p[:, chunk, :, part])
        return d_p, d_gain, d_bias, None
