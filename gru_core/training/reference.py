"""The same numbers from PyTorch, in double precision, to hold ours against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from gru_core.data.backward_setup import BackwardSetup
from gru_core.data.setup import Setup
from gru_core.errors import InputError
from gru_core.maths.gru import Trace
from gru_core.maths.parameters import NAMES, GRUParameters
from gru_core.maths.weights import load_into_torch

Method = Literal["nn.GRU", "torch operations"]


def largest_difference_from_torch(setup_or_trace: Setup | Trace) -> tuple[float, Method]:
    """The largest absolute difference between our h and PyTorch's, over all steps and units.

    A trace, single or batched, is recomputed from its parameters, inputs and h0: by ``nn.GRU``
    after an exact conversion where there is one, else written out in torch operations. The second
    value says which. NaN if either has a NaN.
    """
    trace = setup_or_trace.unroll() if isinstance(setup_or_trace, Setup) else setup_or_trace
    method: Method = "nn.GRU"
    with torch.no_grad():
        try:
            h = _by_module(trace)
        except InputError:  # no exact conversion
            h, method = _by_operations(trace), "torch operations"
    return float((h - torch.tensor(trace.h)).abs().max()), method


def _by_module(trace: Trace) -> Tensor:
    gru = torch.nn.GRU(
        trace.parameters.input_size, trace.parameters.hidden_size, dtype=torch.float64
    )
    load_into_torch(gru, trace.parameters, trace.convention)
    h: Tensor = gru(torch.tensor(trace.inputs), torch.tensor(trace.h0)[None])[0]
    return h


def gradients_by_autograd(setup: BackwardSetup) -> GRUParameters:
    """∂L/∂W for every parameter, by autograd in double precision, from the definition of L."""
    weights = [
        torch.tensor(getattr(setup.setup.parameters, name), requires_grad=True) for name in NAMES
    ]
    h = _by_operations(setup.trace, weights)
    counted = h if setup.loss_on == "all" else h[-1:]
    loss = 0.5 * ((counted - torch.tensor(setup.target)) ** 2).sum()
    loss.backward()  # type: ignore[no-untyped-call]
    # With reset before, c_n takes no part and has no gradient.
    return GRUParameters(
        *(torch.zeros_like(w).numpy() if w.grad is None else w.grad.numpy() for w in weights)
    )


def _by_operations(trace: Trace, weights: Sequence[Tensor] | None = None) -> Tensor:
    """Written from the definitions once more, so that a slip in ``maths.gru`` would show."""
    W_r, W_z, W_n, U_r, U_z, U_n, b_r, b_z, b_n, c_n = weights or (
        torch.tensor(getattr(trace.parameters, name)) for name in NAMES
    )
    gate = torch.sigmoid if trace.convention.gate == "sigmoid" else _hard_sigmoid
    h = torch.tensor(trace.h0)
    states = []
    for x in torch.tensor(trace.inputs):
        r = gate(x @ W_r.T + b_r + h @ U_r.T)
        z = gate(x @ W_z.T + b_z + h @ U_z.T)
        if trace.convention.reset == "after":
            n = torch.tanh(x @ W_n.T + b_n + r * (h @ U_n.T + c_n))
        else:
            n = torch.tanh(x @ W_n.T + b_n + (r * h) @ U_n.T)
        h = torch.lerp(n, h, z) if trace.convention.z_weights == "state" else torch.lerp(h, n, z)
        states.append(h)
    return torch.stack(states)


def _hard_sigmoid(a: Tensor) -> Tensor:
    return torch.clamp(0.2 * a + 0.5, 0.0, 1.0)
