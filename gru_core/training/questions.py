"""Questions that people ask about GRUs: where each is answered by an experiment, and by whom.

The answers in words are the page's prose, by the questions' keys. A link is made by the part of the
library whose page it opens; those that need torch load it only when they are followed, so that
importing this module does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gru_core.data import answers
from gru_core.data.bounds import OneOf, Parameter, Real, Value, Whole, read_all
from gru_core.data.examples import pytorch_default
from gru_core.data.gradient_view import STEPS as T
from gru_core.data.gradient_view import GradientView
from gru_core.data.missing import METHODS
from gru_core.data.sequence_view import SequenceView
from gru_core.data.sequences import Feed
from gru_core.data.step_view import StepView
from gru_core.errors import N_

Numbers = Mapping[str, Value]
"""What the reader has chosen, by the names of the dials."""

TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "all": N_("All"),
        "cell": N_("The cell"),
        "memory": N_("Memory and gradients"),
        "training": N_("Training"),
        "data": N_("Data and tasks"),
        "judging": N_("Comparing"),
    }
)
"""English message ids."""


@dataclass(frozen=True)
class Link:
    """An experiment, one click away. title: an English message id. page: as in its address.

    query: the parameters of that address, for what the reader has chosen here. late: it has to
    load torch for them.
    """

    page: str
    title: str
    query: Callable[[Numbers], dict[str, str]] = field(repr=False)
    late: bool = False


@dataclass(frozen=True)
class Source:
    """Who says so, with the year, and where. No address: an English message id that says how it is
    known here."""

    text: str
    address: str = ""


@dataclass(frozen=True)
class Question:
    """title: an English message id. topic: a key of TOPICS. dials: what moves in its live part.

    misconception: its number among the twelve that learners bring along, 0 for none of them.
    """

    key: str
    topic: str
    title: str
    links: tuple[Link, ...]
    sources: tuple[Source, ...]
    dials: tuple[Parameter, ...] = ()
    misconception: int = 0

    def numbers(self, given: Numbers | None = None) -> dict[str, Value]:
        """A value for each dial, the usual one where none is given. Raises InputError."""
        return read_all(self.dials, given or {})


# --- Dials; one name is one dial, in whatever question ------------------------------------------

INPUTS = Whole("D", N_("Inputs D"), 1, 256, 16)
UNITS = Whole("H", N_("Hidden units H"), 1, 256, 32)
SETS = OneOf(
    "biases",
    N_("Bias vectors of each gate"),
    {"two": N_("two, as in PyTorch"), "one": N_("one"), "none": N_("none")},
    "two",
)
NEGATED = OneOf(
    "negated",
    N_("W_z, U_z and b_z in the second formula"),
    {"no": N_("the same numbers"), "yes": N_("with the opposite sign")},
    "yes",
)
DRAW = Whole("draw", N_("Random GRU"), 0, 99, 0)
MIXING = Real("mixing", N_("Entries of Uₙ off its diagonal, times"), 0.0, 2.0, 1.0, 0.1)
RESET_BIAS = Real("reset_bias", N_("Bias of the reset gate"), -8.0, 8.0, -8.0, 1.0)
UPDATE_BIAS = Real("update_bias", N_("Bias of the update gate"), -8.0, 8.0, 8.0, 1.0)
GAIN = Real("gain", N_("Gain of the random U"), 0.5, 10.0, 1.0, 0.5)
WEIGHT = Real("weight", N_("Weight of the old state"), 0.5, 1.5, 1.2, 0.05)
SUM = Real("a", N_("Sum a inside the gate"), -6.0, 6.0, 3.0, 0.5)
LENGTH = Whole("length", N_("Steps T"), 2, 40, 12)
KEEP_BIAS = Real("keep_bias", N_("Keep bias"), -2.0, 8.0, 2.0, 0.5)
START_BIAS = Real("bias", N_("Keep bias"), -2.0, 8.0, 0.0, 0.5)
STEPS = Whole("steps", N_("Steps to bridge"), 2, 200, 100)
FACTOR = Real("factor", N_("Each step back multiplies the gradient by"), 0.5, 1.5, 0.8, 0.05)
SHARE = Real("share", N_("Share that is dropped"), 0.0, 0.9, 0.25, 0.05)
RATE = OneOf(
    "rate",
    N_("Learning rate"),
    {rate: rate for rate in ("0.0001", "0.001", "0.01", "0.1", "1")},
    "0.01",
)
SEEDS = Whole("seeds", N_("Seeds of each method"), 1, 8, 3)
FILL = OneOf(
    "fill",
    N_("Fill the gap"),
    {name: title for name, title in METHODS.items() if name != "refuse"},
    "forward",
)
GAP = Whole("gap", N_("Missing steps"), 1, 25, 8)
ORDER = Whole("order", N_("Years that AR looks at"), 1, 20, 9)
KIND = OneOf(
    "kind",
    N_("What is asked"),
    {
        "generation": N_("what comes next"),
        "labelling": N_("a label at every step"),
        "forecasting": N_("the next number"),
        "classification": N_("one class for all of it"),
        "regression": N_("one number for all of it"),
    },
    "generation",
)

# --- Links ---------------------------------------------------------------------------------------


def _example(name: str, title: str) -> Link:
    return Link("gates", title, lambda _: StepView.of_example(name).to_query())


def _gradients(title: str, **choices: object) -> Link:
    view = GradientView(**choices)  # type: ignore[arg-type]
    # An address that says nothing would leave the page as it was; this one says what is usual.
    return Link("gradients", title, lambda _: view.to_query() | {T.name: str(view.T)})


def _preset(name: str, title: str) -> Link:
    def query(_: Numbers) -> dict[str, str]:
        from gru_core.training.presets import PRESETS

        return PRESETS[name].experiment.to_query()

    return Link("train", title, query, late=True)


def _ready(name: str, title: str) -> Link:
    def query(_: Numbers) -> dict[str, str]:
        from gru_core.training.comparison import READY

        return READY[name].comparison.to_query()

    return Link("compare", title, query, late=True)


def _task(name: str, title: str) -> Link:
    def query(_: Numbers) -> dict[str, str]:
        from gru_core.training.experiment import Experiment

        return Experiment.of({"task": name}).to_query()

    return Link("train", title, query, late=True)


def _between(title: str, *variants: Mapping[str, object]) -> Link:
    """The usual experiment with these choices, side by side."""

    def query(_: Numbers) -> dict[str, str]:
        from gru_core.training.comparison import Comparison
        from gru_core.training.experiment import Experiment

        return Comparison.between(Experiment(), *variants).to_query()

    return Link("compare", title, query, late=True)


def _of_kind(numbers: Numbers) -> dict[str, str]:
    from gru_core.training.experiment import Experiment

    return Experiment.of({"task": answers.KINDS[str(numbers["kind"])][0]}).to_query()


def _backward_layer(_: Numbers) -> dict[str, str]:
    from gru_core.training.model_view import ModelView

    return ModelView.of_example().with_layer(1).to_query()


def _no_query(_: Numbers) -> dict[str, str]:
    return {}


def _read_twice(numbers: Numbers) -> dict[str, str]:
    return StepView(pytorch_default(int(numbers["draw"]))).to_query()


def _mixed(numbers: Numbers) -> dict[str, str]:
    return StepView(answers.mixed(float(numbers["mixing"]))).to_query()


def _closed(numbers: Numbers) -> dict[str, str]:
    setup = answers.closed(float(numbers["reset_bias"]), float(numbers["update_bias"]))
    return StepView(setup).to_query()


def _kept(numbers: Numbers) -> dict[str, str]:
    bias, steps = float(numbers["keep_bias"]), int(numbers["steps"])
    return GradientView(T=steps, keep="bias", keep_bias=bias).to_query()


# --- The questions -------------------------------------------------------------------------------

_PYTORCH = Source(
    "torch.nn.GRU, documentation",
    "https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html",
)
_CHO_V1 = Source("Cho et al. 2014, version 1", "https://arxiv.org/abs/1406.1078v1")
_CHO_V3 = Source("Cho et al. 2014, version 3", "https://arxiv.org/abs/1406.1078v3")
_CHUNG = Source("Chung et al. 2014", "https://arxiv.org/abs/1412.3555")
_CHRONO = Source("Tallec & Ollivier 2018", "https://arxiv.org/abs/1804.11188")
_PASCANU = Source("Pascanu, Mikolov & Bengio 2013", "https://arxiv.org/abs/1211.5063")
_SEMENIUTA = Source("Semeniuta et al. 2016", "https://arxiv.org/abs/1603.05118")
_COOIJMANS = Source("Cooijmans et al. 2016", "https://arxiv.org/abs/1603.09025")
_GAL = Source("Gal & Ghahramani 2016", "https://arxiv.org/abs/1512.05287")
_GREFF = Source("Greff et al. 2015", "https://arxiv.org/abs/1503.04069")
_CHE = Source("Che et al. 2018 (GRU-D)", "https://doi.org/10.1038/s41598-018-24271-9")
_ADAM = Source("Kingma & Ba 2014, section 2.1", "https://arxiv.org/abs/1412.6980")
_ISSUE = Source(
    "TensorFlow, issue 43960 (2020)", "https://github.com/tensorflow/tensorflow/issues/43960"
)
_DERIVED = Source(N_("derived here, and checked by a test"))
_COMPUTED = Source(N_("computed here, as you look"))
_TRAINED = Source(N_("measured here with three seeds: open the experiment and run it"))

_ALL = (
    Question(
        "cells",
        "cell",
        N_("RNN, GRU or LSTM: which is smaller, and which is faster?"),
        (_ready("cells_adding", N_("All three on the adding task")),),
        (_PYTORCH, _COMPUTED),
        (INPUTS, UNITS, SETS),
    ),
    Question(
        "count",
        "cell",
        N_("My library counts other parameters than my formula. Which is right?"),
        (Link("model", N_("Open a model and see its layers"), _no_query, late=True),),
        (_ISSUE, _PYTORCH, _COMPUTED),
        (INPUTS, UNITS),
        misconception=3,
    ),
    Question(
        "z_sign",
        "cell",
        N_("Some write z ∘ h, others (1 − z) ∘ h. Which formula is wrong?"),
        (Link("gates", N_("This GRU, step by step"), _read_twice),),
        (_PYTORCH, _CHUNG, _COMPUTED),
        (DRAW, NEGATED),
        misconception=1,
    ),
    Question(
        "paper",
        "cell",
        N_("Is PyTorch's GRU the GRU of the paper?"),
        (Link("gates", N_("This GRU, step by step"), _mixed),),
        (_PYTORCH, _CHO_V1, _CHO_V3, _DERIVED),
        (MIXING,),
        misconception=2,
    ),
    Question(
        "reset",
        "cell",
        N_("Does a closed reset gate erase the memory?"),
        (
            Link("gates", N_("This unit, step by step"), _closed),
            _example("reset_closed", N_("Two units, reset closed in both")),
        ),
        (_CHO_V1, _COMPUTED),
        (RESET_BIAS, UPDATE_BIAS),
        misconception=7,
    ),
    Question(
        "gates",
        "cell",
        N_("Are gates switches? Or probabilities?"),
        (
            Link(
                "sequence",
                N_("These 32 units over time"),
                lambda numbers: answers.random_gates(float(numbers["gain"])).to_query(),
            ),
            _example("pytorch_default", N_("PyTorch's random start")),
        ),
        (_COMPUTED,),
        (GAIN,),
        misconception=8,
    ),
    Question(
        "saturation",
        "cell",
        N_("What is a saturated gate, and is it bad?"),
        (
            _example("saturated", N_("A cell with saturated gates")),
            _preset("rate_high", N_("A run that saturates its gates")),
        ),
        (_DERIVED, _TRAINED),
        (SUM,),
    ),
    Question(
        "activation",
        "cell",
        N_("Why tanh? Would ReLU not be better?"),
        (_preset("relu", N_("A GRU with ReLU in the candidate")),),
        (_DERIVED, _TRAINED),
        (WEIGHT,),
        misconception=6,
    ),
    Question(
        "h_n",
        "cell",
        N_("Is h_n the same as output[-1]?"),
        (Link("model", N_("The backward half of a model"), _backward_layer, late=True),),
        (_PYTORCH, _COMPUTED),
        (LENGTH,),
        misconception=4,
    ),
    Question(
        "vanishing",
        "memory",
        N_("A GRU has no vanishing gradient, has it?"),
        (
            _gradients(N_("GRU, RNN and LSTM over 100 steps")),
            _gradients(N_("The same, with chrono"), keep="chrono"),
        ),
        (_CHRONO, _COMPUTED),
        (START_BIAS,),
        misconception=5,
    ),
    Question(
        "memory",
        "memory",
        N_("My sequences are long. What limits the memory?"),
        (
            Link("gradients", N_("Gradients with this bias, over these steps"), _kept),
            _ready("keep", N_("Keep bias and chrono, trained over 100 steps")),
            _preset("truncated", N_("A gradient that is truncated too early")),
        ),
        (_CHRONO, _DERIVED, _TRAINED),
        (KEEP_BIAS, STEPS),
    ),
    Question(
        "cure",
        "memory",
        N_("My gradient explodes, or vanishes. Does clipping help?"),
        (
            _ready("clip_explosion", N_("Clipping rescues an exploding run")),
            _ready("clip_vanishing", N_("Clipping does nothing for a vanishing one")),
        ),
        (_PASCANU, _TRAINED),
        (FACTOR,),
        misconception=9,
    ),
    Question(
        "on_state",
        "memory",
        N_("May I put dropout or batch normalisation on the state?"),
        (
            _ready("erasing", N_("Dropout that erases, beside one that does not")),
            _ready("norms", N_("Layer and batch normalisation, at batch 2 and 64")),
        ),
        (_SEMENIUTA, _COOIJMANS, _DERIVED, _TRAINED),
        (SHARE, KEEP_BIAS),
        misconception=10,
    ),
    Question(
        "rate",
        "training",
        N_("How do I choose the width and the learning rate?"),
        (
            _between(
                N_("Four learning rates side by side"),
                *({"learning_rate": rate} for rate in (0.0001, 0.001, 0.01, 0.1)),
            ),
            _between(N_("Four widths side by side"), *({"hidden": H} for H in (2, 8, 32, 64))),
            _preset("rate_low", N_("A rate that is too low")),
        ),
        (_ADAM, _TRAINED),
        (RATE, UNITS),
    ),
    Question(
        "overfitting",
        "training",
        N_("My GRU overfits. What helps, and against what?"),
        (
            _ready("dropouts", N_("Three dropouts on 60 digits")),
            _preset("overfit", N_("Sixty digits learned by heart, and the cure")),
        ),
        (_GAL, _SEMENIUTA, _TRAINED),
    ),
    Question(
        "seeds",
        "judging",
        N_("How many seeds do I need?"),
        (_ready("cells_order", N_("Three cells with three seeds each")),),
        (_DERIVED,),
        (SEEDS,),
    ),
    Question(
        "winner",
        "judging",
        N_("Does a GRU always beat an LSTM?"),
        (
            _ready("cells_adding", N_("On adding")),
            _ready("cells_order", N_("On temporal order")),
            _ready("cells_copy", N_("On short copy")),
        ),
        (_CHUNG, _GREFF, _TRAINED),
        misconception=12,
    ),
    Question(
        "forecast",
        "judging",
        N_("My forecast lies right on the data. Is the model good?"),
        (
            _preset("sunspots", N_("A GRU against persistence and AR(9)")),
            Link("sequence", N_("A GRU that reads the sunspots"), lambda _: _reads("sunspots")),
        ),
        (_COMPUTED, _TRAINED),
        (ORDER,),
        misconception=11,
    ),
    Question(
        "missing",
        "data",
        N_("My data have gaps. What do I feed?"),
        (
            Link(
                "sequence",
                N_("Real gaps, filled this way"),
                lambda numbers: answers.with_gaps(str(numbers["fill"])).to_query(),
            ),
        ),
        (_CHE, _COMPUTED),
        (FILL, GAP),
    ),
    Question(
        "kinds",
        "data",
        N_("Generate, label, forecast, classify: what is the difference?"),
        (
            Link("train", N_("Train the first of these"), _of_kind, late=True),
            _task("digit_rows", N_("Handwritten digits, row by row")),
        ),
        (_COMPUTED,),
        (KIND,),
    ),
    Question(
        "libraries",
        "data",
        N_("Same weights, another library, other numbers. Why?"),
        (
            Link("model", N_("Open a model of yours"), _no_query, late=True),
            _example("welcome", N_("Compare conventions on one cell")),
        ),
        (_PYTORCH, _CHO_V1, _CHO_V3),
    ),
)


def _reads(series: str) -> dict[str, str]:
    model = answers.random_gates(1.0).model
    return SequenceView(model, Feed(series)).to_query()


QUESTIONS: Mapping[str, Question] = MappingProxyType({each.key: each for each in _ALL})
"""By key, in the order of the page; the first is what it opens with."""
