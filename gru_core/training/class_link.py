"""What a teacher hands out: one page of the app, in one state, as a class is to see it.

Addresses are written by the library that reads them. Importing this loads no PyTorch; the states of
training runs, and the check of a link to one, do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from gru_core.data.backward_setup import BACKWARD_QUERY_NAMES, BackwardSetup
from gru_core.data.bounds import OneOf
from gru_core.data.classroom import QUERY_NAMES as FRAME_NAMES
from gru_core.data.classroom import Classroom
from gru_core.data.examples import EXAMPLES
from gru_core.data.exhibits.quiz import Quiz
from gru_core.data.exhibits.registry import EXHIBITS
from gru_core.data.gradient_view import GradientView
from gru_core.data.practice import BACKWARD, FORWARD, PRACTICE_QUERY_NAMES, Exercise
from gru_core.data.sequence_view import Drawn, SequenceView
from gru_core.data.step_view import StepView
from gru_core.data.typed import shown
from gru_core.data.wired import WIRED
from gru_core.data.worksheet import TITLES, Worksheet
from gru_core.errors import N_, InputError
from gru_core.training.question_view import QuestionView
from gru_core.training.questions import QUESTIONS

PAGE = OneOf(
    "page",
    N_("Page"),
    {
        "gates": N_("One step"),
        "sequence": N_("Gates over time"),
        "gradients": N_("Gradients over time"),
        "train": N_("Train live"),
        "compare": N_("Compare"),
        "lessons": N_("Lessons"),
        "questions": N_("Questions answered"),
        "articles": N_("Spot the mistake"),
        "checklist": N_("Checklist"),
        "worksheet": N_("Worksheet"),
        "model": N_("Open your model"),
        "": N_("GRU Lab"),
    },
    "gates",
)
LANGUAGE = OneOf(
    "lang", N_("Language"), {"": N_("the reader's own"), "en": "English", "zh": "简体中文"}, ""
)
LOADS_TORCH = frozenset({"train", "compare", "model"})
MOST_LETTERS = 8000
"""Of a link: longer ones do not come through every browser and every mail."""

_EMBED = ("embed", "embed_options")

Query = Mapping[str, str]


@dataclass(frozen=True)
class ClassLink:
    """page, query: what is opened. lang: empty for the reader's own. classroom: how it looks.

    Raises InputError that names what is wrong with the page's parameters too.
    """

    page: str = PAGE.usual
    query: Query = field(default_factory=dict)
    lang: str = ""
    classroom: Classroom = field(default_factory=Classroom)

    def __post_init__(self) -> None:
        PAGE.read(self.page)
        LANGUAGE.read(self.lang)
        _check(self.page, self.query)
        object.__setattr__(self, "query", MappingProxyType(dict(self.query)))

    def to_link(self, **more: str) -> str:
        """The address from the first slash on; all that stands in it is quoted."""
        lang = {"lang": self.lang} if self.lang else {}
        query = {**self.query, **lang, **self.classroom.to_query(), **more}
        return f"/{self.page}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")

    @classmethod
    def from_link(cls, link: str) -> ClassLink:
        """What a link of this app opens, wherever the app is hosted.

        Raises InputError when it is a link of no page, or one that its page would refuse.
        """
        if len(link) > MOST_LETTERS:
            raise InputError(
                "Link: expected at most {expected} characters, got {actual}. Use a shorter one.",
                expected=MOST_LETTERS,
                actual=len(link),
            )
        try:
            parts = urlsplit(link.strip())
            given = dict(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=400))
        except ValueError:
            parts, given = urlsplit("/?"), {}
            page = "?"
        else:
            page = parts.path.rstrip("/").rpartition("/")[2]
        if page not in PAGE.options:
            raise InputError(
                "Link: expected one of a page of this app, such as {expected}, got {actual}. "
                "Copy it with “Copy link” on the page that you want to show.",
                expected="/gates?example=forget",
                actual=shown(page, 60),  # not all of it: a notice would make a link of that
            )
        frame = {*FRAME_NAMES, "lang", *_EMBED}
        query = {name: text for name, text in given.items() if name not in frame}
        return cls(page, query, given.get("lang", ""), Classroom.from_query(given))

    def seen(self, **choices: object) -> ClassLink:
        """With other choices of the Classroom."""
        return replace(self, classroom=replace(self.classroom, **choices))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Ready:
    """A state of a page. title: an English message id."""

    title: str
    query: Query


def ready(page: str) -> dict[str, Ready]:
    """The ready states of a page; the first is the one that it opens with."""
    return _READY.get(page, _usual)()


# --- Ready states --------------------------------------------------------------------------------


def _usual() -> dict[str, Ready]:
    return {"usual": Ready(N_("as it opens"), {})}


def _gates() -> dict[str, Ready]:
    examples = {
        name: Ready(example.title, StepView.of_example(name).to_query())
        for name, example in EXAMPLES.items()
    }
    return {**examples, **_exercises(*FORWARD.options)}


def _exercises(*kinds: str) -> dict[str, Ready]:
    return {f"try_{kind}": Ready(TITLES[kind], Exercise.draw(kind, 1).to_query()) for kind in kinds}


def _sequence() -> dict[str, Ready]:
    wired = {
        name: Ready(model.title, SequenceView.of_model(name).to_query())
        for name, model in WIRED.items()
    }
    return {
        **wired,
        "random": Ready(N_("Random weights"), SequenceView.of_model(Drawn()).to_query()),
    }


def _gradients() -> dict[str, Ready]:
    views = {
        "long": (N_("Over 200 steps"), GradientView(T=200)),
        "bias": (N_("With a bias that keeps"), GradientView(keep="bias")),
        "chrono": (N_("With chrono biases"), GradientView(keep="chrono")),
    }
    states = {name: Ready(title, view.to_query()) for name, (title, view) in views.items()}
    return {**_usual(), **states, **_exercises(*BACKWARD.options)}


def _train() -> dict[str, Ready]:
    from gru_core.training.presets import PRESETS

    return {
        name: Ready(preset.title, preset.experiment.to_query()) for name, preset in PRESETS.items()
    }


def _compare() -> dict[str, Ready]:
    from gru_core.training.comparison import READY

    return {name: Ready(each.title, each.comparison.to_query()) for name, each in READY.items()}


def _questions() -> dict[str, Ready]:
    return {
        key: Ready(question.title, QuestionView(q=key).to_query())
        for key, question in QUESTIONS.items()
    }


def _articles() -> dict[str, Ready]:
    return {
        key: Ready(exhibit.title, Quiz(exhibit=key).to_query()) for key, exhibit in EXHIBITS.items()
    }


def _worksheet() -> dict[str, Ready]:
    alone = {
        kind: Ready(title, Worksheet(kinds=(kind,)).to_query()) for kind, title in TITLES.items()
    }
    return {**_usual(), **alone}


_READY: Mapping[str, Callable[[], dict[str, Ready]]] = MappingProxyType(
    {
        "gates": _gates,
        "sequence": _sequence,
        "gradients": _gradients,
        "train": _train,
        "compare": _compare,
        "questions": _questions,
        "articles": _articles,
        "worksheet": _worksheet,
    }
)


# --- What a page would refuse --------------------------------------------------------------------


def _check(page: str, query: Query) -> None:
    """Raises InputError as the page itself would."""
    if not query:
        return
    match page:
        case "gates":
            StepView.from_query(query)
            _check_exercise(query, FORWARD)
        case "sequence":
            SequenceView.from_query(query)
        case "gradients":
            GradientView.from_query(query)
            _check_exercise(query, BACKWARD)
            own = {name: text for name, text in query.items() if name in BACKWARD_QUERY_NAMES}
            if own:
                BackwardSetup.from_query(own)
        case "train":
            from gru_core.training.experiment import Experiment

            Experiment.from_query(query)
        case "compare":
            from gru_core.training.comparison import Comparison

            Comparison.from_query(query)
        case "questions":
            QuestionView.from_query(query)
        case "articles":
            Quiz.from_query(query)
        case "worksheet":
            Worksheet.from_query(query)


def _check_exercise(query: Query, kinds: OneOf) -> None:
    own = {name: text for name, text in query.items() if name in PRACTICE_QUERY_NAMES}
    if own:
        Exercise.from_query(own, kinds)
