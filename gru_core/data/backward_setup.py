"""A small cell with a loss on its states: what "Backwards by hand" works out, as one value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, cast

import numpy as np

from gru_core.data.bounds import OneOf, Real, Whole, differing
from gru_core.data.setup import MAX_MAGNITUDE, MAX_SIZE, Setup
from gru_core.data.setup import QUERY_NAMES as SETUP_NAMES
from gru_core.data.setup import STEPS as STEP_STEPS
from gru_core.data.setup import UNITS as STEP_UNITS
from gru_core.data.step_view import DIGITS as STEP_DIGITS
from gru_core.data.step_view import SEED
from gru_core.data.typed import parse_numbers, shown
from gru_core.errors import N_, InputError
from gru_core.maths.backward_equations import BACKWARD_PARTS, BackwardPart
from gru_core.maths.bptt import GRUGradients, backpropagate
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.gru import Trace, unroll
from gru_core.maths.initial import initialise
from gru_core.maths.parameters import NAMES, Array, GRUParameters, real_array

MAX_UNITS = 3
"""H: the gradients of all parameters are to fit on one screen."""
MAX_STEPS = 4
MAX_RATE = 100.0

PREFIX = "b_"
"""In an address, before every parameter: the page has others that would be called the same."""

LossOn = Literal["last", "all"]
LOSS_ON = OneOf(
    "loss",
    N_("Loss on"),
    {"last": N_("the last state"), "all": N_("all states")},
    "last",
)
RATE = Real("rate", N_("Learning rate η"), 0.0, MAX_RATE, 0.5)
DIGITS = replace(STEP_DIGITS, usual=3)
UNITS = replace(STEP_UNITS, high=MAX_UNITS)
STEPS = replace(STEP_STEPS, high=MAX_STEPS, usual=3)

NUDGE_REACH = 1.5
"""How far a weight is moved to either side."""
NUDGE_POINTS = 81

FINITE_STEP = 1e-5
"""Near the cube root of float64's precision, where a central difference errs least."""


@dataclass(frozen=True)
class Weight:
    """One entry of a parameter; row and column count from 0, the column of a vector is 0."""

    name: str
    row: int
    column: int

    @property
    def text(self) -> str:
        """As a person counts, and as an address holds it: U_n 1 2."""
        return f"{self.name} {_from_one(self.row)} {_from_one(self.column)}"

    def of(self, array: Array) -> float:
        """This entry of an array of the parameter's shape."""
        return float(array.reshape(len(array), -1)[self.row, self.column])


@dataclass(frozen=True)
class BackwardPlace:
    """Where the reader is: step (from 0) and sub-step. The walk begins at the last step."""

    time: int
    part: BackwardPart = "h"


@dataclass(frozen=True, eq=False, kw_only=True)
class Update:
    """One step of gradient descent: W − η ∇W for every parameter, and the loss that it leads to."""

    parameters: GRUParameters
    loss_before: float
    loss_after: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Nudge:
    """The loss while one weight alone is moved: (P,) weights and losses; slope is ∂L/∂weight."""

    weights: Array
    losses: Array
    weight: float
    loss: float
    slope: float


@dataclass(frozen=True, eq=False)
class BackwardSetup:
    """A cell with its sequence, a target for its states, and what the reader looks at.

    setup: H from 1 to ``MAX_UNITS``, T from 1 to ``MAX_STEPS``. target: y, (H,), each number at
    most ``MAX_MAGNITUDE`` in size. loss_on: L = ½ Σ ‖h_t − y‖² over the last step only, or all.
    rate: η, from 0 to ``MAX_RATE``. weight: the chosen one, which must exist in this convention.
    place: None for where the walk begins. Raises InputError that names what is wrong.
    """

    setup: Setup
    target: Array
    loss_on: LossOn = "last"
    rate: float = RATE.usual
    weight: Weight = Weight("U_n", 0, 0)
    place: BackwardPlace | None = None
    digits: int = DIGITS.usual
    seed: int | None = None

    def __post_init__(self) -> None:
        H = self.setup.parameters.hidden_size
        for name, size, limit in (("H", H, MAX_UNITS), ("T", len(self.setup.inputs), MAX_STEPS)):
            if size > limit:
                raise InputError(
                    "{name}: expected a size from 1 to {expected}, got {actual}."
                    " Backwards by hand shows every number, so choose a smaller one.",
                    name=name,
                    expected=limit,
                    actual=size,
                )
        target = real_array("y", self.target)
        object.__setattr__(self, "target", target)
        if target.shape != (H,):
            raise InputError(
                "{name}: expected shape {expected}, got {actual}."
                " Give one number for each hidden unit.",
                name="y",
                expected=(H,),
                actual=target.shape,
            )
        if np.abs(target).max() > MAX_MAGNITUDE:
            raise InputError(
                "y: expected numbers between -{expected:,.0f} and {expected:,.0f}, got"
                " {actual:.3g}. Use smaller numbers; states lie near -1 to 1.",
                expected=MAX_MAGNITUDE,
                actual=float(np.abs(target).max()),
            )
        LOSS_ON.read(self.loss_on)
        object.__setattr__(self, "rate", RATE.read(self.rate))
        DIGITS.read(self.digits)
        _require_weight(self.weight, self.setup)
        if self.place is not None:
            _require_place(self.place, self.setup)

    # --- What is computed ------------------------------------------------------------------------

    @property
    def at(self) -> BackwardPlace:
        """Where the reader is, or the beginning of the walk: δ_h′ of the last step."""
        return self.place or BackwardPlace(len(self.setup.inputs) - 1)

    @cached_property
    def trace(self) -> Trace:
        """Every step forwards with every intermediate value."""
        return self.setup.unroll()

    def d_h(self) -> Array:
        """∂L/∂h_t of the loss itself, (T, H): h_t − y where step t counts, else 0."""
        return self._counted(self.trace.h - self.target)

    def loss(self) -> float:
        """L = ½ Σ ‖h_t − y‖² over the steps that count."""
        return self._loss(self.setup.parameters)

    def gradients(self) -> GRUGradients:
        """The gradient of L by everything it depends on, by ``bptt``."""
        return backpropagate(self.trace, self.d_h())

    def updated(self) -> Update:
        """W ← W − η ∇W for every parameter at once."""
        old, gradient = self.setup.parameters, self.gradients().d_parameters
        new = GRUParameters(
            **{name: getattr(old, name) - self.rate * getattr(gradient, name) for name in NAMES}
        )
        return Update(parameters=new, loss_before=self.loss(), loss_after=self._loss(new))

    def nudge(self, name: str, row: int, column: int = 0) -> Nudge:
        """The loss while weight (row, column) of ``name`` moves and all others stay.

        It moves by up to ``NUDGE_REACH``. InputError when there is no such weight.
        """
        weight = Weight(name, row, column)
        _require_weight(weight, self.setup)
        value = weight.of(getattr(self.setup.parameters, name))
        weights = value + np.linspace(-NUDGE_REACH, NUDGE_REACH, NUDGE_POINTS)
        return Nudge(
            weights=weights,
            losses=np.array([self._loss(self._with(weight, moved)) for moved in weights.tolist()]),
            weight=value,
            loss=self.loss(),
            slope=weight.of(getattr(self.gradients().d_parameters, name)),
        )

    def finite_differences(self) -> GRUParameters:
        """∂L/∂W for every entry, as (L(W + ε) − L(W − ε)) / 2ε: L alone, no chain rule."""
        result = {name: np.zeros_like(getattr(self.setup.parameters, name)) for name in NAMES}
        for weight in self.weights():
            value = weight.of(getattr(self.setup.parameters, weight.name))
            above, below = value + FINITE_STEP, value - FINITE_STEP
            rise = self._loss(self._with(weight, above)) - self._loss(self._with(weight, below))
            entries = result[weight.name]
            entries.reshape(len(entries), -1)[weight.row, weight.column] = rise / (above - below)
        return GRUParameters(**result)

    def weights(self) -> Iterator[Weight]:
        """Every weight that this convention has."""
        for name in names_of(self.setup.convention):
            array = getattr(self.setup.parameters, name)
            for row, column in np.ndindex(array.reshape(len(array), -1).shape):
                yield Weight(name, row, column)

    def _loss(self, parameters: GRUParameters) -> float:
        setup = self.setup
        h = unroll(parameters, setup.inputs, setup.h0, setup.convention).h
        return float(0.5 * np.sum(self._counted(h - self.target) ** 2))

    def _counted(self, over_time: Array) -> Array:
        if self.loss_on == "all":
            return over_time
        last = np.zeros_like(over_time)
        last[-1] = over_time[-1]
        return last

    def _with(self, weight: Weight, value: float) -> GRUParameters:
        array = getattr(self.setup.parameters, weight.name).copy()
        array.reshape(len(array), -1)[weight.row, weight.column] = value
        return replace(self.setup.parameters, **{weight.name: array})

    # --- Other set-ups ---------------------------------------------------------------------------

    @classmethod
    def random(cls, seed: int) -> BackwardSetup:
        """Two units, two inputs and three steps, with weights as PyTorch draws them."""
        rng = np.random.default_rng(SEED.read(seed))
        parameters = initialise("gru", 2, 2, seed=rng)
        # Adding zero turns -0.0 into 0.0.
        rounded = {name: getattr(parameters, name).round(2) + 0.0 for name in NAMES}
        inputs, target = (rng.uniform(-1, 1, size).round(1) + 0.0 for size in ((3, 2), 2))
        setup = Setup(GRUParameters(**rounded), inputs, np.zeros(2), PYTORCH)
        return cls(setup, target, seed=seed)

    def with_setup(self, setup: Setup) -> BackwardSetup:
        """The reader's own numbers, with the target, weight and place that still exist in them."""
        H, T = setup.parameters.hidden_size, len(setup.inputs)
        target = np.zeros(H)
        target[: len(self.target)] = self.target[:H]
        place = (
            None if self.place is None else replace(self.place, time=min(self.place.time, T - 1))
        )
        weight = self.weight if _has_weight(self.weight, setup) else Weight("U_n", 0, 0)
        return replace(self, setup=setup, target=target, weight=weight, place=place, seed=None)

    def with_target(self, target: Array) -> BackwardSetup:
        """Another target. InputError as for the class."""
        return replace(self, target=target, seed=None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BackwardSetup):
            return NotImplemented
        return (
            self.setup == other.setup
            and np.array_equal(self.target, other.target)
            and self._choices() == other._choices()
            and self.seed == other.seed
        )

    def __hash__(self) -> int:
        return hash((self.setup, self.target.tobytes()))

    # --- Addresses -------------------------------------------------------------------------------

    def to_query(self) -> dict[str, str]:
        """The set-up as parameters of an address, exactly; what is usual is left out."""
        if self == EXAMPLE:
            return {}
        if self.has_numbers_of(EXAMPLE):
            query = {}
        elif self.seed is not None:
            query = {SEED.name: str(self.seed)}
        else:
            query = self.setup.to_query() | {"y": _typed(self.target)}
        query |= differing(self._choices(), EXAMPLE._choices())
        return {PREFIX + name: text for name, text in query.items()}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> BackwardSetup:
        """The set-up of an address. Raises InputError that names the parameter that is wrong."""
        given = {
            name.removeprefix(PREFIX): text
            for name, text in query.items()
            if name in BACKWARD_QUERY_NAMES
        }
        arrays = {name: text for name, text in given.items() if name in SETUP_NAMES}
        if arrays:
            setup = Setup.from_query(arrays)
            found = cls(setup, np.zeros(setup.parameters.hidden_size))
        elif SEED.name in given:
            found = cls.random(SEED.read(given[SEED.name]))
        else:
            found = EXAMPLE
        if "y" in given:
            target = parse_numbers(given["y"], max_rows=1, max_columns=MAX_SIZE, name="y")
            found = found.with_target(target[0])
        usual = EXAMPLE._choices()
        time = Whole("t", "", 1, len(found.setup.inputs), len(found.setup.inputs))
        part = OneOf("part", "", dict.fromkeys(BACKWARD_PARTS, ""), "h")
        place = None
        if "t" in given or "part" in given:
            place = BackwardPlace(
                time.read(given.get("t", time.usual)) - 1,
                cast("BackwardPart", part.read(given.get("part", "h"))),
            )
        return replace(
            found,
            loss_on=cast("LossOn", LOSS_ON.read(given.get("loss", usual["loss"]))),
            rate=RATE.read(given.get("rate", usual["rate"])),
            weight=_weight_of(given.get("weight", str(usual["weight"]))),
            digits=DIGITS.read(given.get("digits", usual["digits"])),
            place=place,
        )

    def has_numbers_of(self, other: BackwardSetup) -> bool:
        """Whether cell, sequence and target are the same."""
        return self.setup == other.setup and np.array_equal(self.target, other.target)

    def _choices(self) -> dict[str, str | int | float]:
        beginning = BackwardPlace(len(self.setup.inputs) - 1)
        place = self.at
        return {
            "loss": self.loss_on,
            "rate": self.rate,
            "weight": self.weight.text,
            "digits": self.digits,
            "t": "" if place.time == beginning.time else place.time + 1,
            "part": place.part,
        }


BACKWARD_QUERY_NAMES = tuple(
    PREFIX + name
    for name in (SEED.name, "y", "loss", "rate", "weight", "t", "part", "digits", *SETUP_NAMES)
)
"""Every parameter that ``BackwardSetup.to_query`` can write."""


def names_of(convention: Convention) -> tuple[str, ...]:
    """The parameters that a convention has: c_n only where reset acts after."""
    return NAMES if convention.reset == "after" else tuple(n for n in NAMES if n != "c_n")


def largest_difference(ours: GRUParameters, theirs: GRUParameters) -> float:
    """The largest absolute difference between two gradients, over all parameters."""
    return max(float(np.abs(getattr(ours, name) - getattr(theirs, name)).max()) for name in NAMES)


def _from_one(at: object) -> object:
    """A place as a person counts. What came from a browser may be no number at all."""
    return at + 1 if type(at) is int else at


def _has_weight(weight: Weight, setup: Setup) -> bool:
    if weight.name not in names_of(setup.convention):
        return False
    array = getattr(setup.parameters, weight.name)
    shape = array.reshape(len(array), -1).shape
    places = zip((weight.row, weight.column), shape, strict=True)
    return all(type(at) is int and at in range(size) for at, size in places)


def _require_weight(weight: Weight, setup: Setup) -> None:
    if not _has_weight(weight, setup):
        raise InputError(
            "weight: expected a parameter with a row and a column that exist, such as U_n 1 1,"
            " got {actual}. Choose one on the page.",
            actual=shown(weight.text),
        )


def _require_place(place: BackwardPlace, setup: Setup) -> None:
    steps = range(len(setup.inputs))
    if type(place.time) is not int or place.time not in steps or place.part not in BACKWARD_PARTS:
        raise InputError(
            "place: expected a step from 1 to {last} and one of {expected}, got {actual}."
            " Choose one of them.",
            last=len(setup.inputs),
            expected=", ".join(BACKWARD_PARTS),
            actual=shown(f"{_from_one(place.time)}, {place.part}"),
        )


def _weight_of(text: str) -> Weight:
    match text.split():
        case [name, row, column] if row.isdecimal() and column.isdecimal() and len(text) < 20:
            return Weight(name, int(row) - 1, int(column) - 1)
    raise InputError(
        "weight: expected a parameter, its row and its column, such as U_n 1 1, got {actual}."
        " Correct it in the address, or leave it out.",
        actual=shown(text),
    )


def _typed(vector: Array) -> str:
    return " ".join(repr(value).removesuffix(".0") for value in vector.tolist())


# Unit 1 has to hold what it read at step 1; both gates are open enough for all paths to matter.
EXAMPLE = BackwardSetup(
    Setup.from_query(
        {
            "x": "1 0; 0 0.5; 0.5 -0.5",
            "h0": "0 0",
            "W_r": "0.5 0.3; -0.4 0.6",
            "W_z": "-1 0.5; 0.3 -0.2",
            "W_n": "1.2 0.4; -0.6 0.8",
            "U_r": "0.2 -0.5; 0.4 0.1",
            "U_z": "0.6 0.1; -0.3 0.5",
            "U_n": "0.7 -0.4; 0.5 0.3",
            "b_z": "0.5 0",
            "c_n": "0.1 -0.1",
        }
    ),
    np.array([0.8, -0.4]),
)
"""Where a newcomer starts: two units, three steps."""
