"""GRU layers in the layouts of Keras 2 and 3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gru_core.errors import N_, InputError
from gru_core.maths.convention import Gate
from gru_core.maths.weights import from_keras
from gru_core.training.model_files.keras_config import Config, Described
from gru_core.training.model_files.model import (
    NAME,
    OTHER_CELLS,
    Contents,
    Direction,
    Found,
    GRULayer,
    Sentence,
    in_order,
    plain,
)

# Keras 3 numbers the variables of a cell: 0 kernel, 1 recurrent kernel, 2 bias.
_NUMBERED = re.compile(rf"({NAME}/vars/)1()")
_NAMED = re.compile(rf"((?:{NAME}[./])?)recurrent_kernel((?::0)?)")


@dataclass(frozen=True)
class Cell:
    """The names of the arrays of one cell, and the place at which they stand."""

    place: str
    kernel: str
    recurrent: str
    bias: str


def find_keras(
    contents: Contents,
    found: Found,
    described: Sequence[Described] = (),
    version: str = "",
    weight_names: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Add every GRU cell in arrays that Keras wrote.

    described: what the file's configuration says, in which each cell comes after its feeders.
    version: of the Keras that wrote the file, where known.
    weight_names: the arrays of each layer in a file of Keras 2, in the order of its cells.
    Raises InputError for activations that GRU Lab does not have, for missing or misshapen
    arrays, and for NaN or infinity.
    """
    cells = list(_cells(contents, found))
    matched = _by_path(cells, described) or _by_order(cells, described, weight_names or {})
    names: dict[str, str] = {}
    for cell, description in matched.items():
        follows = description.follows
        names[description.path] = found.add(
            _layer(cell, contents, description, version),
            None if follows is None else [names.get(path, "") for path in follows],
        )
    for cell in cells:
        if cell not in matched:
            name = found.add(_layer(cell, contents), () if len(cells) == 1 else None)
            found.remark(
                N_(
                    "{names}: the file holds no configuration. Keras' defaults are assumed: "
                    "sigmoid for r and z, tanh for n, and reading forwards outside Bidirectional."
                ),
                name,
            )


def _cells(contents: Contents, found: Found) -> Iterator[Cell]:
    """The cells that are GRUs; notes the others in ``found``."""
    for name in in_order(contents.arrays):
        if match := _NUMBERED.fullmatch(name):
            keys = ("0", "1", "2")
        elif match := _NAMED.fullmatch(name):
            keys = ("kernel", "recurrent_kernel", "bias")
        else:
            continue
        start, end = match.groups()
        kernel, recurrent, bias = (f"{start}{key}{end}" for key in keys)
        gates = contents.gates(recurrent, axis=1)
        if keys[0] == "0" and not _is_recurrent(contents, kernel, recurrent):
            continue
        if gates in OTHER_CELLS:
            found.others[recurrent] = OTHER_CELLS[gates]
            continue
        place = start.removesuffix("vars/").rstrip("./")
        yield Cell(place.removesuffix("/cell"), kernel, recurrent, bias)


def _is_recurrent(contents: Contents, kernel: str, recurrent: str) -> bool:
    """Whether variables 0 and 1 are as wide as each other, and the second is a row of squares.

    No other layer of Keras has two such variables; an optimiser may.
    """
    shapes = [contents.arrays[name].shape for name in (kernel, recurrent) if name in contents]
    return (
        not recurrent.startswith("optimizer")
        and contents.gates(recurrent, axis=1) in {3, *OTHER_CELLS}
        and len(shapes) == 2
        and shapes[0][1:] == shapes[1][1:]
    )


def _by_path(cells: Sequence[Cell], described: Sequence[Described]) -> dict[Cell, Described]:
    """Keras 3, whose paths follow from the configuration."""
    # Keras 2.12 wrote the same paths with another word for layers; Windows with backslashes.
    places = {
        cell.place.replace("\\", "/").replace("_layer_checkpoint_dependencies", "layers"): cell
        for cell in cells
    }
    return {places[one.path]: one for one in described if one.path in places}


def _by_order(
    cells: Sequence[Cell],
    described: Sequence[Described],
    weight_names: Mapping[str, Sequence[str]],
) -> dict[Cell, Described]:
    """Keras 2, which groups arrays by the layers of the outermost model and orders each group."""
    cell_of = {cell.recurrent: cell for cell in cells}
    matched: dict[str, Cell] = {}
    for group, names in weight_names.items():
        stored = [cell_of[f"{group}/{name}"] for name in names if f"{group}/{name}" in cell_of]
        expected = [one.path for one in described if stored and one.top == group.split("/")[-1]]
        if len(stored) == len(expected):
            matched.update(zip(expected, stored, strict=True))
    return {matched[one.path]: one for one in described if one.path in matched}


def _layer(
    cell: Cell, contents: Contents, description: Described | None = None, version: str = ""
) -> GRULayer:
    if cell.kernel not in contents:
        raise InputError(
            "{name}: expected the arrays {expected} beside it, got a file without them. "
            "Save all the matrices of the cell.",
            name=cell.recurrent,
            expected=cell.kernel,
        )
    W, U = contents.numbers(cell.kernel), contents.numbers(cell.recurrent)
    b = contents.numbers(cell.bias) if cell.bias in contents else None
    config = description.config if description else None
    reset_after, how = _told_by(None if b is None else b.shape, U.shape[-1], config)
    parameters, convention = from_keras(W, U, b, reset_after)
    name = description.name if description else cell.place or "gru"
    return GRULayer(
        name=name,
        direction=description.direction if description else _direction(cell.place),
        parameters=parameters,
        convention=replace(convention, gate=_gate(name, config, version)),
        how=how,
    )


def _direction(place: str) -> Direction:
    is_backward = any(part.startswith("backward_") for part in re.split(r"[./\\]", place))
    return "backward" if is_backward else "forward"


def _told_by(
    bias: tuple[int, ...] | None, width: int, config: Config | None
) -> tuple[bool, Sentence]:
    """``reset_after``, and what told it. width: 3H."""
    if bias == (2 * width,):
        raise InputError(
            "bias: expected shape (2, {width}) or ({width},), got {actual}, the layout of "
            "CuDNNGRU. Load the model in Keras 2 and save it with a GRU layer instead.",
            width=width,
            actual=bias,
        )
    if bias is not None and len(bias) == 2:
        return True, Sentence(
            N_(
                "Keras: a bias of shape (2, {width}) means reset_after=True, so r multiplies "
                "U_n h + c_n. Gates stand in the order z, r, n; z weights the old state."
            ),
            {"width": width},
        )
    if bias is not None:
        return False, Sentence(
            N_(
                "Keras: a bias of shape ({width},) means reset_after=False, so r multiplies h. "
                "Gates stand in the order z, r, n; z weights the old state."
            ),
            {"width": width},
        )
    if config is not None:
        # Before Keras had the option, r multiplied h.
        reset_after = bool(config.get("reset_after", False))
        return reset_after, Sentence(
            N_(
                "Keras: the layer has no bias; the file's configuration says "
                "reset_after={reset_after}. Gates stand in the order z, r, n; z weights the old "
                "state."
            ),
            {"reset_after": reset_after},
        )
    return True, Sentence(
        N_(
            "Keras: the layer has no bias, so nothing in the file tells where r acts. The default "
            "reset_after=True is assumed: r multiplies U_n h. Gates stand in the order z, r, n; "
            "z weights the old state."
        )
    )


def _gate(name: str, config: Config | None, version: str) -> Gate:
    """The function of r and z. InputError for a function that GRU Lab does not have."""
    if config is None:
        return "sigmoid"
    for key, default in (("activation", "tanh"), ("recurrent_activation", "sigmoid")):
        actual = config.get(key)
        # The hard sigmoid of Keras 3 is another function, a / 6 + 0.5.
        is_known_hard = actual == "hard_sigmoid" and version.startswith(("1.", "2."))
        if actual != default and not (is_known_hard and key == "recurrent_activation"):
            raise InputError(
                "{name}: expected the {key} {expected}, or the hard_sigmoid of Keras 2 for the "
                "gates, got {actual} of Keras {version}. GRU Lab has no such cell and cannot show "
                "it; choose another model.",
                name=name,
                key=key,
                expected=default,
                actual=plain(actual),
                version=plain(version) or "?",
            )
    return "sigmoid" if config["recurrent_activation"] == "sigmoid" else "hard_sigmoid"
