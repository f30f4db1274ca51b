import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import dask
import distributed
import pytest
import torch
from distributed import Client, LocalCluster, get_client
from distributed.scheduler import KilledWorker

from gru_core.errors import InputError
from gru_core.training import executor, relay
from gru_core.training.experiment import Experiment
from gru_core.training.record import Record
from gru_core.training.relay import Relay
from gru_core.training.trainer import advance, start
from tests.training.reader import Reader

PROCESSES = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
TINY = Experiment.of({"hidden": 4, "batch": 4, "length": 8, "steps": 20, "runs": 1})


@pytest.fixture(autouse=True)
def _own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(executor.SCHEDULER, raising=False)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The app's client of a scheduler with two processes, which gives a lost task up at once.

    They are copies of one that has loaded torch: on its own each would take seconds to do so.
    """
    options = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.worker.multiprocessing-method": PROCESSES,
        "logging.distributed": "critical",
    }
    if PROCESSES == "forkserver":
        loaded = ["distributed", "gru_core.training.executor"]
        multiprocessing.get_context(PROCESSES).set_forkserver_preload(loaded)
        monkeypatch.setattr(distributed.utils, "_forkserver_preload_set", True)
    with (
        dask.config.set(options),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        monkeypatch.setenv(executor.SCHEDULER, cluster.scheduler_address)
        executor.executor(cluster.scheduler_address)
        with get_client(cluster.scheduler_address) as client:
            yield client


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


def test_two_processes_give_the_same_numbers_and_the_loss_of_one_costs_a_slice(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiments = [TINY.changed(seed=seed, runs=2) for seed in range(4)]
    futures = [executor.submit(start(e), 20) for e in experiments]
    for e, future in zip(experiments, futures, strict=True):
        done, (after, record) = future.result(60), advance(start(e), 20)
        assert (done.record.loss == record.loss).all()
        assert all(torch.equal(done.checkpoint.weights[n], w) for n, w in after.weights.items())
    workers = client.run(os.getpid)
    assert len({*workers.values(), os.getpid()}) == 3

    long = TINY.changed(steps=20000)
    runner = Relay(start(long))
    reader = Reader(runner)
    monkeypatch.setattr(relay, "SECONDS", 3600.0)  # one step, and then all that is left
    runner.go(20000)
    begun = reader.gathered(lambda slices: len(slices) == 1)
    while not (busy := [worker for worker, tasks in client.processing().items() if tasks]):
        time.sleep(0.01)
    os.kill(workers[busy[0]], signal.SIGKILL)
    with pytest.raises(KilledWorker):
        reader.gathered()
    assert not reader.busy

    runner.go(5)
    more = reader.gathered()
    record = Record.joined(each.record for each in begun + more)
    assert (record.loss == advance(start(long), 6)[1].loss).all()


def submit_until_refused() -> None:
    while True:
        executor.submit(start(TINY), 1)
        time.sleep(0.01)


def test_a_scheduler_that_goes_away_is_missed_and_found_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quiet = {"logging.distributed": "critical"}
    here = {"processes": False, "protocol": "tcp", "dashboard_address": None}
    with dask.config.set(quiet):
        with LocalCluster(n_workers=0, **here) as cluster:
            address = cluster.scheduler_address
            monkeypatch.setenv(executor.SCHEDULER, address)
            executor.executor(address)
        with pytest.raises(InputError, match="no scheduler answers"):
            submit_until_refused()
        port = int(address.rpartition(":")[2])
        with LocalCluster(n_workers=1, scheduler_port=port, **here), get_client(address) as client:
            while client.status != "running":
                time.sleep(0.01)
            assert len(executor.submit(start(TINY), 3).result(60).record) == 3


@pytest.mark.parametrize(
    "address",
    ["localhost:8786", "http://example.org", "rm -rf /", "tcp://", "tcp://h:x", "tcp://[::1"],
)
def test_an_address_that_is_none_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(executor.SCHEDULER, address)
    with pytest.raises(InputError, match=r"expected an address such as tcp://host:8786"):
        executor.submit(start(TINY), 1)


@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_a_scheduler_that_does_not_answer_is_named(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"{scheme}://127.0.0.1:1"
    monkeypatch.setattr(executor, "PATIENCE", 0.2)
    monkeypatch.setenv(executor.SCHEDULER, address)
    with pytest.raises(InputError, match=f"no scheduler answers at '{address}'"):
        executor.submit(start(TINY), 1)


@pytest.fixture
def _two_threads() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("_two_threads")
def test_warming_up_leaves_one_thread_and_the_executor_as_it_was() -> None:
    executor.warm_up()
    assert torch.get_num_threads() == 1
    with ThreadPoolExecutor(1) as other:
        assert other.submit(torch.get_num_threads).result() == 1
    assert executor.submit(start(TINY), 3).result().checkpoint.step == 3


@pytest.mark.usefixtures("_two_threads")
def test_whoever_has_used_torch_before_warms_up_too() -> None:
    with ThreadPoolExecutor(1) as other:
        assert other.submit(torch.get_num_threads).result() == 2
        executor.warm_up()
        # torch keeps the number for each thread, so it is not enough to call it once anywhere.
        assert other.submit(torch.get_num_threads).result() == 2
        other.submit(executor.warm_up).result()
        assert other.submit(torch.get_num_threads).result() == 1
