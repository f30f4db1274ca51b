"""Every method that acts within a network, by name: what it is for, where it acts, its source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

import numpy as np

from gru_core.data.bounds import Real
from gru_core.errors import N_
from gru_core.maths.parameters import Array
from gru_core.training.stabilisers.acting import Acting, Site
from gru_core.training.stabilisers.dropouts import (
    ErasingDropout,
    GatedDropout,
    RecurrentDropout,
    RescaledDropout,
    VariationalDropout,
    Zoneout,
)
from gru_core.training.stabilisers.norms import BatchNorm, InputBatchNorm, LayerNorm
from gru_core.training.stabilisers.structure import (
    BoundedGates,
    DepthResidual,
    IndependentGates,
    SpectralNorm,
    TimeResidual,
    WeightNorm,
)


@dataclass(frozen=True)
class Sizes:
    """Of one layer: D inputs, H units, G blocks of weights, T steps.

    weights: as they are before any training, by PyTorch's names without the layer. z_keeps: whether
    z of a GRU weights the old state.
    """

    D: int
    H: int
    blocks: int
    T: int
    weights: Mapping[str, Array]
    z_keeps: bool = True


@dataclass(frozen=True)
class Method:
    """One method. title, treats, does_not and look_at are English message ids.

    treats: the symptom. does_not: what it is no cure for, and where it does harm. look_at: the
    figure that shows it at work. formula: LaTeX. source: paper and address. acts: the parts of the
    cell's drawing at which it acts, of "x", "h", "W", "U", "r", "z", "n", "blend", "out", "above".
    dial: its one number, or None. cells: those that it is defined for. mistake: it is here to be
    seen failing. plain: in evaluation the network is the one without it, but for its weights.
    make: the class that acts, made from a site and the dial. own: makes the numbers that it adds to
    the weights of a layer, by name, before training; kept: those of them that are not trained.
    """

    name: str
    title: str
    treats: str
    does_not: str
    look_at: str
    formula: str
    source: str
    acts: tuple[str, ...]
    make: Callable[[Site, float], Acting] = field(repr=False)
    dial: Real | None = None
    cells: tuple[str, ...] = ("gru", "lstm", "rnn")
    mistake: bool = False
    plain: bool = False
    own: Callable[[Sizes, float], dict[str, Array]] | None = field(default=None, repr=False)
    kept: tuple[str, ...] = ()

    def numbers(self, sizes: Sizes, dial: float) -> dict[str, Array]:
        """What the method adds to the weights of a layer of these sizes, before training."""
        return {} if self.own is None else self.own(sizes, dial)


def _share(usual: float) -> Real:
    return Real("dial", N_("Share that is dropped"), 0.0, 0.9, usual, 0.05)


def _gains(sizes: Sizes, dial: float) -> dict[str, Array]:
    ones = np.ones(sizes.blocks * sizes.H)
    return {"gain_input": ones, "gain_recurrent": ones}


def _batch(sizes: Sizes, dial: float, sides: tuple[str, ...]) -> dict[str, Array]:
    rows = sizes.blocks * sizes.H
    own: dict[str, Array] = {}
    for side in sides:
        own[f"gamma_{side}"] = np.full(rows, dial)
        own[f"mean_{side}"] = np.zeros((sizes.T, rows))
        own[f"variance_{side}"] = np.ones((sizes.T, rows))
    return own


def _projection(sizes: Sizes, dial: float) -> dict[str, Array]:
    if sizes.D == sizes.H:
        return {}
    # As nn.Linear starts, from a generator of its own: nothing else is drawn otherwise for it.
    rng = np.random.default_rng([sizes.D, sizes.H])
    return {"projection": rng.uniform(-1, 1, (sizes.H, sizes.D)) / np.sqrt(sizes.D)}


def _input_gate(sizes: Sizes, dial: float) -> dict[str, Array]:
    """The opposite of the gate that keeps, so that i = 1 − f before any training."""
    rows, sign = slice(sizes.H, 2 * sizes.H), -1.0 if sizes.z_keeps else 1.0
    w = sizes.weights
    bias = w["bias_ih"][rows] + (w["bias_hh"][rows] if "bias_hh" in w else 0.0)
    return {
        "weight_ih": sign * w["weight_ih"][rows],
        "weight_hh": sign * w["weight_hh"][rows],
        "bias": sign * bias,
    }


def _lengths(sizes: Sizes, dial: float) -> dict[str, Array]:
    return {"length": np.linalg.norm(sizes.weights["weight_hh"], axis=1)}


_SIDES = ("input", "recurrent")
_STATISTICS = tuple(f"{what}_{side}" for side in _SIDES for what in ("mean", "variance"))

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        method.name: method
        for method in (
            Method(
                "layer_norm",
                N_("Layer normalisation"),
                N_("slow optimisation, and gates that saturate because their inputs grow"),
                N_(
                    "a gradient that vanishes over many steps; of one unit it leaves 0, and of a "
                    "keep bias only a part"
                ),
                N_("the share of saturated gates, and the size of the updates"),
                r"(r,z)=\sigma(\mathrm{LN}(Uh)+\mathrm{LN}(Wx+b)),\quad "
                r"n=\tanh(\mathrm{LN}(W_nx+b_n)+r\circ\mathrm{LN}(U_nh))",
                "Ba, Kiros & Hinton 2016, https://arxiv.org/abs/1607.06450",
                ("W", "U"),
                LayerNorm,
                own=_gains,
            ),
            Method(
                "batch_norm",
                N_("Batch normalisation in the recurrence"),
                N_("slow optimisation"),
                N_(
                    "a vanishing gradient, and with γ above 1 it explodes; small batches and "
                    "padding spoil the statistics, a batch of 1 leaves 0"
                ),
                N_("the validation loss beside that of training, at batch 2 and at batch 64"),
                r"\sigma(\mathrm{BN}_t(Uh;\gamma)+\mathrm{BN}_t(Wx;\gamma)+b),\quad \gamma_0=0.1",
                "Cooijmans et al. 2016, https://arxiv.org/abs/1603.09025",
                ("W", "U"),
                BatchNorm,
                dial=Real("dial", N_("γ at the start"), 0.01, 2.0, 0.1, 0.05),
                own=partial(_batch, sides=_SIDES),
                kept=_STATISTICS,
            ),
            Method(
                "input_batch_norm",
                N_("Batch normalisation of the input alone"),
                N_("slow optimisation where inputs differ in scale"),
                N_("anything that happens in the recurrence"),
                N_("the loss of the first steps"),
                r"\sigma(Uh+\mathrm{BN}_t(Wx;\gamma)+b)",
                "Laurent et al. 2015, https://arxiv.org/abs/1510.01378",
                ("W",),
                InputBatchNorm,
                dial=Real("dial", N_("γ at the start"), 0.01, 2.0, 1.0, 0.05),
                own=partial(_batch, sides=("input",)),
                kept=_STATISTICS,
            ),
            Method(
                "independent_gates",
                N_("Independent gates, as in an LSTM"),
                N_("a state that must be kept and added to at once, as in counting"),
                N_("explosion: the state has no bound any more"),
                N_("the largest |h|"),
                r"h'=f\circ h+i\circ n,\quad i=\sigma(W_ix+U_ih+b_i)",
                "Greff et al. 2015 (tied: CIFG), https://arxiv.org/abs/1503.04069",
                ("blend", "z"),
                IndependentGates,
                cells=("gru",),
                own=_input_gate,
            ),
            Method(
                "bounded_gates",
                N_("Independent gates, read through tanh"),
                N_("a state that must be kept and added to at once, read within ±1"),
                N_("a state that grows: it still does, out of sight"),
                N_("the largest |h|"),
                r"h'=f\circ h+i\circ n,\quad U\tanh(h),\ y=V\tanh(h)",
                "Hochreiter & Schmidhuber 1997 (output squashing), "
                "https://doi.org/10.1162/neco.1997.9.8.1735",
                ("blend", "z", "h", "out"),
                BoundedGates,
                cells=("gru",),
                own=_input_gate,
            ),
            Method(
                "depth_residual",
                N_("Residual connection over depth"),
                N_("slow or failing training of several layers"),
                N_("memory: it does nothing along time"),
                N_("the gradient through time of the first layer"),
                r"x^{l+1}=h^l+x^l,\quad D\ne H:\ h^l+P\,x^l",
                "Wu et al. 2016, https://arxiv.org/abs/1609.08144",
                ("above",),
                DepthResidual,
                own=_projection,
            ),
            Method(
                "time_residual",
                N_("Residual connection over time (a mistake)"),
                N_("nothing: a GRU already is h' = h + (1 − u)∘(n − h)"),
                N_("anything: its state and its gradient grow without bound"),
                N_("the largest |h|"),
                r"h'=\mathrm{GRU}(x,h)+h,\quad \partial h'/\partial h=I+J",
                "article 004; Jacobian: our derivation",
                ("out",),
                TimeResidual,
                mistake=True,
            ),
            Method(
                "gated_dropout",
                N_("Gated recurrent dropout"),
                N_("overfitting, and it leaves memory alone"),
                N_("a vanishing gradient"),
                N_("the validation loss beside that of training"),
                r"h'=(1-m\circ w)\circ h+m\circ w\circ n,\quad m\sim\mathrm{Bernoulli}(1-p)",
                "article 004, as it has to be; on those units it is zoneout, "
                "https://arxiv.org/abs/1606.01305",
                ("blend",),
                GatedDropout,
                dial=_share(0.25),
                cells=("gru",),
            ),
            Method(
                "erasing_dropout",
                N_("Dropout on the weight of the old state (a mistake)"),
                N_("nothing that the proper one does not"),
                N_("memory, which it erases"),
                N_("the loss of a task that must remember"),
                r"h'=m\circ u\circ h+(1-u)\circ n,\quad m\sim\mathrm{Bernoulli}(1-p)",
                "Semeniuta et al. 2016, section 3, https://arxiv.org/abs/1603.05118",
                ("blend",),
                ErasingDropout,
                dial=_share(0.25),
                cells=("gru",),
                mistake=True,
            ),
            Method(
                "rescaled_dropout",
                N_("Gated dropout with a rescaled mask (a mistake)"),
                N_("nothing that the proper one does not"),
                N_("a bounded state: the weight of the new value passes 1"),
                N_("the largest |h|"),
                r"w'=m\circ w/(1-p),\quad h'=(1-w')\circ h+w'\circ n",
                "our derivation; it is how nn.Dropout scales",
                ("blend",),
                RescaledDropout,
                dial=_share(0.25),
                cells=("gru",),
                mistake=True,
                plain=True,
            ),
            Method(
                "recurrent_dropout",
                N_("Recurrent dropout without memory loss"),
                N_("overfitting"),
                N_("a vanishing gradient"),
                N_("the validation loss beside that of training"),
                r"h'=u\circ h+(1-u)\circ d(n),\quad d(n)=m\circ n/(1-p)",
                "Semeniuta et al. 2016, https://arxiv.org/abs/1603.05118",
                ("n",),
                RecurrentDropout,
                dial=_share(0.25),
                cells=("gru", "lstm"),
                plain=True,
            ),
            Method(
                "variational_dropout",
                N_("Variational dropout: one mask a sequence"),
                N_("overfitting"),
                N_("a vanishing gradient"),
                N_("the validation loss beside that of training"),
                r"W(m^x\circ x_t),\ U(m^h\circ h_{t-1}),\quad m\sim\mathrm{Bernoulli}(1-p)/(1-p)",
                "Gal & Ghahramani 2016, https://arxiv.org/abs/1512.05287",
                ("x", "h"),
                VariationalDropout,
                dial=_share(0.25),
                plain=True,
            ),
            Method(
                "zoneout",
                N_("Zoneout"),
                N_("overfitting; and it carries information and gradients further"),
                N_("explosion"),
                N_("the gradient through time"),
                r"h'=m\circ h+(1-m)\circ\mathrm{GRU}(x,h),\quad m\sim\mathrm{Bernoulli}(p)",
                "Krueger et al. 2017, https://arxiv.org/abs/1606.01305",
                ("out",),
                Zoneout,
                dial=_share(0.1),
            ),
            Method(
                "spectral_norm",
                N_("Spectral normalisation of U"),
                N_("explosion: no U stretches a state by more than c"),
                N_("vanishing, which a small c brings about"),
                N_("the norm of the gradient"),
                r"U_g\leftarrow c\,U_g/\sigma_{\max}(U_g)",
                "Miyato et al. 2018, https://arxiv.org/abs/1802.05957",
                ("U",),
                SpectralNorm,
                dial=Real("dial", N_("Largest singular value c"), 0.1, 5.0, 1.0, 0.1),
                plain=True,
            ),
            Method(
                "weight_norm",
                N_("Weight normalisation of U"),
                N_("slow optimisation: length and direction of each row are learned apart"),
                N_("vanishing or explosion"),
                N_("the size of the updates"),
                r"U_{i\cdot}=g_i\,v_i/\lVert v_i\rVert",
                "Salimans & Kingma 2016, https://arxiv.org/abs/1602.07868",
                ("U",),
                WeightNorm,
                own=_lengths,
                plain=True,
            ),
        )
    }
)
"""In the order in which they act, and of a menu.

Clipping, decay, initialisation and rates are an Experiment's choices.
"""
