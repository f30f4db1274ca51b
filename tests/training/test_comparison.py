"""What a comparison is, what its numbers mean, and that the ready-made ones show what they say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_core.errors import InputError
from gru_core.maths.parameters import Array
from gru_core.training.comparison import (
    MOST,
    READY,
    SAME,
    SEEDS_NEEDED,
    Comparison,
    Part,
    diverged,
    final_losses,
    results,
    steps_to,
    verdict,
)
from gru_core.training.experiment import Experiment
from gru_core.training.record import COLUMNS, Record
from gru_core.training.trainer import Checkpoint, Stop, advance, data_of, start

BASE = Experiment.of({"task": "adding", "length": 8, "hidden": 4, "batch": 4, "steps": 40})
ZONEOUT = {"name": "zoneout", "dial": 0.3}
LAYER_NORM = {"name": "layer_norm"}

CHOICES: dict[str, st.SearchStrategy[Any]] = {
    "cell": st.sampled_from(["gru", "lstm", "rnn"]),
    "hidden": st.integers(1, 32),
    "gain": st.floats(0.01, 10.0),
    "clip": st.sampled_from(["none", "norm", "value", "adaptive"]),
    "learning_rate": st.floats(1e-6, 1.0),
    "methods": st.lists(st.sampled_from([ZONEOUT, LAYER_NORM]), unique_by=str, max_size=2),
}
TITLES = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=13).filter(
    lambda text: not set(text) & set("<>[]`")
)
VARIANTS = st.lists(
    st.fixed_dictionaries(
        {"title": TITLES, "choices": st.fixed_dictionaries({}, optional=CHOICES)}
    ),
    min_size=1,
    max_size=MOST,
)


@settings(max_examples=40, deadline=None)
@given(VARIANTS, st.booleans())
def test_addresses_and_files_bring_it_back(variants: list[Any], normed: bool) -> None:
    base = BASE.changed(methods=[LAYER_NORM] if normed else [], clip="value")
    comparison = Comparison.of({"base": base, "variants": variants})
    assert Comparison.from_query(comparison.to_query()) == comparison
    again = Comparison.from_json(comparison.to_json())
    assert again == comparison
    assert hash(again) == hash(comparison)
    assert again.experiments == comparison.experiments


def test_an_address_reads_as_promised() -> None:
    methods = {"cell": "gru", "clip": "none", "methods": [ZONEOUT, LAYER_NORM]}
    query = Comparison.between(BASE, {}, methods, {"cell": "lstm"}).to_query()
    assert query["v1"] == "base"
    assert query["v2"] == "clip=none;methods=layer_norm,zoneout:0.3"
    assert query["v3"] == "cell=lstm"
    assert {name: v for name, v in query.items() if not name.startswith("v")} == BASE.to_query()


def test_without_configurations_the_base_stands_alone() -> None:
    assert Comparison.from_query(BASE.to_query()).experiments == (BASE,)


def test_a_configuration_is_what_differs_and_no_more() -> None:
    comparison = Comparison.between(BASE, {"cell": "gru", "hidden": 4, "clip": "none"}, {"gain": 1})
    assert [v.choices for v in comparison.variants] == [{"clip": "none"}, {}]
    assert comparison.experiments == (BASE.changed(clip="none"), BASE)


def test_methods_of_the_base_can_be_left_out() -> None:
    comparison = Comparison.between(BASE.changed(methods=[LAYER_NORM]), {"methods": []})
    assert comparison.experiments[0].methods == ()
    assert comparison.parts(0) == (Part("Layer normalisation", "left out"),)
    assert Comparison.from_query(comparison.to_query()) == comparison


def test_what_it_does_otherwise_can_be_named() -> None:
    comparison = Comparison.between(
        BASE, {"cell": "lstm", "length": 9, "gain": 2.0}, {"methods": [ZONEOUT, LAYER_NORM]}, {}
    )
    assert comparison.parts(0) == (
        Part("Cell", "LSTM"),
        Part("Gain of U", number=2.0),
        Part("Length in steps", number=9),
    )
    assert comparison.parts(1) == (Part("Layer normalisation"), Part("Zoneout", number=0.3))
    assert comparison.parts(2) == (Part("Cell", "GRU"),)


@pytest.mark.parametrize(
    ("variant", "base"),
    [
        ({"cell": "lstm", "gain": 2.0}, (Part("Cell", "GRU"),)),
        ({"gain": 2.0}, (Part("Gain of U", number=BASE.gain),)),
        ({"length": 9}, (Part("Length in steps", number=BASE.length),)),
        ({"methods": [LAYER_NORM]}, ()),
    ],
)
def test_what_is_as_the_base_is_named_by_what_the_others_change(
    variant: dict[str, object], base: tuple[Part, ...]
) -> None:
    assert Comparison.between(BASE, {}, variant).parts(0) == base


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        ([], "1 to 8 configurations, got 0"),
        ([{}] * 9, "1 to 8 configurations, got 9"),
        ([{"choices": {"pace": 1}}], "got pace"),
        ([{"choices": {"cell": "cnn"}}], "gru, rnn, lstm, got cnn"),
        ([{"choices": {"cell": "rnn", "keep": "chrono"}}], "It has no gate"),
        ([{"title": "x" * 41}], "at most 40 characters"),
        ([{"title": "<b>"}], "plain punctuation"),
        ([{"title": "[a](b)"}], "plain punctuation"),
        ([{"title": "a\nb"}], "plain punctuation"),
        ([{"name": "a"}], "Extra inputs"),
        *(([{"choices": {name: 1}}], f"got {name}") for name in SAME),
    ],
)
def test_what_is_refused(variants: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        Comparison.of({"base": BASE, "variants": variants})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cell", "such as cell=lstm;clip=none"),
        ("cell=lstm;cell=rnn", "such as cell=lstm;clip=none"),
        ("", "such as cell=lstm;clip=none"),
        ("runs=2", "got runs"),
        ("colour=red", "got colour"),
        ("methods=zonein", "got 'zonein'"),
        ("learning_rate=fast", "learning_rate: expected a number"),
    ],
)
def test_a_wrong_address_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        Comparison.from_query({"v1": text})


def test_all_together_have_the_bound_of_one() -> None:
    large = BASE.changed(hidden=128, steps=20_000, length=100, runs=5, batch=8)
    Comparison.between(large, {})
    with pytest.raises(InputError, match="This comparison would take"):
        Comparison.between(large, *[{}] * 8)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000])
def test_a_file_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Comparison.from_json(text)


def test_configurations_share_their_start_and_their_batches() -> None:
    one, other = Comparison.between(BASE, {}, {"clip": "none", "learning_rate": 0.1}).experiments
    for name, weight in start(one).weights.items():
        np.testing.assert_array_equal(weight, start(other).weights[name])
    _, first = advance(start(one), 1)
    _, second = advance(start(other), 1)
    np.testing.assert_array_equal(first.loss, second.loss)
    assert data_of(one) is data_of(other)


# Records made by hand, so that every number is known.


def run(
    validation: Sequence[Sequence[float]], stops: Mapping[int, Stop] | None = None, every: int = 10
) -> tuple[Experiment, Record, Checkpoint]:
    """Validation losses (E, K), one row every so many updates from 0 on."""
    losses = np.array(validation, dtype=np.float64)
    steps, runs = every * (len(losses) - 1), losses.shape[1]
    e = BASE.changed(steps=max(1, steps), runs=runs)
    arrays: dict[str, Any] = dict.fromkeys(COLUMNS, np.ones((steps, runs)))
    looks = np.arange(len(losses)) * every
    empty = replace(Record.empty(runs), **arrays, evaluated=looks)
    same = np.zeros_like(losses)
    record = replace(
        empty,
        validation_loss=losses,
        validation_accuracy=same,
        saturation=same,
        largest_state=same,
    )
    stopped = tuple((stops or {}).get(k) for k in range(runs))
    return e, record, replace(start(e), step=steps, stopped=stopped)


def columns(*runs: tuple[Experiment, Record, Checkpoint]) -> tuple[Any, Any, Any]:
    experiments, records, checkpoints = zip(*runs, strict=True)
    return experiments, records, checkpoints


def test_results_are_medians_and_ranges() -> None:
    one = run([[1, 1, 1], [0.5, 0.7, 0.9], [0.6, 0.2, 0.8]])
    [row] = results(*columns(one), 0.55, [4.0]).to_dict("records")
    assert (row["final"], row["final_low"], row["final_high"]) == (0.6, 0.2, 0.8)
    assert (row["best"], row["best_low"], row["best_high"]) == (0.5, 0.2, 0.8)
    assert row["steps_to_mark"] == 15  # of 10 and 20; the third never was there
    assert row["seconds_to_mark"] == pytest.approx(15 * 4.0 / 20)
    assert row["reached"] == pytest.approx(2 / 3)
    assert row["diverged"] == 0.0
    assert row["ms_per_step"] == pytest.approx(200.0)
    assert row["parameters"] == one[0].parameters
    assert (row["steps"], row["runs"]) == (20, 3)


def test_a_mark_counts_when_it_was_first_reached() -> None:
    record = run([[1, 2], [0.1, 2], [3, 2]])[1]
    np.testing.assert_array_equal(steps_to(0.1, record), [10, np.inf])
    np.testing.assert_array_equal(steps_to(None, record), [np.inf, np.inf])


def test_without_a_mark_nothing_reached_it() -> None:
    table = results(*columns(run([[1.0], [0.5]])), None, [1.0])
    assert table[["steps_to_mark", "seconds_to_mark", "reached"]].isna().all(axis=None)


def test_a_run_that_diverged_has_no_final_loss() -> None:
    losses = [[1, 1, 1], [0.4, 0.4, 0.4], [0.4, 0.3, 0.2]]
    stops = {0: Stop(12, "loss"), 1: Stop(12, "early")}
    e, record, checkpoint = run(losses, stops)
    np.testing.assert_array_equal(diverged(checkpoint), [True, False, False])
    np.testing.assert_array_equal(final_losses(record, checkpoint), [np.inf, 0.3, 0.2])
    np.testing.assert_array_equal(final_losses(record, checkpoint, 10), [0.4, 0.4, 0.4])
    [row] = results([e], [record], [checkpoint], None, [1.0]).to_dict("records")
    assert (row["final"], row["final_high"]) == (0.3, np.inf)
    assert (row["best"], row["best_high"]) == (0.3, 0.4)
    assert row["diverged"] == pytest.approx(1 / 3)


def test_before_the_first_step_there_are_no_results() -> None:
    e = BASE.changed(runs=2)
    table = results([e], [Record.empty(2)], [start(e)], 0.1, [0.0])
    assert table[["final", "best", "ms_per_step", "steps_to_mark"]].isna().all(axis=None)
    assert table.loc[0, "reached"] == 0.0
    told = verdict([Record.empty(2)], [start(e)])
    assert (told.step, told.spreads, told.lowest, told.ahead) == (0, (None,), None, None)


def told(*runs: tuple[Experiment, Record, Checkpoint]) -> Any:
    _, records, checkpoints = columns(*runs)
    return verdict(records, checkpoints)


def test_ahead_is_who_lies_wholly_below() -> None:
    seen = told(run([[9] * 3, [4, 5, 6]]), run([[9] * 3, [1, 2, 3]]), run([[9] * 3, [7, 7, 8]]))
    assert (seen.lowest, seen.ahead, seen.behind, seen.overlapping) == (1, 1, (0, 2), ())
    assert seen.step is None
    assert seen.spreads[1] == (1.0, 2.0, 3.0)


def test_ranges_that_overlap_name_nobody() -> None:
    seen = told(run([[9] * 3, [3, 5, 6]]), run([[9] * 3, [1, 2, 3]]), run([[9] * 3, [7, 7, 8]]))
    assert (seen.lowest, seen.ahead, seen.overlapping, seen.behind) == (1, None, (0,), (2,))


def test_few_seeds_name_nobody() -> None:
    assert SEEDS_NEEDED == 3
    for seeds in (1, 2):
        seen = told(run([[9] * seeds, [5] * seeds]), run([[9] * seeds, [1] * seeds]))
        assert (seen.lowest, seen.ahead, seen.behind) == (1, None, (0,))


def test_alone_nobody_is_ahead() -> None:
    assert told(run([[9] * 3, [1] * 3])).ahead is None


def test_what_diverged_is_behind() -> None:
    gone = {k: Stop(5, "gradient") for k in range(3)}
    seen = told(run([[9] * 3, [1] * 3], gone), run([[9] * 3, [5] * 3]))
    assert (seen.ahead, seen.behind, seen.diverged) == (1, (0,), (0,))
    both = told(run([[9] * 3, [1] * 3], gone), run([[9] * 3, [5] * 3], gone))
    assert (both.lowest, both.ahead, both.behind, both.diverged) == (None, None, (), (0, 1))


def test_on_the_way_they_are_compared_after_the_same_steps() -> None:
    e, record, checkpoint = run([[9] * 3, [2] * 3, [0] * 3])
    ahead_in_time = e, record, replace(checkpoint, experiment=e.changed(steps=100))
    e, record, checkpoint = run([[9] * 3, [1] * 3])
    late = e, record, replace(checkpoint, experiment=e.changed(steps=100))
    seen = told(ahead_in_time, late)
    assert (seen.step, seen.ahead) == (10, 1)


# The ready-made comparisons.


def test_they_are_what_the_menu_needs() -> None:
    assert all(name == ready.name for name, ready in READY.items())
    for field in ("title", "teaches", "comparison"):
        assert len({getattr(ready, field) for ready in READY.values()}) == len(READY)


@pytest.mark.parametrize("name", READY)
def test_each_is_one_sentence_and_one_link(name: str) -> None:
    ready = READY[name]
    assert re.findall(r"[.!?](?= |$)", ready.teaches) == ["."]
    assert ready.teaches.endswith(".")
    assert Comparison.from_query(ready.comparison.to_query()) == ready.comparison
    assert Comparison.from_json(ready.comparison.to_json()) == ready.comparison
    assert len(ready.comparison.variants) >= 2
    assert ready.comparison.base.runs == SEEDS_NEEDED


@cache
def shown(name: str, steps: int, *places: int) -> tuple[tuple[Record, Checkpoint], ...]:
    """The first steps of a ready-made comparison: of all configurations, or of those in places."""
    experiments = READY[name].comparison.experiments
    done = [
        advance(start(e), steps) for k, e in enumerate(experiments) if k in places or not places
    ]
    return tuple((record, checkpoint) for checkpoint, record in done)


def ends(name: str, steps: int, *places: int) -> list[Array]:
    """The last validation losses (K,) of each, in losses of guessing."""
    e = READY[name].comparison.base
    guess = e.about.guess(e.length, e.loss)
    return [record.validation_loss[-1] / guess for record, _ in shown(name, steps, *places)]


def carried(record: Record) -> Array:
    """‖∂L/∂h_1‖ / ‖∂L/∂h_T‖ before any training, (K,)."""
    profile = record.snapshots[0].profile[:, -1]
    return np.asarray(profile[:, 0] / profile[:, -1])


def test_clipping_rescues_what_explodes() -> None:
    (_, without), (_, clipped) = shown("clip_explosion", 150)
    assert all(stop and stop.step < 20 and stop.reason != "early" for stop in without.stopped)
    assert clipped.stopped == (None,) * 3
    assert (ends("clip_explosion", 150)[1] < 0.25).all()


def test_clipping_does_not_bring_back_what_vanished() -> None:
    plain, clipped, kept = (record for record, _ in shown("clip_vanishing", 10))
    assert (clipped.clipped_norm < 0.101).all()
    assert (clipped.gradient_norm > 0.101).any(axis=0).all()  # it did clip
    for record in (plain, clipped):
        assert (carried(record) < 1e-16).all()
    assert (carried(kept) > 0.01).all()


def test_batch_statistics_need_a_batch() -> None:
    layer, batch = ends("norms", 100, 0, 1)  # two sequences in a batch
    assert layer.max() < batch.min()
    layer, batch = ends("norms", 200, 2, 3)  # 64
    assert batch.max() < layer.min()


def test_dropout_on_the_state_erases_it() -> None:
    gated, erasing = ends("erasing", 110)
    assert (gated < 0.6).all()
    assert (erasing > 0.98).all()


def test_a_residual_over_time_blows_up() -> None:
    (plain, _), (residual, _) = shown("residual", 1)
    assert (plain.largest_state[0] < 1.0).all()
    assert (residual.largest_state[0] > 1e7).all()
    assert (carried(plain) < 1e-4).all()
    assert (carried(residual) > 1e7).all()


def test_on_short_copy_the_rnn_is_ahead_for_ten_updates_and_then_the_gru() -> None:
    gru, lstm, rnn = (record.validation_loss for record, _ in shown("cells_copy", 200))
    assert (rnn[1] < np.minimum(gru[1], lstm[1])).all()
    for other in (lstm, rnn):
        assert (np.median(gru[3:], axis=1) < np.median(other[3:], axis=1)).all()
    gru_end, lstm_end, rnn_end = ends("cells_copy", 200)
    assert (gru_end < 0.95).all()
    assert (lstm_end > 0.97).all()
    assert (rnn_end > 0.97).all()


def test_on_temporal_order_the_rnn_is_early_ahead_of_the_lstm() -> None:
    gru, lstm, rnn = (record.validation_loss for record, _ in shown("cells_order", 60))
    assert (rnn[-1] < lstm[-1]).all()
    assert np.median(gru[-1]) < np.median(lstm[-1])
