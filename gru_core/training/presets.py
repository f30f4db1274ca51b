"""Experiments worth seeing, healthy ones and broken ones, each with its cure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from gru_core.errors import N_
from gru_core.training.experiment import Experiment


@dataclass(frozen=True)
class Preset:
    """One experiment of the gallery. title, look_at, why and cure_title are English message ids.

    look_at: what to watch. why: what is behind it. cure: choices that mend it, empty where there
    is nothing to mend; cure_title: what they are.
    """

    name: str
    title: str
    look_at: str
    why: str
    choices: Mapping[str, object]
    cure: Mapping[str, object] = MappingProxyType({})
    cure_title: str = ""

    @cached_property
    def experiment(self) -> Experiment:
        """What it is."""
        return Experiment.of(self.choices)

    @property
    def cured(self) -> Experiment:
        """The experiment with its cure."""
        return self.experiment.changed(**self.cure)


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            Preset(
                "adding",
                N_("Learns: adding two marked numbers"),
                N_("the loss, which lies on the line of guessing at first, then falls off it."),
                N_(
                    "Nothing in the sequence helps until a unit keeps the first marked number; "
                    "from then on every step makes the sum better."
                ),
                {},
            ),
        )
    }
)
"""In the order of the gallery; the first is what the page opens with."""
