"""The engine: the same numbers however it is sliced, stacked or written down; PyTorch's numbers."""

from __future__ import annotations

import itertools
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_core.data.tasks import TASKS
from gru_core.errors import InputError
from gru_core.maths.bptt import backpropagate
from gru_core.maths.gru import unroll
from gru_core.training.experiment import Experiment
from gru_core.training.network import forward, gru_parameters, losses
from gru_core.training.record import COLUMNS, EVALUATIONS, Record
from gru_core.training.trainer import (
    Checkpoint,
    advance,
    answers,
    data_of,
    inspect,
    norm_of,
    snapshot_steps,
    start,
    take_apart,
)

TINY = {"hidden": 4, "batch": 4, "steps": 12, "evaluate": 4, "runs": 1}
KINDS = [
    {},
    {"runs": 3, "schedule": "plateau", "evaluate": 1, "learning_rate": 0.5},
    {"cell": "lstm", "task": "order", "layers": 2, "optimiser": "momentum"},
    {"cell": "rnn", "scheme": "orthogonal", "truncate": 7, "clip": "value", "clip_at": 0.01},
    {"reset": "before", "z": "candidate", "keep": "chrono", "optimiser": "adamw", "l2": 0.1},
    {"task": "digit_rows", "optimiser": "rmsprop", "l1": 0.01, "schedule": "cosine", "warm_up": 3},
    {"examples": 16, "feed": "full", "optimiser": "adagrad", "patience": 2, "evaluate": 1},
    {"task": "sign", "candidate": "relu", "schedule": "step", "optimiser": "sgd"},
]


def tiny(**choices: object) -> Experiment:
    return (
        Experiment.of({"length": 9} | TINY | choices)
        if "task" not in choices
        else (Experiment.of(TINY | choices))
    )


def same(one: Record, other: Record) -> bool:
    arrays = [f.name for f in fields(Record) if f.name not in ("first", "snapshots")]
    return (
        one.first == other.first
        and all(
            np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
            for name in arrays
        )
        and len(one.snapshots) == len(other.snapshots)
        and all(
            a.step == b.step
            and np.array_equal(a.profile, b.profile)
            and all(np.array_equal(a.weights[name], b.weights[name]) for name in a.weights)
            for a, b in zip(one.snapshots, other.snapshots, strict=True)
        )
    )


def whole(experiment: Experiment) -> tuple[Checkpoint, Record]:
    return advance(start(experiment), experiment.steps)


@pytest.mark.parametrize("choices", KINDS, ids=str)
def test_slices_give_the_same_bits_as_one_piece(choices: dict[str, object]) -> None:
    e = tiny(**choices)
    last, record = whole(e)
    for size in (1, 5):
        checkpoint, pieces = start(e), []
        while not checkpoint.finished:
            checkpoint, piece = advance(checkpoint, size)
            pieces.append(piece)
        assert same(Record.joined(pieces), record)
        for name, weight in last.weights.items():
            assert torch.equal(checkpoint.weights[name], weight)


@pytest.mark.parametrize("choices", KINDS, ids=str)
def test_json_and_an_address_give_the_same_record(choices: dict[str, object]) -> None:
    e = tiny(**choices)
    record = whole(e)[1]
    assert same(whole(Experiment.from_json(e.to_json()))[1], record)
    assert same(whole(Experiment.from_query(e.to_query()))[1], record)


def test_a_slice_run_twice_gives_the_same_and_leaves_its_checkpoint_alone() -> None:
    middle, _ = advance(start(tiny(runs=2)), 5)
    before = {name: weight.clone() for name, weight in middle.weights.items()}
    one, first = advance(middle, 4)
    other, second = advance(middle, 4)
    assert same(first, second)
    assert all(torch.equal(one.weights[name], other.weights[name]) for name in before)
    assert all(torch.equal(middle.weights[name], before[name]) for name in before)


def test_the_threads_of_the_process_do_not_matter_and_are_left_as_they_were() -> None:
    e, threads = tiny(hidden=64, batch=64, length=20, steps=3), torch.get_num_threads()
    records = []
    for n in (1, 2):
        torch.set_num_threads(n)
        try:
            records.append(whole(e)[1])
            assert torch.get_num_threads() == n
        finally:
            torch.set_num_threads(threads)
    assert same(*records)


@pytest.mark.parametrize("choices", KINDS, ids=str)
def test_a_stack_gives_each_run_what_it_would_have_had_alone(choices: dict[str, object]) -> None:
    e = tiny(**{**choices, "runs": 3, "patience": 0})
    stacked = whole(e)[1]
    for run, seed in enumerate(e.seeds):
        alone = whole(e.changed(runs=1, seed=seed))[1]
        for name in (*COLUMNS, *EVALUATIONS):
            # Sums of float32 in another order; training lets the difference grow a little.
            np.testing.assert_allclose(
                getattr(stacked, name)[:, run], getattr(alone, name)[:, 0], rtol=2e-3, atol=2e-5
            )


OPTIMISERS = {
    "sgd": torch.optim.SGD,
    "momentum": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9),
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "adam": torch.optim.Adam,
    "adamw": lambda p, lr: torch.optim.AdamW(p, lr, weight_decay=0.0),
}


@pytest.mark.parametrize(
    ("optimiser", "cell", "layers"),
    [
        *((name, "gru", 1) for name in OPTIMISERS),
        ("adam", "gru", 2),
        ("adam", "lstm", 1),
        ("momentum", "rnn", 2),
    ],
)
def test_one_run_is_a_plain_loop_with_torchs_module(optimiser: str, cell: str, layers: int) -> None:
    e = Experiment.of(
        {"length": 12, "hidden": 8, "batch": 8, "steps": 50, "optimiser": optimiser, "runs": 1}
        | {"cell": cell, "layers": layers, "learning_rate": 0.01, "evaluate": 1000}
    )
    first = start(e)
    module = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM, "rnn": torch.nn.RNN}[cell](2, 8, layers)
    head = torch.nn.Linear(8, 1)
    weights = {name: w[0] for name, w in first.weights.items()}
    head.load_state_dict({n: weights.pop(f"head.{n}") for n in ("weight", "bias")})
    module.load_state_dict(weights)
    parameters = [*module.parameters(), *head.parameters()]
    torchs = OPTIMISERS[optimiser](parameters, 0.01)
    theirs, norms = [], []
    data = data_of(e)
    for step in range(50):
        batch = data.batch(0, step, 8)
        x, y = (torch.tensor(a, dtype=torch.float32) for a in (batch.inputs, batch.targets))
        loss = torch.nn.functional.mse_loss(head(module(x)[0][-1:]), y)
        torchs.zero_grad()
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(parameters, 1.0)))
        torchs.step()
        theirs.append(float(loss.detach()))
    _, record = advance(first, 50)
    np.testing.assert_allclose(record.loss[:, 0], theirs, atol=1e-5)
    np.testing.assert_allclose(record.gradient_norm[:, 0], norms, rtol=2e-3, atol=1e-5)


def test_plateau_is_torchs() -> None:
    e = tiny(schedule="plateau", learning_rate=1.0, steps=80, evaluate=1, optimiser="sgd")
    _, record = whole(e)
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.5, patience=5)
    theirs.step(record.validation_loss[0, 0])
    rates = []
    for loss in record.validation_loss[1:, 0]:
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        theirs.step(loss)
    assert min(rates) < 1.0  # it has been lowered
    assert record.learning_rate[:, 0].tolist() == pytest.approx(rates)


@settings(max_examples=25)
@given(
    K=st.integers(1, 3),
    hidden=st.integers(1, 5),
    at=st.floats(1e-3, 10.0),
    seed=st.integers(0, 99),
    clip=st.sampled_from(["norm", "value", "none"]),
)
def test_clipping_is_torchs_run_by_run(
    K: int, hidden: int, at: float, seed: int, clip: str
) -> None:
    e = tiny(runs=K, hidden=hidden, clip=clip, clip_at=at, seed=seed, gain=3, scheme="gaussian")
    parts = take_apart(start(e))
    assert parts
    for run in range(K):
        mine = [torch.zeros_like(g[run]) for g in parts.gradients.values()]
        for zero, gradient in zip(mine, parts.gradients.values(), strict=True):
            zero.grad = gradient[run].clone()
        if clip == "norm":
            norm = torch.nn.utils.clip_grad_norm_(mine, at)
            torch.testing.assert_close(parts.norm[run], norm)
        elif clip == "value":
            torch.nn.utils.clip_grad_value_(mine, at)
        for name, zero in zip(parts.gradients, mine, strict=True):
            torch.testing.assert_close(parts.clipped[name][run], zero.grad)
        total = torch.stack([zero.grad.norm() for zero in mine]).norm()  # type: ignore[union-attr]
        torch.testing.assert_close(parts.clipped_norm[run], total)


@pytest.mark.parametrize("choices", KINDS, ids=str)
def test_slow_motion_is_the_step_that_trains(choices: dict[str, object]) -> None:
    middle, _ = advance(start(tiny(**choices)), 3)
    parts = take_apart(middle)
    after, record = advance(middle, 1)
    assert parts
    for name, weight in after.weights.items():
        assert torch.equal(parts.updated[name], weight)
        assert torch.equal(parts.weights[name], middle.weights[name])
    assert np.array_equal(parts.loss.double().numpy(), record.loss[0])
    assert np.array_equal(parts.norm.double().numpy(), record.gradient_norm[0])
    assert np.array_equal(parts.rate.double().numpy(), record.learning_rate[0])
    update = norm_of([parts.updated[name] - w for name, w in parts.weights.items()])
    assert np.array_equal(update.double().numpy(), record.update_norm[0])


def test_truncated_gradients_are_exactly_zero_beyond() -> None:
    e = tiny(truncate=4, length=10)
    weights = {name: w.requires_grad_() for name, w in start(e).weights.items()}
    x = torch.randn(1, 10, 2, 2, requires_grad=True)
    output = forward(e, weights, x)
    [gradient] = torch.autograd.grad(output.answer.sum(), x)
    # Steps 1–4, 5–8 and 9–10 are pieces; the answer is read at step 10.
    assert (gradient[:, :8] == 0).all()
    assert (gradient[:, 8:] != 0).all()
    free = forward(tiny(length=10), weights, x)
    torch.testing.assert_close(free.answer, output.answer)  # forwards nothing is cut


def test_penalties_act_on_weights_and_leave_biases_alone() -> None:
    plain = take_apart(start(tiny(optimiser="sgd", clip="none")))
    assert plain
    for choices, extra in (
        ({"l2": 0.5}, lambda w: 0.5 * w),
        ({"l1": 0.5}, lambda w: 0.5 * w.sign()),
    ):
        parts = take_apart(start(tiny(optimiser="sgd", clip="none", **choices)))
        assert parts
        for name, weight in parts.weights.items():
            penalty = torch.zeros_like(weight) if "bias" in name else extra(weight)
            torch.testing.assert_close(
                parts.updated[name], plain.updated[name] - 0.01 * penalty, rtol=1e-5, atol=1e-7
            )


def test_adamw_decouples_its_decay() -> None:
    choices = {"l2": 0.5, "learning_rate": 0.1}
    plain = take_apart(start(tiny(**(choices | {"l2": 0.0}))))
    decayed = take_apart(start(tiny(optimiser="adamw", **choices)))
    assert plain
    assert decayed
    weight = plain.weights["weight_hh_l0"]
    torch.testing.assert_close(
        decayed.updated["weight_hh_l0"], plain.updated["weight_hh_l0"] - 0.05 * weight
    )


def test_full_batch_sees_every_sequence_in_every_step() -> None:
    e = tiny(examples=16, feed="full")
    parts = take_apart(start(e))
    assert parts
    train = data_of(e).train
    assert train
    np.testing.assert_array_equal(parts.inputs[0].numpy(), train.inputs.astype(np.float32))


def test_early_stopping_ends_a_run_and_keeps_its_best_weights() -> None:
    e = tiny(runs=2, patience=3, evaluate=1, steps=500, learning_rate=0.3, examples=8)
    checkpoint, record = whole(e)
    assert checkpoint.finished
    assert all(stop and stop.reason == "early" for stop in checkpoint.stopped)
    for run, stop in enumerate(checkpoint.stopped):
        assert stop
        seen = record.validation_loss[: stop.step + 1, run]
        assert seen.argmin() == len(seen) - 1 - 3
        assert stop.value == pytest.approx(seen.min())
        assert np.isnan(record.loss[stop.step :, run]).all()
        best = answers(e, checkpoint.weights_of(run, best=True), data_of(e).validation)
        loss = losses(e, best.answer, torch.tensor(data_of(e).validation.targets)[None])
        assert float(loss[0]) == pytest.approx(seen.min(), rel=1e-4)


def test_a_run_that_is_no_longer_finite_stops_at_its_last_finite_weights() -> None:
    choices = {"task": "adding", "cell": "rnn", "candidate": "relu", "scheme": "gaussian"}
    e = tiny(**choices, gain=10, length=200, steps=20, clip="none", runs=2)
    checkpoint, record = whole(e)
    assert checkpoint.finished
    for run, stop in enumerate(checkpoint.stopped):
        assert stop
        assert stop.reason in ("loss", "gradient")
        assert not np.isfinite(stop.value)
        assert stop.what in ("", *checkpoint.weights)
        assert not np.isfinite(
            [record.loss[stop.step, run], record.gradient_norm[stop.step, run]]
        ).all()
        assert np.isnan(record.update_norm[stop.step, run])
        assert all(np.isfinite(w).all() for w in checkpoint.weights_of(run).values())
    assert advance(checkpoint, 5)[1].loss.shape == (0, 2)


def test_one_run_that_breaks_down_leaves_the_others_alone() -> None:
    e = tiny(runs=3, length=20)
    healthy = start(e)
    weights = {name: w.clone() for name, w in healthy.weights.items()}
    weights["weight_hh_l0"][1] = float("inf")
    broken = Checkpoint(**{**vars(healthy), "weights": weights})
    after, record = advance(broken, 12)
    fine = advance(healthy, 12)[1]
    assert [stop is None for stop in after.stopped] == [True, False, True]
    np.testing.assert_array_equal(record.loss[:, [0, 2]], fine.loss[:, [0, 2]])
    assert after.step == 12


def test_changes_on_the_way_are_kept_and_reproduced() -> None:
    checkpoint, first = advance(start(tiny()), 5)
    checkpoint = checkpoint.changed("learning_rate", 0.5).changed("learning_rate", 0.25)
    checkpoint = checkpoint.changed("clip", "none")
    checkpoint, second = advance(checkpoint, 7)
    record = first + second
    assert record.learning_rate[:5, 0] == pytest.approx([0.01] * 5)
    assert record.learning_rate[5:, 0] == pytest.approx([0.25] * 7)
    assert same(whole(Experiment.from_query(checkpoint.experiment.to_query()))[1], record)
    with pytest.raises(InputError):
        checkpoint.changed("hidden", 8)
    with pytest.raises(InputError):
        checkpoint.changed("learning_rate", -1)


@pytest.mark.parametrize("name", ["l1", "l2"])
def test_decay_can_be_turned_on_on_the_way(name: str) -> None:
    first, before = advance(start(tiny(optimiser="sgd")), 5)
    _, after = advance(first.changed(name, 0.5), 7)
    plain = whole(tiny(optimiser="sgd"))[1]
    assert np.array_equal(before.loss, plain.loss[:5])
    assert after.loss[0] == plain.loss[5]
    assert (after.weight_norm[2:] < plain.weight_norm[7:]).all()


@pytest.mark.parametrize("reset", ["after", "before"])
@pytest.mark.parametrize("z", ["state", "candidate"])
def test_profile_and_answers_are_those_of_the_maths(reset: str, z: str) -> None:
    e = tiny(reset=reset, z=z, length=15, runs=2)
    checkpoint, _ = advance(start(e), 3)
    snapshot = inspect(checkpoint)
    probe = data_of(e).probe
    for run in range(2):
        weights = {n: a.astype(np.float64) for n, a in checkpoint.weights_of(run).items()}
        trace = unroll(gru_parameters(e, weights, 0), probe.inputs[:, 0], convention=e.convention)
        output = answers(e, weights, probe)
        np.testing.assert_allclose(output.layers[0].h[0, :, 0], trace.h, atol=1e-13)
        for gate in "rz":
            np.testing.assert_allclose(
                output.layers[0].gates[gate][0, :, 0], getattr(trace, gate), atol=1e-13
            )
        y = weights["head.weight"] @ trace.h[-1] + weights["head.bias"]
        d_h = np.zeros_like(trace.h)
        d_h[-1] = weights["head.weight"].T @ (2 * (y - probe.targets[-1, 0]))
        norms = np.linalg.norm(backpropagate(trace, d_h).d_h, axis=1)
        np.testing.assert_allclose(snapshot.profile[run, 0], norms, rtol=1e-9)


@pytest.mark.parametrize("task", sorted(TASKS))
def test_every_task_trains(task: str) -> None:
    e = tiny(task=task, runs=2)
    _, record = whole(e)
    assert np.isfinite(record.loss).all()
    assert record.evaluated.tolist() == [0, 4, 8, 12]
    assert np.isnan(record.validation_accuracy).all() == (e.about.kind == "regression")
    assert [s.step for s in record.snapshots] == [*snapshot_steps(12)]
    assert len(record.table()) == 2 * 13


def test_seeds_differ_and_share_their_judges() -> None:
    e = tiny(runs=3)
    weights = start(e).weights["weight_hh_l0"]
    assert all(not torch.equal(a, b) for a, b in itertools.pairwise(weights))
    assert data_of(e) is data_of(e.changed(seed=77, hidden=2))


def test_the_usual_experiment_learns() -> None:
    e = Experiment()
    _, record = whole(e)
    guess = e.about.guess(e.length, e.loss)
    assert record.validation_loss[0, 0] > guess
    assert record.validation_loss[-1, 0] < guess / 4


def test_records_that_do_not_follow_are_refused() -> None:
    checkpoint, first = advance(start(tiny()), 4)
    with pytest.raises(InputError):
        advance(checkpoint, 4)[1] + first
    assert len(Record.empty(3)) == 0
