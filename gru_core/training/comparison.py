"""Configurations of one experiment side by side: what is compared, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple, Self
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from gru_core.data.bounds import OneOf, Parameter, Text, differing
from gru_core.data.typed import shown
from gru_core.errors import N_, InputError
from gru_core.maths.parameters import Array
from gru_core.training.experiment import (
    CHOICES,
    MAX_WORK,
    QUERY_NAMES,
    Experiment,
    reason_of,
)
from gru_core.training.record import Record
from gru_core.training.stabilisers import METHODS
from gru_core.training.trainer import Checkpoint

MOST = 8
"""Configurations at once: as many as there are colours that can be told apart."""

TITLE = Text("title", N_("Name of the configuration"), 40, "")

SAME = ("task", "loss", "evaluate", "runs", "seed", "split", "changes")
"""What all configurations share: with another loss, seed or split nothing would be compared."""

SEEDS_NEEDED = 3
"""Of fewer no winner is named. Of two equal methods one has three runs wholly below three of the
other by chance in one case in ten: 2·3!·3!/6!. With two runs each it is one in three."""

_BASE = "base"
"""How an address writes a configuration that changes nothing."""


def _title(given: object) -> str:
    """At most 40 characters, none of which could put a link, an image or a tag into a page."""
    text = TITLE.read(given).strip()
    if not text.isprintable() or set(text) & set("<>[]`"):
        raise InputError(
            "title: expected letters, digits and plain punctuation, got {actual!r}. "
            "Leave out brackets such as < and [.",
            actual=shown(text),
        )
    return text


def _refuse_unknown(names: Iterable[str]) -> None:
    for name in names:
        if name not in Experiment.model_fields or name in SAME:
            raise InputError(
                "choices: expected some of {expected}, got {actual}. Leave it out; what all "
                "configurations share is chosen for all at once.",
                expected=", ".join(name for name in QUERY_NAMES if name not in SAME),
                actual=shown(name),
            )


class Part(NamedTuple):
    """One choice of a configuration, to be named: title and option are English message ids.

    title: of the choice, or of a method. option: of one of several, else empty. number: of a
    number, or of a method's dial, else None. A base's method that is left out has the option
    "left out".
    """

    title: str
    option: str = ""
    number: float | None = None


def _part(choice: Parameter, value: Any) -> Part:
    if isinstance(choice, OneOf):
        return Part(choice.title, choice.options[value])
    return Part(choice.title, number=value)


class Variant(BaseModel):
    """What one configuration does otherwise than the base.

    title: the reader's own name for it, empty for one made of its ``choices``. choices: fields of
    an Experiment, none of SAME, and their values; in a Comparison those that differ, and no others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: Annotated[str, BeforeValidator(_title)] = ""
    choices: dict[str, Any] = {}

    @model_validator(mode="after")
    def _known(self) -> Self:
        _refuse_unknown(self.choices)
        return self


class Comparison(BaseModel):
    """One to MOST configurations: a base experiment, and what each does otherwise.

    The base is none of them unless a variant changes nothing. All have the base's task, loss,
    seeds and data, and so, where their shapes agree, its initial weights and its batches in their
    order. Together they may take the work of one Experiment, MAX_WORK; memory is bounded for each,
    because one step of one configuration is computed at a time. Raises pydantic's ValidationError;
    ``of``, ``from_query`` and ``from_json`` raise the InputError in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    base: Experiment
    variants: tuple[Variant, ...]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not 1 <= len(self.variants) <= MOST:
            raise InputError(
                "variants: expected 1 to {expected} configurations, got {actual}. "
                "Add one, or leave some out.",
                expected=MOST,
                actual=len(self.variants),
            )
        experiments = self.experiments
        work = sum(e.work for e in experiments)
        if work > MAX_WORK:
            raise InputError(
                "This comparison would take {times} times as long as one may. Choose fewer "
                "configurations, steps, seeds or hidden units, a smaller batch, or shorter "
                "sequences.",
                times=f"{work / MAX_WORK:.1f}",
            )
        # Written as they differ, so that equal comparisons are equal however they came about.
        usual = self.base.model_dump()
        variants = []
        for variant, experiment in zip(self.variants, experiments, strict=True):
            dumped = experiment.model_dump()
            differ = {name: value for name, value in dumped.items() if value != usual[name]}
            variants.append(Variant(title=variant.title, choices=differ))
        object.__setattr__(self, "variants", tuple(variants))
        return self

    def __hash__(self) -> int:
        return hash(self.to_json())

    @cached_property
    def experiments(self) -> tuple[Experiment, ...]:
        """One for each configuration."""
        return tuple(self.base.changed(**variant.choices) for variant in self.variants)

    def parts(self, which: int) -> tuple[Part, ...]:
        """What makes configuration ``which`` another than the base.

        Of one that is as the base, what the others change most plainly: of all their settings the
        options, or the numbers where there are none. Empty where they change nothing but methods.
        """
        found: list[Part] = []
        experiment, choices = self.experiments[which], self.variants[which].choices
        if not choices:
            changed = {name for variant in self.variants for name in variant.choices}
            named = [choice for choice in CHOICES if choice.name in changed]
            options = [choice for choice in named if isinstance(choice, OneOf)]
            if not named and "length" in changed:
                return (Part(self.base.about.length.title, number=self.base.length),)
            return tuple(_part(c, getattr(experiment, c.name)) for c in options or named)
        for choice in CHOICES:
            if choice.name in choices:
                found.append(_part(choice, choices[choice.name]))
        if "length" in choices:
            found.append(Part(self.base.about.length.title, number=choices["length"]))
        for chosen in experiment.methods:
            if chosen not in self.base.methods:
                dial = chosen.dial if chosen.method.dial else None
                found.append(Part(chosen.method.title, number=dial))
        kept = {chosen.name for chosen in experiment.methods}
        found += [
            Part(METHODS[chosen.name].title, N_("left out"))
            for chosen in self.base.methods
            if chosen.name not in kept
        ]
        return tuple(found)

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Comparison:
        """The comparison of these. Raises InputError that names what is wrong."""
        try:
            return cls.model_validate(dict(given))
        except ValidationError as error:
            raise reason_of(error) from None

    @classmethod
    def between(cls, base: Experiment, *variants: Mapping[str, object]) -> Comparison:
        """The comparison of a base with these choices, untitled. Raises InputError as ``of``."""
        return cls.of({"base": base, "variants": [{"choices": dict(v)} for v in variants]})

    def to_json(self) -> str:
        """The comparison as JSON; ``from_json`` is the way back."""
        return json.dumps(self.model_dump(), indent=2)

    @classmethod
    def from_json(cls, text: str | bytes) -> Comparison:
        """Raises InputError when the text is no comparison."""
        try:
            given = json.loads(text)
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            raise InputError(
                "Comparison: expected a JSON object, got {actual!r}. "
                "Give the file that was downloaded here.",
                actual=shown(str(text)),
            )
        return cls.of(given)

    def to_query(self) -> dict[str, str]:
        """The base's parameters of an address, and v1 to v8, as ``cell=lstm;clip=none``.

        In v1 to v8 methods are separated by commas; a title comes first, with ``%`` and ``;`` as
        in addresses.
        """
        query = self.base.to_query()
        for place, (variant, experiment) in enumerate(
            zip(self.variants, self.experiments, strict=True), start=1
        ):
            plain = {name: v for name, v in variant.choices.items() if name != "methods"}
            written = differing(plain, dict.fromkeys(plain, ""))
            if "methods" in variant.choices:
                methods = experiment.to_query().get("methods", "")
                written["methods"] = methods.replace(" ", ",")
            parts = [f"title={quote(variant.title, safe=_SAFE)}"] if variant.title else []
            parts += [f"{name}={value}" for name, value in written.items()]
            query[f"v{place}"] = ";".join(parts) or _BASE
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Comparison:
        """The comparison of an address. Raises InputError that names the parameter which is wrong.

        Parameters that are none of a comparison's are ignored. Without any of v1 to v8 the base is
        the only configuration.
        """
        base = Experiment.from_query(query)
        texts = [query[name] for name in VARIANT_NAMES if name in query] or [_BASE]
        return cls.of({"base": base, "variants": [_read(base, text) for text in texts]})


VARIANT_NAMES = tuple(f"v{place}" for place in range(1, MOST + 1))
"""The parameters of an address that hold the configurations."""

_SAFE = " !\"#$&'()*+,/:=?@^{|}"


def _read(base: Experiment, text: str) -> dict[str, object]:
    """The variant that ``text`` writes, as what it is given to Variant as."""
    parts = [part.partition("=") for part in text.split(";")] if text != _BASE else []
    if any(not equals for _, equals, _ in parts) or len({name for name, *_ in parts}) < len(parts):
        raise InputError(
            "{name}: expected choices such as cell=lstm;clip=none, got {actual!r}. "
            "Correct it in the address, or leave it out.",
            name="v1…v8",
            actual=shown(text),
        )
    values = {name: value for name, _, value in parts}
    title = unquote(values.pop("title", ""))
    _refuse_unknown(values)  # from_query would ignore them
    if "methods" in values:
        values["methods"] = values["methods"].replace(",", " ")
    experiment = Experiment.from_query({**base.to_query(), **values}).model_dump()
    return {"title": title, "choices": {name: experiment[name] for name in values}}


def results(
    experiments: Sequence[Experiment],
    records: Sequence[Record],
    checkpoints: Sequence[Checkpoint],
    mark: float | None,
    seconds: Sequence[float],
) -> pd.DataFrame:
    """What came of each configuration so far: one row for each, in their order.

    mark: a validation loss to reach, or None. seconds: of work that each took so far, for all its
    runs together. Columns:

    steps: updates done. final, final_low, final_high: last validation loss, median, least and
    largest of the runs; infinite for a run that diverged (its loss or gradient was not finite).
    best, best_low, best_high: the lowest validation loss, likewise, of a diverged run as well.
    steps_to_mark: updates until an evaluation was at the mark or below, the median over the runs
    that reached it; seconds_to_mark: of all runs together; reached: the share of runs that did; all
    three NaN without a mark. diverged: share of the runs. parameters: of one run. ms_per_step: of
    all runs together; NaN before the first step. runs: K.
    """
    rows = []
    for e, record, checkpoint, work in zip(experiments, records, checkpoints, seconds, strict=True):
        final, best = final_losses(record, checkpoint), _best_losses(record)
        row: dict[str, float] = {"steps": record.end}
        for name, losses in (("final", final), ("best", best)):
            row |= dict(zip((name, f"{name}_low", f"{name}_high"), _spread(losses), strict=True))
        steps = steps_to(mark, record)
        there = steps[np.isfinite(steps)]
        pace = work / record.end if record.end else np.nan
        row["steps_to_mark"] = float(np.median(there)) if there.size else np.nan
        row["seconds_to_mark"] = row["steps_to_mark"] * pace
        row["reached"] = np.nan if mark is None else there.size / e.runs
        row["diverged"] = float(diverged(checkpoint).mean())
        row |= {"parameters": e.parameters, "ms_per_step": 1000.0 * pace, "runs": e.runs}
        rows.append(row)
    table = pd.DataFrame(rows)
    table.index.name = "configuration"
    return table


@dataclass(frozen=True)
class Verdict:
    """What may be said of the validation losses of configurations, by their places.

    step: after how many updates they were compared, the last at which all were looked at; None
    when all are finished, each at its own end. runs: seeds. spreads: (least, median, largest) over
    the runs, infinite for what diverged; None before the first evaluation. lowest: the place of the
    lowest median, None when no median is finite. overlapping: places whose range overlaps that of
    ``lowest``; behind: those whose range is wholly above it. diverged: places of which a run
    diverged.
    """

    step: int | None
    runs: int
    spreads: tuple[tuple[float, float, float] | None, ...]
    lowest: int | None
    overlapping: tuple[int, ...]
    behind: tuple[int, ...]
    diverged: tuple[int, ...]

    @property
    def ahead(self) -> int | None:
        """The one that may be called ahead of all others: its range lies below all others' and is
        of at least SEEDS_NEEDED runs. Else None."""
        sure = self.runs >= SEEDS_NEEDED and self.behind and not self.overlapping
        return self.lowest if sure else None


def verdict(records: Sequence[Record], checkpoints: Sequence[Checkpoint]) -> Verdict:
    """Compare the validation losses of configurations, one record and checkpoint for each."""
    pairs = tuple(zip(records, checkpoints, strict=True))
    open_ends = [record.evaluated[-1:] for record, c in pairs if not c.finished]
    step = min((int(end[0]) if end.size else 0 for end in open_ends), default=None)
    spreads: list[tuple[float, float, float] | None] = []
    for record, checkpoint in pairs:
        losses = final_losses(record, checkpoint, step)
        middle, low, high = _spread(losses)
        spreads.append(None if np.isnan(middle) else (low, middle, high))
    middles = [np.inf if s is None else s[1] for s in spreads]
    lowest = int(np.argmin(middles)) if np.isfinite(middles).any() else None
    others = [k for k, s in enumerate(spreads) if s is not None and k != lowest]
    top = np.inf if lowest is None else (spreads[lowest] or (0.0, 0.0, np.inf))[2]
    behind = [k for k in others if lowest is not None and (spreads[k] or (0.0,))[0] > top]
    return Verdict(
        step,
        checkpoints[0].experiment.runs,
        tuple(spreads),
        lowest,
        tuple(k for k in others if lowest is not None and k not in behind),
        tuple(behind),
        tuple(k for k, (_, c) in enumerate(pairs) if diverged(c).any()),
    )


def final_losses(record: Record, checkpoint: Checkpoint, step: int | None = None) -> Array:
    """The last validation loss up to ``step``, (K,); infinite for a run that diverged by then.

    NaN before the first evaluation.
    """
    seen = record.evaluated <= (record.end if step is None else step)
    if not seen.any():
        return np.full(record.runs, np.nan)
    last = record.validation_loss[seen][-1]
    gone = diverged(checkpoint, step) | ~np.isfinite(last)
    return np.where(gone, np.inf, last)


def diverged(checkpoint: Checkpoint, step: int | None = None) -> np.ndarray[Any, np.dtype[np.bool]]:
    """Which runs (K,) ended, up to ``step``, because their loss or gradient was not finite."""
    return np.array(
        [
            stop is not None and stop.reason != "early" and (step is None or stop.step <= step)
            for stop in checkpoint.stopped
        ]
    )


def steps_to(mark: float | None, record: Record) -> Array:
    """After how many updates the validation loss of each run was first at ``mark`` or below it.

    (K,), infinite for a run that never was, or without a mark.
    """
    if mark is None or not len(record.evaluated):
        return np.full(record.runs, np.inf)
    there = record.validation_loss <= mark
    first = record.evaluated[there.argmax(axis=0)]
    return np.where(there.any(axis=0), first, np.inf)


def _best_losses(record: Record) -> Array:
    if not len(record.evaluated):
        return np.full(record.runs, np.nan)
    losses = np.where(np.isfinite(record.validation_loss), record.validation_loss, np.inf)
    best: Array = losses.min(axis=0)
    return best


def _spread(losses: Array) -> tuple[float, float, float]:
    """Median, least and largest. Of an even number with infinite ones the median is infinite."""
    return float(np.median(losses)), float(losses.min()), float(losses.max())


@dataclass(frozen=True)
class Ready:
    """A comparison made ready. title and teaches are English message ids.

    teaches: the one thing that it shows, as measured on its own runs.
    """

    name: str
    title: str
    teaches: str
    comparison: Comparison


def _methods(*names: str, **dials: float) -> dict[str, object]:
    """The choice of these methods, with their usual dials or with those given."""
    plain = [{"name": name} for name in names]
    return {"methods": plain + [{"name": name, "dial": dial} for name, dial in dials.items()]}


def _ready(
    name: str,
    title: str,
    teaches: str,
    base: Mapping[str, object],
    *variants: Mapping[str, object],
) -> Ready:
    return Ready(name, title, teaches, Comparison.between(Experiment.of(base), *variants))


_PLAIN: Mapping[str, object] = MappingProxyType({})
_CELLS: tuple[Mapping[str, object], ...] = (_PLAIN, {"cell": "lstm"}, {"cell": "rnn"})
_LAYER, _BATCH = _methods("layer_norm"), _methods("batch_norm")

READY: Mapping[str, Ready] = MappingProxyType(
    {
        ready.name: ready
        for ready in (
            _ready(
                "cells_order",
                N_("GRU, LSTM and RNN on temporal order"),
                N_(
                    "After 60 updates the RNN is ahead of the LSTM with every seed, but is "
                    "overtaken: at the end GRU and LSTM have learned the task with every "
                    "seed, the RNN with none."
                ),
                {"task": "order", "length": 20, "steps": 300},
                *_CELLS,
            ),
            _ready(
                "cells_adding",
                N_("GRU, LSTM and RNN on adding"),
                N_(
                    "Over 30 steps every GRU learns to add, one LSTM in three begins to, and "
                    "no RNN leaves the line of guessing."
                ),
                {"task": "adding", "steps": 400},
                *_CELLS,
            ),
            _ready(
                "cells_copy",
                N_("GRU, LSTM and RNN on short copy"),
                N_(
                    "After 10 updates the RNN is ahead with every seed, while all three still "
                    "learn to say blanks; from 30 on it never is, and with 300 the GRU alone "
                    "leaves the line of guessing."
                ),
                {"task": "short_copy", "steps": 300},
                *_CELLS,
            ),
            _ready(
                "clip_explosion",
                N_("Clipping rescues an exploding run"),
                N_(
                    "Without clipping every run ends within a few steps, because its loss or "
                    "gradient is no finite number any more; with the norm clipped at 1 every run "
                    "learns."
                ),
                {
                    "task": "sine",
                    "cell": "rnn",
                    "candidate": "relu",
                    "scheme": "orthogonal",
                    "gain": 1.9,
                    "optimiser": "sgd",
                    "learning_rate": 0.5,
                    "clip": "none",
                    "steps": 150,
                },
                _PLAIN,
                {"clip": "norm"},
            ),
            _ready(
                "clip_vanishing",
                N_("Clipping does nothing for a vanishing gradient"),
                N_(
                    "Clipped or not, the loss stays on the line of guessing, because before "
                    "any training the gradient fades by more than 16 powers of ten on its way "
                    "to the first step; chrono's biases carry it there, and every run learns."
                ),
                {"task": "order", "length": 100, "clip": "none", "steps": 200},
                _PLAIN,
                {"clip": "norm", "clip_at": 0.1},
                {"keep": "chrono"},
            ),
            _ready(
                "keep",
                N_("Biases that keep the state, over 100 steps"),
                N_(
                    "From the default start no run leaves the line of guessing; with a keep bias "
                    "of 4, or chrono's, every run learns the order of two symbols."
                ),
                {"task": "order", "length": 100, "steps": 250},
                _PLAIN,
                {"keep": "bias", "keep_bias": 4.0},
                {"keep": "chrono"},
            ),
            _ready(
                "norms",
                N_("Layer or batch normalisation, at batch 2 and 64"),
                N_(
                    "With two digits in a batch layer normalisation is ahead, because it needs no "
                    "other sequence for its statistics; with 64 batch normalisation is."
                ),
                {"task": "digit_rows", "steps": 200},
                {"batch": 2, **_LAYER},
                {"batch": 2, **_BATCH},
                {"batch": 64, **_LAYER},
                {"batch": 64, **_BATCH},
            ),
            _ready(
                "dropouts",
                N_("Three dropouts against overfitting"),
                N_(
                    "The plain GRU, learning 60 digits by heart, gets worse at the others; "
                    "with every seed recurrent dropout ends below it and variational dropout "
                    "below both, while of gated dropout only the median does."
                ),
                {"task": "digit_rows", "hidden": 32, "examples": 60, "steps": 600},
                _PLAIN,
                _methods(gated_dropout=0.6),
                _methods(recurrent_dropout=0.4),
                _methods(variational_dropout=0.4),
            ),
            _ready(
                "erasing",
                N_("Dropout on the old state erases memory"),
                N_(
                    "With a quarter dropped from the weight of the new value the network still "
                    "learns what it must remember; with a quarter dropped from the weight of the "
                    "old state it stays on the line of guessing."
                ),
                {"task": "order", "length": 50, "keep": "chrono", "steps": 200},
                _methods("gated_dropout"),
                _methods("erasing_dropout"),
            ),
            _ready(
                "untied",
                N_("Tied or independent gates, over 200 steps"),
                N_(
                    "Tied, the weights of the old and the new value add up to 1 and no |h| "
                    "passes 1; independent, nothing bounds their sum, and in every run |h| "
                    "grows beyond 10."
                ),
                {"task": "sign", "length": 200, "steps": 60},
                _PLAIN,
                _methods("independent_gates"),
            ),
            _ready(
                "residual",
                N_("A residual connection over time blows up"),
                N_(
                    "Added once more to a state that already keeps it, the old state doubles "
                    "again and again: before any training |h| passes ten million in 30 steps, "
                    "and the gradient grows as much on its way back."
                ),
                {"task": "adding", "steps": 60},
                _PLAIN,
                _methods("time_residual"),
            ),
        )
    }
)
"""In the order of a menu."""
