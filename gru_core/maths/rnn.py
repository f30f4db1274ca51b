"""A simple recurrent network, h' = f(W x + b + U h), with every intermediate value named.

Source: Elman 1990, "Finding structure in time", in the form of ``torch.nn.RNN``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from gru_core.errors import InputError
from gru_core.maths.cell import CellTrace, checked_sequence, input_parts, require_finite, with_start
from gru_core.maths.parameters import Array, CellParameters
from gru_core.maths.weights import torch_layer

Activation = Literal["tanh", "relu"]


def relu(a: Array) -> Array:
    """max(a, 0), elementwise."""
    return np.maximum(a, 0.0)


ACTIVATIONS: Mapping[Activation, Callable[[Array], Array]] = MappingProxyType(
    {"tanh": np.tanh, "relu": relu}
)


@dataclass(frozen=True, eq=False)
class RNNParameters(CellParameters):
    """The weights of one simple recurrent cell with D inputs and H hidden units.

    W: (H, D), multiplies the input x. U: (H, H), multiplies the state h. b: (H,).
    activation: f, ``"tanh"`` or ``"relu"``; InputError when it is neither.

    Copies, equality and errors: see ``CellParameters``.
    """

    NAMES: ClassVar[tuple[str, ...]] = ("W", "U", "b")

    W: Array
    U: Array
    b: Array
    activation: Activation = "tanh"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.activation not in get_args(Activation):
            raise InputError(
                "{name}: expected one of {expected}, got {actual!r}. "
                "Choose one of the values listed.",
                name="activation",
                expected=", ".join(get_args(Activation)),
                actual=self.activation,
            )


@dataclass(frozen=True, eq=False, kw_only=True)
class RNNTrace(CellTrace):
    """A sequence of T steps. inputs: (T, D) or (T, B, D); everything else (T, H) or (T, B, H)."""

    parameters: RNNParameters
    h_input: Array  # W x + b
    h_recurrent: Array  # U h
    h_pre: Array  # h_input + h_recurrent; h is its activation


def unroll(parameters: RNNParameters, inputs: object, h0: object = None) -> RNNTrace:
    """All steps of a sequence, or of a batch of sequences of equal length.

    inputs: (T, D) or (T, B, D), T >= 1. h0: (H,) or (B, H); zeros when None.
    Raises InputError on other shapes, on NaN or infinity, and when a state with ReLU, which has
    no bound, outgrows float64.
    """
    inputs, h0 = checked_sequence(parameters, inputs, h0)
    T = len(inputs)
    activation = ACTIVATIONS[parameters.activation]
    h_input, h_recurrent, h_pre = np.empty((3, T, *h0.shape))
    states = with_start(h0, T)

    input_parts(parameters.W[None], parameters.b[None], inputs, out=h_input[None])
    U = np.ascontiguousarray(parameters.U.T)
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(T):
            h_recurrent[t] = states[t] @ U
            h_pre[t] = h_input[t] + h_recurrent[t]
            states[t + 1] = activation(h_pre[t])
    require_finite("h", states[1:])
    return RNNTrace(
        parameters=parameters,
        inputs=inputs,
        h0=h0,
        h_previous=states[:-1],
        h_input=h_input,
        h_recurrent=h_recurrent,
        h_pre=h_pre,
        h=states[1:],
    )


def from_torch(
    module_or_state_dict: Any,
    layer: int = 0,
    reverse: bool = False,
    activation: Activation | None = None,
) -> RNNParameters:
    """The parameters of one layer and direction of ``nn.RNN``, or of an ``nn.RNNCell``.

    module_or_state_dict: the module, or its ``state_dict()`` with tensors or arrays.
    activation: None takes the module's; a state dict does not tell, and then it is tanh.
    Raises InputError when the names or shapes are not those of an RNN.
    """
    W, U, b_input, b_recurrent = torch_layer(module_or_state_dict, "RNN", 1, layer, reverse)
    of_module: Activation = getattr(module_or_state_dict, "nonlinearity", "tanh")
    return RNNParameters(W, U, b_input + b_recurrent, activation or of_module)
