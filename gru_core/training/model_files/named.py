"""GRU layers told by the names of their arrays: PyTorch's, and GRU Lab's own."""

from __future__ import annotations

import re

import numpy as np

from gru_core.errors import N_, InputError
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.parameters import NAMES, GRUParameters
from gru_core.maths.weights import from_torch
from gru_core.training.model_files.model import (
    NAME,
    OTHER_CELLS,
    Contents,
    Found,
    GRULayer,
    Sentence,
    in_order,
    plain,
)

_TORCH = re.compile(rf"((?:{NAME}\.)?)weight_hh((?:_l(\d{{1,3}})(_reverse)?)?)")
_LAB = re.compile(rf"((?:{NAME}[./])?)U_n")
_CHOICES = {"z": "z_weights", "reset": "reset", "gate": "gate"}


def find_torch(contents: Contents, found: Found) -> None:
    """Add the layers of every nn.GRU and nn.GRUCell in a state dict, however deep in a model.

    Raises InputError when one has missing or misshapen arrays, or NaN or infinity.
    """
    matches = []
    for match in filter(None, map(_TORCH.fullmatch, in_order(contents.arrays))):
        # With a projection, the recurrent matrix of an LSTM may have the shape of a GRU's.
        is_projected = f"{match[1]}weight_hr{match[2]}" in contents
        gates = 4 if is_projected else contents.gates(match[0], axis=0)
        if gates in OTHER_CELLS:
            found.others[match[0]] = OTHER_CELLS[gates]
        else:
            matches.append(match)
    is_one_module = len({match[1] for match in matches}) == 1
    for match in matches:
        module, ending, layer, reverse = match.groups()
        entries = [f"{kind}_{side}{ending}" for kind in ("weight", "bias") for side in ("ih", "hh")]
        state = {
            entry: contents.numbers(module + entry)
            for entry in entries
            if module + entry in contents
        }
        index = int(layer or 0)
        parameters, convention = from_torch(state, index, bool(reverse))
        before = {f"{module}l{index - 1}", f"{module}l{index - 1}_reverse"}
        follows = [other.name for other in found.layers if other.name in before]
        found.add(
            GRULayer(
                name=module + (ending.removeprefix("_") or "cell"),
                direction="backward" if reverse else "forward",
                parameters=parameters,
                convention=convention,
                how=Sentence(
                    N_(
                        "PyTorch's names weight_ih and weight_hh, with 3 × {hidden} rows: gates in "
                        "the order r, z, n; z weights the old state; r multiplies U_n h + c_n."
                    ),
                    {"hidden": parameters.hidden_size},
                ),
            ),
            () if is_one_module and index == 0 else follows or None,
        )


def find_lab(contents: Contents, found: Found) -> None:
    """Add the cells saved under GRU Lab's own names W_r, …, c_n, and maybe z, reset and gate.

    Raises InputError when one has missing or misshapen arrays, or NaN or infinity.
    """
    for name in in_order(contents.arrays):
        if not (match := _LAB.fullmatch(name)):
            continue
        module = match[1]
        arrays = {key: contents.numbers(module + key) for key in NAMES if module + key in contents}
        missing = [key for key in NAMES if key[0] in "WU" and key not in arrays]
        if missing:
            raise InputError(
                "{name}: expected the arrays {expected} beside it, got a file without them. "
                "Save all the matrices of the cell.",
                name=name,
                expected=", ".join(missing),
            )
        choices = {
            field: plain(contents.texts[module + key], 20)
            for key, field in _CHOICES.items()
            if module + key in contents.texts
        }
        convention = Convention(**vars(PYTORCH) | choices)
        biases = {key: np.zeros(arrays["U_n"].shape[:1]) for key in NAMES if key[0] in "bc"}
        parameters = GRUParameters(**biases | arrays)
        parameters.require_meaning_in(convention)
        found.add(
            GRULayer(
                name=module.rstrip("./") or "gru",
                direction="forward",
                parameters=parameters,
                convention=convention,
                how=_how_lab(convention, bool(choices)),
            ),
            (),
        )


def _how_lab(convention: Convention, is_said: bool) -> Sentence:
    if is_said:
        return Sentence(
            N_(
                "GRU Lab's names W_r to c_n; the file says z weights: {z_weights}, "
                "reset: {reset}, gate: {gate}."
            ),
            vars(convention),
        )
    return Sentence(
        N_(
            "GRU Lab's names W_r to c_n, without the texts z, reset and gate: "
            "PyTorch's convention is assumed."
        )
    )
