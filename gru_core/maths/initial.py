"""How the numbers of a cell start out, before any training."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite, sqrt
from typing import Literal, get_args, overload

import numpy as np

from gru_core.errors import InputError
from gru_core.maths.convention import PYTORCH, Convention, Gate
from gru_core.maths.convert import convert
from gru_core.maths.lstm import LSTMParameters
from gru_core.maths.parameters import Array, GRUParameters
from gru_core.maths.rnn import Activation, RNNParameters

Cell = Literal["gru", "rnn", "lstm"]
Scheme = Literal["pytorch", "orthogonal", "gaussian", "glorot", "zeros"]
KeepBias = float | Literal["chrono"]
Seed = int | np.random.Generator


@overload
def initialise(
    cell: Literal["gru"],
    D: int,
    H: int,
    scheme: Scheme = ...,
    *,
    gain: float = ...,
    keep_bias: KeepBias = ...,
    T: int | None = ...,
    seed: Seed = ...,
    convention: Convention = ...,
) -> GRUParameters: ...
@overload
def initialise(
    cell: Literal["rnn"],
    D: int,
    H: int,
    scheme: Scheme = ...,
    *,
    gain: float = ...,
    seed: Seed = ...,
    activation: Activation = ...,
) -> RNNParameters: ...
@overload
def initialise(
    cell: Literal["lstm"],
    D: int,
    H: int,
    scheme: Scheme = ...,
    *,
    gain: float = ...,
    keep_bias: KeepBias = ...,
    T: int | None = ...,
    seed: Seed = ...,
) -> LSTMParameters: ...
def initialise(
    cell: Cell,
    D: int,
    H: int,
    scheme: Scheme = "pytorch",
    *,
    gain: float = 1.0,
    keep_bias: KeepBias = 0.0,
    T: int | None = None,
    seed: Seed = 0,
    convention: Convention = PYTORCH,
    activation: Activation = "tanh",
) -> GRUParameters | RNNParameters | LSTMParameters:
    """Parameters for D inputs and H hidden units, drawn at random.

    scheme: how U, b and c are drawn. W is as in PyTorch in the first three.
        ``"pytorch"``: every weight and bias from U(−1/√H, 1/√H). PyTorch adds two biases for each
            gate, so that b is a sum of two draws; of a GRU's n they are apart, as b_n and c_n,
            unless reset acts before.
        ``"orthogonal"``: each U_g is ``gain`` times a random orthogonal matrix; biases zero.
        ``"gaussian"``: the entries of each U_g are from N(0, (gain/√H)²); biases zero.
        ``"glorot"``: each W_g from U(−a, a) with a = √(6/(D + H)), each U_g from ``gain`` times
            that with a = √(6/(H + H)); biases zero.
        ``"zeros"``: every weight and bias is zero. All units are then alike and stay so: a start
            that cannot learn to tell them apart.
    gain: of all but the first and the last, above 0; it acts on the recurrence alone. It is the
        spectral radius of an orthogonal U, and nearly that of a large Gaussian or Glorot one.
    keep_bias: a number to add to the bias of the gate that keeps the old state, so that a positive
        number always means longer memory: b_z of a GRU, −b_z if z weights the candidate, b_f of an
        LSTM. ``"chrono"`` replaces that bias by log U(1, T − 1), and b_i of an LSTM by its
        negative: each unit then keeps for a time between 1 and T steps. With hard sigmoid gates
        it is the bias that gives the same u. An RNN has no such gate.
    T: the longest time to remember, at least 2; only chrono has a use for it.
    seed: a seed, or a generator to draw from. With equal seeds, cells that differ only in what z
        weights compute the same h.
    convention: of a GRU. activation: of an RNN.

    Raises InputError for what is not listed here.
    Sources: the documentation of ``torch.nn.GRU``; Saxe et al. 2013, arXiv 1312.6120; Glorot &
    Bengio 2010, equation 16; Jozefowicz et al. 2015 (forget bias); Tallec & Ollivier 2018, arXiv
    1804.11188 (chrono).
    """
    for name, value, choices in (("cell", cell, Cell), ("scheme", scheme, Scheme)):
        if value not in get_args(choices):
            raise InputError(
                "{name}: expected one of {expected}, got {actual!r}. "
                "Choose one of the values listed.",
                name=name,
                expected=", ".join(get_args(choices)),
                actual=value,
            )
    for size_name, size in (("D", D), ("H", H)):
        if size < 1:
            raise InputError(
                "{name}: expected a whole number from 1, got {actual}. Choose a larger one.",
                name=size_name,
                actual=size,
            )
    if not (isfinite(gain) and gain > 0.0):
        raise InputError(
            "gain: expected a number above 0, got {actual}. 1 leaves U as it is drawn.",
            actual=gain,
        )
    draw = _Draw(H, scheme, gain, np.random.default_rng(seed))
    match cell:
        case "rnn":
            _refuse_keep_bias(keep_bias)
            return RNNParameters(draw.W(D), draw.U(), draw.b(), activation)
        case "lstm":
            return _lstm(draw, D, keep_bias, T)
        case "gru":
            return _gru(draw, D, keep_bias, T, convention)


def _gru(
    draw: _Draw, D: int, keep_bias: KeepBias, T: int | None, convention: Convention
) -> GRUParameters:
    W_r, W_z, W_n = (draw.W(D) for _ in range(3))
    U_r, U_z, U_n = (draw.U() for _ in range(3))
    b_r, b_z = draw.b(), draw.b()
    if convention.reset == "after":
        b_n, c_n = draw.half_of_b(), draw.half_of_b()
    else:
        b_n, c_n = draw.b(), np.zeros(draw.H)
    b_z = draw.chrono(T, convention.gate) if keep_bias == "chrono" else b_z + _number(keep_bias)
    parameters = GRUParameters(W_r, W_z, W_n, U_r, U_z, U_n, b_r, b_z, b_n, c_n)
    return convert(parameters, replace(convention, z_weights="state"), convention)


def _lstm(draw: _Draw, D: int, keep_bias: KeepBias, T: int | None) -> LSTMParameters:
    W_i, W_f, W_g, W_o = (draw.W(D) for _ in range(4))
    U_i, U_f, U_g, U_o = (draw.U() for _ in range(4))
    b_i, b_f, b_g, b_o = (draw.b() for _ in range(4))
    if keep_bias == "chrono":
        b_f = draw.chrono(T, "sigmoid")
        b_i = -b_f
    else:
        b_f = b_f + _number(keep_bias)
    return LSTMParameters(W_i, W_f, W_g, W_o, U_i, U_f, U_g, U_o, b_i, b_f, b_g, b_o)


class _Draw:
    """Draws single arrays of a cell with H units."""

    def __init__(self, H: int, scheme: Scheme, gain: float, rng: np.random.Generator) -> None:
        self.H, self.scheme, self.gain, self.rng = H, scheme, gain, rng

    def uniform(self, *shape: int) -> Array:
        return self.rng.uniform(-1 / sqrt(self.H), 1 / sqrt(self.H), shape)

    def W(self, D: int) -> Array:  # noqa: N802 - the papers' name
        if self.scheme == "zeros":
            return np.zeros((self.H, D))
        return self.glorot(D) if self.scheme == "glorot" else self.uniform(self.H, D)

    def U(self) -> Array:  # noqa: N802 - the papers' name
        if self.scheme == "pytorch":
            return self.uniform(self.H, self.H)
        if self.scheme == "glorot":
            return self.gain * self.glorot(self.H)
        if self.scheme == "zeros":
            return np.zeros((self.H, self.H))
        gaussian = self.rng.normal(size=(self.H, self.H))
        if self.scheme == "gaussian":
            return self.gain / sqrt(self.H) * gaussian
        q, r = np.linalg.qr(gaussian)
        # QR leaves the signs open; with a positive diagonal of R, all Q are equally likely.
        orthogonal: Array = self.gain * q * np.where(np.diag(r) < 0.0, -1.0, 1.0)
        return orthogonal

    def glorot(self, fan_in: int) -> Array:
        a = sqrt(6 / (fan_in + self.H))
        return self.rng.uniform(-a, a, (self.H, fan_in))

    def half_of_b(self) -> Array:
        return self.uniform(self.H) if self.scheme == "pytorch" else np.zeros(self.H)

    def b(self) -> Array:
        return self.half_of_b() + self.half_of_b()

    def chrono(self, T: int | None, gate: Gate) -> Array:
        if T is None or T < 2:
            raise InputError(
                "T: expected a whole number from 2 for chrono, got {actual}. "
                "Give the number of steps that are to be remembered.",
                actual=T,
            )
        odds = self.rng.uniform(1.0, T - 1.0, self.H)  # u : 1 − u
        return np.log(odds) if gate == "sigmoid" else 5.0 * (odds / (1.0 + odds) - 0.5)


def _number(keep_bias: KeepBias) -> float:
    if isinstance(keep_bias, str) or not isfinite(keep_bias):
        raise InputError(
            "keep_bias: expected a number or chrono, got {actual!r}. 0 adds nothing.",
            actual=keep_bias,
        )
    return keep_bias


def _refuse_keep_bias(keep_bias: KeepBias) -> None:
    if keep_bias != 0.0:
        raise InputError(
            "keep_bias: expected 0 for an RNN, got {actual!r}. It has no gate that keeps its "
            "state; choose a GRU or an LSTM.",
            actual=keep_bias,
        )
