"""A choice is read from a widget's value or an address's text, and refused by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.bounds import OneOf, Real, Text, Value, Whole, differing, read_all
from gru_core.errors import InputError

SIZE = Whole("H", "Units", 1, 64, 32)
GAIN = Real("gain", "Gain", 0.0, 10.0, 1.0)
SORT = OneOf("sort", "Order", {"none": "as they are", "mean_z": "by mean z"}, "none")
WORDS = Text("text", "Text", 5, "abc")
ALL = (SIZE, GAIN, SORT, WORDS)


@pytest.mark.parametrize(
    ("parameter", "given", "value"),
    [
        (SIZE, 1, 1),
        (SIZE, np.int64(64), 64),
        (SIZE, "7", 7),
        (SIZE, "７", 7),
        (SIZE, 7.0, 7),
        (GAIN, 10, 10.0),
        (GAIN, "1.5", 1.5),
        (GAIN, "0,5", 0.5),
        (SORT, "mean_z", "mean_z"),
        (WORDS, " {x}\n", " {x}\n"),
        (WORDS, "", ""),
    ],
)
def test_what_is_read(parameter: Whole | Real | OneOf | Text, given: object, value: Value) -> None:
    read = parameter.read(given)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("parameter", "given", "message"),
    [
        (SIZE, 0, "H: expected a whole number from 1 to 64, got '0'"),
        (SIZE, 65, "got '65'"),
        (SIZE, "1.5", "got '1.5'"),
        (SIZE, "many", "got 'many'"),
        (SIZE, "9" * 5000, "got '9999"),
        (SIZE, "", "got ''"),
        (SIZE, True, "got 'True'"),
        (SIZE, None, "got 'None'"),
        (SIZE, float("nan"), "got 'nan'"),
        (SIZE, float("inf"), "got 'inf'"),
        (GAIN, -0.1, "gain: expected a number from 0.0 to 10.0, got '-0.1'"),
        (GAIN, "nan", "got 'nan'"),
        (GAIN, 10**400, "got '1000"),
        (GAIN, [1.0], "got '·1.0·'"),
        (SORT, "random", "sort: expected one of none, mean_z, got random"),
        (SORT, ["none"], "got ·'none'·"),
        (SORT, "<b>", "got ·b·"),
        (WORDS, "abcdef", "text: expected at most 5 characters, got 6"),
    ],
)
def test_what_is_refused(
    parameter: Whole | Real | OneOf | Text, given: object, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        parameter.read(given)
    assert message in str(caught.value)


def test_all_are_read_at_once() -> None:
    usual = {"H": 32, "gain": 1.0, "sort": "none", "text": "abc"}
    assert read_all(ALL, {}) == usual
    assert read_all(ALL, {"H": "2", "else": "?"}) == usual | {"H": 2}
    with pytest.raises(InputError, match="gain"):
        read_all(ALL, {"gain": "11"})


@given(
    st.fixed_dictionaries(
        {
            "H": st.integers(1, 64),
            "gain": st.floats(0, 10),
            "sort": st.sampled_from(list(SORT.options)),
            "text": st.text(max_size=5),
        }
    )
)
def test_an_address_holds_values_exactly(values: dict[str, Value]) -> None:
    usual = read_all(ALL, {})
    query = differing(values, usual)
    assert {name for name in values if values[name] != usual[name]} == set(query)
    assert read_all(ALL, query) == values
