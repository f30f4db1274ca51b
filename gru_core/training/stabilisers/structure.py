"""Methods that change what is added to what: residuals, gates of their own, norms of U."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from gru_core.training.stabilisers.acting import Acting, Site


class DepthResidual(Acting):
    """Wu et al. 2016 (GNMT): the layer above reads h + x. Where the widths differ, h + P x.

    own: projection, (K, H, D), only there.
    """

    def __init__(self, site: Site, _: float = 0.0) -> None:
        self.projection = site.own.get("projection")

    def above(self, h: Tensor, x: Tensor) -> Tensor:
        return h + (x if self.projection is None else x @ self.projection.mT)


class TimeResidual(Acting):
    """A mistake, as article 004 has it: h' = GRU(x, h) + h. Its Jacobian is I + J: h grows on."""

    def __init__(self, site: Site, _: float = 0.0) -> None:
        pass

    def leave(self, new: Tensor, old: Tensor, t: int, which: Literal["h", "c"]) -> Tensor:
        return new + old if which == "h" else new


class IndependentGates(Acting):
    """An LSTM's gating in a GRU: h' = f∘h + i∘n, where i has weights of its own.

    f is the weight on the old state. The untrained i is 1 − f, so that it starts as the GRU. i
    reads x and h themselves: no mask and no norm of another method acts on it.
    own: weight_ih (K, H, D), weight_hh (K, H, H), bias (K, H).
    """

    def __init__(self, site: Site, _: float = 0.0) -> None:
        self.own = site.own
        self.part = site.x @ self.own["weight_ih"].mT + self.own["bias"][:, None]

    def blend(self, keep: Tensor, write: Tensor, h: Tensor, t: int) -> tuple[Tensor, Tensor]:
        return keep, torch.sigmoid(self.part[t] + torch.bmm(h, self.own["weight_hh"].mT))


class BoundedGates(IndependentGates):
    """IndependentGates, where U, the layer above and the head read tanh(h), as in an LSTM."""

    def blend(self, keep: Tensor, write: Tensor, h: Tensor, t: int) -> tuple[Tensor, Tensor]:
        return super().blend(keep, write, torch.tanh(h), t)

    def read(self, h: Tensor) -> Tensor:
        return torch.tanh(h)

    def above(self, h: Tensor, x: Tensor) -> Tensor:
        return torch.tanh(h)


class SpectralNorm(Acting):
    """Miyato et al. 2018: each U_g is scaled so that its largest singular value is c."""

    def __init__(self, site: Site, c: float) -> None:
        self.blocks, self.c = site.blocks, c

    def matrix(self, U: Tensor) -> Tensor:
        H = U.shape[-1]
        blocks = U.view(len(U), self.blocks, H, H)
        # By the SVD itself; a step or two of power iteration would lag behind the weights.
        largest = torch.linalg.matrix_norm(blocks, 2).clamp(min=1e-12)
        scaled: Tensor = blocks * (self.c / largest)[..., None, None]
        return scaled.view_as(U)


class WeightNorm(Acting):
    """Salimans & Kingma 2016: each row of U is g v / ‖v‖. own: length, (K, G·H), which is g."""

    def __init__(self, site: Site, _: float = 0.0) -> None:
        self.length = site.own["length"]

    def matrix(self, U: Tensor) -> Tensor:
        norm = torch.linalg.vector_norm(U, dim=-1).clamp(min=1e-12)
        scaled: Tensor = U * (self.length / norm)[..., None]
        return scaled
