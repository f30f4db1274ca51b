"""A file that is no model, is damaged or means harm ends in a sentence, and in nothing else."""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx
import pytest
import safetensors.numpy
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper

from gru_core.errors import InputError
from gru_core.maths.gru import Trace
from gru_core.training.model_files import (
    MAX_HIDDEN,
    MAX_LAYERS,
    MAX_NUMBERS,
    MAX_UPLOAD,
    Model,
    quarantine,
    read_model,
    run_layer,
)
from gru_core.training.model_files.model import MAX_TENSORS, MAX_UNPACKED
from tests.training.saved_models import (
    hdf5_file,
    keras3_weights,
    keras_archive,
    keras_arrays,
    keras_gru,
    members_of,
    npz_file,
    onnx_file,
    onnx_node,
    onnx_tensors,
    torch_file,
    with_pickle,
    zip_file,
)

pytestmark = pytest.mark.usefixtures("prepared_quarantine")


def refusal(content: bytes, name: str = "model.pt") -> str:
    """The sentence with which the file is refused; it must fit its translatable template."""
    with pytest.raises(InputError) as caught:
        read_model(name, content)
    text = str(caught.value)
    assert "expected" in text
    assert "got" in text
    assert text.endswith(".")
    assert len(text) < 1000
    assert not {*text} & {*"<`\n"}
    return text


def gru_state(**sizes: Any) -> dict[str, torch.Tensor]:
    defaults = {"input_size": 3, "hidden_size": 4}
    return dict(torch.nn.GRU(**defaults | sizes).state_dict())


def npz_of(state: dict[str, torch.Tensor]) -> bytes:
    return npz_file({key: value.numpy() for key, value in state.items()})


# What is no model ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("model.pt", b"", "model.pt: expected a model file, got an empty file"),
        ("model.pt", b"hello, I am text", "got one that begins with hello· I"),
        ("notes.onnx", b"hello, I am text", "notes.onnx: expected a complete file"),
        ("cat.png", b"\x89PNG\r\n\x1a\nIHDR", "got one that begins with"),
        ("m.tflite", b"\x1c\0\0\0TFL3" * 9, "got one that begins with"),
        ("m.pkl", pickle.dumps({"weight_ih_l0": [1.0]}), "got a bare pickle or array"),
        ("m.zip", zip_file({"saved_model.pb": b"x", "a·b": b""}), "that holds saved_model.pb, a·b"),
        ("m.zip", zip_file({}), "got one that begins with PK"),
        ("m.safetensors", struct.pack("<Q", 99) + b"{" + b"x" * 98, "expected a complete file"),
        ("m.safetensors", safetensors.numpy.save({}), "got none among no weights"),
        ("m.npz", npz_file({"weight_hh_l0": np.array(["a", "b"])}), "got none among no weights"),
        ("m.h5", b"\x89HDF\r\n\x1a\n", "expected a complete file"),
        ("<img src=x>[a](b)", b"", "·img src·x··a··b·: expected"),
        ("x" * 500, b"", "x…: expected a model file"),
    ],
)
def test_what_is_no_model(name: str, content: bytes, sentence: str) -> None:
    assert sentence in refusal(content, name)


def test_a_bare_array() -> None:
    stream = io.BytesIO()
    np.save(stream, np.zeros((12, 3)))
    assert "got a bare pickle or array" in refusal(stream.getvalue(), "w.npy")


def cnn() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8))


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        (torch.nn.LSTM(3, 4), "expected a GRU layer, got LSTM weight_hh_l0."),
        (torch.nn.RNN(3, 4), "got RNN weight_hh_l0."),
        # Its recurrent matrix is (12, 4), as a GRU's.
        (torch.nn.LSTM(5, 3, proj_size=2), "got LSTM weight_hh_l0."),
        (cnn(), "got none among 0.bias, 0.weight, 1.bias, 1.num_batches_tracked, 1.running_mean, "),
        (torch.nn.ModuleList(cnn() for _ in range(9)), ", … (+"),
    ],
    ids=["LSTM", "RNN", "projected LSTM", "CNN", "many"],
)
def test_a_state_dict_without_a_gru(module: torch.nn.Module, sentence: str) -> None:
    assert sentence in refusal(npz_of(dict(module.state_dict())))


@pytest.mark.parametrize("value", [torch.zeros(12, 4), [1, 2], {}], ids=["tensor", "list", "empty"])
def test_what_torch_saved_but_is_no_state_dict(value: object) -> None:
    assert "expected a GRU layer, got none among" in refusal(torch_file(value))


# Pickles ------------------------------------------------------------------------------------


class Marker:
    """Writes a file as soon as it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"echo ran > '{self.path}'",)


def test_the_marker_works(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Marker(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()


@pytest.mark.usefixtures("real_quarantine")
def test_nothing_that_was_uploaded_runs(tmp_path: Path) -> None:
    bomb = Marker(tmp_path / "ran")
    arrays = {"weight_ih_l0": np.array([bomb], dtype=object)}
    sentences = [
        refusal(torch_file({**gru_state(), "x": bomb})),
        refusal(with_pickle(pickle.dumps(bomb, protocol=2))),
        refusal(pickle.dumps(bomb)),
        refusal(pickle.dumps(bomb, protocol=0)),
        refusal(npz_file(arrays), "m.npz"),
    ]
    assert not (tmp_path / "ran").exists()
    asked = f"{os.system.__module__}.system"
    assert f"got a pickle that asks for {asked}. Nothing of it was run." in sentences[0]
    assert "got Python objects in weight_ih_l0. Nothing of them was unpickled." in sentences[-1]


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = torch.nn.GRU(3, 4)


def test_a_whole_module_is_told_to_save_its_state_dict() -> None:
    sentence = refusal(torch_file(Net()))
    assert "test_model_files_refused.Net" in sentence
    assert "torch.save(model.state_dict(), path)" in sentence


def test_torch_script() -> None:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), stream)
    assert "got TorchScript, which is a program" in refusal(stream.getvalue())


def built(callee: str, argument: bytes) -> bytes:
    module, name = callee.split(".")
    return f"c{module}\n{name}\n".encode() + argument + b"\x85R"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has only the deadline")
@pytest.mark.usefixtures("real_quarantine")
@pytest.mark.parametrize(("callee", "size"), [("Counter", 2 * 10**8), ("OrderedDict", 2**31 - 1)])
def test_a_pickle_of_harmless_objects_that_eats_time_or_memory(
    callee: str, size: int, tmp_path: Path, monkeypatch
) -> None:
    script = quarantine._SCRIPT.read_text(encoding="utf-8")
    assert "\nSECONDS = 5\n" in script  # one is enough to see that it ends there
    quick = script.replace("\nSECONDS = 5\n", "\nSECONDS = 1\n")
    (tmp_path / "convert.py").write_text(quick, encoding="utf-8")
    monkeypatch.setattr(quarantine, "_SCRIPT", tmp_path / "convert.py")
    zeros = built("builtins.bytearray", b"J" + struct.pack("<i", size))
    pickled = b"\x80\x02" + built(f"collections.{callee}", zeros) + b"."
    # weights_only lets both of it pass, and counting the first takes a quarter of a minute.
    assert "expected a complete file" in refusal(with_pickle(pickled))


def test_dictionaries_within_themselves() -> None:
    itself: dict[str, Any] = {}
    itself["a"] = itself
    assert "names that are not nested deeply, got a.a.a" in refusal(torch_file(itself))
    # Each level holds the next one ten times: few bytes, 10^12 entries.
    many: dict[str, Any] = {}
    for _ in range(12):
        many = dict.fromkeys("abcdefghij", many)
    assert f"tensors: expected at most {MAX_TENSORS}" in refusal(torch_file(many))


def test_a_tensor_that_declares_more_numbers_than_it_stores() -> None:
    view = torch.zeros(1).expand(3_000_000, 1_000_000)
    assert f"numbers: expected at most {MAX_NUMBERS}" in refusal(torch_file({"weight_hh_l0": view}))


# Sizes --------------------------------------------------------------------------------------


def test_a_file_that_is_too_large() -> None:
    assert f"bytes: expected at most {MAX_UPLOAD}" in refusal(b"x" * (MAX_UPLOAD + 1))


def test_zip_bombs_are_refused_before_they_are_unpacked() -> None:
    zeros = b"\0" * (MAX_UNPACKED + 1)
    bomb = zip_file({"weight_hh_l0.npy": zeros}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    assert f"bytes: expected at most {MAX_UNPACKED}" in refusal(bomb)
    config = zip_file(
        {"config.json": b"[" * 3_000_000, "model.weights.h5": b""}, zipfile.ZIP_DEFLATED
    )
    assert "characters: expected at most" in refusal(config)
    packed = zip_file({"weight_hh_l0.npy": b"\0"}, zipfile.ZIP_LZMA)
    assert "expected a complete file" in refusal(packed)


def test_a_zip_directory_that_lies_about_a_size() -> None:
    content = npz_file({"weight_hh_l0": np.zeros((3000, 1000))}, compressed=True)
    size = struct.pack("<I", len(members_of(content)["weight_hh_l0.npy"]))
    assert content.count(size) >= 1
    assert "expected a complete file" in refusal(content.replace(size, struct.pack("<I", 200)))


def test_an_array_that_declares_more_than_it_holds() -> None:
    members = members_of(npz_file({"weight_hh_l0": np.zeros((12, 4))}))
    huge = members["weight_hh_l0.npy"].replace(b"(12, 4)", b"(1200000000, 40)"[:7])
    huge = huge.replace(b"(120000", b"(9**99,")
    assert "expected a complete file" in refusal(zip_file({"weight_hh_l0.npy": huge}))


def test_limits_on_layers_units_numbers_and_tensors() -> None:
    one = {key: value.numpy() for key, value in gru_state(input_size=1, hidden_size=1).items()}
    many = {f"m{i}.{key}": value for i in range(MAX_LAYERS + 1) for key, value in one.items()}
    assert f"layers: expected at most {MAX_LAYERS}" in refusal(safetensors.numpy.save(many))
    H = MAX_HIDDEN + 1
    wide = {"weight_ih_l0": np.zeros((3 * H, 1)), "weight_hh_l0": np.zeros((3 * H, H))}
    assert f"H: expected at most {MAX_HIDDEN}" in refusal(npz_file(wide, compressed=True))
    numbers = {"a": np.zeros(MAX_NUMBERS + 1, dtype=np.int8)}
    assert f"numbers: expected at most {MAX_NUMBERS}" in refusal(npz_file(numbers, compressed=True))
    tensors = {str(i): np.zeros(1, dtype=np.float16) for i in range(MAX_TENSORS + 1)}
    assert f"tensors: expected at most {MAX_TENSORS}" in refusal(safetensors.numpy.save(tensors))


# Weights that are wrong ---------------------------------------------------------------------


@pytest.mark.parametrize("save", [torch_file, npz_of], ids=["pt", "npz"])
def test_nan_weights_are_named(save) -> None:
    state = {f"net.rnn.{key}": value for key, value in gru_state().items()}
    state["net.rnn.weight_hh_l0"][2, 1] = float("nan")
    with pytest.raises(InputError, match=r"net\.rnn\.weight_hh_l0\[2, 1\]: .*finite.*got nan"):
        read_model("model", save(state))


def test_weights_that_would_overflow() -> None:
    state = gru_state()
    state["weight_hh_l0"][2, 1] = -1e30
    assert "weight_hh_l0: expected numbers of at most 1e+06 in size" in refusal(npz_of(state))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"weight_ih_l0": torch.zeros(11, 3)}, "weight_ih_l0: expected shape (3H, D)"),
        ({"weight_hh_l0": torch.zeros(11, 4)}, "weight_hh_l0: expected shape (3H, H)"),
        ({"weight_hh_l0": torch.zeros(12)}, "weight_hh_l0: expected shape (3H, H)"),
        ({"weight_hh_l0": torch.zeros(0, 0)}, "weight_hh_l0: expected shape (3H, H)"),
        ({"bias_hh_l0": torch.zeros(9)}, "bias_hh_l0: expected shape (12,), got (9,)"),
        ({"bias_hh_l0": None}, "bias_hh_l0"),
        ({"weight_ih_l0": None}, "weight_ih_l0"),
    ],
)
def test_misshapen_and_missing_weights_of_torch(change: dict[str, Any], sentence: str) -> None:
    state = {key: value for key, value in (gru_state() | change).items() if value is not None}
    assert sentence in refusal(npz_of(state))


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("recurrent_kernel",), "kernel beside it"),
        (("kernel", "recurrent_kernel", "bias"), "recurrent_kernel: expected shape (H, 3H)"),
    ],
)
def test_misshapen_and_missing_weights_of_keras(names: tuple[str, ...], sentence: str) -> None:
    arrays = dict.fromkeys(names, np.ones((5, 9)))
    assert sentence in refusal(npz_file(arrays))


def test_the_bias_of_cudnn_gru() -> None:
    kernel, recurrent, _ = keras_arrays(0, 3, 4)
    arrays = {"kernel": kernel, "recurrent_kernel": recurrent, "bias": np.ones(24)}
    assert "CuDNNGRU" in refusal(npz_file(arrays))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"W_z": None}, "U_n: expected the arrays W_z beside it"),
        ({"W_z": np.ones((4, 2))}, "W_z: expected shape (4, 3)"),
        ({"U_n": np.float64(1)}, "U_n: expected shape"),
        ({"c_n": np.ones(4), "reset": np.array("before")}, "c_n: expected zeros"),
        ({"z": np.array("both")}, "z_weights: expected one of candidate, state"),
    ],
)
def test_misshapen_and_missing_weights_of_our_own(change: dict[str, Any], sentence: str) -> None:
    arrays: dict[str, Any] = {f"W_{gate}": np.ones((4, 3)) for gate in "rzn"}
    arrays |= {f"U_{gate}": np.ones((4, 4)) for gate in "rzn"}
    kept = {key: value for key, value in (arrays | change).items() if value is not None}
    assert sentence in refusal(npz_file(kept))


# Keras --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "version"),
    [
        ({"activation": "relu"}, "3.15.1"),
        ({"recurrent_activation": "tanh"}, "2.15.0"),
        ({"recurrent_activation": "hard_sigmoid"}, "3.15.1"),
        ({"recurrent_activation": {"class_name": "Custom"}}, "3.15.1"),
    ],
)
def test_activations_that_we_do_not_have(change: dict[str, Any], version: str) -> None:
    weights = keras3_weights({"layers/gru/cell": keras_arrays(0, 3, 4)})
    sentence = refusal(keras_archive([keras_gru("g", 4, **change)], weights, version))
    assert sentence.startswith(f"g: expected the {next(iter(change))} ")
    assert f"of Keras {version}" in sentence


def test_a_configuration_that_is_none() -> None:
    weights = keras3_weights({"layers/gru/cell": keras_arrays(0, 3, 4)})
    for config in (b"no JSON", b"[" * 9999):
        content = zip_file({"config.json": config, "model.weights.h5": weights})
        assert "expected a complete file" in refusal(content)
    for config in (b"7", b'{"class_name": "Sequential", "config": {}}'):
        content = zip_file({"config.json": config, "model.weights.h5": weights})
        assert "Save the weights alone: model.save_weights(path)." in refusal(content)


def test_a_pytorch_model_within_a_keras_archive_is_not_looked_for() -> None:
    content = zip_file({"config.json": b"{}", "model.weights.h5": torch_file(gru_state())})
    assert "expected a complete file" in refusal(content)


# HDF5 ---------------------------------------------------------------------------------------


def with_hdf5(change) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for index, array in enumerate(keras_arrays(0, 3, 4)):
            file[f"layers/gru/cell/vars/{index}"] = array
        change(file)
    return stream.getvalue()


def external_link(file: h5py.File) -> None:
    file["layers/gru_1"] = h5py.ExternalLink("/etc/passwd", "/")


def soft_link(file: h5py.File) -> None:
    file["layers/gru_1"] = h5py.SoftLink("/layers/gru")


def external_storage(file: h5py.File) -> None:
    file.create_dataset("layers/gru_1", (4,), "f8", external=[("/etc/passwd", 0, 32)])


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
    layout[:] = h5py.VirtualSource("/etc/passwd", "a", shape=(4,))
    file.create_virtual_dataset("layers/gru_1", layout)


@pytest.mark.parametrize("change", [external_link, soft_link, external_storage, virtual])
def test_links_out_of_a_file(change) -> None:
    assert "got a link to something else at layers/gru_1" in refusal(with_hdf5(change), "m.h5")


def test_a_dataset_that_declares_more_than_it_holds() -> None:
    def change(file: h5py.File) -> None:
        file.create_dataset(
            "layers/gru/huge", (10**6, 10**6), "f4", chunks=(10, 10), compression="gzip"
        )

    content = with_hdf5(change)
    assert len(content) < 100_000
    assert f"numbers: expected at most {MAX_NUMBERS}" in refusal(content, "m.h5")


def test_groups_within_themselves() -> None:
    def change(file: h5py.File) -> None:
        file["layers/gru/again"] = file["layers"]

    assert "not nested deeply" in refusal(with_hdf5(change), "m.h5")


def test_attributes_that_are_too_long() -> None:
    content = hdf5_file({}, {"/": {"model_config": "x" * 3_000_000}})
    assert "characters: expected at most" in refusal(content, "m.h5")


@pytest.mark.parametrize(
    "script",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "import time; time.sleep(30)",
        "print('not safetensors')",
    ],
    ids=["crashes", "hangs", "answers nonsense"],
)
def test_a_reader_that_fails(script: str, tmp_path: Path, monkeypatch) -> None:
    """As the C library of HDF5 does on some damaged files."""
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    monkeypatch.setattr(quarantine, "_SCRIPT", tmp_path / "script.py")
    monkeypatch.setattr(quarantine, "DEADLINE_SECONDS", 2)
    content = keras3_weights({"layers/gru/cell": keras_arrays(0, 3, 4)})
    assert "expected a complete file" in refusal(content, "m.h5")


# ONNX ---------------------------------------------------------------------------------------


def external(tensors: list[onnx.TensorProto]) -> None:
    tensors[0].ClearField("raw_data")
    tensors[0].data_location = onnx.TensorProto.EXTERNAL
    tensors[0].external_data.add(key="location", value="/etc/passwd")


def misshapen(tensors: list[onnx.TensorProto]) -> None:
    tensors[0].CopyFrom(numpy_helper.from_array(np.zeros((1, 11, 3)), "W0"))


def too_few(tensors: list[onnx.TensorProto]) -> None:
    tensors[0].dims[:] = [1, 10**9, 10**9]


def of_text(tensors: list[onnx.TensorProto]) -> None:
    tensors[0].CopyFrom(numpy_helper.from_array(np.array(["a"]), "W0"))


def nan(tensors: list[onnx.TensorProto]) -> None:
    tensors[0].CopyFrom(numpy_helper.from_array(np.full((1, 12, 3), np.nan), "W0"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (external, "got a link to something else at W0"),
        (misshapen, "W: expected shape (3H, D)"),
        (too_few, "expected a complete file"),
        (of_text, "expected a complete file"),
        (nan, "W0[0, 0, 0]: expected a finite number, got nan"),
        (lambda tensors: tensors.pop(0), "W0: expected weights that stand in the file"),
    ],
)
def test_wrong_weights_of_onnx(change, sentence: str) -> None:
    tensors = onnx_tensors(0, 3, 4)
    change(tensors)
    assert sentence in refusal(onnx_file([onnx_node(0, "X", 1)], tensors), "m.onnx")


@pytest.mark.parametrize(
    "attributes",
    [
        {"activations": ["Relu", "Tanh"]},
        {"activations": ["Sigmoid", "Relu"]},
        {"activations": ["Sigmoid"]},
        {"activations": ["HardSigmoid", "Tanh"], "activation_alpha": [0.25]},
        {"activations": ["HardSigmoid", "Tanh"], "activation_beta": [0.4]},
        {"clip": 3.0},
    ],
    ids=str,
)
def test_onnx_cells_that_we_do_not_have(attributes: dict[str, Any]) -> None:
    content = onnx_file([onnx_node(0, "X", 1, **attributes)], onnx_tensors(0, 3, 4))
    assert "gru0: expected the activations" in refusal(content, "m.onnx")


@pytest.mark.parametrize("attributes", [{"direction": "sideways"}, {"linear_before_reset": 2}])
def test_wrong_attributes_of_onnx(attributes: dict[str, Any]) -> None:
    content = onnx_file([onnx_node(0, "X", 1, **attributes)], onnx_tensors(0, 3, 4))
    refusal(content, "m.onnx")


def test_both_directions_with_the_weights_of_one() -> None:
    content = onnx_file([onnx_node(0, "X", 2)], onnx_tensors(0, 3, 4))
    assert "direction: expected a number from 0 to 0" in refusal(content, "m.onnx")


def test_onnx_without_a_gru() -> None:
    lstm = helper.make_node("LSTM", ["X", "W", "R"], ["Y"], name="memory")
    assert "got LSTM memory." in refusal(onnx_file([lstm], []), "m.onnx")
    relu = helper.make_node("Relu", ["X"], ["Y"])
    assert "got none among Relu." in refusal(onnx_file([relu, relu], []), "m.onnx")


def test_one_tensor_used_by_too_many_nodes() -> None:
    tensors = onnx_tensors(0, 300, 300)
    nodes = [onnx_node(0, "X", 1) for _ in range(40)]
    for index, node in enumerate(nodes):
        node.output[0] = f"Y{index}"
    assert "numbers: expected at most" in refusal(onnx_file(nodes, tensors), "m.onnx")


# Damage -------------------------------------------------------------------------------------


def valid_files() -> dict[str, bytes]:
    torch.manual_seed(0)
    state = gru_state()
    arrays = {key: value.numpy() for key, value in state.items()}
    weights = keras3_weights({"layers/gru/cell": keras_arrays(0, 3, 4)})
    return {
        "pt": torch_file(state),
        "safetensors": safetensors.numpy.save(arrays),
        "npz": npz_file(arrays),
        "onnx": onnx_file([onnx_node(0, "X", 2, hidden_size=4)], onnx_tensors(0, 3, 4, 2)),
        "h5": weights,
        "keras": keras_archive([keras_gru("g", 4)], weights),
    }


VALID = valid_files()
INNER = {"npz": "weight_hh_l0.npy", "pt": "archive/data.pkl", "keras": "config.json"}
"""The member to damage before packing: else the check sum of the zip file finds all damage."""
HARMFUL = st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255)


@st.composite
def damage(draw: st.DrawFn, content: bytes) -> bytes:
    if draw(st.integers(0, 3)) == 0:
        return content[: draw(st.integers(0, len(content) - 1))]
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        changed[draw(st.integers(0, len(content) - 1))] = draw(HARMFUL)
    return bytes(changed)


@st.composite
def damaged_files(draw: st.DrawFn, kind: str) -> bytes:
    content = VALID[kind]
    if kind in INNER and draw(st.booleans()):
        members = members_of(content)
        name = INNER[kind]
        return zip_file(members | {name: draw(damage(members[name]))})
    return draw(damage(content))


def run_any(model: Model) -> list[Trace]:
    return [run_layer(one, np.ones((2, one.parameters.input_size))) for one in model.layers]


def is_read_or_refused(kind: str, content: bytes) -> None:
    try:
        model = read_model(f"model.{kind}", content)
    except InputError as error:
        sentence = str(error)
    else:
        assert isinstance(model, Model)
        assert all(np.isfinite(t.h).all() for t in run_any(model))
        sentence = " ".join(map(str, (*model.notes, *(one.how for one in model.layers))))
    assert sentence


@pytest.mark.usefixtures("real_quarantine")
def test_the_files_to_be_damaged_are_valid() -> None:
    for kind, content in VALID.items():
        assert read_model(f"model.{kind}", content).layers, kind


@pytest.mark.parametrize("kind", ["safetensors", "npz", "onnx"])
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    is_read_or_refused(kind, data.draw(damaged_files(kind)))


@pytest.mark.parametrize("kind", ["pt", "h5", "keras"])
def test_a_damaged_file_for_the_quarantine_is_read_or_refused(kind: str) -> None:
    """Fewer, because each starts a process."""

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(content=damaged_files(kind))
    def check(content: bytes) -> None:
        is_read_or_refused(kind, content)

    check()


@settings(deadline=None, max_examples=100)
@given(
    content=st.binary(max_size=200), start=st.sampled_from([b"", b"\x08", b"PK\x03\x04", b"\x80"])
)
def test_anything_else_is_refused(content: bytes, start: bytes) -> None:
    for name in ("model.pt", "model.onnx"):
        with pytest.raises(InputError):
            read_model(name, start + content)
