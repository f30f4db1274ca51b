"""A PyTorch or HDF5 file on standard input becomes a safetensors file on standard output.

This runs as a script in a process of its own, see ``quarantine``: the C library of HDF5 crashes and
hangs on damaged files, and a pickle of 200 bytes can keep torch.load busy for minutes although
``weights_only=True`` lets it build nothing but harmless objects.
"""

from __future__ import annotations

import io
import json
import pickle
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

Converted = tuple[dict[str, Any], dict[str, str]]

SECONDS = 5
MEMORY = 512 * 2**20
MAX_CHARACTERS = 2 * 2**20
"""Of all attributes, and of a configuration: parsed, each may take a hundred bytes."""
MAX_NAME = 300
MAX_DEPTH = 20
ATTRIBUTES = ("keras_version", "model_config", "weight_names")


class Refusal(Exception):  # noqa: N818 - not an error of this program
    """args: a reason that ``quarantine`` knows, and a detail."""


class Collected:
    """Arrays by name, within limits."""

    def __init__(self, max_numbers: int, max_tensors: int) -> None:
        self.arrays: dict[str, Any] = {}
        self.left = max_numbers
        self.visits_left = max_tensors
        self.characters_left = MAX_CHARACTERS

    def visit(self, path: str, depth: int) -> None:
        """Count an entry before it is looked at, so that one within itself comes to an end."""
        self.visits_left -= 1
        if self.visits_left < 0:
            raise Refusal("tensors", "")
        if depth > MAX_DEPTH or len(path) > MAX_NAME:
            raise Refusal("nested", path[:MAX_NAME])

    def text(self, value: Any) -> Any:
        """An attribute as strings: h5py gives str or bytes, and arrays of either."""
        if isinstance(value, np.ndarray):
            return [self.text(item) for item in value.ravel().tolist()]
        text = value.decode() if isinstance(value, bytes) else str(value)
        self.characters_left -= len(text)
        if self.characters_left < 0:
            raise Refusal("characters", "")
        return text

    def add(self, path: str, size: int, read: Callable[[], Any]) -> None:
        """Read an array, unless the numbers it declares are too many."""
        self.left -= size
        if self.left < 0:
            raise Refusal("numbers", "")
        self.arrays[path] = np.array(read(), order="C")


def from_torch(content: bytes, collected: Collected) -> Converted:
    """The tensors in the dictionaries of a file of torch.save."""
    import torch

    readable = {torch.float64, torch.float32, torch.float16, torch.bfloat16}
    confine()
    try:
        loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if asked := re.search(r"GLOBAL (\S+)", str(error)):
            raise Refusal("asks", asked[1]) from error
        raise

    def walk(value: Any, path: str, depth: int) -> None:
        collected.visit(path, depth)
        if isinstance(value, dict):
            for key, item in value.items():
                walk(item, f"{path}.{key}" if path else str(key), depth + 1)
        elif isinstance(value, torch.Tensor) and value.dtype in readable:
            tensor = value.detach()
            as_float = tensor.float if value.dtype == torch.bfloat16 else lambda: tensor
            collected.add(path, tensor.numel(), lambda: as_float().numpy())

    walk(loaded, "", 0)
    return collected.arrays, {}


def from_hdf5(content: bytes, collected: Collected) -> Converted:
    """The datasets of floats, and those attributes of groups that Keras writes."""
    import h5py  # type: ignore[import-untyped]

    attributes: dict[str, dict[str, Any]] = {}
    confine()

    def walk(group: Any, path: str, depth: int) -> None:
        attributes[path] = {
            name: collected.text(group.attrs[name]) for name in ATTRIBUTES if name in group.attrs
        }
        for name in group:
            place = f"{path}/{name}" if path else name
            collected.visit(place, depth)
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise Refusal("link", place)
            item = group[name]
            if isinstance(item, h5py.Group):
                walk(item, place, depth + 1)
            elif item.external or item.is_virtual:
                raise Refusal("link", place)
            elif item.dtype.kind == "f" and item.dtype.itemsize <= 8:
                collected.add(place, item.size or 0, partial(item.__getitem__, ()))

    with h5py.File(io.BytesIO(content), "r") as file:
        walk(file, "", 0)
    return collected.arrays, {"attributes": json.dumps(attributes)}


def confine() -> None:
    """From here on: no file is written, little memory and time. Not on Windows: no such limits."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + SECONDS
    limits = {"RLIMIT_CPU": seconds, "RLIMIT_CORE": 0, "RLIMIT_FSIZE": 0}
    statm = Path("/proc/self/statm")
    if statm.exists():
        limits["RLIMIT_AS"] = int(statm.read_text().split()[0]) * resource.getpagesize() + MEMORY
    for name, limit in limits.items():
        resource.setrlimit(getattr(resource, name), (limit, limit))


def main() -> None:
    """Arguments: the kind of file, and how many numbers and entries it may hold."""
    from safetensors.numpy import save

    kind, max_numbers, max_tensors = sys.argv[1:]
    convert = {"torch": from_torch, "hdf5": from_hdf5}[kind]
    collected = Collected(int(max_numbers), int(max_tensors))
    try:
        arrays, texts = convert(sys.stdin.buffer.read(), collected)
    except Refusal as refusal:
        reason, detail = refusal.args
        arrays, texts = {}, {"refused": reason, "detail": detail}
    # safetensors 0.8 writes a broken header for neither arrays nor texts.
    sys.stdout.buffer.write(save(arrays, texts or None))


if __name__ == "__main__":
    main()
