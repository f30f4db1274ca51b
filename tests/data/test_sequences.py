"""Every kind of sequence is what its name says, within its bounds, and survives an address."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.bounds import OneOf, Real, Text, Whole
from gru_core.data.missing import Gap
from gru_core.data.sequences import (
    KINDS,
    MARKER,
    MAX_COLUMNS,
    MAX_INPUTS,
    MAX_STEPS,
    QUERY_NAMES,
    VALUE,
    Column,
    Feed,
    Kind,
    Sequence,
    generate,
    numbers_feed,
)
from gru_core.data.series import SERIES
from gru_core.data.setup import MAX_MAGNITUDE
from gru_core.data.typed import MAX_CHARACTERS
from gru_core.errors import InputError

ONE = (VALUE,)


def values_of(kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    """Any values within the bounds; the texts that have a form of their own as they usually are."""
    strategies: dict[str, st.SearchStrategy[Any]] = {}
    for parameter in kind.parameters:
        match parameter:
            case Whole():
                strategy: st.SearchStrategy[Any] = st.integers(parameter.low, parameter.high)
            case Real():
                strategy = st.floats(parameter.low, parameter.high)
            case OneOf():
                strategy = st.sampled_from(list(parameter.options))
            case Text() if parameter.name == "text":
                strategy = st.text(min_size=1, max_size=MAX_INPUTS // 2)
            case Text():
                strategy = st.just(parameter.usual)
        strategies[parameter.name] = strategy
    return st.fixed_dictionaries(strategies)


FEEDS = st.sampled_from(list(KINDS.values())).flatmap(
    lambda kind: st.builds(Feed, st.just(kind.name), values_of(kind))
)


def refused(kind: str, **values: Any) -> str:
    with pytest.raises(InputError) as caught:
        generate(kind, **values)
    return str(caught.value)


# --- The registry --------------------------------------------------------------------------------


def test_the_registry() -> None:
    assert list(KINDS) == [kind.name for kind in KINDS.values()]
    assert {"sine", "step", "impulse", "noise", "marked", "numbers", "text"} < set(KINDS)
    assert set(SERIES) < set(KINDS)
    for kind in KINDS.values():
        names = [parameter.name for parameter in kind.parameters]
        assert len(set(names)) == len(names)
        assert set(names) < set(QUERY_NAMES)
        for parameter in kind.parameters:
            assert parameter.read(parameter.usual) == parameter.usual
            if parameter.name == "T":
                assert isinstance(parameter, Whole)
                assert (parameter.low, parameter.high <= MAX_STEPS) == (1, True)
    assert len(set(QUERY_NAMES)) == len(QUERY_NAMES)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_works_as_it_comes(kind: str) -> None:
    sequence = generate(kind)
    assert 10 <= len(sequence) <= MAX_STEPS
    assert len(sequence.names) == sequence.values.shape[1]
    assert np.ptp(sequence.values) > 0
    assert len(sequence.times) in (0, len(sequence))
    with pytest.raises(ValueError, match="read-only"):
        sequence.values[0, 0] = 1


@given(FEEDS)
def test_within_their_bounds_all_are_sequences_or_refused_in_words(feed: Feed) -> None:
    try:
        sequence = feed.sequence
    except InputError:
        assert feed.kind in ("marked", "commands", "co2")
        return
    T, D = sequence.values.shape
    assert 1 <= T <= MAX_STEPS
    assert 1 <= D == len(sequence.columns) <= MAX_INPUTS
    assert feed.values.get("T", T) == T or feed.kind in SERIES


@given(FEEDS)
def test_an_address_restores_the_choice_exactly(feed: Feed) -> None:
    query = feed.to_query()
    assert set(query) <= set(QUERY_NAMES)
    restored = Feed.from_query(query)
    assert restored == feed
    assert hash(restored) == hash(feed)
    assert restored.to_query() == query


@given(FEEDS, FEEDS)
def test_an_address_may_leave_out_what_another_choice_has(feed: Feed, usual: Feed) -> None:
    assert Feed.from_query(feed.to_query(usual), usual) == feed
    assert usual.to_query(usual) == {}


def test_only_what_is_unusual_stands_in_an_address() -> None:
    assert Feed().to_query() == {}
    assert Feed("sine", {"T": 50}).to_query() == {"T": "50"}
    assert Feed("noise", {"mean": 0.5}).to_query() == {"feed": "noise", "mean": "0.5"}
    assert Feed.from_query({"T": "50", "lang": "zh"}) == Feed("sine", {"T": 50})


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"feed": "music"}, "feed: expected one of sine, step"),
        ({"T": "501"}, "T: expected a whole number from 1 to 500, got '501'"),
        ({"T": "0"}, "got '0'"),
        ({"feed": "sine", "period": "1"}, "period: expected a number from 2.0 to 500.0, got '1'"),
        ({"feed": "nile", "T": "101"}, "T: expected a whole number from 1 to 100"),
        ({"feed": "co2", "gaps": "hide"}, "gaps: expected one of refuse, forward"),
        ({"feed": "text", "text": "a" * 1001}, "text: expected at most 1000 characters"),
    ],
)
def test_a_wrong_address_is_refused_by_name(query: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Feed.from_query(query)
    assert message in str(caught.value)


def test_a_parameter_of_another_kind_is_refused() -> None:
    assert "sine: expected parameters among T, period, amplitude, got at" in refused("sine", at=3)


# --- The generated ones --------------------------------------------------------------------------


def test_sine() -> None:
    x = generate("sine", T=101, period=20, amplitude=3).values[:, 0]
    np.testing.assert_allclose(x[:81], x[20:], atol=1e-12)
    assert (x[0], x.max(), x[5]) == (0, pytest.approx(3), pytest.approx(3))


def test_step() -> None:
    x = generate("step", T=6, at=3, low=-1, high=2).values[:, 0]
    np.testing.assert_array_equal(x, [-1, -1, 2, 2, 2, 2])
    x = generate("step", T=6, at=3, length=2).values[:, 0]
    np.testing.assert_array_equal(x, [0, 0, 1, 1, 0, 0])


def test_impulse() -> None:
    x = generate("impulse", T=7, at=2, high=-3).values[:, 0]
    np.testing.assert_array_equal(x, [0, -3, 0, 0, 0, 0, 0])
    x = generate("impulse", T=7, at=2, every=3).values[:, 0]
    np.testing.assert_array_equal(x, [0, 1, 0, 0, 1, 0, 0])


def test_noise() -> None:
    sequence = generate("noise", T=500, inputs=8, mean=2, deviation=0.5, draw=3)
    assert sequence.values.shape == (500, 8)
    assert sequence.values.mean() == pytest.approx(2, abs=0.05)
    assert sequence.values.std() == pytest.approx(0.5, abs=0.05)
    assert np.abs(np.corrcoef(sequence.values.T) - np.eye(8)).max() < 0.2
    assert sequence.names[0] == "noise 1"


@pytest.mark.parametrize("kind", ["noise", "marked", "commands"])
def test_a_seed_decides_what_is_random(kind: str) -> None:
    one, same, other = (generate(kind, draw=seed).values for seed in (7, 7, 8))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@given(st.integers(1, 20), st.integers(0, 99))
def test_marked_values(marks: int, draw: int) -> None:
    sequence = generate("marked", T=80, marks=marks, draw=draw)
    assert sequence.columns == (VALUE, MARKER)
    values, marker = sequence.values.T
    assert -1 <= values.min() < values.max() <= 1
    assert set(marker) <= {0.0, 1.0}
    # One in each equal part, so that marks neither crowd nor fail to come.
    assert [part.sum() for part in np.array_split(marker, marks)] == [1.0] * marks


@given(st.integers(1, 20), st.integers(0, 99))
def test_commands_alternate(marks: int, draw: int) -> None:
    _, store, reset = generate("commands", T=80, marks=marks, draw=draw).values.T
    order = (store - reset)[(store + reset) > 0]
    np.testing.assert_array_equal(order, [1.0, -1.0] * marks)


def test_more_marks_than_steps_are_refused() -> None:
    assert "expected room for 4 marks, got 3 steps" in refused("marked", T=3, marks=4)
    assert "expected room for 4 marks, got 3 steps" in refused("commands", T=3, marks=2)


# --- Text ----------------------------------------------------------------------------------------


def test_text_is_one_hot_by_character() -> None:
    sequence = generate("text", text="你好 你")
    assert sequence.names == ("␣", "你", "好")
    assert sequence.times == ("你", "好", "␣", "你")
    np.testing.assert_array_equal(sequence.values, [[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]])


def test_an_accent_is_one_step_however_it_was_typed() -> None:
    one, two = generate("text", text="é"), generate("text", text="e\u0301")
    assert one.names == two.names == ("é",)


def test_line_ends_and_what_cannot_be_seen_get_a_name() -> None:
    assert generate("text", text="a\r\nb\tc\x07").times == ("a", "↵", "b", "⇥", "c", "U+0007")


@given(st.text(min_size=1, max_size=60))
def test_text_can_be_read_back(text: str) -> None:
    sequence = generate("text", text=text)
    np.testing.assert_array_equal(sequence.values.sum(axis=1), 1)
    assert (sequence.values.sum(axis=0) >= 1).all()
    names = np.array(sequence.names, dtype=object)
    assert tuple(names[sequence.values.argmax(axis=1)]) == sequence.times


def test_text_out_of_bounds_is_refused() -> None:
    assert "from 1 to 500 characters, got 0" in refused("text", text="")
    assert "from 1 to 500 characters, got 501" in refused("text", text="a" * 501)
    many = "".join(chr(0x4E00 + i) for i in range(65))
    assert "at most 64 different characters, got 65" in refused("text", text=many)
    assert generate("text", text=many[:64]).values.shape == (64, 64)
    assert len(generate("text", text="a" * 500)) == 500


# --- Numbers of one's own ------------------------------------------------------------------------


def test_rows_are_steps() -> None:
    np.testing.assert_array_equal(
        generate("numbers", numbers="1 2; 3 4; 5 6").values, [[1, 2], [3, 4], [5, 6]]
    )


@pytest.mark.parametrize("text", ["1 2 3", "1, 2, 3", "1\n2\n3", "[1, 2, 3]", "1\t2\t3"])
def test_a_single_row_is_one_input_over_time(text: str) -> None:
    np.testing.assert_array_equal(generate("numbers", numbers=text).values, [[1], [2], [3]])


def test_names_of_columns() -> None:
    assert generate("numbers", numbers="1 2; 3 4").names == ("input 1", "input 2")
    sequence = generate("numbers", numbers="1 2; 3 4", names="wind; ")
    assert sequence.names == ("wind", "input 2")
    crafted = generate("numbers", numbers="1 2; 3 4", names="{x}; <img>").names
    assert crafted == ("·x·", "·img·")


def test_gaps_are_filled_on_the_way_and_told() -> None:
    text = "1 10; nan 20; 3 ?; 4 40"
    sequence = generate("numbers", numbers=text, gaps="interpolate")
    np.testing.assert_array_equal(sequence.values, [[1, 10], [2, 20], [3, 30], [4, 40]])
    assert sequence.gaps == (Gap(0, 1, 1), Gap(1, 2, 2))
    assert "input 1: expected a number at every step, got 1 missing" in refused(
        "numbers", numbers=text
    )


def test_a_mask_is_named_after_its_column_and_not_scaled() -> None:
    sequence = generate(
        "numbers", numbers="1;nan;3;8", names="wind", gaps="mask", scale="standardise"
    )
    assert sequence.names == ("wind", "wind missing")
    np.testing.assert_array_equal(sequence.values[:, 1], [0, 1, 0, 0])
    assert sequence.masked == (0,)
    # The mean of what is there is 0 after standardising, and so is what the gap was filled with.
    assert sequence.values[1, 0] == pytest.approx(0, abs=1e-15)
    assert sequence.values[[0, 2, 3], 0].std() == pytest.approx(1)
    assert sequence.scale is not None
    np.testing.assert_allclose(sequence.scale.inverse(sequence.values[:, :1]).T, [[1, 4, 3, 8]])


def test_numbers_out_of_bounds_are_refused() -> None:
    assert len(generate("numbers", numbers=" ".join(["1"] * 500))) == 500
    assert "got 501" in refused("numbers", numbers="\n".join(["1"] * 501))
    assert "got 501" in refused("numbers", numbers=" ".join(["1"] * 501))
    row = " ".join(["1"] * 17)
    assert "no more columns than 16, got 17" in refused("numbers", numbers=f"{row};{row}")
    assert "expected 2, one for each column, got 1" in refused(
        "numbers", numbers="1 2;3 4", names="a"
    )
    assert "Choose a scaling" in refused("numbers", numbers="1 2 3e6")
    assert generate("numbers", numbers="1 2 3e6", scale="min_max").values.max() == 1
    assert "numbers: expected a number in row 1, column 1, got one" in refused(
        "numbers", numbers="one"
    )
    assert "got only gaps" in refused("numbers", numbers="nan; nan", gaps="mean")


@given(
    st.integers(1, 3).flatmap(
        lambda D: st.lists(
            st.lists(st.one_of(st.just(np.nan), st.floats(-1e6, 1e6)), min_size=D, max_size=D),
            min_size=2,
            max_size=20,
        )
    )
)
def test_a_table_becomes_a_choice_and_keeps_every_digit(rows: list[list[float]]) -> None:
    table = np.array(rows)
    if np.isnan(table).all(axis=0).any():
        return
    sequence = Feed.from_query(numbers_feed(table, gaps="mean").to_query()).sequence
    there = ~np.isnan(table)
    np.testing.assert_array_equal(sequence.values[there], table[there])
    np.testing.assert_array_equal(sequence.was_missing, ~there)


def test_a_table_that_an_address_cannot_hold_is_refused() -> None:
    long = np.random.default_rng(0).normal(size=(500, 2))
    with pytest.raises(InputError, match=r"got 20176\. Choose about (\d+) steps") as caught:
        numbers_feed(long)
    fitting = caught.value.details["fitting"]
    assert isinstance(fitting, int)
    text = numbers_feed(long[:fitting]).values["numbers"]
    assert isinstance(text, str)
    assert 0.95 * MAX_CHARACTERS < len(text) <= MAX_CHARACTERS
    with pytest.raises(InputError, match="expected at least 2 steps of several columns"):
        numbers_feed(np.ones((1, 2)))


# --- The shipped ones ----------------------------------------------------------------------------


def test_a_series_comes_with_its_source_and_its_times() -> None:
    sequence = generate("sunspots", start=12, T=100, scale="none")
    assert sequence.times[0] == "1711"
    assert len(sequence) == len(sequence.times) == 100
    np.testing.assert_array_equal(sequence.values[:, 0], SERIES["sunspots"].values[11:111])
    assert sequence.series is SERIES["sunspots"]


def test_a_series_gives_as_many_steps_as_it_has() -> None:
    sequence = generate("nile", start=96, T=50)
    assert sequence.times == ("1966", "1967", "1968", "1969", "1970")


def test_the_scale_of_a_series_is_undone() -> None:
    sequence = generate("nile", scale="standardise")
    assert sequence.values.std() == pytest.approx(1)
    assert sequence.scale is not None
    np.testing.assert_allclose(
        sequence.scale.inverse(sequence.values)[:, 0], SERIES["nile"].values, rtol=1e-12
    )


def test_the_gaps_of_co2_are_filled_as_chosen_and_told() -> None:
    there = ~np.isnan(SERIES["co2"].values[:500])
    for method in ("forward", "interpolate", "mean", "mask"):
        sequence = generate("co2", gaps=method, scale="none")
        np.testing.assert_array_equal(sequence.was_missing[:, 0], ~there)
        np.testing.assert_array_equal(sequence.values[there, 0], SERIES["co2"].values[:500][there])
        assert sequence.values.shape == (500, 2 if method == "mask" else 1)
    assert sequence.columns[1].name == "CO₂"
    assert "CO₂: expected a number at every step, got 53 missing, the first at step 7" in refused(
        "co2", gaps="refuse"
    )


def test_every_gap_of_co2_can_be_reached() -> None:
    starts = range(1, 2285, 500)
    gaps = [generate("co2", start=s, T=500, gaps="forward").was_missing.sum() for s in starts]
    assert sum(gaps) == SERIES["co2"].gaps == 59


# --- A sequence of one's own making --------------------------------------------------------------


def test_what_is_no_sequence_is_refused() -> None:
    for values, message in (
        (np.ones(3), "expected shape"),
        (np.ones((3, 2)), "expected shape"),
        (np.ones((0, 1)), "T: expected a size from 1 to 500, got 0"),
        (np.ones((501, 1)), "T: expected a size from 1 to 500, got 501"),
        (np.full((2, 1), np.nan), "expected a finite number"),
        (np.full((2, 1), -2 * MAX_MAGNITUDE), "got -2e"),
    ):
        with pytest.raises(InputError) as caught:
            Sequence(values, ONE)
        assert message in str(caught.value)
    wide = tuple(Column("{name}", str(i)) for i in range(MAX_INPUTS + 1))
    with pytest.raises(InputError, match="D: expected a size from 1 to 1024, got 1025"):
        Sequence(np.ones((2, MAX_INPUTS + 1)), wide)


def test_a_sequence_is_a_copy_without_gaps() -> None:
    mine = np.ones((3, 1))
    sequence = Sequence(mine, ONE)
    mine[0] = 5
    assert sequence.values[0, 0] == 1
    assert sequence.was_missing.shape == (3, 1)
    assert sequence.gaps == ()
    assert MAX_COLUMNS <= MAX_INPUTS
