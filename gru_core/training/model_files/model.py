"""What a model file is read into, and how much of it is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gru_core.data.setup import MAX_MAGNITUDE
from gru_core.errors import N_, InputError
from gru_core.maths.convention import Convention
from gru_core.maths.parameters import Array, GRUParameters, real_array

MAX_UPLOAD = 5 * 2**20
"""Bytes of a file."""
MAX_UNPACKED = 8 * MAX_UPLOAD
"""Bytes of all members of a zip file."""
MAX_NUMBERS = MAX_UPLOAD
"""Numbers in all tensors: a byte each at least, so only packing can hold more."""
MAX_TENSORS = 10_000
MAX_LAYERS = 64
MAX_HIDDEN = 1024

NAME = r"[\w./\\: +-]{1,200}"
"""A regular expression for what may stand before the name of a weight; it is safe to print."""

Direction = Literal["forward", "backward"]


@dataclass(frozen=True)
class Sentence:
    """English to be translated where it is shown: a ``str.format`` template and its values.

    The same pair that an InputError has. The template is the message id.
    """

    template: str
    details: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.details)


@dataclass(frozen=True)
class GRULayer:
    """One layer and direction of a model.

    name: where it stands in the file; no other layer of the model has it.
    direction: a ``"backward"`` layer reads the sequence from its end.
    how: what in the file told the convention.
    layer: how many GRU layers the inputs pass before it.
    follows: names of the layers whose outputs, side by side, are its inputs. Empty when the
        model's own inputs are, or when the file does not say.
    """

    name: str
    direction: Direction
    parameters: GRUParameters
    convention: Convention
    how: Sentence = field(hash=False)
    layer: int = 0
    follows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """The GRU layers of a file, each after those that it follows.

    format: an English message id that names the format.
    notes: what the file left open, and what of it was left out.
    """

    layers: tuple[GRULayer, ...]
    format: str
    notes: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Contents:
    """The arrays of a file by name, as they came, and the texts that came with them."""

    arrays: Mapping[str, npt.NDArray[Any]]
    texts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_at_most("tensors", len(self.arrays), MAX_TENSORS)
        require_at_most("numbers", sum(array.size for array in self.arrays.values()), MAX_NUMBERS)

    def numbers(self, name: str) -> Array:
        """An array in float64. InputError as ``weights`` raises it."""
        return weights(name, self.arrays[name])

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def gates(self, name: str, axis: int) -> int | None:
        """How many gates a recurrent matrix stacks along ``axis``: its length there over H."""
        shape = self.arrays[name].shape
        if len(shape) != 2 or 0 in shape:
            return None
        gates, rest = divmod(shape[axis], shape[1 - axis])
        return None if rest else gates


@dataclass
class Found:
    """What is found in a file, as it is found.

    remarks: message id -> the names that it is about. others: name -> kind of recurrent layers
    that are no GRU. seen: every name, to be told when there is no GRU.
    """

    layers: list[GRULayer] = field(default_factory=list)
    remarks: dict[str, list[str]] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def remark(self, template: str, name: str) -> None:
        """Say ``template``, a message id with a field {names}, about ``name`` too."""
        self.remarks.setdefault(template, []).append(name)

    def add(self, layer: GRULayer, follows: Sequence[str] | None) -> str:
        """Add a layer that follows layers added before, and return the name it has now.

        follows: ``None`` if the file names other feeders, or none.
        """
        require_at_most("layers", len(self.layers) + 1, MAX_LAYERS)
        before = {other.name: other for other in self.layers if other.name in (follows or ())}
        width = sum(other.parameters.hidden_size for other in before.values())
        name, count = layer.name, 1
        while name in {other.name for other in self.layers}:
            count += 1
            name = f"{layer.name} {count}"
        if follows is None or (follows and width != layer.parameters.input_size):
            before = {}
            self.remark(
                N_(
                    "{names}: the file does not say that only GRU layers come before; give each "
                    "its own inputs."
                ),
                name,
            )
        depth = 1 + max(other.layer for other in before.values()) if before else 0
        self.layers.append(replace(layer, name=name, layer=depth, follows=tuple(before)))
        return name


OTHER_CELLS = {1: "RNN", 4: "LSTM"}
"""What a recurrent matrix of so many stacked gates belongs to; a GRU has 3."""


def weights(name: str, raw: npt.NDArray[Any]) -> Array:
    """A float64 copy. InputError for NaN, infinity, or a number above MAX_MAGNITUDE in size."""
    with np.errstate(invalid="ignore"):  # some NaNs warn as they are copied
        array = real_array(name, raw)
    largest = float(np.abs(array).max(initial=0.0))
    if largest > MAX_MAGNITUDE:
        raise InputError(
            "{name}: expected numbers of at most {expected:g} in size, got {actual:g}. "
            "No training leads to such weights: save the model again.",
            name=name,
            expected=MAX_MAGNITUDE,
            actual=largest,
        )
    return array


def require_at_most(name: str, actual: float, limit: int) -> None:
    """Raise InputError when a file holds more than ``limit`` of what ``name`` says."""
    if actual > limit:
        raise too_many(name, limit)


def too_many(name: str, limit: int) -> InputError:
    """The refusal of a file that holds more than ``limit`` of what ``name`` says."""
    return InputError(
        "{name}: expected at most {expected} in a model file, got more. "
        "Save only the GRU layers, or a smaller model.",
        name=name,
        expected=limit,
    )


def plain(text: object, limit: int = 80) -> str:
    """A name out of a file, safe to print anywhere: short, without brackets and controls."""
    safe = "".join(c if c.isalnum() or c in " ._-/:+" else "·" for c in str(text)[: limit + 1])
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def in_order(names: Iterable[str]) -> list[str]:
    """Sorted so that ``gru_10`` comes after ``gru_9``."""
    return sorted(
        names,
        key=lambda name: [
            (text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d{0,9})", name)
        ],
    )


@contextmanager
def reading(file: str) -> Iterator[None]:
    """Turn whatever a parser raises on a damaged file into an InputError.

    Parsers of third parties raise anything, so only calls to them belong under this.
    """
    try:
        # NumPy warns where a damaged header overflows; the array is refused all the same.
        with np.errstate(all="ignore"):
            yield
    except InputError:
        raise
    except Exception as error:
        raise damaged(file) from error


def damaged(file: str) -> InputError:
    """The refusal of a file of a known format that cannot be read."""
    return InputError(
        "{file}: expected a complete file, got one that cannot be read to its end. "
        "It is damaged or cut short: save it again.",
        file=file,
    )
