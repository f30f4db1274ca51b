"""The GRU nodes of an ONNX graph. Nothing of the graph is run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gru_core.errors import N_, InputError
from gru_core.maths.convention import Gate
from gru_core.maths.parameters import Array
from gru_core.maths.weights import from_onnx
from gru_core.training.model_files.model import (
    MAX_NUMBERS,
    Direction,
    Found,
    GRULayer,
    Sentence,
    damaged,
    plain,
    reading,
    require_at_most,
    weights,
)

# Between two GRU nodes these change the axes of a sequence, never its numbers.
_PASSING = {"Cast", "Dropout", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"}
_DIRECTIONS: Mapping[str, tuple[Direction, ...]] = {
    "forward": ("forward",),
    "reverse": ("backward",),
    "bidirectional": ("forward", "backward"),
}


def find_onnx(file: str, content: bytes, found: Found) -> None:
    """Add every direction of every GRU node of the main graph.

    Raises InputError for weights that are not in the file, for activations that GRU Lab does not
    have, for misshapen arrays, and for NaN or infinity.
    """
    with reading(file):
        from onnx import load_model_from_string

        graph = load_model_from_string(content).graph
    found.seen = list(dict.fromkeys(node.op_type for node in graph.node))
    nodes = [node for node in graph.node if node.domain in ("", "ai.onnx")]
    tensors = _Tensors(file, graph)
    feeds: dict[str, tuple[str, ...]] = {value.name: () for value in graph.input}
    for index, node in enumerate(nodes):
        name = plain(node.name) or f"{node.op_type} {index}"
        if node.op_type == "GRU":
            names = _add_gru(file, name, node, tensors, feeds, found)
            feeds |= dict.fromkeys(node.output[:1], names)
        elif node.op_type in ("LSTM", "RNN"):
            found.others[name] = node.op_type
        elif node.op_type in _PASSING and node.input and node.input[0] in feeds:
            feeds |= dict.fromkeys(node.output[:1], feeds[node.input[0]])


def _add_gru(
    file: str,
    name: str,
    node: Any,
    tensors: _Tensors,
    feeds: Mapping[str, Sequence[str]],
    found: Found,
) -> tuple[str, ...]:
    """Add the directions of one node, and return their names."""
    with reading(file):
        from onnx.helper import get_attribute_value

        attributes = {a.name: get_attribute_value(a) for a in node.attribute}
        W_name, R_name, B_name = (*node.input[1:4], "")[:3]
        direction = attributes.get("direction", b"forward").decode()
        linear_before_reset = int(attributes.get("linear_before_reset", 0))
        directions = _DIRECTIONS[direction]
        gate = _gate(attributes, len(directions))
    if gate is None:
        raise InputError(
            "{name}: expected the activations Sigmoid or HardSigmoid(0.2, 0.5), then Tanh, "
            "without clip, got {actual}. GRU Lab has no such cell and cannot show it; "
            "choose another model.",
            name=name,
            actual=plain(attributes),
        )
    W, R = tensors[W_name], tensors[R_name]
    B = tensors[B_name] if B_name else None
    source = node.input[0]
    names = []
    for index, one in enumerate(directions):
        parameters, convention = from_onnx(W, R, B, linear_before_reset, index)
        layer = GRULayer(
            name=f"{name} {one}" if len(directions) > 1 else name,
            direction=one,
            parameters=parameters,
            convention=replace(convention, gate=gate),
            how=_how(linear_before_reset),
        )
        names.append(found.add(layer, feeds.get(source)))
        if len(node.input) > 5 and tensors.holds(node.input[5]):
            found.remark(
                N_("{names}: the file has a first state of its own, but h = 0 is used."), names[-1]
            )
    return tuple(names)


def _how(linear_before_reset: int) -> Sentence:
    if linear_before_reset:
        return Sentence(
            N_(
                "ONNX attribute linear_before_reset=1: r multiplies U_n h + c_n. Gates stand in "
                "the order z, r, h; z weights the old state."
            )
        )
    return Sentence(
        N_(
            "ONNX attribute linear_before_reset=0, which is its default: r multiplies h. Gates "
            "stand in the order z, r, h; z weights the old state."
        )
    )


def _gate(attributes: Mapping[str, Any], directions: int) -> Gate | None:
    """The function of r and z; None if GRU Lab has no such cell.

    Source: the operator GRU of ONNX, attributes activations, activation_alpha, activation_beta.
    """
    default = [b"Sigmoid", b"Tanh"] * directions
    functions = [name.lower() for name in attributes.get("activations", default)]
    # Neither Sigmoid nor Tanh takes any, so all that are given belong to HardSigmoids.
    slopes, offsets = (attributes.get(f"activation_{key}", []) for key in ("alpha", "beta"))
    is_hard = all(math.isclose(slope, 0.2, rel_tol=1e-6) for slope in slopes) and all(
        math.isclose(offset, 0.5, rel_tol=1e-6) for offset in offsets
    )
    if "clip" in attributes:
        return None
    if functions == [b"sigmoid", b"tanh"] * directions:
        return "sigmoid"
    return (
        "hard_sigmoid" if functions == [b"hardsigmoid", b"tanh"] * directions and is_hard else None
    )


class _Tensors:
    """The constants of a graph by name. Each use of one counts as many numbers."""

    def __init__(self, file: str, graph: Any) -> None:
        self.file = file
        self.protos = {tensor.name: tensor for tensor in graph.initializer}
        self.used = 0
        for node in graph.node:
            if node.op_type == "Constant" and node.output and node.attribute:
                self.protos[node.output[0]] = node.attribute[0].t

    def holds(self, name: str) -> bool:
        """Whether there is such a constant, and it is not zero."""
        return name in self.protos and bool(self[name].any())

    def __getitem__(self, name: str) -> Array:
        label = plain(name) or "W"
        proto = self.protos.get(name)
        if proto is None:
            raise InputError(
                "{name}: expected weights that stand in the file, got a value that the graph "
                "computes or is given. Export the model again with constant folding.",
                name=label,
            )
        with reading(self.file):
            from onnx import TensorProto as T
            from onnx.numpy_helper import to_array

            if proto.data_location == T.EXTERNAL or proto.external_data:
                raise InputError(
                    "{file}: expected all weights in the file itself, got a link to something "
                    "else at {actual}. Save the model as one file.",
                    file=self.file,
                    actual=label,
                )
            if proto.data_type not in (T.DOUBLE, T.FLOAT, T.FLOAT16, T.BFLOAT16):
                raise damaged(self.file)
            raw = to_array(proto).astype(np.float64)
        self.used += raw.size
        require_at_most("numbers", self.used, MAX_NUMBERS)
        return weights(label, raw)
