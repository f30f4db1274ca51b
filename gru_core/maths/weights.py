"""GRU weights from the layouts of PyTorch, Keras and ONNX, and back to PyTorch.

PyTorch objects are taken by what they can do, so that this module never imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gru_core.errors import InputError
from gru_core.maths.convention import (
    KERAS,
    KERAS_RESET_BEFORE,
    ONNX,
    ONNX_LINEAR_BEFORE_RESET,
    PYTORCH,
    Convention,
)
from gru_core.maths.convert import convert
from gru_core.maths.parameters import Array, GRUParameters, real_array


def from_torch(
    module_or_state_dict: Any, layer: int = 0, reverse: bool = False
) -> tuple[GRUParameters, Convention]:
    """The parameters of one layer and direction of ``nn.GRU``, or of an ``nn.GRUCell``.

    module_or_state_dict: the module, or its ``state_dict()`` with tensors or arrays:
        weight_ih (3H, D), weight_hh (3H, H), bias_ih and bias_hh (3H,) or neither, with blocks
        in the order r, z, n. The names of an nn.GRU end in ``_l{layer}`` or ``_l{layer}_reverse``.
    Raises InputError when the names or shapes are not those of a GRU.
    """
    W, U, b_input, b_recurrent = torch_layer(module_or_state_dict, "GRU", 3, layer, reverse)
    H = U.shape[1]
    W_r, W_z, W_n = np.split(W, 3)
    U_r, U_z, U_n = np.split(U, 3)
    b_r, b_z, _ = np.split(b_input + b_recurrent, 3)
    b_n, c_n = b_input[2 * H :], b_recurrent[2 * H :]
    return GRUParameters(W_r, W_z, W_n, U_r, U_z, U_n, b_r, b_z, b_n, c_n), PYTORCH


def torch_layer(
    module_or_state_dict: Any, kind: str, gates: int, layer: int = 0, reverse: bool = False
) -> tuple[Array, Array, Array, Array]:
    """One layer and direction of ``nn.{kind}`` or ``nn.{kind}Cell``, gates stacked as they are.

    Returns weight_ih (gates H, D), weight_hh (gates H, H), bias_ih and bias_hh (gates H,); the
    biases are zeros when the module has none.
    Raises InputError when the names or shapes are not those of ``kind``.
    """
    state: Any = (
        module_or_state_dict.state_dict()
        if hasattr(module_or_state_dict, "state_dict")
        else module_or_state_dict
    )
    if not isinstance(state, Mapping):
        raise InputError(
            "Weights: expected an nn.{kind}, an nn.{kind}Cell or a state dict, got {actual}. "
            "Give the module itself, or what its state_dict() returns.",
            kind=kind,
            actual=type(state).__name__,
        )
    is_cell = "weight_ih" in state and layer == 0 and not reverse
    suffix = "" if is_cell else f"_l{layer}" + ("_reverse" if reverse else "")
    weights = [f"weight_ih{suffix}", f"weight_hh{suffix}"]
    biases = [f"bias_ih{suffix}", f"bias_hh{suffix}"]
    present = [name for name in biases if name in state]
    names = weights + biases if present else weights
    missing = [name for name in names if name not in state]
    if missing:
        raise InputError(
            "State dict: expected the entries {expected} of nn.{kind}, got {actual}. Give the "
            "state dict of one nn.{kind} or nn.{kind}Cell, and a layer and direction it has.",
            expected=", ".join(names),
            kind=kind,
            actual=", ".join(map(str, state)) or "none",
        )
    arrays = {name: _from_tensor(name, state[name]) for name in names}
    W, U = (arrays[name] for name in weights)
    spoken = kind if kind == "GRU" else f"plain {kind}"  # an nn.LSTM may have a projection
    H = _hidden_size(weights[0], W, weights[1], U, kind=spoken, gates=gates)
    b_input, b_recurrent = (arrays.get(name, np.zeros(gates * H)) for name in biases)
    for name, bias in zip(biases, (b_input, b_recurrent), strict=True):
        _require_shape(name, bias, (gates * H,))
    return W, U, b_input, b_recurrent


def from_keras(
    kernel: object, recurrent_kernel: object, bias: object = None, reset_after: bool = True
) -> tuple[GRUParameters, Convention]:
    """The parameters of a Keras GRU layer, as ``layer.get_weights()`` returns them.

    kernel: (D, 3H), recurrent_kernel: (H, 3H), blocks in the order z, r, h, applied as x W.
    bias: (2, 3H) with ``reset_after``, its rows for input and recurrence; (3H,) without it.
    Raises InputError when the shapes do not fit.
    """
    W = real_array("kernel", kernel).T
    U = real_array("recurrent_kernel", recurrent_kernel).T
    H = _hidden_size("kernel", W, "recurrent_kernel", U, turned=True)
    shape = (2, 3 * H) if reset_after else (3 * H,)
    biases = real_array("bias", np.zeros(shape) if bias is None else bias)
    if biases.shape != shape:
        raise InputError(
            "bias: expected shape {expected} with reset_after={reset_after}, got {actual}. "
            "Keras keeps two rows of biases with reset_after=True and one without; "
            "check reset_after.",
            expected=shape,
            reset_after=reset_after,
            actual=biases.shape,
        )
    b_input, b_recurrent = biases if reset_after else (biases, np.zeros(3 * H))
    parameters = _from_zrh(W, U, b_input, b_recurrent, reset_after)
    return parameters, KERAS if reset_after else KERAS_RESET_BEFORE


def from_onnx(
    W: object,
    R: object,
    B: object = None,
    linear_before_reset: int = 0,
    direction: int = 0,
) -> tuple[GRUParameters, Convention]:
    """The parameters of one direction of the ONNX operator GRU.

    W: (directions, 3H, D), R: (directions, 3H, H), blocks in the order z, r, h.
    B: (directions, 6H), first the biases of W, then those of R.
    The axis of directions may be absent; else ``direction`` picks from it.
    Raises InputError when the shapes do not fit, or ``linear_before_reset`` is neither 0 nor 1.
    """
    if linear_before_reset not in (0, 1):
        raise InputError(
            "linear_before_reset: expected 0 or 1, got {actual!r}. "
            "Copy the attribute of the ONNX node; when it has none, use 0.",
            actual=linear_before_reset,
        )
    W = _one_direction("W", real_array("W", W), 2, direction)
    R = _one_direction("R", real_array("R", R), 2, direction)
    H = _hidden_size("W", W, "R", R)
    B = _one_direction("B", real_array("B", np.zeros(6 * H) if B is None else B), 1, direction)
    _require_shape("B", B, (6 * H,))
    after = bool(linear_before_reset)
    parameters = _from_zrh(W, R, B[: 3 * H], B[3 * H :], after)
    return parameters, ONNX_LINEAR_BEFORE_RESET if after else ONNX


def to_torch_state_dict(parameters: GRUParameters, convention: Convention) -> dict[str, Array]:
    """The state dict, as NumPy arrays, of a one-layer ``nn.GRU`` that gives the same h.

    Raises InputError when ``convert`` has no exact conversion to PyTorch's convention.
    """
    p = convert(parameters, convention, PYTORCH)
    nothing = np.zeros(p.hidden_size)
    return {
        "weight_ih_l0": np.concatenate([p.W_r, p.W_z, p.W_n]),
        "weight_hh_l0": np.concatenate([p.U_r, p.U_z, p.U_n]),
        "bias_ih_l0": np.concatenate([p.b_r, p.b_z, p.b_n]),
        "bias_hh_l0": np.concatenate([nothing, nothing, p.c_n]),
    }


def load_into_torch(module: Any, parameters: GRUParameters, convention: Convention) -> None:
    """Copy the parameters into ``module``, rounded to its dtype.

    module: an ``nn.GRU`` with one layer and one direction, or an ``nn.GRUCell``, of the same
        sizes. It may lack biases when all of them are zero.
    Raises InputError when it does not fit, or as ``to_torch_state_dict``.
    """
    current = module.state_dict()
    arrays = to_torch_state_dict(parameters, convention)
    if "weight_ih" in current:
        arrays = {name.removesuffix("_l0"): array for name, array in arrays.items()}
    needed = {name: a for name, a in arrays.items() if name in current or a.any()}
    if {*needed} != {*current}:
        raise InputError(
            "Module: expected the entries {expected}, got {actual}. "
            "Give an nn.GRUCell, or an nn.GRU with one layer and one direction; "
            "with bias=True, unless all biases are zero.",
            expected=", ".join(needed),
            actual=", ".join(current) or "none",
        )
    for name, array in needed.items():
        _require_shape(name, current[name], array.shape)
    module.load_state_dict({name: current[name].new_tensor(a) for name, a in needed.items()})


def _from_zrh(
    W: Array, U: Array, b_input: Array, b_recurrent: Array, reset_after: bool
) -> GRUParameters:
    """From stacked blocks z, r, h: W (3H, D), U (3H, H), the two biases (3H,)."""
    W_z, W_r, W_n = np.split(W, 3)
    U_z, U_r, U_n = np.split(U, 3)
    b_z, b_r, b_n = np.split(b_input + b_recurrent, 3)
    c_n = np.zeros_like(b_n)
    if reset_after:
        b_n, c_n = (b[2 * len(b_n) :] for b in (b_input, b_recurrent))
    return GRUParameters(W_r, W_z, W_n, U_r, U_z, U_n, b_r, b_z, b_n, c_n)


def _from_tensor(name: str, value: Any) -> Array:
    if hasattr(value, "detach"):
        value = value.detach().cpu().double().numpy()
    return real_array(name, value)


def _one_direction(name: str, array: Array, ndim: int, direction: int) -> Array:
    if array.ndim != ndim + 1:
        return array
    if not 0 <= direction < len(array):
        raise InputError(
            "direction: expected a number from 0 to {last}, got {actual}. "
            "{name} holds {count} directions, counted from 0.",
            last=len(array) - 1,
            actual=direction,
            name=name,
            count=len(array),
        )
    chosen: Array = array[direction]
    return chosen


def _hidden_size(
    W_name: str,
    W: Array,
    U_name: str,
    U: Array,
    *,
    kind: str = "GRU",
    gates: int = 3,
    turned: bool = False,
) -> int:
    """H, from W (gates H, D) and U (gates H, H). Those that came ``turned`` are shown so."""
    H = int(U.shape[-1]) if U.ndim == 2 else 0
    order = -1 if turned else 1
    rows = f"{gates}H" if gates > 1 else "H"
    for name, array, axes in ((U_name, U, (rows, "H")), (W_name, W, (rows, "D"))):
        if array.ndim != 2 or not array.size or len(array) != gates * H:
            raise InputError(
                "{name}: expected shape {expected} for a {kind}, got {actual}. "
                "Check that it is one, with the same number H of hidden units everywhere, "
                "and whether it needs transposing.",
                name=name,
                expected=f"({', '.join(axes[::order])})",
                kind=kind,
                actual=array.shape[::order],
            )
    return H


def _require_shape(name: str, array: Any, expected: tuple[int, ...]) -> None:
    if tuple(array.shape) != expected:
        raise InputError(
            "{name}: expected shape {expected}, got {actual}. "
            "Give weights and biases of the same sizes H and D.",
            name=name,
            expected=expected,
            actual=tuple(array.shape),
        )
