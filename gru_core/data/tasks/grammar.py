"""Random strings from a finite state machine, whose chances are known at every step."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cached_property

import numpy as np

from gru_core.data.tasks.batch import Batch, Parts, Whole64, one_hot
from gru_core.data.tasks.mark import Mark
from gru_core.errors import N_
from gru_core.maths.parameters import Array

Rules = Mapping[Hashable, Iterable[tuple[float, str, Hashable]]]


class Grammar:
    """A machine that says one of `symbols` as it goes from state to state.

    rules: for each state, (probability, symbol, next state); the first state is where it starts.
    In no state do two rules have the same symbol, so that the symbols so far tell the state.
    """

    def __init__(self, symbols: tuple[str, ...], rules: Rules) -> None:
        self.symbols = symbols
        places = {state: place for place, state in enumerate(rules)}
        shape = (len(rules), len(symbols))
        self.chances: Array = np.zeros(shape)  # of each symbol in each state
        self.moves: Whole64 = np.zeros(shape, dtype=np.int64)  # the state each symbol leads to
        for state, choices in rules.items():
            for probability, symbol, following in choices:
                at = places[state], symbols.index(symbol)
                self.chances[at], self.moves[at] = probability, places[following]

    @cached_property
    def _limits(self) -> Array:
        # What is left after the last possible symbol of a state is rounding: nothing may fall there
        limits = self.chances.cumsum(axis=1)
        return np.where(limits > 1 - 1e-9, 1.0, limits)

    def draw(self, rng: np.random.Generator, T: int, B: int) -> Whole64:
        """(T, B) symbols, by number, from the start."""
        state = np.zeros(B, dtype=np.int64)
        symbols = np.empty((T, B), dtype=np.int64)
        for t, u in enumerate(rng.random((T, B, 1))):
            symbols[t] = (u >= self._limits[state]).sum(axis=1)
            state = self.moves[state, symbols[t]]
        return symbols

    def probabilities(self, symbols: Whole64) -> Array:
        """(T, B): the chance of each symbol after those before it; 0 where it is ungrammatical."""
        state = np.zeros(symbols.shape[1], dtype=np.int64)
        found = np.empty(symbols.shape)
        for t, symbol in enumerate(symbols):
            found[t] = self.chances[state, symbol]
            state = self.moves[state, symbol]
        return found

    def marginals(self, T: int) -> Array:
        """(T, symbols): the chance of each symbol at each step, the others unknown."""
        step = np.zeros((len(self.chances),) * 2)
        np.add.at(step, (np.arange(len(step))[:, np.newaxis], self.moves), self.chances)
        state = np.eye(len(step))[0]
        found = np.empty((T, len(self.symbols)))
        for t in range(T):
            found[t] = state @ self.chances
            state = state @ step
        return found

    def generate(self, rng: np.random.Generator, T: int, B: int) -> Batch:
        """T symbols, and to each the next one."""
        symbols = self.draw(rng, T + 1, B)
        return Batch(one_hot(symbols[:-1], len(self.symbols)), symbols[1:])

    def guess(self, T: int) -> float:
        """The mean entropy of the marginals: the best without any input. Nats."""
        p = self.marginals(T + 1)[1:]
        return float(-(p * np.log(np.where(p > 0, p, 1.0))).sum() / T)

    def known(self, length: int, parts: Parts) -> Iterator[Mark]:
        """What is left to somebody who knows every rule."""
        inputs, targets = parts.validation.inputs, parts.validation.targets
        symbols = np.concatenate([inputs[:1].argmax(axis=-1), targets])
        yield Mark(
            N_("perfect knowledge of the grammar"),
            "cross_entropy",
            float(-np.log(self.probabilities(symbols)[1:]).mean()),
            N_("Mean of −ln p on the validation data, p being the generator's own probabilities."),
        )
