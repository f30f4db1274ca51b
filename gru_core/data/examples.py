"""Filled-in cells, each made to show one thing, and that thing in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from gru_core.data.setup import Setup
from gru_core.data.typed import shown
from gru_core.errors import N_, InputError
from gru_core.maths.convention import PYTORCH
from gru_core.maths.initial import initialise


@dataclass(frozen=True)
class Example:
    """A set-up and what to look at in it.

    title, look_at: English message ids, to be translated where they are shown.
    is_random: whether ``example_setup`` draws it anew for each seed; ``setup`` is that of seed 0.
    claimed: what its source prints as r, z, n and h of the first step, if that is worth a look.
    """

    name: str
    title: str
    look_at: str
    setup: Setup
    is_random: bool = False
    claimed: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def example_setup(name: str, seed: int = 0) -> Setup:
    """The set-up of the example ``name``; ``seed`` matters only to one that is drawn at random.

    Raises ``InputError`` when there is no such example.
    """
    if name not in EXAMPLES:
        raise InputError(
            "example: expected one of {expected}, got {actual}. Choose one of them.",
            expected=", ".join(EXAMPLES),
            actual=shown(name),
        )
    return pytorch_default(seed) if EXAMPLES[name].is_random else EXAMPLES[name].setup


def pytorch_default(seed: int, D: int = 2, H: int = 3) -> Setup:
    """A cell as ``torch.nn.GRU`` starts out: each of its weights and biases from U(±1/√H).

    PyTorch adds two biases for r and z, so b_r and b_z are sums of two draws. Six inputs from
    U(−1, 1), h0 = 0. The draws are NumPy's, so they are not those of ``torch.manual_seed(seed)``.
    """
    rng = np.random.default_rng(seed)
    parameters = initialise("gru", D, H, "pytorch", seed=rng)
    return Setup(parameters, rng.uniform(-1, 1, (6, D)), np.zeros(H), PYTORCH)


# The cells are written as in an address; biases that are left out are zero.

_WELCOME = Setup.from_query(
    {
        "x": "0.3 0; 0.8 1; -0.9 0; 0.6 0; -0.7 0; 1 0",
        "h0": "0 0",
        "W_r": "0 1; 1.5 0",
        "W_z": "0 -7; -0.5 0",
        "W_n": "1.5 0; 1.5 0",
        "U_r": "0.5 -1; 0 -1",
        "U_z": "0.5 0; 0 1",
        "U_n": "0.5 0.3; 0.4 -0.8",
        "b_r": "0 0.5",
        "b_z": "4 -1",
        "c_n": "0 0.2",
    }
)

# With h = x / 2 every pre-activation is 0, and h' is then half of h.
_ONE_UNIT = Setup.from_query(
    {
        "x": "1; 0.5; 2",
        "h0": "0.5",
        "W_r": "1",
        "W_z": "-1",
        "W_n": "1",
        "U_r": "-2",
        "U_z": "2",
        "U_n": "-4",
    }
)

_REMEMBER = Setup.from_query(
    {
        "x": "1; -1; 0.5; 1; -1; -0.5; 1; -1",
        "h0": "0.8",
        "W_r": "1",
        "W_z": "0.5",
        "W_n": "2",
        "U_r": "0.5",
        "U_z": "0",
        "U_n": "1",
        "b_z": "9",
    }
)

_FORGET = Setup.from_query(
    {
        "x": "0.5 0; -0.5 0; 0.8 0; 0 1; 0.5 0; -0.5 0",
        "h0": "0.9",
        "W_r": "0 -12",
        "W_z": "0 -14",
        "W_n": "1 0",
        "U_r": "0",
        "U_z": "0",
        "U_n": "1",
        "b_r": "6",
        "b_z": "7",
    }
)

_RESET_CLOSED = Setup.from_query(
    {
        "x": "1; -0.5; 0.8; 0.2",
        "h0": "0.7 -0.7",
        "W_r": "0.5; 0.5",
        "W_z": "0; 0",
        "W_n": "1; 1",
        "U_r": "0 0; 0 0",
        "U_z": "0 0; 0 0",
        "U_n": "1 0.5; -0.5 1",
        "b_r": "-7 -7",
        "b_z": "8 -8",
    }
)

_SATURATED = Setup.from_query(
    {
        "x": "1 -1; -1 -1; 1 1; -1 1",
        "h0": "0.5 -0.5",
        "W_r": "20 0; 0 20",
        "W_z": "0 20; 20 0",
        "W_n": "1 0; 0 1",
        "U_r": "2 1; 1 2",
        "U_z": "2 -1; -1 2",
        "U_n": "1 -1; 1 1",
    }
)

# The article prints one row, [0.1, 0.2], as the W of every gate and unit.
_ARTICLE_003 = Setup.from_query(
    {
        "z": "candidate",
        "reset": "before",
        "x": "1 2; 3 4; 5 6",
        "h0": "0.1 0.2",
        "W_r": "0.1 0.2; 0.1 0.2",
        "W_z": "0.1 0.2; 0.1 0.2",
        "W_n": "0.1 0.2; 0.1 0.2",
        "U_r": "0.01 0.02; 0.03 0.04",
        "U_z": "0.05 0.06; 0.07 0.08",
        "U_n": "0.15 0.16; 0.17 0.18",
    }
)


_ALL = (
    Example(
        "welcome",
        N_("Two units: one remembers, one reacts"),
        N_(
            "At step 2 the second input is 1, z of unit 1 drops, and unit 1 takes in a value that"
            " it then keeps; unit 2 has the sign of the first input at every step."
        ),
        _WELCOME,
    ),
    Example(
        "one_unit",
        N_("One unit, by hand"),
        N_(
            "In steps 1 and 2 both gates are exactly ½ and n is 0, so h is halved; with one unit"
            " and no c it makes no difference whether reset acts before or after."
        ),
        _ONE_UNIT,
    ),
    Example(
        "remember",
        N_("Remember"),
        N_(
            "z stays above 0.999, so h changes by less than 1 % in eight steps, although the input"
            " swings between −1 and 1."
        ),
        _REMEMBER,
    ),
    Example(
        "forget",
        N_("Forget on command"),
        N_(
            "The second input is 1 only at step 4: there both gates close and less than 1 % of the"
            " old h is left."
        ),
        _FORGET,
    ),
    Example(
        "reset_closed",
        N_("Reset closed"),
        N_(
            "r is below 0.01 in both units, yet unit 1 keeps its h: a closed reset gate only hides"
            " h from n, and z alone decides what is kept."
        ),
        _RESET_CLOSED,
    ),
    Example(
        "saturated",
        N_("Saturated gates"),
        N_(
            "Every gate is within 0.0001 of 0 or 1, where σ is flat: changing one weight of r or z"
            " by 0.1 changes no h by more than 0.0001."
        ),
        _SATURATED,
    ),
    Example(
        "pytorch_default",
        N_("PyTorch's random start"),
        N_(
            "Whatever the seed, every gate lies between 0.05 and 0.95: before training none is"
            " open or shut."
        ),
        pytorch_default(seed=0),
        is_random=True,
    ),
    Example(
        "article_003_repaired",
        N_("Article 003, repaired"),
        N_(
            "The article's numbers worked out by its own formulas: both units of h rise from 0.1"
            " and 0.2 to above 0.9 in three steps."
        ),
        _ARTICLE_003,
    ),
    Example(
        "article_003_as_printed",
        N_("Article 003, as printed"),
        N_(
            "The article prints r = [0.3, 0.4], but the sums inside σ are positive, and σ of a"
            " positive number is above ½: r is [0.62, 0.63]."
        ),
        _ARTICLE_003.resized(D=2, H=2, T=1),
        claimed=MappingProxyType(
            {"r": (0.3, 0.4), "z": (0.6, 0.7), "n": (0.8, 0.9), "h": (0.4, 0.5)}
        ),
    ),
)

EXAMPLES: Mapping[str, Example] = MappingProxyType({example.name: example for example in _ALL})
"""By name, in the order of a menu; the first is where a newcomer starts."""
