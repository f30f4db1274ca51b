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
from gru_core.maths.convention import PYTORCH, Convention, Gate
from gru_core.maths.parameters import Array, GRUParameters, real_array


def sigmoid(a: Array) -> Array:
    """σ(a) = 1 / (1 + e^-a), in (0, 1), elementwise."""
    # The same as ln(1 + e^-a) in an exponent, which does not overflow for large -a.
    return np.exp(-np.logaddexp(0.0, -a))


def hard_sigmoid(a: Array) -> Array:
    """clip(0.2 a + 0.5, 0, 1), elementwise: as in TensorFlow.js, Keras 1 and Keras 2.

    Keras 3 documents another slope, a / 6 + 0.5, for the function of that name.
    """
    return np.clip(0.2 * a + 0.5, 0.0, 1.0)


GATES: Mapping[Gate, Callable[[Array], Array]] = MappingProxyType(
    {"sigmoid": sigmoid, "hard_sigmoid": hard_sigmoid}
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
class Trace(Intermediates):
    """A sequence of T steps. inputs: (T, D) or (T, B, D); everything else (T, H) or (T, B, H)."""

    parameters: GRUParameters
    convention: Convention
    h0: Array  # (H,) or (B, H)
    inputs: Array

    def __len__(self) -> int:
        return len(self.inputs)

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
    x, h = real_array("x", x), real_array("h", h)
    _require_shape("x", x, ("D",), parameters)
    _require_state("h", h, x.shape[:-1], parameters)
    return _step(parameters, x, _input_parts(parameters, x), h, convention)


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
    inputs = real_array("inputs", inputs)
    _require_shape("inputs", inputs, ("T", "D"), parameters)
    batch = inputs.shape[1:-1]
    h0 = real_array("h0", np.zeros((*batch, parameters.hidden_size)) if h0 is None else h0)
    _require_state("h0", h0, batch, parameters)

    # The input part does not wait for h, so all steps of it are one matrix product.
    input_parts = _input_parts(parameters, inputs)
    steps: list[Step] = []
    h = h0
    for t, x in enumerate(inputs):
        steps.append(_step(parameters, x, tuple(part[t] for part in input_parts), h, convention))
        h = steps[-1].h
    return Trace(
        parameters=parameters,
        convention=convention,
        h0=h0,
        inputs=inputs,
        **{name: np.stack([getattr(s, name) for s in steps]) for name in _VALUES},
    )


def _input_parts(p: GRUParameters, x: Array) -> tuple[Array, ...]:
    W = np.concatenate([p.W_r, p.W_z, p.W_n])
    b = np.concatenate([p.b_r, p.b_z, p.b_n])
    return tuple(np.split(x @ W.T + b, 3, axis=-1))


def _step(
    p: GRUParameters, x: Array, input_parts: tuple[Array, ...], h: Array, convention: Convention
) -> Step:
    gate = GATES[convention.gate]
    r_input, z_input, n_input = input_parts

    r_recurrent = h @ p.U_r.T
    r_pre = r_input + r_recurrent
    r = gate(r_pre)

    z_recurrent = h @ p.U_z.T
    z_pre = z_input + z_recurrent
    z = gate(z_pre)

    if convention.reset == "after":
        n_inner = h @ p.U_n.T + p.c_n
        n_recurrent = r * n_inner
    else:
        n_inner = r * h
        n_recurrent = n_inner @ p.U_n.T
    n_pre = n_input + n_recurrent
    n = np.tanh(n_pre)

    keep = z if convention.z_weights == "state" else 1 - z
    h_kept = keep * h
    h_new = (1 - keep) * n
    return Step(
        x=x,
        h_previous=h,
        r_input=r_input,
        r_recurrent=r_recurrent,
        r_pre=r_pre,
        r=r,
        z_input=z_input,
        z_recurrent=z_recurrent,
        z_pre=z_pre,
        z=z,
        n_input=n_input,
        n_inner=n_inner,
        n_recurrent=n_recurrent,
        n_pre=n_pre,
        n=n,
        keep=keep,
        h_kept=h_kept,
        h_new=h_new,
        h=h_kept + h_new,
    )


def _require_shape(
    name: str, array: Array, axes: tuple[str, ...], parameters: GRUParameters
) -> None:
    """Require ``axes``, with or without a batch axis B before the last, which has length D."""
    D = parameters.input_size
    if array.ndim in (len(axes), len(axes) + 1) and array.shape[-1] == D and array.size:
        return
    raise InputError(
        "{name}: expected shape {single} or, for a batch, {batched}, with D = {input_size}, "
        "got {actual}. Give at least one row, and one number for each of the {input_size} "
        "columns of W_r.",
        name=name,
        single=_spelled(axes),
        batched=_spelled((*axes[:-1], "B", "D")),
        input_size=D,
        actual=array.shape,
    )


def _spelled(axes: tuple[str, ...]) -> str:
    return f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"


def _require_state(
    name: str, array: Array, batch: tuple[int, ...], parameters: GRUParameters
) -> None:
    expected = (*batch, parameters.hidden_size)
    if array.shape != expected:
        raise InputError(
            "{name}: expected shape {expected}, got {actual}. "
            "Give one number for each hidden unit, and one row for each sequence of a batch.",
            name=name,
            expected=expected,
            actual=array.shape,
        )
