"""Five classes of 45 minutes, and what is opened in them. The prose refers to links by number.

Each link is written by the library that reads it. Importing this loads no PyTorch; following a
link to a training run does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gru_core.data.bounds import OneOf
from gru_core.data.classroom import ALL, Classroom
from gru_core.data.exhibits.quiz import Quiz
from gru_core.data.gradient_view import GradientView
from gru_core.data.practice import Exercise
from gru_core.data.sequence_view import SequenceView
from gru_core.data.step_view import Place, StepView
from gru_core.data.worksheet import Worksheet
from gru_core.errors import N_
from gru_core.training.class_link import LOADS_TORCH, ClassLink, Query, ready
from gru_core.training.question_view import QuestionView

ASKING = Classroom(hide=("bar", "look", "words", "tabs", "about"), size="large")
"""For the wall: the figure alone. Titles of examples are in the bar, and some give the answer."""
TURNING = Classroom(hide=("popovers", "link", "look", "words", "tabs", "about"), size="large")
"""For the wall, with what is to be turned."""
TELLING = Classroom(size="large")
"""For the wall, with all that is said."""
QUIZ = Classroom(hide=("about",), solutions=False)
"""For the class's own screens, with what is right kept back."""
WATCH = Classroom(hide=("about", "downloads"), lock=(ALL,))
"""For the class's own screens: the same run for everyone."""


@dataclass(frozen=True)
class Stop:
    """One link of a class. title: an English message id. make: the parameters of its page."""

    title: str
    page: str
    make: Callable[[], Query]
    classroom: Classroom

    @property
    def loads_torch(self) -> bool:
        """Whether its address takes PyTorch to write."""
        return self.page in LOADS_TORCH

    def class_link(self, lang: str = "") -> ClassLink:
        """What it opens, in a language."""
        return ClassLink(self.page, self.make(), lang, self.classroom)


@dataclass(frozen=True)
class Class:
    """title: an English message id. stops: in the order of the numbers that the prose gives."""

    title: str
    stops: tuple[Stop, ...]


def _step(title: str, name: str, classroom: Classroom, place: Place | None = None) -> Stop:
    def make() -> Query:
        view = StepView.of_example(name)
        if place:
            view = StepView(view.setup, name, place=place)
        return view.to_query()

    return Stop(title, "gates", make, classroom)


def _models(title: str, name: str, classroom: Classroom) -> Stop:
    return Stop(title, "sequence", SequenceView.of_model(name).to_query, classroom)


def _gradients(title: str, classroom: Classroom, **choices: object) -> Stop:
    return Stop(title, "gradients", GradientView(**choices).to_query, classroom)  # type: ignore[arg-type]


def _ready(title: str, page: str, name: str, classroom: Classroom) -> Stop:
    return Stop(title, page, lambda: ready(page)[name].query, classroom)


def _exercise(title: str, page: str, kind: str) -> Stop:
    exercise = Exercise.draw(kind, 1)
    return Stop(title, page, exercise.to_query, QUIZ)


def _mistake(title: str, key: str, classroom: Classroom = QUIZ) -> Stop:
    return Stop(title, "articles", Quiz(exhibit=key).to_query, classroom)


CLASSES: Mapping[str, Class] = MappingProxyType(
    {
        "by_hand": Class(
            N_("One step by hand"),
            (
                _step(N_("One unit, on the wall"), "one_unit", ASKING),
                _step(N_("Two units, at step 2"), "welcome", ASKING, Place(1, "z", 0)),
                _exercise(N_("The class's exercise"), "gates", "unit"),
                Stop(N_("The sheet for paper"), "worksheet", Worksheet(count=3).to_query, QUIZ),
                _step(N_("One unit, with all that is said"), "one_unit", TELLING),
            ),
        ),
        "memory": Class(
            N_("What the gates do over time"),
            (
                _models(N_("The latch, unexplained"), "latch", ASKING),
                _models(N_("The latch that can forget"), "resettable_latch", ASKING),
                _models(N_("Two time scales"), "two_time_scales", ASKING),
                Stop(
                    N_("Does a closed reset gate erase the memory?"),
                    "questions",
                    QuestionView(q="reset").to_query,
                    QUIZ,
                ),
                _step(N_("The reset gate, shut"), "reset_closed", TELLING),
            ),
        ),
        "gradients": Class(
            N_("Why gradients vanish"),
            (
                _gradients(N_("Three cells, 100 steps"), TURNING),
                _gradients(N_("With a bias that keeps"), TURNING, keep="bias"),
                _gradients(N_("With chrono biases"), TELLING, keep="chrono"),
                _exercise(N_("One step backwards, by hand"), "gradients", "step"),
                Stop(
                    N_("A GRU has no vanishing gradient, has it?"),
                    "questions",
                    QuestionView(q="vanishing").to_query,
                    TELLING,
                ),
            ),
        ),
        "training": Class(
            N_("One learns, one breaks"),
            (
                _ready(N_("One that learns"), "train", "adding", WATCH),
                _ready(
                    N_("One that breaks"), "train", "rate_high", Classroom(hide=("bar", "look"))
                ),
                _ready(N_("GRU, LSTM and RNN"), "compare", "cells_order", WATCH),
                _ready(
                    N_("Does clipping help a gradient that vanishes?"),
                    "compare",
                    "clip_vanishing",
                    Classroom(hide=("bar", "look", "about"), lock=(ALL,)),
                ),
            ),
        ),
        "mistakes": Class(
            N_("Do not believe what you read"),
            (
                _mistake(N_("A reset gate of 0.3"), "r_impossible"),
                _mistake(N_("What the reset gate discards"), "reset_discards"),
                _mistake(N_("A split that was shuffled"), "shuffled_split"),
                _mistake(N_("Who, and when"), "lstm_2013"),
                _mistake(N_("The first again, to open"), "r_impossible", TELLING),
            ),
        ),
    }
)
CLASS = OneOf("class", N_("Class"), {key: each.title for key, each in CLASSES.items()}, "by_hand")
