"""Normalisation of what the gates are computed from."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from gru_core.training.stabilisers.acting import Acting, Part, Site

EPSILON = 1e-5
"""As in torch.nn.LayerNorm and torch.nn.BatchNorm1d."""
MOMENTUM = 0.1
"""The share of a new batch in the running statistics, as in torch.nn.BatchNorm1d."""


class LayerNorm(Acting):
    """Ba et al. 2016: LN(U h) + LN(W x + b), r and z of a GRU together, n by itself.

    (r, z) = σ(LN_2H(U h) + LN_2H(W x + b)), n = tanh(LN(W_n x + b_n) + r ∘ LN(U_n h)). The bias
    of the recurrent part is added after its norm. RNN and LSTM: all rows together; the paper's
    further norm of an LSTM's c where it is read is left out. Of one number, LN is 0: n of a GRU
    with H = 1. own: gain_input, gain_recurrent, (K, G·H) each.
    """

    def __init__(self, site: Site, _: float = 0.0) -> None:
        self.site = site

    def input(self, product: Tensor, bias: Tensor) -> Tensor:
        gain = self.site.own["gain_input"][:, None]
        return self._normal(product + bias, "all") * gain

    def recurrent(self, product: Tensor, bias: Tensor, t: int, part: Part) -> Tensor:
        gain = self.site.own["gain_recurrent"][:, None, _rows(self.site, part)]
        return self._normal(product, part) * gain + bias

    def _normal(self, product: Tensor, part: Part) -> Tensor:
        groups = torch.split(product, list(_groups(self.site, part)), -1)
        return torch.cat([_standard(g, -1)[0] for g in groups], -1)


class BatchNorm(Acting):
    """Cooijmans et al. 2016: σ(BN(U h; γ) + BN(W x; γ) + b), statistics for each step by itself.

    It never acts on the blend: the state passes on as it is. (The paper's further norm of an LSTM's
    c where it is read is left out.) In evaluation, with the running statistics of step min(t, T).
    own: gamma_input, gamma_recurrent, (K, G·H), which start as the dial says; mean_input,
    variance_input, mean_recurrent, variance_recurrent, (K, T, G·H), which are not trained.
    """

    def __init__(self, site: Site, _: float = 0.0) -> None:
        self.site = site

    def input(self, product: Tensor, bias: Tensor) -> Tensor:
        gamma = self.site.own["gamma_input"][:, None]
        steps = [self._normal(p, "input", t, "all") for t, p in enumerate(product.unbind(0))]
        return torch.stack(steps) * gamma + bias

    def recurrent(self, product: Tensor, bias: Tensor, t: int, part: Part) -> Tensor:
        rows = _rows(self.site, part)
        gamma = self.site.own["gamma_recurrent"][:, None, rows]
        return self._normal(product, "recurrent", t, part) * gamma + bias

    def _normal(self, product: Tensor, side: str, t: int, part: Part) -> Tensor:
        site, rows = self.site, _rows(self.site, part)
        means, variances = site.own[f"mean_{side}"], site.own[f"variance_{side}"]
        at = min(site.first + t, means.shape[1] - 1)
        if site.noise is None:
            deviation = (variances[:, at, None, rows] + EPSILON).sqrt()
            return (product - means[:, at, None, rows]) / deviation
        normal, mean, variance = _standard(product, 1)
        self.keep(side, at, rows, mean[:, 0], variance[:, 0])
        return normal

    def keep(self, side: str, at: int | slice, rows: slice, mean: Tensor, variance: Tensor) -> None:
        """Let a batch's mean and (biased) variance, (K, rows), or (K, steps, rows), move the kept.

        side: "input" or "recurrent". at: the step, or steps, of the sequence.
        """
        batch = self.site.x.shape[2]
        # PyTorch's running variance is that of the population, estimated from the batch.
        unbiased = variance * (batch / max(1, batch - 1))
        for name, now in ((f"mean_{side}", mean), (f"variance_{side}", unbiased)):
            old = self.site.own[name]
            kept = self.site.statistics.setdefault(name, old.detach().clone())
            kept[:, at, rows].lerp_(now.detach(), MOMENTUM)


class InputBatchNorm(BatchNorm):
    """Laurent et al. 2015: σ(U h + BN(W x; γ) + b). own: those of BatchNorm of the input."""

    def recurrent(self, product: Tensor, bias: Tensor, t: int, part: Part) -> Tensor:
        return product + bias


def _standard(values: Tensor, dim: int) -> tuple[Tensor, Tensor, Tensor]:
    """(values − mean) / deviation along dim, the mean, and the variance (biased)."""
    mean = values.mean(dim, keepdim=True)
    variance = (values - mean).square().mean(dim, keepdim=True)
    return (values - mean) / (variance + EPSILON).sqrt(), mean, variance


def _rows(site: Site, part: Part) -> slice:
    """Which of the G·H rows: n stands last in a GRU's weights."""
    before = (site.blocks - 1) * site.hidden
    return {"all": slice(None), "gates": slice(0, before), "n": slice(before, None)}[part]


def _groups(site: Site, part: Part) -> Iterator[int]:
    """The widths over which a layer's norm is taken. blocks: 3 is a GRU."""
    H = site.hidden
    if site.blocks != 3:
        yield site.blocks * H
        return
    if part != "n":
        yield 2 * H
    if part != "gates":
        yield H
