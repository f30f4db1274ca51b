"""CSV files as people have them are read; what would need guessing is refused in words."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.sequences import Feed
from gru_core.data.table import MAX_BYTES, Table, read_table
from gru_core.errors import InputError

DATED = "date,wind,rain\n2020-01-01,1.5,0\n2020-01-02,,3\n2020-01-03,2.5,4\n"


def read(text: str) -> Table:
    return read_table(text.encode())


def column(text: str, *columns: int) -> list[list[float]]:
    feed = read(text).feed(columns or (0,), gaps="interpolate")
    values: list[list[float]] = feed.sequence.values.T.tolist()
    return values


def refused(content: str | bytes, *columns: int) -> str:
    with pytest.raises(InputError) as caught:
        read_table(content if isinstance(content, bytes) else content.encode()).feed(
            columns or (0,)
        )
    return str(caught.value)


def test_a_header_and_its_numbers() -> None:
    table = read(DATED)
    assert table.names == ("date", "wind", "rain")
    assert table.numeric == (1, 2)
    assert len(table) == 3
    feed = table.feed([1, 2], gaps="interpolate")
    assert feed.sequence.names == ("wind", "rain")
    np.testing.assert_array_equal(feed.sequence.values, [[1.5, 0], [2, 3], [2.5, 4]])
    np.testing.assert_array_equal(feed.sequence.was_missing.sum(axis=0), [1, 0])


def test_the_choice_survives_an_address() -> None:
    feed = read(DATED).feed([2, 1], gaps="mask", scale="standardise")
    restored = Feed.from_query(feed.to_query())
    assert restored == feed
    assert restored.sequence.names == ("rain", "wind", "wind missing")


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2.5\n3,4\n",
        "a;b\r\n1;2,5\r\n3;4,0\r\n",
        "a\tb\n1\t2,5\n3\t4\n",
        "a|b\n1|2.5\n3|4\n",
        '"a","b"\n"1","2.5"\n"3","4"\n',
        "a,b\r1,2.5\r3,4\r",
        "\n\na,b\n\n1,2.5\n3,4\n\n,\n",
        "a ; b\n １ ; 2.5\n3 ; 4\n",
        "a;b\n1;+2,5\n3;.4e1\n",
    ],
)
def test_all_of_these_are_one_table(text: str) -> None:
    assert column(text, 0, 1) == [[1, 3], [2.5, 4]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    table = read_table("风速;b\n1;2\n".encode(encoding))
    assert table.names == ("风速", "b")


def test_other_encodings_and_files_are_refused() -> None:
    for content in (
        "风速;b\n1;2\n".encode("gb18030"),
        "Größe\n1\n".encode("latin-1"),
        b"PK\x03\x04\x00\x00",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xfe\x00",
    ):
        assert "File: expected text in UTF-8" in refused(content)


def test_without_a_header_columns_have_numbers() -> None:
    table = read("2020-01-01,5\n2020-01-02,6\n")
    assert (len(table), table.names, table.numeric) == (2, ("1", "2"), (1,))
    assert column("3\n4\n5") == [[3, 4, 5]]


def test_names_that_are_alike_or_missing() -> None:
    assert read("a,a,,a (2)\n1,2,3,4\n").names == ("a", "a (2)", "3", "a (2) (4)")


def test_one_column() -> None:
    assert column("temp\n0,5\n0,75\n") == [[0.5, 0.75]]
    assert column("temp\n1\n\n3\n") == [[1, 2, 3]]
    assert read("temp\n1\n\n3\n").feed([0], gaps="mean").sequence.was_missing.sum() == 1
    assert "got 1 missing, the first at step 2" in str(gap_error("temp\n1\n\n3\n"))


def gap_error(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        _ = read(text).feed([0]).sequence
    return caught.value


@pytest.mark.parametrize("word", ["", "nan", "NaN", "NA", "#N/A", "n/a", "null", "None", "?", "-"])
def test_words_for_a_gap(word: str) -> None:
    assert column(f"a,b\n1,0\n{word},0\n3,0\n") == [[1, 2, 3]]


def test_rows_are_chosen() -> None:
    table = read("a\n" + "\n".join(map(str, range(1, 1001))))
    np.testing.assert_array_equal(
        table.feed([0], start=301, T=4).sequence.values[:, 0], [301, 302, 303, 304]
    )
    assert len(table.feed([0]).sequence) == 500
    assert len(table.feed([0], start=991).sequence) == 10
    for start, T in ((0, 5), (1001, 5), (1, 0), (1, 501)):
        with pytest.raises(InputError, match="rows: expected the first from 1 to 1000"):
            table.feed([0], start=start, T=T)


def test_columns_are_chosen() -> None:
    table = read(DATED)
    for columns in ([], [3], [-1], [1] * 17):
        with pytest.raises(InputError, match="columns: expected from 1 to 3 columns"):
            table.feed(columns)
    with pytest.raises(InputError, match="date: expected numbers, got 2020-01-01 in row 1"):
        table.feed([0])
    with pytest.raises(InputError, match="note: expected numbers, got high in row 2"):
        read("note,b\n1,1\nhigh,2\n").feed([0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "got an empty file"),
        ("\n \n", "got an empty file"),
        (";;\n;;\n", "got an empty file"),
        ("a,b\n", "at least one column of numbers, got a b"),
        ("hello world", "at least one column of numbers, got hello world"),
        ("<html><body>", "got ·html··body·"),
        ("a,b\n1,2\n3\n", "expected 2 cells in every row as in row 1, got 1 in row 3"),
        ("a,b\n1,2,3\n", "got 3 in row 2"),
        ("a;b\n1,234;1\n5,678;2\n", "which can be read in two ways"),
        ("a\ninf\n", "at least one column of numbers"),
        ("a\n1_000\n", "at least one column of numbers"),
        (",".join(["1"] * 257), "no more columns than 256, got 257"),
        ("a\n" + "1" * 400, "at least one column of numbers"),
        ('a\n"' + "1" * 200_000, "got a quotation mark that is never closed"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    assert message in refused(text)


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    assert f"at most {MAX_BYTES:,} bytes" in refused(b"1\n" * MAX_BYTES)


def test_the_largest_file_is_read_whole() -> None:
    line = b"1,2\n"
    assert len(read_table(line * (MAX_BYTES // len(line)))) == MAX_BYTES // len(line)


@given(st.text(alphabet='0123456789.,;|\t\n"- eanNA?[]()', max_size=80))
def test_whatever_is_in_it_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        table = read(text)
        sequence = table.feed(table.numeric[:3], gaps="mean").sequence
        assert np.isfinite(sequence.values).all()
