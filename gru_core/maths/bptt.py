"""Back-propagation through time: exact gradients of a loss along a trace, and its Jacobians.

Names begin with ``d_``: ``d_h`` is ∂L/∂h, written δ below, and ``d_n_pre`` is ∂L/∂n_pre, written
δ_n. Here h is the old state and h' the new one, u is ``keep``, the weight on the old state, u̇ is
its slope ∂u/∂u_pre, which is u (1 − u) for a sigmoid, and likewise ṙ; q = U_n h + c_n.

Backwards through one step of a GRU, with δ the total gradient on h':

    δ_n = δ (1 − u)(1 − n²)             δ_u = δ (h − n) u̇
    reset after:   δ_q = δ_n r          δ_r = δ_n q ṙ         back = U_nᵀ δ_q
    reset before:  m = U_nᵀ δ_n         δ_r = m h ṙ           back = m r
    the gradient on h:  δ u + U_uᵀ δ_u + U_rᵀ δ_r + back

and, summed over all steps and sequences,

    ∇W_g = Σ δ_g xᵀ    ∇b_g = Σ δ_g    ∇U_r = Σ δ_r hᵀ    ∇U_u = Σ δ_u hᵀ
    reset after:   ∇U_n = Σ δ_q hᵀ    ∇c_n = Σ δ_q
    reset before:  ∇U_n = Σ δ_n (r ∘ h)ᵀ

The Jacobian of that step, with D(v) the diagonal matrix of v:

    J = ∂h'/∂h = D(u) + D((h − n) u̇) U_u + D((1 − u)(1 − n²)) K
    reset after:   K = D(r) U_n + D(q ṙ) U_r
    reset before:  K = U_n (D(r) + D(h ṙ) U_r)

When z weights the candidate, u = 1 − z, so u̇ and U_u there are those of −z_pre: δ_z = −δ_u.

Source: Werbos 1990, "Backpropagation through time: what it does and how to do it"; the equations
are derived from those of ``gru``, ``rnn`` and ``lstm`` by the chain rule.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np

from gru_core.errors import InputError
from gru_core.maths.cell import require_finite
from gru_core.maths.gru import GATE_SLOPES, Trace
from gru_core.maths.lstm import LSTMParameters, LSTMTrace
from gru_core.maths.parameters import Array, CellParameters, GRUParameters, real_array
from gru_core.maths.rnn import RNNParameters, RNNTrace

AnyTrace = Trace | RNNTrace | LSTMTrace
P = TypeVar("P", bound=CellParameters)


@dataclass(frozen=True, eq=False, kw_only=True)
class Gradients(Generic[P]):
    """What a loss L does with every number that it depends on.

    d_parameters: ∂L/∂parameters, in the class of the parameters, summed over steps and batch.
    d_inputs: ∂L/∂x_t, shaped like inputs. d_h0: ∂L/∂h0, shaped like h0.
    d_h: the total ∂L/∂h_t, through this and all later steps, shaped like h.
    Every other field is ∂L/∂ of the field of the trace that it is named after, and has its shape.
    """

    d_parameters: P
    d_inputs: Array
    d_h0: Array
    d_h: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class GRUGradients(Gradients[GRUParameters]):
    """See ``Gradients``. c_n, which has no meaning with reset before, then has gradient zero."""

    d_r_pre: Array  # δ_r
    d_z_pre: Array  # δ_z: δ_u, or −δ_u when z weights the candidate
    d_n_pre: Array  # δ_n
    d_n_inner: Array  # reset after: δ_q; before: m


@dataclass(frozen=True, eq=False, kw_only=True)
class RNNGradients(Gradients[RNNParameters]):
    """See ``Gradients``."""

    d_h_pre: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class LSTMGradients(Gradients[LSTMParameters]):
    """See ``Gradients``.

    d_c: the total ∂L/∂c_t, that through h_t = o_t ∘ tanh(c_t) of the same step included, as
        automatic differentiation gives it. So it is not zero at the last step, although there is
        no later step that c could act through.
    """

    d_c0: Array
    d_c: Array
    d_i_pre: Array
    d_f_pre: Array
    d_g_pre: Array
    d_o_pre: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class StateJacobians:
    """total[t] is ∂s_t/∂s_{t−1}: row i, column j is how unit i of the new state moves with j.

    Shape (T, S, S), or (T, B, S, S) for a batch. The state s is h, and S = H; for an LSTM it is h
    and c, one after the other, and S = 2H: h alone does not determine the next h. There h and c
    are two independent coordinates, so that the Jacobians of successive steps can be multiplied.
    """

    total: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class Jacobians(StateJacobians):
    """The Jacobian of a GRU, and the four paths that it is the sum of; each like ``total``.

    The norms of the four do not add up to that of their sum: paths can cancel.
    """

    leak: Array  # D(u): the old state that is kept
    update: Array  # D((h − n) u̇) U_u: through the update gate
    candidate: Array  # through U_n, with r held fixed
    reset: Array  # through the reset gate


@overload
def backpropagate(trace: Trace, d_h: object) -> GRUGradients: ...
@overload
def backpropagate(trace: RNNTrace, d_h: object) -> RNNGradients: ...
@overload
def backpropagate(trace: LSTMTrace, d_h: object) -> LSTMGradients: ...
def backpropagate(trace: AnyTrace, d_h: object) -> Gradients[Any]:
    """The gradients of a loss by everything that the trace was computed from.

    d_h: (T, H) or (T, B, H) as ``trace.h``, the loss's own gradient on each h_t: row t is ∂L/∂h_t
        with later states held fixed. For a loss on the last state only, all other rows are zero.
    Raises InputError on another shape, on NaN or infinity, and when a gradient outgrows float64.
    """
    cell = linearise(trace)
    delta = cell.own_gradient(d_h)
    back = np.zeros(delta.shape[1:])
    with np.errstate(over="ignore", invalid="ignore"):
        for t in reversed(range(len(trace))):
            delta[t] += back
            back = cell.back(delta[t], t)
    require_finite("∂L/∂h", delta)
    return cell.gradients(delta, back)


@overload
def jacobians(trace: Trace) -> Jacobians: ...
@overload
def jacobians(trace: RNNTrace | LSTMTrace) -> StateJacobians: ...
def jacobians(trace: AnyTrace) -> StateJacobians:
    """∂s_t/∂s_{t−1} of every step, for one sequence or a batch; of a GRU also its four paths."""
    cell = linearise(trace)
    # Row i of a Jacobian is what a gradient on unit i alone becomes one step earlier.
    units = np.eye(cell.size).reshape(cell.size, *[1] * (trace.h.ndim - 1), cell.size)
    total = np.moveaxis(cell.back(units, slice(None)), 0, -2)
    if isinstance(cell, _GRU):
        return Jacobians(total=total, **cell.paths())
    return StateJacobians(total=total)


def products(total: Array) -> Array:
    """∂s_T/∂s_t for every t, from ∂s_t/∂s_{t−1} as ``StateJacobians.total``; of the same shape.

    The last is the identity. Raises InputError when a product outgrows float64.
    """
    result = np.empty_like(total)
    result[-1] = np.eye(total.shape[-1])
    with np.errstate(over="ignore", invalid="ignore"):
        for t in reversed(range(len(total) - 1)):
            result[t] = result[t + 1] @ total[t + 1]
    require_finite("∂h_T/∂h_t", result)
    return result


def linearise(trace: AnyTrace) -> Linearised:
    """The steps of the trace, each ready to carry a gradient back."""
    match trace:
        case Trace():
            return _GRU(trace)
        case RNNTrace():
            return _RNN(trace)
        case LSTMTrace():
            return _LSTM(trace)


class Linearised(ABC):
    """The steps of a trace as what they are to a gradient: linear, with slopes that are known.

    A gradient δ has the state, of length ``size``, on its last axis, before it the batch if there
    is one, and before that whatever the caller needs. ``t`` is a step; with ``slice(None)`` it is
    all of them at once, and time is the first of the trace's axes that δ has or broadcasts to.
    """

    def __init__(self, trace: AnyTrace, size: int) -> None:
        self.shape = trace.h.shape
        self.size = size

    def own_gradient(self, d_h: object) -> Array:
        """d_h, checked, as a gradient on the state of each step: (T, …, size), zero beyond h."""
        given = real_array("d_h", d_h)
        if given.shape != self.shape:
            raise InputError(
                "{name}: expected shape {expected}, got {actual}. "
                "Give one number for each h of the trace: the loss's own gradient on it.",
                name="d_h",
                expected=self.shape,
                actual=given.shape,
            )
        delta = np.zeros((*self.shape[:-1], self.size))
        delta[..., : self.shape[-1]] = given
        return delta

    @abstractmethod
    def back(self, delta: Array, t: int | slice) -> Array:
        """The gradient on the old state, from δ on the new one."""

    @abstractmethod
    def gradients(self, delta: Array, d_start: Array) -> Gradients[Any]:
        """All gradients, from the total δ of every step and the gradient on the first state."""


class _GRUDeltas(NamedTuple):
    r_pre: Array
    z_pre: Array
    n_pre: Array
    n_inner: Array


class _GRU(Linearised):
    """Each slope is that of h' by the pre-activation it is named after; that of r within n_pre."""

    def __init__(self, trace: Trace) -> None:
        super().__init__(trace, trace.parameters.hidden_size)
        self.trace = trace
        self.after = trace.convention.reset == "after"
        slope = GATE_SLOPES[trace.convention.gate]
        sign = 1.0 if trace.convention.z_weights == "state" else -1.0  # ∂u/∂z
        h, u, n = trace.h_previous, trace.keep, trace.n
        self.n_slope = (1 - u) * (1 - n**2)
        self.z_slope = (h - n) * slope(trace.z_pre, trace.z) * sign
        self.r_slope = (trace.n_inner if self.after else h) * slope(trace.r_pre, trace.r)

    def deltas(self, delta: Array, t: int | slice) -> _GRUDeltas:
        d_n_pre = delta * self.n_slope[t]
        d_z_pre = delta * self.z_slope[t]
        if self.after:
            d_n_inner = d_n_pre * self.trace.r[t]
            d_r_pre = d_n_pre * self.r_slope[t]
        else:
            d_n_inner = d_n_pre @ self.trace.parameters.U_n
            d_r_pre = d_n_inner * self.r_slope[t]
        return _GRUDeltas(d_r_pre, d_z_pre, d_n_pre, d_n_inner)

    def back(self, delta: Array, t: int | slice) -> Array:
        p, d = self.trace.parameters, self.deltas(delta, t)
        through_n = d.n_inner @ p.U_n if self.after else d.n_inner * self.trace.r[t]
        d_h: Array = delta * self.trace.keep[t] + d.z_pre @ p.U_z + d.r_pre @ p.U_r + through_n
        return d_h

    def gradients(self, delta: Array, d_start: Array) -> GRUGradients:
        p, x, h = self.trace.parameters, self.trace.inputs, self.trace.h_previous
        d = self.deltas(delta, slice(None))
        return GRUGradients(
            d_parameters=GRUParameters(
                W_r=_by_matrix(d.r_pre, x),
                W_z=_by_matrix(d.z_pre, x),
                W_n=_by_matrix(d.n_pre, x),
                U_r=_by_matrix(d.r_pre, h),
                U_z=_by_matrix(d.z_pre, h),
                U_n=_by_matrix(*(d.n_inner, h) if self.after else (d.n_pre, self.trace.n_inner)),
                b_r=_by_bias(d.r_pre),
                b_z=_by_bias(d.z_pre),
                b_n=_by_bias(d.n_pre),
                c_n=_by_bias(d.n_inner) if self.after else np.zeros(self.size),
            ),
            d_inputs=_by_vector(d.r_pre, p.W_r)
            + _by_vector(d.z_pre, p.W_z)
            + _by_vector(d.n_pre, p.W_n),
            d_h0=d_start,
            d_h=delta,
            d_r_pre=d.r_pre,
            d_z_pre=d.z_pre,
            d_n_pre=d.n_pre,
            d_n_inner=d.n_inner,
        )

    def paths(self) -> dict[str, Array]:
        """The four terms of J, each (T, H, H) or (T, B, H, H)."""
        p, r = self.trace.parameters, self.trace.r
        if self.after:
            candidate = _rows(r, p.U_n)
            reset = _rows(self.r_slope, p.U_r)
        else:
            candidate = p.U_n * r[..., None, :]
            reset = p.U_n @ _rows(self.r_slope, p.U_r)
        return {
            "leak": _rows(self.trace.keep, np.eye(self.size)),
            "update": _rows(self.z_slope, p.U_z),
            "candidate": _rows(self.n_slope, candidate),
            "reset": _rows(self.n_slope, reset),
        }


class _RNN(Linearised):
    """h' = f(W x + b + U h):  δ_pre = δ f'(pre),  the gradient on h is Uᵀ δ_pre."""

    def __init__(self, trace: RNNTrace) -> None:
        super().__init__(trace, trace.parameters.hidden_size)
        self.trace = trace
        # Where ReLU has its corner, the slope is 0, as in PyTorch.
        tanh = trace.parameters.activation == "tanh"
        self.slope: Array = 1 - trace.h**2 if tanh else np.where(trace.h > 0, 1.0, 0.0)

    def back(self, delta: Array, t: int | slice) -> Array:
        d_h: Array = (delta * self.slope[t]) @ self.trace.parameters.U
        return d_h

    def gradients(self, delta: Array, d_start: Array) -> RNNGradients:
        d_pre = delta * self.slope
        return RNNGradients(
            d_parameters=replace(
                self.trace.parameters,
                W=_by_matrix(d_pre, self.trace.inputs),
                U=_by_matrix(d_pre, self.trace.h_previous),
                b=_by_bias(d_pre),
            ),
            d_inputs=_by_vector(d_pre, self.trace.parameters.W),
            d_h0=d_start,
            d_h=delta,
            d_h_pre=d_pre,
        )


class _LSTMDeltas(NamedTuple):
    i_pre: Array
    f_pre: Array
    g_pre: Array
    o_pre: Array
    c: Array


class _LSTM(Linearised):
    """c' = f c + i g, h' = o tanh(c'); the state is h and c, one after the other.

    δ_c = that of later steps + δ_h o (1 − tanh²c')
    δ_i = δ_c g i (1 − i)    δ_f = δ_c c f (1 − f)    δ_g = δ_c i (1 − g²)
    δ_o = δ_h tanh(c') o (1 − o)
    the gradient on h:  Σ U_kᵀ δ_k;    on c, with h held fixed:  δ_c f
    """

    def __init__(self, trace: LSTMTrace) -> None:
        super().__init__(trace, 2 * trace.parameters.hidden_size)
        self.trace = trace
        i, f, g, o = trace.i, trace.f, trace.g, trace.o
        self.c_slope = o * (1 - trace.c_squashed**2)
        self.i_slope = g * i * (1 - i)
        self.f_slope = trace.c_previous * f * (1 - f)
        self.g_slope = i * (1 - g**2)
        self.o_slope = trace.c_squashed * o * (1 - o)

    def deltas(self, delta: Array, t: int | slice) -> _LSTMDeltas:
        d_h, d_c_later = np.split(delta, 2, axis=-1)
        d_c = d_c_later + d_h * self.c_slope[t]
        return _LSTMDeltas(
            i_pre=d_c * self.i_slope[t],
            f_pre=d_c * self.f_slope[t],
            g_pre=d_c * self.g_slope[t],
            o_pre=d_h * self.o_slope[t],
            c=d_c,
        )

    def back(self, delta: Array, t: int | slice) -> Array:
        p, d = self.trace.parameters, self.deltas(delta, t)
        d_h = d.i_pre @ p.U_i + d.f_pre @ p.U_f + d.g_pre @ p.U_g + d.o_pre @ p.U_o
        return np.concatenate([d_h, d.c * self.trace.f[t]], axis=-1)

    def gradients(self, delta: Array, d_start: Array) -> LSTMGradients:
        p, x, h = self.trace.parameters, self.trace.inputs, self.trace.h_previous
        d = self.deltas(delta, slice(None))
        d_h0, d_c0 = np.split(d_start, 2, axis=-1)
        gates = (d.i_pre, d.f_pre, d.g_pre, d.o_pre)
        return LSTMGradients(
            d_parameters=LSTMParameters(
                *(_by_matrix(gate, x) for gate in gates),
                *(_by_matrix(gate, h) for gate in gates),
                *(_by_bias(gate) for gate in gates),
            ),
            d_inputs=_by_vector(d.i_pre, p.W_i)
            + _by_vector(d.f_pre, p.W_f)
            + _by_vector(d.g_pre, p.W_g)
            + _by_vector(d.o_pre, p.W_o),
            d_h0=d_h0,
            d_h=delta[..., : self.shape[-1]],
            d_c0=d_c0,
            d_c=d.c,
            d_i_pre=d.i_pre,
            d_f_pre=d.f_pre,
            d_g_pre=d.g_pre,
            d_o_pre=d.o_pre,
        )


def _rows(v: Array, matrix: Array) -> Array:
    """D(v) M, at every step."""
    return v[..., :, None] * matrix


def _by_matrix(delta: Array, vector: Array) -> Array:
    """∂L/∂M of M v = a, where δ is ∂L/∂a: Σ δ vᵀ over steps and sequences, in one product."""
    product: Array = _table(delta).T @ _table(vector)
    return product


def _by_vector(delta: Array, matrix: Array) -> Array:
    """∂L/∂v of M v = a, where δ is ∂L/∂a: Mᵀ δ for all steps and sequences, in one product."""
    return (_table(delta) @ matrix).reshape(*delta.shape[:-1], matrix.shape[1])


def _by_bias(delta: Array) -> Array:
    """Σ δ over steps and sequences."""
    total: Array = _table(delta).sum(axis=0)
    return total


def _table(over_time: Array) -> Array:
    """(T, …, K) as one row for each step and sequence."""
    return over_time.reshape(-1, over_time.shape[-1])
