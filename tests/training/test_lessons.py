"""The lessons: what they meet, where they begin, and that an act is seen when it was done."""

import pytest

from gru_core.errors import InputError
from gru_core.training.lessons import LESSONS, Mark
from tests.training.lesson_acts import acts, states

STEPS = [(lesson, place) for lesson in LESSONS.values() for place in range(len(lesson.steps))]


def test_ten_lessons_meet_all_twelve_misconceptions_once():
    assert len(LESSONS) == 10
    met = [s.misconception for lesson in LESSONS.values() for s in lesson.steps if s.misconception]
    assert sorted(met) == list(range(1, 13))


def test_every_lesson_predicts_acts_and_ends():
    for lesson in LESSONS.values():
        kinds = [step.kind for step in lesson.steps]
        assert {"ask", "do"} <= {*kinds}, lesson.key
        assert kinds[-1] == "say"
        assert len({step.key for step in lesson.steps}) == len(kinds)
        assert 3 <= lesson.minutes <= 5


def test_every_step_begins_at_an_address_that_says_something():
    for lesson, place in STEPS:
        query = lesson.opens(place)
        assert query, (lesson.key, place)
        # An empty address would leave the page as it was.
        assert query(), (lesson.key, place)


def test_an_act_is_seen_when_it_was_done_and_not_before():
    cases = states()
    assert {*cases} == {*acts()}
    for name, step in acts().items():
        before, after = cases[name]
        assert step.done
        assert [step.done(state) for state in before] == [False] * len(before), name
        assert step.done(after) is True, name


def test_a_mark_is_read_as_it_is_written():
    for lesson, place in STEPS:
        mark = Mark(lesson.key, place)
        assert Mark.read(mark.text) == mark
    assert Mark.read("gates") == Mark("gates", 0)


@pytest.mark.parametrize(
    "text", ["", "gate.1", "gates.0", "gates.99", "gates.x", "gates.1.2", "<b>"]
)
def test_a_mark_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="lesson: expected"):
        Mark.read(text)
