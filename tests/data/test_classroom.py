"""What a teacher's link asks for, as a value and as an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.data.classroom import (
    ALL,
    FREE,
    GROUPS,
    LOCKS,
    PAGE_LOCKS,
    QUERY_NAMES,
    SIZE,
    Classroom,
    lock_of,
)
from gru_core.errors import InputError

classrooms = st.builds(
    Classroom,
    hide=st.lists(st.sampled_from(list(GROUPS))).map(tuple),
    lock=st.lists(st.sampled_from([ALL, *LOCKS])).map(tuple),
    size=st.sampled_from(list(SIZE.options)),
    solutions=st.booleans(),
)


@given(classrooms)
def test_an_address_holds_all_of_it(classroom: Classroom) -> None:
    query = classroom.to_query()
    assert set(query) <= set(QUERY_NAMES)
    assert Classroom.from_query(query) == classroom
    # One look, one address: the order in which things were chosen does not show.
    assert Classroom(classroom.hide[::-1], classroom.lock[::-1]).hide == classroom.hide


def test_nothing_asked_for_is_no_address() -> None:
    assert Classroom().to_query() == {}
    assert not any(Classroom().locks(name) for name in LOCKS)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"hide": "bars"}, "bars"),
        ({"hide": "bar,tabs"}, "bar,tabs"),
        ({"hide": "bar."}, "hide"),
        ({"lock": "<script>"}, "·script·"),
        ({"lock": "all.everything"}, "everything"),
        ({"size": "20px"}, "20px"),
        ({"solutions": "maybe"}, "maybe"),
    ],
)
def test_nonsense_is_refused_by_its_name(query: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as refusal:
        Classroom.from_query(query)
    [name] = query
    assert str(refusal.value).startswith(f"{name}: expected ")
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("lock", "control", "page", "locked"),
    [
        ("hidden", "hidden", "train", True),
        ("hidden", "hidden_2", "compare", True),
        ("hidden", "layers", "train", False),
        ("keep", "keep_bias", "train", False),
        ("methods", "method_layer_norm_0", "compare", True),
        ("kinds", "kind_unit", "worksheet", True),
        ("kind", "kind", "sequence", True),
        ("kind", "kind", "articles", False),
        ("all", "kind", "articles", False),
        ("all", "guess_no_un", "articles", False),
        ("all", "exhibit_3", "articles", False),
        ("all", "cell", "gradients", False),
        ("all", "cell", "train", True),
        ("all", "amplitude", "sequence", True),
    ],
)
def test_a_control_is_locked_by_the_name_of_its_value(
    lock: str, control: str, page: str, locked: bool
) -> None:
    assert Classroom(lock=(lock,)).locks(control, page) is locked


def test_what_a_page_offers_to_lock_can_be_locked() -> None:
    for page, names in PAGE_LOCKS.items():
        assert set(names) <= set(LOCKS), page
        assert not {lock_of(name, page) for name in names} & FREE, page
