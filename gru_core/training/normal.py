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
    """γ √N y + β of all steps. p: (K, T, B, H), without its mean. gain, γ, and bias, β: (K, H).

    Gives the same shape as p has and, to look at, what p was divided by.
    """

    @staticmethod
    def forward(
        ctx: Any, p: Tensor, gain: Tensor, bias: Tensor, over: Over
    ) -> tuple[Tensor, Tensor]:
        K, T, B, H = p.shape
        out, (y, length) = torch.empty_like(p), room(p, over)
        scale, shift = sqrt(count(p, over)) * gain[:, None, None], bias[:, None, None]
        for chunk in chunks(T, K * B * H):
            normalise(p[:, chunk], over, y[:, chunk], length[:, chunk])
            torch.addcmul(shift, y[:, chunk], scale, out=out[:, chunk])
        ctx.save_for_backward(gain, y, length)
        ctx.over = over
        ctx.mark_non_differentiable(length)
        return out, length

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        d_out, *_ = grads
        gain, y, length = ctx.saved_tensors
        K, T, B, H = y.shape
        root = sqrt(count(y, ctx.over))
        scale = root * gain[:, None, None]
        d_p, d_gain, d_bias = torch.empty_like(y), torch.zeros_like(gain), torch.zeros_like(gain)
        for chunk in chunks(T, K * B * H):
            d = d_out[:, chunk]
            d_bias += d.sum((1, 2))
            d_gain += root * (d * y[:, chunk]).sum((1, 2))
            undo(d * scale, ctx.over, y[:, chunk], length[:, chunk], out=d_p[:, chunk])
        return d_p, d_gain, d_bias, None
