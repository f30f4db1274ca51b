"""The comparison that one reader watches on "Compare", kept in their session."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from gru_core.errors import InputError
from gru_core.training import experiment as experiments
from gru_core.training.comparison import READY, VARIANT_NAMES, Comparison
from gru_core.training.executor import warm_up
from gru_core.training.experiment import Experiment
from gru_core.training.record import Record, Snapshot
from gru_core.training.relay import Relay
from gru_core.training.trainer import Checkpoint, inspect, start
from pages.ui import state

PAGE = "compare"
QUERY_NAMES = (*experiments.QUERY_NAMES, *VARIANT_NAMES)

FIRST = next(iter(READY.values()))


@dataclass(frozen=True)
class Member:
    """One configuration under way: as far as it was collected, and the seconds of its work."""

    first: Snapshot
    checkpoint: Checkpoint
    record: Record
    now: Snapshot
    seconds: float = 0.0

    @classmethod
    def of(cls, experiment: Experiment) -> Member:
        checkpoint = start(experiment)
        first = inspect(checkpoint)
        return cls(first, checkpoint, Record.empty(experiment.runs), first)


@dataclass(frozen=True)
class Contest:
    """comparison: what the controls say. members: its configurations, trained side by side.

    ready: the ready-made comparison that it was last, for its words. shown, run: whose diagnosis is
    read. version: raised with every new beginning. taken: how many results of the relay the
    members have.
    """

    comparison: Comparison
    members: tuple[Member, ...]
    relay: Relay
    taken: int = 0
    ready: str = FIRST.name
    playing: bool = False
    log: bool = True
    mark: float | None = None
    shown: int = 0
    run: int = 0
    entry: int = 0
    notice: InputError | None = None
    version: int = 0

    @classmethod
    def of(cls, comparison: Comparison, ready: str = "") -> Contest:
        members = tuple(map(Member.of, comparison.experiments))
        return cls(comparison, members, Relay(*(m.checkpoint for m in members)), ready=ready)

    def begin(self, comparison: Comparison, ready: str | None = None) -> Contest:
        """Another comparison, before its first step."""
        self.relay.pause()
        begun = Contest.of(comparison, self.ready if ready is None else ready)
        return replace(
            begun,
            log=self.log,
            entry=self.entry,
            version=self.version + 1,
            shown=min(self.shown, len(begun.members) - 1),
            run=min(self.run, comparison.base.runs - 1),
        )

    @property
    def moving(self) -> bool:
        """There is, or will be, something to collect."""
        return self.relay.busy(self.taken)

    @property
    def finished(self) -> bool:
        """Nothing is left to do."""
        return all(member.checkpoint.finished for member in self.members)

    @property
    def share(self) -> float:
        """How much of all steps is done."""
        steps = sum(member.checkpoint.experiment.steps for member in self.members)
        done = sum(
            m.checkpoint.experiment.steps if m.checkpoint.finished else m.checkpoint.step
            for m in self.members
        )
        return done / steps

    def play_or_pause(self) -> Contest:
        if self.playing:
            return self.quiet()
        self.relay.go(sum(m.checkpoint.experiment.steps for m in self.members))
        return replace(self, playing=True, notice=None)

    def quiet(self) -> Contest:
        """It is not playing any more; what is under way is still collected."""
        self.relay.pause()
        return replace(self, playing=False)

    def collect(self) -> Contest:
        """What has been done since the last time."""
        try:
            slices = self.relay.collect(self.taken)
        except Exception:  # a worker was lost: what it had not handed over is done anew
            logging.getLogger(__name__).exception("A slice of training was lost")
            lost = InputError(
                "The last slice of training was lost. The run is where it was before; press Play."
            )
            return replace(self.quiet(), taken=self.taken + 1, notice=lost)
        if not slices:
            return self
        members = list(self.members)
        for which in {done.which for done in slices}:
            of_one = [done for done in slices if done.which == which]
            member = members[which]
            members[which] = replace(
                member,
                checkpoint=of_one[-1].checkpoint,
                record=Record.joined([member.record, *(done.record for done in of_one)]),
                now=of_one[-1].now,
                seconds=member.seconds + sum(done.seconds for done in of_one),
            )
        contest = replace(self, members=tuple(members), taken=self.taken + len(slices))
        return replace(contest, playing=self.playing and not contest.finished)

    def look(self, **places: object) -> Contest:
        """Another configuration, seed, scale or mark to look at; the runs go on."""
        return replace(self, **places)  # type: ignore[arg-type]

    @property
    def address(self) -> dict[str, str]:
        """What the address says."""
        return self.comparison.to_query()


def current() -> Contest:
    """This session's comparison, brought up to date with the address and with the work done.

    The first visit, when no link says what to see, begins at once. Whoever comes back to the page
    finds the runs where they were, at rest.
    """
    contest = state.current(PAGE, QUERY_NAMES, _first, _opened)
    entry = st.session_state.get("entries", 0)
    if contest.entry != entry:
        first = not (contest.entry or contest.version or contest.notice)
        contest = replace(contest.quiet(), entry=entry)
        contest = contest.play_or_pause() if first else contest
    contest = contest.collect()
    st.session_state[PAGE] = contest
    return contest


def changing(change: Callable[[Contest], Contest]) -> Callable[[], None]:
    """A widget callback that puts `change(contest)` in place."""
    return state.changing(PAGE, change)


def _first() -> Contest:
    warm_up()
    return Contest.of(FIRST.comparison, FIRST.name)


def _opened(contest: Contest, query: Mapping[str, str]) -> Contest:
    if query == contest.address:
        return contest
    comparison = Comparison.from_query(query)
    if comparison == contest.comparison:
        return contest
    ready = next((r.name for r in READY.values() if r.comparison == comparison), "")
    return contest.begin(comparison, ready)
