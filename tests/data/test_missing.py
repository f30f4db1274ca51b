"""Gaps are filled as said, counted, and found again; what cannot be filled is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.missing import MASK_NAME, METHODS, Filled, Gap, fill_missing
from gru_core.errors import InputError

NAN = np.nan
FILLING = [method for method in METHODS if method != "refuse"]
GAPPED = np.array([[NAN, 1.0], [2.0, 2.0], [NAN, 3.0], [NAN, 4.0], [5.0, 5.0], [NAN, 6.0]])


@st.composite
def gapped(draw: st.DrawFn) -> np.ndarray:
    """(T, D) with gaps, and at least one number in each column."""
    T, D = draw(st.integers(1, 12)), draw(st.integers(1, 3))
    number = st.one_of(st.just(NAN), st.floats(-1e6, 1e6))
    columns = [
        draw(st.lists(number, min_size=T, max_size=T).filter(lambda c: not np.isnan(c).all()))
        for _ in range(D)
    ]
    return np.array(columns).T


def names(values: np.ndarray) -> tuple[str, ...]:
    return tuple("abc"[: values.shape[1]])


@pytest.mark.parametrize(
    ("method", "column"),
    [
        ("forward", [2, 2, 2, 2, 5, 5]),
        ("interpolate", [2, 2, 3, 4, 5, 5]),
        ("mean", [3.5, 2, 3.5, 3.5, 5, 3.5]),
    ],
)
def test_each_way_to_fill(method: str, column: list[float]) -> None:
    filled = fill_missing(GAPPED, method, ("a", "b"))
    np.testing.assert_allclose(filled.values[:, 0], column, rtol=1e-15)
    np.testing.assert_array_equal(filled.values[:, 1], GAPPED[:, 1])
    assert filled.names == ("a", "b")
    assert filled.masked == ()


def test_a_mask_is_a_further_input_for_each_column_with_gaps() -> None:
    filled = fill_missing(GAPPED, "mask", ("a", "b"))
    assert filled.values.shape == (6, 3)
    np.testing.assert_array_equal(filled.values[:, 2], [1, 0, 1, 1, 0, 1])
    assert filled.names == ("a", "b", MASK_NAME.format(name="a"))
    assert filled.masked == (0,)
    np.testing.assert_array_equal(
        filled.values[:, :2], fill_missing(GAPPED, "mean", ("a", "b")).values
    )
    assert not filled.was_missing[:, 1:].any()


def test_the_result_says_how_many_and_where() -> None:
    for method in FILLING:
        filled = fill_missing(GAPPED, method, ("a", "b"))
        assert filled.count == 4
        assert filled.gaps == (Gap(0, 0, 0), Gap(0, 2, 3), Gap(0, 5, 5))


@given(gapped(), st.sampled_from(FILLING))
def test_filling_changes_gaps_only_and_tells_of_each(values: np.ndarray, method: str) -> None:
    before = values.copy()
    filled = fill_missing(values, method, names(values))
    np.testing.assert_array_equal(values, before)
    D = values.shape[1]
    there = ~np.isnan(values)
    assert np.isfinite(filled.values).all()
    np.testing.assert_array_equal(filled.values[:, :D][there], values[there])
    np.testing.assert_array_equal(filled.was_missing[:, :D], ~there)
    assert filled.count == (~there).sum() == sum(g.last - g.first + 1 for g in filled.gaps)
    with pytest.raises(ValueError, match="read-only"):
        filled.values[0, 0] = 1


@given(gapped())
def test_against_pandas(values: np.ndarray) -> None:
    frame = pd.DataFrame(values)
    for method, expected in {
        "forward": frame.ffill().bfill(),
        "interpolate": frame.interpolate(limit_direction="both"),
        "mean": frame.fillna(frame.mean()),
    }.items():
        filled = fill_missing(values, method, names(values))
        np.testing.assert_allclose(filled.values, expected.to_numpy(), rtol=1e-9, atol=1e-9)


def test_nothing_is_missing() -> None:
    values = np.array([[1.0], [2.0]])
    for method in METHODS:
        filled = fill_missing(values, method, ("a",))
        np.testing.assert_array_equal(filled.values, values)
        assert (filled.count, filled.gaps, filled.names) == (0, (), ("a",))


def refused(values: np.ndarray, method: str) -> str:
    with pytest.raises(InputError) as caught:
        fill_missing(values, method, ("a", "b"))
    return str(caught.value)


def test_gaps_are_refused_with_their_place() -> None:
    assert "a: expected a number at every step, got 4 missing, the first at step 1" in refused(
        GAPPED, "refuse"
    )
    assert "b: expected a number at every step, got 1 missing, the first at step 2" in refused(
        np.array([[1.0, 1.0], [2.0, NAN]]), "refuse"
    )


@pytest.mark.parametrize("method", FILLING)
def test_a_column_of_gaps_only_is_refused(method: str) -> None:
    assert "b: expected numbers, got only gaps" in refused(
        np.array([[1.0, NAN], [2.0, NAN]]), method
    )


def test_an_unknown_method_is_refused() -> None:
    assert "expected one of refuse, forward" in refused(GAPPED, "guess")


def test_a_result_can_be_made_by_hand() -> None:
    filled = Filled(np.zeros((3, 1)), np.array([[False], [True], [True]]), ("a",))
    assert filled.gaps == (Gap(0, 1, 2),)
