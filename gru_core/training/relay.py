"""A run that goes on by itself, slice after slice, for as long as somebody collects them."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from threading import Lock

from gru_core.training.executor import Slice, submit
from gru_core.training.trainer import Checkpoint

SECONDS = 0.25
"""What one slice is to take: a reader sees the run move, and the overhead stays small."""

BACKLOG = 8
"""How many slices wait to be collected before the run rests: it ends by itself, within seconds,
when nobody watches."""


class Relay:
    """Hands slices of one run to the executor, one at a time, each as soon as the last is done.

    It belongs to one session. The next slice is begun where the last one ended, by the thread that
    ended it, so that the processor does not wait for the page.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._lock = Lock()
        self._checkpoint = checkpoint
        self._done: deque[Slice] = deque()
        self._future: Future[Slice] | None = None
        self._wanted = 0
        self._pace = 0.0  # seconds a step takes
        self._error: BaseException | None = None

    @property
    def pace(self) -> float:
        """Seconds that one step takes, as measured last; 0 before the first slice is done."""
        return self._pace

    @property
    def busy(self) -> bool:
        """Something is being computed, or waits to be collected."""
        with self._lock:
            return self._future is not None or bool(self._done)

    def go(self, steps: int) -> None:
        """Do ``steps`` more steps from where the run is. Raises InputError as ``submit``."""
        with self._lock:
            self._wanted = steps
            self._begin()

    def pause(self) -> None:
        """Begin no further slice. The one that is under way can still be collected."""
        with self._lock:
            self._wanted = 0

    def collect(self) -> list[Slice]:
        """The slices that are done and were not collected yet, in order.

        Raises what a slice raised; the run is then where it was before that slice.
        """
        with self._lock:
            slices = list(self._done)
            self._done.clear()
            error, self._error = self._error, None
            if error is None:
                self._begin()
        if error is not None:
            raise error
        return slices

    def wait(self, seconds: float = 30.0) -> None:
        """Wait until the slice under way is done. Raises TimeoutError."""
        with self._lock:
            future = self._future
        if future is not None:
            future.exception(seconds)
            self._ended(future)

    def _begin(self) -> None:
        """Hand over the next slice if there is one to do. The lock is held."""
        if self._future or not self._wanted or len(self._done) >= BACKLOG:
            return
        if self._checkpoint.finished:
            self._wanted = 0
            return
        steps = max(1, int(SECONDS / self._pace)) if self._pace else 1
        future = submit(self._checkpoint, min(steps, self._wanted))
        self._future = future
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
            error = future.exception()
            if error is not None:
                self._error, self._wanted = error, 0
                return
            done = future.result()
            self._done.append(done)
            self._checkpoint = done.checkpoint
            steps = max(1, len(done.record))
            self._wanted = max(0, self._wanted - steps)
            self._pace = done.seconds / steps
            try:
                self._begin()
            except Exception as refused:  # the scheduler went away: said when collected
                self._error, self._wanted = refused, 0
