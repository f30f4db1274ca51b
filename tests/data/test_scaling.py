"""A scaling does what its name says to every column, and is undone exactly enough."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.scaling import METHODS, Scaling, fit
from gru_core.errors import InputError
from tests.maths.strategies import arrays

COLUMNS = np.array([[1.0, 5.0, 0.1], [2.0, 5.0, 0.1], [np.nan, 5.0, 0.1], [6.0, 5.0, 0.1]])


@pytest.mark.parametrize("method", METHODS)
@given(arrays(7, 3, bound=1e6))
def test_there_and_back(method: str, values: np.ndarray) -> None:
    scaling = fit(values, method)
    scaled = scaling.apply(values)
    assert np.isfinite(scaled).all()
    size = np.abs(values).max() + 1
    np.testing.assert_allclose(scaling.inverse(scaled), values, rtol=0, atol=1e-12 * size)


def test_as_they_are() -> None:
    np.testing.assert_array_equal(fit(COLUMNS, "none").apply(COLUMNS), COLUMNS)


def test_standardise() -> None:
    scaled = fit(COLUMNS, "standardise").apply(COLUMNS)
    there = scaled[[0, 1, 3], 0]
    assert there.mean() == pytest.approx(0, abs=1e-15)
    assert there.std() == pytest.approx(1)
    assert np.isnan(scaled[2, 0])


def test_min_max() -> None:
    scaled = fit(COLUMNS, "min_max").apply(COLUMNS)
    np.testing.assert_allclose(scaled[:, 0], [0, 0.2, np.nan, 1])


@pytest.mark.parametrize("method", ["standardise", "min_max"])
def test_a_column_that_never_changes_becomes_zero(method: str) -> None:
    np.testing.assert_array_equal(fit(COLUMNS, method).apply(COLUMNS)[:, 1:], 0)


def test_what_was_fitted_applies_to_other_numbers() -> None:
    scaling = fit(np.array([[0.0], [10.0]]), "min_max")
    np.testing.assert_array_equal(scaling.apply(np.array([[20.0], [-5.0]])), [[2.0], [-0.5]])
    assert (scaling.shift.tolist(), scaling.scale.tolist()) == ([0.0], [10.0])


@given(st.floats(1e-300, 1e-150))
def test_a_spread_too_small_to_square_is_no_division_by_zero(tiny: float) -> None:
    values = np.array([[0.0], [tiny]])
    assert np.isfinite(fit(values, "standardise").apply(values)).all()


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="expected one of none, standardise, min_max, got whiten"):
        fit(COLUMNS, "whiten")
    with pytest.raises(InputError, match="column 2: expected numbers, got only gaps"):
        fit(np.array([[1.0, np.nan]]), "none")
    with pytest.raises(InputError, match="scale"):
        Scaling(np.zeros(1), np.array([np.nan]))
