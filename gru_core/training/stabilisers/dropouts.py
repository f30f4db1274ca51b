"""Dropout, in the places where it leaves a memory alone, and in those where it does not."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from gru_core.training.stabilisers.acting import Acting, Site


class GatedDropout(Acting):
    """A mask m on the weight of the new value: h' = (1 − m∘w)∘h + m∘w∘n, w = 1 − keep.

    What is dropped keeps its old state. m is 0 with probability p and is not rescaled: in
    evaluation it is its mean, 1 − p, so that the state stays within its bounds.
    """

    def __init__(self, site: Site, p: float) -> None:
        self.mask = _steps(site, p, "gated_dropout")
        self.p = p

    def blend(self, keep: Tensor, write: Tensor, h: Tensor, t: int) -> tuple[Tensor, Tensor]:
        write = write * (1.0 - self.p if self.mask is None else self.mask[:, t])
        return 1.0 - write, write


class ErasingDropout(Acting):
    """A mistake: the mask is on the weight of the *old* state, which it erases.

    In evaluation the weight is multiplied with the mask's mean, 1 − p: memory decays even then.
    """

    def __init__(self, site: Site, p: float) -> None:
        self.mask = _steps(site, p, "erasing_dropout")
        self.p = p

    def blend(self, keep: Tensor, write: Tensor, h: Tensor, t: int) -> tuple[Tensor, Tensor]:
        return keep * (1.0 - self.p if self.mask is None else self.mask[:, t]), write


class RescaledDropout(Acting):
    """A mistake: GatedDropout with its mask divided by 1 − p, as dropout elsewhere has it.

    The weight of the new value can then pass 1, that of the old state become negative, and the
    state leave the range of what was written to it.
    """

    def __init__(self, site: Site, p: float) -> None:
        self.mask = _steps(site, p, "rescaled_dropout")
        self.p = p

    def blend(self, keep: Tensor, write: Tensor, h: Tensor, t: int) -> tuple[Tensor, Tensor]:
        if self.mask is not None:
            write = write * self.mask[:, t] / (1.0 - self.p)
        return 1.0 - write, write


class RecurrentDropout(Acting):
    """Semeniuta et al. 2016: h' = u∘h + (1 − u)∘d(n), the mask divided by 1 − p; none after."""

    def __init__(self, site: Site, p: float) -> None:
        self.mask = _steps(site, p, "recurrent_dropout")
        self.p = p

    def candidate(self, n: Tensor, t: int) -> Tensor:
        return n if self.mask is None else n * self.mask[:, t] / (1.0 - self.p)


class VariationalDropout(Acting):
    """Gal & Ghahramani 2016: one mask for a whole sequence, on what W reads and on what U reads.

    Divided by 1 − p in training, none in evaluation. The state that is blended is not masked.
    """

    def __init__(self, site: Site, p: float) -> None:
        self.x = self.h = None
        if site.noise is not None:
            B, D = site.x.shape[2:]
            draw = site.noise.kept
            self.x = draw(p, "variational x", site.layer, 1, B, D).transpose(0, 1) / (1.0 - p)
            self.h = draw(p, "variational h", site.layer, B, site.hidden) / (1.0 - p)

    def enter(self, x: Tensor) -> Tensor:
        return x if self.x is None else x * self.x

    def read(self, h: Tensor) -> Tensor:
        return h if self.h is None else h * self.h


class Zoneout(Acting):
    """Krueger et al. 2017: a unit keeps its old state with probability p, as if no step had been.

    h' = m∘h + (1 − m)∘GRU(x, h), with m's mean in evaluation. Of an LSTM h and c, each by itself,
    where h reads the c that there would be without zoneout, o∘tanh(f∘c + i∘g), as in the paper.
    """

    def __init__(self, site: Site, p: float) -> None:
        states = "hc" if site.blocks == 4 else "h"  # of an LSTM both
        self.masks = {which: _steps(site, p, f"zoneout_{which}") for which in states}
        self.p = p

    def leave(self, new: Tensor, old: Tensor, t: int, which: Literal["h", "c"]) -> Tensor:
        mask = self.masks[which]
        kept = self.p if mask is None else 1.0 - mask[:, t]
        return new + kept * (old - new)


def _steps(site: Site, p: float, name: str) -> Tensor | None:
    """A mask for every step, (K, T, B, H); None in evaluation."""
    if site.noise is None:
        return None
    T, _, B, _ = site.x.shape
    # A piece of a truncated sequence draws its own, by the step at which it begins.
    return site.noise.kept(p, f"{name} {site.first}", site.layer, T, B, site.hidden)
