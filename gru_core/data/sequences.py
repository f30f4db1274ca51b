"""What can be fed to a network: kinds of sequences, each with its parameters and their bounds."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from gru_core.data import missing, scaling
from gru_core.data.bounds import (
    MAX_SEED,
    OneOf,
    Parameter,
    Real,
    Text,
    Value,
    Whole,
    differing,
    read_all,
)
from gru_core.data.missing import MASK_NAME, Mask, fill_missing
from gru_core.data.scaling import Scaling
from gru_core.data.series import SERIES, Series
from gru_core.data.setup import MAX_MAGNITUDE
from gru_core.data.typed import MAX_CHARACTERS, parse_numbers, shown
from gru_core.errors import N_, InputError
from gru_core.maths.parameters import Array, real_array

MAX_STEPS = 500
MAX_INPUTS = 1024
"""As models have that somebody uploads; only noise is offered in any width."""
MAX_ALPHABET = 64
MAX_COLUMNS = 16
"""Of typed numbers and of files; one-hot text and masks may need more inputs."""
MAX_NAME = 24
DEFAULT_KIND = "sine"


class Column(NamedTuple):
    """What an input is called: template is an English message id or "{name}", name its field."""

    template: str
    name: str = ""

    def __str__(self) -> str:
        return self.template.format(name=self.name)


@dataclass(frozen=True, eq=False)
class Sequence:
    """Numbers to feed, one row for each step.

    values: (T, D), T from 1 to MAX_STEPS, D from 1 to MAX_INPUTS; kept as a read-only float64
    copy, each at most MAX_MAGNITUDE in size. columns: what the D inputs are called.
    times: what the T steps are called, such as years; empty when only their number counts.
    was_missing: (T, D), True where a gap was filled; nowhere when left out.
    masked: the inputs (from 0) whose gaps the last inputs tell of, in that order.
    scale: how the inputs that are no masks were scaled, to get back to their own units.
    series: what they are a part of, with its source and licence.
    Raises InputError on anything else.
    """

    values: Array
    columns: tuple[Column, ...]
    times: tuple[str, ...] = ()
    was_missing: Mask = field(default_factory=lambda: np.zeros((1, 1), dtype=np.bool_))
    masked: tuple[int, ...] = ()
    scale: Scaling | None = None
    series: Series | None = None

    def __post_init__(self) -> None:
        values = real_array("x", self.values)
        object.__setattr__(self, "values", values)
        if values.ndim != 2 or values.shape[1] != len(self.columns):
            raise InputError(
                "{name}: expected shape {expected}, got {actual}."
                " Give one row for each step and one name for each column.",
                name="x",
                expected=f"(T, {len(self.columns)})",
                actual=values.shape,
            )
        for name, size, limit in zip("TD", values.shape, (MAX_STEPS, MAX_INPUTS), strict=True):
            if not 1 <= size <= limit:
                raise InputError(
                    "{name}: expected a size from 1 to {expected}, got {actual}."
                    " Choose one of these.",
                    name=name,
                    expected=limit,
                    actual=size,
                )
        if np.abs(values).max() > MAX_MAGNITUDE:
            raise InputError(
                "x: expected numbers between -{expected:,.0f} and {expected:,.0f},"
                " got {actual:.3g}. Choose a scaling; gates saturate long before.",
                expected=MAX_MAGNITUDE,
                actual=float(values.flat[np.abs(values).argmax()]),
            )
        # A read-only view; raises if it is of another shape than (1, 1) or (T, D).
        object.__setattr__(self, "was_missing", np.broadcast_to(self.was_missing, values.shape))

    @property
    def names(self) -> tuple[str, ...]:
        """What the inputs are called, in English."""
        return tuple(map(str, self.columns))

    @property
    def gaps(self) -> tuple[missing.Gap, ...]:
        """Where values were filled in, column by column."""
        return missing.gaps(self.was_missing)

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Kind:
    """One way to come by a sequence. title: an English message id.

    generate takes a value for each of the parameters, by name.
    """

    name: str
    title: str
    parameters: tuple[Parameter, ...]
    generate: Callable[..., Sequence] = field(repr=False)


@dataclass(frozen=True)
class Feed:
    """The choice of a sequence: its kind, and a value for each of the kind's parameters.

    Values that are left out are the usual ones. Raises InputError that names what is wrong.
    """

    kind: str = DEFAULT_KIND
    values: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(
                "{name}: expected one of {expected}, got {actual}. Choose one of them.",
                name="feed",
                expected=", ".join(KINDS),
                actual=shown(str(self.kind)),
            )
        parameters = KINDS[self.kind].parameters
        unknown = set(self.values) - {parameter.name for parameter in parameters}
        if unknown:
            raise InputError(
                "{name}: expected parameters among {expected}, got {actual}. Leave it out.",
                name=self.kind,
                expected=", ".join(parameter.name for parameter in parameters),
                actual=shown(min(unknown)),
            )
        values = read_all(parameters, self.values)
        object.__setattr__(self, "values", MappingProxyType(values))

    def __hash__(self) -> int:
        return hash((self.kind, *self.values.items()))

    @cached_property
    def sequence(self) -> Sequence:
        """The numbers. Raises InputError when the values do not go together."""
        return KINDS[self.kind].generate(**self.values)

    def to_query(self, usual: Feed | None = None) -> dict[str, str]:
        """The choice as parameters of an address, exactly.

        usual: what an address means that says nothing; ``Feed()`` when left out.
        """
        usual = usual or Feed()
        if self.kind == usual.kind:
            return differing(self.values, usual.values)
        return {"feed": self.kind, **differing(self.values, Feed(self.kind).values)}

    @classmethod
    def from_query(cls, query: Mapping[str, str], usual: Feed | None = None) -> Feed:
        """The choice of an address, which leaves out what is as in `usual`.

        What is no parameter of its kind is ignored. Raises InputError as ``Feed`` does.
        """
        usual = usual or Feed()
        kind = query.get("feed", usual.kind)
        known = KINDS[kind].parameters if kind in KINDS else ()
        given = {p.name: query[p.name] for p in known if p.name in query}
        return cls(kind, {**usual.values, **given} if kind == usual.kind else given)


def generate(kind: str, /, **values: Value) -> Sequence:
    """A sequence in one call: ``generate("sine", T=200, period=25)``."""
    return Feed(kind, values).sequence


def numbers_feed(
    table: Array, names: tuple[str, ...] = (), gaps: str = "refuse", scale: str = "none"
) -> Feed:
    """Numbers as a choice that an address can hold. table: (T, D), NaN in the gaps.

    Raises InputError when they are too many for an address, and for one step of several columns,
    which would be read as one input over time.
    """
    if len(table) == 1 and table.shape[1] > 1:
        raise InputError(
            "numbers: expected at least 2 steps of several columns, got 1. Choose more steps."
        )
    rows = [" ".join(_spelled(value) for value in row) for row in table.tolist()]
    text = (" " if table.shape[1] == 1 else "; ").join(rows)
    if len(text) > MAX_CHARACTERS:
        fitting = len(table) * MAX_CHARACTERS // len(text)
        raise InputError(
            "numbers: expected at most {expected} characters, got {actual}."
            " Choose about {fitting} steps, fewer columns, or round the numbers.",
            expected=MAX_CHARACTERS,
            actual=len(text),
            fitting=fitting,
        )
    clean = (shown(name.replace(";", ","), MAX_NAME) for name in names)
    values = {"numbers": text, "names": "; ".join(clean), "gaps": gaps, "scale": scale}
    return Feed("numbers", values)


def _spelled(value: float) -> str:
    return repr(value).removesuffix(".0")


# --- The kinds, each a function of its parameters ------------------------------------------------

VALUE = Column(N_("value"))
MARKER = Column(N_("marker"))
STORE = Column(N_("store"))
RESET = Column(N_("reset"))


def _one(values: Array) -> Sequence:
    return Sequence(values[:, np.newaxis], (VALUE,))


def _sine(T: int, period: float, amplitude: float) -> Sequence:
    return _one(amplitude * np.sin(2 * np.pi * np.arange(T) / period))


def _step(T: int, at: int, length: int, low: float, high: float) -> Sequence:
    """From step `at` on high, for `length` steps or, if that is 0, to the end; else low."""
    step = np.arange(1, T + 1)
    is_high = (step >= at) & ((length == 0) | (step < at + length))
    return _one(np.where(is_high, high, low))


def _impulse(T: int, at: int, every: int, high: float) -> Sequence:
    """high at step `at` and, unless `every` is 0, again after every so many steps; else 0."""
    since = np.arange(1, T + 1) - at
    is_high = (since == 0) if every == 0 else (since >= 0) & (since % every == 0)
    return _one(np.where(is_high, high, 0.0))


def _noise(T: int, inputs: int, mean: float, deviation: float, draw: int) -> Sequence:
    rng = np.random.default_rng(draw)
    columns = tuple(Column(N_("noise {name}"), str(i)) for i in range(1, inputs + 1))
    return Sequence(rng.normal(mean, deviation, (T, inputs)), columns)


def _marked(T: int, marks: int, draw: int) -> Sequence:
    """Values from U(-1, 1), and a marker that is 1 once in each of `marks` equal parts."""
    rng = np.random.default_rng(draw)
    values = rng.uniform(-1, 1, T)
    return Sequence(np.column_stack([values, _pulses(T, _places(rng, T, marks))]), (VALUE, MARKER))


def _commands(T: int, marks: int, draw: int) -> Sequence:
    """Values from U(-1, 1), and in turn a command to store and one to reset, `marks` of each."""
    rng = np.random.default_rng(draw)
    values = rng.uniform(-1, 1, T)
    places = _places(rng, T, 2 * marks)
    return Sequence(
        np.column_stack([values, _pulses(T, places[::2]), _pulses(T, places[1::2])]),
        (VALUE, STORE, RESET),
    )


def _places(rng: np.random.Generator, T: int, parts: int) -> list[int]:
    """One random step (from 0) in each of so many parts of the sequence."""
    if parts > T:
        raise InputError(
            "marks: expected room for {actual} marks, got {steps} steps."
            " Choose fewer marks or more steps.",
            actual=parts,
            steps=T,
        )
    return [int(rng.choice(part)) for part in np.array_split(np.arange(T), parts)]


def _pulses(T: int, places: list[int]) -> Array:
    pulses = np.zeros(T)
    pulses[places] = 1.0
    return pulses


def _text(text: str) -> Sequence:
    """One-hot by character: input i is 1 where the text has the i-th of its characters."""
    # One letter is one step, whether its accent was typed with it or after it.
    characters = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    alphabet = sorted(set(characters))
    if not 1 <= len(characters) <= MAX_STEPS:
        raise InputError(
            "text: expected from 1 to {expected} characters, got {actual}."
            " Type a text of that length.",
            expected=MAX_STEPS,
            actual=len(characters),
        )
    if len(alphabet) > MAX_ALPHABET:
        raise InputError(
            "text: expected at most {expected} different characters, got {actual}."
            " Use a shorter text.",
            expected=MAX_ALPHABET,
            actual=len(alphabet),
        )
    is_same = np.array(list(characters))[:, np.newaxis] == np.array(alphabet)
    return Sequence(
        is_same.astype(np.float64),
        tuple(Column("{name}", visible(character)) for character in alphabet),
        times=tuple(map(visible, characters)),
    )


def visible(character: str) -> str:
    """A character as something that can be seen: a space, say, as ␣."""
    if character in _VISIBLE:
        return _VISIBLE[character]
    return character if character.isprintable() else f"U+{ord(character):04X}"


_VISIBLE = {" ": "␣", "\n": "↵", "\t": "⇥"}


def _numbers(numbers: str, names: str, gaps: str, scale: str) -> Sequence:
    """Rows are steps and columns inputs; a single row is one input over time."""
    table = parse_numbers(
        numbers, max_rows=MAX_STEPS, max_columns=MAX_STEPS, name="numbers", gaps=True
    )
    if len(table) == 1:
        table = table.T
    if table.shape[1] > MAX_COLUMNS:
        raise InputError(
            "{name}: expected no more columns than {expected}, got {actual}."
            " Remove the other columns.",
            name="numbers",
            expected=MAX_COLUMNS,
            actual=table.shape[1],
        )
    given = [shown(name, MAX_NAME) for name in names.split(";")] if names.strip() else []
    if given and len(given) != table.shape[1]:
        raise InputError(
            "names: expected {expected}, one for each column, got {actual}."
            " Separate them by a semicolon, or leave them out.",
            expected=table.shape[1],
            actual=len(given),
        )
    columns = tuple(
        Column("{name}", given[i]) if given and given[i] else Column(N_("input {name}"), str(i + 1))
        for i in range(table.shape[1])
    )
    return _prepared(table, columns, gaps, scale)


def _series(series: Series, start: int, T: int, scale: str, gaps: str = "refuse") -> Sequence:
    """T steps from step `start` (from 1) on, or as many as there are."""
    steps = slice(start - 1, start - 1 + T)
    return _prepared(
        series.values[steps, np.newaxis],
        (Column(series.symbol),),
        gaps,
        scale,
        times=series.times[steps],
        series=series,
    )


def _prepared(
    table: Array,
    columns: tuple[Column, ...],
    gaps: str,
    scale: str,
    times: tuple[str, ...] = (),
    series: Series | None = None,
) -> Sequence:
    D = len(columns)
    filled = fill_missing(table, gaps, tuple(map(str, columns)))
    # Fitted to what is there, so that filling moves neither the mean nor the deviation.
    fitted = scaling.fit(table, scale)
    masks = tuple(Column(MASK_NAME, str(columns[i])) for i in filled.masked)
    return Sequence(
        np.hstack([fitted.apply(filled.values[:, :D]), filled.values[:, D:]]),
        (*columns, *masks),
        times,
        filled.was_missing,
        filled.masked,
        fitted,
        series,
    )


# --- The kinds and their bounds ------------------------------------------------------------------


def _steps(usual: int, most: int = MAX_STEPS) -> Whole:
    return Whole("T", N_("Steps"), 1, most, usual)


def _at(usual: int) -> Whole:
    return Whole("at", N_("At step"), 1, MAX_STEPS, usual)


_HIGH = Real("high", N_("Height"), -10.0, 10.0, 1.0)
_DRAW = Whole("draw", N_("Seed of the sequence"), 0, MAX_SEED, 0)
_SCALES = scaling.METHODS
_GAPS = missing.METHODS


def _series_kind(series: Series) -> Kind:
    most = min(series.length, MAX_STEPS)
    parameters: tuple[Parameter, ...] = (
        Whole("start", N_("From step"), 1, series.length, 1),
        _steps(most, most),
        OneOf("scale", N_("Scale"), _SCALES, "standardise"),
    )
    if series.gaps:
        parameters += (OneOf("gaps", N_("Gaps"), _GAPS, "interpolate"),)
    return Kind(series.name, series.title, parameters, partial(_series, series))


_ALL = (
    Kind(
        "sine",
        N_("Sine"),
        (
            _steps(200),
            Real("period", N_("Period in steps"), 2.0, 500.0, 25.0),
            Real("amplitude", N_("Amplitude"), 0.0, 10.0, 1.0),
        ),
        _sine,
    ),
    Kind(
        "step",
        N_("Step"),
        (
            _steps(100),
            _at(21),
            Whole("length", N_("Length in steps, 0: to the end"), 0, MAX_STEPS, 0),
            Real("low", N_("Before"), -10.0, 10.0, 0.0),
            _HIGH,
        ),
        _step,
    ),
    Kind(
        "impulse",
        N_("Impulse"),
        (
            _steps(100),
            _at(11),
            Whole("every", N_("Again after steps, 0: never"), 0, MAX_STEPS, 0),
            _HIGH,
        ),
        _impulse,
    ),
    Kind(
        "noise",
        N_("Noise"),
        (
            _steps(200),
            Whole("inputs", N_("Inputs D"), 1, MAX_INPUTS, 1),
            Real("mean", N_("Mean"), -10.0, 10.0, 0.0),
            Real("deviation", N_("Standard deviation"), 0.0, 10.0, 1.0),
            _DRAW,
        ),
        _noise,
    ),
    Kind(
        "marked",
        N_("Marked values"),
        (_steps(120), Whole("marks", N_("Marks"), 1, 20, 3), _DRAW),
        _marked,
    ),
    Kind(
        "commands",
        N_("Values with commands to store and reset"),
        (_steps(120), Whole("marks", N_("Marks"), 1, 20, 3), _DRAW),
        _commands,
    ),
    Kind(
        "numbers",
        N_("Your own numbers"),
        (
            Text("numbers", N_("Numbers"), MAX_CHARACTERS, "0 1 1 0 0 0 -1 0 0 0.5 0.5 0"),
            Text("names", N_("Names of the columns"), MAX_COLUMNS * (MAX_NAME + 2), ""),
            OneOf("gaps", N_("Gaps"), _GAPS, "refuse"),
            OneOf("scale", N_("Scale"), _SCALES, "none"),
        ),
        _numbers,
    ),
    Kind(
        "text",
        N_("Text, one-hot by character"),
        # Twice the steps, because a letter may be typed as two characters.
        (Text("text", N_("Text"), 2 * MAX_STEPS, "to be, or not to be"),),
        _text,
    ),
    *map(_series_kind, SERIES.values()),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _ALL})
"""By name, in the order of a menu."""

QUERY_NAMES = (
    "feed",
    *dict.fromkeys(parameter.name for kind in _ALL for parameter in kind.parameters),
)
"""Every parameter that Feed.to_query can write."""
