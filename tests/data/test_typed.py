"""What people type and paste, read back, and refused in words."""

import contextlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gru_core.data.typed import MAX_CHARACTERS, parse_number, parse_numbers, shown
from gru_core.errors import InputError

TABLE = [[1.0, 2.0], [3.0, 4.0]]

numbers = st.floats(allow_nan=False, allow_infinity=False)
tables = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=4), elements=numbers)


def parse(text: str) -> list[list[float]]:
    result: list[list[float]] = parse_numbers(text, max_rows=12, max_columns=6).tolist()
    return result


@pytest.mark.parametrize(
    "text",
    [
        "1\t2\n3\t4",
        "1\t2\r\n3\t4\r\n",
        "1,2\n3,4\n",
        "1, 2,\n3, 4,",
        "1;2\n3;4",
        "1 2\n3 4",
        "1 2; 3 4",
        "1 2;\n3 4;",
        "1, 2; 3, 4",
        "[1 2; 3 4]",
        "[1,2;3,4]",
        "[[1, 2], [3, 4]]",
        "((1, 2), (3, 4),)",
        "[1, 2]\n[3, 4]",
        "[[1. 2.]\n [3. 4.]]",
        "[[ 1.  2.]\n [ 3.  4.]]\n",
        "array([[1., 2.],\n       [3., 4.]])",
        "np.array([[1., 2.], [3., 4.]], dtype=float32)",
        "array([[1, 2],\n       [3, 4]], dtype='<f8' )",
        "tensor([[1., 2.],\n        [3., 4.]], dtype=torch.float64, grad_fn=<MulBackward0>)",
        "[[np.float64(1.0), np.float64(2.0)], [np.float64(3.0), np.float64(4.0)]]",
        "[[1/1, 4/2], [3e0, .4e+1]]",
        "１，２ ；３，４．０",
        "【【１，２】，【３，４】】",
        "１　２\n３　４",
        "\ufeff1\u00a02\n3\u00a04",
    ],
)
def test_one_table_in_many_spellings(text: str) -> None:
    assert parse(text) == TABLE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", [[7.0]]),
        (" -0.5e-3\n", [[-0.0005]]),
        ("−1 ‒2 －３", [[-1.0, -2.0, -3.0]]),
        ("1/3 -2/4", [[1 / 3, -0.5]]),
        ("1\n2\n3", [[1.0], [2.0], [3.0]]),
        ("1; 2; 3", [[1.0], [2.0], [3.0]]),
        ("[1, 2, 3]", [[1.0, 2.0, 3.0]]),
        ("[1,\n 2,\n 3]", [[1.0, 2.0, 3.0]]),
        ("[[1.]\n [2.]]", [[1.0], [2.0]]),
        ("array(5.)", [[5.0]]),
        ("0,5\t1,2", [[0.5, 1.2]]),
        ("0,5\t1,234\n−2\t,25", [[0.5, 1.234], [-2.0, 0.25]]),
        ("0,5;1,2\n0,25;3", [[0.5, 1.2], [0.25, 3.0]]),
        ("0,5,1", [[0.0, 5.0, 1.0]]),
        ("0.5,1;2,3", [[0.5, 1.0], [2.0, 3.0]]),
        ("1,2,3;4,5,6", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    ],
)
def test_what_each_spelling_means(text: str, expected: list[list[float]]) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "part_of_message"),
    [
        ("", "got nothing"),
        (" \n\t ", "got nothing"),
        ("[]", "empty row"),
        ("[[1], []]", "empty row"),
        ("1 two", "row 1, column 2, got two"),
        ("1 2\n3 x", "row 2, column 2, got x"),
        ("1 2\n3", "expected 2 numbers in every row as in row 1, got 1 in row 2"),
        ("1\n2\n3 4", "got 2 in row 3"),
        ("1,,2", "row 1, column 2, got an empty cell"),
        ("1\t\t2", "row 1, column 2, got an empty cell"),
        ("\t1", "row 1, column 1, got an empty cell"),
        ("nan", "finite number in row 1, column 1, got nan"),
        ("[1, -inf]", "finite number in row 1, column 2, got -inf"),
        ("∞", "finite"),
        ("1e999", "finite"),
        ("1" * 400, "finite"),
        ("1/0", "finite"),
        ("1e300/1e-300", "finite"),
        ("1 2 3 4 5 6 7", "no more columns than 6, got 7"),
        ("\n".join("1" * 13), "no more rows than 12, got 13"),
        ("1.2.3", "got 1.2.3"),
        ("1-2", "got 1-2"),
        ("1_000", "got 1·000"),
        ("0x10", "got 0x10"),
        ("1, 2 3", "only spaces, or only commas"),
        ("0,5;1,2", "read in two ways"),
        ("1,234\t5,678", "read in two ways"),
        ("[1 2\n3 4]", "expected one row in each pair of brackets"),
        ("[1, 2", "every bracket"),
        ("1, 2]", "every bracket"),
        ("[[[1]]]", "nested 3 deep"),
        ("[1, [2, 3]]", "outside"),
        ("5 [1, 2]", "outside"),
        ("__import__('os').system('true')", "outside"),
        ("array([1, 2]); print(1)", "outside"),
        ("0 " * MAX_CHARACTERS, "at most 10000 characters"),
    ],
)
def test_refusals_say_what_came(text: str, part_of_message: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse(text)
    assert part_of_message in str(refusal.value)


def test_refusals_name_the_numbers() -> None:
    with pytest.raises(InputError, match=r"^W_r: expected"):
        parse_numbers("x", max_rows=1, max_columns=1, name="W_r")
    with pytest.raises(InputError, match=r"^h0: expected"):
        parse_number("x", name="h0")


def printed(table: np.ndarray) -> tuple[str, str]:
    with np.printoptions(floatmode="unique", linewidth=1000):
        return str(table), repr(table)


@given(tables)
def test_a_table_survives_every_spelling(table: np.ndarray) -> None:
    rows = [[repr(value) for value in row] for row in table.tolist()]
    spellings = [
        "\n".join("\t".join(row) for row in rows),
        "\n".join(",".join(row) for row in rows),
        "; ".join(" ".join(row) for row in rows),
        "[" + "; ".join(", ".join(row) for row in rows) + "]",
        str(table.tolist()),
        *printed(table),
        repr([[np.float64(value) for value in row] for row in table]),
    ]
    for spelling in spellings:
        read = parse_numbers(spelling, max_rows=4, max_columns=4)
        np.testing.assert_array_equal(read, table, err_msg=spelling)


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(2, 4), st.integers(2, 4)),
        elements=st.integers(-(10**12), 10**12).map(lambda millionths: millionths / 1e6),
    )
)
def test_a_table_survives_a_german_spreadsheet(table: np.ndarray) -> None:
    rows = [[f"{value:.6f}".replace(".", ",") for value in row] for row in table]
    for separator in "\t;":
        spelling = "\n".join(separator.join(row) for row in rows)
        read = parse_numbers(spelling, max_rows=4, max_columns=4)
        np.testing.assert_array_equal(read, table, err_msg=spelling)


@given(numbers)
def test_a_number_survives(value: float) -> None:
    assert parse_number(repr(value)) == value
    assert parse_number(repr(value).replace("-", "−")) == value
    assert parse_numbers(repr(value), max_rows=1, max_columns=1).tolist() == [[value]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0,5", 0.5),
        ("，５", 0.5),
        ("1/4", 0.25),
        ("0,234", 0.234),
        (" +3. ", 3.0),
        ("1,2345", 1.2345),
    ],
)
def test_one_cell(text: str, expected: float) -> None:
    assert parse_number(text) == expected


@pytest.mark.parametrize("text", ["1 2", "1,234", "1,2,3", "1;2", "[1]", "", "abc", "nan", "1\t2"])
def test_one_cell_refuses(text: str) -> None:
    with pytest.raises(InputError):
        parse_number(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (parse_number, parse):
        with contextlib.suppress(InputError):
            read(text)


@given(st.text(alphabet="0123456789.,;-+/eE[]() \t\n−，；", max_size=40))
def test_number_like_text_is_read_or_refused(text: str) -> None:
    try:
        table = parse_numbers(text, max_rows=4, max_columns=4)
    except InputError:
        return
    assert table.ndim == 2
    assert table.size > 0
    assert np.isfinite(table).all()


@given(st.text())
def test_what_is_shown_is_short_and_inert(text: str) -> None:
    result = shown(text)
    assert len(result) <= 24
    assert result.isprintable()
    assert not set(result) & set("<>[]()!`$\\*_#|{}&@\n")


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "[" * n,
        lambda n: "[]" * (n // 2),
        lambda n: " " * (n - 1) + "x",
        lambda n: "array([1]" + " " * (n - 10) + "x",
        lambda n: "array([1]" + ",a=" * (n // 3 - 4),
        lambda n: "1" * (n - 1) + "x",
        lambda n: "1." + "1" * (n - 3) + "x",
        lambda n: "1e" + "1" * (n - 3) + "x",
        lambda n: "np.float64(" * (n // 11),
        lambda n: "1,1" * (n // 3) + "\t1",
        lambda n: "1;" * (n // 2),
        lambda n: "1\n" * (n // 2),
    ],
)
def test_the_longest_text_is_refused(make: Callable[[int], str]) -> None:
    text = make(MAX_CHARACTERS)
    assert len(text) > 0.9 * MAX_CHARACTERS
    # A regex that backtracks would need hours for some of these.
    with pytest.raises(InputError):
        parse(text)
