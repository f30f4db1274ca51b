"""All that the page "Questions answered" shows, as one value that an address can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from gru_core.data.bounds import OneOf, Parameter, Value, differing
from gru_core.errors import N_
from gru_core.training.questions import QUESTIONS, TOPICS, Question

FIRST = next(iter(QUESTIONS))
TOPIC = OneOf("topic", N_("Topic"), TOPICS, "all")
OPEN = OneOf("q", N_("Question"), {key: q.title for key, q in QUESTIONS.items()}, FIRST)
DIALS: Mapping[str, Parameter] = MappingProxyType(
    {dial.name: dial for question in QUESTIONS.values() for dial in question.dials}
)
QUERY_NAMES = (TOPIC.name, OPEN.name, *DIALS)
"""Every parameter that QuestionView.to_query can write."""


@dataclass(frozen=True)
class QuestionView:
    """topic: whose questions are listed. q: the open one. chosen: dials that are not as usual; they
    stay while other questions are open. Raises InputError that names what is wrong."""

    topic: str = TOPIC.usual
    q: str = OPEN.usual
    chosen: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        TOPIC.read(self.topic)
        OPEN.read(self.q)
        read = {name: DIALS[name].read(value) for name, value in self.chosen.items()}
        object.__setattr__(self, "chosen", MappingProxyType(read))

    @property
    def question(self) -> Question:
        """The open one."""
        return QUESTIONS[self.q]

    @property
    def listed(self) -> tuple[Question, ...]:
        """Those of the topic."""
        return tuple(q for q in QUESTIONS.values() if self.topic in ("all", q.topic))

    @property
    def numbers(self) -> dict[str, Value]:
        """A value for each dial of the open question."""
        return self.question.numbers(self.chosen)

    def open(self, key: str) -> QuestionView:
        """With another question open."""
        return replace(self, q=key)

    def of_topic(self, topic: str) -> QuestionView:
        """The questions of a topic; the first of them is opened, unless one of them is already."""
        view = replace(self, topic=topic)
        return view if view.question in view.listed else replace(view, q=view.listed[0].key)

    def turned(self, name: str, value: Value) -> QuestionView:
        """With one dial at another value."""
        return replace(self, chosen={**self.chosen, name: value})

    def to_query(self) -> dict[str, str]:
        """The view as the parameters of an address, with the dials of the open question only."""
        place: dict[str, Value] = {TOPIC.name: self.topic, OPEN.name: self.q}
        usual: dict[str, Value] = {TOPIC.name: TOPIC.usual, OPEN.name: OPEN.usual}
        return differing(place | self.numbers, usual | self.question.numbers())

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> QuestionView:
        """The view of an address. Raises InputError that names the parameter that is wrong."""
        question = QUESTIONS[OPEN.read(query.get(OPEN.name, OPEN.usual))]
        chosen = {dial.name: query[dial.name] for dial in question.dials if dial.name in query}
        return cls(TOPIC.read(query.get(TOPIC.name, TOPIC.usual)), question.key, chosen)
