"""Train live, without a browser."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gru_core.data.tasks import TASKS
from gru_core.training.experiment import Experiment
from gru_core.training.presets import PRESETS
from gru_core.training.trainer import advance, start
from pages.ui import words
from pages.ui.train_state import Course
from tests.pages.conftest import OpenApp, component, control, in_turn

SMALL = {"hidden": "4", "batch": "4", "length": "8", "steps": "40", "runs": "2", "evaluate": "10"}
SMALL_EXPERIMENT = Experiment.from_query(SMALL)


def course(app: AppTest) -> Course:
    found: Course = app.session_state["train"]
    return found


def press(app: AppTest, name: str) -> None:
    app.button(key=f"train_{name}").click().run()
    settle(app)


def settle(app: AppTest) -> None:
    """What a browser's ticks do: collect until the run is at rest."""
    end = time.monotonic() + 60
    while course(app).run.moving and time.monotonic() < end:
        time.sleep(0.05)
        app.run()
    assert not app.exception


def test_it_opens_on_a_run_that_is_not_begun(open_app: OpenApp, language: str) -> None:
    app = open_app("train", language=language)
    assert not app.exception
    assert not app.warning
    assert course(app).experiment == next(iter(PRESETS.values())).experiment
    assert course(app).address == {}
    drawn = component(app, "train_curves")["figures"]
    assert [figure["id"] for figure in drawn] == ["loss", "gradient", "profile", "update"]
    assert all(figure["alt"] for figure in drawn)
    assert component(app, "train_gates")["view"]["steps"] == 30


def test_play_trains_to_the_end_and_the_record_is_the_engines(
    open_app: OpenApp, language: str
) -> None:
    app = open_app("train", language=language, **SMALL)
    press(app, "play")
    run = course(app).run
    assert run.checkpoint.finished
    assert not run.playing
    assert np.array_equal(run.record.loss, advance(start(SMALL_EXPERIMENT), 40)[1].loss)
    assert course(app).address["step"] == "40"
    assert app.button(key="train_play").disabled
    moments = component(app, "train_gates_moments")["moments"]
    assert (moments["steps"][0], moments["steps"][-1]) == (0, 40)


def test_steps_rewind_stop_and_another_seed(open_app: OpenApp) -> None:
    app = open_app("train", **SMALL)
    press(app, "one")
    assert course(app).run.checkpoint.step == 1
    press(app, "ten")
    first = course(app).run.record
    assert len(first) == 11
    press(app, "rewind")
    assert course(app).run.checkpoint.step == 0
    press(app, "ten")
    assert np.array_equal(course(app).run.record.loss, first.loss[:10])
    press(app, "seed")
    assert course(app).experiment == SMALL_EXPERIMENT.changed(seed=2)
    press(app, "ten")
    assert not np.array_equal(course(app).run.record.loss, first.loss[:10])
    assert app.button(key="train_stop").disabled  # at rest it would do what rewind does
    assert not app.button(key="train_rewind").disabled


def test_stop_ends_a_run_that_is_playing(open_app: OpenApp) -> None:
    app = open_app("train", **{**SMALL, "steps": "20000"})
    app.button(key="train_play").click().run()
    app.button(key="train_stop").click().run()
    settle(app)
    assert len(course(app).run.record) == 0
    assert not course(app).run.playing


def test_before_the_first_step_the_loss_is_that_of_the_untrained_network(
    open_app: OpenApp, language: str
) -> None:
    app = open_app("train", language=language, **SMALL)
    spec = component(app, "train_curves")["figures"][0]["spec"]
    points = [trace["y"][0] for trace in spec["data"] if trace.get("mode") == "markers"]
    record = advance(start(SMALL_EXPERIMENT), 1)[1]
    np.testing.assert_allclose(points, record.validation_loss[0], rtol=1e-12)
    # The lines to hold it against are in the figure, not beyond its edge.
    notes = [note["yref"] for note in spec["layout"]["annotations"]]
    assert notes
    assert set(notes) == {"y"}


def test_a_finished_run_is_done_again_with_more_steps(open_app: OpenApp) -> None:
    app = open_app("train", **SMALL)
    assert not any(button.key == "train_longer" for button in app.button)
    press(app, "play")
    first = course(app).run.record
    press(app, "longer")
    again = course(app).run.record
    assert len(again) == 80
    assert course(app).experiment == SMALL_EXPERIMENT.changed(steps=80)
    assert np.array_equal(again.loss[:40], first.loss)


def test_no_more_steps_are_offered_than_one_may_take(open_app: OpenApp) -> None:
    app = open_app("train", **SMALL)
    press(app, "play")
    done = course(app)
    most = replace(done, experiment=SMALL_EXPERIMENT.changed(steps=40, hidden=4))
    assert most.longer_steps == 80
    beyond = replace(done, experiment=done.experiment.model_copy(update={"batch": 10**9}))
    assert beyond.longer_steps is None


def test_another_seed_has_its_own_start(open_app: OpenApp) -> None:
    app = open_app("train", **SMALL)
    press(app, "ten")
    said = [caption.value for caption in app.caption if "|h|" in caption.value]
    control(app, "shown", "train").set_value(1).run()
    other = [caption.value for caption in app.caption if "|h|" in caption.value]
    assert len(said) == len(other) == 1
    assert said != other


def test_words_of_seeds_that_are_gone_change_nothing(open_app: OpenApp) -> None:
    app = open_app("train", **SMALL)
    control(app, "shown", "train").set_value(1).run()
    press(app, "seed")
    control(app, "shown", "train").set_value(None).run()
    assert not app.exception
    assert course(app).shown == 1
    press(app, "ten")
    assert len(course(app).run.record) == 10


def test_slow_motion_names_the_classes_in_the_readers_language(
    open_app: OpenApp, language: str
) -> None:
    app = open_app("train", language=language, task="sentiment", hidden="4", runs="1")
    app.session_state["train_tab"] = app.tabs[2].label
    app.run()
    table = app.dataframe[0].value
    labels = {words.translate(language, name, {}) for name in TASKS["sentiment"].labels}
    assert set(table["truth"]) <= labels
    assert set(table["answer"]) <= labels


def test_dials_turned_on_the_way_are_marked_and_reproduce(open_app: OpenApp) -> None:
    app = open_app("train", **SMALL)
    press(app, "ten")
    control(app, "learning_rate", "train").set_value(0.5).run()
    control(app, "clip", "train").set_value("none").run()
    press(app, "ten")
    assert not app.exception
    kept = course(app).experiment
    assert [(c.step, c.name) for c in kept.changes] == [(10, "learning_rate"), (10, "clip")]
    marks = component(app, "train_curves")["figures"][0]["spec"]["layout"]["shapes"]
    assert any(shape.get("x0") == 10 for shape in marks)
    anew = advance(start(Experiment.from_query(course(app).address)), 20)[1]
    assert np.array_equal(course(app).run.record.loss, anew.loss)


def test_a_dial_before_the_first_step_is_a_setting(open_app: OpenApp) -> None:
    app = open_app("train", **SMALL)
    control(app, "learning_rate", "train").set_value(0.5).run()
    assert course(app).experiment == SMALL_EXPERIMENT.changed(learning_rate=0.5)


def test_an_address_with_a_step_offers_to_go_there_again(open_app: OpenApp) -> None:
    app = open_app("train", **SMALL, step="13")
    assert not app.exception
    assert course(app).run.checkpoint.step == 0
    press(app, "again")
    assert course(app).run.checkpoint.step == 13


@pytest.mark.parametrize(
    "query",
    [
        {"hidden": "1e9"},
        {"task": "<script>"},
        {"steps": "x" * 5000},
        {"changes": "1:hidden:3"},
        {"step": "-3"},
        {"hidden": "128", "layers": "3", "length": "200", "batch": "256", "runs": "30"},
    ],
    ids=str,
)
def test_a_wrong_link_is_said_and_shows_the_usual_run(
    open_app: OpenApp, query: dict[str, str]
) -> None:
    app = open_app("train", **query)
    assert not app.exception
    assert len(app.warning) == 1
    assert course(app).experiment == Experiment()


def test_every_task_can_be_chosen_and_answers(open_app: OpenApp, language: str) -> None:
    """Half of them in each language, one after the other as a reader would."""
    app = open_app("train", language=language, runs="1", hidden="4", steps="10")
    for task in [task for task, its_own in in_turn(TASKS) if its_own == language]:
        control(app, "task", "train").set_value(task).run()
        press(app, "one")
        assert course(app).experiment.task == task
        assert course(app).run.checkpoint.step == 1
        assert component(app, "train_answers")["figures"][0]["spec"]["data"], task


def test_every_preset_opens_with_its_words_and_its_cure(open_app: OpenApp, language: str) -> None:
    """Half of them in each language, one after the other as a reader would."""
    app = open_app("train", language=language)
    for preset in [preset for preset, its_own in in_turn(PRESETS) if its_own == language]:
        control(app, "preset", "train").set_value(preset).run()
        assert not app.exception, preset
        assert course(app).experiment == PRESETS[preset].experiment
        if PRESETS[preset].cure:
            app.button(key="train_cure").click().run()
            assert course(app).experiment == PRESETS[preset].cured
            app.button(key="train_uncure").click().run()
            assert course(app).experiment == PRESETS[preset].experiment


@pytest.mark.parametrize(
    "query", [{"cell": "lstm"}, {"cell": "rnn"}, {"layers": "3"}, {"reset": "before"}], ids=str
)
def test_other_cells(open_app: OpenApp, query: dict[str, str]) -> None:
    app = open_app("train", **{**SMALL, **query})
    press(app, "ten")
    assert component(app, "train_gates")["view"]["units"] == 4


def test_an_rnn_has_no_keep_bias(open_app: OpenApp) -> None:
    app = open_app("train", **SMALL, keep="chrono")
    control(app, "cell", "train").set_value("rnn").run()
    assert not app.warning
    assert course(app).experiment.keep == "none"


def test_a_run_that_breaks_down_says_when_and_what_to_try(open_app: OpenApp, language: str) -> None:
    query = {**SMALL, "cell": "rnn", "candidate": "relu", "scheme": "gaussian", "gain": "10"}
    app = open_app("train", language=language, **{**query, "length": "200", "clip": "none"})
    press(app, "play")
    # Both seeds in one box; and where no gradient was finite, no norm of one is named.
    [said] = [warning.value for warning in app.warning]
    assert "0" in said
    assert "1" in said
    assert "nan" not in said
    assert course(app).run.checkpoint.finished
    assert not any(button.key == "train_longer" for button in app.button)
    # A state as large as this one is not written out.
    assert all(len(word) < 60 for caption in app.caption for word in caption.value.split())


TABS = range(5)


@pytest.mark.parametrize(("tab", "language"), in_turn(TABS))
def test_every_tab_opens_before_and_after_training(
    open_app: OpenApp, tab: int, language: str
) -> None:
    app = open_app("train", language=language, **SMALL)
    for _ in range(2):
        app.session_state["train_tab"] = app.tabs[tab].label
        app.run()
        assert not app.exception
        press(app, "ten")


def test_an_experiment_comes_back_from_its_json(open_app: OpenApp) -> None:
    app = open_app("train", **SMALL)
    app.session_state["train_tab"] = app.tabs[4].label
    app.run()
    other = SMALL_EXPERIMENT.changed(cell="lstm", seed=7)
    upload = app.file_uploader(key="train_upload")
    upload.set_value([("experiment.json", other.to_json().encode(), "application/json")]).run()
    assert course(app).experiment == other
    for wrong in (b"\x00\xff", b"[]", json.dumps({"hidden": 10**9}).encode()):
        upload = app.file_uploader(key="train_upload")
        upload.set_value([("wrong.json", wrong, "application/json")]).run()
        assert not app.exception
        assert course(app).notice
        assert course(app).experiment == other
