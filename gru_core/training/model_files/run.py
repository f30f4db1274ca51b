"""A sequence through the layers of a model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gru_core.errors import InputError
from gru_core.maths.gru import Trace, unroll
from gru_core.maths.parameters import Array, real_array
from gru_core.training.model_files.model import GRULayer, Model

MAX_STATES = 500_000
"""Steps times hidden units, of all layers: a trace keeps some twenty numbers for each."""


def run_layer(layer: GRULayer, inputs: object) -> Trace:
    """One layer on inputs of its own width, (T, D), from h = 0.

    The trace is in the order in which the layer reads: the steps of a backward layer begin at the
    end of the sequence, so ``trace.h[::-1]`` is aligned with the inputs.
    Raises InputError on another shape, on NaN or infinity, and for more than MAX_STATES.
    """
    return _run([replace(layer, follows=())], inputs)[layer.name]


def run_model(model: Model, inputs: object) -> dict[str, Trace]:
    """The traces of all layers that a sequence of this width reaches, by the layers' names.

    inputs: (T, D). They feed each layer that follows none and takes D numbers; a layer that
        follows others gets their outputs side by side, aligned with the inputs, as in nn.GRU.
    Every layer begins at h = 0, and a trace is in the order in which its layer reads: see
    ``run_layer``. Dropout between layers is not applied, as in evaluation.
    Raises InputError as ``run_layer`` does, and when no layer takes D numbers.
    """
    return _run(list(model.layers), inputs)


def _run(layers: list[GRULayer], inputs: object) -> dict[str, Trace]:
    sequence = real_array("inputs", inputs)
    widths = sorted({one.parameters.input_size for one in layers if not one.follows})
    if sequence.ndim != 2 or len(sequence) == 0 or sequence.shape[1] not in widths:
        raise InputError(
            "inputs: expected shape (T, D) with D = {expected}, got {actual}. "
            "Give one row for each step and one number for each input of a first layer.",
            expected=" or ".join(map(str, widths)),
            actual=sequence.shape,
        )
    units = sum(one.parameters.hidden_size for one in layers)
    if len(sequence) * units > MAX_STATES:
        raise InputError(
            "inputs: expected at most {expected} steps for {units} hidden units, got {actual}. "
            "Give a shorter sequence.",
            expected=MAX_STATES // units,
            units=units,
            actual=len(sequence),
        )
    traces: dict[str, Trace] = {}
    outputs: dict[str, Array] = {}
    for layer in layers:
        if layer.follows and all(name in outputs for name in layer.follows):
            fed = np.concatenate([outputs[name] for name in layer.follows], axis=1)
        elif not layer.follows and layer.parameters.input_size == sequence.shape[1]:
            fed = sequence
        else:
            continue
        order = -1 if layer.direction == "backward" else 1
        trace = unroll(layer.parameters, fed[::order], convention=layer.convention)
        traces[layer.name], outputs[layer.name] = trace, trace.h[::order]
    return traces
