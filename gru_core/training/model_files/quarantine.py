"""Files that are safe to read only at a distance, and safetensors files, which are safe anyway."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE
from threading import BoundedSemaphore
from typing import Any, Literal, NoReturn

import numpy as np
import numpy.typing as npt

from gru_core.errors import InputError
from gru_core.training.model_files.convert import MAX_CHARACTERS
from gru_core.training.model_files.model import (
    MAX_NUMBERS,
    MAX_TENSORS,
    Contents,
    damaged,
    plain,
    reading,
    too_many,
)

DEADLINE_SECONDS = 60
"""Importing torch alone can last many seconds on a small machine."""
_SCRIPT = Path(__file__).with_name("convert.py")
# A process with torch takes a quarter of a gigabyte, and many strangers may share the machine.
_processes = BoundedSemaphore(2)

_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}


def read_quarantined(file: str, kind: Literal["torch", "hdf5"], content: bytes) -> Contents:
    """The arrays of a PyTorch or HDF5 file, read by ``convert`` in a process of its own.

    Raises InputError when that refuses the file, crashes, or takes too much time or memory.
    """
    command = [sys.executable, "-P", str(_SCRIPT), kind, str(MAX_NUMBERS), str(MAX_TENSORS)]
    with _processes:
        try:
            process = subprocess.run(  # noqa: S603 - nothing of the upload is in the command
                command,
                input=content,
                stdout=PIPE,
                stderr=DEVNULL,
                timeout=DEADLINE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise damaged(file) from None
    if process.returncode != 0:
        raise damaged(file)
    contents = read_safetensors(file, process.stdout)
    if "refused" in contents.texts:
        _refuse(file, contents.texts["refused"], plain(contents.texts["detail"]))
    return contents


def _refuse(file: str, reason: str, detail: str) -> NoReturn:
    if reason == "asks":
        raise InputError(
            "{file}: expected a state dict, which holds nothing but tensors, got a pickle that "
            "asks for {actual}. Nothing of it was run. "
            "Save the weights alone: torch.save(model.state_dict(), path).",
            file=file,
            actual=detail,
        )
    if reason == "link":
        raise InputError(
            "{file}: expected all weights in the file itself, got a link to something else "
            "at {actual}. Save the model as one file.",
            file=file,
            actual=detail,
        )
    if reason == "nested":
        raise InputError(
            "{file}: expected short names that are not nested deeply, got {actual}. "
            "Save the weights alone, as one state dict.",
            file=file,
            actual=detail,
        )
    limits = {"numbers": MAX_NUMBERS, "tensors": MAX_TENSORS, "characters": MAX_CHARACTERS}
    raise too_many(reason, limits[reason])


def read_safetensors(file: str, content: bytes) -> Contents:
    """The arrays of floats in a safetensors file, and its metadata as texts."""
    with reading(file):
        from safetensors import deserialize

        arrays = {
            name: _array(entry["dtype"], entry["data"]).reshape(entry["shape"])
            for name, entry in deserialize(content)  # type: ignore[no-untyped-call]
            if entry["dtype"] in {*_DTYPES, "BF16"}
        }
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return Contents(arrays, header.get("__metadata__") or {})


def _array(dtype: str, data: bytes) -> npt.NDArray[Any]:
    if dtype == "BF16":  # the upper half of a float32
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
    return np.frombuffer(data, _DTYPES[dtype])
