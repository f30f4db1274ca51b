from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from gru_core.errors import InputError
from gru_core.training import executor
from gru_core.training.experiment import Experiment
from gru_core.training.trainer import advance, start

TINY = Experiment.of({"hidden": 4, "batch": 4, "length": 8, "steps": 20, "runs": 1})


@pytest.fixture(autouse=True)
def _own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(executor.SCHEDULER, raising=False)
    executor.executor.cache_clear()
    yield
    executor.executor.cache_clear()


def test_a_thread_gives_what_advance_gives() -> None:
    first = start(TINY)
    done = executor.submit(first, 20).result()
    after, record = advance(first, 20)
    assert (done.record.loss == record.loss).all()
    assert all(torch.equal(done.checkpoint.weights[n], w) for n, w in after.weights.items())
    assert done.seconds > 0


def test_all_sessions_share_one() -> None:
    assert isinstance(executor.executor(), ThreadPoolExecutor)
    assert executor.executor() is executor.executor()


def test_slices_that_run_beside_each_other_do_not_meet() -> None:
    seeds = [TINY.changed(seed=seed) for seed in range(8)]
    futures = [executor.submit(start(e), 20) for e in seeds]
    for e, future in zip(seeds, futures, strict=True):
        assert (future.result().record.loss == advance(start(e), 20)[1].loss).all()


@pytest.mark.parametrize("address", ["localhost:8786", "http://example.org", "rm -rf /"])
def test_an_address_that_is_none_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(executor.SCHEDULER, address)
    with pytest.raises(InputError, match=executor.SCHEDULER):
        executor.submit(start(TINY), 1)
