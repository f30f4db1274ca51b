"""A GRU that was trained in this session: no address can hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from gru_core.data.bounds import Value
from gru_core.data.sequences import Sequence
from gru_core.maths.convention import Convention
from gru_core.maths.parameters import Array, GRUParameters

TRAINED = "trained"
"""What an address says for it."""


@dataclass(frozen=True)
class Given:
    """A sequence as it is, where others have a ``Feed`` that an address can hold."""

    sequence: Sequence
    values: ClassVar[Mapping[str, Value]] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Trained:
    """One layer of a trained network, and what it reads there. Equal to itself alone.

    title: English message id of its task. step: after how many updates. layer: from 0.
    sequence: (T, D), what reaches this layer when the network reads its probe sequence.
    """

    parameters: GRUParameters
    convention: Convention
    sequence: Sequence
    title: str
    step: int
    layer: int = 0

    @property
    def feed(self) -> Given:
        """Its own sequence."""
        return Given(self.sequence)

    @property
    def inputs(self) -> Sequence:
        """Its own sequence, by the name that a hand-wired GRU has for it."""
        return self.sequence

    @property
    def h0(self) -> Array:
        """The first state, (H,): zero, as in training."""
        return np.zeros(self.parameters.hidden_size)
