"""A run opens on the pages that show one GRU, and only in the session that has it."""

import json
from base64 import b64decode
from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gru_core.data.gradient_study import study, with_trained
from gru_core.data.gradient_view import GradientView
from gru_core.data.sequence_view import SequenceView
from gru_core.data.trained import Trained
from gru_core.figures.timeline import timeline_view
from gru_core.maths.parameters import Array
from gru_core.training import trainer
from gru_core.training.experiment import Experiment
from gru_core.training.trained_layer import trained_layer
from tests.pages.conftest import OpenApp, component, control, in_turn

SMALL = {"hidden": 3, "steps": 2, "length": 12, "batch": 4}


@cache
def run(**choices: object) -> tuple[Experiment, Mapping[str, Array]]:
    e = Experiment.of({**SMALL, **choices})
    return e, trainer.advance(trainer.start(e), e.steps)[0].weights_of(0)


def trained(layer: int = 0, **choices: object) -> Trained:
    e, weights = run(**choices)
    return trained_layer(e, weights, layer, e.steps)


def shown(app: AppTest) -> object:
    return component(app, "sequence_timeline")["view"]


def expected(view: SequenceView) -> object:
    trace = view.trace()
    return timeline_view(trace, view.order(trace), view.sequence)


def opened(open_app: OpenApp, page: str, own: Trained, language: str = "en") -> AppTest:
    """The page as the link on "Train live" opens it: the session has the GRU already."""
    app = open_app(page, language=language)
    app.session_state["trained"] = own
    app.query_params["model"] = "trained"
    return app.run()


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize(
    ("task", "language"), in_turn(["adding", "sentiment", "characters_en", "reber"])
)
def test_gates_over_time_show_it(open_app: OpenApp, task: str, layer: int, language: str) -> None:
    own = trained(layer, task=task, layers=2)
    app = opened(open_app, "sequence", own, language)
    assert not app.exception
    assert not app.warning
    assert shown(app) == expected(SequenceView.of_model(own))


def test_another_model_and_back(open_app: OpenApp) -> None:
    own = trained()
    app = opened(open_app, "sequence", own)
    control(app, "model", "sequence").set_value("latch").run()
    assert shown(app) == expected(SequenceView.of_model("latch"))
    control(app, "model", "sequence").set_value("trained").run()
    assert not app.exception
    assert shown(app) == expected(SequenceView.of_model(own))


def test_the_next_run_takes_its_place(open_app: OpenApp) -> None:
    """Although the address says the same of both."""
    app = opened(open_app, "sequence", trained())
    app.switch_page("pages/understand/home.py").run()
    app.session_state["trained"] = later = trained(seed=1)
    app.switch_page("pages/understand/sequence.py")
    app.query_params["model"] = "trained"
    app.run()
    assert shown(app) == expected(SequenceView.of_model(later))


@pytest.mark.parametrize("page", ["sequence", "gradients"])
def test_a_link_in_another_session_says_so(open_app: OpenApp, page: str, language: str) -> None:
    app = open_app(page, language=language, model="trained")
    assert not app.exception
    [warning] = app.warning
    if language == "en":
        assert "trained in another session" in warning.value
    if page == "sequence":
        assert shown(app) == expected(SequenceView.of_model("latch"))


def test_gradients_over_time_have_one_curve_more(open_app: OpenApp, language: str) -> None:
    own = trained(task="order", reset="before", z="candidate")  # six inputs
    app = opened(open_app, "gradients", own, language)
    assert not app.exception
    assert not app.warning
    assert len(curves(app)) == 5
    drawn = with_trained(study(GradientView()), own)
    assert np.median(drawn.norms["trained"], axis=0).tolist() in curves(app)
    [out] = [button for button in app.button if button.key == "gradients_leave_out"]
    out.click().run()
    assert not app.exception
    assert len(curves(app)) == 4


def curves(app: AppTest) -> list[list[float]]:
    """What is drawn over the steps, without the bands."""
    traces = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    packed = [trace["y"] for trace in traces if trace.get("name")]
    return [np.frombuffer(b64decode(y["bdata"]), y["dtype"]).tolist() for y in packed]


def test_the_curve_is_of_the_trained_weights() -> None:
    first = study(GradientView(T=20, H=5, seeds=2))
    own = with_trained(first, trained())
    assert own.norms["trained"].shape == (2, 20)
    assert set(own.norms) - set(first.norms) == {"trained"}
    again = with_trained(first, trained(seed=1))
    assert (own.norms["trained"] != again.norms["trained"]).any()


OFFER = """
from tests.pages.test_trained import run
from pages.ui.trained_offer import offer

experiment, weights = run(**{choices!r})
offer(experiment, weights, 0, experiment.steps)
"""


def offered(**choices: object) -> AppTest:
    app = AppTest.from_string(OFFER.format(choices=choices), default_timeout=30)
    return app.run()


def test_what_fits_can_be_opened() -> None:
    app = offered()
    assert not app.exception
    assert {button.key: button.disabled for button in app.button} == {
        "trained_sequence": False,
        "trained_gradients": False,
        "trained_gates": False,
    }


def test_one_step_says_why_not() -> None:
    [gates] = [button for button in offered(hidden=5).button if button.key == "trained_gates"]
    assert gates.disabled
    assert "at most 4 inputs and 4 hidden units" in gates.help


@pytest.mark.parametrize("choices", [{"cell": "lstm"}, {"candidate": "relu"}])
def test_what_is_no_such_gru_says_why_not(choices: dict[str, object]) -> None:
    app = offered(**choices)
    assert not app.button
    [caption] = app.caption
    assert "expected a GRU with tanh" in caption.value
