"""Brackets of two kinds: which one closes next, only a stack can tell."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from gru_core.data.bounds import Whole
from gru_core.data.tasks.definition import Task
from gru_core.data.tasks.grammar import Grammar
from gru_core.errors import N_

DEPTH = 4
"""How many may be open at once."""
_CLOSES = {"(": ")", "[": "]"}


def _choices(stack: tuple[str, ...]) -> Iterator[tuple[float, str, tuple[str, ...]]]:
    """Open or close with equal chances where both are possible; both kinds are as likely."""
    opens = 1.0 if not stack else 0.5 if len(stack) < DEPTH else 0.0
    if opens:
        for bracket in _CLOSES:
            yield opens / 2, bracket, (*stack, bracket)
    if stack:
        yield 1 - opens, _CLOSES[stack[-1]], stack[:-1]


DYCK = Grammar(
    ("(", ")", "[", "]"),
    {
        stack: tuple(_choices(stack))
        for depth in range(DEPTH + 1)
        for stack in product(_CLOSES, repeat=depth)
    },
)
"""Dyck words one after the other."""

BRACKETS = Task(
    name="brackets",
    title=N_("Brackets"),
    needs=N_("Keep a stack: of up to 4 open brackets, which kind each is, the last one on top."),
    answer=N_("After every bracket, the next one."),
    kind="classes",
    read="all",
    inputs=4,
    outputs=4,
    length=Whole("length", N_("Length in steps"), 2, 200, 40),
    shows="string",
    goal=0.95,
    labels=DYCK.symbols,
    alphabet=DYCK.symbols,
    generate=DYCK.generate,
    guesses={"cross_entropy": DYCK.guess},
    known=DYCK.known,
)
