"""Configurations side by side: one scale, one stroke for each, and a map over two settings."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from gru_core.figures.comparison import DECADES, PANELS, panels, stability_figure
from gru_core.figures.curves import View
from gru_core.figures.palette import COLOURS, CONFIGURATIONS
from gru_core.maths.parameters import Array
from gru_core.training.comparison import MOST, Comparison
from gru_core.training.experiment import Experiment
from gru_core.training.record import Record, Snapshot
from gru_core.training.stability import Grid, Measured
from gru_core.training.trainer import advance, inspect, start

BASE = Experiment.of(
    {"task": "adding", "length": 8, "hidden": 4, "batch": 4, "steps": 20, "evaluate": 5}
)
NAMES = ("GRU", "RNN", "longer")
WORDS = {name: name for name in ("step", "loss", "norm", "t", "profile", "saturation", "largest")}
WORDS |= {"beyond": "{x} {y}", "x": "gain", "y": "length", "hover": "{x} {y} {value}"}
VIEW = View(BASE.seeds, BASE.steps)

Runs = tuple[tuple[Record, ...], tuple[Snapshot, ...]]


@pytest.fixture(scope="module")
def three() -> Runs:
    comparison = Comparison.between(BASE, {}, {"cell": "rnn"}, {"length": 12})
    done = [advance(start(e), 20) for e in comparison.experiments]
    return tuple(r for _, r in done), tuple(inspect(c) for c, _ in done)


def drawn(runs: Runs, **choices: Any) -> dict[str, Any]:
    return panels(*runs, NAMES, VIEW, WORDS, **choices)


def numbers(spec: Any) -> Array:
    array = np.frombuffer(b64decode(spec["bdata"]), dtype=f"<{spec['dtype']}")
    shape = [int(n) for n in spec["shape"].split(",")] if "shape" in spec else [-1]
    return array.reshape(shape).astype(np.float64)


def lines(figure: Any) -> dict[str, Any]:
    return {trace["name"]: trace for trace in figure["data"] if "name" in trace}


def test_eight_strokes_can_be_told_apart() -> None:
    assert len(CONFIGURATIONS) == MOST
    for one, other in combinations(CONFIGURATIONS, 2):
        floor = 0.14 if one.dash == other.dash else 0.065
        assert distance(one.colour, other.colour) > floor, (one, other)
    assert not {stroke.colour for stroke in CONFIGURATIONS} & {*COLOURS.values()}


# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB: protan, deutan, tritan.
READERS = (
    np.eye(3),
    np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
)
# Ottosson 2020, https://bottosson.github.io/posts/oklab/: linear RGB to cones, their roots to Lab.
CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def distance(one: str, other: str) -> float:
    """In OKLab, as the reader sees it who sees the least."""

    def linear(colour: str) -> Array:
        c = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)

    def lab(colour: str, reader: Array) -> Array:
        return LAB @ np.cbrt(CONES @ np.clip(reader @ linear(colour), 0, 1))

    return min(float(np.linalg.norm(lab(one, r) - lab(other, r))) for r in READERS)


def test_every_panel_has_every_configuration_in_its_stroke(three: Runs) -> None:
    figures = drawn(three)
    assert tuple(figures) == PANELS
    for key, figure in figures.items():
        shown = lines(figure)
        assert all("name" in trace for trace in figure["data"] if "meta" in trace)  # to be read
        assert set(shown) == set(NAMES) - ({"RNN"} if key == "saturation" else set())
        for name, stroke in zip(NAMES, CONFIGURATIONS, strict=False):
            if name in shown:
                line = shown[name]["line"]
                assert (line["color"], line["dash"]) == stroke
        areas = [trace for trace in figure["data"] if trace.get("fill") == "toself"]
        assert len(areas) == len(shown)
        assert all(trace["meta"]["read"] for trace in shown.values())


def test_the_lines_are_medians_and_the_bands_ranges(three: Runs) -> None:
    records, now = three
    sources = {
        "loss": [r.validation_loss for r in records],
        "gradient": [r.gradient_norm for r in records],
        "largest_state": [r.largest_state for r in records],
        "profile": [s.profile[:, -1].T for s in now],
    }
    figures = drawn(three)
    for key, values in sources.items():
        areas = [trace for trace in figures[key]["data"] if trace.get("fill") == "toself"]
        for name, area, each in zip(NAMES, areas, values, strict=True):
            line = numbers(lines(figures[key])[name]["y"])
            np.testing.assert_allclose(line, np.median(each, axis=1), rtol=1e-6)
            high, low = numbers(area["y"]).reshape(2, -1)
            np.testing.assert_allclose(high, each.max(axis=1), rtol=1e-6)
            np.testing.assert_allclose(low[::-1], each.min(axis=1), rtol=1e-6)


def test_all_share_one_scale(three: Runs) -> None:
    for key, figure in drawn(three).items():
        low, high = figure["layout"]["yaxis"]["range"]
        log = figure["layout"]["yaxis"]["type"] == "log"
        for trace in lines(figure).values():
            y = numbers(trace["y"])
            y = np.log10(y) if log else y
            assert low <= y[0] <= high, key
    profile = drawn(three)["profile"]["layout"]
    assert profile["xaxis"]["range"] == [1, 12]  # of the longer sequences


def test_the_scale_is_logarithmic_by_choice(three: Runs) -> None:
    for log, kind in ((True, "log"), (False, "linear")):
        axes = {key: f["layout"]["yaxis"]["type"] for key, f in drawn(three, log=log).items()}
        assert axes["loss"] == axes["largest_state"] == kind
        assert axes["gradient"] == axes["profile"] == "log"
        assert axes["saturation"] == "linear"


def test_a_run_that_broke_is_marked_at_the_edge(three: Runs) -> None:
    records, now = three
    norms = records[0].gradient_norm.copy()
    norms[5] = np.inf
    broken = (replace(records[0], gradient_norm=norms), *records[1:])
    figure = drawn((broken, now))["gradient"]
    [marker] = [trace for trace in figure["data"] if trace["mode"] == "markers"]
    assert numbers(marker["x"]).tolist() == [5]
    assert marker["text"] == ["∞"]


def test_what_underflowed_does_not_stretch_the_profile(three: Runs) -> None:
    records, now = three
    profile = now[0].profile.copy()
    profile[:, :, 0], profile[:, :, 1] = 0.0, 1e-200
    low, high = drawn((records, (replace(now[0], profile=profile), *now[1:])))["profile"]["layout"][
        "yaxis"
    ]["range"]
    assert high - low < 1.2 * DECADES


def test_before_the_first_step_there_is_a_figure(three: Runs) -> None:
    figures = drawn((tuple(Record.empty(3) for _ in NAMES), three[1]))
    assert set(lines(figures["profile"])) == set(NAMES)
    assert not figures["loss"]["data"]


def test_one_run_has_no_band() -> None:
    checkpoint, record = advance(start(BASE.changed(runs=1)), 5)
    for figure in panels([record], [inspect(checkpoint)], ["a"], VIEW, WORDS).values():
        assert [trace["name"] for trace in figure["data"]] == ["a"]


# The map.

GRID = Grid.of(
    {
        "experiment": BASE,
        "x": {"name": "gain", "low": 0.5, "high": 2, "count": 3, "log": True},
        "y": {"name": "length", "low": 4, "high": 8, "count": 2},
    }
)
CELLS = (
    Measured(0.1, 0.6, 1e-3, 1e-2, 0.0),
    Measured(0.2, 1.2, 1.0, 1.0, 1 / 3),
    Measured(np.inf, np.inf, np.nan, 1e9, 1.0),
    Measured(0.001, 0.006, 0.0, 1.0, 0.0),
    None,
    Measured(10.0, 60.0, 1e5, 1.0, 0.0),
)


def test_a_map_has_a_tile_for_each_cell() -> None:
    figure = stability_figure(GRID, CELLS, WORDS)
    tiles, lost, points = figure["data"]
    assert tiles["x"] == ["0.5", "1", "2"]
    assert tiles["y"] == ["4", "8"]
    np.testing.assert_allclose(
        numbers(tiles["z"]), [[-1, np.log10(0.2), np.nan], [-3, np.nan, 1]], rtol=1e-6
    )
    assert tiles["text"] == [["0.1", "0.2 ×", ""], ["0.001", "", "10"]]
    assert lost["text"] == [["", "", "×"], ["", "", ""]]
    assert points["text"] == ["0.1", "0.2 ×", "×", "0.001", "", "10"]
    np.testing.assert_array_equal(numbers(lost["z"]), [[np.nan, np.nan, 1], [np.nan] * 3])
    assert points["customdata"] == list(range(6))
    for place, e in enumerate(GRID.experiments):
        assert float(points["x"][place]) == e.gain
        assert float(points["y"][place]) == e.length


def test_the_chosen_cell_has_a_frame() -> None:
    assert stability_figure(GRID, CELLS, WORDS)["layout"]["shapes"] == []
    [frame] = stability_figure(GRID, CELLS, WORDS, chosen=5)["layout"]["shapes"]
    assert [frame[side] for side in ("x0", "x1", "y0", "y1")] == [1.5, 2.5, 0.5, 1.5]


def test_the_ratio_is_coloured_from_one_to_both_sides() -> None:
    tiles, *_ = stability_figure(GRID, CELLS, WORDS, "ratio")["data"]
    assert -tiles["zmin"] == tiles["zmax"] == 5
    assert (tiles["colorscale"][0][1], tiles["colorscale"][-1][1]) == (
        COLOURS["negative"],
        COLOURS["positive"],
    )
    z = numbers(tiles["z"])
    assert z[1, 0] == z[0, 0] == -3  # what underflowed, and the least that did not
    assert tiles["text"][1] == ["0", "", "1e5"]
    far = [replace(CELLS[0], ratio=ratio) for ratio in (1e-9, 1e68, 1.0, 1.0, 1.0, 1.0)]
    tiles, _ = stability_figure(GRID, far, WORDS, "ratio")["data"]
    assert tiles["zmax"] == 12
    assert tiles["text"][0] == ["1e-9", "1e68", "1"]


def test_shares_that_diverged_are_told() -> None:
    figure = stability_figure(GRID, CELLS, WORDS, "diverged")
    tiles, _ = figure["data"]
    assert tiles["text"] == [["0%", "33%", "100%"], ["0%", "", "0%"]]
    np.testing.assert_allclose(numbers(tiles["z"]), [[0, 1 / 3, 1], [0, np.nan, 0]], rtol=1e-6)


@pytest.mark.parametrize("shown", ["loss", "ratio", "diverged"])
def test_a_map_begins_empty(shown: Any) -> None:
    tiles, _ = stability_figure(GRID, [None] * 6, WORDS, shown)["data"]
    assert np.isnan(numbers(tiles["z"])).all()
    assert tiles["text"] == [[""] * 3] * 2
