"""A long short-term memory, with its cell state and every intermediate value named.

i, f, o = σ(W x + b + U h), g = tanh(W x + b + U h), each with its own W, b and U;
c' = f ∘ c + i ∘ g, h' = o ∘ tanh(c').

Source: Hochreiter & Schmidhuber 1997, with the forget gate f of Gers et al. 2000 and no
peepholes, in the form of ``torch.nn.LSTM``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from gru_core.maths.cell import (
    CellTrace,
    checked_sequence,
    checked_state,
    input_parts,
    require_finite,
    with_start,
)
from gru_core.maths.gru import sigmoid
from gru_core.maths.parameters import Array, CellParameters
from gru_core.maths.weights import torch_layer


@dataclass(frozen=True, eq=False)
class LSTMParameters(CellParameters):
    """The weights of one LSTM cell with D inputs and H hidden units.

    W_i, W_f, W_g, W_o: (H, D), multiply the input x, for the input gate, the forget gate, the
        candidate and the output gate.
    U_i, U_f, U_g, U_o: (H, H), multiply the state h.
    b_i, b_f, b_g, b_o: (H,).

    Copies, equality and errors: see ``CellParameters``.
    """

    NAMES: ClassVar[tuple[str, ...]] = tuple(f"{kind}_{gate}" for kind in "WUb" for gate in "ifgo")

    W_i: Array
    W_f: Array
    W_g: Array
    W_o: Array
    U_i: Array
    U_f: Array
    U_g: Array
    U_o: Array
    b_i: Array
    b_f: Array
    b_g: Array
    b_o: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class LSTMTrace(CellTrace):
    """A sequence of T steps. inputs: (T, D) or (T, B, D); everything else (T, H) or (T, B, H).

    For every gate k of i, f, g, o: ``k_pre = k_input + k_recurrent``, ``k_input = W_k x + b_k``
    and ``k_recurrent = U_k h``.
    """

    parameters: LSTMParameters
    c0: Array  # (H,) or (B, H)
    c_previous: Array  # c0, then c without its last step
    i_input: Array
    i_recurrent: Array
    i_pre: Array
    i: Array  # sigmoid(i_pre), in (0, 1)
    f_input: Array
    f_recurrent: Array
    f_pre: Array
    f: Array  # sigmoid(f_pre), in (0, 1)
    g_input: Array
    g_recurrent: Array
    g_pre: Array
    g: Array  # tanh(g_pre), in (-1, 1)
    o_input: Array
    o_recurrent: Array
    o_pre: Array
    o: Array  # sigmoid(o_pre), in (0, 1)
    c_kept: Array  # f ∘ c_previous
    c_new: Array  # i ∘ g
    c: Array  # c_kept + c_new
    c_squashed: Array  # tanh(c); h = o ∘ c_squashed

    @property
    def keep(self) -> Array:
        """f, the weight on the old cell state, under the name that it has in a GRU's trace."""
        return self.f


def unroll(
    parameters: LSTMParameters, inputs: object, h0: object = None, c0: object = None
) -> LSTMTrace:
    """All steps of a sequence, or of a batch of sequences of equal length.

    inputs: (T, D) or (T, B, D), T >= 1. h0, c0: (H,) or (B, H); zeros when None.
    Raises InputError on other shapes, and on NaN or infinity.
    """
    inputs, h0 = checked_sequence(parameters, inputs, h0)
    c0 = checked_state("c0", c0, inputs.shape[1:-1], parameters)
    T = len(inputs)
    # g stands last, so that the three sigmoids are neighbours.
    k_input, k_recurrent, k_pre, k = np.empty((4, 4, T, *h0.shape))
    c_kept, c_new, c_squashed = np.empty((3, T, *h0.shape))
    h_states, c_states = with_start(h0, T), with_start(c0, T)

    input_parts(parameters.stacked("W", "ifog"), parameters.stacked("b", "ifog"), inputs, k_input)
    U = np.ascontiguousarray(parameters.stacked("U", "ifog").swapaxes(1, 2))
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(T):
            k_recurrent[:, t] = h_states[t] @ U
            k_pre[:, t] = k_input[:, t] + k_recurrent[:, t]
            i, f, o = k[:3, t] = sigmoid(k_pre[:3, t])
            g = k[3, t] = np.tanh(k_pre[3, t])
            c_kept[t] = f * c_states[t]
            c_new[t] = i * g
            c_states[t + 1] = c_kept[t] + c_new[t]
            c_squashed[t] = np.tanh(c_states[t + 1])
            h_states[t + 1] = o * c_squashed[t]
    require_finite("c", c_states[1:])
    gates = {
        f"{gate}{part}": array[place]
        for place, gate in enumerate("ifog")
        for part, array in {
            "_input": k_input,
            "_recurrent": k_recurrent,
            "_pre": k_pre,
            "": k,
        }.items()
    }
    return LSTMTrace(
        parameters=parameters,
        inputs=inputs,
        h0=h0,
        c0=c0,
        h_previous=h_states[:-1],
        c_previous=c_states[:-1],
        c_kept=c_kept,
        c_new=c_new,
        c=c_states[1:],
        c_squashed=c_squashed,
        h=h_states[1:],
        **gates,
    )


def from_torch(module_or_state_dict: Any, layer: int = 0, reverse: bool = False) -> LSTMParameters:
    """The parameters of one layer and direction of ``nn.LSTM``, or of an ``nn.LSTMCell``.

    module_or_state_dict: the module, or its ``state_dict()`` with tensors or arrays, gates in
        the order i, f, g, o.
    Raises InputError when the names or shapes are not those of an LSTM without a projection.
    """
    W, U, b_input, b_recurrent = torch_layer(module_or_state_dict, "LSTM", 4, layer, reverse)
    return LSTMParameters(*np.split(W, 4), *np.split(U, 4), *np.split(b_input + b_recurrent, 4))
