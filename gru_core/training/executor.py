"""Where slices of training are worked off: threads here, or the workers of a Dask scheduler."""

from __future__ import annotations

import gc
import os
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import cache
from time import perf_counter
from typing import Any, NamedTuple, cast

import torch

from gru_core.data.typed import shown
from gru_core.errors import InputError
from gru_core.training.experiment import Experiment
from gru_core.training.record import Record, Snapshot
from gru_core.training.trainer import Checkpoint, advance, inspect, start

SCHEDULER = "GRU_LAB_SCHEDULER"
"""The environment variable that names a Dask scheduler, such as tcp://192.0.2.1:8786."""

PATIENCE = 5.0
"""Seconds in which a scheduler must answer."""


class Slice(NamedTuple):
    """What one slice gave, how the networks are after it, and how many seconds the steps took.

    which: the place of its run among those that go on together.
    """

    checkpoint: Checkpoint
    record: Record
    now: Snapshot
    seconds: float
    which: int = 0


def work(checkpoint: Checkpoint, steps: int) -> Slice:
    """``advance`` with its time, and ``inspect`` of what came of it."""
    begin = perf_counter()
    after, record = advance(checkpoint, steps)
    seconds = perf_counter() - begin
    return Slice(after, record, inspect(after), seconds)


def submit(checkpoint: Checkpoint, steps: int) -> Future[Slice]:
    """Have a slice worked off elsewhere. Raises InputError as ``executor``."""
    return executor(os.environ.get(SCHEDULER, "")).submit(work, checkpoint, steps)


def warm_up() -> None:
    """Prepare a process in which several threads train: a host calls it before any of them does.

    torch computes on one thread from here on (see ``trainer``): in the thread that calls this, and
    in all that begin to compute later. torch keeps the number for each thread, from its first use
    of torch on, so whoever has used it before calls this too; where it is 1 nothing is set. The
    first call also loads what a first training step needs, before somebody waits for it.
    """
    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
    _take_a_step()


@cache
def _take_a_step() -> None:
    if not os.environ.get(SCHEDULER):
        _threads().submit(advance, start(Experiment(hidden=1, batch=1, runs=1, steps=1)), 1)


def executor(scheduler: str = "") -> Executor:
    """One for the whole process, so that all sessions queue for the same processors.

    scheduler: the address of a Dask scheduler; without one, as many threads as there are
    processors: torch releases Python's lock, and whoever reads a page is not kept waiting.
    Raises InputError when the scheduler cannot be used.
    """
    if not scheduler:
        return _threads()
    client = _client(scheduler)
    if client.status == "closed":  # it has given up a scheduler that went away
        _client.cache_clear()
        client = _client(scheduler)
    if client.status != "running":
        raise _unanswered(scheduler)
    return cast("Executor", client.get_executor(pure=False))


@cache
def _threads() -> Executor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="training")


@cache
def _client(scheduler: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "{name} asks for Dask, which is not installed. Run: pip install distributed",
            name=SCHEDULER,
        ) from None
    try:
        if not scheduler.startswith(("tcp://", "tls://")):
            raise ValueError
        # A client that found no scheduler closes itself when its memory is collected. Were that to
        # happen while this one starts, it would wait for the lock that this one holds.
        gc.collect()
        return Client(scheduler, timeout=PATIENCE)
    except ValueError:
        raise InputError(
            "{name}: expected an address such as tcp://host:8786, got {actual!r}. "
            "Correct the environment variable, or leave it out.",
            name=SCHEDULER,
            actual=shown(scheduler),
        ) from None
    except (OSError, TypeError) as error:  # TypeError: tls:// without certificates
        raise _unanswered(scheduler) from error


def _unanswered(scheduler: str) -> InputError:
    return InputError(
        "{name}: no scheduler answers at {actual!r}. Start it with: dask scheduler",
        name=SCHEDULER,
        actual=shown(scheduler),
    )
