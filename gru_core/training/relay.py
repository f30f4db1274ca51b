"""Runs that go on by themselves, slice after slice, for as long as somebody collects them."""

from __future__ import annotations

from collections import deque
from concurrent.futures import CancelledError, Future
from concurrent.futures import wait as wait_for
from math import inf
from threading import Lock

from gru_core.training.executor import Slice, submit
from gru_core.training.trainer import Checkpoint

SECONDS = 0.25
"""What one slice is to take: a reader sees the run move, and the overhead stays small."""

BACKLOG = 8
"""How many slices wait to be collected before the run rests: it ends by itself, within seconds,
when nobody watches."""


class Relay:
    """Hands slices of runs to the executor, one at a time, each as soon as the last is done.

    It belongs to one session. The next slice is begun where the last one ended, by the thread that
    ended it, so that the processor does not wait for the page. Of several runs the one that is
    furthest behind goes next, so that they go on side by side.
    """

    def __init__(self, *checkpoints: Checkpoint) -> None:
        self._lock = Lock()
        self._checkpoints = list(checkpoints)
        self._done: deque[Slice | BaseException] = deque()
        self._first = 0  # which of all slices _done begins with
        self._handed = 0  # how many were collected, perhaps not for good
        self._future: Future[Slice] | None = None
        self._at = 0  # whose slice is under way
        self._wanted = 0
        self._paces = [0.0] * len(checkpoints)  # seconds a step takes

    @property
    def pace(self) -> float:
        """Seconds that one step of the first run takes, as measured last; 0 before that."""
        return self._paces[0]

    @property
    def seconds_left(self) -> float:
        """What all that is left will take; infinite while the pace of one run is not known."""
        with self._lock:
            pairs = zip(self._checkpoints, self._paces, strict=True)
            going = [(c, pace) for c, pace in pairs if not c.finished]
        if not all(pace for _, pace in going):
            return inf
        return sum((c.experiment.steps - c.step) * pace for c, pace in going)

    def busy(self, taken: int) -> bool:
        """Something is being computed, or waits for whoever has taken so many results."""
        with self._lock:
            return bool(self._future) or self._first + len(self._done) > taken

    def go(self, steps: int) -> None:
        """Do ``steps`` more steps, in all runs together. Raises InputError as ``submit``."""
        with self._lock:
            self._wanted = steps
            self._begin()

    def pause(self) -> None:
        """Begin no further slice. The one that is under way can still be collected."""
        with self._lock:
            self._wanted = 0

    def collect(self, taken: int) -> list[Slice]:
        """The slices that are done, in order, from number ``taken`` on.

        taken: how many results of this relay the caller has, and keeps. What is collected is not
        let go before it is counted there, because whoever collects it may be stopped before it is
        put away, as Streamlit stops a script: then the next one collects the same again.
        Raises what a slice raised, once those before it are taken; it is one of the results. The
        run is then where it was before that slice.
        """
        with self._lock:
            while self._first < taken and self._done:
                self._done.popleft()
                self._first += 1
            slices: list[Slice] = []
            for result in self._done:
                if isinstance(result, BaseException):
                    if not slices:
                        raise result
                    break
                slices.append(result)
            self._handed = max(self._handed, self._first + len(slices))
            self._go_on()
        return slices

    def wait(self, seconds: float = 30.0) -> None:
        """Wait until the slice under way is done. One that takes longer counts as lost."""
        with self._lock:
            future = self._future
        if future is None:
            return
        if wait_for([future], seconds).done:
            self._ended(future)
            return
        with self._lock:
            if self._future is future:
                self._future = None
                self._fail(TimeoutError(f"no answer in {seconds} s"))

    def _share(self, at: int) -> float:
        checkpoint = self._checkpoints[at]
        return checkpoint.step / checkpoint.experiment.steps

    def _begin(self) -> None:
        """Hand over the next slice if there is one to do. The lock is held."""
        waiting = self._first + len(self._done) - self._handed
        if self._future or not self._wanted or waiting >= BACKLOG:
            return
        going = [at for at, c in enumerate(self._checkpoints) if not c.finished]
        if not going:
            self._wanted = 0
            return
        at = min(going, key=self._share)
        steps = max(1, int(SECONDS / self._paces[at])) if self._paces[at] else 1
        future = submit(self._checkpoints[at], min(steps, self._wanted))
        self._future, self._at = future, at
        # Of a slice that is done at once this is called here and now: it must not find the lock.
        self._lock.release()
        try:
            future.add_done_callback(self._ended)
        finally:
            self._lock.acquire()

    def _ended(self, future: Future[Slice]) -> None:
        with self._lock:
            if self._future is not future:
                return
            self._future = None
            error = CancelledError() if future.cancelled() else future.exception()
            if error is not None:
                self._fail(error)
                return
            done = future.result()
            self._done.append(done._replace(which=self._at))
            self._checkpoints[self._at] = done.checkpoint
            steps = max(1, len(done.record))
            self._wanted = max(0, self._wanted - steps)
            self._paces[self._at] = done.seconds / steps
            self._go_on()

    def _go_on(self) -> None:
        """Begin the next slice; if it is refused, say so when it is collected."""
        try:
            self._begin()
        except Exception as refused:  # the scheduler went away
            self._fail(refused)

    def _fail(self, error: BaseException) -> None:
        self._done.append(error)
        self._wanted = 0
