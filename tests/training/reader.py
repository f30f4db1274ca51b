"""Whoever watches a relay: collects its results and counts them, as a page does."""

import time
from collections.abc import Callable

from gru_core.training.executor import Slice
from gru_core.training.relay import Relay


class Reader:
    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.taken = 0

    @property
    def busy(self) -> bool:
        return self.relay.busy(self.taken)

    def collect(self) -> list[Slice]:
        try:
            slices = self.relay.collect(self.taken)
        except BaseException:
            self.taken += 1
            raise
        self.taken += len(slices)
        return slices

    def gathered(
        self, enough: Callable[[list[Slice]], bool] = lambda _: False, seconds: float = 60.0
    ) -> list[Slice]:
        """All that comes, until it is enough or no more is to come."""
        slices, end = [], time.monotonic() + seconds
        while self.busy and not enough(slices) and time.monotonic() < end:
            slices += self.collect()
            time.sleep(0.005)
        return slices
