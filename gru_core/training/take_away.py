"""What a trained run leaves as: files that other tools read.

``weights`` is everywhere what ``Checkpoint.weights_of`` gives: the names of ``network`` without a
run axis. The files hold the cell as its reader computes it, so that the same numbers come out;
where a method of stabilisation still acts in evaluation there is no such cell, and InputError says
so. ``all_weights_file`` is there for every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from gru_core.errors import InputError
from gru_core.maths.parameters import Array
from gru_core.maths.weights import to_torch_state_dict
from gru_core.training.experiment import Experiment
from gru_core.training.network import gru_parameters, plain_weights
from gru_core.training.record import Record

Weights = Mapping[str, Array]
Arrays = dict[str, npt.NDArray[np.float32]]

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
"""Of one layer, before ``_l0`` and so on."""

OPSET = 14
"""The first in which RNN, GRU and LSTM are as they are now, but for new types of numbers."""
IR_VERSION = 8
"""Of the time of that opset or a little later, so that old runtimes open the file too."""

# The blocks of PyTorch's weights (r, z, n and i, f, g, o) in ONNX's order z, r, h and i, o, f, c.
_ONNX_ORDER = {"gru": (1, 0, 2), "rnn": (0,), "lstm": (0, 3, 1, 2)}
_FUNCTIONS = {"gru": ("Sigmoid", "{}"), "rnn": ("{}",), "lstm": ("Sigmoid", "{}", "Tanh")}


def state_dict(experiment: Experiment, weights: Weights) -> Arrays:
    """For a module with an ``nn.GRU``, ``nn.LSTM`` or ``nn.RNN`` and an ``nn.Linear`` ``head``.

    The recurrent part is called after the cell: ``gru.weight_ih_l0`` (3H, D), ``gru.weight_hh_l0``
    (3H, H), ``gru.bias_ih_l0`` and ``gru.bias_hh_l0`` (3H,), as many for each further layer, then
    ``head.weight`` (O, H) and ``head.bias`` (O,). An RNN with ReLU is
    ``nn.RNN(nonlinearity="relu")``. Where z weights the candidate, z's rows are negated, which is
    exact. U is what h is multiplied with: after spectral or weight normalisation. Raises InputError
    where PyTorch has no such cell and no exact conversion exists.
    """
    e, weights = experiment, plain_weights(experiment, weights)
    if e.candidate == "relu" and e.cell != "rnn":
        raise InputError(
            "{name}: expected tanh for {expected}, got ReLU. PyTorch's layer has no other "
            "function, and no weights make the two equal. Take the ONNX file or the PyTorch "
            "script instead.",
            name="candidate",
            expected=f"nn.{e.cell.upper()}",
        )
    arrays: Arrays = {}
    for layer in range(e.layers):
        of_layer = _pytorch_layer(e, weights, layer)
        arrays |= {f"{e.cell}.{name}": array for name, array in of_layer.items()}
    return arrays | {name: _single(weights[name]) for name in ("head.weight", "head.bias")}


def torch_file(experiment: Experiment, weights: Weights) -> bytes:
    """``state_dict`` as ``torch.save`` writes it. InputError as there."""
    import torch

    tensors = {name: torch.from_numpy(a) for name, a in state_dict(experiment, weights).items()}
    stream = BytesIO()
    torch.save(tensors, stream)
    return stream.getvalue()


def all_weights_file(experiment: Experiment, weights: Weights) -> bytes:
    """Every number of the run as safetensors, those of its methods among them, as it was trained.

    The names are those of ``network``, (G·H, D) ``weight_ih_l0`` and so on, then
    ``method.number_l0``; the experiment's JSON is the metadata ``experiment``. The stand-alone
    script of the run computes with them.
    """
    return _safetensors(experiment, {name: _single(array) for name, array in weights.items()})


def safetensors_file(experiment: Experiment, weights: Weights) -> bytes:
    """``state_dict`` as safetensors, with the experiment's JSON as metadata ``experiment``.

    Raises InputError as ``state_dict``.
    """
    return _safetensors(experiment, state_dict(experiment, weights))


def _safetensors(experiment: Experiment, arrays: Arrays) -> bytes:
    from safetensors.numpy import save

    metadata = {"format": "pt", "experiment": experiment.to_json()}
    content: bytes = save(arrays, metadata)
    return content


def record_csv(record: Record) -> str:
    """``Record.table`` as CSV with a header line; what does not exist is empty."""
    return record.table().to_csv(index=False, lineterminator="\n")


def onnx_file(experiment: Experiment, weights: Weights) -> bytes:
    """The network as an ONNX model: every cell, both places of the reset gate, ReLU too.

    Input ``inputs`` (T, B, D) float32, T and B free; output ``answer`` float32, (T, B, O) where
    the task is answered at every step, (1, B, O) where after the last: numbers, or logits of
    classes and bits. States begin at zero. The experiment's JSON is in the metadata.
    Source: https://onnx.ai/onnx/operators/, GRU (linear_before_reset), RNN and LSTM.
    Raises InputError where a method of stabilisation still acts in evaluation.
    """
    from onnx import TensorProto, helper, numpy_helper

    e, weights = experiment, plain_weights(experiment, weights)
    nodes: list[Any] = []
    tensors: dict[str, npt.NDArray[Any]] = {"axis": np.array([1], np.int64)}
    fed, last = "inputs", ""
    for layer in range(e.layers):
        name = f"{e.cell}_l{layer}"
        arrays = _onnx_layer(e, weights, layer)
        tensors |= {f"{name}.{part}": array for part, array in arrays.items()}
        last = f"{name}.last"
        given = [fed, *(f"{name}.{part}" for part in arrays)]
        states = f"{name}.states"  # (T, directions, B, H)
        nodes.append(
            helper.make_node(
                e.cell.upper(), given, [states, last], name=name, **_onnx_attributes(e)
            )
        )
        fed = f"{name}.h"
        nodes.append(helper.make_node("Squeeze", [states, "axis"], [fed], name=fed))
    read = fed if e.about.read == "all" else last
    tensors |= {
        "head.weight": np.ascontiguousarray(_single(weights["head.weight"]).T),
        "head.bias": _single(weights["head.bias"]),
    }
    nodes.append(helper.make_node("MatMul", [read, "head.weight"], ["product"], name="head"))
    nodes.append(helper.make_node("Add", ["product", "head.bias"], ["answer"], name="head.add"))
    steps = "T" if e.about.read == "all" else 1
    shapes: dict[str, list[str | int | None]] = {
        "inputs": ["T", "B", e.about.inputs],
        "answer": [steps, "B", e.about.outputs],
    }
    inputs, answer = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    )
    held = [numpy_helper.from_array(array, name) for name, array in tensors.items()]
    graph = helper.make_graph(nodes, e.task, [inputs], [answer], held)
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(
        graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="GRU Lab"
    )
    helper.set_model_props(model, {"experiment": e.to_json()})
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _pytorch_layer(e: Experiment, weights: Weights, layer: int) -> Arrays:
    """One layer as nn.GRU, nn.LSTM or nn.RNN has it."""
    if e.cell != "gru" or e.reset == "after":
        return {
            f"{name}_l{layer}": _on_state(e, _single(weights[f"{name}_l{layer}"])) for name in NAMES
        }
    try:
        arrays = to_torch_state_dict(gru_parameters(e, weights, layer), e.convention)
    except InputError:
        raise InputError(
            "{name}: expected after the matrix product for {expected}, got before. With {actual} "
            "hidden units U_n (r ∘ h) and r ∘ (U_n h) are different functions, and no weights "
            "make them equal. Take the ONNX file (linear_before_reset=0) or the PyTorch script "
            "instead.",
            name="reset",
            expected="nn.GRU",
            actual=e.hidden,
        ) from None
    return {
        name.replace("_l0", f"_l{layer}"): array.astype(np.float32)
        for name, array in arrays.items()
    }


def _on_state(e: Experiment, stacked: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Rows r, z, n of a GRU so that z weights the old state: 1 − σ(a) = σ(−a)."""
    if e.cell != "gru" or e.z == "state":
        return stacked
    r, z, n = np.split(stacked, 3)
    return np.concatenate([r, -z, n])


def _onnx_layer(e: Experiment, weights: Weights, layer: int) -> Arrays:
    """W (1, G·H, D), R (1, G·H, H) and B (1, 2·G·H) of one layer, in ONNX's order of gates."""
    order = _ONNX_ORDER[e.cell]

    def turned(name: str) -> npt.NDArray[np.float32]:
        stacked = _on_state(e, _single(weights[f"{name}_l{layer}"]))
        blocks = np.split(stacked, len(order))
        return np.concatenate([blocks[place] for place in order])

    W, R, b = (turned(name) for name in ("weight_ih", "weight_hh", "bias_ih"))
    c = turned("bias_hh") if f"bias_hh_l{layer}" in weights else np.zeros_like(b)
    return {"W": W[np.newaxis], "R": R[np.newaxis], "B": np.concatenate([b, c])[np.newaxis]}


def _onnx_attributes(e: Experiment) -> dict[str, Any]:
    attributes: dict[str, Any] = {"hidden_size": e.hidden}
    if e.candidate == "relu":
        attributes["activations"] = [name.format("Relu") for name in _FUNCTIONS[e.cell]]
    if e.cell == "gru":
        attributes["linear_before_reset"] = int(e.reset == "after")
    return attributes


def _single(array: Array) -> npt.NDArray[np.float32]:
    return np.array(array, np.float32, order="C")
