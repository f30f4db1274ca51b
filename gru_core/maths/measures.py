"""What a trace or its gradients come down to: a number or a curve, each by a stated definition."""

from __future__ import annotations

import numpy as np

from gru_core.errors import InputError
from gru_core.maths.bptt import AnyTrace, linearise, products
from gru_core.maths.cell import require_finite
from gru_core.maths.gru import Trace
from gru_core.maths.lstm import LSTMTrace
from gru_core.maths.parameters import Array, real_array

LOW, HIGH = 0.1, 0.9
"""A gate value outside of these counts as saturated."""


def saturation(gate: Array, low: float = LOW, high: float = HIGH) -> Array:
    """The share of a unit's gate values that are below ``low`` or above ``high``, from 0 to 1.

    gate: r, z, i, f or o of a trace, (T, H) or (T, B, H). Returns (H,), over steps and batch; its
    mean is the share of all values. ``high=1`` counts only shut gates, ``low=0`` only open ones.
    Raises InputError unless 0 <= low <= high <= 1.
    """
    if not 0.0 <= low <= high <= 1.0:
        raise InputError(
            "low and high: expected 0 ≤ low ≤ high ≤ 1, got {low} and {high}. "
            "Gate values lie between 0 and 1, and low is the smaller bound.",
            low=low,
            high=high,
        )
    share: Array = ((gate < low) | (gate > high)).mean(axis=_all_but_units(gate))
    return share


def half_life(trace: Trace | LSTMTrace) -> Array:
    """Steps in which a unit's old state is halved along the leak path: ln ½ / mean(ln u).

    u is ``trace.keep``, the weight on the old state: z or 1 − z of a GRU, f of an LSTM, whose
    state here is c. The mean is over steps and batch, so that the product of the weights over one
    half-life is, at that average rate, ½. Returns (H,): 0 where u was 0 at some step, infinite
    where u was always 1.
    """
    with np.errstate(divide="ignore"):
        rate = np.log(trace.keep).mean(axis=_all_but_units(trace.keep))
        steps: Array = np.log(2.0) / np.abs(rate)
    return steps


def gradient_norms(d_over_time: Array) -> Array:
    """‖∂L/∂h_t‖₂ of every step: (T,) from (T, H), (T, B) from (T, B, H).

    d_over_time: ``d_h`` of any ``Gradients``, or ``d_c`` of an LSTM's.
    """
    return _norm(d_over_time)


def horizon(norms: Array, fraction: float) -> int | None:
    """How many steps back a gradient reaches: until its norm is under ``fraction`` of its last.

    norms: (T,), ‖∂L/∂h_t‖. The last norm is that of the last step that has any gradient; for a
    loss on an earlier state only, the steps after it have none. Returns the smallest k such that
    the norm k steps before that, and of every step before those, is under ``fraction`` times the
    last norm: so nothing earlier has a larger say. None when no such step is in the sequence; 0
    when there is no gradient at all.
    Raises InputError when norms are not one row of numbers, or ``fraction`` is not in (0, 1].
    """
    norms = real_array("norms", norms)
    if norms.ndim != 1 or not 0.0 < fraction <= 1.0:
        raise InputError(
            "horizon: expected norms of shape (T,) and a fraction above 0 and up to 1, "
            "got shape {shape} and {fraction}. Give one sequence, and a fraction such as 0.01.",
            shape=norms.shape,
            fraction=fraction,
        )
    reached = np.flatnonzero(norms)
    if not reached.size:
        return 0
    last = int(reached[-1])
    earliest = int(np.argmax(norms >= fraction * norms[last]))
    return last - earliest + 1 if earliest > 0 else None


def pairwise_norms(trace: AnyTrace, d_h: object) -> Array:
    """‖∂L_t/∂h_s‖₂ for every t and s: [t, s] of (T, T), or of (T, T, B) for a batch.

    L_t is the loss of step t alone, which sees only h_t, by the gradient that row t of d_h gives:
    d_h is (T, H) or (T, B, H), as for ``backpropagate``, and stands for L = Σ L_t. So row t is
    what ``gradient_norms`` gives for d_h with all its other rows zero. Zero for s > t.
    Takes O(T² H²) time: no Jacobian is formed. Raises InputError as ``backpropagate``.
    """
    cell = linearise(trace)
    own = cell.own_gradient(d_h)
    T, H = len(trace), trace.h.shape[-1]
    norms = np.zeros((T, *trace.h.shape[:-1]))
    back = own[:0]  # of L_{s+1}, …, L_{T−1}, on the state of step s
    with np.errstate(over="ignore", invalid="ignore"):
        for s in reversed(range(T)):
            deltas = np.concatenate([own[s : s + 1], back])
            norms[s:, s] = _norm(deltas[..., :H])
            back = cell.back(deltas, s)
    require_finite("∂L_t/∂h_s", norms)
    return norms


def spectral_norms(matrices: Array) -> Array:
    """The largest factor by which each matrix stretches a vector: (…,) from (…, S, S)."""
    norms: Array = np.linalg.norm(matrices, ord=2, axis=(-2, -1))
    return norms


def singular_values(total: Array) -> Array:
    """Of ∂s_T/∂s_t for every t, the factors by which it stretches, largest first: (T, …, S).

    total: ∂s_t/∂s_{t−1}, as ``StateJacobians.total``. s is h; for an LSTM it is h and c together.
    The last row is all ones. A value under ε S times the largest of its step, with ε = 2.2e-16,
    is not known, because rounding is as large; it is NaN.
    Raises InputError when a product outgrows float64.
    """
    values = np.linalg.svd(products(total), compute_uv=False)
    noise = np.finfo(np.float64).eps * values.shape[-1] * values[..., :1]
    return np.where(values < noise, np.nan, values)


def _norm(vectors: Array) -> Array:
    """‖v‖₂ on the last axis, also where the squares would leave the range of float64."""
    largest = np.abs(vectors).max(axis=-1, initial=0.0)
    scale = np.where(largest > 0.0, largest, 1.0)
    norm: Array = scale * np.linalg.norm(vectors / scale[..., None], axis=-1)
    return norm


def _all_but_units(over_time: Array) -> tuple[int, ...]:
    return tuple(range(over_time.ndim - 1))
