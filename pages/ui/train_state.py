"""The run that one reader watches on "Train live", kept in their session."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from time import monotonic

import streamlit as st

from gru_core.data.bounds import Whole
from gru_core.errors import InputError
from gru_core.maths.parameters import Array
from gru_core.training import experiment as experiments
from gru_core.training.executor import warm_up
from gru_core.training.experiment import Experiment
from gru_core.training.presets import PRESETS
from gru_core.training.record import Record, Snapshot
from gru_core.training.relay import Relay
from gru_core.training.trainer import Checkpoint, inspect, start, untrained
from pages.ui import state

PAGE = "train"
QUERY_NAMES = (*experiments.QUERY_NAMES, "step")

FIRST = next(iter(PRESETS.values()))

_KEEP_ADDRESS = 5.0
"""Seconds between two notes of the step in the address while the run goes on."""

_QUICK = 1e8
"""Multiply-adds of a training step up to which nobody waits for a look at the untrained network."""

_REACHED = Whole("step", "step", 0, experiments.STEPS.high, 0)


@dataclass(frozen=True)
class Run:
    """first: before any step, and how it looks. checkpoint, record, now: as far as collected.

    untrained: a record of no step, with the validation data as it looks before the first one;
    without it where that takes long.
    relay: does the work, elsewhere. taken: how many of its results are in the record.
    playing: it goes on until it is told otherwise.
    """

    first: Snapshot
    untrained: Record
    checkpoint: Checkpoint
    record: Record
    now: Snapshot
    relay: Relay
    taken: int = 0
    playing: bool = False

    @classmethod
    def of(cls, experiment: Experiment) -> Run:
        checkpoint = start(experiment)
        first, empty = inspect(checkpoint), Record.empty(experiment.runs)
        quick = experiment.work / experiment.steps < _QUICK
        seen = untrained(checkpoint) if quick else empty
        return cls(first, seen, checkpoint, empty, first, Relay(checkpoint))

    @property
    def seen(self) -> Record:
        """What there is to draw."""
        return self.record if len(self.record) else self.untrained

    @property
    def moving(self) -> bool:
        """There is, or will be, something to collect."""
        return self.relay.busy(self.taken)

    @property
    def seconds_left(self) -> float:
        """At the pace of the last slice; infinite before there was one."""
        steps = self.checkpoint.experiment.steps - self.checkpoint.step
        return steps * self.relay.pace if self.relay.pace else inf


@dataclass(frozen=True)
class Course:
    """experiment: what the controls say. preset: the one it was last, for its words.

    reached: where the run was that a followed link or a reload speaks of; 0 for none.
    marked: the step that the address names, and when it was noted.
    version: raised with every new run.
    """

    experiment: Experiment
    run: Run
    preset: str = FIRST.name
    reached: int = 0
    marked: tuple[int, float] = (0, 0.0)
    entry: int = 0
    log: bool = True
    shown: int = 0  # the run, and the layer, whose gates and answers are shown
    layer: int = 0
    notice: InputError | None = None
    version: int = field(default=0)

    def begin(self, experiment: Experiment, *, preset: str | None = None) -> Course:
        """Another experiment, before its first step."""
        self.run.relay.pause()
        return replace(
            self,
            experiment=experiment,
            run=Run.of(experiment),
            preset=self.preset if preset is None else preset,
            reached=0,
            marked=(0, 0.0),
            shown=min(self.shown, experiment.runs - 1),
            layer=min(self.layer, experiment.layers - 1),
            notice=None,
            version=self.version + 1,
        )

    def longer(self) -> Course:
        """The same with twice the steps, from its start, at once.

        Not on from its end, because how a run is looked at on the way depends on its length.
        """
        steps = self.longer_steps
        if steps is None:
            return self
        return self.begin(self.experiment.changed(steps=steps)).go()

    @property
    def longer_steps(self) -> int | None:
        """How many steps that is; None where more steps change nothing, or are too many."""
        steps = min(2 * self.experiment.steps, experiments.STEPS.high)
        if self.run.checkpoint.step < self.experiment.steps or steps == self.experiment.steps:
            return None
        try:
            self.experiment.changed(steps=steps)
        except InputError:
            return None
        return steps

    def choose(self, **choices: object) -> Course:
        """Other choices, and so another run."""
        return self.begin(self.experiment.changed(changes=(), **choices))

    def go(self, steps: int | None = None) -> Course:
        """Do so many steps more, or all that are left."""
        course = self if steps is None else self.halt()
        course.run.relay.go(steps or course.experiment.steps)
        return replace(
            course, run=replace(course.run, playing=steps is None), reached=0, notice=None
        )

    def halt(self) -> Course:
        """Stop, with all that was under way."""
        self.run.relay.pause()
        self.run.relay.wait()
        return self.collect().quiet()

    def quiet(self) -> Course:
        """It is not playing any more; what is under way is still collected."""
        self.run.relay.pause()
        return replace(self, run=replace(self.run, playing=False))

    def collect(self) -> Course:
        """What has been done since the last time."""
        try:
            slices = self.run.relay.collect(self.run.taken)
        except Exception:  # a worker was lost: what it had not handed over is done anew
            logging.getLogger(__name__).exception("A slice of training was lost")
            lost = InputError(
                "The last slice of training was lost. The run is where it was before; press Play."
            )
            quiet = self.quiet()
            return replace(quiet, run=replace(quiet.run, taken=quiet.run.taken + 1), notice=lost)
        if not slices:
            return self
        checkpoint = slices[-1].checkpoint
        run = replace(
            self.run,
            checkpoint=checkpoint,
            record=Record.joined([self.run.record, *(s.record for s in slices)]),
            now=slices[-1].now,
            taken=self.run.taken + len(slices),
            playing=self.run.playing and not checkpoint.finished,
        )
        return replace(self, run=run)

    def change(self, name: str, value: float | str) -> Course:
        """Another learning rate or clipping: for the rest of the run, once it has begun."""
        if not self.run.checkpoint.step and not self.run.moving:
            return self.choose(**{name: value})
        playing = self.run.playing
        course = self.halt()
        checkpoint = course.run.checkpoint.changed(name, value)
        run = replace(course.run, checkpoint=checkpoint, relay=Relay(checkpoint), taken=0)
        course = replace(course, run=run, experiment=checkpoint.experiment, notice=None)
        return course.go() if playing else course

    def look(self, **places: int | bool) -> Course:
        """Another seed, layer or scale to look at; the run goes on."""
        return replace(self, **places)  # type: ignore[arg-type]

    @property
    def weights(self) -> dict[str, Array]:
        """Of the run that is looked at."""
        return self.run.checkpoint.weights_of(self.shown)

    @property
    def now(self) -> Experiment:
        """The experiment with what holds at this step."""
        return self.experiment.at(self.run.checkpoint.step)

    @property
    def address(self) -> dict[str, str]:
        """What the address says: the experiment, and how far its run is."""
        step = {"step": str(self.marked[0])} if self.marked[0] else {}
        return self.experiment.to_query() | step

    def mark(self) -> Course:
        """Note the step in the address: at rest, and now and then on the way."""
        step, now = self.run.checkpoint.step, monotonic()
        if step == self.marked[0] or (self.run.moving and now - self.marked[1] < _KEEP_ADDRESS):
            return self
        return replace(self, marked=(step, now))


def current() -> Course:
    """This session's course, brought up to date with the address and with the work done.

    Whoever comes back to the page finds the run where it was, at rest.
    """
    course = state.current(PAGE, QUERY_NAMES, _first, _opened)
    entry = st.session_state.get("entries", 0)
    if course.entry != entry:
        course = replace(course.quiet(), entry=entry)
    course = course.collect().mark()
    st.session_state[PAGE] = course
    return course


def changing(change: Callable[[Course], Course]) -> Callable[[], None]:
    """A widget callback that puts `change(course)` in place."""
    return state.changing(PAGE, change)


def _first() -> Course:
    warm_up()
    return Course(FIRST.experiment, Run.of(FIRST.experiment))


def _opened(course: Course, query: Mapping[str, str]) -> Course:
    if query == course.address:
        return course
    step = _REACHED.read(query.get("step", 0))
    experiment = Experiment.from_query(query)
    if experiment == course.experiment:
        return course
    preset = next((p.name for p in PRESETS.values() if p.experiment == experiment), "")
    opened = course.begin(experiment, preset=preset)
    return replace(opened, reached=min(step, experiment.steps))
