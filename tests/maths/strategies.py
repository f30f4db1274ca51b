"""Random cells and sequences, shared by the tests of gru_core.maths."""

from __future__ import annotations

from itertools import product
from typing import get_args

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gru_core.maths.convention import Convention, Gate, Reset, ZWeights
from gru_core.maths.parameters import NAMES, Array, GRUParameters

ALL_CONVENTIONS = [
    Convention(*choice) for choice in product(get_args(ZWeights), get_args(Reset), get_args(Gate))
]


def shapes(D: int, H: int) -> dict[str, tuple[int, ...]]:
    kinds: dict[str, tuple[int, ...]] = {"W": (H, D), "U": (H, H), "b": (H,), "c": (H,)}
    return {name: kinds[name[0]] for name in NAMES}


def random_parameters(
    seed: int, D: int, H: int, reset: Reset = "after", **given: Array
) -> GRUParameters:
    """Every entry standard normal, so that none is zero; c_n is zero if reset is before."""
    rng = np.random.default_rng(seed)
    values = {name: rng.normal(size=shape) for name, shape in shapes(D, H).items()}
    if reset == "before":
        values["c_n"] = np.zeros(H)
    return GRUParameters(**values | given)


@st.composite
def arrays(draw: st.DrawFn, *shape: int, bound: float = 5.0) -> Array:
    return draw(hnp.arrays(np.float64, shape, elements=st.floats(-bound, bound)))


@st.composite
def parameters(draw: st.DrawFn, D: int, H: int, reset: Reset = "after") -> GRUParameters:
    values = {name: draw(arrays(*shape)) for name, shape in shapes(D, H).items()}
    if reset == "before":
        values["c_n"] = np.zeros(H)
    return GRUParameters(**values)


@st.composite
def sequences(
    draw: st.DrawFn, h0_bound: float = 5.0
) -> tuple[GRUParameters, Convention, Array, Array]:
    """Parameters, a convention that fits them, inputs and h0; single or in a batch."""
    D, H, T = (draw(st.integers(1, 4)) for _ in range(3))
    batch = draw(st.sampled_from([(), (1,), (3,)]))
    convention = draw(st.sampled_from(ALL_CONVENTIONS))
    cell = draw(parameters(D, H, convention.reset))
    return cell, convention, draw(arrays(T, *batch, D)), draw(arrays(*batch, H, bound=h0_bound))
