"""What the configuration in a Keras file says of its GRU layers, and which feeds which."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gru_core.training.model_files.model import Direction, plain

Config = Mapping[str, Any]
Source = tuple[str, ...] | None
"""Paths of the cells whose outputs, side by side, these numbers are; () for the model's inputs;
None for anything else."""

# Once training is over, they pass a sequence on as it is.
_PASSING = {
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "SpatialDropout1D",
}
_MODELS = {"Sequential", "Functional", "Model"}


@dataclass(frozen=True)
class Described:
    """A GRU cell as the configuration describes it.

    path: where Keras 3 stores it, and the key of a Source.
    top: the layer of the outermost model that it belongs to, under which Keras 2 stores it.
    config: of the GRU layer or GRUCell.
    """

    name: str
    path: str
    top: str
    config: Config
    direction: Direction
    follows: Source


def described_cells(model: Config) -> list[Described]:
    """Every GRU cell in ``{"class_name": …, "config": …}``, each after those that feed it.

    Empty for a model of a class of its own. Anything but a configuration that Keras wrote may
    raise KeyError, TypeError or AttributeError.
    """
    cells: list[Described] = []
    if model["class_name"] in _MODELS:
        _Walk(cells, top=None).model(model, "", "", ())
    return cells


@dataclass
class _Walk:
    cells: list[Described]
    top: str | None

    def model(self, model: Config, path: str, names: str, source: Source) -> Source:
        config = model["config"]
        # Before version 2.2.3, a Sequential model was its list of layers.
        layers: Sequence[Config] = config if isinstance(config, list) else config["layers"]
        paths = _paths(path + "layers/", layers)
        if model["class_name"] == "Sequential":
            for layer, place in zip(layers, paths, strict=True):
                source = self.layer(layer, place, names, source)
            return source

        is_fed_once = sum(layer["class_name"] == "InputLayer" for layer in layers) == 1
        outputs: dict[str, Source] = {}
        for layer, place in zip(layers, paths, strict=True):
            if layer["class_name"] == "InputLayer":
                fed = source if is_fed_once or source == () else None
            else:
                fed = _joined(layer, outputs)
            name = layer.get("name") or layer["config"]["name"]
            outputs[name] = self.layer(layer, place, names, fed)
        last = list(_histories(config["output_layers"]))
        return outputs.get(last[0]) if len(last) == 1 else None

    def layer(self, layer: Config, path: str, names: str, source: Source) -> Source:
        kind, config = layer["class_name"], layer["config"]
        name = str(config.get("name", ""))
        if self.top is None:
            return _Walk(self.cells, name).layer(layer, path, names, source)
        if kind in _PASSING or kind in ("InputLayer", "Concatenate"):
            return source
        if kind in _MODELS:
            return self.model(layer, path + "/", f"{names}{name}/", source)
        if kind != "Bidirectional":
            is_backward = bool(config.get("go_backwards"))
            out = self.recurrent(layer, path, names + name, is_backward, source)
            # Such a layer hands on its states in the order in which it read.
            return None if is_backward else out

        forward = config["layer"]
        backward = config.get("backward_layer") or forward
        turned = bool(forward["config"].get("go_backwards"))
        sides = {"forward": (forward, turned), "backward": (backward, not turned)}
        outs = [
            self.recurrent(one, f"{path}/{side}_layer", f"{names}{name}/{side}", is_turned, source)
            for side, (one, is_turned) in sides.items()
        ]
        if turned or config.get("merge_mode") != "concat" or not all(outs):
            return None
        return tuple(path for out in outs for path in out or ())

    def recurrent(
        self, layer: Config, path: str, name: str, is_backward: bool, source: Source
    ) -> Source:
        config = layer["config"]
        if layer["class_name"] == "GRU":
            cells = [(config, path, name)]
        elif layer["class_name"] == "RNN" and config["cell"]["class_name"] == "GRUCell":
            cells = [(config["cell"]["config"], path, name)]
        elif layer["class_name"] == "RNN" and config["cell"]["class_name"] == "StackedRNNCells":
            stack = config["cell"]["config"]["cells"]
            if any(cell["class_name"] != "GRUCell" for cell in stack):
                return None
            places = _paths(f"{path}/cell/cells/", stack)
            cells = [
                (cell["config"], place, f"{name}/{index}")
                for index, (cell, place) in enumerate(zip(stack, places, strict=True))
            ]
        else:
            return None
        for cell, place, label in cells:
            direction: Direction = "backward" if is_backward else "forward"
            described = Described(
                plain(label), place, self.top or "", dict(cell), direction, source
            )
            self.cells.append(described)
            source = (place,)
        return source if config.get("return_sequences") else None


def _paths(prefix: str, layers: Sequence[Config]) -> list[str]:
    """Keras 3 names a layer after its class, and counts those of one class: gru, gru_1, …"""
    counts: dict[str, int] = {}
    paths = []
    for layer in layers:
        name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W", "", layer["class_name"]))
        name = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
        count = counts[name] = counts.get(name, -1) + 1
        paths.append(f"{prefix}{name}_{count}" if count else prefix + name)
    return paths


def _joined(layer: Config, outputs: Mapping[str, Source]) -> Source:
    """What feeds a layer of a functional model, if it is called once and fed by what is known."""
    sources = [outputs.get(name) for name in _histories(layer["inbound_nodes"])]
    if len(layer["inbound_nodes"]) != 1 or not sources:
        return None
    if len(sources) == 1:
        return sources[0]
    is_side_by_side = layer["class_name"] == "Concatenate" and layer["config"]["axis"] in (-1, 2)
    if not is_side_by_side or not all(sources):
        return None
    return tuple(path for source in sources for path in source or ())


def _histories(value: object) -> Iterator[str]:
    """The layers in ``[name, call, output]``, however nested; no name if not the first output."""
    match value:
        case [str(name), int(), int(output), *rest]:
            yield "" if output else name
            yield from _histories(rest)
        case list():
            for item in value:
                yield from _histories(item)
        case dict():
            for item in value.values():
                yield from _histories(item)
