"""The curves of a training run: few points that keep what matters, and ranges that bear a spike."""

from base64 import b64decode
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gru_core.data.tasks import TASKS
from gru_core.figures.curves import (
    MEDIANS,
    POINTS,
    Event,
    View,
    decimated,
    over_runs,
    packed,
    robust_range,
)
from gru_core.figures.palette import COLOURS
from gru_core.figures.predictions import (
    LIKELIEST,
    WINDOW,
    prediction_facts,
    prediction_figure,
    probabilities,
)
from gru_core.figures.training import (
    USUAL_UPDATE,
    activity_facts,
    activity_figure,
    clip_thresholds,
    gradient_facts,
    gradient_figure,
    loss_facts,
    loss_figure,
    profile_facts,
    profile_figure,
    update_facts,
    update_figure,
)
from gru_core.maths.parameters import Array
from gru_core.training.experiment import Experiment
from gru_core.training.record import COLUMNS, Record
from gru_core.training.trainer import Checkpoint, advance, answers, data_of, start


class Words(dict[str, str]):
    """Every word is its own name; those of seeds hold their fields."""

    def __missing__(self, name: str) -> str:
        return f"{name} {{seed}} {{x}} {{y}}" if name.startswith(("seed", "beyond")) else name


WORDS = Words(layer="{name} {layer}")
TINY = {
    "task": "adding",
    "length": 8,
    "hidden": 4,
    "batch": 4,
    "steps": 30,
    "evaluate": 5,
    "runs": 1,
}


def run(**choices: object) -> tuple[Checkpoint, Record]:
    return advance(start(Experiment.of({**TINY, **choices})), 10_000)


def numbers(spec: Any) -> Array:
    if not isinstance(spec, dict):
        return np.asarray(spec, dtype=np.float64)
    array = np.frombuffer(b64decode(spec["bdata"]), dtype=f"<{spec['dtype']}")
    shape = [int(size) for size in spec["shape"].split(",")] if "shape" in spec else [-1]
    return array.reshape(shape).astype(np.float64)


def curve(figure: dict[str, Any], name: str) -> tuple[Array, Array]:
    [found] = [trace for trace in figure["data"] if trace.get("name") == name]
    return numbers(found["x"]), numbers(found["y"])


def bands(figure: dict[str, Any]) -> list[tuple[Array, Array, Array]]:
    """x, least and largest of each."""
    found = []
    for trace in figure["data"]:
        if trace.get("fill") == "toself":
            x, y = numbers(trace["x"]), numbers(trace["y"])
            half = len(x) // 2
            np.testing.assert_array_equal(x[:half], x[half:][::-1])
            found.append((x[:half], y[half:][::-1], y[:half]))
    return found


@pytest.fixture(scope="module")
def three() -> tuple[Checkpoint, Record]:
    return run(runs=3, seed=7)


@given(
    arrays(
        np.float64,
        st.integers(0, 3000),
        elements=st.floats(allow_nan=True, allow_infinity=True),
        fill=st.floats(-1, 1),
    ),
    st.integers(4, 500),
)
def test_decimation_keeps_ends_and_extremes_in_few_points(values: Array, points: int) -> None:
    kept = decimated(values, points)
    assert len(kept) <= points
    assert (np.diff(kept) > 0).all()
    present = np.flatnonzero(~np.isnan(values))
    if not len(present):
        assert not len(kept)
        return
    assert {present[0], present[-1]} <= set(kept)
    assert values[kept].min() == values[present].min()
    assert values[kept].max() == values[present].max()


def test_every_short_spike_survives_decimation() -> None:
    values = np.zeros(20_000)
    spikes = np.arange(70, 20_000, 997)
    values[spikes] = 1.0
    kept = decimated(values)
    assert len(kept) <= POINTS
    assert set(spikes) <= set(kept)


@given(arrays(np.float64, (6, 5), elements=st.floats(-1e6, 1e6) | st.just(np.nan)))
def test_over_runs_is_least_median_and_largest(values: Array) -> None:
    for row, seen in zip(values, over_runs(values).T, strict=True):
        finite = row[~np.isnan(row)]
        if len(finite):
            expected = [finite.min(), np.median(finite), finite.max()]
            np.testing.assert_allclose(seen, expected, rtol=1e-12)
        else:
            assert np.isnan(seen).all()


@pytest.mark.parametrize("value", [1e-60, 1.0, 1e200])
def test_packing_loses_no_size(value: float) -> None:
    np.testing.assert_allclose(numbers(packed([value, 0.0, np.nan])), [value, 0, np.nan], rtol=1e-6)
    np.testing.assert_array_equal(
        numbers(packed(np.arange(6).reshape(2, 3))), [[0, 1, 2], [3, 4, 5]]
    )


@pytest.mark.parametrize("log", [True, False])
def test_a_spike_does_not_stretch_the_range(log: bool) -> None:
    calm = np.geomspace(1.0, 0.1, 200)
    spiked = calm.copy()
    spiked[150:153] = 1e12, np.inf, np.nan
    shown = robust_range([spiked], log, [1.0])
    assert shown == pytest.approx(robust_range([calm], log, [1.0]), rel=0.05)
    bottom, top = (10.0**end if log else end for end in shown)
    assert bottom < 0.1 < 1.0 < top < 2.0


def test_a_run_that_only_fell_is_shown_whole() -> None:
    falling = np.geomspace(10.0, 1e-6, 500)
    low, high = robust_range([falling], True) or (0.0, 0.0)
    assert low < -6
    assert high > 1
    assert robust_range([np.array([np.nan])], True) is None


def test_loss_of_several_seeds(three: tuple[Checkpoint, Record]) -> None:
    checkpoint, record = three
    figure = loss_figure(record, View(checkpoint.experiment.seeds, 30), WORDS)
    x, y = curve(figure, "training")
    np.testing.assert_array_equal(x, np.arange(30))
    np.testing.assert_allclose(y, np.median(record.loss, axis=1), rtol=1e-6)
    x, y = curve(figure, "validation")
    np.testing.assert_array_equal(x, [0, 5, 10, 15, 20, 25, 30])
    np.testing.assert_allclose(y, np.median(record.validation_loss, axis=1), rtol=1e-6)
    training, validation = bands(figure)
    for (_, least, largest), values in (
        (training, record.loss),
        (validation, record.validation_loss),
    ):
        np.testing.assert_allclose(least, values.min(axis=1), rtol=1e-6)
        np.testing.assert_allclose(largest, values.max(axis=1), rtol=1e-6)


def test_each_seed_is_a_line_that_says_its_name(three: tuple[Checkpoint, Record]) -> None:
    checkpoint, record = three
    figure = loss_figure(record, View(checkpoint.experiment.seeds), WORDS)
    [seeds] = [t for t in figure["data"] if "seed_validation" in t.get("hovertemplate", "")]
    assert "%{customdata}" in seeds["hovertemplate"]
    names, y = numbers(seeds["customdata"]), numbers(seeds["y"])
    for run_, seed in enumerate((7, 8, 9)):
        line = y[names == seed]
        np.testing.assert_allclose(line[:-1], record.validation_loss[:, run_], rtol=1e-6)
        assert np.isnan(line[-1])  # no line leads to the next seed


def test_what_a_run_did_not_do_is_not_drawn() -> None:
    checkpoint, record = run(
        cell="rnn", candidate="relu", learning_rate=10.0, optimiser="sgd", clip="none", runs=2
    )
    stops = {stop.step for stop in checkpoint.stopped if stop}
    assert stops
    assert max(stops) < 30
    # As if the first run had broken earlier than the second.
    norms, clipped = record.gradient_norm.copy(), record.clipped_norm.copy()
    norms[1:, 0] = clipped[1:, 0] = np.nan
    record = replace(record, gradient_norm=norms, clipped_norm=clipped)
    figure = gradient_figure(record, View(checkpoint.experiment.seeds, 30), WORDS)
    x, _ = curve(figure, "after")
    assert x[-1] == np.flatnonzero(np.isfinite(clipped[:, 1]))[-1]
    [seeds] = [t for t in figure["data"] if "seed_before" in t.get("hovertemplate", "")]
    own, drawn = numbers(seeds["customdata"]), numbers(seeds["x"])
    assert np.nanmax(drawn[own == checkpoint.experiment.seeds[0]]) == 0
    assert np.nanmax(drawn[own == checkpoint.experiment.seeds[1]]) <= max(stops)


def test_a_spike_is_marked_at_the_edge(three: tuple[Checkpoint, Record]) -> None:
    checkpoint, record = three
    loss = record.loss.copy()
    loss[20, 1] = 1e9
    loss[25, 1] = np.inf
    figure = loss_figure(replace(record, loss=loss), View(checkpoint.experiment.seeds), WORDS)
    [marks] = [t for t in figure["data"] if t.get("mode") == "markers"]
    np.testing.assert_array_equal(numbers(marks["x"]), [20, 25])
    assert marks["text"] == ["1e+09", "∞"]
    assert set(marks["y"]) == {10 ** figure["layout"]["yaxis"]["range"][1]}
    assert marks["y"][0] < 100


@pytest.mark.parametrize("log", [True, False])
def test_levels_near_are_lines_and_far_ones_arrows(
    three: tuple[Checkpoint, Record], log: bool
) -> None:
    checkpoint, record = three
    levels = {"guess": float(np.median(record.loss)), "far": 1e7}
    figure = loss_figure(record, View(checkpoint.experiment.seeds), WORDS, levels=levels, log=log)
    layout = figure["layout"]
    [line] = layout["shapes"]
    assert line["y0"] == line["y1"] == pytest.approx(levels["guess"])
    texts = {note["text"].split()[0]: note for note in layout["annotations"]}
    assert texts["far"]["text"].endswith("↑")
    assert texts["far"]["yref"] == "paper"
    assert "↑" not in texts["guess"]["text"]
    assert layout["yaxis"]["range"][1] < (4 if log else 1e4)


def test_the_axis_of_steps_is_the_whole_run_or_what_there_is() -> None:
    checkpoint, record = advance(start(Experiment.of(TINY)), 12)
    seeds, events = checkpoint.experiment.seeds, [Event(4, "slower"), Event(99, "later")]
    planned = loss_figure(record, View(seeds, 30, events), WORDS)["layout"]
    so_far = loss_figure(record, View(seeds, None, events), WORDS)["layout"]
    assert planned["xaxis"]["range"] == [0, 30]
    assert so_far["xaxis"]["range"] == [0, 12]
    for layout in (planned, so_far):
        assert [shape["x0"] for shape in layout["shapes"]] == [4]
        assert [note["text"] for note in layout["annotations"]] == ["slower"]


def test_an_empty_record_has_figures() -> None:
    experiment = Experiment.of(TINY)
    record, view = Record.empty(1), View(experiment.seeds, 30)
    levels = {"guess": 0.17}
    for figure in (
        loss_figure(record, view, WORDS, levels=levels),
        loss_figure(record, view, WORDS, levels=levels, log=False),
        gradient_figure(record, view, WORDS, thresholds=clip_thresholds(experiment)),
        update_figure(record, view, WORDS),
        activity_figure(record, view, WORDS),
    ):
        assert figure["layout"]["xaxis"]["range"] == [0, 30]
    assert loss_facts(record, 0.17).last is None
    assert gradient_facts(record).largest is None
    assert update_facts(record).ratio is None
    assert activity_facts(record).largest is None


def test_the_threshold_follows_its_changes() -> None:
    checkpoint, first = advance(start(Experiment.of({**TINY, "clip_at": 0.5})), 10)
    checkpoint, second = advance(checkpoint.changed("clip_at", 2.0), 10)
    checkpoint, third = advance(checkpoint.changed("clip", "none"), 10)
    thresholds = clip_thresholds(checkpoint.experiment)
    assert thresholds == ((0, 0.5), (10, 2.0), (20, None))
    record = Record.joined([first, second, third])
    figure = gradient_figure(record, View([0], 30), WORDS, thresholds=thresholds)
    x, y = curve(figure, "threshold")
    assert list(zip(x, y, strict=True)) == [(0, 0.5), (10, 0.5), (10, 2.0), (20, 2.0)]
    facts = gradient_facts(record)
    assert facts.largest == record.gradient_norm.max()
    assert facts.at == record.gradient_norm.argmax()


def test_the_profile_leaves_out_what_underflowed(three: tuple[Checkpoint, Record]) -> None:
    _, record = three
    start_, now = record.snapshots[0], record.snapshots[-1]
    profile = now.profile.copy()
    profile[:, 0, :3] = 0.0
    profile[:, 0, 3] = 1e-300
    figure = profile_figure(start_, replace(now, profile=profile), WORDS)
    x, y = curve(figure, "now")
    np.testing.assert_array_equal(x, np.arange(4, 9))
    np.testing.assert_allclose(y, np.median(profile[:, 0, 3:], axis=0))
    low, high = figure["layout"]["yaxis"]["range"]
    assert high - low < 45
    facts = profile_facts(start_, replace(now, profile=profile))
    assert facts.now == 0.0
    expected = np.median(start_.profile[:, 0, 0]) / np.median(start_.profile[:, 0, -1])
    assert facts.start == pytest.approx(expected)


def test_every_layer_has_its_profile() -> None:
    _, record = run(layers=2, steps=3)
    figure = profile_figure(record.snapshots[0], record.snapshots[-1], WORDS)
    for layer in (1, 2):
        for which, snapshot in (("start", record.snapshots[0]), ("now", record.snapshots[-1])):
            _, y = curve(figure, f"{which} {layer}")
            np.testing.assert_allclose(y, snapshot.profile[0, layer - 1], rtol=1e-5)


def test_updates_are_measured_by_the_weights(three: tuple[Checkpoint, Record]) -> None:
    checkpoint, record = three
    figure = update_figure(record, View(checkpoint.experiment.seeds), WORDS)
    ratios = record.update_norm / record.weight_norm
    np.testing.assert_allclose(curve(figure, "update")[1], np.median(ratios, axis=1), rtol=1e-6)
    facts = update_facts(record)
    assert facts.ratio == pytest.approx(np.median(ratios))
    assert facts.usual == pytest.approx(np.median(ratios) / USUAL_UPDATE)


def test_gates_have_a_saturation_and_an_rnn_has_none() -> None:
    for cell, names in (("gru", ["saturation", "largest"]), ("rnn", ["largest"])):
        checkpoint, record = run(cell=cell)
        figure = activity_figure(record, View(checkpoint.experiment.seeds), WORDS)
        assert [trace["name"] for trace in figure["data"] if "name" in trace] == names
        _, y = curve(figure, "largest")
        np.testing.assert_allclose(y, record.largest_state[:, 0], rtol=1e-6)
        facts = activity_facts(record)
        assert (facts.saturation is None) is (cell == "rnn")
        assert facts.largest == pytest.approx(record.largest_state[-1, 0])
        assert facts.largest_first == pytest.approx(record.largest_state[0, 0])


def test_the_facts_of_a_loss(three: tuple[Checkpoint, Record]) -> None:
    _, record = three
    facts = loss_facts(record, 0.2)
    medians = np.median(record.validation_loss, axis=1)
    assert (facts.step, facts.running) == (30, 3)
    assert facts.first == pytest.approx(medians[0])
    assert facts.last == pytest.approx(medians[-1])
    assert facts.best == pytest.approx(medians.min())
    assert facts.best_step == record.evaluated[medians.argmin()]
    assert facts.guess == pytest.approx(medians[-1] / 0.2)
    assert facts.gap == pytest.approx(medians[-1] / np.median(record.loss))
    ends = record.validation_loss[-1]
    assert facts.spread == pytest.approx((ends.min(), ends.max()))


def test_a_long_run_of_many_seeds_has_few_points() -> None:
    steps = 2 * MEDIANS + 7
    _, record = run(runs=4, steps=5)
    rng = np.random.default_rng(1)
    long = {name: np.exp(rng.normal(size=(steps, 4))) for name in COLUMNS}
    record = replace(record, **long)
    figure = loss_figure(record, View(range(4)), WORDS)
    for trace in figure["data"]:
        assert len(numbers(trace["x"])) <= 1700
    x, y = curve(figure, "training")
    assert len(x) <= POINTS
    assert x[-1] == steps - 1
    medians = np.median(record.loss, axis=1)
    np.testing.assert_allclose(y, medians[x.astype(int)], rtol=1e-6)
    _, least, largest = bands(figure)[0]
    assert least.min() == pytest.approx(record.loss.min(), rel=1e-6)
    assert largest.max() == pytest.approx(record.loss.max(), rel=1e-6)


@pytest.mark.parametrize("name", list(TASKS))
def test_every_task_shows_its_answers(name: str) -> None:
    task = TASKS[name]
    length = (
        {"length": task.length.low}
        if task.length.low > 7
        else {"length": min(12, task.length.high)}
    )
    experiment = Experiment.of({"task": name, "hidden": 4, "steps": 1, "batch": 2, **length})
    batch = data_of(experiment).validation.select(range(5))
    answer = answers(experiment, start(experiment).weights_of(0), batch).answer[0].numpy()
    figure = prediction_figure(task, batch, answer, WORDS)
    facts = prediction_facts(task, batch, answer)
    if task.shows == "curve":
        truth = curve(figure, "truth")[1]
        expected = batch.targets[:, 0, 0] if task.read == "all" else batch.targets[0, :, 0]
        np.testing.assert_allclose(truth, expected, rtol=1e-6)
        said = answer[:, 0, 0] if task.read == "all" else answer[0, :, 0]
        np.testing.assert_allclose(curve(figure, "prediction")[1], said, rtol=1e-6)
    elif task.shows == "scatter":
        points = figure["data"][1]
        np.testing.assert_allclose(numbers(points["x"]), batch.targets.ravel(), rtol=1e-6)
        np.testing.assert_allclose(numbers(points["customdata"]), answer.ravel(), rtol=1e-6)
    elif task.shows == "confusion":
        counts = np.array(figure["data"][0]["customdata"])
        assert counts.sum() == 5
        assert np.trace(counts) / 5 == pytest.approx(facts.right)
    else:
        heat, marks = figure["data"]
        shown = numbers(heat["z"])
        assert shown.shape[1] == min(len(batch.targets), WINDOW // (1 + (task.shows == "text")))
        if shown.shape[0] != LIKELIEST:
            np.testing.assert_allclose(shown.sum(axis=0), 1.0, rtol=1e-5)
            assert len(marks["x"]) == shown.shape[1]
        said = np.array(heat["customdata"])
        for x, y in zip(marks["x"], marks["y"], strict=True):
            place = int(np.ravel(batch.targets[x - 1])[0])
            assert said[y, x - heat["x"][0]] in (task.labels[place], "␣", "↵")
    if task.kind == "regression":
        assert facts.error == pytest.approx(np.sqrt(np.mean((answer - batch.targets) ** 2)))


def test_bits_are_two_classes() -> None:
    logits = np.array([[[0.0], [2.0]]])
    expected = [[[0.5, 0.5], [1 / (1 + np.exp(2.0)), 1 / (1 + np.exp(-2.0))]]]
    np.testing.assert_allclose(probabilities(TASKS["parity"], logits), expected)


# Machado, Oliveira & Fernandes 2009, severity 1.
CONES = (
    np.eye(3),
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
)


def oklab(colour: str, cones: Any) -> Array:
    """Ottosson 2020, of the colour as a reader with these cones sees it."""
    srgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(cones) @ linear, 0.0, 1.0)
    lms = np.array(
        [
            [0.41222147, 0.53633254, 0.05144599],
            [0.2119035, 0.68069955, 0.10739696],
            [0.08830246, 0.28171884, 0.6299787],
        ]
    )
    lab = np.array(
        [
            [0.21045426, 0.79361779, -0.00407205],
            [1.9779985, -2.42859221, 0.45059371],
            [0.0259040, 0.78277177, -0.80867577],
        ]
    )
    return np.asarray(lab @ np.cbrt(lms @ seen))


@pytest.mark.parametrize("cones", CONES)
def test_training_and_validation_are_told_apart(cones: Any) -> None:
    others = [COLOURS[name] for name in ("r", "z", "n", "h", "negative", "positive")]
    train, validation = COLOURS["training"], COLOURS["validation"]
    for one, other in [(train, validation), *((c, o) for c in (train, validation) for o in others)]:
        assert np.linalg.norm(oklab(one, cones) - oklab(other, cones)) > 0.09
