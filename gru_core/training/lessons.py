"""Ten lessons: paths through the pages, each step a question or an act that a number answers.

What is said at a step is prose, by the keys of the lesson and the step. A step's address is made by
the part of the library whose page it opens; those that need torch load it only when they are
followed. Whether an act was done is read off the page's own state, never off a click.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from gru_core.data import answers
from gru_core.data.bounds import Whole
from gru_core.data.examples import example_setup, pytorch_default
from gru_core.data.exhibits.quiz import Quiz
from gru_core.data.exhibits.registry import EXHIBITS
from gru_core.data.gradient_study import power, study
from gru_core.data.gradient_view import STEPS as T
from gru_core.data.gradient_view import GradientView
from gru_core.data.judging import Judgement
from gru_core.data.practice import Exercise
from gru_core.data.sequence_view import Drawn, SequenceView
from gru_core.data.step_view import Place, StepView
from gru_core.data.typed import shown
from gru_core.errors import N_, InputError
from gru_core.maths.equations import format_number
from gru_core.maths.measures import half_life
from gru_core.training.question_view import QuestionView

if TYPE_CHECKING:
    from gru_core.training.comparison import Comparison
    from gru_core.training.record import Record
    from gru_core.training.trainer import Checkpoint

Query = Callable[[], dict[str, str]]
Texts = Mapping[str, str]
"""Numbers as they are said, by the names that the prose has for them."""


class Trained(NamedTuple):
    """What a check is shown of "Train live"."""

    checkpoint: Checkpoint
    record: Record


class Compared(NamedTuple):
    """What a check is shown of "Compare": one record and checkpoint for each configuration."""

    comparison: Comparison
    records: tuple[Record, ...]
    checkpoints: tuple[Checkpoint, ...]


def _no_numbers(_: Any) -> Texts:
    return {}


@dataclass(frozen=True)
class Step:
    """key: with the lesson's, that of its prose. page: as in its address.

    query: the parameters with which it begins; None: the page is as the step before left it.
    right: of a prediction, the option that is right, from 0. done: of an act, whether the state of
    the page says that it was done: the view of One step, Gates over time, Gradients over time and
    Questions answered, the Quiz of Spot the mistake, a Judgement or None of an exercise,
    Trained, or Compared.
    numbers: what the answer says, from that state once it is done; from None for a prediction.
    state: what the session calls that state, where it is not called like the page.
    misconception: its number among the twelve that learners bring along, 0 for none of them.
    """

    key: str
    page: str
    query: Query | None = field(default=None, repr=False)
    right: int | None = None
    done: Callable[[Any], bool] | None = None
    numbers: Callable[[Any], Texts] = _no_numbers
    state: str = ""
    misconception: int = 0

    @property
    def kind(self) -> Literal["ask", "do", "say"]:
        if self.right is not None:
            return "ask"
        return "say" if self.done is None else "do"

    @property
    def asks(self) -> bool:
        """Whether there is something to answer or to do."""
        return self.kind != "say"


@dataclass(frozen=True)
class Lesson:
    """title: an English message id. minutes: that it takes."""

    key: str
    title: str
    minutes: int
    steps: tuple[Step, ...]

    def opens(self, place: int) -> Query | None:
        """The address with which to take up step `place` (from 0): the last one for its page."""
        for step in reversed(self.steps[: place + 1]):
            if step.page != self.steps[place].page:
                return None
            if step.query is not None:
                return step.query
        return None


@dataclass(frozen=True)
class Mark:
    """A step of a lesson, as an address names it: `recurrent.1` is its first. step: from 0."""

    lesson: str
    step: int = 0

    @classmethod
    def read(cls, text: str) -> Mark:
        """The step that an address names. Raises InputError when there is none such."""
        key, _, number = text.partition(".")
        lesson = LESSONS.get(key)
        if lesson is None:
            raise InputError(
                "lesson: expected one of {expected}, a point and the number of a step, as in "
                "{example}, got {actual!r}. Choose a lesson from the list.",
                expected=", ".join(LESSONS),
                example=Mark(next(iter(LESSONS))).text,
                actual=shown(text),
            )
        return cls(key, Whole("lesson", "", 1, len(lesson.steps), 1).read(number or 1) - 1)

    @property
    def text(self) -> str:
        """`read` is the way back."""
        return f"{self.lesson}.{self.step + 1}"


# --- Addresses -----------------------------------------------------------------------------------


def _gates(example: str, **place: Any) -> Query:
    setup = example_setup(example)
    return lambda: {"example": example, **StepView(setup, example, place=Place(**place)).to_query()}


def _latch(time: int) -> Query:
    # An address that says nothing would leave the page as it was; this one says what is usual.
    view = SequenceView.of_model("latch")
    return lambda: {**view.to_query(), "model": "latch", "t": str(time)}


def _gradients(**choices: Any) -> Query:
    view = GradientView(**choices)
    return lambda: {**view.to_query(), T.name: str(view.T)}


def _question(q: str, **chosen: Any) -> Query:
    return lambda: {"q": q, **QuestionView(q=q, chosen=chosen).to_query()}


def _exercise() -> dict[str, str]:
    return Exercise.draw("unit", 1).to_query()


def _preset(name: str) -> Query:
    def query() -> dict[str, str]:
        from gru_core.training.presets import PRESETS

        experiment = PRESETS[name].experiment
        return {**experiment.to_query(), "steps": str(experiment.steps)}

    return query


def _ready(name: str) -> Query:
    def query() -> dict[str, str]:
        from gru_core.training.comparison import READY

        return READY[name].comparison.to_query()

    return query


# --- What is read off a page ---------------------------------------------------------------------


def _at(part: str, time: int) -> Callable[[StepView], bool]:
    return lambda view: view.place.part == part and view.place.time == time


def _first_input_changed(view: StepView) -> bool:
    setup = view.setup
    one = example_setup("one_unit")
    if setup.inputs.shape != one.inputs.shape or setup.parameters != one.parameters:
        return False
    return bool(setup.inputs[0, 0] != one.inputs[0, 0])


def _forgets(view: StepView) -> bool:
    """Unit 1 of the example "Reset closed" lets its memory go, with r still shut."""
    trace = view.setup.unroll()
    return bool((trace.r[:, 0] < 0.01).all() and (trace.z[:, 0] < 0.01).all())


def _writes(view: SequenceView) -> bool:
    return view.model == "latch" and bool(view.trace().z[view.time, view.unit] < 0.5)


def _starts_plain(view: GradientView) -> bool:
    return view.T >= 100 and view.keep == "none"


def _keeps(view: GradientView) -> bool:
    return view.keep == "bias" and view.keep_bias >= 2.0


def _dial(q: str, name: str, test: Callable[[Any], bool]) -> Callable[[QuestionView], bool]:
    return lambda view: view.q == q and test(view.numbers[name])


def _solved(judgement: Judgement | None) -> bool:
    return judgement is not None and judgement.is_solved


def _trained_for(steps: int, low: float, high: float) -> Callable[[Trained], bool]:
    """So many steps of the adding task, all at a learning rate within these."""

    def done(seen: Trained) -> bool:
        experiment, step = seen.checkpoint.experiment, seen.checkpoint.step
        rates = experiment.learning_rate, experiment.at(step).learning_rate
        is_it = experiment.task == "adding" and all(low <= rate <= high for rate in rates)
        return is_it and (step >= steps or seen.checkpoint.finished)

    return done


def _compared(name: str, steps: int) -> Callable[[Compared], bool]:
    """So many steps of every configuration of a ready-made comparison."""

    def done(seen: Compared) -> bool:
        from gru_core.training.comparison import READY

        return seen.comparison == READY[name].comparison and all(
            c.step >= steps or c.finished for c in seen.checkpoints
        )

    return done


# --- What is said of it --------------------------------------------------------------------------


def _n(value: float, digits: int = 3) -> str:
    return format_number(float(value), digits)


def _of_example(example: str, step: int, unit: int) -> Callable[[Any], Texts]:
    s = example_setup(example).unroll().step(step)
    names = {"r": s.r, "z": s.z, "n": s.n, "old": s.h_previous, "new": s.h}
    texts = {name: _n(values[unit]) for name, values in names.items()}
    return lambda _: texts


def _last_states(view: StepView) -> Texts:
    before, now = example_setup("one_unit").unroll().h[:, 0], view.setup.unroll().h[:, 0]
    return {
        "x": _n(view.setup.inputs[0, 0]),
        "before": ", ".join(map(_n, before)),
        "now": ", ".join(map(_n, now)),
    }


def _kept(_: Any) -> Texts:
    setup = example_setup("reset_closed")
    trace = setup.unroll()
    return {"r": _n(trace.r[:, 0].max(), 4), "old": _n(setup.h0[0]), "new": _n(trace.h[-1, 0])}


def _left(view: StepView) -> Texts:
    trace = view.setup.unroll()
    return {
        "z": _n(trace.z[:, 0].max(), 4),
        "n": ", ".join(map(_n, trace.n[:, 0])),
        "h": ", ".join(map(_n, trace.h[:, 0])),
    }


def _sum_of_gates(_: Any) -> Texts:
    r = pytorch_default(0).unroll().r[0]
    return {"r": ", ".join(map(_n, r)), "sum": _n(r.sum())}


def _slope_of_gates(view: StepView) -> Texts:
    trace = view.setup.unroll()
    gates = np.concatenate([trace.r, trace.z])
    return {"slope": power(float((gates * (1 - gates)).max()))}


def _without_bound(view: QuestionView) -> Texts:
    weight = float(view.numbers["weight"])
    ends = {name: ys[-1] for name, ys in answers.unbounded(weight).ys.items()}
    return {"a": f"{weight:g}", "tanh": _n(ends["tanh"], 2), "relu": f"{ends['relu']:,.0f}"}


def _printed(_: Any) -> Texts:
    r = example_setup("article_003_as_printed").unroll().r[0]
    return {"r": ", ".join(map(_n, r))}


def _signs(_: Any) -> Texts:
    apart, same = (answers.difference(*answers.two_readings(0, yes)) for yes in (False, True))
    return {"apart": _n(apart), "same": power(same)}


def _flipped(view: StepView) -> Texts:
    before = example_setup("welcome").unroll().h[-1]
    now = view.setup.unroll().h[-1]
    return {"before": ", ".join(map(_n, before)), "now": ", ".join(map(_n, now))}


def _places(share: float) -> Texts:
    return {"difference": _n(answers.two_places(share).difference)}


def _counts(_: Any) -> Texts:
    counts = {k: 2 * c for k, c in answers.counts_by_library(16, 32).items()}
    return {"torch": f"{counts['pytorch']:,}", "formula": f"{counts['keras_reset_before']:,}"}


def _latched(_: Any) -> Texts:
    trace = SequenceView.of_model("latch").trace()
    return {"z": _n(trace.z[20:60, 0].min(), 4), "steps": "50"}


def _written(view: SequenceView) -> Texts:
    step = view.trace().step(view.time)
    texts = {"z": step.z, "n": step.n, "old": step.h_previous, "new": step.h}
    return {"t": str(view.time + 1), **{name: _n(v[view.unit]) for name, v in texts.items()}}


def _half_lives(view: SequenceView) -> Texts:
    return {"steps": f"{float(np.median(half_life(view.trace()))):.1f}"}


def _both_ways(_: Any) -> Texts:
    both = answers.both_ways(12)
    h_n, last = both.h_n[1], both.last_output[1]
    return {"h_n": ", ".join(map(_n, h_n)), "last": ", ".join(map(_n, last))}


def _ratio(view: GradientView, curve: str = "gru") -> str:
    return power(study(view).reach(curve).ratio)


def _arrived(_: Any) -> Texts:
    return {"near": _ratio(GradientView(T=10)), "far": _ratio(GradientView(T=100))}


def _far_back(view: GradientView) -> Texts:
    return {"T": str(view.T), "gru": _ratio(view), "rnn": _ratio(view, "rnn")}


def _halved(_: Any) -> Texts:
    return {"left": power(0.5**99)}


def _rescued(view: GradientView) -> Texts:
    bias = _n(view.keep_bias, 1)
    keep = answers.left_after(view.keep_bias, 1)
    return {"bias": bias, "u": _n(keep), "ratio": _ratio(view), "rnn": _ratio(view, "rnn")}


def _chrono(view: GradientView) -> Texts:
    return {"ratio": _ratio(view)}


def _losses(seen: Trained) -> Texts:
    record = seen.record
    last = np.asarray(record.validation_loss[-1], dtype=float)
    return {
        "step": str(seen.checkpoint.step),
        "loss": _n(float(np.median(last))),
        "worst": f"{float(last.max()):.3g}",
        "guess": _n(1 / 6),
    }


def _medians(seen: Compared) -> Texts:
    from gru_core.training.comparison import verdict

    found = verdict(seen.records, seen.checkpoints)
    texts = {"runs": str(found.runs)}
    for letter, spread in zip("abcdefgh", found.spreads, strict=False):
        low, middle, high = spread or (float("nan"),) * 3
        texts[letter] = _n(middle)
        texts[f"{letter}_range"] = f"{_n(low)}–{_n(high)}"
    return texts


def _dropped(view: QuestionView) -> Texts:
    share = float(view.numbers["share"])
    keep = answers.left_after(float(view.numbers["keep_bias"]), 1)
    left = {name: ys[10] for name, ys in answers.dropped(keep, share).ys.items()}
    return {"share": f"{share:.0%}", **{k: f"{v:.1%}" for k, v in left.items()}}


def _by_chance(view: QuestionView) -> Texts:
    seeds = int(view.numbers["seeds"])
    return {"seeds": str(seeds), "chance": f"{answers.by_chance(seeds):.1%}"}


def _forecasts(view: QuestionView) -> Texts:
    order = int(view.numbers["order"])
    errors = answers.rmse(answers.sunspots(order))
    return {"order": str(order), **{name: f"{error:.1f}" for name, error in errors.items()}}


def _leaked(_: Any) -> Texts:
    return dict(EXHIBITS["scaler_first"].demonstrate().values)


# --- The lessons ---------------------------------------------------------------------------------

_ALL = (
    Lesson(
        "recurrent",
        N_("What a recurrent step is"),
        3,
        (
            Step("state", "gates", _gates("one_unit")),
            Step("predict", "gates", right=1, numbers=_of_example("one_unit", 1, 0)),
            Step("second", "gates", done=_at("h", 1), numbers=_of_example("one_unit", 1, 0)),
            Step("weights", "gates", right=2),
            Step("change", "gates", done=_first_input_changed, numbers=_last_states),
            Step("end", "gates"),
        ),
    ),
    Lesson(
        "gates",
        N_("The two gates"),
        4,
        (
            Step("closed", "gates", _gates("welcome"), right=1, misconception=7),
            Step("look", "gates", _gates("reset_closed"), done=_at("h", 3), numbers=_kept),
            Step("forget", "gates", done=_forgets, numbers=_left),
            Step(
                "sum",
                "gates",
                _gates("pytorch_default"),
                right=2,
                numbers=_sum_of_gates,
                misconception=8,
            ),
            Step(
                "saturate",
                "gates",
                done=lambda view: view.example == "saturated",
                numbers=_slope_of_gates,
            ),
            Step("end", "gates"),
        ),
    ),
    Lesson(
        "candidate",
        N_("The candidate and the blend"),
        4,
        (
            Step(
                "between",
                "gates",
                _gates("welcome", time=1, part="n"),
                right=0,
                numbers=_of_example("welcome", 1, 0),
            ),
            Step("blend", "gates", done=_at("h", 1), numbers=_of_example("welcome", 1, 0)),
            Step("relu", "gates", right=1, misconception=6),
            Step(
                "grow",
                "questions",
                _question("activation", weight=0.8),
                done=_dial("activation", "weight", lambda weight: weight > 1.0),
                numbers=_without_bound,
            ),
            Step("end", "questions"),
        ),
    ),
    Lesson(
        "hand",
        N_("One step by hand"),
        5,
        (
            Step("printed", "gates", _gates("welcome"), right=1, numbers=_printed),
            Step("order", "gates", _gates("article_003_as_printed"), right=2),
            Step("solve", "gates", _exercise, done=_solved, state="practice_step"),
            Step("end", "gates"),
        ),
    ),
    Lesson(
        "conventions",
        N_("The convention trap"),
        5,
        (
            Step("signs", "gates", _gates("welcome"), right=2, numbers=_signs, misconception=1),
            Step(
                "flip",
                "gates",
                done=lambda view: view.setup.convention.z_weights == "candidate",
                numbers=_flipped,
            ),
            Step("paper", "gates", right=1, numbers=lambda _: _places(1.0), misconception=2),
            Step(
                "diagonal",
                "questions",
                _question("paper", mixing=1.0),
                done=_dial("paper", "mixing", lambda mixing: mixing == 0.0),
                numbers=lambda _: _places(0.0),
            ),
            Step("count", "questions", right=1, numbers=_counts, misconception=3),
            Step("end", "questions", _question("count")),
        ),
    ),
    Lesson(
        "sequence",
        N_("A sequence passes"),
        4,
        (
            Step("keep", "sequence", _latch(40), right=1, numbers=_latched),
            Step("write", "sequence", done=_writes, numbers=_written),
            Step(
                "random",
                "sequence",
                done=lambda view: isinstance(view.model, Drawn),
                numbers=_half_lives,
            ),
            Step("ends", "sequence", right=2, numbers=_both_ways, misconception=4),
            Step("end", "questions", _question("h_n")),
        ),
    ),
    Lesson(
        "gradients",
        N_("Gradients go back: why they die, and what saves them"),
        5,
        (
            Step("back", "gradients", _gradients(T=10)),
            Step("arrive", "gradients", right=2, numbers=_arrived, misconception=5),
            Step("hundred", "gradients", done=_starts_plain, numbers=_far_back),
            Step("half", "gradients", right=0, numbers=_halved),
            Step("bias", "gradients", done=_keeps, numbers=_rescued),
            Step(
                "chrono",
                "gradients",
                done=lambda view: view.keep == "chrono",
                numbers=_chrono,
            ),
            Step("end", "gradients"),
        ),
    ),
    Lesson(
        "training",
        N_("Training and its dials"),
        5,
        (
            Step(
                "play",
                "train",
                _preset("adding"),
                done=_trained_for(150, 0.003, 0.03),
                numbers=_losses,
            ),
            Step("rate", "train", right=2),
            Step(
                "jump",
                "train",
                _preset("rate_high"),
                done=_trained_for(60, 0.3, 10.0),
                numbers=_losses,
            ),
            Step("mend", "train", done=_trained_for(150, 0.003, 0.03), numbers=_losses),
            Step("end", "train"),
        ),
    ),
    Lesson(
        "stabilising",
        N_("Stabilising"),
        5,
        (
            Step("clip", "gradients", _gradients(), right=2, misconception=9),
            Step(
                "run",
                "compare",
                _ready("clip_vanishing"),
                done=_compared("clip_vanishing", 150),
                numbers=_medians,
            ),
            Step("where", "compare", right=0, misconception=10),
            Step(
                "erase",
                "questions",
                _question("on_state", share=0.0, keep_bias=4.0),
                done=_dial("on_state", "share", lambda share: share >= 0.25),
                numbers=_dropped,
            ),
            Step("end", "questions"),
        ),
    ),
    Lesson(
        "judging",
        N_("How to judge a result"),
        5,
        (
            Step("winner", "questions", _question("cells"), right=2, misconception=12),
            Step(
                "race",
                "compare",
                _ready("cells_copy"),
                done=_compared("cells_copy", 100),
                numbers=_medians,
            ),
            Step(
                "seeds",
                "questions",
                _question("seeds", seeds=1),
                done=_dial("seeds", "seeds", lambda seeds: seeds >= 3),
                numbers=_by_chance,
            ),
            Step("overlay", "questions", right=2, misconception=11),
            Step(
                "baseline",
                "questions",
                _question("forecast", order=1),
                done=_dial("forecast", "order", lambda order: order >= 2),
                numbers=_forecasts,
            ),
            Step(
                "leak",
                "articles",
                Quiz("scaler_first").to_query,
                done=lambda quiz: "scaler_first" in quiz.answers,
                numbers=_leaked,
            ),
            Step("end", "articles"),
        ),
    ),
)

LESSONS: Mapping[str, Lesson] = MappingProxyType({lesson.key: lesson for lesson in _ALL})
"""By key, in their order; the first is where a newcomer begins."""
