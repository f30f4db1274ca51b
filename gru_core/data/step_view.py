"""All that the page "One step" shows, as one value that an address can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gru_core.data.bounds import MAX_SEED, Whole
from gru_core.data.examples import example_setup
from gru_core.data.setup import QUERY_NAMES as SETUP_NAMES
from gru_core.data.setup import Setup
from gru_core.data.typed import shown
from gru_core.errors import N_, InputError
from gru_core.maths.equations import MAX_DIGITS, MIN_DIGITS, PARTS, Part

DEFAULT_EXAMPLE = "welcome"
DEFAULT_DIGITS = 2
DIGITS = Whole("digits", N_("Decimals on screen"), MIN_DIGITS, MAX_DIGITS, DEFAULT_DIGITS)
SEED = Whole("seed", N_("Seed"), 0, MAX_SEED, 0)
QUERY_NAMES = ("example", "seed", "t", "part", "unit", "digits", *SETUP_NAMES)


@dataclass(frozen=True)
class Place:
    """Where the reader is: step (from 0), sub-step, hidden unit (from 0)."""

    time: int = 0
    part: Part = "r"
    unit: int = 0

    @classmethod
    def of(cls, value: Any, setup: Setup) -> Place:
        """A place as it came from the browser or an address; InputError when it does not exist."""
        steps, units = len(setup.inputs), setup.parameters.hidden_size
        time = Whole("t", "", 0, steps - 1, 0).read(value.get("time", 0))
        unit = Whole("unit", "", 0, units - 1, 0).read(value.get("unit", 0))
        part = value.get("part", "r")
        if part not in PARTS:
            raise InputError(
                "part: expected one of {expected}, got {actual!r}. Choose one of the four.",
                expected=", ".join(PARTS),
                actual=shown(str(part)),
            )
        return cls(time, part, unit)

    def within(self, setup: Setup) -> Place:
        """The nearest place that exists in `setup`."""
        return Place(
            min(self.time, len(setup.inputs) - 1),
            self.part,
            min(self.unit, setup.parameters.hidden_size - 1),
        )


START = Place()


@dataclass(frozen=True)
class StepView:
    """example: the name of the example that `setup` is, or None for a reader's own numbers.

    seed: of the example that is drawn at random. digits: decimals on screen.
    """

    setup: Setup
    example: str | None = None
    seed: int = 0
    place: Place = START
    digits: int = DEFAULT_DIGITS

    @classmethod
    def of_example(cls, name: str, seed: int = 0, digits: int = DEFAULT_DIGITS) -> StepView:
        """An example at its beginning. InputError when there is none of that name."""
        return cls(example_setup(name, seed), name, seed, digits=digits)

    def to_query(self) -> dict[str, str]:
        """The view as the parameters of an address; `from_query` is the way back."""
        query = (
            self.setup.to_query()
            if self.example is None
            else {"example": self.example, **({"seed": str(self.seed)} if self.seed else {})}
        )
        place = {
            "t": str(self.place.time + 1),
            "part": self.place.part,
            "unit": str(self.place.unit + 1),
            "digits": str(self.digits),
        }
        usual = {"t": "1", "part": "r", "unit": "1", "digits": str(DEFAULT_DIGITS)}
        return query | {name: text for name, text in place.items() if text != usual[name]}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> StepView:
        """The view of an address. Raises InputError that names the parameter that is wrong."""
        digits = DIGITS.read(query.get("digits", DIGITS.usual))
        arrays = {name: query[name] for name in SETUP_NAMES if name in query}
        if arrays:
            setup, example, seed = Setup.from_query(arrays), None, 0
        else:
            example = query.get("example", DEFAULT_EXAMPLE)
            seed = SEED.read(query.get("seed", SEED.usual))
            setup = example_setup(example, seed)
        steps, units = len(setup.inputs), setup.parameters.hidden_size
        place = {
            "time": Whole("t", "", 1, steps, 1).read(query.get("t", 1)) - 1,
            "part": query.get("part", "r"),
            "unit": Whole("unit", "", 1, units, 1).read(query.get("unit", 1)) - 1,
        }
        return cls(setup, example, seed, Place.of(place, setup), digits)
