"""One step of a GRU, and a whole sequence of them, with every intermediate value named.

Axes are always time, batch, unit: T steps, B sequences, H hidden units, D inputs. A matrix W
acts on a vector x as W x; for a batch of rows that is written ``x @ W.T``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

import numpy as np

from gru_core.errors import InputError
from gru_core.maths.cell import (
    CellTrace,
    checked_sequence,
    checked_state,
    input_parts,
    require_finite,
    require_rows,
    with_start,
)
from gru_core.maths.convention import PYTORCH, Convention, Gate
from gru_core.maths.parameters import Array, GRUParameters, real_array


def sigmoid(a: Array) -> Array:
    """σ(a) = 1 / (1 + e^-a), in (0, 1), elementwise."""
    # e^709 is near the largest number of float64: a greater exponent would overflow.
    value: Array = 1.0 / (1.0 + np.exp(np.minimum(-a, 709.0)))
    return value


def hard_sigmoid(a: Array) -> Array:
    """clip(0.2 a + 0.5, 0, 1), elementwise: as in TensorFlow.js, Keras 1 and Keras 2.

    Keras 3 documents another slope, a / 6 + 0.5, for the function of that name.
    """
    return np.clip(0.2 * a + 0.5, 0.0, 1.0)


GATES: Mapping[Gate, Callable[[Array], Array]] = MappingProxyType(
    {"sigmoid": sigmoid, "hard_sigmoid": hard_sigmoid}
)


def sigmoid_slope(pre: Array, value: Array) -> Array:
    """σ'(pre) = σ (1 - σ), from value = σ(pre)."""
    return value * (1.0 - value)


def hard_sigmoid_slope(pre: Array, value: Array) -> Array:
    """0.2 where 0.2 pre + 0.5 is in [0, 1], else 0.

    There is no derivative at the two corners; 0.2 is what PyTorch and TensorFlow.js take there.
    """
    line = 0.2 * pre + 0.5
    return np.where((line >= 0.0) & (line <= 1.0), 0.2, 0.0)


GATE_SLOPES: Mapping[Gate, Callable[[Array, Array], Array]] = MappingProxyType(
    {"sigmoid": sigmoid_slope, "hard_sigmoid": hard_sigmoid_slope}
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Intermediates:
    """Every value between (x, h) and the new h.

    Each is (H,) or (B, H) in a Step, and the same with a leading T in a Trace. For every gate g
    of r, z, n: ``g_pre = g_input + g_recurrent``, and ``g_input = W_g x + b_g``.
    """

    h_previous: Array
    r_input: Array
    r_recurrent: Array  # U_r h
    r_pre: Array
    r: Array  # gate(r_pre), in [0, 1]
    z_input: Array
    z_recurrent: Array  # U_z h
    z_pre: Array
    z: Array  # gate(z_pre), in [0, 1]
    n_input: Array
    n_inner: Array  # reset after: U_n h + c_n, which r multiplies; before: r ∘ h
    n_recurrent: Array  # reset after: r ∘ n_inner; before: U_n n_inner
    n_pre: Array
    n: Array  # tanh(n_pre), in [-1, 1]
    keep: Array  # the weight on the old state: z or 1 - z
    h_kept: Array  # keep ∘ h_previous
    h_new: Array  # (1 - keep) ∘ n
    h: Array  # h_kept + h_new


@dataclass(frozen=True, eq=False, kw_only=True)
class Step(Intermediates):
    """One step. x: (D,) or (B, D); everything else (H,) or (B, H)."""

    x: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class Trace(Intermediates, CellTrace):
    """A sequence of T steps. inputs: (T, D) or (T, B, D); everything else (T, H) or (T, B, H)."""

    parameters: GRUParameters
    convention: Convention

    def step(self, t: int) -> Step:
        """Step t, 0 <= t < T (negative t counts from the end). InputError outside of that."""
        if not -len(self) <= t < len(self):
            raise InputError(
                "t: expected a step from 0 to {last}, got {actual}. "
                "The sequence has {length} steps, counted from 0.",
                last=len(self) - 1,
                actual=t,
                length=len(self),
            )
        return Step(x=self.inputs[t], **{name: getattr(self, name)[t] for name in _VALUES})


_VALUES = tuple(field.name for field in fields(Intermediates))
STEP_NAMES = ("x", *_VALUES)
"""The fields of a Step in the order in which they are computed."""


def step(parameters: GRUParameters, x: object, h: object, convention: Convention = PYTORCH) -> Step:
    """One step from state h and input x.

    Source: Cho et al. 2014, arXiv 1406.1078v3, equations 5 to 8, with biases and with the
    choices of ``Convention``.
    x: (D,) or (B, D). h: (H,) or (B, H), the same B.
    Raises InputError on other shapes, on NaN or infinity, and when c_n is not zero although
    reset acts before.
    """
    parameters.require_meaning_in(convention)
    x = real_array("x", x)
    require_rows("x", x, ("D",), parameters)
    h = checked_state("h", h, x.shape[:-1], parameters)
    return _unroll(parameters, x[None], h, convention).step(0)


def unroll(
    parameters: GRUParameters,
    inputs: object,
    h0: object = None,
    convention: Convention = PYTORCH,
) -> Trace:
    """All steps of a sequence, or of a batch of sequences of equal length.

    inputs: (T, D) or (T, B, D), T >= 1. h0: (H,) or (B, H); zeros when None.
    Raises InputError as ``step`` does.
    """
    parameters.require_meaning_in(convention)
    return _unroll(parameters, *checked_sequence(parameters, inputs, h0), convention)


def _unroll(p: GRUParameters, inputs: Array, h0: Array, convention: Convention) -> Trace:
    T, shape = len(inputs), h0.shape
    gate = GATES[convention.gate]
    # In one block, because fresh memory can cost more time than the arithmetic on it.
    blocks = np.empty((5, 3, T, *shape))
    g_input, g_recurrent, g_pre, g, (n_inner, h_kept, h_new) = blocks
    rz_input, rz_recurrent, rz_pre, rz = blocks[:4, :2]
    n_input, n_recurrent, n_pre, n = blocks[:4, 2]
    keep = g[1] if convention.z_weights == "state" else np.empty_like(n)
    states = with_start(h0, T)

    input_parts(p.stacked("W", "rzn"), p.stacked("b", "rzn"), inputs, out=g_input)
    # h @ U.T is faster with U.T laid out row by row.
    U = np.ascontiguousarray(p.stacked("U", "rzn").swapaxes(1, 2))
    U_rz, U_n = U[:2], U[2]
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(T):
            h = states[t]
            rz_recurrent[:, t] = h @ U_rz
            rz_pre[:, t] = rz_input[:, t] + rz_recurrent[:, t]
            r, z = rz[:, t] = gate(rz_pre[:, t])
            if convention.reset == "after":
                n_inner[t] = h @ U_n + p.c_n
                n_recurrent[t] = r * n_inner[t]
            else:
                n_inner[t] = r * h
                n_recurrent[t] = n_inner[t] @ U_n
            n_pre[t] = n_input[t] + n_recurrent[t]
            n[t] = np.tanh(n_pre[t])
            keep[t] = z if convention.z_weights == "state" else 1 - z
            h_kept[t] = keep[t] * h
            h_new[t] = (1 - keep[t]) * n[t]
            states[t + 1] = h_kept[t] + h_new[t]
    require_finite("h", states[1:])
    return Trace(
        parameters=p,
        convention=convention,
        inputs=inputs,
        h0=h0,
        h_previous=states[:-1],
        r_input=g_input[0],
        r_recurrent=g_recurrent[0],
        r_pre=g_pre[0],
        r=g[0],
        z_input=g_input[1],
        z_recurrent=g_recurrent[1],
        z_pre=g_pre[1],
        z=g[1],
        n_input=n_input,
        n_inner=n_inner,
        n_recurrent=n_recurrent,
        n_pre=n_pre,
        n=n,
        keep=keep,
        h_kept=h_kept,
        h_new=h_new,
        h=states[1:],
    )
