"""The figures of "Gradients over time" draw what was computed, on a scale that has no zero."""

from typing import Any

import numpy as np
import pytest

from gru_core.figures.gradients import (
    CELL_STYLES,
    CLICKABLE,
    PATH_STYLES,
    gradient_profiles,
    nudge_curve,
    pair_path,
    pairwise_map,
    path_norms,
    singular_value_lines,
)
from gru_core.maths.parameters import Array

AXIS = ("t", "norm")


def random_norms(*shape: int) -> Array:
    return 10 ** np.random.default_rng(3).normal(scale=8, size=shape)


def lines(figure: Any, name: str) -> Any:
    [found] = [trace for trace in figure.data if trace.name == name]
    return found


def test_a_curve_is_the_median_and_its_band_the_range() -> None:
    norms = {key: random_norms(5, 7) for key in CELL_STYLES}
    figure = gradient_profiles(norms, {key: key.upper() for key in CELL_STYLES}, AXIS)
    assert len(figure.data) == 2 * len(norms)
    for key, runs in norms.items():
        line = lines(figure, key.upper())
        np.testing.assert_array_equal(line.x, np.arange(1, 8))
        np.testing.assert_allclose(line.y, np.median(runs, axis=0))
        [band] = [t for t in figure.data if t.fill == "toself" and t.legendgroup == key]
        np.testing.assert_array_equal(band.y, [*runs.max(axis=0), *runs.min(axis=0)[::-1]])
        np.testing.assert_array_equal(band.x, [*range(1, 8), *range(7, 0, -1)])
    assert figure.layout.yaxis.type == "log"


def test_one_seed_has_no_band() -> None:
    figure = gradient_profiles({"gru": random_norms(1, 4)}, {"gru": "GRU"}, AXIS)
    assert [trace.fill for trace in figure.data] == [None]


def test_steps_without_a_gradient_are_left_out_but_stay_on_the_axis() -> None:
    norms = random_norms(3, 9)
    norms[:, 6:] = 0.0
    figure = gradient_profiles({"rnn": norms}, {"rnn": "RNN"}, AXIS)
    for trace in figure.data:
        assert max(trace.x) == 6
        assert min(trace.y) > 0
    assert tuple(figure.layout.xaxis.range) == (1, 9)


def test_cells_and_paths_can_be_told_apart_without_colour() -> None:
    for styles in (CELL_STYLES, PATH_STYLES):
        assert len(set(styles.values())) == len(styles)
    assert len({dash for _, dash in CELL_STYLES.values()}) == len(CELL_STYLES)


def test_every_path_is_drawn() -> None:
    norms = {key: random_norms(6) for key in PATH_STYLES}
    norms["reset"][0] = 0.0  # h0 is zero, and a logarithm has none
    figure = path_norms(norms, {key: key.upper() for key in PATH_STYLES}, AXIS)
    for key, values in norms.items():
        np.testing.assert_array_equal(
            lines(figure, key.upper()).y, np.where(values, values, np.nan)
        )


@pytest.mark.parametrize("T", [2, 30, 200])
def test_the_map_shows_and_offers_what_is_not_after_t(T: int) -> None:
    norms = np.tril(random_norms(T, T))
    figure = pairwise_map(norms, (T, 1), ("s", "t"), "norm")
    heat, places, mark = figure.data
    np.testing.assert_allclose(
        heat.z[np.tri(T, dtype=bool)], np.log10(norms[np.tri(T, dtype=bool)]), rtol=1e-6
    )
    assert np.isnan(heat.z[~np.tri(T, dtype=bool)]).all()
    assert heat.zmin == -heat.zmax
    assert (np.asarray(places.x) <= np.asarray(places.y)).all()
    assert len(places.x) <= CLICKABLE * (CLICKABLE + 1) / 2
    for x, y, norm in list(zip(places.x, places.y, places.customdata, strict=True))[
        :: max(1, T // 3)
    ]:
        assert norm == norms[y - 1, x - 1]
    assert {1} <= set(places.x)
    assert (mark.x, mark.y) == ((1,), (T,))


def test_short_maps_offer_every_pair() -> None:
    places = pairwise_map(np.tril(random_norms(20, 20)), (3, 2), ("s", "t"), "norm").data[1]
    assert set(zip(places.x, places.y, strict=True)) == {
        (s, t) for t in range(1, 21) for s in range(1, t + 1)
    }


def test_colours_are_not_paled_by_one_extreme() -> None:
    norms = np.tril(np.ones((4, 4)))
    assert pairwise_map(norms, (1, 1), ("s", "t"), "norm").data[0].zmax == 1
    norms[3, 0] = 1e-5
    assert pairwise_map(norms, (1, 1), ("s", "t"), "norm").data[0].zmax == pytest.approx(5)
    norms[3, 0] = 1e-200
    assert pairwise_map(norms, (1, 1), ("s", "t"), "norm").data[0].zmax == 12


def test_the_path_of_a_pair() -> None:
    norms = np.tril(random_norms(9, 9))
    [line] = pair_path(norms, (7, 3), AXIS).data
    assert list(line.x) == [3, 4, 5, 6, 7]
    np.testing.assert_array_equal(line.y, norms[6, 2:7])


def test_singular_values() -> None:
    values = -np.sort(-random_norms(6, 4), axis=1)
    values[0, 3] = np.nan
    figure = singular_value_lines(values, AXIS)
    np.testing.assert_array_equal(np.array([line.y for line in figure.data]).T, values)
    assert figure.data[0].line.width > figure.data[1].line.width
    assert len(singular_value_lines(values[:, :1], AXIS).data) == 1


def test_the_tangent_has_the_slope_of_the_gradient() -> None:
    figure = nudge_curve([-1.0, 0.0, 1.0, 3.0], [2.0, 1.0, 2.0, 10.0], (0.5, 1.25), -3.0)
    curve, tangent = figure.data
    assert list(curve.y) == [2.0, 1.0, 2.0, 10.0]
    assert (tangent.x[1], tangent.y[1]) == (0.5, 1.25)
    slopes = np.diff(tangent.y) / np.diff(tangent.x)
    np.testing.assert_allclose(slopes, -3.0)
