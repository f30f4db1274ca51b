"""What is read from a model file computes what the library that wrote it computes."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from onnx import helper, load_model_from_string, numpy_helper
from onnx.reference import ReferenceEvaluator

from gru_core.errors import InputError
from gru_core.maths.convention import (
    KERAS,
    KERAS_RESET_BEFORE,
    ONNX,
    ONNX_LINEAR_BEFORE_RESET,
    PYTORCH,
    Convention,
)
from gru_core.maths.gru import unroll
from gru_core.maths.parameters import NAMES, Array
from gru_core.training.model_files import (
    MAX_STATES,
    MAX_UPLOAD,
    Model,
    read_model,
    run_layer,
    run_model,
)
from tests.maths.strategies import random_parameters
from tests.maths.test_weights import KERAS_GATES, keras_states
from tests.training.saved_models import (
    hdf5_file,
    keras3_weights,
    keras_archive,
    keras_arrays,
    keras_gru,
    keras_layer,
    npz_file,
    onnx_file,
    onnx_node,
    onnx_tensors,
    torch_file,
    zip_file,
)

ROOT = Path(__file__).parents[2]
KERAS_FILES = Path(__file__).with_name("keras_files")
pytestmark = pytest.mark.usefixtures("prepared_quarantine")
SINGLE = {"rtol": 0, "atol": 1e-5}
DOUBLE = {"rtol": 0, "atol": 1e-12}


def sequence(D: int, T: int = 7) -> Array:
    return np.random.default_rng(D).normal(size=(T, D))


def outputs(model: Model, inputs: Array) -> dict[str, Array]:
    """The states of every layer that is run, aligned with the inputs."""
    traces = run_model(model, inputs)
    backward = {layer.name for layer in model.layers if layer.direction == "backward"}
    return {name: t.h[::-1] if name in backward else t.h for name, t in traces.items()}


# PyTorch ------------------------------------------------------------------------------------


def state_file(module: torch.nn.Module) -> bytes:
    """The state dict as safetensors: read here, where a file of torch.save costs a process."""
    return safetensors.torch.save(module.state_dict())


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_torch_layers_and_directions(layers: int, bidirectional: bool) -> None:
    gru = torch.nn.GRU(
        3, 4, layers, bidirectional=bidirectional, batch_first=True, dtype=torch.float64
    )
    model = read_model("gru", state_file(gru))
    assert [(one.layer, one.direction) for one in model.layers] == [
        (layer, direction)
        for layer in range(layers)
        for direction in ("forward", "backward")[: 1 + bidirectional]
    ]
    assert {one.convention for one in model.layers} == {PYTORCH}
    assert model.notes == ()
    inputs = sequence(3)
    with torch.no_grad():
        expected = gru(torch.tensor(inputs)[None])[0][0].numpy()
    states = outputs(model, inputs)
    assert list(states) == [one.name for one in model.layers]
    last = [states[one.name] for one in model.layers if one.layer == layers - 1]
    np.testing.assert_allclose(np.concatenate(last, axis=1), expected, **DOUBLE)


def test_a_backward_trace_is_in_the_order_of_reading() -> None:
    gru = torch.nn.GRU(3, 4, bidirectional=True, dtype=torch.float64)
    model = read_model("gru", state_file(gru))
    inputs = sequence(3)
    traces = run_model(model, inputs)
    np.testing.assert_array_equal(traces["l0"].inputs, inputs)
    np.testing.assert_array_equal(traces["l0_reverse"].inputs, inputs[::-1])
    alone = run_layer(model.layers[1], inputs)
    np.testing.assert_array_equal(alone.h, traces["l0_reverse"].h)


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(9, 3)
        self.encoder = torch.nn.ModuleDict({"rnn": torch.nn.GRU(3, 4, 2)})
        self.decoder = torch.nn.GRUCell(5, 2, bias=False)
        self.other = torch.nn.LSTM(3, 4)
        self.projected = torch.nn.LSTM(2, 3, proj_size=2)
        self.head = torch.nn.Linear(4, 1)


def in_parallel(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"module.{key}": value for key, value in state.items()}


@pytest.mark.parametrize(
    ("save", "wrap", "prefix"),
    [
        (safetensors.torch.save, lambda state: state, ""),
        (torch_file, lambda state: {"state_dict": state, "epoch": 3, "lr": [0.1]}, "state_dict."),
        (
            torch_file,
            lambda state: {"model": {"net": state}, "optimizer": {"state": {}}},
            "model.net.",
        ),
        (safetensors.torch.save, in_parallel, "module."),
    ],
    ids=["plain", "state_dict", "nested", "parallel"],
)
def test_grus_inside_a_bigger_model(save, wrap, prefix: str) -> None:
    net = Net()
    model = read_model("net.pth", save(wrap(net.state_dict())))
    names = [f"{prefix}{name}" for name in ("decoder.cell", "encoder.rnn.l0", "encoder.rnn.l1")]
    assert [one.name for one in model.layers] == names
    assert model.layers[2].follows == (names[1],)
    inputs = sequence(3)
    with torch.no_grad():
        expected = net.encoder["rnn"](torch.tensor(inputs, dtype=torch.float32))[0].numpy()
    traces = run_model(model, inputs)
    assert list(traces) == names[1:]
    np.testing.assert_allclose(traces[names[2]].h, expected, **SINGLE)
    unconnected, left_out = map(str, model.notes)
    assert unconnected.startswith(f"{names[0]}, {names[1]}: the file does not say")
    assert "LSTM" in left_out
    assert "other" in left_out
    assert "projected" in left_out


def test_a_gru_cell() -> None:
    cell = torch.nn.GRUCell(3, 4, dtype=torch.float64)
    model = read_model("cell", state_file(cell))
    with torch.no_grad():
        expected = cell(torch.tensor(sequence(3, T=1)))
    np.testing.assert_allclose(run_model(model, sequence(3, T=1))["cell"].h, expected, **DOUBLE)


@pytest.mark.parametrize("save", [torch_file, safetensors.torch.save], ids=["pt", "safetensors"])
def test_other_precisions(save) -> None:
    dtypes = {"a": torch.float16, "b": torch.bfloat16, "c": torch.float32}
    grus = torch.nn.ModuleDict({n: torch.nn.GRU(3, 4).to(dtype) for n, dtype in dtypes.items()})
    layers = read_model("grus", save(grus.state_dict())).layers
    assert [layer.name for layer in layers] == ["a.l0", "b.l0", "c.l0"]
    for layer, gru in zip(layers, grus.values(), strict=True):
        expected = gru.weight_ih_l0[:4].detach().double().numpy()
        np.testing.assert_array_equal(layer.parameters.W_r, expected)


def test_what_told_the_convention_of_torch() -> None:
    (layer,) = read_model("gru", state_file(torch.nn.GRU(3, 4))).layers
    assert str(layer.how) == (
        "PyTorch's names weight_ih and weight_hh, with 3 × 4 rows: gates in the order r, z, n; "
        "z weights the old state; r multiplies U_n h + c_n."
    )
    assert layer.how.template.format(**layer.how.details) == str(layer.how)


def test_torch_and_safetensors_hold_the_same_and_are_told_by_content() -> None:
    gru = torch.nn.GRU(3, 4, 2, bidirectional=True)
    saved = read_model("gru.pt", torch_file(gru.state_dict()))
    assert saved.format == "PyTorch state dict"
    content = safetensors.torch.save(gru.state_dict(), {"format": "pt"})
    arrays = {key: value.numpy() for key, value in gru.state_dict().items()}
    for name in ("model.safetensors", "wrong.npz", ""):
        model = read_model(name, content)
        assert model.format == "safetensors"
        assert model.layers == saved.layers
        assert read_model(name, safetensors.numpy.save(arrays)).layers == saved.layers


# npz ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("compressed", [True, False])
def test_npz_with_the_names_of_torch(compressed: bool) -> None:
    gru = torch.nn.GRU(3, 4, 2, bidirectional=True, dtype=torch.float64)
    arrays = {key: value.numpy() for key, value in gru.state_dict().items()}
    model = read_model("gru.npz", npz_file(arrays, compressed))
    assert model.format == "NumPy npz"
    assert model.layers == read_model("gru", state_file(gru)).layers


@pytest.mark.parametrize("bias", ["after", "before", "none"])
def test_npz_with_the_names_of_keras(bias: str) -> None:
    arrays = keras_arrays(0, 3, 4, bias)
    names = ("gru/cell/kernel", "gru/cell/recurrent_kernel", "gru/cell/bias")
    model = read_model("gru.npz", npz_file(dict(zip(names, arrays, strict=False))))
    check_keras(model, [("gru", arrays, "sigmoid")])


@pytest.mark.parametrize("prefix", ["", "encoder.", "a/b/"])
@pytest.mark.parametrize("told", [True, False])
def test_npz_with_our_own_names(told: bool, prefix: str) -> None:
    parameters = random_parameters(0, 3, 4, "before" if told else "after")
    arrays = {prefix + name: getattr(parameters, name) for name in NAMES}
    if told:
        texts = {"z": "candidate", "reset": "before", "gate": "hard_sigmoid"}
        arrays |= {prefix + name: np.array(text) for name, text in texts.items()}
    (layer,) = read_model("gru.npz", npz_file(arrays)).layers
    assert layer.name == (prefix.rstrip("./") or "gru")
    assert layer.parameters == parameters
    expected = Convention("candidate", "before", "hard_sigmoid") if told else PYTORCH
    assert layer.convention == expected
    assert ("assumed" in str(layer.how)) is not told


def test_npz_of_our_own_without_biases_and_in_columns() -> None:
    parameters = random_parameters(0, 3, 4, b_r=[0] * 4, b_z=[0] * 4, b_n=[0] * 4, c_n=[0] * 4)
    arrays = {name: np.asfortranarray(getattr(parameters, name)) for name in NAMES[:6]}
    (layer,) = read_model("gru.npz", npz_file(arrays)).layers
    assert layer.parameters == parameters


# ONNX ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("linear_before_reset", [0, 1])
def test_onnx_nodes(linear_before_reset: int, kind: str) -> None:
    directions = 2 if kind == "bidirectional" else 1
    node = onnx_node(
        0, "X", directions, hidden_size=4, linear_before_reset=linear_before_reset, direction=kind
    )
    content = onnx_file([node], onnx_tensors(1, 3, 4, directions))
    model = read_model("model.onnx", content)
    assert model.format == "ONNX"
    expected = ONNX_LINEAR_BEFORE_RESET if linear_before_reset else ONNX
    assert {one.convention for one in model.layers} == {expected}
    assert f"linear_before_reset={linear_before_reset}" in str(model.layers[0].how)
    inputs = sequence(3)
    (reference,) = ReferenceEvaluator(load_model_from_string(content)).run(
        None, {"X": inputs[:, None]}
    )
    states = outputs(model, inputs)
    for index, layer in enumerate(model.layers):
        np.testing.assert_allclose(states[layer.name], reference[:, index, 0], **DOUBLE)


def test_a_stack_of_onnx_nodes_and_its_constants() -> None:
    first, second = onnx_tensors(1, 3, 4, 2), onnx_tensors(2, 8, 2, index=1)
    numbers = {"shape": [0, 0, -1], "axes": [1]}
    tensors = [*first, *(numpy_helper.from_array(np.array(v), k) for k, v in numbers.items())]
    nodes = [
        *(helper.make_node("Constant", [], [t.name], value=t) for t in second),
        onnx_node(0, "X", 2, hidden_size=4),
        helper.make_node("Transpose", ["Y0"], ["a"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["a", "shape"], ["b"]),
        onnx_node(1, "b", 1, hidden_size=2, linear_before_reset=1),
        helper.make_node("Squeeze", ["Y1", "axes"], ["Y"]),
    ]
    content = onnx_file(nodes, tensors)
    model = read_model("stack.onnx", content)
    assert [(one.name, one.layer) for one in model.layers] == [
        ("gru0 forward", 0),
        ("gru0 backward", 0),
        ("gru1", 1),
    ]
    assert model.notes == ()
    inputs = sequence(3)
    (reference,) = ReferenceEvaluator(load_model_from_string(content)).run(
        None, {"X": inputs[:, None]}
    )
    np.testing.assert_allclose(outputs(model, inputs)["gru1"], reference[:, 0], **DOUBLE)


@pytest.mark.parametrize(
    ("between", "D"),
    [("Relu", 4), ("Reshape", 2)],  # a Reshape to another width mixes steps
)
def test_an_onnx_node_behind_something_else_is_fed_by_itself(between: str, D: int) -> None:
    tensors = [*onnx_tensors(1, 3, 4), *onnx_tensors(2, D, 4, index=1)]
    nodes = [
        onnx_node(0, "X", 1),
        helper.make_node(between, ["Y0"], ["a"]),
        onnx_node(1, "a", 1),
    ]
    model = read_model("m.onnx", onnx_file(nodes, tensors))
    assert [one.follows for one in model.layers] == [(), ()]
    assert list(run_model(model, sequence(3))) == ["gru0"]
    assert [str(note) for note in model.notes] == [
        "gru1: the file does not say that only GRU layers come before; give each its own inputs."
    ]


@pytest.mark.parametrize(("state", "notes"), [(0.5, 1), (0.0, 0)])
def test_a_first_state_of_onnx_is_told_when_it_is_not_zero(state: float, notes: int) -> None:
    node = onnx_node(0, "X", 1)
    node.input.extend(["", "H"])
    first = numpy_helper.from_array(np.full((1, 1, 4), state), "H")
    model = read_model("m.onnx", onnx_file([node], [*onnx_tensors(1, 3, 4), first]))
    assert len(model.notes) == notes
    assert all("h = 0 is used" in str(note) for note in model.notes)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_what_torch_exports(batch_first: bool, bidirectional: bool) -> None:
    gru = torch.nn.GRU(3, 4, 2, batch_first=batch_first, bidirectional=bidirectional)
    stream = io.BytesIO()
    inputs = sequence(3)
    batch = torch.tensor(inputs, dtype=torch.float32).unsqueeze(0 if batch_first else 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # this exporter is deprecated, but needs no more packages
        torch.onnx.export(gru, (batch,), stream, dynamo=False)
    model = read_model("gru.onnx", stream.getvalue())
    assert model.notes == ()
    with torch.no_grad():
        expected = gru(batch)[0].squeeze(0 if batch_first else 1).numpy()
    states = outputs(model, inputs)
    last = [states[one.name] for one in model.layers if one.layer == 1]
    np.testing.assert_allclose(np.concatenate(last, axis=1), expected, **SINGLE)


@pytest.mark.parametrize("linear_before_reset", [0, 1])
@pytest.mark.parametrize(
    "numbers", [{}, {"activation_alpha": [0.2], "activation_beta": [0.5]}], ids=["default", "given"]
)
def test_the_hard_sigmoid_of_onnx(numbers, linear_before_reset: int) -> None:
    tensors = onnx_tensors(3, 3, 4)
    node = onnx_node(
        0,
        "X",
        1,
        activations=["HardSigmoid", "Tanh"],
        linear_before_reset=linear_before_reset,
        **numbers,
    )
    (layer,) = read_model("hard.onnx", onnx_file([node], tensors)).layers
    assert layer.convention.gate == "hard_sigmoid"
    W, R, B = (numpy_helper.to_array(tensor)[0] for tensor in tensors)
    bias = B.reshape(2, 12) if linear_before_reset else B.reshape(2, 12).sum(axis=0)
    hard = KERAS_GATES["hard_sigmoid"]
    inputs = sequence(3)
    expected = keras_states(inputs, np.zeros(4), W.T, R.T, bias, linear_before_reset, hard)
    np.testing.assert_allclose(run_layer(layer, inputs).h, expected, **DOUBLE)


# Keras --------------------------------------------------------------------------------------


def check_keras(model: Model, expected: list[tuple[str, list[Array], str]]) -> None:
    """Each layer, run by itself, gives what the equations of Keras give."""
    assert [one.name for one in model.layers] == [name for name, _, _ in expected]
    for layer, (_, arrays, gate) in zip(model.layers, expected, strict=True):
        kernel, recurrent, *biases = arrays
        reset_after = layer.convention.reset == "after"
        assert not biases or reset_after == (biases[0].ndim == 2)
        bias = biases[0] if biases else np.zeros((2, kernel.shape[1]) if reset_after else 1)
        inputs = sequence(kernel.shape[0])
        order = -1 if layer.direction == "backward" else 1
        h0 = np.zeros(len(recurrent))
        states = keras_states(
            inputs[::order], h0, kernel, recurrent, bias, reset_after, KERAS_GATES[gate]
        )
        np.testing.assert_allclose(run_layer(layer, inputs).h, states, **DOUBLE)


@pytest.mark.parametrize("path", sorted(KERAS_FILES.glob("*.[hk]*")), ids=lambda path: path.name)
def test_files_that_keras_wrote(path: Path) -> None:
    model = read_model(path.name, path.read_bytes())
    inputs, expected, *others = np.load(KERAS_FILES / f"{path.name.split('.')[0]}.npz").values()
    if ".weights." in path.name:  # it does not say what feeds what
        assert {one.follows for one in model.layers} == {()}
        by_name = {one.name.removeprefix("layers/"): one for one in model.layers}
        states = run_layer(by_name["gru"], inputs).h
        both = (by_name[f"bidirectional/{side}_layer"] for side in ("forward", "backward"))
        states = np.concatenate(
            [run_layer(one, states).h[:: -1 if one.direction == "backward" else 1] for one in both],
            axis=1,
        )
        for name in ("rnn/cell/cells/gru_cell", "rnn/cell/cells/gru_cell_1"):
            states = run_layer(by_name[name], states).h
        np.testing.assert_allclose(states, expected, **SINGLE)
    elif "stack" in path.name:
        names = ["first", "both/forward", "both/backward", "cells/0", "cells/1"]
        assert [one.name for one in model.layers] == names
        np.testing.assert_allclose(outputs(model, inputs)["cells/1"], expected, **SINGLE)
        assert model.notes == ()
    else:
        assert [one.name for one in model.layers] == ["left", "right", "inner/deep", "after_dense"]
        np.testing.assert_allclose(outputs(model, inputs)["inner/deep"], expected, **SINGLE)
        dense, last = others
        # Keras hands on the states of go_backwards in the order in which it read.
        np.testing.assert_allclose(run_layer(model.layers[3], dense).h, last, **SINGLE)
        assert "reset_after=True" in str(model.layers[0].how)
        assert [str(note).split(":")[0] for note in model.notes] == ["after_dense"]


def test_keras_3_weights_written_by_hand() -> None:
    layers = {
        "layers/bidirectional/backward_layer/cell": keras_arrays(1, 3, 2, "before"),
        "layers/bidirectional/forward_layer/cell": keras_arrays(2, 3, 2, "before"),
        "layers/gru/cell": keras_arrays(3, 3, 4),
        "layers/gru_2/cell": keras_arrays(4, 4, 3, "none"),
        "layers/gru_10/cell": keras_arrays(5, 3, 1, "before"),
    }
    rest = {
        "layers/dense": [np.ones((4, 12)), np.ones(12)],
        "layers/gru/cell/seed_generator": [np.ones(2)],
        "layers/lstm/cell": [np.ones((3, 16)), np.ones((4, 16)), np.ones(16)],
        "optimizer": [np.ones((3, 12)), np.ones((4, 12))],
    }
    model = read_model("m.weights.h5", keras3_weights(layers | rest))
    assert model.format == "Keras HDF5"
    names = [path.removesuffix("/cell") for path in layers]
    check_keras(
        model,
        [(name, a, "sigmoid") for name, a in zip(names, layers.values(), strict=True)],
    )
    assert [one.direction for one in model.layers] == ["backward", *["forward"] * 4]
    before, after = KERAS_RESET_BEFORE, KERAS
    assert [one.convention for one in model.layers] == [before, before, after, after, before]
    assert "nothing in the file tells where r acts" in str(model.layers[3].how)
    assert "shape (2, 12) means reset_after=True" in str(model.layers[2].how)
    assert "shape (6,) means reset_after=False" in str(model.layers[0].how)
    assert "LSTM layers/lstm/cell" in " ".join(map(str, model.notes))


def test_a_keras_archive_written_by_hand() -> None:
    a, b = keras_arrays(0, 3, 4), keras_arrays(1, 4, 2, "before")
    c, d = keras_arrays(2, 2, 2, "none"), keras_arrays(3, 4, 1)
    layers = [
        keras_layer("InputLayer", name="in"),
        keras_gru("one", 4),
        keras_layer("SpatialDropout1D", name="drop"),
        keras_gru("two", 2, reset_after=False),
        keras_gru("three", 2, reset_after=False, use_bias=False, return_sequences=False),
        keras_layer("RepeatVector", name="repeat"),
        keras_gru("four", 1),
    ]
    paths = ["gru", "gru_1", "gru_2", "gru_3"]
    weights = {f"layers/{path}/cell": x for path, x in zip(paths, (a, b, c, d), strict=True)}
    model = read_model("m.keras", keras_archive(layers, keras3_weights(weights)))
    names = ("one", "two", "three", "four")
    check_keras(model, [(name, x, "sigmoid") for name, x in zip(names, (a, b, c, d), strict=True)])
    assert [one.layer for one in model.layers] == [0, 1, 2, 0]
    assert [one.follows for one in model.layers] == [(), ("one",), ("two",), ()]
    assert model.layers[2].convention.reset == "before"
    assert "reset_after=False" in str(model.layers[2].how)
    assert [str(note).split(":")[0] for note in model.notes] == ["four"]


@pytest.mark.parametrize("merge_mode", ["concat", "sum"])
def test_bidirectional_outputs_feed_the_next_layer_only_side_by_side(merge_mode: str) -> None:
    layers = [
        keras_layer("Bidirectional", name="both", merge_mode=merge_mode, layer=keras_gru("a", 2)),
        keras_gru("next", 1),
    ]
    weights = {
        "layers/bidirectional/forward_layer/cell": keras_arrays(0, 3, 2),
        "layers/bidirectional/backward_layer/cell": keras_arrays(1, 3, 2),
        "layers/gru/cell": keras_arrays(2, 4 if merge_mode == "concat" else 2, 1),
    }
    model = read_model("m.keras", keras_archive(layers, keras3_weights(weights)))
    together = ("both/forward", "both/backward")
    assert [one.name for one in model.layers] == [*together, "next"]
    assert model.layers[2].follows == (together if merge_mode == "concat" else ())


@pytest.mark.parametrize("ending", ["", ":0"])
@pytest.mark.parametrize("as_bytes", [True, False])
def test_keras_2_files_written_by_hand(as_bytes: bool, ending: str) -> None:
    """Older versions wrote bytes, and a list of layers; hard_sigmoid was the default in them."""
    one, two = keras_arrays(0, 3, 4, "before"), keras_arrays(1, 4, 2)
    layers = [
        keras_gru("z_first", 4, recurrent_activation="hard_sigmoid", reset_after=False),
        keras_gru("a_second", 2),
    ]
    names = ("kernel", "recurrent_kernel", "bias")
    arrays = {
        f"model_weights/{layer}/{layer}/gru_cell/{name}{ending}": array
        for layer, given in (("z_first", one), ("a_second", two))
        for name, array in zip(names, given, strict=True)
    }
    model_config = {
        "class_name": "Sequential",
        "config": layers if as_bytes else {"layers": layers},
    }
    config: object = json.dumps(model_config)
    version: object = "2.2.4"
    if as_bytes:
        config, version = config.encode(), version.encode()
    attributes = {"/": {"model_config": config, "keras_version": version}}
    for layer in ("z_first", "a_second"):
        listed = [f"{layer}/gru_cell/{name}{ending}" for name in names]
        attributes[f"model_weights/{layer}"] = {
            "weight_names": np.array(listed, "S") if as_bytes else listed
        }
    model = read_model("m.h5", hdf5_file(arrays, attributes))
    check_keras(model, [("z_first", one, "hard_sigmoid"), ("a_second", two, "sigmoid")])
    assert model.layers[1].follows == ("z_first",)


def test_a_model_of_a_class_of_its_own_says_nothing_of_its_layers() -> None:
    arrays = keras_arrays(0, 3, 4)
    weights = keras3_weights({"encoder/cell": arrays})
    config = {"class_name": "MyModel", "config": {"units": 4}}
    content = zip_file({"config.json": json.dumps(config).encode(), "model.weights.h5": weights})
    model = read_model("m.keras", content)
    check_keras(model, [("encoder", arrays, "sigmoid")])
    assert "no configuration" in str(model.notes[0])


# Running ------------------------------------------------------------------------------------


def test_inputs_that_no_layer_takes_are_refused() -> None:
    net = read_model("net", state_file(Net()))
    for wrong in (np.zeros((5, 4)), np.zeros((0, 3)), np.zeros(3), np.zeros((5, 1, 3))):
        with pytest.raises(InputError, match=r"expected shape \(T, D\) with D = 3 or 5"):
            run_model(net, wrong)
        with pytest.raises(InputError, match=r"with D = 5"):
            run_layer(net.layers[0], wrong)
    with pytest.raises(InputError, match=r"inputs\[1, 0\]"):
        run_model(net, [[0, 0, 0], [np.nan, 0, 0]])


def test_too_long_a_sequence_is_refused() -> None:
    model = read_model("gru", state_file(torch.nn.GRU(1, 100, bidirectional=True)))
    steps = MAX_STATES // 200
    with pytest.raises(InputError, match=f"at most {steps} steps for 200 hidden units"):
        run_model(model, np.zeros((steps + 1, 1)))


def test_a_deeper_layer_run_by_itself_takes_inputs_of_its_own_width() -> None:
    gru = torch.nn.GRU(3, 4, 2, dtype=torch.float64)
    layer = read_model("gru", state_file(gru)).layers[1]
    inputs = sequence(4)
    expected = unroll(layer.parameters, inputs, convention=layer.convention).h
    np.testing.assert_array_equal(run_layer(layer, inputs).h, expected)


# The whole ----------------------------------------------------------------------------------


def test_a_model_survives_a_cache() -> None:
    model = read_model("gru", state_file(torch.nn.GRU(3, 4, 2)))
    copy = pickle.loads(pickle.dumps(model))
    assert copy == model
    assert hash(copy.layers) == hash(model.layers)


LOADED = """
import sys
from gru_core.training.model_files import read_model
heavy = ("torch", "onnx", "h5py", "safetensors")
before = [name for name in heavy if name in sys.modules]
read_model("gru.pt", sys.stdin.buffer.read())
print(before, "torch" in sys.modules)
"""


def test_neither_importing_nor_reading_a_state_dict_loads_torch() -> None:
    result = subprocess.run(
        [sys.executable, "-c", LOADED],
        input=torch_file(torch.nn.GRU(3, 4).state_dict()),
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [b"[]", b"False"]


def test_what_the_app_lets_through_is_what_is_read() -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    assert config["server"]["maxUploadSize"] * 2**20 == MAX_UPLOAD
