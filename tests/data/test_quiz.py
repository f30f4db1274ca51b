"""The state of "Spot the mistake": guesses, filters and the address."""

import pytest

from gru_core.data.exhibits.quiz import ALL, FIRST, Quiz, Score
from gru_core.data.exhibits.registry import EXHIBITS
from gru_core.errors import InputError


def test_a_newcomer_has_guessed_nothing():
    quiz = Quiz()
    assert quiz.open is EXHIBITS[FIRST]
    assert quiz.guess is None
    assert quiz.score() == Score(len(EXHIBITS), 0, 0)
    assert quiz.to_query() == {}


def test_a_guess_counts_once():
    right = EXHIBITS[FIRST].right
    wrong = (right + 1) % len(EXHIBITS[FIRST].options)
    quiz = Quiz().answered(wrong)
    assert quiz.score() == Score(len(EXHIBITS), 1, 0)
    assert quiz.again == (FIRST,)
    assert quiz.answered(right) == quiz
    assert quiz.cleared().answered(right).score().right == 1


def test_an_address_restores_all():
    quiz = Quiz().answered(0).filtered(kind="code", article="004").beside(2).answered(1)
    assert Quiz.from_query(quiz.to_query()) == quiz
    assert set(quiz.to_query()) == {"exhibit", "kind", "article", "answers"}


def test_an_address_may_name_the_filters_alone():
    quiz = Quiz.from_query({"kind": "numbers"})
    assert quiz.open.kind == "numbers"
    assert quiz.keys == tuple(key for key, e in EXHIBITS.items() if e.kind == "numbers")


def test_a_full_address_is_short_enough_to_share():
    everything = Quiz(answers=dict.fromkeys(EXHIBITS, 1))
    assert len(everything.to_query()["answers"]) < 1200


def test_filters_keep_the_exhibit_or_open_the_first_unanswered():
    quiz = Quiz().filtered(kind="equation")
    assert quiz.exhibit == FIRST
    first, second = Quiz().filtered(kind="history").keys[:2]
    assert Quiz(answers={first: 0}).filtered(kind="history").exhibit == second
    assert Quiz().filtered(kind="history").score("code") == Score(0, 0, 0)


def test_the_way_on_skips_what_is_guessed():
    first, second, third, *_ = EXHIBITS
    assert Quiz(answers={first: 0, second: 0}).onward().exhibit == third
    last = list(EXHIBITS)[-1]
    assert Quiz(last, answers={last: 0, first: 0}).onward().exhibit == second
    everything = Quiz(answers=dict.fromkeys(EXHIBITS, 0))
    assert everything.onward().exhibit == second


def test_the_way_on_goes_round():
    quiz = Quiz()
    assert quiz.beside(-1).exhibit == list(EXHIBITS)[-1]
    assert quiz.beside(-1).beside(1) == quiz


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"exhibit": "no_such"}, "exhibit"),
        ({"kind": "rumour"}, "kind"),
        ({"article": "005"}, "article"),
        ({"exhibit": FIRST, "kind": "history"}, "exhibit"),
        ({"kind": "numbers", "article": "004"}, "article"),
        ({"answers": "no_such:1"}, "answers"),
        ({"answers": f"{FIRST}:0"}, "answers"),
        ({"answers": f"{FIRST}:9"}, "answers"),
        ({"answers": f"{FIRST}:{'9' * 5000}"}, "answers"),
        ({"answers": f"{FIRST}:²"}, "answers"),
        ({"answers": "💣"}, "answers"),
    ],
)
def test_a_wrong_address_says_what_is_wrong(query, name):
    with pytest.raises(InputError, match="expected") as refused:
        Quiz.from_query(query)
    assert name in str(refused.value)


def test_filters_that_leave_nothing_are_refused():
    with pytest.raises(InputError, match="which has none"):
        Quiz().filtered(kind="numbers", article="004")
    assert Quiz().filtered(kind=ALL, article="003").score().total > 5
