"""The signs of all steps at once are those of each step, and they are true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.maths.convention import Convention
from gru_core.maths.equations import (
    MAX_DIGITS,
    MIN_DIGITS,
    Apply,
    adds_up,
    equations,
    line_sign,
    line_signs,
    scalar,
    scalars,
    values,
)
from gru_core.maths.gru import Trace, unroll
from gru_core.maths.parameters import GRUParameters
from tests.maths.strategies import ALL_CONVENTIONS, shapes


def short_trace(convention: Convention, seed: int, decimals: int) -> Trace:
    """Numbers of few decimals, so that both signs occur."""
    rng = np.random.default_rng(seed)
    D, H, T = rng.integers(1, 4, size=3).tolist()
    weights = {name: rng.normal(size=s).round(decimals) for name, s in shapes(D, H).items()}
    if convention.reset == "before":
        weights["c_n"] = np.zeros(H)
    inputs, h0 = rng.normal(size=(T, D)).round(decimals), rng.normal(size=H).round(decimals)
    return unroll(GRUParameters(**weights), inputs, h0, convention)


@given(
    st.sampled_from(ALL_CONVENTIONS),
    st.integers(0, 10**6),
    st.integers(0, 3),
    st.integers(MIN_DIGITS, MAX_DIGITS),
)
def test_signs_over_time(convention: Convention, seed: int, decimals: int, digits: int) -> None:
    trace = short_trace(convention, seed, decimals)
    steps = [values(trace.step(t), trace.parameters) for t in range(len(trace))]
    over_time = values(trace, trace.parameters)
    for line in (line for lines in equations(convention).values() for line in lines):
        signs = line_signs(line, over_time, digits)
        assert signs == [line_sign(line, step, digits) for step in steps]
        if not isinstance(line.expression, Apply):
            for sign, step in zip(signs, steps, strict=True):
                worked = scalars(line.expression, step)
                multiplied_out = all(adds_up(w.terms, w.result, digits) for w in worked)
                assert sign == ("=" if multiplied_out else "≈")


def test_both_signs_are_found_in_one_trace() -> None:
    zero, one = np.zeros((1, 1)), np.ones(1)
    parameters = GRUParameters(zero + 0.5, zero, zero, zero, zero, zero, one, one, one)
    trace = unroll(parameters, [[0.2], [0.25]])
    line = equations(trace.convention)["r"][1]
    assert line_signs(line, values(trace, parameters), 2) == ["=", "≈"]


@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_all_units_at_once(convention: Convention) -> None:
    trace = short_trace(convention, 3, 2)
    known = values(trace.step(-1), trace.parameters)
    for line in (line for lines in equations(convention).values() for line in lines):
        worked = scalars(line.expression, known)
        assert worked == tuple(scalar(line.expression, known, i) for i in range(len(known["h"])))
