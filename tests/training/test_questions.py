"""Every question has words, a source and an experiment; a view survives its address."""

import time

import pytest

from gru_core.data.bounds import OneOf
from gru_core.errors import InputError
from gru_core.training.question_view import DIALS, QUERY_NAMES, QuestionView
from gru_core.training.questions import QUESTIONS, TOPICS
from gru_core.training.speed import BLOCKS, measure
from pages.ui.question_controls import SCRIPTS
from pages.ui.question_live import LIVE
from pages.ui.words import LANGUAGES, catalogue, sections


def test_every_question_is_answered_in_each_language():
    for language in LANGUAGES:
        assert set(sections(language, "questions")) == {*QUESTIONS, "about"}
    for question in QUESTIONS.values():
        for title in (question.title, *(link.title for link in question.links)):
            assert title in catalogue("zh")


def test_every_question_has_a_topic_a_source_and_a_link():
    for question in QUESTIONS.values():
        assert question.topic in TOPICS
        assert question.sources
        assert question.links
        assert {link.page for link in question.links} <= set(SCRIPTS)
        assert len({link.title for link in question.links}) == len(question.links)
        for source in question.sources:
            assert source.address.startswith("https://") or source.text in catalogue("zh")
    assert {question.topic for question in QUESTIONS.values()} == {*TOPICS} - {"all"}


def test_the_twelve_misconceptions_are_there():
    numbers = [q.misconception for q in QUESTIONS.values() if q.misconception]
    assert sorted(numbers) == list(range(1, 13))


def test_what_moves_has_something_to_move_it():
    assert {q.key for q in QUESTIONS.values() if q.dials} <= set(LIVE) <= set(QUESTIONS)
    # One name is one dial, or an address would mean different things.
    for question in QUESTIONS.values():
        assert all(DIALS[dial.name] is dial for dial in question.dials)
    assert len(set(QUERY_NAMES)) == len(QUERY_NAMES)


def other(dial):
    if isinstance(dial, OneOf):
        return next(option for option in dial.options if option != dial.usual)
    return dial.high if dial.high != dial.usual else dial.low


@pytest.mark.parametrize("key", QUESTIONS)
def test_a_view_survives_its_address(key):
    view = QuestionView(topic=QUESTIONS[key].topic, q=key)
    for dial in view.question.dials:
        view = view.turned(dial.name, other(dial))
    query = view.to_query()
    assert set(query) <= set(QUERY_NAMES)
    again = QuestionView.from_query(query)
    assert again.to_query() == query
    assert again.numbers == view.numbers
    assert QuestionView.from_query({}).to_query() == {}


def test_a_topic_opens_one_of_its_questions_and_dials_stay():
    view = QuestionView().turned("H", 7).of_topic("memory")
    assert view.question.topic == "memory"
    assert {q.topic for q in view.listed} == {"memory"}
    assert view.of_topic("all").q == view.q
    assert "H" not in view.to_query()
    assert view.open("count").numbers["H"] == 7


@pytest.mark.parametrize(
    "query",
    [
        {"q": "nothing"},
        {"topic": "x"},
        {"q": "memory", "keep_bias": "1e9"},
        {"H": "0"},
        {"q": "missing", "fill": "refuse"},
    ],
    ids=str,
)
def test_a_wrong_address_is_refused(query):
    with pytest.raises(InputError):
        QuestionView.from_query(query)


def test_links_say_what_the_reader_chose():
    def queries(key, **numbers):
        question = QUESTIONS[key]
        return [link.query(question.numbers(numbers)) for link in question.links]

    assert queries("memory", steps=60, keep_bias=3.0)[0] == {
        "T": "60",
        "keep": "bias",
        "keep_bias": "3",
    }
    assert queries("missing", fill="mean")[0]["gaps"] == "mean"
    assert queries("kinds", kind="classification")[0]["task"] == "order"
    # An address without anything in it would leave an open page as it was.
    assert all(queries("vanishing"))


def test_speed_is_measured_at_once_and_beside_each_other():
    start = time.process_time()
    speed = measure(2, 4, seconds=0.05)
    assert time.process_time() - start < 3
    assert speed.rounds >= BLOCKS
    assert speed.ratios["gru"] == (1.0, 1.0, 1.0)
    for low, middle, high in speed.ratios.values():
        assert 0 < low <= middle <= high
