"""All that the page "Gates over time" shows, as one value that an address can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np
import numpy.typing as npt

from gru_core.data.bounds import MAX_SEED, OneOf, Parameter, Real, Value, Whole, differing, read_all
from gru_core.data.sequences import QUERY_NAMES as FEED_NAMES
from gru_core.data.sequences import Feed, Sequence
from gru_core.data.setup import MAX_SIZE, Setup
from gru_core.data.trained import TRAINED, Given, Trained
from gru_core.data.wired import WIRED, Wired, wired
from gru_core.errors import N_, InputError
from gru_core.maths.convention import Convention, Gate, Reset, ZWeights
from gru_core.maths.gru import Trace, unroll
from gru_core.maths.initial import KeepBias, Scheme, initialise
from gru_core.maths.measures import half_life
from gru_core.maths.parameters import Array, GRUParameters

MAX_UNITS = 64
RANDOM = "random"
DEFAULT_MODEL = "latch"

MODEL = OneOf(
    "model",
    N_("Model"),
    {name: each.title for name, each in WIRED.items()} | {RANDOM: N_("Random weights")},
    DEFAULT_MODEL,
)
SORT = OneOf(
    "sort",
    N_("Order of the units"),
    {
        "none": N_("units in their order"),
        "half_life": N_("longest half-life first"),
        "mean_z": N_("largest mean z first"),
        "first_move": N_("first to move first"),
    },
    "none",
)
UNITS = Whole("H", N_("Hidden units H"), 1, MAX_UNITS, 32)
SCHEME = OneOf(
    "scheme",
    N_("Initialisation"),
    {
        "pytorch": N_("PyTorch's default"),
        "orthogonal": N_("orthogonal"),
        "gaussian": N_("Gaussian"),
        "glorot": N_("Glorot"),
    },
    "pytorch",
)
GAIN = Real("gain", N_("Gain"), 0.1, 10.0, 1.0)
KEEP = OneOf(
    "keep",
    N_("Bias that keeps the old state"),
    {"constant": N_("the same for all units"), "chrono": N_("chrono")},
    "constant",
)
KEEP_BIAS = Real("keep_bias", N_("Keep bias"), -10.0, 10.0, 0.0)
SEED = Whole("seed", N_("Seed of the weights"), 0, MAX_SEED, 0)
Z_WEIGHTS = OneOf(
    "z",
    N_("Update gate"),
    {"state": N_("z weights the old state"), "candidate": N_("z weights the candidate")},
    "state",
)
RESET = OneOf(
    "reset",
    N_("Reset gate"),
    {"after": N_("reset after Uₙh"), "before": N_("reset before Uₙ")},
    "after",
)
GATE = OneOf(
    "gate",
    N_("Gate function"),
    {"sigmoid": N_("sigmoid"), "hard_sigmoid": N_("hard sigmoid")},
    "sigmoid",
)
CONVENTION = {"z_weights": Z_WEIGHTS, "reset": RESET, "gate": GATE}
"""The choices that a ``Convention`` consists of, by its fields."""
RANDOM_PARAMETERS: tuple[Parameter, ...] = (
    UNITS,
    SCHEME,
    GAIN,
    KEEP,
    KEEP_BIAS,
    SEED,
    Z_WEIGHTS,
    RESET,
    GATE,
)
QUERY_NAMES = (
    MODEL.name,
    *(parameter.name for parameter in RANDOM_PARAMETERS),
    *FEED_NAMES,
    SORT.name,
    "t",
    "unit",
)
"""Every parameter that SequenceView.to_query can write."""


@dataclass(frozen=True)
class Drawn:
    """A model with random weights; the bounds of its fields are RANDOM_PARAMETERS.

    Raises InputError that names the field which is wrong.
    """

    H: int = UNITS.usual
    scheme: str = SCHEME.usual
    gain: float = GAIN.usual
    keep: str = KEEP.usual
    keep_bias: float = KEEP_BIAS.usual
    seed: int = SEED.usual
    z: str = Z_WEIGHTS.usual
    reset: str = RESET.usual
    gate: str = GATE.usual

    def __post_init__(self) -> None:
        for name, value in read_all(RANDOM_PARAMETERS, vars(self)).items():
            object.__setattr__(self, name, value)

    @property
    def convention(self) -> Convention:
        """How its weights are read."""
        return Convention(
            cast("ZWeights", self.z), cast("Reset", self.reset), cast("Gate", self.gate)
        )

    def parameters(self, D: int, T: int) -> GRUParameters:
        """The weights for D inputs; chrono spreads the memory of the units over T steps."""
        keep_bias: KeepBias = "chrono" if self.keep == "chrono" else self.keep_bias
        return initialise(
            "gru",
            D,
            self.H,
            scheme=cast("Scheme", self.scheme),
            gain=self.gain,
            keep_bias=keep_bias,
            T=max(T, 2),
            seed=self.seed,
            convention=self.convention,
        )


@dataclass(frozen=True)
class SequenceView:
    """A model, the sequence it reads, and where the reader is.

    model: the name of a hand-wired GRU, random weights, or a GRU that was trained in this session,
    which reads its own sequence. feed: the sequence; it must have as many inputs as a hand-wired
    model. sort: a key of SORT. time, unit: from 0, the unit by its
    place in the weights, whatever the order on screen.
    Raises InputError that names what is wrong.
    """

    model: str | Drawn | Trained
    feed: Feed | Given
    sort: str = SORT.usual
    time: int = 0
    unit: int = 0

    def __post_init__(self) -> None:
        SORT.read(self.sort)
        D = self.sequence.values.shape[1]
        if not isinstance(self.model, Drawn):
            inputs = _fixed(self.model).inputs
            if len(inputs.columns) != D:
                raise InputError(
                    "{name}: expected a sequence of {expected} inputs ({names}), got {actual}."
                    " Choose another sequence, or random weights, which take any.",
                    name=TRAINED if isinstance(self.model, Trained) else self.model,
                    expected=len(inputs.columns),
                    names=", ".join(inputs.names),
                    actual=D,
                )
        step_choice(len(self.sequence)).read(self.time + 1)
        unit_choice(self.hidden_size).read(self.unit + 1)

    @classmethod
    def of_model(cls, model: str | Drawn | Trained) -> SequenceView:
        """A model with its own sequence, at the beginning."""
        return cls(model, own_feed(model))

    def with_model(self, model: str | Drawn | Trained) -> SequenceView:
        """Another model: with this sequence if it is random and this one was, else with its own."""
        if isinstance(model, Drawn) and isinstance(self.model, Drawn):
            return replace(self, model=model, unit=min(self.unit, model.H - 1))
        return replace(self.of_model(model), sort=self.sort)

    def with_feed(self, feed: Feed) -> SequenceView:
        """Another sequence, at the nearest step that it has."""
        return replace(self, feed=feed, time=min(self.time, len(feed.sequence) - 1))

    @property
    def sequence(self) -> Sequence:
        """What is fed."""
        return self.feed.sequence

    @property
    def is_own_feed(self) -> bool:
        """Whether the model reads its own sequence, which a hand-wired one's look_at speaks of."""
        return self.feed == own_feed(self.model)

    @property
    def convention(self) -> Convention:
        """How the weights are read."""
        model = self.model
        return model.convention if isinstance(model, Drawn) else _fixed(model).convention

    @property
    def hidden_size(self) -> int:
        """H."""
        model = self.model
        return model.H if isinstance(model, Drawn) else _fixed(model).parameters.hidden_size

    @cached_property
    def parameters(self) -> GRUParameters:
        """The weights."""
        if isinstance(self.model, Drawn):
            T, D = self.sequence.values.shape
            return self.model.parameters(D, T)
        return _fixed(self.model).parameters

    @property
    def h0(self) -> Array:
        """The first state, (H,)."""
        return np.zeros(self.model.H) if isinstance(self.model, Drawn) else _fixed(self.model).h0

    def trace(self) -> Trace:
        """Every step with every intermediate value."""
        return unroll(self.parameters, self.sequence.values, self.h0, self.convention)

    def order(self, trace: Trace) -> tuple[int, ...]:
        """At most MAX_UNITS units in the order of `sort`, among them the chosen one.

        trace: what `trace` gave, or one of equally many units.
        """
        return shown_units(trace, self.sort, self.unit)

    def step_setup(self, t: int) -> Setup:
        """Step t (from 0) for the page "One step": its weights, x_t, and h_{t-1} as h0.

        Raises InputError when there is no such step, or when it is too large for that page.
        """
        return setup_of_step(self.trace(), t)

    def to_query(self) -> dict[str, str]:
        """The view as the parameters of an address; `from_query` is the way back."""
        if isinstance(self.model, Drawn):
            model = {MODEL.name: RANDOM, **differing(asdict(self.model), asdict(Drawn()))}
        else:
            name = TRAINED if isinstance(self.model, Trained) else self.model
            model = differing({MODEL.name: name}, {MODEL.name: MODEL.usual})
        place: dict[str, Value] = {"sort": self.sort, "t": self.time + 1, "unit": self.unit + 1}
        usual: dict[str, Value] = {"sort": SORT.usual, "t": 1, "unit": 1}
        own = own_feed(self.model)
        # What is given is what the model brings with it, which an address cannot hold.
        feed = {}
        if isinstance(self.feed, Feed) and isinstance(own, Feed):
            feed = self.feed.to_query(own)
        return model | feed | differing(place, usual)

    @classmethod
    def from_query(cls, query: Mapping[str, str], trained: Trained | None = None) -> SequenceView:
        """The view of an address. Raises InputError that names the parameter that is wrong.

        trained: what the address means by a trained GRU, if there is one.
        """
        model = _model(query, trained)
        own = own_feed(model)
        feed = Feed.from_query(query, own) if isinstance(own, Feed) else own
        view = cls(model, feed, SORT.read(query.get(SORT.name, SORT.usual)))
        return replace(
            view,
            time=step_choice(len(view.sequence)).read(query.get("t", 1)) - 1,
            unit=unit_choice(view.hidden_size).read(query.get("unit", 1)) - 1,
        )


def own_feed(model: str | Drawn | Trained) -> Feed | Given:
    """What a model reads unless another sequence is chosen."""
    return Feed() if isinstance(model, Drawn) else _fixed(model).feed


def the_trained(trained: Trained | None) -> Trained:
    """What an address means by a trained GRU. Raises InputError when this session has none."""
    if trained is None:
        raise InputError(
            "This link points to a GRU that was trained in another session, and only that session "
            'has it. Train one on the page "Train live" and open it from there.'
        )
    return trained


def _model(query: Mapping[str, str], trained: Trained | None) -> str | Drawn | Trained:
    name = query.get(MODEL.name, MODEL.usual)
    if name == TRAINED:
        return the_trained(trained)
    return Drawn(**_given(query)) if MODEL.read(name) == RANDOM else name  # type: ignore[arg-type]


def _fixed(model: str | Trained) -> Wired | Trained:
    return model if isinstance(model, Trained) else wired(model)


def shown_units(trace: Trace, sort: str, unit: int) -> tuple[int, ...]:
    """The first MAX_UNITS of ``unit_order``, with `unit` as the last of them if it is not there."""
    first = unit_order(trace, sort)[:MAX_UNITS]
    return first if unit in first else (*first[:-1], unit)


def unit_order(trace: Trace, sort: str) -> tuple[int, ...]:
    """The units (from 0) of a trace of one sequence, in the order of a key of SORT."""
    match sort:
        case "half_life":
            key = -half_life(trace)
        case "mean_z":
            key = -trace.z.mean(axis=0)
        case "first_move":
            key = first_move(trace).astype(np.float64)
        case _:
            key = np.zeros(trace.parameters.hidden_size)
    return tuple(int(unit) for unit in np.argsort(key, kind="stable"))


def setup_of_step(trace: Trace, t: int) -> Setup:
    """Step t (from 0) of a trace for the page "One step": its weights, x_t, and h_{t-1} as h0.

    Raises InputError when there is no such step, or when it is too large for that page.
    """
    D, H = trace.parameters.input_size, trace.parameters.hidden_size
    if max(D, H) > MAX_SIZE:
        raise InputError(
            "One step: expected at most {expected} inputs and {expected} hidden units,"
            " so that every number fits on the screen, got {inputs} and {units}."
            " Choose a smaller model or a sequence of fewer inputs.",
            expected=MAX_SIZE,
            inputs=D,
            units=H,
        )
    step = trace.step(t)
    return Setup(trace.parameters, step.x[np.newaxis], step.h_previous, trace.convention)


def first_move(trace: Trace) -> npt.NDArray[np.int_]:
    """For each unit the first step (from 0) at which it makes half of its largest change in a step.

    Half, because in a network of real numbers all units move a little from the first step on.
    (H,); T for a unit that never changes. For a trace of one sequence.
    """
    change = np.abs(trace.h - trace.h_previous)
    moves = (change >= change.max(axis=0) / 2) & (change > 0)
    return np.where(moves.any(axis=0), moves.argmax(axis=0), len(trace))


def step_choice(steps: int) -> Whole:
    """Where the reader is in time, from 1."""
    return Whole("t", N_("Step"), 1, steps, 1)


def unit_choice(units: int) -> Whole:
    """At which unit the reader is, from 1."""
    return Whole("unit", N_("Unit"), 1, units, 1)


def _given(query: Mapping[str, str]) -> dict[str, str]:
    return {p.name: query[p.name] for p in RANDOM_PARAMETERS if p.name in query}
