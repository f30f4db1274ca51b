"""A map of where training holds and where it fails, over two settings of one experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from types import MappingProxyType
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from gru_core.data.bounds import Real, Whole
from gru_core.data.typed import shown
from gru_core.errors import InputError
from gru_core.maths.parameters import Array
from gru_core.training.comparison import diverged, final_losses
from gru_core.training.experiment import (
    BATCH,
    CLIP_AT,
    GAIN,
    HIDDEN,
    KEEP_BIAS,
    L2,
    LEARNING_RATE,
    MAX_WORK,
    Experiment,
    reason_of,
)
from gru_core.training.record import Record, Snapshot
from gru_core.training.trainer import Checkpoint

MAX_CELLS = 49
MAX_COUNT = 13
"""Values on one axis."""

_NUMBERS = {c.name: c for c in (GAIN, LEARNING_RATE, CLIP_AT, KEEP_BIAS, HIDDEN, BATCH, L2)}
AXES = ("length", *_NUMBERS)
"""What an axis can be, by the names of an Experiment's fields."""

_NEEDS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        GAIN.name: ("scheme", ("orthogonal", "gaussian", "glorot")),
        CLIP_AT.name: ("clip", ("norm", "value", "adaptive")),
        KEEP_BIAS.name: ("keep", ("bias",)),
        BATCH.name: ("feed", ("batch",)),
    }
)
"""The choices under which an axis has an effect; the first is taken where none is chosen."""


class Axis(BaseModel):
    """``count`` values of the setting ``name``, one of AXES, from low to high.

    log: each is the same multiple of the one before it, which asks for low above 0; else the same
    step apart. Whole numbers are rounded, and where two become one it is there once. The bounds
    are the setting's own, which Grid checks, because those of ``length`` are the task's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    low: float
    high: float
    count: int
    log: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.name not in AXES:
            raise InputError(
                "axis: expected one of {expected}, got {actual}. Choose one of them.",
                expected=", ".join(AXES),
                actual=shown(self.name),
            )
        if not 2 <= self.count <= MAX_COUNT:
            raise InputError(
                "{name}: expected 2 to {expected} values on an axis, got {actual}. "
                "Choose another number.",
                name=self.name,
                expected=MAX_COUNT,
                actual=self.count,
            )
        if not -np.inf < self.low < self.high < np.inf:
            raise InputError(
                "{name}: expected the low end of the axis below the high one, got {low} and "
                "{high}. Change one of them.",
                name=self.name,
                low=self.low,
                high=self.high,
            )
        if self.log and self.low <= 0.0:
            raise InputError(
                "{name}: expected a low end above 0 on a logarithmic axis, got {actual}. "
                "Raise it, or space the values evenly.",
                name=self.name,
                actual=self.low,
            )
        if len({f"{value:.4g}" for value in self.values}) < len(self.values):
            raise InputError(
                "{name}: expected values that differ in four digits, got ends as close as {low} "
                "and {high}. Move them apart, or choose fewer values.",
                name=self.name,
                low=self.low,
                high=self.high,
            )
        return self

    @property
    def values(self) -> tuple[float, ...]:
        """Rising; of log spacing to four digits, so that they read well."""
        space = np.geomspace if self.log else np.linspace
        spaced = space(self.low, self.high, self.count)
        if self.name == "length" or isinstance(_NUMBERS[self.name], Whole):
            return tuple(float(value) for value in np.unique(spaced.round()))
        # The ends stay as they were given: rounded they could leave the bounds.
        inner = [float(f"{value:.4g}") for value in spaced[1:-1]]
        return (self.low, *inner, self.high)


USUAL: Mapping[str, Axis] = MappingProxyType(
    {
        axis.name: axis
        for axis in (
            Axis(name=LEARNING_RATE.name, low=0.001, high=10.0, count=5, log=True),
            Axis(name=CLIP_AT.name, low=0.01, high=100.0, count=5, log=True),
            Axis(name=GAIN.name, low=0.25, high=4.0, count=5, log=True),
            Axis(name=KEEP_BIAS.name, low=0.0, high=4.0, count=5),
            Axis(name="length", low=10, high=100, count=4, log=True),
            Axis(name=HIDDEN.name, low=2, high=32, count=5, log=True),
            Axis(name=BATCH.name, low=1, high=64, count=4, log=True),
            Axis(name=L2.name, low=1e-4, high=1.0, count=5, log=True),
        )
    }
)
"""For each setting a stretch on which something happens to a small network."""


def usual(experiment: Experiment) -> dict[str, Axis]:
    """By name, the usual axes that an experiment can have: its task may bound the length."""
    bounds = experiment.about.length
    axes = dict(USUAL)
    length = axes.pop("length")
    low, high = max(length.low, bounds.low), min(length.high, bounds.high)
    if low < high:
        axes["length"] = length.model_copy(update={"low": low, "high": high})
    return axes


def setting(experiment: Experiment, name: str) -> Whole | Real:
    """The bounds and the title of a setting, one of AXES."""
    return experiment.about.length if name == "length" else _NUMBERS[name]


class Grid(BaseModel):
    """An experiment for each pair of values of two settings, all else being equal.

    At most MAX_CELLS cells, with the work of at most MAX_WORK together. Where an axis would have no
    effect, what it needs is chosen with it: a gain takes an orthogonal start, a clip threshold
    clipping by norm, a keep bias ``keep="bias"``, a batch size mini-batches. Raises pydantic's
    ValidationError; ``of`` and ``from_query`` raise the InputError in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    experiment: Experiment
    x: Axis
    y: Axis

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.x.name == self.y.name:
            raise InputError(
                "axes: expected two different settings, got {actual} twice. Choose another.",
                actual=self.x.name,
            )
        cells = len(self.x.values) * len(self.y.values)
        if cells > MAX_CELLS:
            raise InputError(
                "axes: expected at most {expected} cells, got {actual}. Choose fewer values.",
                expected=MAX_CELLS,
                actual=cells,
            )
        work = sum(e.work for e in self.experiments)
        if work > MAX_WORK:
            raise InputError(
                "This map would take {times} times as long as one may. Choose fewer cells, steps, "
                "seeds or hidden units, a smaller batch, or shorter sequences.",
                times=f"{work / MAX_WORK:.1f}",
            )
        return self

    def setting(self, axis: Axis) -> Whole | Real:
        """The bounds and the title of what an axis shows."""
        return setting(self.experiment, axis.name)

    @cached_property
    def experiments(self) -> tuple[Experiment, ...]:
        """One for each cell, row after row from the lowest y, in each from the lowest x."""
        base: dict[str, object] = {}
        for axis in (self.x, self.y):
            field, allowed = _NEEDS.get(axis.name, ("cell", ("gru", "rnn", "lstm")))
            if getattr(self.experiment, field) not in allowed:
                base[field] = allowed[0]
        return tuple(
            self.experiment.changed(**base, **{self.y.name: y, self.x.name: x}, changes=())
            for y, x in product(self.y.values, self.x.values)
        )

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Grid:
        """The grid of these. Raises InputError that names what is wrong."""
        try:
            return cls.model_validate(dict(given))
        except ValidationError as error:
            raise reason_of(error) from None

    def to_query(self) -> dict[str, str]:
        """The experiment's parameters of an address, and x and y as ``gain:0.5:2:5:log``."""
        return self.experiment.to_query() | {"x": _written(self.x), "y": _written(self.y)}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Grid:
        """The grid of an address. Raises InputError that names the parameter which is wrong."""
        axes = {name: _read(name, query.get(name, "")) for name in ("x", "y")}
        return cls.of({"experiment": Experiment.from_query(query), **axes})


def _written(axis: Axis) -> str:
    ends = (repr(end).removesuffix(".0") for end in (axis.low, axis.high))
    return ":".join([axis.name, *ends, str(axis.count), *["log"][: axis.log]])


def _read(name: str, text: str) -> dict[str, object]:
    parts = text.removesuffix(":log").split(":")
    if len(parts) != 4:
        raise InputError(
            "{name}: expected a setting, its low and high end and how many values, such as "
            "gain:0.5:2:5:log, got {actual!r}. Correct it in the address.",
            name=name,
            actual=shown(text),
        )
    given: dict[str, object] = dict(zip(("name", "low", "high", "count"), parts, strict=True))
    return given | {"log": text.endswith(":log")}


@dataclass(frozen=True)
class Measured:
    """What came of one cell, medians over its runs.

    loss: last validation loss, infinite where at least half of the runs diverged. guess: it over
    the loss of guessing. ratio: ‖∂L/∂h_1‖ / ‖∂L/∂h_T‖ of the top layer on the probe sequence,
    after the last step; first_ratio: before the first. 0 where it underflowed, NaN where it is not
    known. diverged: share of the runs whose loss or gradient was not finite.
    """

    loss: float
    guess: float
    ratio: float
    first_ratio: float
    diverged: float


def measure(checkpoint: Checkpoint, record: Record) -> Measured:
    """Read one cell from its record, which begins with step 0 and holds at least that."""
    e = checkpoint.experiment
    loss = float(np.median(final_losses(record, checkpoint)))
    now, first = (_ratio(s) for s in (record.snapshots[-1], record.snapshots[0]))
    share = float(diverged(checkpoint).mean())
    return Measured(loss, loss / e.about.guess(e.length, e.loss), now, first, share)


def _ratio(snapshot: Snapshot) -> float:
    top = snapshot.profile[:, -1]
    known = np.isfinite(top).all(axis=1) & (top[:, -1] > 0.0)
    ratios: Array = top[known, 0] / top[known, -1]
    return float(np.median(ratios)) if known.any() else np.nan
