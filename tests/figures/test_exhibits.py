"""The figures of "Spot the mistake": what is computed is what is drawn, and no more before."""

import numpy as np
import pytest

from gru_core.data.exhibits.registry import EXHIBITS
from gru_core.data.exhibits.shown import Bars, Events, Line, Lines, Table
from gru_core.figures.exhibits import RIGHT, WRONG, exhibit_figure

PICTURES = {
    key: picture
    for key, exhibit in EXHIBITS.items()
    if not isinstance(picture := exhibit.demonstrate().picture, Table)
}


def said(message: str) -> str:
    return f"«{message}»"


@pytest.mark.parametrize("key", PICTURES)
def test_every_picture_can_be_drawn(key):
    figure = exhibit_figure(PICTURES[key], said)
    drawn = [np.asarray(trace.y) for trace in figure.data]
    assert drawn
    assert any(len(y) > 1 for y in drawn)


def test_warm_colours_are_the_articles():
    picture = Lines(
        np.arange(3.0),
        (Line("a", np.ones(3)), Line("b", np.zeros(3), wrong=True), Line("c", np.ones(3))),
        ("x", "y"),
    )
    figure = exhibit_figure(picture, said)
    colours = [trace.line.color for trace in figure.data]
    assert colours == [RIGHT[0].colour, WRONG[0].colour, RIGHT[1].colour]
    assert [trace.name for trace in figure.data] == ["«a»", "«b»", "«c»"]
    assert figure.layout.xaxis.title.text == "«x»"


def test_before_the_guess_only_the_beginning_is_there():
    picture = Lines(
        np.arange(50.0),
        (Line("a", np.arange(50.0)), Line("law", np.ones(50), late=True)),
        ("x", "y"),
        tease=3,
    )
    [teaser] = exhibit_figure(picture, said, teasing=True).data
    assert list(teaser.y) == [0, 1, 2]
    whole, _ = exhibit_figure(picture, said).data
    assert len(whole.y) == 50


def test_zero_has_no_place_on_a_logarithmic_scale():
    picture = Lines(np.arange(3.0), (Line("a", np.array([1.0, 0.0, 1e-3])),), ("x", "y"), log=True)
    figure = exhibit_figure(picture, said)
    assert figure.layout.yaxis.type == "log"
    assert np.isnan(figure.data[0].y[1])


def test_bars_and_events_say_their_numbers():
    [bars] = exhibit_figure(Bars(("a", "b"), (0.0, 4224.0), "n", wrong=("a",)), said).data
    assert list(bars.text) == ["0", "4224"]
    [events] = exhibit_figure(Events((1997, 2013), ("LSTM", "x"), wrong=("x",)), said).data
    assert list(events.text) == ["1997", "2013"]
    assert list(events.marker.symbol) == ["circle", "x"]
