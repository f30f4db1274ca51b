"""The data of a run: judged on the same for every seed, and batches that are pure functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.tasks import TASKS, Batch, Data, prepare
from gru_core.errors import InputError

NAMES = list(TASKS)
# Of short_copy there are only 64 sequences: what is held out is also learned from.
MANY = [name for name in NAMES if name != "short_copy"]
GENERATED = [name for name, task in TASKS.items() if not task.finite]


def usual(name: str, **choices: int) -> Data:
    return prepare(name, TASKS[name].length.usual, **choices)


def same(one: Batch, other: Batch) -> bool:
    return (
        one.inputs.tobytes() == other.inputs.tobytes()
        and one.targets.tobytes() == other.targets.tobytes()
    )


def sequences(batch: Batch) -> list[bytes]:
    return [batch.inputs[:, b].tobytes() + batch.targets[:, b].tobytes() for b in range(len(batch))]


@pytest.mark.parametrize("name", NAMES)
def test_what_every_run_is_judged_on(name: str) -> None:
    data = usual(name)
    assert data.task is TASKS[name]
    assert (data.train is not None) is data.task.finite
    assert len(data.probe) == 1
    assert usual(name) is data
    few = usual(name, examples=16)
    assert few.train is not None
    assert len(few.train) == 16
    for part in ("validation", "test", "probe"):
        assert same(getattr(data, part), getattr(few, part)), part
    if not data.task.finite:
        assert len(data.validation) == len(data.test) == 256
    if data.task.kind == "regression" and data.task.finite:
        assert data.scale is not None


@pytest.mark.parametrize("name", MANY)
def test_parts_share_no_sequence(name: str) -> None:
    data = usual(name)
    few = usual(name, examples=256).train
    train = data.train or data.batch(0, 0, 256)
    assert few is not None
    assert not set(sequences(few)) & {*sequences(data.validation), *sequences(data.test)}
    parts = [set(sequences(part)) for part in (train, data.validation, data.test)]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    assert sequences(data.probe)[0] not in parts[0]


@pytest.mark.parametrize("name", GENERATED)
def test_the_split_seed_draws_other_held_out_sequences(name: str) -> None:
    zero, one = usual(name), usual(name, split_seed=1)
    for part in ("validation", "test", "probe"):
        assert not same(getattr(zero, part), getattr(one, part)), part
    some = [usual(name, examples=5, split_seed=seed).train for seed in (0, 1)]
    assert some[0] is not None
    assert some[1] is not None
    assert not same(some[0], some[1])


@pytest.mark.parametrize("name", ["sunspots", "characters_en", "characters_zh"])
def test_time_orders_what_it_can(name: str) -> None:
    zero, one = usual(name), usual(name, split_seed=1)
    for part in ("train", "validation", "test", "probe"):
        assert same(getattr(zero, part), getattr(one, part)), part
    few = usual(name, examples=3).train
    assert few is not None
    assert zero.train is not None
    assert sequences(few) == sequences(zero.train)[:3]


def test_more_examples_than_there_are_is_all_of_them() -> None:
    few, every = usual("characters_zh", examples=4096).train, usual("characters_zh").train
    assert few is not None
    assert every is not None
    assert same(few, every)


@given(
    st.sampled_from(NAMES),
    st.integers(0, 9999),
    st.integers(0, 20_000),
    st.one_of(st.none(), st.integers(1, 64)),
    st.sampled_from([0, 7]),
)
def test_a_batch_is_a_function_of_its_arguments(
    name: str, seed: int, step: int, size: int | None, examples: int
) -> None:
    data = usual(name, examples=examples)
    if data.train is None and size is None:
        return
    first = data.batch(seed, step, size)
    data.batch(seed + 1, step + 1, 3)
    again = data.batch(seed, step, size)
    assert same(first, again)
    if data.train is None:
        assert len(first) == size
    else:
        assert 1 <= len(first) <= (size or len(data.train))
        assert set(sequences(first)) <= set(sequences(data.train))


@pytest.mark.parametrize("name", GENERATED)
def test_fresh_batches_differ_by_seed_and_step_and_from_what_is_held_out(name: str) -> None:
    data = usual(name)
    batches = [data.batch(seed, step, 256) for seed in range(2) for step in range(3)]
    batches += [data.validation, data.test]
    assert len({batch.inputs.tobytes() for batch in batches}) == len(batches)


@pytest.mark.parametrize("size", [1, 7, 11, 22, 23, 50])
def test_an_epoch_is_every_example_once(size: int) -> None:
    data = usual("adding", examples=22)
    assert data.train is not None
    steps = -(-22 // size)
    epochs = []
    for epoch in range(4):
        batches = [data.batch(5, epoch * steps + i, size) for i in range(steps)]
        assert [len(batch) for batch in batches[:-1]] == [size] * (steps - 1)
        epochs.append([each for batch in batches for each in sequences(batch)])
        assert sorted(epochs[-1]) == sorted(sequences(data.train))
    assert len({tuple(epoch) for epoch in epochs}) == 4
    other = [each for i in range(steps) for each in sequences(data.batch(6, i, size))]
    assert other != epochs[0]


def test_the_whole_training_set_is_one_batch() -> None:
    data = usual("sunspots")
    assert data.batch(0, 0, None) is data.batch(3, 9, None) is data.train
    with pytest.raises(InputError, match=r"adding: expected a batch size, because every batch"):
        usual("adding").batch(0, 0, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("xor", 10), "task: expected one of adding, .*, got xor"),
        (("adding", 1), "length: expected a whole number from 2 to 200, got '1'"),
        (("adding", 201), "length: expected a whole number from 2 to 200, got '201'"),
        (("adding", 10, -1), "examples: expected a whole number from 0 to 4096"),
        (("adding", 10, 4097), "examples: expected a whole number from 0 to 4096"),
        (("adding", 10, 0, -1), "split: expected a whole number from 0 to 9999"),
        (("digit_rows", 9), "length: expected a whole number from 8 to 8"),
    ],
)
def test_what_is_refused(arguments: tuple[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        prepare(*arguments)
