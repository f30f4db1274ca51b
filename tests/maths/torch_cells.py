"""The three cells once more, in torch operations, so that autograd can say what is right."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gru_core.maths.bptt import AnyTrace
from gru_core.maths.gru import Trace
from gru_core.maths.lstm import LSTMTrace
from gru_core.maths.rnn import RNNTrace

Values = dict[str, Tensor]


def hard_sigmoid(a: Tensor) -> Tensor:
    return torch.clamp(0.2 * a + 0.5, 0.0, 1.0)


def gru_step(trace: Trace, p: Values, x: Tensor, s: Values) -> Values:
    gate = torch.sigmoid if trace.convention.gate == "sigmoid" else hard_sigmoid
    h = s["h"]
    r_pre = x @ p["W_r"].T + p["b_r"] + h @ p["U_r"].T
    z_pre = x @ p["W_z"].T + p["b_z"] + h @ p["U_z"].T
    r, z = gate(r_pre), gate(z_pre)
    if trace.convention.reset == "after":
        n_inner = h @ p["U_n"].T + p["c_n"]
        n_pre = x @ p["W_n"].T + p["b_n"] + r * n_inner
    else:
        n_inner = r * h
        n_pre = x @ p["W_n"].T + p["b_n"] + n_inner @ p["U_n"].T
    n = torch.tanh(n_pre)
    new = z * h + (1 - z) * n if trace.convention.z_weights == "state" else (1 - z) * h + z * n
    return {"r_pre": r_pre, "z_pre": z_pre, "n_inner": n_inner, "n_pre": n_pre, "h": new}


def rnn_step(trace: RNNTrace, p: Values, x: Tensor, s: Values) -> Values:
    pre = x @ p["W"].T + p["b"] + s["h"] @ p["U"].T
    return {"h_pre": pre, "h": getattr(torch, trace.parameters.activation)(pre)}


def lstm_step(trace: LSTMTrace, p: Values, x: Tensor, s: Values) -> Values:
    pre = {k: x @ p[f"W_{k}"].T + p[f"b_{k}"] + s["h"] @ p[f"U_{k}"].T for k in "ifgo"}
    i, f, o = (torch.sigmoid(pre[k]) for k in "ifo")
    c = f * s["c"] + i * torch.tanh(pre["g"])
    return {f"{k}_pre": pre[k] for k in "ifgo"} | {"c": c, "h": o * torch.tanh(c)}


STEPS: dict[type, Callable[..., Values]] = {
    Trace: gru_step,
    RNNTrace: rnn_step,
    LSTMTrace: lstm_step,
}


def leaves(trace: AnyTrace) -> tuple[Values, Tensor, Values]:
    """Parameters, inputs and first state, as tensors to be differentiated by."""

    def leaf(array: object) -> Tensor:
        return torch.tensor(array, requires_grad=True)

    parameters = {name: leaf(getattr(trace.parameters, name)) for name in trace.parameters.NAMES}
    state = {name: leaf(getattr(trace, f"{name}0")) for name in state_names(trace)}
    return parameters, leaf(trace.inputs), state


def state_names(trace: AnyTrace) -> str:
    return "hc" if isinstance(trace, LSTMTrace) else "h"


def run(trace: AnyTrace, p: Values, inputs: Tensor, state: Values) -> list[Values]:
    """Every value of every step, each keeping its gradient."""
    steps: list[Values] = []
    for x in inputs:
        state = STEPS[type(trace)](trace, p, x, state)
        for value in state.values():
            if value.requires_grad:
                value.retain_grad()
        steps.append(state)
    return steps


def state_jacobian(trace: AnyTrace, first: int, last: int) -> Tensor:
    """∂s_last/∂s_first of a single sequence by autograd, (S, S); first = −1 is the state before."""
    p, inputs, _ = leaves(trace)
    names = state_names(trace)
    start = torch.cat(
        [
            torch.tensor(getattr(trace, name)[first] if first >= 0 else getattr(trace, f"{name}0"))
            for name in names
        ]
    )

    def later(s: Tensor) -> Tensor:
        state = dict(zip(names, s.chunk(len(names)), strict=True))
        for x in inputs[first + 1 : last + 1]:
            state = STEPS[type(trace)](trace, p, x, state)
        return torch.cat([state[name] for name in names])

    result: Tensor = torch.autograd.functional.jacobian(later, start)
    return result
