"""A trace as unit × time maps under its input, packed for the browser."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np

from gru_core.data.sequences import Sequence
from gru_core.maths.gru import Trace
from gru_core.maths.parameters import Array

MAPS = ("r", "z", "n", "h")
"""Those of a GRU, from the top down."""

KINDS: Mapping[str, Literal["share", "sign"]] = {
    **dict.fromkeys("rzifo", "share"),
    **dict.fromkeys("nh", "sign"),
}
"""How a map is coloured: shares lie between 0 and 1, the others around 0."""


def timeline_view(
    trace: Trace,
    order: Iterable[int],
    fed: Sequence,
    *,
    reads_fed: bool = True,
    is_backward: bool = False,
) -> dict[str, Any]:
    """What the timeline draws of `trace`, a single sequence, as JSON values.

    order: the units (from 0) to show, from the top of a map down. fed: what the model was fed.
    reads_fed: whether that is what the trace read; a layer above reads the states of those below.
    is_backward: whether step 0 of the trace is the last of the sequence; the maps are in the
    order of the sequence all the same.
    Numbers travel as base64 of little-endian float32, maps as (H, T), x as (T, D): at 64 units and
    500 steps that is a quarter of their JSON.
    """
    T, D = trace.inputs.shape
    shown = list(order)
    direction = -1 if is_backward else 1
    return {
        "steps": T,
        "units": len(shown),
        "inputs": D,
        "input_names": list(fed.names) if reads_fed else [],
        "times": list(fed.times),
        "gaps": [list(gap) for gap in fed.gaps],
        "order": [int(unit) for unit in shown],
        "x": packed(trace.inputs[::direction]),
        "kinds": [[name, KINDS[name]] for name in MAPS],
        "maps": {name: packed(getattr(trace, name)[::direction].T) for name in MAPS},
        "limits": {
            "x": largest(trace.inputs),
            "n": 1.0,
            "h": max(1.0, largest(trace.h)),
        },
    }


def largest(array: Array) -> float:
    """The largest size, for a scale that is centred at 0; 1 where all is 0."""
    return float(np.abs(array).max()) or 1.0


def packed(array: Array) -> str:
    """Base64 of little-endian float32."""
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode("ascii")
