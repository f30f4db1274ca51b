"""Compare, without a browser."""

import json
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gru_core.training.comparison import READY, Comparison
from gru_core.training.experiment import Experiment
from gru_core.training.trainer import advance, start
from pages.ui.compare_map import Map
from pages.ui.compare_state import Contest
from tests.pages.conftest import OpenApp, component, control

BASE = Experiment.of({"hidden": 4, "batch": 4, "length": 8, "steps": 20, "runs": 3, "evaluate": 5})
SMALL = Comparison.between(
    BASE, {}, {"cell": "lstm"}, {"methods": [{"name": "zoneout"}], "clip": "none"}
)


def contest(app: AppTest) -> Contest:
    found: Contest = app.session_state["compare"]
    return found


def press(app: AppTest, name: str) -> None:
    app.button(key=f"compare_{name}").click().run()
    end = time.monotonic() + 60
    while contest(app).moving and time.monotonic() < end:
        time.sleep(0.05)
        app.run()
    assert not app.exception


def test_it_opens_on_a_ready_comparison(open_app: OpenApp, language: str) -> None:
    app = open_app("compare", language=language)
    assert not app.exception
    assert not app.warning
    assert contest(app).comparison == next(iter(READY.values())).comparison
    figures = component(app, "compare_curves")["figures"]
    assert len(figures) == 5
    assert all(figure["alt"] and figure["title"] for figure in figures)
    assert contest(app).playing  # so that there is something to see before any click
    assert not contest(open_app("compare", **SMALL.to_query())).playing


def test_all_are_trained_side_by_side_as_the_engine_does(open_app: OpenApp, language: str) -> None:
    app = open_app("compare", language=language, **SMALL.to_query())
    assert contest(app).comparison == SMALL
    press(app, "play")
    assert contest(app).finished
    for member, experiment in zip(contest(app).members, SMALL.experiments, strict=True):
        assert np.array_equal(member.record.loss, advance(start(experiment), 20)[1].loss)
    table = app.dataframe[0].value
    assert len(table) == 3
    assert (table["steps"] == 20).all()
    for tab in range(len(app.tabs)):
        app.session_state["compare_tab"] = app.tabs[tab].label
        app.run()
        assert not app.exception


def test_new_seeds_and_the_start_again(open_app: OpenApp) -> None:
    app = open_app("compare", **SMALL.to_query())
    press(app, "play")
    press(app, "rewind")
    assert not contest(app).finished
    press(app, "seed")
    assert {e.seed for e in contest(app).comparison.experiments} == {3}


def test_configurations_are_added_changed_and_removed(open_app: OpenApp) -> None:
    app = open_app("compare", **SMALL.to_query())
    press(app, "add")
    assert len(contest(app).members) == 4
    control(app, "differ_3", "compare").set_value("optimiser").run()
    assert not app.exception
    assert "optimiser" in contest(app).comparison.variants[3].choices
    press(app, "plain_3")
    assert contest(app).comparison.variants[3].choices == {}
    press(app, "remove_0")
    assert len(contest(app).members) == 3
    assert contest(app).comparison.variants[0].choices == {"cell": "lstm"}


def test_what_all_share_is_changed_for_all(open_app: OpenApp) -> None:
    app = open_app("compare", **SMALL.to_query())
    control(app, "steps", "compare").set_value(30).run()
    assert not app.warning
    assert {e.steps for e in contest(app).comparison.experiments} == {30}


@pytest.mark.parametrize(
    "query",
    [{"v1": "<script>"}, {"v1": "cell=tank"}, {"v1": "steps=99999999"}, {"hidden": "1e9"}],
    ids=str,
)
def test_a_wrong_link_is_said(open_app: OpenApp, query: dict[str, str]) -> None:
    app = open_app("compare", **query)
    assert not app.exception
    assert len(app.warning) == 1


def test_a_comparison_comes_back_from_its_json(open_app: OpenApp) -> None:
    app = open_app("compare", **SMALL.to_query())
    app.session_state["compare_tab"] = app.tabs[len(app.tabs) - 1].label
    app.run()
    other = Comparison.between(BASE, {"cell": "rnn"}, {})
    for content, shown in (
        (other.to_json(), other),
        ("[]", other),
        (json.dumps({"base": 3}), other),
    ):
        upload = app.file_uploader(key="compare_upload")
        upload.set_value([("comparison.json", content.encode(), "application/json")]).run()
        assert not app.exception
        assert contest(app).comparison == shown


@pytest.mark.parametrize("ready", READY)
def test_every_ready_comparison_opens(open_app: OpenApp, ready: str) -> None:
    app = open_app("compare", **READY[ready].comparison.to_query())
    assert not app.exception
    assert not app.warning
    assert contest(app).ready == ready


def test_a_cure_of_the_diagnosis_joins_the_comparison(open_app: OpenApp) -> None:
    query = BASE.changed(scheme="zeros").to_query() | {"v1": "base"}
    app = open_app("compare", **query)
    press(app, "play")
    app.session_state["compare_tab"] = app.tabs[1].label
    app.run()
    cures = [b for b in app.button if (b.key or "").startswith("compare_cure_")]
    assert cures
    cures[0].click().run()
    assert not app.exception
    assert len(contest(app).members) == 2


def map_of(app: AppTest) -> Map:
    found: Map = app.session_state["compare_map"]
    return found


def test_a_stability_map_of_any_two_settings_fills(open_app: OpenApp) -> None:
    app = open_app("compare", **BASE.changed(steps=3).to_query())
    app.session_state["compare_tab"] = app.tabs[2].label
    app.run()
    control(app, "x", "compare_map").set_value("hidden").run()
    control(app, "y", "compare_map").set_value("hidden").run()  # never the same: they change places
    assert map_of(app).axes == ("clip_at", "hidden")
    app.button(key="compare_map_go").click().run()
    end = time.monotonic() + 60
    while map_of(app).moving and time.monotonic() < end:
        time.sleep(0.1)
        app.run()
    assert not app.exception
    found = map_of(app)
    assert found.share == 1
    for checkpoint, record in (found.cells[0], found.cells[-1]):
        alone = advance(start(checkpoint.experiment), 3)[1]
        assert np.array_equal(record.loss, alone.loss, equal_nan=True)
    drawn, cell = component(app, "compare_map_figure")["figures"]
    assert drawn["picks"]
    assert len(drawn["spec"]["data"][-1]["customdata"]) == len(found.cells)
    assert cell["spec"]["data"]


def test_a_map_of_too_much_work_is_refused(open_app: OpenApp) -> None:
    app = open_app(
        "compare",
        **BASE.changed(hidden=96, batch=96, layers=2, length=200, steps=200, runs=1).to_query(),
    )
    app.session_state["compare_tab"] = app.tabs[2].label
    app.run()
    app.button(key="compare_map_go").click().run()
    assert not app.exception
    assert map_of(app).grid is None
    assert len(app.warning) == 1
