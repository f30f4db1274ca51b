"""One filled-in cell with its sequence: what a page shows, a link holds and a file keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from gru_core.data.bounds import Whole
from gru_core.data.typed import parse_numbers, shown
from gru_core.errors import N_, InputError
from gru_core.maths.convention import Convention, Gate, Reset, ZWeights
from gru_core.maths.gru import Trace, unroll
from gru_core.maths.parameters import NAMES, Array, GRUParameters, real_array

MAX_SIZE = 4
"""D and H: more rows and columns than this do not fit on a screen."""
MAX_STEPS = 12
INPUTS = Whole("D", N_("Inputs D"), 1, MAX_SIZE, 2)
UNITS = Whole("H", N_("Hidden units H"), 1, MAX_SIZE, 2)
STEPS = Whole("T", N_("Steps"), 1, MAX_STEPS, 6)
MAX_MAGNITUDE = 1e6
MAX_JSON_CHARACTERS = 100_000

FORMAT = "gru-lab-setup"
VERSION = 1

_CHOICES = {"z": ZWeights, "reset": Reset, "gate": Gate}
_REQUIRED = ("x", "h0", *(name for name in NAMES if name[0] in "WU"))
_BIASES = tuple(name for name in NAMES if name[0] in "bc")
QUERY_NAMES = (*_CHOICES, *_REQUIRED, *_BIASES)
"""Every parameter that ``Setup.to_query`` can write."""


@dataclass(frozen=True, eq=False)
class Setup:
    """A GRU cell, its inputs and its first state.

    parameters: sizes D and H from 1 to ``MAX_SIZE``.
    inputs: (T, D), T from 1 to ``MAX_STEPS``. h0: (H,). Both are kept as read-only float64 copies.
    Every number is at most ``MAX_MAGNITUDE`` in size. Raises ``InputError`` on anything else, and
    when c_n is not zero although reset acts before. Setups are equal when all their values are.
    """

    parameters: GRUParameters
    inputs: Array
    h0: Array
    convention: Convention

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", real_array("x", self.inputs))
        object.__setattr__(self, "h0", real_array("h0", self.h0))
        D, H = self.parameters.input_size, self.parameters.hidden_size
        _require_size("D", D, MAX_SIZE)
        _require_size("H", H, MAX_SIZE)
        if self.inputs.ndim != 2 or self.inputs.shape[1] != D:
            raise InputError(
                "{name}: expected shape (T, {input_size}), got {actual}."
                " Give one row for each step and one number for each of the {input_size} columns"
                " of W_r.",
                name="x",
                input_size=D,
                actual=self.inputs.shape,
            )
        _require_size("T", len(self.inputs), MAX_STEPS)
        if self.h0.shape != (H,):
            raise InputError(
                "{name}: expected shape {expected}, got {actual}."
                " Give one number for each row of W_r.",
                name="h0",
                expected=(H,),
                actual=self.h0.shape,
            )
        for name, array in self._arrays().items():
            _require_magnitude(name, array)
        self.parameters.require_meaning_in(self.convention)

    def unroll(self) -> Trace:
        """Every step with every intermediate value."""
        return unroll(self.parameters, self.inputs, self.h0, self.convention)

    def resized(self, D: int, H: int, T: int) -> Setup:
        """The same set-up with other sizes: what fits is kept, and what is new is 0.

        So more inputs or steps change no h that was there, and a new hidden unit stays at 0 and
        changes no other. Raises ``InputError`` for sizes out of bounds.
        """
        for name, size, limit in (("D", D, MAX_SIZE), ("H", H, MAX_SIZE), ("T", T, MAX_STEPS)):
            _require_size(name, size, limit)
        shapes = {"x": (T, D), "h0": (H,), "W": (H, D), "U": (H, H), "b": (H,), "c": (H,)}
        arrays = {
            name: _fitted(array, shapes.get(name) or shapes[name[0]])
            for name, array in self._arrays().items()
        }
        return _from_arrays(arrays, self.convention)

    def with_convention(self, convention: Convention) -> Setup:
        """The same numbers read by another convention; c_n is dropped where it has no place.

        This is another function unless the conventions are equal: ``maths.convert`` keeps h.
        """
        parameters = self.parameters
        if convention.reset == "before":
            parameters = replace(parameters, c_n=np.zeros(parameters.hidden_size))
        return replace(self, parameters=parameters, convention=convention)

    def to_query(self) -> dict[str, str]:
        """The set-up as parameters of an address, exactly; biases that are zero are left out.

        Rows are separated by ``; `` and numbers by a space: ``W_r`` → ``0.5 -0.3; 0.1 0.2``.
        """
        arrays = self._arrays()
        return _chosen(self.convention) | {
            name: _typed(array)
            for name, array in arrays.items()
            if name in _REQUIRED or array.any()
        }

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Setup:
        """The set-up of an address. What is not in ``QUERY_NAMES`` is ignored.

        Raises ``InputError`` that names the parameter which is missing or cannot be used.
        """
        arrays = {
            name: _parsed(name, query[name]) for name in (*_REQUIRED, *_BIASES) if name in query
        }
        return _from_arrays(arrays, _convention(query))

    def to_json(self) -> str:
        """The set-up as a JSON text, exactly, with the number of its format's version."""
        content: dict[str, Any] = {"format": FORMAT, "version": VERSION, **_chosen(self.convention)}
        content |= {name: array.tolist() for name, array in self._arrays().items()}
        lines = (f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in content.items())
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Setup:
        """The set-up of a JSON text, in UTF-8 if bytes. Raises ``InputError`` with the reason."""
        content = _loaded(text)
        if content.get("format") != FORMAT or content.get("version") != VERSION:
            raise InputError(
                'File: expected "format": "{format}" and "version": {version}, got {actual}.'
                " Choose a file that this page has exported.",
                format=FORMAT,
                version=VERSION,
                actual=shown(f"{content.get('format')}, {content.get('version')}"),
            )
        arrays = {
            name: _array_of_json(name, content[name])
            for name in (*_REQUIRED, *_BIASES)
            if name in content
        }
        return _from_arrays(arrays, _convention(content))

    def _arrays(self) -> dict[str, Array]:
        return {"x": self.inputs, "h0": self.h0} | {
            name: getattr(self.parameters, name) for name in NAMES
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Setup):
            return NotImplemented
        return (
            self.convention == other.convention
            and self.parameters == other.parameters
            and np.array_equal(self.inputs, other.inputs)
            and np.array_equal(self.h0, other.h0)
        )

    def __hash__(self) -> int:
        return hash((self.parameters, self.convention, self.inputs.shape))


def _from_arrays(arrays: Mapping[str, Array], convention: Convention) -> Setup:
    for name in _REQUIRED:
        if name not in arrays:
            raise InputError(
                "{name}: expected numbers, but it is missing. Add {name}, or start from an example"
                " and share it again.",
                name=name,
            )
    zeros = np.zeros(arrays["W_r"].shape[:1])
    parameters = GRUParameters(**{name: arrays.get(name, zeros) for name in NAMES})
    return Setup(parameters, arrays["x"], arrays["h0"], convention)


def _chosen(convention: Convention) -> dict[str, str]:
    return {"z": convention.z_weights, "reset": convention.reset, "gate": convention.gate}


_USUAL = _chosen(Convention())


def _convention(content: Mapping[str, Any]) -> Convention:
    chosen: dict[str, Any] = {name: content.get(name, usual) for name, usual in _USUAL.items()}
    for name, choice in _CHOICES.items():
        if chosen[name] not in get_args(choice):
            raise InputError(
                "{name}: expected one of {expected}, got {actual}. Choose one of them.",
                name=name,
                expected=", ".join(get_args(choice)),
                actual=shown(str(chosen[name])),
            )
    return Convention(*chosen.values())


def _typed(array: Array) -> str:
    rows = np.atleast_2d(array).tolist()
    return "; ".join(" ".join(repr(value).removesuffix(".0") for value in row) for row in rows)


def _parsed(name: str, text: str) -> Array:
    max_rows = MAX_STEPS if name == "x" else MAX_SIZE
    table = parse_numbers(text, max_rows=max_rows, max_columns=MAX_SIZE, name=name)
    is_vector = name[0] in "hbc"
    if is_vector and min(table.shape) > 1:
        raise InputError(
            "{name}: expected one row of numbers, got {rows} rows. Remove the other rows.",
            name=name,
            rows=len(table),
        )
    return table.ravel() if is_vector else table


def _loaded(text: str | bytes) -> dict[str, Any]:
    if len(text) > MAX_JSON_CHARACTERS:
        raise InputError(
            "File: expected at most {expected} characters, got {actual}."
            " Choose a file that this page has exported.",
            expected=MAX_JSON_CHARACTERS,
            actual=len(text),
        )
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise InputError(
            "File: expected JSON that starts with {{, got {actual}."
            " Choose a file that this page has exported.",
            actual=shown(text if isinstance(text, str) else text.decode(errors="replace")),
        )
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _array_of_json(name: str, value: Any) -> Array:
    rows = value if isinstance(value, list) else [None]
    flat = [v for row in rows for v in (row if isinstance(row, list) else [row])]
    if not all(type(v) in (int, float) for v in flat):
        raise InputError(
            "{name}: expected a list of numbers or of rows of numbers, got {actual}."
            " Write numbers without quotation marks.",
            name=name,
            actual=shown(json.dumps(value)),
        )
    return real_array(name, value)


def _require_size(name: str, size: int, limit: int) -> None:
    if not 1 <= size <= limit:
        raise InputError(
            "{name}: expected a size from 1 to {expected}, got {actual}. Choose one of these.",
            name=name,
            expected=limit,
            actual=size,
        )


def _require_magnitude(name: str, array: Array) -> None:
    too_large = np.argwhere(np.abs(array) > MAX_MAGNITUDE)
    if len(too_large):
        index = tuple(int(i) for i in too_large[0])
        raise InputError(
            "{name}[{index}]: expected a number between -{expected:,.0f} and {expected:,.0f},"
            " got {actual:.3g}. Use a smaller number; gates saturate long before.",
            name=name,
            index=", ".join(map(str, index)),
            expected=MAX_MAGNITUDE,
            actual=float(array[index]),
        )


def _fitted(array: Array, shape: tuple[int, ...]) -> Array:
    fitted = np.zeros(shape)
    overlap = tuple(slice(min(sizes)) for sizes in zip(array.shape, shape, strict=True))
    fitted[overlap] = array[overlap]
    return fitted
