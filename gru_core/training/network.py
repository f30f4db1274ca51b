"""Recurrent networks of K runs at once: layers of one cell, and a linear head.

Weights are a mapping of names as in PyTorch's state dicts, each with a leading run axis:
``weight_ih_l0`` (K, G·H, D), ``weight_hh_l0`` (K, G·H, H), ``bias_ih_l0`` and ``bias_hh_l0``
(K, G·H), the same for further layers with ``_l1``, ``_l2``, then ``head.weight`` (K, O, H) and
``head.bias`` (K, O). A GRU whose reset gate acts before the product has no ``bias_hh``, as in
Keras. Axes: run, time, batch, hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from gru_core.errors import InputError
from gru_core.maths.initial import initialise
from gru_core.maths.lstm import LSTMParameters
from gru_core.maths.parameters import Array, GRUParameters
from gru_core.maths.rnn import RNNParameters
from gru_core.training.cells import How, Weights, gru_step, lstm_step, rnn_step
from gru_core.training.experiment import Experiment
from gru_core.training.scanned import can_scan, scanned
from gru_core.training.stabilisers import METHODS, PLAIN, Noise, Site, Sizes, Together

State = Mapping[str, Tensor]

_NAMES = {"gru": "rzn", "lstm": "ifgo"}
BLOCKS = {"rnn": 1, "gru": 3, "lstm": 4}


@dataclass(frozen=True)
class Layer:
    """What one layer computed, each (K, T, B, H). gates: r and z of a GRU, i, f and o of an LSTM.

    last: h of the last step, (K, B, H).

    steps: the state of every step as a node of its own on the tape, when it was asked for.
    """

    h: Tensor
    last: Tensor
    gates: Mapping[str, Tensor]
    n: Tensor | None = None
    steps: tuple[Tensor, ...] = ()


@dataclass(frozen=True)
class Output:
    """answer: (K, S, B, O), what the head says: values, or logits; S = 1 or T. layers: below it.

    statistics: what methods measured in training, to be kept among the weights, by their names.
    """

    answer: Tensor
    layers: tuple[Layer, ...]
    statistics: Mapping[str, Tensor] = field(default_factory=dict)


def initial_weights(experiment: Experiment, seed: int) -> dict[str, Array]:
    """The weights of the run with this seed before any training, without a run axis; float64.

    Every layer, and the head, has a generator of its own, so that runs which share the shape of
    one share its numbers. The head starts as nn.Linear does, or with zeros if all is zero.
    """
    e, weights = experiment, {}
    for layer, D in enumerate([e.about.inputs, *[e.hidden] * (e.layers - 1)]):
        drawn = _drawn(e, D, np.random.default_rng([seed, layer, 0]))
        sizes = Sizes(D, e.hidden, BLOCKS[e.cell], e.steps_of_input, drawn, e.z == "state")
        weights.update({f"{name}_l{layer}": array for name, array in drawn.items()})
        for chosen in e.methods:
            own = chosen.method.numbers(sizes, chosen.dial)
            weights.update({f"{chosen.name}.{name}_l{layer}": a for name, a in own.items()})
    O, H, bound = e.about.outputs, e.hidden, 1.0 / sqrt(e.hidden)  # noqa: E741 - the papers' name
    rng = np.random.default_rng([seed, e.layers, 1])
    zero = 0.0 if e.scheme == "zeros" else 1.0
    weights["head.weight"] = zero * rng.uniform(-bound, bound, (O, H))
    weights["head.bias"] = zero * rng.uniform(-bound, bound, O)
    return weights


def _drawn(e: Experiment, D: int, rng: np.random.Generator) -> dict[str, Array]:
    H, scheme, gain, keep, T = e.hidden, e.initialisation, e.gain, e.keep_choice, e.steps_of_input
    p: GRUParameters | RNNParameters | LSTMParameters
    match e.cell:
        case "rnn":
            p = initialise("rnn", D, H, scheme, gain=gain, seed=rng, activation=e.candidate)
        case "lstm":
            p = initialise("lstm", D, H, scheme, gain=gain, keep_bias=keep, T=T, seed=rng)
        case "gru":
            p = initialise(
                "gru",
                D,
                H,
                scheme,
                gain=gain,
                keep_bias=keep,
                T=T,
                seed=rng,
                convention=e.convention,
            )
    return packed(p, recurrent_bias=e.cell != "gru" or e.reset == "after")


def packed(
    p: GRUParameters | RNNParameters | LSTMParameters, recurrent_bias: bool = True
) -> dict[str, Array]:
    """The parameters of one layer in PyTorch's blocks: weight_ih, weight_hh, bias_ih, bias_hh."""
    if isinstance(p, RNNParameters):
        W, U, b = p.W, p.U, p.b
    else:
        blocks = _NAMES["gru" if isinstance(p, GRUParameters) else "lstm"]
        W, U, b = (np.concatenate([getattr(p, f"{x}_{g}") for g in blocks]) for x in "WUb")
    weights = {"weight_ih": W, "weight_hh": U, "bias_ih": b}
    if recurrent_bias:
        c = np.zeros_like(b)
        if isinstance(p, GRUParameters):
            c[2 * p.hidden_size :] = p.c_n
        weights["bias_hh"] = c
    return weights


def gru_parameters(experiment: Experiment, state: Mapping[str, Array], layer: int) -> GRUParameters:
    """One layer of one run, without its run axis, as the maths reads it.

    The two biases of r and z, of which only the sum acts, are added up.
    """
    W, U, b = (state[f"{name}_l{layer}"] for name in ("weight_ih", "weight_hh", "bias_ih"))
    c = state.get(f"bias_hh_l{layer}", np.zeros_like(b))
    H = experiment.hidden
    r, z, n = slice(0, H), slice(H, 2 * H), slice(2 * H, 3 * H)
    return GRUParameters(W[r], W[z], W[n], U[r], U[z], U[n], b[r] + c[r], b[z] + c[z], b[n], c[n])


def plain_weights(experiment: Experiment, state: Mapping[str, Array]) -> dict[str, Array]:
    """One run's weights of the cell without methods that is this network in evaluation.

    state: without a run axis. U is what the cell multiplies h with, after ``Acting.matrix``, in
    float64 where a method changes it; numbers of the methods' own are left out. Raises InputError
    where a method still acts in evaluation: then there are no such weights.
    """
    e = experiment
    if acting := [chosen.name for chosen in e.methods if not chosen.method.plain]:
        raise InputError(
            "methods: expected none that acts in evaluation, got {actual}. No weights of a plain "
            "cell compute the same. Take all weights as safetensors, and the PyTorch script, "
            "instead.",
            actual=", ".join(acting),
        )
    plain = {name: array for name, array in state.items() if name.partition(".")[0] not in METHODS}
    for layer in range(e.layers if e.methods else 0):
        suffix = f"_l{layer}"
        own = {
            name.removesuffix(suffix): torch.tensor(array, dtype=torch.float64)[None]
            for name, array in state.items()
            if name.endswith(suffix)
        }
        # No plain method reads the inputs in evaluation.
        methods, _ = _at_work(e, own, torch.empty(0, 1, 0, 0), layer, 0, None)
        U = own["weight_hh"]
        effective = methods.matrix(U)
        if effective is not U:
            plain[f"weight_hh{suffix}"] = effective[0].numpy()
    return plain


def forward(
    experiment: Experiment,
    weights: State,
    inputs: Tensor,
    *,
    stepwise: bool = False,
    noise: Noise | None = None,
) -> Output:
    """What the networks say to ``inputs`` (K, T, B, D), starting from states of zero.

    stepwise: put every h_t on the tape by itself, so that ∂L/∂h_t can be asked for; slower.
    noise: in training, what methods draw their masks from; None in evaluation.
    """
    x, layers = inputs, []
    statistics: dict[str, Tensor] = {}
    for number in range(experiment.layers):
        layer, x = _layer(experiment, weights, x, number, stepwise, noise, statistics)
        layers.append(layer)
    plain = x is layers[-1].h  # then the last state is at hand without a gradient for the others
    read = x if experiment.about.read == "all" else layers[-1].last[:, None] if plain else x[:, -1:]
    K, S, B, H = read.shape
    answer = torch.baddbmm(
        weights["head.bias"][:, None], read.reshape(K, S * B, H), weights["head.weight"].mT
    )
    return Output(answer.view(K, S, B, -1), tuple(layers), statistics)


def _layer(
    e: Experiment,
    weights: State,
    x: Tensor,
    number: int,
    stepwise: bool,
    noise: Noise | None,
    statistics: dict[str, Tensor],
) -> tuple[Layer, Tensor]:
    """One layer, and what the next one reads."""
    K, T, B, _ = x.shape
    own = {
        name.removesuffix(f"_l{number}"): w
        for name, w in weights.items()
        if name.endswith(f"_l{number}")
    }
    x = x.transpose(0, 1)
    h = torch.zeros(K, B, e.hidden, dtype=x.dtype)
    cell = torch.zeros_like(h)
    parts, above = [], []
    for first in range(0, T, e.truncate or T):
        piece = x[first : first + (e.truncate or T)]
        h, cell = h.detach(), cell.detach()  # truncated BPTT: nothing goes back from here
        methods, sites = _at_work(e, own, piece, number, first, noise)
        parts.append(_piece(e, piece, own, (h, cell), methods, stepwise))
        above.append(methods.above(parts[-1].h, piece))
        h, cell = parts[-1].last, parts[-1].cell
        for name, site in sites.items():
            # Each piece measures steps of its own, and goes on from what was kept before it.
            kept = {f"{name}.{what}": value for what, value in site.statistics.items()}
            own |= kept
            statistics |= {f"{what}_l{number}": value for what, value in kept.items()}
    gates = {name: _joined([part.gates[name] for part in parts]) for name in parts[0].gates}
    n = gates.pop("n", None)
    steps = tuple(step for part in parts for step in part.steps)
    layer = Layer(_joined([part.h for part in parts]), h, gates, n, steps)
    if all(out is part.h for out, part in zip(above, parts, strict=True)):
        return layer, layer.h
    return layer, _joined(above)


def _at_work(
    e: Experiment,
    own: State,
    piece: Tensor,
    number: int,
    first: int,
    noise: Noise | None,
) -> tuple[Together, dict[str, Site]]:
    """The methods of the experiment on one piece, and their sites, by their names."""
    sites = {}
    for chosen in e.methods:
        prefix = f"{chosen.name}."
        its = {name.removeprefix(prefix): w for name, w in own.items() if name.startswith(prefix)}
        sites[chosen.name] = Site(piece, e.hidden, number, first, BLOCKS[e.cell], noise, its)
    acting = [chosen.method.make(sites[chosen.name], chosen.dial) for chosen in e.methods]
    return (Together(acting) if acting else PLAIN), sites


def _joined(parts: list[Tensor]) -> Tensor:
    """Pieces over time, (T, K, B, H) each, as one of (K, T, B, H)."""
    return (parts[0] if len(parts) == 1 else torch.cat(parts)).transpose(0, 1)


@dataclass(frozen=True)
class _Piece:
    """Time leads here: (T, K, B, H). last, cell: the last h, and c of an LSTM, (K, B, H)."""

    h: Tensor
    last: Tensor
    gates: Mapping[str, Tensor]
    cell: Tensor
    steps: tuple[Tensor, ...] = ()


def _piece(
    e: Experiment,
    x: Tensor,
    own: State,
    state: tuple[Tensor, Tensor],
    methods: Together,
    stepwise: bool,
) -> _Piece:
    if e.cell == "gru" and not stepwise and can_scan(methods, len(x)):
        return _scanned(e, x, own, state[0], methods)
    return _stepped(e, x, own, state, methods)


def _stepped(
    e: Experiment, x: Tensor, own: State, state: tuple[Tensor, Tensor], methods: Together
) -> _Piece:
    W, U, b = own["weight_ih"], methods.matrix(own["weight_hh"]), own["bias_ih"]
    c = own.get("bias_hh", torch.zeros_like(b))
    how, (h, cell) = How(e.reset, e.z == "state", e.candidate == "relu"), state
    T, K, B, D = x.shape
    # The input part of all steps in one product.
    product = torch.bmm(methods.enter(x).transpose(0, 1).reshape(K, T * B, D), W.mT)
    a = methods.input(product.view(K, T, B, -1).transpose(0, 1), b[:, None])
    steps: list[Tensor] = []
    gates: list[dict[str, Tensor]] = []
    w = Weights(U, c)
    for t, a_t in enumerate(a.unbind(0)):
        match e.cell:
            case "gru":
                gru = gru_step(a_t, h, w, how, methods, t)
                h = gru.h
                z = gru.keep if how.z_keeps else 1.0 - gru.keep
                gates.append({"r": gru.r, "z": z, "n": gru.n})
            case "rnn":
                h = rnn_step(a_t, h, w, how, methods, t)
                gates.append({})
            case "lstm":
                lstm = lstm_step(a_t, h, cell, w, how, methods, t)
                h, cell = lstm.h, lstm.c
                gates.append({"i": lstm.i, "f": lstm.f, "o": lstm.o})
        steps.append(h)
    every = {name: torch.stack([step[name] for step in gates]).detach() for name in gates[0]}
    return _Piece(torch.stack(steps), h, every, cell, tuple(steps))


def _scanned(e: Experiment, x: Tensor, own: State, h: Tensor, methods: Together) -> _Piece:
    W, U, b = own["weight_ih"], own["weight_hh"], own["bias_ih"]
    c = own.get("bias_hh", torch.zeros_like(b))
    how = How(e.reset, e.z == "state", e.candidate == "relu")
    out = scanned(x, h, W, U, b, c, how, methods)
    z = out.keep if how.z_keeps else 1.0 - out.keep
    return _Piece(out.h, out.last, {"r": out.r, "z": z, "n": out.n}, h)


def losses(experiment: Experiment, answer: Tensor, targets: Tensor) -> Tensor:
    """The loss of each run, (K,): the mean over steps, sequences and outputs.

    answer: (K, S, B, O). targets: (K, S, B, O), or (K, S, B) whole numbers for classes.
    """
    match experiment.loss:
        case "cross_entropy":
            flat = F.cross_entropy(answer.flatten(0, 2), targets.flatten(), reduction="none")
            return flat.view(len(answer), -1).mean(1)
        case "binary_cross_entropy":
            each = F.binary_cross_entropy_with_logits(answer, targets, reduction="none")
        case "mae":
            each = F.l1_loss(answer, targets, reduction="none")
        case "huber":
            each = F.huber_loss(answer, targets, reduction="none")
        case _:
            each = F.mse_loss(answer, targets, reduction="none")
    return each.flatten(1).mean(1)


def accuracies(experiment: Experiment, answer: Tensor, targets: Tensor) -> Tensor:
    """The share of right answers of each run, (K,); NaN where the answer is a value."""
    match experiment.about.kind:
        case "classes":
            right = answer.argmax(-1) == targets
        case "binary":
            right = (answer > 0) == (targets > 0.5)
        case _:
            return torch.full((len(answer),), torch.nan)
    return right.flatten(1).double().mean(1)
