"""Which format a file has, and its GRU layers."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence

import numpy as np

from gru_core.errors import N_, InputError
from gru_core.training.model_files.convert import MAX_CHARACTERS
from gru_core.training.model_files.keras import find_keras
from gru_core.training.model_files.keras_config import Config, described_cells
from gru_core.training.model_files.model import (
    MAX_HIDDEN,
    MAX_TENSORS,
    MAX_UNPACKED,
    MAX_UPLOAD,
    Contents,
    Found,
    Model,
    Sentence,
    damaged,
    in_order,
    plain,
    reading,
    require_at_most,
)
from gru_core.training.model_files.named import find_lab, find_torch
from gru_core.training.model_files.onnx_graph import find_onnx
from gru_core.training.model_files.quarantine import read_quarantined, read_safetensors

_HDF5 = b"\x89HDF\r\n\x1a\n"
_NPY_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others may take much memory
_SHOWN_NAMES = 6


def read_model(name: str, content: bytes) -> Model:
    """Every GRU layer and direction in a model file, told by its content.

    name: of the file, for messages. content: at most MAX_UPLOAD bytes of
        - a state dict saved by torch.save, alone or within dictionaries (.pt, .pth),
        - safetensors or .npz, with the names of PyTorch, of Keras or GRU Lab's own,
        - ONNX,
        - Keras 2 or 3: .keras, .weights.h5, .h5.
    Nothing in it is executed or unpickled, and no file is written.
    Raises InputError for anything else, and for a GRU that cannot be shown exactly.
    """
    file = plain(name) or "file"
    if not content:
        raise InputError(
            "{file}: expected a model file, got an empty file. Save the model again.", file=file
        )
    require_at_most("bytes", len(content), MAX_UPLOAD)
    found = Found()
    format_ = _find(file, name, content, found)
    if not found.layers:
        raise _no_gru(file, found)
    for layer in found.layers:
        require_at_most("H", layer.parameters.hidden_size, MAX_HIDDEN)
    if found.others:
        for key, kind in found.others.items():
            found.remark(N_("{names}: no GRU, so left out."), f"{kind} {key}")
    notes = (
        Sentence(template, {"names": _listed(names)}) for template, names in found.remarks.items()
    )
    return Model(tuple(found.layers), format_, tuple(notes))


def _find(file: str, name: str, content: bytes, found: Found) -> str:
    """Fill ``found``, and return the name of the format."""
    if content.startswith(b"PK\x03\x04"):
        return _find_in_zip(file, content, found)
    if content.startswith(_HDF5):
        _find_in_hdf5(file, content, found)
        return N_("Keras HDF5")
    if content[8:9] == b"{" and int.from_bytes(content[:8], "little") <= len(content) - 8:
        _find_by_names(read_safetensors(file, content), found)
        return N_("safetensors")
    if content.startswith(b"\x80") or content.startswith(b"\x93NUMPY"):
        raise InputError(
            "{file}: expected a zip file, as torch.save has written it since PyTorch 1.6 and "
            "np.savez does, got a bare pickle or array. Load it where it was made, and save its "
            "state dict again.",
            file=file,
        )
    # ONNX has no magic number; its first field is the version, unless someone wrote it otherwise.
    if content.startswith(b"\x08") or name.lower().endswith(".onnx"):
        find_onnx(file, content, found)
        return N_("ONNX")
    raise InputError(
        "{file}: expected a model file (.pt, .pth, .safetensors, .onnx, .keras, .h5 or .npz), "
        "got one that begins with {actual}. Save the model in one of these formats.",
        file=file,
        actual=plain(content[:8].decode("ascii", "replace")),
    )


def _find_by_names(contents: Contents, found: Found) -> None:
    found.seen = in_order(contents.arrays)
    find_torch(contents, found)
    find_keras(contents, found)
    find_lab(contents, found)


def _find_in_zip(file: str, content: bytes, found: Found) -> str:
    with reading(file):
        archive = zipfile.ZipFile(io.BytesIO(content))
    # Sizes stand in the directory of the file, and no more than they say is unpacked later.
    members = archive.infolist()
    require_at_most("tensors", len(members), MAX_TENSORS)
    require_at_most("bytes", sum(member.file_size for member in members), MAX_UNPACKED)
    if any(member.compress_type not in _COMPRESSIONS for member in members):
        raise damaged(file)
    names = [member.filename for member in members]
    if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
        raise InputError(
            "{file}: expected a state dict, got TorchScript, which is a program. "
            "Save the weights alone: torch.save(model.state_dict(), path).",
            file=file,
        )
    if any(name.endswith("/data.pkl") for name in names):
        _find_by_names(read_quarantined(file, "torch", content), found)
        return N_("PyTorch state dict")
    if "config.json" in names and "model.weights.h5" in names:
        with reading(file):
            require_at_most("characters", archive.getinfo("config.json").file_size, MAX_CHARACTERS)
            config = json.loads(archive.read("config.json"))
            about = json.loads(archive.read("metadata.json")) if "metadata.json" in names else {}
            version = str(about.get("keras_version", ""))
            weights = archive.read("model.weights.h5")
        _find_in_hdf5(file, weights, found, config, version)
        return N_("Keras archive")
    if names and all(name.endswith(".npy") for name in names):
        _find_by_names(_read_npz(file, archive), found)
        return N_("NumPy npz")
    raise InputError(
        "{file}: expected a zip file of torch.save, of Keras or of np.savez, got one that holds "
        "{actual}. Save the model in one of these formats.",
        file=file,
        actual=_listed(names),
    )


def _read_npz(file: str, archive: zipfile.ZipFile) -> Contents:
    arrays, texts = {}, {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        with reading(file), archive.open(member) as stream:
            # The header first: np.load would make room for any shape before it reads a number.
            version = np.lib.format.read_magic(stream)
            shape, is_fortran, dtype = _NPY_HEADERS[version](stream)
            if dtype.hasobject:
                raise InputError(
                    "{file}: expected arrays of numbers, got Python objects in {name}. Nothing of "
                    "them was unpickled. Save each array of numbers under a name of its own.",
                    file=file,
                    name=plain(name),
                )
            array = np.frombuffer(stream.read(), dtype)
            array = array.reshape(shape, order="F" if is_fortran else "C")
        if dtype.kind == "U" and array.ndim == 0:
            texts[name] = str(array)
        elif dtype.kind in "fiub":
            arrays[name] = array
    return Contents(arrays, texts)


def _find_in_hdf5(
    file: str, content: bytes, found: Found, config: Config | None = None, version: str = ""
) -> None:
    contents = read_quarantined(file, "hdf5", content)
    found.seen = in_order(contents.arrays)
    with reading(file):
        attributes = json.loads(contents.texts["attributes"])
        if config is None and "model_config" in attributes[""]:
            config = json.loads(attributes[""]["model_config"])
            version = str(attributes[""].get("keras_version", ""))
    try:
        described = described_cells(config) if config is not None else []
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise InputError(
            "{file}: expected a configuration as Keras writes it, got one that cannot be "
            "understood. Save the weights alone: model.save_weights(path).",
            file=file,
        ) from error
    weight_names = {
        group: known["weight_names"]
        for group, known in attributes.items()
        if "weight_names" in known
    }
    find_keras(contents, found, described, version, weight_names)


def _no_gru(file: str, found: Found) -> InputError:
    if found.others:
        return InputError(
            "{file}: expected a GRU layer, got {actual}. GRU Lab shows the gates of GRUs alone; "
            "choose a model that has one.",
            file=file,
            actual=_listed([f"{kind} {key}" for key, kind in found.others.items()]),
        )
    return InputError(
        "{file}: expected a GRU layer, got none among {actual}. "
        "Choose a model that has one, saved with the names that its library gives.",
        file=file,
        actual=_listed(found.seen) or "no weights",
    )


def _listed(names: Sequence[str]) -> str:
    """The first few names, safe to print, and how many more there are."""
    more = len(names) - _SHOWN_NAMES
    shown = ", ".join(plain(name) for name in names[:_SHOWN_NAMES])
    return f"{shown}, … (+{more})" if more > 0 else shown
