"""Bars hold the shares of the values."""

import numpy as np

from gru_core.figures.histograms import BINS, gate_histograms


def test_bars_are_shares_and_lose_no_value() -> None:
    rng = np.random.default_rng(0)
    gates = {"r": rng.uniform(size=(30, 4)), "z": np.array([[0.0, 1.0, 0.52]])}
    figure = gate_histograms(gates, {"r": "reset", "z": "update"})
    reset, update = figure.data
    assert (reset.name, update.name) == ("reset", "update")
    for bars in figure.data:
        assert len(bars.y) == BINS
        np.testing.assert_allclose(sum(bars.y), 1)
    full = {round(float(x), 3): y for x, y in zip(update.x, update.y, strict=True) if y}
    assert full.keys() == {0.025, 0.525, 0.975}
    np.testing.assert_allclose(list(full.values()), 1 / 3)
