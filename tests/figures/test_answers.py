"""The small figures of "Questions answered"."""

import numpy as np
import pytest

from gru_core.data import answers
from gru_core.figures.answers import STYLES, Mark, count_bars, line_figure

ALL = (
    answers.over_time(answers.closed(0.0, 0.0)),
    answers.squashing(),
    answers.unbounded(1.2),
    answers.both_ways(5).lines(),
    answers.half_lives(),
    answers.clipped(0.8),
    answers.dropped(0.9, 0.3),
    answers.chances(8),
    answers.gap("mask", 5),
    answers.sunspots(9),
)


@pytest.mark.parametrize("lines", ALL, ids=lambda lines: "-".join(lines.ys))
def test_every_curve_is_drawn_in_its_own_style(lines):
    figure = line_figure(lines, {name: name for name in lines.ys}, ("x", "y"))
    assert [trace.name for trace in figure.data] == list(lines.ys)
    for trace, (name, y) in zip(figure.data, lines.ys.items(), strict=True):
        assert np.array_equal(trace.y, y, equal_nan=True)
        assert (trace.line.color, trace.line.dash) == STYLES[name]
    assert len({STYLES[name] for name in lines.ys}) == len(lines.ys)


def test_a_mark_stands_at_its_place_with_its_text():
    lines = answers.half_lives()
    figure = line_figure(
        lines, {"half_life": ""}, ("", ""), (Mark("half_life", 2.0, 5.46, "here"),), log=True
    )
    mark = figure.data[-1]
    assert (mark.x, mark.y, mark.text) == ((2.0,), (5.46,), ("here",))
    assert figure.layout.yaxis.type == "log"


def test_bars_have_the_counts_from_the_top_down():
    counts = answers.counts(3, 5, "two")
    bars = count_bars(counts, {"rnn": "R", "gru": "G", "lstm": "L"}).data[0]
    assert list(bars.y) == ["L", "G", "R"]
    assert list(bars.x) == [counts["lstm"], counts["gru"], counts["rnn"]]
