"""The gates of a network that trains, on one fixed sequence: now, and as they came to be."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_core.data.tasks import Batch
from gru_core.figures.timeline import KINDS, largest, packed
from gru_core.maths.measures import saturation
from gru_core.maths.parameters import Array

if TYPE_CHECKING:
    from gru_core.training.network import Output

MAX_MOMENTS = 24
MAX_BYTES = 3_000_000
"""Of all moments together, as base64."""

_WHOLE = 32767
_NOT_FINITE = -32768


def probe_view(
    probe: Batch, output: Output, layer: int, updates: int, alphabet: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What the timeline draws of one layer of run 0, as JSON values.

    probe: one sequence, B = 1; output: what a network says to it. layer: from 0, which reads the
    probe, whose inputs ``alphabet`` names where they are symbols; a layer above reads the states
    of the one below. updates: how many the network has had.
    Units stand in their own order, in the moments too, so that a row stays the same unit all the
    while a run goes on. Where moments would outgrow MAX_BYTES only every ``stride``-th of the
    ``hidden`` units is shown, here as there. Maps are packed as ``moments_view`` says; x, (T, D),
    as base64 of float32.
    """
    maps, x = maps_of(output, layer), inputs_of(probe, output, layer)
    T, H = maps["h"].shape
    stride = stride_of(output, layer)
    x = x if layer == 0 else x[:, ::stride]
    units = len(range(0, H, stride))
    return {
        "updates": updates,
        "hidden": H,
        "stride": stride,
        "steps": T,
        "units": units,
        "inputs": x.shape[1],
        "input_names": list(alphabet) if layer == 0 else [],
        "times": [],
        "gaps": [],
        "order": list(range(units)),
        "x": packed(x),
        "kinds": [[name, KINDS[name]] for name in maps],
        "maps": {name: shorts(values.T[::stride]) for name, values in maps.items()},
        "limits": _limits(maps, x),
    }


def moments_view(outputs: Mapping[int, Output], layer: int) -> dict[str, Any]:
    """The maps of one layer of run 0 after each of some numbers of updates, as JSON values.

    outputs: what the network said to the probe then, by that number; of more than MAX_MOMENTS the
    first, the last, and those evenly between are kept. Each map, (units, T), is base64 of
    little-endian int16 with the scale that they are to be multiplied with; −32768 stands for what
    is not finite. Above layer 0 each set has its own x, (T, units), packed in the same way.
    id: names these numbers, so that a browser sees whether they are new to it.
    """
    steps = sorted(outputs)
    if len(steps) > MAX_MOMENTS:
        kept = np.linspace(0, len(steps) - 1, MAX_MOMENTS).round().astype(int)
        steps = [steps[place] for place in kept]
    sets = [_moment(outputs[step], layer) for step in steps]
    digest = blake2b(repr((layer, steps, sets)).encode(), digest_size=12)
    T, H = maps_of(outputs[steps[0]], layer)["h"].shape
    units = len(range(0, H, stride_of(outputs[steps[0]], layer)))
    return {
        "id": digest.hexdigest(),
        "units": units,
        "times": T,
        "steps": steps,
        "sets": sets,
    }


def _moment(output: Output, layer: int) -> dict[str, Any]:
    maps, stride = maps_of(output, layer), stride_of(output, layer)
    moment = {"maps": {name: shorts(values.T[::stride]) for name, values in maps.items()}}
    if layer == 0:
        return {**moment, "limits": _limits(maps)}
    x = _states(output, layer - 1)[:, ::stride]
    return {**moment, "x": shorts(x), "limits": _limits(maps, x)}


def maps_of(output: Output, layer: int) -> dict[str, Array]:
    """The gates of one layer of run 0, its candidate where it is kept, and h; each (T, H)."""
    its = output.layers[layer]
    tensors = {**its.gates, **({} if its.n is None else {"n": its.n}), "h": its.h}
    return {name: np.asarray(tensor[0, :, 0], float) for name, tensor in tensors.items()}


def inputs_of(probe: Batch, output: Output, layer: int) -> Array:
    """What the layer reads, (T, D): the probe, or the states of the layer below."""
    return probe.inputs[:, 0] if layer == 0 else _states(output, layer - 1)


def _states(output: Output, layer: int) -> Array:
    return np.asarray(output.layers[layer].h[0, :, 0], float)


def stride_of(output: Output, layer: int) -> int:
    """Every how many units are shown, so that MAX_MOMENTS of them stay below MAX_BYTES."""
    maps = maps_of(output, layer)
    T, H = maps["h"].shape
    row = MAX_MOMENTS * (len(maps) + (layer > 0)) * 2 * T * 4 / 3
    rows = max(1.0, 0.98 * MAX_BYTES // row)  # the rest: scales, names, padding
    stride: int = ceil(H / rows)
    return stride


def shorts(values: Array) -> dict[str, Any]:
    """int16 as base64, and the scale that turns them into the values; see ``moments_view``."""
    finite = np.isfinite(values)
    scale = largest(np.where(finite, values, 0.0)) / _WHOLE
    whole = np.where(finite, np.round(np.where(finite, values, 0.0) / scale), _NOT_FINITE)
    data = base64.b64encode(np.ascontiguousarray(whole, dtype="<i2").tobytes())
    return {"scale": scale, "data": data.decode("ascii")}


def _limits(maps: Mapping[str, Array], x: Array | None = None) -> dict[str, float]:
    """What the colours of signed maps reach to: 1, or as far as a ReLU goes."""
    limits = {
        name: max(1.0, largest(np.nan_to_num(values, posinf=0.0, neginf=0.0)))
        for name, values in maps.items()
        if KINDS[name] == "sign"
    }
    return limits if x is None else {"x": largest(x), **limits}


@dataclass(frozen=True)
class Change:
    """A number of the untrained network, and of the one now."""

    start: float
    now: float


@dataclass(frozen=True)
class ProbeChange:
    """What training has changed in one layer, on the probe sequence.

    saturated: the share of gate values under 0.1 or over 0.9; None where a cell has no gates.
    means: of each gate, over steps and units. largest_state: max |h|.
    """

    saturated: Change | None
    means: Mapping[str, Change]
    largest_state: Change


def probe_change(start: Output, now: Output, layer: int) -> ProbeChange:
    """What has changed from one output to another, in one layer of run 0."""
    one, other = maps_of(start, layer), maps_of(now, layer)
    gates = [name for name in one if KINDS[name] == "share"]
    saturated = None
    if gates:
        saturated = Change(*(_saturated([maps[name] for name in gates]) for maps in (one, other)))
    return ProbeChange(
        saturated,
        {name: Change(float(one[name].mean()), float(other[name].mean())) for name in gates},
        Change(*(float(np.abs(maps["h"]).max()) for maps in (one, other))),
    )


def _saturated(gates: list[Array]) -> float:
    return float(np.mean([saturation(gate).mean() for gate in gates]))
