"""What the browser unpacks is what NumPy computed."""

import base64

import numpy as np
import pytest

from gru_core.data.sequence_view import Drawn, SequenceView
from gru_core.data.sequences import Feed
from gru_core.data.wired import WIRED
from gru_core.figures.timeline import MAPS, timeline_view


def unpacked(text: str, *shape: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(shape)


@pytest.mark.parametrize(
    "view",
    [
        *(SequenceView.of_model(name) for name in WIRED),
        SequenceView(Drawn(H=7, seed=3), Feed("noise", {"T": 11, "inputs": 3}), sort="mean_z"),
    ],
)
def test_maps_hold_the_trace(view: SequenceView) -> None:
    trace = view.trace()
    (T, D), H = trace.inputs.shape, trace.parameters.hidden_size
    drawn = timeline_view(trace, view.order(trace), view.sequence)
    np.testing.assert_allclose(unpacked(drawn["x"], T, D), trace.inputs, rtol=1e-6, atol=1e-30)
    for name in MAPS:
        # float32 holds seven digits: more than is shown
        np.testing.assert_allclose(
            unpacked(drawn["maps"][name], H, T), getattr(trace, name).T, rtol=1e-6, atol=1e-30
        )
    assert (drawn["steps"], drawn["units"], drawn["inputs"]) == (T, H, D)
    assert sorted(drawn["order"]) == list(range(H))
    assert drawn["limits"]["h"] >= np.abs(trace.h).max()
    assert len(drawn["input_names"]) == D


def test_gaps_are_told_where_they_were_filled() -> None:
    feed = Feed("co2", {"start": 1, "T": 100, "gaps": "interpolate"})
    view = SequenceView(Drawn(H=2), feed)
    drawn = timeline_view(view.trace(), (0, 1), view.sequence)
    missing = np.isnan(feed_values(feed))
    told = np.zeros(100, dtype=bool)
    for _, first, last in drawn["gaps"]:
        told[first : last + 1] = True
    assert missing.any()
    np.testing.assert_array_equal(told, missing)
    assert len(drawn["times"]) == 100


def feed_values(feed: Feed) -> np.ndarray:
    series = feed.sequence.series
    assert series is not None
    return series.values[:100]
