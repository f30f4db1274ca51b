"""One set-up read by two conventions: what differs, and whether a conversion makes it vanish."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gru_core.data.setup import Setup
from gru_core.errors import InputError
from gru_core.maths.convention import Convention
from gru_core.maths.convert import convert
from gru_core.maths.gru import Trace


@dataclass(frozen=True, eq=False)
class Comparison:
    """ours, theirs: the same numbers in the set-up's convention and in the other one.

    difference: largest absolute difference between their states.
    drops_c_n: whether the other convention has no place for a c_n that is not zero.
    remaining: the same difference after the exact conversion; None where there is none, and
    refusal then says why.
    """

    ours: Trace
    theirs: Trace
    difference: float
    drops_c_n: bool
    remaining: float | None
    refusal: InputError | None

    def table(self) -> pd.DataFrame:
        """The states side by side. Columns: step (from 1), unit (from 1), ours, theirs."""
        T, H = self.ours.h.shape
        return pd.DataFrame(
            {
                "step": np.repeat(np.arange(1, T + 1), H),
                "unit": np.tile(np.arange(1, H + 1), T),
                "ours": self.ours.h.ravel(),
                "theirs": self.theirs.h.ravel(),
            }
        )


def compare(setup: Setup, other: Convention) -> Comparison:
    """Read the numbers of `setup` in the convention `other`."""
    ours = setup.unroll()
    theirs = setup.with_convention(other).unroll()
    remaining, refusal = None, None
    try:
        converted = convert(setup.parameters, setup.convention, other)
        unrolled = replace(setup, parameters=converted, convention=other).unroll()
        remaining = _difference(unrolled, ours)
    except InputError as error:
        refusal = error
    return Comparison(
        ours=ours,
        theirs=theirs,
        difference=_difference(theirs, ours),
        drops_c_n=other.reset == "before" and bool(setup.parameters.c_n.any()),
        remaining=remaining,
        refusal=refusal,
    )


def _difference(one: Trace, other: Trace) -> float:
    return float(np.abs(one.h - other.h).max())
