"""The embedded Reber grammar: the second symbol of a string decides the last but one."""

from __future__ import annotations

from collections.abc import Hashable

from gru_core.data.bounds import Whole
from gru_core.data.tasks.definition import Task
from gru_core.data.tasks.grammar import Grammar
from gru_core.errors import N_

_INNER = {
    0: {"B": 1},
    1: {"T": 2, "P": 3},
    2: {"S": 2, "X": 4},
    3: {"T": 3, "V": 5},
    4: {"X": 3, "S": 6},
    5: {"P": 4, "V": 6},
    6: {"E": 7},
}
"""Reber's grammar: in each state, where a symbol leads; 7 is its end."""


def _embedded() -> dict[Hashable, list[tuple[float, str, Hashable]]]:
    """B, T or P, a Reber string, the same T or P again, E; and from the start."""
    rules: dict[Hashable, list[tuple[float, str, Hashable]]] = {
        "start": [(1.0, "B", "choice")],
        "choice": [(0.5, outer, (outer, 0)) for outer in "TP"],
        "end": [(1.0, "E", "start")],
    }
    for outer in "TP":
        for state, moves in _INNER.items():
            rules[outer, state] = [(1 / len(moves), s, (outer, to)) for s, to in moves.items()]
        rules[outer, 7] = [(1.0, outer, "end")]
    return rules


EMBEDDED_REBER = Grammar(tuple("BTPSXVE"), _embedded())

REBER = Task(
    name="reber",
    title=N_("Embedded Reber grammar"),
    needs=N_("Keep one symbol while a whole string of the grammar passes, and the place in that."),
    answer=N_("After every symbol, the next one."),
    kind="classes",
    read="all",
    inputs=7,
    outputs=7,
    length=Whole("length", N_("Length in steps"), 5, 200, 40),
    shows="string",
    goal=0.45,
    labels=EMBEDDED_REBER.symbols,
    alphabet=EMBEDDED_REBER.symbols,
    generate=EMBEDDED_REBER.generate,
    guesses={"cross_entropy": EMBEDDED_REBER.guess},
    known=EMBEDDED_REBER.known,
)
"""Reber 1967; embedded: Cleeremans et al. 1989, Hochreiter & Schmidhuber 1997, section 5.1.

A sequence is a stream of such strings, cut after `length` symbols; every choice is even.
"""
