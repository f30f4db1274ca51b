"""Every task is what its words say, within its bounds, and its known numbers are measured."""

from math import log
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.tasks import TASK, TASKS, Batch, Task
from gru_core.data.tasks.losses import constant_loss, regression_loss
from gru_core.data.tasks.sentiment import WORDS
from gru_core.errors import InputError

GENERATED = [task for task in TASKS.values() if not task.finite]
FINITE = [task for task in TASKS.values() if task.finite]


def drawn(name: str, length: int, count: int, seed: int = 0) -> Batch:
    return TASKS[name].draw(np.random.default_rng(seed), length, count)


def heard(batch: Batch) -> np.ndarray:
    """(T, B): which of its one-hot inputs is 1."""
    assert set(np.unique(batch.inputs)) <= {0.0, 1.0}
    np.testing.assert_array_equal(batch.inputs.sum(axis=-1), 1.0)
    return batch.inputs.argmax(axis=-1)


def check_form(task: Task, batch: Batch, length: int) -> None:
    T, B = task.steps(length), len(batch)
    S = T if task.read == "all" else 1
    assert batch.inputs.shape == (T, B, task.inputs)
    assert batch.inputs.dtype == np.float64
    assert np.isfinite(batch.inputs).all()
    if task.kind == "classes":
        assert batch.targets.shape == (S, B)
        assert batch.targets.dtype == np.int64
        assert 0 <= batch.targets.min() <= batch.targets.max() < task.outputs
    else:
        assert batch.targets.shape == (S, B, task.outputs)
        assert batch.targets.dtype == np.float64
        assert np.isfinite(batch.targets).all()
    if task.kind == "binary":
        assert set(np.unique(batch.targets)) <= {0.0, 1.0}
    if task.alphabet:
        heard(batch)


# The catalogue ------------------------------------------------------------------------------------


def test_the_catalogue() -> None:
    assert set(TASKS) == {
        *("adding", "short_copy", "copy", "order", "parity", "brackets", "reber", "sine"),
        *("sunspots", "sign", "sentiment", "digit_rows", "digit_pixels"),
        *("characters_en", "characters_zh"),
    }
    assert list(TASK.options) == list(TASKS)
    assert TASK.usual == "adding"
    with pytest.raises(TypeError):
        TASKS["xor"] = TASKS["adding"]  # type: ignore[index]
    with pytest.raises(InputError, match=r"task: expected one of adding, .*, got xor"):
        TASK.read("xor")


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_what_a_task_says_of_itself(task: Task) -> None:
    assert TASKS[task.name] is task
    assert task.needs.endswith(".")
    assert task.answer.endswith(".")
    assert task.length.name == "length"
    assert task.length.low <= task.length.usual <= task.length.high
    assert task.steps(task.length.high) <= 200
    assert task.losses[0] == {
        "regression": "mse",
        "classes": "cross_entropy",
        "binary": "binary_cross_entropy",
    }.get(task.kind)
    expected = {"regression": 0, "classes": task.outputs, "binary": 2}[task.kind]
    assert len(task.labels) == expected == len(set(task.labels))
    assert len(task.alphabet) in (0, task.inputs)
    if task.shows in ("string", "text") and task.alphabet:
        assert task.alphabet[: len(task.labels)] == task.labels
    assert (task.source is not None) is task.finite
    for mark in task.marks(task.length.usual):
        assert mark.loss in task.losses
        assert mark.source.endswith(".")
        assert mark.value > 0
        if mark.title != "persistence":
            assert mark.value < task.guess(task.length.usual, mark.loss)
    assert 0 < task.goal < task.guess(task.length.usual, task.losses[0])


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_a_goal_is_no_better_than_what_can_be_known(task: Task) -> None:
    floors = [
        mark.value
        for mark in task.marks(task.length.usual)
        if mark.title in ("noise floor", "perfect knowledge of the grammar")
        and mark.loss == task.losses[0]
    ]
    assert all(task.goal > floor for floor in floors)


@given(st.sampled_from(GENERATED), st.data(), st.integers(1, 40), st.integers(0, 2**32))
def test_draws_have_the_form_said(task: Task, data: st.DataObject, count: int, seed: int) -> None:
    length = data.draw(st.integers(task.length.low, task.length.high))
    batch = task.draw(np.random.default_rng(seed), length, count)
    assert len(batch) == count
    check_form(task, batch, length)
    again = task.draw(np.random.default_rng(seed), length, count)
    assert again.inputs.tobytes() == batch.inputs.tobytes()
    assert again.targets.tobytes() == batch.targets.tobytes()


@given(st.sampled_from(FINITE), st.data())
def test_parts_of_finite_data_have_the_form_said(task: Task, data: st.DataObject) -> None:
    length = data.draw(st.integers(task.length.low, task.length.high))
    train, validation, test, _ = task.parts(length, 0)
    assert train is not None
    for part in (train, validation, test):
        assert len(part) >= 1
        check_form(task, part, length)


@pytest.mark.parametrize("task", GENERATED, ids=[task.name for task in GENERATED])
def test_refused_lengths_and_losses(task: Task) -> None:
    rng = np.random.default_rng(0)
    for length in (task.length.low - 1, task.length.high + 1):
        with pytest.raises(InputError, match="length: expected a whole number from"):
            task.draw(rng, length, 1)
        with pytest.raises(InputError, match="length: expected a whole number from"):
            task.guess(length, task.losses[0])
        with pytest.raises(InputError, match="length: expected a whole number from"):
            task.marks(length)
    with pytest.raises(InputError, match=r"loss: expected one of .*, got hinge"):
        task.guess(task.length.usual, "hinge")


@pytest.mark.parametrize("task", FINITE, ids=[task.name for task in FINITE])
def test_finite_data_are_not_drawn(task: Task) -> None:
    with pytest.raises(InputError, match=f"{task.name}: expected a task that makes its own"):
        task.draw(np.random.default_rng(0), task.length.usual, 1)


def test_batches_are_selected_in_order_and_cannot_be_changed() -> None:
    batch = drawn("sine", 5, 4)
    chosen = batch.select([3, 1])
    assert len(chosen) == 2
    np.testing.assert_array_equal(chosen.inputs, batch.inputs[:, [3, 1]])
    np.testing.assert_array_equal(chosen.targets, batch.targets[:, [3, 1]])
    for array in (batch.inputs, batch.targets, chosen.inputs, chosen.targets):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


# Each generated task, sequence by sequence --------------------------------------------------------


@pytest.mark.parametrize("T", [2, 3, 9, 50])
def test_adding(T: int) -> None:
    batch = drawn("adding", T, 200)
    for value, target in zip(batch.inputs.swapaxes(0, 1), batch.targets[0], strict=True):
        (at,) = np.nonzero(value[:, 1])
        assert len(at) == 2
        assert at[0] < T // 2 <= at[1]
        assert target[0] == pytest.approx(sum(value[at, 0]))
    assert 0 <= batch.inputs[..., 0].min() <= batch.inputs[..., 0].max() < 1


def test_adding_draws_evenly() -> None:
    batch = drawn("adding", 20, 20_000)
    np.testing.assert_allclose(batch.inputs[..., 1].mean(axis=1), 0.1, rtol=0, atol=0.01)
    values = batch.inputs[..., 0]
    histogram = np.histogram(values, bins=10, range=(0, 1))[0] / values.size
    np.testing.assert_allclose(histogram, 0.1, rtol=0, atol=0.003)
    marked = batch.inputs[..., 1].argmax(axis=0)  # the first mark says nothing of the second
    second = 19 - batch.inputs[::-1, :, 1].argmax(axis=0)
    assert abs(np.corrcoef(marked, second)[0, 1]) < 0.03


@pytest.mark.parametrize(
    ("name", "symbols", "kinds"), [("copy", 10, 8), ("short_copy", 3, 4)], ids=["copy", "short"]
)
@pytest.mark.parametrize("length", [1, 2, 20, 100])
def test_copy(name: str, symbols: int, kinds: int, length: int) -> None:
    batch = drawn(name, length, 50)
    assert batch.inputs.shape[0] == length + 2 * symbols
    blank, marker = kinds, kinds + 1
    assert TASKS[name].alphabet[marker] == "▸"
    for said, answer in zip(heard(batch).T.tolist(), batch.targets.T.tolist(), strict=True):
        memory = said[:symbols]
        assert all(symbol < kinds for symbol in memory)
        assert said[symbols:] == [blank] * (length - 1) + [marker] + [blank] * symbols
        assert answer == [blank] * (length + symbols) + memory
    assert len(np.unique(batch.targets)) == kinds + 1


@pytest.mark.parametrize("T", [10, 11, 50, 200])
def test_order(T: int) -> None:
    batch = drawn("order", T, 400)
    task = TASKS["order"]
    for said, answer in zip(heard(batch).T, batch.targets[0], strict=True):
        (at,) = np.nonzero(said < 2)
        assert len(at) == 2
        assert (at[0] + 1) / T >= 0.1
        assert at[0] / T <= 0.2
        assert (at[1] + 1) / T >= 0.5
        assert at[1] / T <= 0.6
        assert "".join(task.alphabet[symbol] for symbol in said[at]) == task.labels[answer]
    assert set(batch.targets[0]) == {0, 1, 2, 3}


def test_parity() -> None:
    batch = drawn("parity", 30, 50)
    for bits, answers in zip(batch.inputs[..., 0].T, batch.targets[..., 0].T, strict=True):
        odd = False
        for bit, answer in zip(bits, answers, strict=True):
            odd ^= bit == 1
            assert answer == odd


def test_sine() -> None:
    batch = drawn("sine", 100, 300)
    np.testing.assert_array_equal(batch.inputs[1:], batch.targets[:-1])
    # A pure sine obeys x[t+1] = 2 cos(ω) x[t] - x[t-1]; noise of 0.05 is then seen enlarged.
    x = np.concatenate([batch.inputs[:1], batch.targets])[..., 0]
    around, middle = x[2:] + x[:-2], x[1:-1]
    slope = (around * middle).sum(axis=0) / (middle**2).sum(axis=0)
    period = 2 * np.pi / np.arccos(np.clip(slope / 2, -1, 1))
    assert np.quantile(period, 0.02) > 7.5
    assert np.quantile(period, 0.9) < 45
    assert np.abs(x).max() < 1 + 6 * 0.05
    assert 0.05 * np.sqrt(2) < (around - slope * middle).std() < 0.05 * np.sqrt(6.5)


@pytest.mark.parametrize("T", [2, 12])
def test_sign(T: int) -> None:
    batch = drawn("sign", T, 200)
    for numbers, answer in zip(batch.inputs[..., 0].T, batch.targets[0, :, 0], strict=True):
        assert answer == (sum(numbers) > 0)


GOOD, BAD = {"good", "fine", "lovely"}, {"bad", "poor", "awful"}


@pytest.mark.parametrize("T", [2, 3, 12, 60])
def test_sentiment_as_a_reader_takes_it(T: int) -> None:
    batch = drawn("sentiment", T, 400)
    sentences = [[WORDS[word] for word in words] for words in heard(batch).T]
    for words, answer in zip(sentences, batch.targets[0, :, 0], strict=True):
        balance, before = 0, []
        for word in words:
            if word in GOOD | BAD:
                sign = (-1) ** before.count("not") * (1 if word in GOOD else -1)
                balance += sign * 2 ** before.count("very")
                before = []
            elif word in ("not", "very"):
                before.append(word)
            else:
                assert before == [], words
        assert before == [], words
        assert balance != 0
        assert answer == (balance > 0)
    if T == 12:
        assert any("not very" in " ".join(words) for words in sentences)
        assert {word for words in sentences for word in words} == set(WORDS)


# Guesses and marks --------------------------------------------------------------------------------

EXACT = {
    ("adding", 30, "mse"): 1 / 6,
    ("adding", 200, "mae"): 1 / 3,
    ("adding", 2, "huber"): 1 / 12,
    ("copy", 20, "cross_entropy"): 0.51986,
    ("copy", 100, "cross_entropy"): 0.17329,
    ("short_copy", 10, "cross_entropy"): 0.25993,
    ("order", 50, "cross_entropy"): log(4),
    ("parity", 20, "binary_cross_entropy"): log(2),
    ("sign", 12, "binary_cross_entropy"): log(2),
    ("sentiment", 12, "binary_cross_entropy"): log(2),
}


@pytest.mark.parametrize(("case", "expected"), EXACT.items(), ids=str)
def test_guesses_in_closed_form(case: tuple[str, int, str], expected: float) -> None:
    name, length, loss = case
    assert TASKS[name].guess(length, loss) == pytest.approx(expected, abs=1e-5)


def by_step(batch: Batch, outputs: int) -> float:
    """Cross-entropy of each step's own frequencies: the best that looks at no input."""
    losses = []
    for answers in batch.targets:
        p = np.bincount(answers.ravel(), minlength=outputs) / answers.size
        losses.append(-np.log(p[answers]).mean())
    return float(np.mean(losses))


@pytest.mark.parametrize(
    "name", ["copy", "short_copy", "order", "brackets", "reber", "parity", "sign", "sentiment"]
)
def test_guesses_are_what_many_draws_give(name: str) -> None:
    task = TASKS[name]
    batch = drawn(name, task.length.usual, 20_000, seed=1)
    if task.kind == "binary":
        batch = Batch(batch.inputs, batch.targets[..., 0].astype(np.int64))
    measured = by_step(batch, max(task.outputs, 2))
    assert task.guess(task.length.usual, task.losses[0]) == pytest.approx(measured, rel=3e-3)


@pytest.mark.parametrize("name", ["adding", "sine"])
def test_no_constant_does_better_than_the_guess(name: str) -> None:
    task = TASKS[name]
    targets = drawn(name, task.length.usual, 20_000, seed=1).targets
    for loss in task.losses:
        measured = min(regression_loss(loss, c, targets) for c in np.linspace(-0.5, 1.5, 41))
        # The guess of sine in mae and huber is of 256 sequences of 50 steps.
        assert task.guess(task.length.usual, loss) == pytest.approx(measured, rel=0.02), loss


def test_remembering_one_number_of_two() -> None:
    batch = drawn("adding", 30, 50_000, seed=2)
    second = batch.inputs[..., 0][15:][batch.inputs[15:, :, 1] == 1]
    at = np.nonzero(batch.inputs[15:, :, 1])[1]
    for mark in TASKS["adding"].marks(30):
        measured = regression_loss(mark.loss, second + 0.5, batch.targets[0, at, 0])
        assert mark.value == pytest.approx(measured, rel=0.02), mark.loss


def test_noise_floor_and_persistence_of_sine() -> None:
    marks = {(mark.title, mark.loss): mark.value for mark in TASKS["sine"].marks(50)}
    assert marks["noise floor", "mse"] == pytest.approx(0.05**2)
    noise = np.random.default_rng(0).normal(0, 0.05, 400_000)
    for loss in ("mse", "mae", "huber"):
        measured = regression_loss(loss, noise, 0.0)
        assert marks["noise floor", loss] == pytest.approx(measured, rel=0.01)
    # E(x[t+1] - x[t])² = 1 - cos ω + 2 · 0.05², averaged over the frequencies.
    omega = 2 * np.pi * np.linspace(1 / 40, 1 / 8, 10_001)
    expected = (1 - np.cos(omega)).mean() + 2 * 0.05**2
    assert marks["persistence", "mse"] == pytest.approx(expected, rel=0.1)


def test_the_last_number_alone_tells_little_of_the_sign() -> None:
    (mark,) = TASKS["sign"].marks(12)
    validation = TASKS["sign"].parts(12, 0).validation
    rest = NormalDist(0, 11**0.5)
    losses = [
        -log(rest.cdf(x) if positive else rest.cdf(-x))
        for x, positive in zip(
            validation.inputs[-1, :, 0], validation.targets[0, :, 0], strict=True
        )
    ]
    assert mark.value == pytest.approx(np.mean(losses))


@pytest.mark.parametrize(
    ("loss", "train", "validation", "outputs", "expected"),
    [
        ("mse", [1.0, 2.0, 6.0], [3.0, 5.0], 1, 2.0),
        ("mae", [1.0, 2.0, 6.0], [3.0, 5.0], 1, 2.0),
        # Between -10 and 10 at 0.2, 1: (c - 0.2) + (c - 1) = 0 once both ends are clipped.
        ("huber", [-10.0, 0.2, 1.0, 10.0], [0.6, 3.6], 1, (0 + 2.5) / 2),
        ("binary_cross_entropy", [1.0, 0.0, 1.0, 1.0], [1.0, 0.0], 1, -log(4 / 6 * 2 / 6) / 2),
        ("cross_entropy", [0, 0, 1], [2, 0], 3, -log(1 / 6 * 3 / 6) / 2),
    ],
)
def test_loss_of_a_constant(
    loss: str, train: list[float], validation: list[float], outputs: int, expected: float
) -> None:
    found = constant_loss(loss, np.array(train), np.array(validation), outputs)
    assert found == pytest.approx(expected)
