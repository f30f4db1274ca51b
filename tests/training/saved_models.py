"""Model files as the libraries write them, shared by the tests of gru_core.training.model_files."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper


def torch_file(value: object) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


def npz_file(arrays: Mapping[str, Any], compressed: bool = False) -> bytes:
    stream = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(stream, **arrays)
    return stream.getvalue()


def zip_file(members: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_pickle(pickled: bytes) -> bytes:
    """A file of torch.save with another pickle in it."""
    members = members_of(torch_file({"a": torch.zeros(2)}))
    return zip_file(members | {"archive/data.pkl": pickled})


def hdf5_file(
    arrays: Mapping[str, Any], attributes: Mapping[str, Mapping[str, Any]] | None = None
) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, array in arrays.items():
            file[name] = array
        for group, values in (attributes or {}).items():
            file.require_group(group).attrs.update(values)
    return stream.getvalue()


def keras_arrays(
    seed: int, D: int, H: int, bias: str = "after", dtype: str = "float64"
) -> list[np.ndarray]:
    """Kernel, recurrent kernel and bias as Keras shapes them: bias "after", "before" or "none"."""
    rng = np.random.default_rng(seed)
    shapes: list[tuple[int, ...]] = [(D, 3 * H), (H, 3 * H)]
    shapes += {"after": [(2, 3 * H)], "before": [(3 * H,)], "none": []}[bias]
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def keras3_weights(layers: Mapping[str, list[np.ndarray]]) -> bytes:
    """``.weights.h5``: path of the cell -> its variables."""
    return hdf5_file(
        {f"{path}/vars/{i}": a for path, arrays in layers.items() for i, a in enumerate(arrays)},
        {"optimizer/vars": {"name": "adam"}},
    )


def keras_layer(class_name: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": class_name, "config": config}


def keras_gru(name: str, units: int, **changes: Any) -> dict[str, Any]:
    defaults = {
        "name": name,
        "return_sequences": True,
        "go_backwards": False,
        "units": units,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "use_bias": True,
        "reset_after": True,
    }
    return keras_layer("GRU", **defaults | changes)


def keras_archive(layers: list[dict[str, Any]], weights: bytes, version: str = "3.15.1") -> bytes:
    """``.keras`` of a Sequential model."""
    return zip_file(
        {
            "metadata.json": json.dumps({"keras_version": version}).encode(),
            "config.json": json.dumps(keras_layer("Sequential", name="m", layers=layers)).encode(),
            "model.weights.h5": weights,
        }
    )


def onnx_node(index: int, source: str, directions: int, **attributes: Any) -> onnx.NodeProto:
    names = [source, f"W{index}", f"R{index}", f"B{index}"]
    kind = attributes.pop("direction", "bidirectional" if directions == 2 else "forward")
    return helper.make_node(
        "GRU", names, [f"Y{index}"], name=f"gru{index}", direction=kind, **attributes
    )


def onnx_tensors(
    seed: int, D: int, H: int, directions: int = 1, index: int = 0
) -> list[onnx.TensorProto]:
    rng = np.random.default_rng(seed)
    shapes = {"W": (3 * H, D), "R": (3 * H, H), "B": (6 * H,)}
    return [
        numpy_helper.from_array(rng.normal(size=(directions, *shape)), f"{name}{index}")
        for name, shape in shapes.items()
    ]


def onnx_file(nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto]) -> bytes:
    """A graph from X to the last node's first output, in float64."""
    double = onnx.TensorProto.DOUBLE
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "g", [value("X", double, None)], [value(nodes[-1].output[0], double, None)], tensors
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)])
    content: bytes = model.SerializeToString()
    return content
