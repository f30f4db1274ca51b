"""The benchmark times what it says: the same steps as a plain loop, one look in each window."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from benchmarks.training import (
    EXAMPLES,
    JUDGED,
    MIDDLE,
    RUNS,
    WINDOW,
    Size,
    experiment_of,
    jobs,
    lines,
    midway,
    noise_task,
    plain,
    require_equal,
    tensors,
)
from gru_core.data.tasks import TASKS
from gru_core.training import experiment as experiments
from gru_core.training.trainer import advance, data_of, snapshot_steps

SMALL = Size(T=6, B=3, I=5, H=4)


@pytest.fixture
def task() -> Iterator[None]:
    with noise_task(SMALL.I):
        yield


def test_the_stand_in_is_there_only_while_it_is_needed() -> None:
    limits = experiments.MAX_WORK, experiments.MAX_NUMBERS
    with noise_task(SMALL.I):
        experiment = experiment_of(SMALL, 30, 10)
        assert experiment.about.inputs == SMALL.I
        inputs, targets = tensors(data_of(experiment).batch(0, 0, SMALL.B))
        assert inputs.shape == (SMALL.T, SMALL.B, SMALL.I)
        assert targets.shape == (SMALL.T, SMALL.B, 1)
    assert experiments.TASKS is TASKS
    assert limits == (experiments.MAX_WORK, experiments.MAX_NUMBERS)
    assert experiment.about.inputs == TASKS[experiment.task].inputs != SMALL.I


@pytest.mark.usefixtures("task")
def test_a_window_holds_no_snapshot_and_one_look_where_it_is_judged() -> None:
    for name, looks in (("recorded", 0), ("and judged", 1)):
        experiment = experiment_of(SMALL, 2, JUDGED[name])
        after, record = advance(midway(experiment), WINDOW)
        assert after.step == MIDDLE + WINDOW
        assert record.loss.shape == (WINDOW, 2)
        assert np.isfinite(record.loss).all()
        assert len(record.evaluated) == looks
        assert record.snapshots == ()
        assert not {*range(MIDDLE, MIDDLE + WINDOW + 1)} & {*snapshot_steps(experiment.steps)}


@pytest.mark.usefixtures("task")
def test_the_plain_loops_take_our_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    require_equal(SMALL)
    monkeypatch.setattr("benchmarks.training.CLIP_AT", 1e-3)  # of the experiment and the loops
    require_equal(SMALL)
    monkeypatch.setattr("benchmarks.training.RATE", 0.1)
    experiment = experiment_of(SMALL, 1, 1000)
    monkeypatch.setattr("benchmarks.training.RATE", 0.2)
    monkeypatch.setattr("benchmarks.training.experiment_of", lambda *_: experiment)
    with pytest.raises(AssertionError):
        require_equal(SMALL)


@pytest.mark.usefixtures("task")
def test_a_window_of_a_plain_loop_trains_on_all_examples() -> None:
    loop = plain(experiment_of(SMALL, 1, 1000), SMALL, cell=True)
    assert loop.inputs.shape == (SMALL.T, EXAMPLES, SMALL.I)
    before = [parameter.detach().clone() for parameter in loop.parameters]
    loop.window()
    steps = {float(state["step"]) for state in loop.optimiser.state.values()}
    assert steps == {WINDOW}
    pairs = zip(before, loop.parameters, strict=True)
    assert not any(torch.equal(old, new.detach()) for old, new in pairs)


@pytest.fixture
def threads() -> Iterator[int]:
    """More than one, as a machine has them; the tests have one."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield 2
    torch.set_num_threads(before)


@pytest.mark.usefixtures("task")
def test_every_job_runs_and_leaves_the_threads_as_they_were(threads: int) -> None:
    timed = jobs(SMALL)
    ours = {f"{name} {runs}" for name in JUDGED for runs in RUNS}
    theirs = {f"{name} {n}" for name in ("nn.GRU", "nn.GRUCell") for n in (1, threads)}
    assert timed.keys() == ours | theirs
    for job in timed.values():
        job()
        assert torch.get_num_threads() == threads


def test_the_table_holds_ours_against_the_faster_loop() -> None:
    taken = {"nn.GRU 1": 2.0, "nn.GRU 2": 1.0, "nn.GRUCell 1": 4.0, "nn.GRUCell 2": 5.0}
    for runs, time in ((1, 0.5), (5, 1.0), (10, 1.5), (30, 3.0)):
        taken |= {f"recorded {runs}": time, f"and judged {runs}": 2 * time}
    recorded, judged = lines(SMALL, taken)
    size = "| T=6 B=3 I=5 H=4 "
    assert recorded == f"{size}| recorded | 1.00 | 0.50 | 0.50 | 0.12 | 2.00 | 3.00 | 10.0 |"
    assert judged == f"{size}| and judged | 1.00 | 1.00 | 1.00 | 0.25 | 2.00 | 3.00 | 5.0 |"
