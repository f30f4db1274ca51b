"""From the parameters of one convention to those of another that give the same h."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gru_core.errors import InputError
from gru_core.maths.convention import Convention, Gate
from gru_core.maths.gru import GATES
from gru_core.maths.parameters import GRUParameters


def convert(parameters: GRUParameters, source: Convention, target: Convention) -> GRUParameters:
    """Parameters that compute, in ``target``, the same h for every input as in ``source``.

    What z weights: 1 - gate(a) = gate(-a) for either gate function, so negating W_z, U_z and b_z
    swaps z and 1 - z. Where reset acts: only in the cases of ``_move_reset``.
    Raises InputError, with the reason, when no exact conversion exists.
    """
    parameters.require_meaning_in(source)
    if source.gate != target.gate:
        raise InputError(
            "No exact conversion from {source} to {target} gates: one is smooth, the other "
            "consists of straight pieces, so no weights make them equal everywhere. "
            "Keep the gate function.",
            source=source.gate,
            target=target.gate,
        )
    if source.reset != target.reset:
        parameters = _move_reset(parameters, source)
    if source.z_weights != target.z_weights:
        parameters = replace(
            parameters, W_z=-parameters.W_z, U_z=-parameters.U_z, b_z=-parameters.b_z
        )
    return parameters


def _move_reset(p: GRUParameters, source: Convention) -> GRUParameters:
    """To the other place of reset, where r ∘ (U_n h + c_n) and U_n (r ∘ h) can be made equal."""
    if not p.W_r.any() and not p.U_r.any():
        moved = _move_constant_reset(p, source.gate, to_before=source.reset == "after")
        if moved is not None:
            return moved
    if p.c_n.any():
        unit = int(np.flatnonzero(p.c_n)[0])
        raise InputError(
            "No exact conversion to reset before: r multiplies c_n[{unit}] = {actual}, so its "
            "share of n changes with x and h, and no constant bias can replace it. "
            "Set c_n to zero, or keep reset after.",
            unit=unit,
            actual=float(p.c_n[unit]),
        )
    # Entry (i, j) of U_n gives r_i U_ij h_j in one form and U_ij r_j h_j in the other.
    gates = np.column_stack([p.W_r, p.U_r, p.b_r])
    same_gate = (gates[:, None] == gates[None, :]).all(axis=-1)
    conflicts = np.argwhere((p.U_n != 0) & ~same_gate)
    if len(conflicts):
        i, j = (int(k) for k in conflicts[0])
        raise InputError(
            "No exact conversion of where reset acts: U_n[{i}, {j}] = {actual} carries unit {j} "
            "into unit {i}, and their reset gates differ, so r ∘ (U_n h) and U_n (r ∘ h) differ. "
            "It exists when U_n is diagonal, or joins only units with equal reset gates. "
            "Keep reset where it is.",
            i=i,
            j=j,
            actual=float(p.U_n[i, j]),
        )
    return p


def _move_constant_reset(p: GRUParameters, gate: Gate, to_before: bool) -> GRUParameters | None:
    """With W_r = U_r = 0, r is a constant vector, which U_n and b_n can absorb."""
    r = GATES[gate](p.b_r)
    # A gate that is closed, or nearly, would be divided by: the quotient could overflow.
    if r.min() < 1e-100:
        return None
    ratio = r[:, None] / r[None, :]
    if to_before:
        return replace(p, U_n=p.U_n * ratio, b_n=p.b_n + r * p.c_n, c_n=np.zeros_like(p.c_n))
    return replace(p, U_n=p.U_n / ratio)
