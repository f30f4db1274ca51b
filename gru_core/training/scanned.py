"""A layer of a GRU by the scan, under the methods of which the scan knows what they are to it.

It says what ``cells.gru_step`` under ``Acting`` says step by step; the tests hold both together.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from gru_core.training.cells import How
from gru_core.training.normal import Normal, Over, parts
from gru_core.training.scan import GRUScan, Within
from gru_core.training.stabilisers import Together
from gru_core.training.stabilisers.dropouts import (
    GatedDropout,
    RecurrentDropout,
    RescaledDropout,
    VariationalDropout,
    Zoneout,
)
from gru_core.training.stabilisers.norms import EPSILON, BatchNorm, InputBatchNorm, LayerNorm
from gru_core.training.stabilisers.structure import DepthResidual, SpectralNorm, WeightNorm

_KNOWN = (
    *(GatedDropout, RescaledDropout, RecurrentDropout, VariationalDropout, Zoneout),
    *(LayerNorm, BatchNorm, InputBatchNorm),
    *(DepthResidual, SpectralNorm, WeightNorm),
)


class Scanned(NamedTuple):
    """h, r, keep and n of every step, (T, K, B, H), and the last h. On the tape: h and last."""

    h: Tensor
    last: Tensor
    r: Tensor
    keep: Tensor
    n: Tensor


def can_scan(methods: Together, steps: int) -> bool:
    """Whether the scan knows all of the methods, as they are on a piece of so many steps."""
    return all(
        type(method) in _KNOWN and (not isinstance(method, BatchNorm) or _measures(method, steps))
        for method in methods.methods
    )


def _measures(norm: BatchNorm, steps: int) -> bool:
    """Whether it is in training, and each step has statistics of its own."""
    site = norm.site
    return site.noise is not None and site.first + steps <= site.own["mean_input"].shape[1]


def scanned(
    x: Tensor, h: Tensor, W: Tensor, U: Tensor, b: Tensor, c: Tensor, how: How, methods: Together
) -> Scanned:
    """x: (T, K, B, D), h: (K, B, H), before the first step, and the weights of the layer."""
    H = h.shape[-1]
    norm = next((m for m in methods.methods if isinstance(m, LayerNorm | BatchNorm)), None)
    x, U = methods.enter(x), methods.matrix(U)
    sign = W.new_ones(3 * H)
    if not how.z_keeps:  # 1 − σ(a) = σ(−a): the scan has z weight the state
        sign[H : 2 * H] = -1.0
    # The recurrent bias of n, which r may multiply, stays with U h.
    outer = torch.cat([c[:, : 2 * H], torch.zeros_like(c[:, 2 * H :])], 1)
    fed: tuple[Tensor | None, ...]
    if norm is None:
        fed = x, None, W * sign[:, None], (b + outer) * sign
    else:
        fed = *_normal_input(norm, x, W, b, outer, sign), None, None
    gain, over = None, None
    if norm is None or isinstance(norm, InputBatchNorm):
        rows = U * sign[:, None]
    else:
        gain, over = _gain(norm, "recurrent") * sign, _over(norm)
        rows = _less_mean(U) if over == "units" else U
    factors = _factors(methods, x)
    within = Within(factors.read, factors.on_write(), factors.value, over)
    states, last, gates, n, *lengths = GRUScan.apply(  # type: ignore[no-untyped-call]
        *fed, h, rows, c[:, 2 * H :], gain, how.reset, how.relu, within
    )
    r, keep = gates[..., :H], gates[..., H:]
    with torch.no_grad():
        if isinstance(norm, BatchNorm) and lengths:
            seen = torch.cat([h[None], states[:-1]])
            seen = seen if factors.read is None else seen * factors.read
            means = (v.mean(2) for v in (seen, seen if how.reset == "after" else r * seen))
            for part, mean, length in zip(parts(3 * H), means, lengths, strict=True):
                _keep(norm, "recurrent", part, mean, U, length.transpose(0, 1))
        # As gru_step has them: what is blended.
        if factors.blend is not None:
            keep = 1 - factors.blend * (1 - keep)
        if factors.value is not None:
            n = n * factors.value
    return Scanned(states, last, r, keep, n)


def _normal_input(
    norm: LayerNorm | BatchNorm, x: Tensor, W: Tensor, b: Tensor, outer: Tensor, sign: Tensor
) -> list[Tensor]:
    """``norm.input`` of all steps with ``outer`` added to it, of r and z and of n, (T, K, B, …)."""
    if isinstance(norm, LayerNorm):
        fed, W, inner = x, _less_mean(W), _less_mean(b)
    else:
        fed, inner, outer = x - x.mean(2, keepdim=True), torch.zeros_like(b), b + outer
    (T, K, B, D), gain, made = x.shape, _gain(norm, "input") * sign, []
    fed, outer = fed.transpose(0, 1).reshape(K, T * B, D), outer * sign
    for rows in parts(W.shape[1]):
        p = torch.baddbmm(inner[:, None, rows], fed, W[:, rows].mT).view(K, T, B, -1)
        a, length = Normal.apply(p, gain[:, rows], outer[:, rows], _over(norm))  # type: ignore[no-untyped-call]
        made.append(a.transpose(0, 1))
        if isinstance(norm, BatchNorm):
            with torch.no_grad():
                _keep(norm, "input", rows, x.mean(2), W, length)
    return made


def _over(norm: LayerNorm | BatchNorm) -> Over:
    return "units" if isinstance(norm, LayerNorm) else "batch"


def _gain(norm: LayerNorm | BatchNorm, side: str) -> Tensor:
    """(K, 3H)."""
    return norm.site.own[f"{'gain' if isinstance(norm, LayerNorm) else 'gamma'}_{side}"]


def _keep(norm: BatchNorm, side: str, rows: slice, mean: Tensor, W: Tensor, length: Tensor) -> None:
    """The statistics of W v. mean: of v, (T, K, X). length: √B(variance + ε), (K, T, 1, rows)."""
    of_product = torch.bmm(mean.transpose(0, 1), W[:, rows].mT)
    variance = (length[:, :, 0].square() / norm.site.x.shape[2] - EPSILON).clamp(min=0.0)
    norm.keep(side, slice(norm.site.first, norm.site.first + len(mean)), rows, of_product, variance)


def _less_mean(W: Tensor) -> Tensor:
    """(K, 3H, …) without the mean over the rows, of r and z together and of n."""
    both = (W[:, rows] for rows in parts(W.shape[1]))
    return torch.cat([part - part.mean(1, keepdim=True) for part in both], 1)


class _Factors(NamedTuple):
    """Of dropouts. read: (K, B, H). blend, leave, value: (T, K, B, H), or (T, 1, 1, 1).

    blend and leave are on the weight of the new value, where ``Acting`` has places of these names.
    """

    read: Tensor | None = None
    blend: Tensor | None = None
    leave: Tensor | None = None
    value: Tensor | None = None

    def on_write(self) -> Tensor | None:
        if self.blend is None or self.leave is None:
            return self.leave if self.blend is None else self.blend
        return self.blend * self.leave


def _factors(methods: Together, x: Tensor) -> _Factors:
    """x: (T, …), of the piece."""
    factors = _Factors()
    for method in methods.methods:
        match method:
            case VariationalDropout() if method.h is not None:
                factors = factors._replace(read=method.h.to(x.dtype))
            case GatedDropout():
                factors = factors._replace(blend=_factor(method.mask, x, mean=1.0 - method.p))
            case RescaledDropout() if method.mask is not None:
                factors = factors._replace(blend=_factor(method.mask, x) / (1.0 - method.p))
            case RecurrentDropout() if method.mask is not None:
                factors = factors._replace(value=_factor(method.mask, x) / (1.0 - method.p))
            case Zoneout():
                factors = factors._replace(leave=_factor(method.masks["h"], x, 1.0 - method.p))
    return factors


def _factor(mask: Tensor | None, x: Tensor, mean: float = 1.0) -> Tensor:
    """(K, T, B, H) with time first; the mean instead where nothing is drawn."""
    if mask is None:
        return x.new_full((len(x), 1, 1, 1), mean)
    return mask.transpose(0, 1).to(x.dtype)
