"""Small helpers that the demonstrations share: cells of our engine with given weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from gru_core.maths.convention import ARTICLE
from gru_core.maths.gru import Trace, unroll
from gru_core.maths.initial import initialise
from gru_core.maths.parameters import NAMES, Array, GRUParameters


def cell(D: int, H: int, **arrays: Any) -> GRUParameters:
    """Parameters of which those that are left out are zero."""
    shapes = {"W": (H, D), "U": (H, H), "b": (H,), "c": (H,)}
    return GRUParameters(**{name: arrays.get(name, np.zeros(shapes[name[0]])) for name in NAMES})


def drawn(D: int, H: int, seed: int, gain: float = 1.0) -> GRUParameters:
    """A GRU at its start, in the articles' convention: z weights the candidate, reset before."""
    return initialise("gru", D, H, "gaussian", gain=gain, seed=seed, convention=ARTICLE)


def read(parameters: GRUParameters, inputs: Array, h0: object = None) -> Trace:
    """The sequence through the cell, in the articles' convention."""
    return unroll(parameters, inputs, h0, ARTICLE)


def noise(T: int, D: int, seed: int) -> Array:
    """Inputs from N(0, 1), (T, D)."""
    return np.random.default_rng(seed).normal(size=(T, D))
