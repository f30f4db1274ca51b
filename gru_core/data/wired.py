"""GRUs wired by hand: weights found by reasoning, each so that a cell does one useful thing.

All are in PyTorch's convention, where z is the weight on the old state: h' = (1 - z) ∘ n + z ∘ h.
A gate that is to stay open or shut has a bias of ±8 or more; a gate that is to obey an input has
a weight on it of twice that, the other way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from gru_core.data.sequences import Feed, Sequence
from gru_core.data.typed import shown
from gru_core.errors import N_, InputError
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.gru import Trace, unroll
from gru_core.maths.parameters import NAMES, Array, GRUParameters


@dataclass(frozen=True, eq=False)
class Wired:
    """A hand-wired GRU, the sequence that shows it at work, and what to look at there.

    title, look_at: English message ids. h0: (H,). feed: what the page shows it with; another
    sequence of equally many inputs can be fed as well, but look_at speaks of this one.
    """

    name: str
    title: str
    look_at: str
    parameters: GRUParameters
    feed: Feed
    h0: Array
    convention: Convention = PYTORCH

    @cached_property
    def inputs(self) -> Sequence:
        """The sequence of `feed`."""
        return self.feed.sequence

    def unroll(self) -> Trace:
        """Every step of it, with every intermediate value."""
        return unroll(self.parameters, self.inputs.values, self.h0, self.convention)


def wired(name: str) -> Wired:
    """The hand-wired GRU of that name. Raises InputError when there is none."""
    if name not in WIRED:
        raise InputError(
            "{name}: expected one of {expected}, got {actual}. Choose one of them.",
            name="model",
            expected=", ".join(WIRED),
            actual=shown(name),
        )
    return WIRED[name]


def _cell(D: int, H: int, **arrays: Any) -> GRUParameters:
    """Parameters of which those that are left out are zero."""
    shapes = {"W": (H, D), "U": (H, H), "b": (H,), "c": (H,)}
    return GRUParameters(**{name: arrays.get(name, np.zeros(shapes[name[0]])) for name in NAMES})


def _bias_that_keeps(weight: float) -> float:
    """The b_z with which z is `weight` when nothing else acts on it: ln(z / (1 - z))."""
    return float(np.log(weight / (1 - weight)))


# z is σ(10) without a mark, so 0.005 % of h is lost in a step, and σ(-10) with one: h is then n.
_LATCH = _cell(2, 1, W_n=[[1, 0]], W_z=[[0, -20]], b_z=[10])

# Only r can keep the value out of n, and r acts on the state alone. So unit 1 first brings the
# value into the state, and unit 2 takes it from there, a step later: through r, which the command
# to reset shuts. 1.2 about makes up for tanh.
_RESETTABLE_LATCH = _cell(
    3,
    2,
    W_n=[[1, 0, 0], [0, 0, 0]],
    U_n=[[0, 0], [1.2, 0]],
    W_z=[[0, 0, 0], [0, -20, -20]],
    b_z=[-10, 10],
    W_r=[[0, 0, 0], [0, 0, -16]],
    b_r=[8, 8],
)

# tanh(0.1 x) is 0.1 x, to one part in 300 at |x| = 1; so h is 0.1 times the average.
_RUNNING_AVERAGE = _cell(1, 1, W_n=[[0.1]], b_z=[_bias_that_keeps(0.9)])

# Half of the old state is left after 2 steps in unit 1, and after 20 in unit 2.
_TWO_TIME_SCALES = _cell(
    1,
    2,
    W_n=[[1], [1]],
    b_z=[_bias_that_keeps(0.5 ** (1 / 2)), _bias_that_keeps(0.5 ** (1 / 20))],
)

# Unit 1 is 0.1 x, a step late to unit 2, which adds 2 x and, as r is 1/2, takes away 20 times it.
_EDGE_DETECTOR = _cell(1, 2, W_n=[[0.1], [2]], U_n=[[0, 0], [-40, 0]], b_z=[-9, -9])

# z = r = 1/2 everywhere. Near 0, h' is then (1/2 + 3/4 Rot(45°)) h, which grows and turns; tanh
# bounds it, and a limit cycle is left.
_TURN = np.pi / 4
_OSCILLATOR = _cell(
    1,
    2,
    W_n=[[2], [0]],
    U_n=3 * np.array([[np.cos(_TURN), -np.sin(_TURN)], [np.sin(_TURN), np.cos(_TURN)]]),
)

# h is ±0.995, where h = tanh(3 h): n = tanh(-3 h) is its opposite, and a pulse lets it in.
_TOGGLE = _cell(1, 1, U_n=[[-3]], b_r=[12], W_z=[[-20]], b_z=[10])


_ALL = (
    Wired(
        "latch",
        N_("Latch: remember a marked value"),
        N_(
            "Wherever the marker is 1, z drops to 0 and h takes over tanh of the value; until the"
            " next mark h then changes by less than 1 %, whatever the values do."
        ),
        _LATCH,
        Feed("marked", {"T": 120, "marks": 3, "draw": 6}),
        np.zeros(1),
    ),
    Wired(
        "resettable_latch",
        N_("Resettable latch: remember until told to forget"),
        N_(
            "At a store command unit 2 takes over what unit 1 held a step before and keeps it; at"
            " a reset command r of unit 2 shuts, and unit 2 falls below 0.001."
        ),
        _RESETTABLE_LATCH,
        Feed("commands", {"T": 120, "marks": 3, "draw": 6}),
        np.zeros(2),
    ),
    Wired(
        "running_average",
        N_("Running average"),
        N_(
            "z is 0.9 throughout, so 10 h follows the exponential average of the input, a tenth"
            " of the way at each step, to within 0.01."
        ),
        _RUNNING_AVERAGE,
        Feed("noise", {"T": 200, "mean": 0.4, "deviation": 0.3, "draw": 1}),
        np.zeros(1),
    ),
    Wired(
        "two_time_scales",
        N_("Leaky integrator with two time scales"),
        N_(
            "When the input goes up at step 11, unit 1 has gone half of its way after 2 steps and"
            " unit 2 after 20; from step 91 on, where the input is 0 again, they lose it as fast."
        ),
        _TWO_TIME_SCALES,
        Feed("step", {"T": 160, "at": 11, "length": 80}),
        np.zeros(2),
    ),
    Wired(
        "edge_detector",
        N_("Edge detector"),
        N_(
            "Unit 2 is above 0.9 where the input goes up, below −0.9 where it goes down, and"
            " within 0.01 of 0 wherever the input stays what it was."
        ),
        _EDGE_DETECTOR,
        Feed("step", {"T": 60, "at": 16, "length": 20}),
        np.zeros(2),
    ),
    Wired(
        "oscillator",
        N_("Oscillator"),
        N_(
            "Both units swing with a period of 14.9 steps, although the input is 0 but for one kick"
            " at step 82: it nearly stops them, but 30 steps later they swing as far as before,"
            " about 5 steps early."
        ),
        _OSCILLATOR,
        Feed("impulse", {"T": 150, "at": 82}),
        np.array([0.5, 0.0]),
    ),
    Wired(
        "toggle",
        N_("Toggle: count modulo two"),
        N_(
            "Each pulse of the input turns h over: always above 0.99 in size, it is positive after"
            " an even number of pulses and negative after an odd one."
        ),
        _TOGGLE,
        Feed("impulse", {"T": 120, "at": 11, "every": 17}),
        np.array([0.995]),
    ),
)

WIRED: Mapping[str, Wired] = MappingProxyType({each.name: each for each in _ALL})
"""By name, in the order of a menu; the first is where a newcomer starts."""
