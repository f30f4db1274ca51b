"""All that the page "Open your model" shows: a model, what it reads, and where the reader is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from gru_core.data.bounds import Value, Whole, differing
from gru_core.data.sequence_view import (
    SORT,
    setup_of_step,
    shown_units,
    step_choice,
    unit_choice,
)
from gru_core.data.sequences import MAX_INPUTS, Feed, Sequence, numbers_feed
from gru_core.data.sequences import QUERY_NAMES as FEED_NAMES
from gru_core.data.setup import Setup
from gru_core.errors import N_, InputError
from gru_core.maths.bptt import backpropagate
from gru_core.maths.gru import Trace, unroll
from gru_core.maths.measures import gradient_norms, horizon
from gru_core.maths.parameters import Array
from gru_core.training import example_model
from gru_core.training.model_files import (
    MAX_STATES,
    GRULayer,
    Model,
    read_model,
    run_layer,
    run_model,
)
from gru_core.training.model_files.model import plain

MAX_ROWS = 250_000
"""Of the table of all numbers: what a browser opens without delay."""
USUAL_STEPS = 200
TYPED_STEPS = 20
REACH = 0.01

QUERY_NAMES = ("file", "layer", *FEED_NAMES, SORT.name, "t", "unit")
"""Every parameter that ModelView.to_query can write."""


@dataclass(frozen=True)
class ModelView:
    """A model, the sequence it is fed, and where the reader is.

    file: what the uploaded file is called; empty for the example. feed: as wide as the first
    layers under the chosen one. layer, time, unit: from 0; time counts along the sequence, also
    where a layer reads it from its end. sort: a key of SORT.
    Raises InputError that names what is wrong.
    """

    model: Model
    feed: Feed
    file: str = ""
    layer: int = 0
    sort: str = SORT.usual
    time: int = 0
    unit: int = 0

    def __post_init__(self) -> None:
        SORT.read(self.sort)
        _layer(self.model).read(self.layer + 1)
        actual, expected = self.sequence.values.shape[1], width(self.model, self.layer)
        if actual != expected:
            raise InputError(
                "{name}: expected a sequence of {expected} inputs, got {actual}. Choose another "
                "sequence: noise and your own numbers can have as many as the model needs.",
                name=self.chosen.name,
                expected=expected,
                actual=actual,
            )
        step_choice(len(self.sequence)).read(self.time + 1)
        unit_choice(self.chosen.parameters.hidden_size).read(self.unit + 1)

    @classmethod
    def of_example(cls) -> ModelView:
        """The shipped model on a sequence of its task, at a unit that holds what was marked."""
        return cls.from_query({}, example_model.example())

    @classmethod
    def of_file(cls, name: str, content: bytes) -> ModelView:
        """An uploaded model on noise. InputError as ``read_model`` raises it."""
        return cls.of_model(read_model(name, content), plain(name) or "file")

    @classmethod
    def of_model(cls, model: Model, file: str = "") -> ModelView:
        """The first layer that can be fed, on its usual sequence.

        Raises InputError when all of them take more inputs than MAX_INPUTS.
        """
        layers = range(len(model.layers))
        layer = next((i for i in layers if width(model, i) <= MAX_INPUTS), 0)
        return cls(model, usual_feed(model, layer, file), file, layer)

    def with_layer(self, layer: int) -> ModelView:
        """Another layer, on this sequence if that is as wide as it needs."""
        fits = width(self.model, layer) == self.sequence.values.shape[1]
        feed = self.feed if fits else usual_feed(self.model, layer, self.file)
        units = self.model.layers[layer].parameters.hidden_size
        time, unit = min(self.time, len(feed.sequence) - 1), min(self.unit, units - 1)
        return replace(self, layer=layer, feed=feed, time=time, unit=unit)

    def with_feed(self, feed: Feed) -> ModelView:
        """Another sequence, at the nearest step that it has."""
        return replace(self, feed=feed, time=min(self.time, len(feed.sequence) - 1))

    def of_width(self, feed: Feed) -> Feed:
        """What can be as wide as the chosen layer needs is made so; the rest stays as it is.

        Numbers that nobody has typed yet begin as a part of the present sequence.
        """
        needed = width(self.model, self.layer)
        if feed.kind == "noise":
            return Feed("noise", {**feed.values, "inputs": needed})
        if feed == Feed("numbers") and needed != feed.sequence.values.shape[1]:
            return numbers_feed(self.sequence.values[:TYPED_STEPS].round(2), self.sequence.names)
        return feed

    def at(self, time: object, unit: object) -> ModelView:
        """Another place, from 0. InputError when there is no such place."""
        query = {"t": str(int(time) + 1), "unit": str(int(unit) + 1)}  # type: ignore[call-overload]
        return self.from_query(self.to_query() | query, self.model, self.file)

    @property
    def chosen(self) -> GRULayer:
        """The layer and direction that is shown."""
        return self.model.layers[self.layer]

    @property
    def sequence(self) -> Sequence:
        """What is fed."""
        return self.feed.sequence

    @property
    def is_backward(self) -> bool:
        """Whether the chosen layer reads the sequence from its end."""
        return self.chosen.direction == "backward"

    @property
    def reads_fed(self) -> bool:
        """Whether the chosen layer reads the sequence itself, not the states of other layers."""
        return not (self.chosen.follows and _common_width(self.model, self.layer))

    @property
    def is_example(self) -> bool:
        """Whether the shipped model reads its own sequence."""
        return not self.file and self.feed == example_model.FEED

    @cached_property
    def trace(self) -> Trace:
        """The chosen layer, in the order in which it reads."""
        if not _common_width(self.model, self.layer):
            return run_layer(self.chosen, self.sequence.values)
        below = {one.name for one in _below(self.model, self.layer)}
        layers = tuple(one for one in self.model.layers if one.name in below)
        traces = run_model(replace(self.model, layers=layers), self.sequence.values)
        return traces[self.chosen.name]

    @property
    def step(self) -> int:
        """The reader's place in time, counted (from 0) as the chosen layer reads."""
        return len(self.sequence) - 1 - self.time if self.is_backward else self.time

    def order(self) -> tuple[int, ...]:
        """At most MAX_UNITS units in the order of `sort`, among them the chosen one."""
        return shown_units(self.trace, self.sort, self.unit)

    def step_setup(self) -> Setup:
        """The chosen step for the page "One step". InputError when it is too large for that."""
        return setup_of_step(self.trace, self.step)

    def gradient_norms(self) -> Array:
        """‖∂L/∂h_t‖ along the sequence, (T,), L the sum of the state after the last step read."""
        d_h = np.zeros_like(self.trace.h)
        d_h[-1] = 1.0
        norms = gradient_norms(backpropagate(self.trace, d_h).d_h)
        return norms[::-1] if self.is_backward else norms

    def gradient_csv(self) -> str:
        """``gradient_norms`` as CSV with a header line: step (from 1), norm."""
        rows = enumerate(self.gradient_norms().tolist(), start=1)
        return "".join(["step,norm\n", *(f"{step},{norm!r}\n" for step, norm in rows)])

    def reach(self) -> int | None:
        """Steps back from the last one read until that norm stays below REACH of it, or None."""
        norms = self.gradient_norms()
        return horizon(norms[::-1] if self.is_backward else norms, REACH)

    def first_steps(self) -> Trace:
        """The trace, cut where the table of all its numbers would have more than MAX_ROWS rows."""
        trace = self.trace
        D, H = trace.parameters.input_size, trace.parameters.hidden_size
        steps = max(1, MAX_ROWS // (D + 19 * H))
        if steps >= len(trace):
            return trace
        return unroll(trace.parameters, trace.inputs[:steps], trace.h0, trace.convention)

    def to_query(self) -> dict[str, str]:
        """The view without its model as the parameters of an address."""
        place: dict[str, Value] = {
            "file": self.file,
            "layer": self.layer + 1,
            "sort": self.sort,
            "t": self.time + 1,
            "unit": self.unit + 1,
        }
        usual: dict[str, Value] = {
            "file": "",
            "sort": SORT.usual,
            "t": 1,
            **_usual_place(self.file),
        }
        feed = self.feed.to_query(usual_feed(self.model, self.layer, self.file))
        return feed | differing(place, usual)

    @classmethod
    def from_query(cls, query: Mapping[str, str], model: Model, file: str = "") -> ModelView:
        """The view of an address on a model. InputError that names the parameter that is wrong."""
        usual = _usual_place(file)
        layer = _layer(model).read(query.get("layer", usual["layer"])) - 1
        feed = Feed.from_query(query, usual_feed(model, layer, file))
        view = cls(model, feed, file, layer, SORT.read(query.get(SORT.name, SORT.usual)))
        units = unit_choice(view.chosen.parameters.hidden_size)
        return replace(
            view,
            time=step_choice(len(view.sequence)).read(query.get("t", 1)) - 1,
            unit=units.read(query.get("unit", usual["unit"])) - 1,
        )


def width(model: Model, layer: int) -> int:
    """How many inputs a sequence must have to reach a layer (from 0).

    Those of the first layers under it; its own where these differ, so that no one sequence feeds
    them all.
    """
    return _common_width(model, layer) or model.layers[layer].parameters.input_size


def usual_feed(model: Model, layer: int, file: str = "") -> Feed:
    """What a layer is fed unless something else is chosen: noise as wide as it needs.

    The example reads a sequence of its task. Raises InputError above MAX_INPUTS.
    """
    if not file:
        return example_model.FEED
    inputs = width(model, layer)
    if inputs > MAX_INPUTS:
        raise InputError(
            "{name}: expected at most {expected} inputs, so that a sequence can be fed, got "
            "{actual}. Choose another layer or a smaller model.",
            name=model.layers[layer].name,
            expected=MAX_INPUTS,
            actual=inputs,
        )
    states = sum(one.parameters.hidden_size for one in _below(model, layer))
    return Feed("noise", {"inputs": inputs, "T": min(USUAL_STEPS, MAX_STATES // states)})


def _below(model: Model, layer: int) -> list[GRULayer]:
    """A layer and all those whose outputs reach it."""
    by_name = MappingProxyType({one.name: one for one in model.layers})
    found = {model.layers[layer].name: model.layers[layer]}
    queue = [model.layers[layer]]
    while queue:
        for name in queue.pop().follows:
            if name not in found:
                found[name] = by_name[name]
                queue.append(by_name[name])
    return list(found.values())


def _common_width(model: Model, layer: int) -> int:
    """The inputs of all first layers under a layer, 0 where these differ."""
    widths = {one.parameters.input_size for one in _below(model, layer) if not one.follows}
    return widths.pop() if len(widths) == 1 else 0


def _usual_place(file: str) -> dict[str, int]:
    """Where a page opens, from 1: the example's upper layer holds what its lower one only finds."""
    return {"layer": 1, "unit": 1} if file else {"layer": 3, "unit": 5}


def _layer(model: Model) -> Whole:
    return Whole("layer", N_("Layer"), 1, len(model.layers), 1)
