"""Gates over time, without a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from gru_core.data.sequence_view import Drawn, SequenceView
from gru_core.data.sequences import KINDS, Feed
from gru_core.data.wired import WIRED
from gru_core.figures.timeline import timeline_view
from tests.pages.conftest import OpenApp, component, control, in_turn


def shown(app: AppTest) -> dict[str, object]:
    drawn: dict[str, object] = component(app, "sequence_timeline")["view"]
    return drawn


def expected(view: SequenceView) -> dict[str, object]:
    trace = view.trace()
    return timeline_view(trace, view.order(trace), view.sequence)


def test_it_opens_on_a_hand_wired_model(open_app: OpenApp, language: str) -> None:
    app = open_app("sequence", language=language)
    assert not app.exception
    assert not app.warning
    assert shown(app) == expected(SequenceView.of_model("latch"))


@pytest.mark.parametrize("name", WIRED)
def test_every_model_is_chosen(open_app: OpenApp, name: str) -> None:
    app = open_app("sequence")
    control(app, "model", "sequence").set_value(name).run()
    assert not app.exception
    assert shown(app) == expected(SequenceView.of_model(name))


@pytest.mark.parametrize(("kind", "language"), in_turn(KINDS))
def test_every_sequence_is_fed(open_app: OpenApp, kind: str, language: str) -> None:
    app = open_app("sequence", language=language, model="random", H="3")
    control(app, "kind", "sequence").set_value(kind).run()
    assert not app.exception
    assert shown(app) == expected(SequenceView(Drawn(H=3), Feed(kind)))


def test_a_sequence_of_another_width_comes_with_random_weights(open_app: OpenApp) -> None:
    app = open_app("sequence")
    control(app, "kind", "sequence").set_value("text").run()
    assert not app.exception
    assert shown(app) == expected(SequenceView(Drawn(), Feed("text")))


def test_weights_and_order_follow_their_controls(open_app: OpenApp) -> None:
    app = open_app("sequence", model="random", H="5")
    control(app, "seed", "sequence").set_value(7).run()
    control(app, "sort", "sequence").set_value("mean_z").run()
    assert shown(app) == expected(SequenceView(Drawn(H=5, seed=7), Feed(), sort="mean_z"))


@pytest.mark.parametrize(
    "query", [{"model": "nonsense"}, {"model": "random", "H": "1e9"}, {"t": "0"}, {"feed": "<b>"}]
)
def test_a_mangled_link_is_told_and_the_start_shown(
    open_app: OpenApp, query: dict[str, str], language: str
) -> None:
    app = open_app("sequence", language=language, **query)
    assert not app.exception
    assert len(app.warning) == 1
    assert shown(app) == expected(SequenceView.of_model("latch"))


def test_each_tab_opens(open_app: OpenApp) -> None:
    app = open_app("sequence")
    for title in [tab.label for tab in app.tabs]:
        app.session_state["sequence_tab"] = title
        app.run()
        assert not app.exception


def test_a_large_model_says_why_its_steps_cannot_be_opened(open_app: OpenApp) -> None:
    small = component(open_app("sequence"), "sequence_timeline")
    large = component(open_app("sequence", model="random"), "sequence_timeline")
    assert small["can_open"]
    assert not small["words"]["cannot_open"]
    assert not large["can_open"]
    assert "4" in large["words"]["cannot_open"]


def test_a_unit_that_seldom_lets_go_is_said_to_keep(open_app: OpenApp) -> None:
    """The half-life of a latch comes from its few marks alone, and would be misread by itself."""
    keep = SequenceView.of_model("latch").trace().keep[:, 0]
    often = int((keep > 0.9).sum())
    assert 0.9 * len(keep) < often < len(keep)
    said = " ".join(part.value for part in open_app("sequence").markdown)
    assert f"over 90 % at {often} of {len(keep)} steps" in said
