import time
from concurrent.futures import CancelledError, Future
from typing import Any

import numpy as np
import pytest

from gru_core.errors import InputError
from gru_core.training import relay
from gru_core.training.executor import Slice, work
from gru_core.training.experiment import Experiment
from gru_core.training.record import Record
from gru_core.training.relay import BACKLOG, Relay
from gru_core.training.trainer import Checkpoint, advance, start
from tests.training.reader import Reader

TINY = Experiment.of(
    {"hidden": 2, "batch": 2, "length": 5, "steps": 400, "evaluate": 100, "runs": 1}
)


def test_all_slices_make_up_the_run() -> None:
    runner = Relay(start(TINY))
    reader = Reader(runner)
    runner.go(10**9)
    slices = reader.gathered()
    record = Record.joined([s.record for s in slices])
    assert slices[-1].checkpoint.finished
    assert np.array_equal(record.loss, advance(start(TINY), 400)[1].loss)
    assert runner.pace > 0


def test_it_does_as_many_steps_as_asked() -> None:
    runner = Relay(start(TINY))
    reader = Reader(runner)
    for steps in (1, 10):
        runner.go(steps)
        assert sum(len(s.record) for s in reader.gathered()) == steps


def test_a_pause_keeps_what_was_under_way_and_begins_no_more() -> None:
    runner = Relay(start(TINY))
    reader = Reader(runner)
    runner.go(10**9)
    runner.pause()
    runner.wait()
    steps = sum(len(s.record) for s in reader.gathered())
    assert 1 <= steps < 400
    time.sleep(0.1)
    assert not reader.busy


def test_it_rests_when_nobody_collects_and_goes_on_when_somebody_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay, "SECONDS", 1e-9)  # one step a slice
    runner = Relay(start(TINY.changed(steps=3 * BACKLOG)))
    reader = Reader(runner)
    runner.go(10**9)
    end = time.monotonic() + 10
    while len(runner._done) < BACKLOG and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.2)
    assert len(reader.collect()) == BACKLOG
    assert reader.gathered()[-1].checkpoint.finished


def test_slices_that_are_done_at_once_do_not_lock_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_once(checkpoint: Checkpoint, steps: int) -> Future[Slice]:
        future: Future[Slice] = Future()
        future.set_result(work(checkpoint, steps))
        return future

    monkeypatch.setattr(relay, "submit", at_once)
    runner = Relay(start(TINY.changed(steps=5)))
    reader = Reader(runner)
    runner.go(10**9)
    assert sum(len(s.record) for s in reader.gathered()) == 5


def test_a_slice_that_fails_is_said_and_leaves_the_run_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runner = Relay(start(TINY))
    reader = Reader(runner)
    runner.go(3)
    done = sum(len(s.record) for s in reader.gathered())

    def lost(checkpoint: Checkpoint, steps: int) -> Any:
        future: Future[Slice] = Future()
        future.set_exception(ConnectionError("the worker is gone"))
        return future

    with monkeypatch.context() as patch:
        patch.setattr(relay, "submit", lost)
        runner.go(10)
        with pytest.raises(ConnectionError):
            reader.collect()
    runner.go(4)
    slices = reader.gathered()
    assert slices[0].record.first == done
    assert sum(len(s.record) for s in slices) == 4


def test_several_runs_go_on_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "SECONDS", 1e-9)  # one step a slice
    experiments = [
        TINY.changed(steps=20),
        TINY.changed(steps=20, cell="lstm"),
        TINY.changed(steps=10),
    ]
    runner = Relay(*map(start, experiments))
    reader = Reader(runner)
    runner.go(10**9)
    slices = reader.gathered()
    shares = [0.0, 0.0, 0.0]
    for done in slices:
        shares[done.which] = done.checkpoint.step / done.checkpoint.experiment.steps
        assert max(shares) - min(shares) <= 0.1 + 1e-9
    assert shares == [1.0, 1.0, 1.0]
    for index, experiment in enumerate(experiments):
        record = Record.joined([s.record for s in slices if s.which == index])
        assert np.array_equal(record.loss, advance(start(experiment), 20)[1].loss)
    assert runner.seconds_left == 0.0


def test_what_was_done_before_a_slice_failed_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def soon_lost(checkpoint: Checkpoint, steps: int) -> Future[Slice]:
        future: Future[Slice] = Future()
        if checkpoint.step < 2:
            future.set_result(work(checkpoint, 1))
        else:
            future.cancel()  # what becomes of it when the scheduler goes away
        return future

    runner = Relay(start(TINY))
    reader = Reader(runner)
    with monkeypatch.context() as patch:
        patch.setattr(relay, "submit", soon_lost)
        runner.go(10)
        runner.wait()
        assert [s.record.first for s in reader.collect()] == [0, 1]
        assert reader.busy
        with pytest.raises(CancelledError):
            reader.collect()
        assert not reader.busy
    runner.go(1)
    assert [s.record.first for s in reader.gathered()] == [2]


def test_a_slice_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    late: Future[Slice] = Future()
    runner = Relay(start(TINY))
    reader = Reader(runner)
    with monkeypatch.context() as patch:
        patch.setattr(relay, "submit", lambda *_: late)
        runner.go(10)
        runner.wait(seconds=0.01)
        with pytest.raises(TimeoutError):
            reader.collect()
    late.set_result(work(start(TINY), 5))
    assert not reader.busy
    runner.go(1)
    assert [s.record.first for s in reader.gathered()] == [0]


def test_a_scheduler_that_is_gone_is_said_when_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: object) -> Future[Slice]:
        raise InputError("no scheduler answers")

    monkeypatch.setattr(relay, "SECONDS", 1e-9)
    runner = Relay(start(TINY))
    reader = Reader(runner)
    runner.go(10**9)
    end = time.monotonic() + 10
    while len(runner._done) < BACKLOG and time.monotonic() < end:
        time.sleep(0.01)
    monkeypatch.setattr(relay, "submit", gone)
    assert len(reader.collect()) == BACKLOG
    with pytest.raises(InputError):
        reader.collect()


def test_what_was_collected_and_not_put_away_is_collected_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Streamlit may stop a script between the two."""
    monkeypatch.setattr(relay, "SECONDS", 1e-9)
    runner = Relay(start(TINY.changed(steps=3 * BACKLOG)))
    reader = Reader(runner)
    runner.go(10**9)
    lost: list[Slice] = []
    while len(lost) < BACKLOG:
        lost = runner.collect(0)
    assert [s.record.first for s in reader.collect()][:BACKLOG] == list(range(BACKLOG))
    assert reader.gathered()[-1].checkpoint.finished
    assert reader.taken == 3 * BACKLOG
    assert reader.collect() == []
