"""PyTorch agrees with every number we show, and a wrong number would be found."""

from dataclasses import replace

import numpy as np
import pytest

from gru_core.data.examples import EXAMPLES
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.gru import unroll
from gru_core.training.reference import largest_difference_from_torch
from tests.maths.strategies import ALL_CONVENTIONS, random_parameters


@pytest.mark.parametrize("batch", [(), (1,), (3,)])
@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_random_cells_agree(convention: Convention, batch: tuple[int, ...]) -> None:
    rng = np.random.default_rng(5)
    for D, H in ((1, 2), (3, 4)):
        parameters = random_parameters(D, D, H, convention.reset)
        inputs, h0 = rng.normal(size=(6, *batch, D)), rng.normal(size=(*batch, H))
        trace = unroll(parameters, inputs, h0, convention)
        difference, method = largest_difference_from_torch(trace)
        assert difference < 1e-12
        possible = convention.reset == "after" and convention.gate == "sigmoid"
        assert method == ("nn.GRU" if possible else "torch operations")


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_agree(name: str) -> None:
    setup = EXAMPLES[name].setup
    difference, method = largest_difference_from_torch(setup)
    assert difference < 1e-12
    assert (difference, method) == largest_difference_from_torch(setup.unroll())
    assert method == ("torch operations" if name.startswith("article") else "nn.GRU")


@pytest.mark.parametrize("name", ["welcome", "article_003_repaired"])
@pytest.mark.parametrize("index", [(0, 0), (-1, 1)])
def test_a_corrupted_trace_is_found(name: str, index: tuple[int, int]) -> None:
    trace = EXAMPLES[name].setup.unroll()
    h = trace.h.copy()
    h[index] += 1e-6
    assert largest_difference_from_torch(replace(trace, h=h))[0] == pytest.approx(1e-6)
    h[index] = np.nan
    assert np.isnan(largest_difference_from_torch(replace(trace, h=h))[0])


def test_a_trace_of_other_parameters_is_found() -> None:
    trace = EXAMPLES["welcome"].setup.unroll()
    swapped = replace(trace.parameters, W_r=trace.parameters.W_z, W_z=trace.parameters.W_r)
    assert largest_difference_from_torch(replace(trace, parameters=swapped))[0] > 0.1
    assert trace.convention == PYTORCH
    candidate = replace(trace, convention=Convention("candidate"))
    assert largest_difference_from_torch(candidate)[0] > 0.1
