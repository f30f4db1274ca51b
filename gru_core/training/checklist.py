"""What the five articles describe, item by item, and where in the app it can be tried.

Every address is written by the library that reads it, so that none can go stale unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gru_core.data.backward_setup import EXAMPLE
from gru_core.data.exhibits.quiz import Quiz
from gru_core.data.gradient_view import GradientView
from gru_core.data.sequence_view import Drawn, SequenceView
from gru_core.data.sequences import Feed
from gru_core.data.step_view import Place, StepView
from gru_core.errors import N_
from gru_core.training.comparison import READY, Comparison
from gru_core.training.experiment import Experiment
from gru_core.training.presets import PRESETS


@dataclass(frozen=True)
class Link:
    """page: as in its address. title: an English message id. query: what its address holds."""

    page: str
    title: str
    query: Mapping[str, str]


@dataclass(frozen=True)
class Item:
    """title: what is described. links: where to try it. missing: what the app cannot do of it.

    title and missing are English message ids; missing is empty where nothing is left out. An item
    has a link, or says what is missing, or both.
    """

    title: str
    links: tuple[Link, ...] = ()
    missing: str = ""


@dataclass(frozen=True)
class Group:
    """articles: of ARTICLES. title: an English message id."""

    articles: tuple[str, ...]
    title: str
    items: tuple[Item, ...]


def _train(title: str, **choices: object) -> Link:
    return Link("train", title, Experiment.of(choices).to_query())


def _preset(title: str, name: str) -> Link:
    return Link("train", title, PRESETS[name].experiment.to_query())


def _compare(title: str, base: Mapping[str, object], name: str, values: tuple[object, ...]) -> Link:
    comparison = Comparison.between(Experiment.of(base), *({name: value} for value in values))
    return Link("compare", title, comparison.to_query())


def _ready(title: str, name: str) -> Link:
    return Link("compare", title, READY[name].comparison.to_query())


def _step(title: str, example: str, place: Place | None = None) -> Link:
    view = StepView.of_example(example)
    return Link("gates", title, replace(view, place=place or view.place).to_query())


def _sequence(title: str, feed: Feed) -> Link:
    return Link("sequence", title, SequenceView(Drawn(H=8), feed).to_query())


def _mistake(title: str, key: str) -> Link:
    return Link("articles", title, Quiz(exhibit=key).to_query())


_DIGITS = {"task": "digit_rows", "steps": 200, "evaluate": 20}
_METHODS = (
    {},
    *(
        {"methods": [{"name": name}]}
        for name in ("batch_norm", "independent_gates", "gated_dropout")
    ),
)


GROUPS: tuple[Group, ...] = (
    Group(
        ("000", "002"),
        N_("Training strategies, optimisers, a layer of its own"),
        (
            Item(
                N_("A GRU cell with concatenated weights W·[h, x]"),
                (_step(N_("One step, unit by unit"), "one_unit", Place(0, "n", 0)),),
                N_("The app writes W x + U h: the same sum, with the two halves of W apart."),
            ),
            Item(
                N_("A simple RNN beside it, and long sequences"),
                (
                    Link(
                        "gradients",
                        N_("Gradients of RNN, GRU and LSTM over 200 steps"),
                        GradientView(T=200).to_query(),
                    ),
                    _ready(N_("Trained over 100 steps"), "keep"),
                ),
            ),
            Item(
                N_("Losses: mean squared error, cross-entropy, binary cross-entropy"),
                (
                    _preset(N_("MSE: adding"), "adding"),
                    _train(N_("Cross-entropy: temporal order"), task="order", length=20),
                    _train(N_("Binary: sign of a sum"), task="sign"),
                ),
            ),
            Item(
                N_("Gradient descent on all data, on mini-batches, on single examples"),
                (
                    _preset(N_("All data in a step"), "full_batch"),
                    _compare(
                        N_("Batches of 1, 32 and 256, SGD"),
                        {**_DIGITS, "optimiser": "sgd", "learning_rate": 0.05},
                        "batch",
                        (1, 32, 256),
                    ),
                ),
            ),
            Item(
                N_("Optimisers: SGD, Adam, RMSprop, adaptive rates"),
                (
                    _compare(
                        N_("Four optimisers side by side"),
                        _DIGITS,
                        "optimiser",
                        ("sgd", "momentum", "rmsprop", "adam"),
                    ),
                ),
            ),
            Item(
                N_("A learning rate that is too small, too large"),
                (
                    _preset(N_("Too large"), "rate_high"),
                    _preset(N_("Too small"), "rate_low"),
                ),
            ),
            Item(
                N_("Learning-rate decay"),
                (
                    _compare(
                        N_("Four schedules side by side"),
                        {**_DIGITS, "learning_rate": 0.03},
                        "schedule",
                        ("constant", "step", "exponential", "cosine"),
                    ),
                    _mistake(N_("What decay does, on noisy gradients"), "decay_accelerates"),
                ),
            ),
            Item(
                N_("Gradient clipping"),
                (
                    _ready(N_("It rescues an exploding run"), "clip_explosion"),
                    _ready(N_("It does nothing for a vanishing one"), "clip_vanishing"),
                ),
            ),
            Item(
                N_("Layer options: activation, initialisers, regularisers"),
                (
                    _preset(N_("ReLU in the candidate"), "relu"),
                    _compare(
                        N_("Glorot, orthogonal and zero starts"),
                        _DIGITS,
                        "scheme",
                        ("glorot", "orthogonal", "zeros"),
                    ),
                    _compare(
                        N_("Weight decay against overfitting"),
                        {**PRESETS["overfit"].choices, "steps": 200},
                        "l2",
                        (0.0, 0.001, 0.01),
                    ),
                ),
            ),
            Item(
                N_("Layer options: return_sequences, return_state"),
                (
                    _train(N_("Every output counts: brackets"), task="brackets"),
                    _sequence(N_("The state at every step"), Feed("sine")),
                ),
                N_(
                    "There is no such switch: each task says whether the last output counts or "
                    "every one."
                ),
            ),
            Item(
                N_("A mask for steps that are only padding"),
                (),
                N_(
                    "Not here: all sequences of a batch have the same length, so that nothing is "
                    "padded."
                ),
            ),
            Item(
                N_("GRU(128) → Dense(10, softmax), accuracy, batches of 32, 10 epochs"),
                (
                    _train(
                        N_("128 units on ten digits, 340 steps"),
                        task="digit_rows",
                        hidden=128,
                        batch=32,
                        steps=340,
                        runs=1,
                        learning_rate=0.001,
                    ),
                ),
            ),
            Item(
                N_("LSTM against GRU"),
                (
                    _ready(N_("On adding"), "cells_adding"),
                    _ready(N_("On short copy"), "cells_copy"),
                ),
            ),
            Item(
                N_("Missing data, filled or interpolated"),
                (
                    _sequence(
                        N_("CO₂ with real gaps, interpolated"),
                        Feed("co2", {"T": 200, "gaps": "interpolate"}),
                    ),
                    _sequence(N_("The same with a mask"), Feed("co2", {"T": 200, "gaps": "mask"})),
                ),
                N_("Time gaps and decay as in GRU-D are not here."),
            ),
        ),
    ),
    Group(
        ("001",),
        N_("The cell, its gradients, uses and tuning"),
        (
            Item(
                N_("A cell with a matrix for each gate, and its forward steps"),
                (_step(N_("One step, sub-step by sub-step"), "welcome", Place(1, "z", 0)),),
            ),
            Item(
                N_("Backpropagation for every parameter, and a plain gradient step"),
                (
                    Link(
                        "gradients",
                        N_("Backwards by hand, with one update"),
                        replace(EXAMPLE, rate=0.1).to_query(),
                    ),
                ),
            ),
            Item(
                N_("GRU(32) on every step → Dense(1, sigmoid), binary cross-entropy"),
                (_train(N_("32 units on parity"), task="parity", hidden=32),),
            ),
            Item(
                N_("Text classification, sentiment"),
                (_train(N_("Sentiment of made-up sentences"), task="sentiment"),),
                N_("The sentences are generated; a corpus of reviews is not shipped."),
            ),
            Item(
                N_("Machine translation"),
                (),
                N_("Not here: there is no encoder and decoder, only one network."),
            ),
            Item(
                N_("Forecasts of stock prices and of the weather"),
                (
                    _preset(N_("Sunspots, forecast and judged"), "sunspots"),
                    _sequence(
                        N_("Your own series, read by a GRU"),
                        Feed("numbers", {"scale": "standardise"}),
                    ),
                ),
                N_(
                    "Neither prices nor weather are shipped, and training on your own series is "
                    "not here; it can be pasted, and read by a GRU."
                ),
            ),
            Item(
                N_("Choosing the width by cross-validation"),
                (_compare(N_("Widths 4, 16 and 64 over 3 seeds"), _DIGITS, "hidden", (4, 16, 64)),),
                N_(
                    "Not by folds: one validation part, the same for all, and several seeds. "
                    "Folds of a time series would let the future in."
                ),
            ),
            Item(
                N_("Choosing the learning rate by grid search"),
                (
                    _compare(
                        N_("Rates 0.1, 0.01 and 0.001; two settings in the stability map"),
                        _DIGITS,
                        "learning_rate",
                        (0.1, 0.01, 0.001),
                    ),
                ),
            ),
            Item(
                N_("L1, L2 and dropout against overfitting"),
                (
                    _preset(N_("A run that overfits"), "overfit"),
                    _ready(N_("Three dropouts"), "dropouts"),
                    _compare(
                        N_("L1 penalties"),
                        {**PRESETS["overfit"].choices, "steps": 200},
                        "l1",
                        (0.0, 0.0001, 0.001),
                    ),
                ),
            ),
            Item(
                N_("Data augmentation"),
                (_mistake(N_("What reversing does to labels"), "flip_augments"),),
                N_("Training with augmented data is not here; most tasks draw new data anyway."),
            ),
            Item(
                N_("Questions and answers"),
                (
                    Link(
                        "articles",
                        N_("What article 001 has wrong"),
                        Quiz().filtered(article="001").to_query(),
                    ),
                ),
            ),
        ),
    ),
    Group(
        ("003",),
        N_("A worked example, and a program"),
        (
            Item(
                N_("A cell without biases, and three steps worked out"),
                (
                    _step(N_("Repaired"), "article_003_repaired"),
                    _step(N_("As printed"), "article_003_as_printed"),
                ),
            ),
            Item(
                N_("Toy data: X with 3 × 2 numbers, scaled from 0 to 1"),
                (
                    _sequence(
                        N_("The six numbers, scaled, through a GRU"),
                        Feed("numbers", {"numbers": "1 2; 3 4; 5 6", "scale": "min_max"}),
                    ),
                ),
                N_("Training on three rows is not here; there is nothing to learn from three."),
            ),
            Item(
                N_("Split into training and test"),
                (_mistake(N_("Shuffled, and by time"), "shuffled_split"),),
            ),
            Item(
                N_("GRU(64) → Dense, MSE, Adam, validation curves, prediction"),
                (
                    _train(
                        N_("64 units on sunspots"),
                        task="sunspots",
                        hidden=64,
                        learning_rate=0.001,
                        steps=600,
                        runs=1,
                    ),
                ),
            ),
            Item(
                N_("Early stopping"),
                (
                    _train(
                        N_("A run that overfits, stopped early"),
                        **{**PRESETS["overfit"].choices, "patience": 5},
                    ),
                ),
            ),
        ),
    ),
    Group(
        ("004",),
        N_("Five methods of stabilisation"),
        (
            Item(
                N_("Plain, batch normalisation, LSTM-style gates, gated dropout"),
                (
                    Link(
                        "compare",
                        N_("Side by side on digits"),
                        Comparison.between(Experiment.of(_DIGITS), *_METHODS).to_query(),
                    ),
                    _ready(N_("Norms at batch 2 and 64"), "norms"),
                ),
            ),
            Item(
                N_("Residual connections"),
                (
                    _compare(
                        N_("Over depth: two layers, without and with"),
                        {**_DIGITS, "layers": 2},
                        "methods",
                        ((), ({"name": "depth_residual"},)),
                    ),
                    _ready(N_("Over time, as in the article's code: it blows up"), "residual"),
                ),
            ),
            Item(
                N_("The article's code for them"),
                (
                    _mistake(N_("Normalised state"), "bn_on_state"),
                    _mistake(N_("Old state plus new"), "residual_state"),
                ),
            ),
            Item(
                N_("RNN, LSTM and GRU compared"),
                (_ready(N_("On temporal order"), "cells_order"),),
            ),
            Item(
                N_("Kinds of task: generation, labelling"),
                (
                    _preset(N_("Generation: the next character"), "characters"),
                    _train(N_("Labelling: embedded Reber grammar"), task="reber"),
                ),
            ),
        ),
    ),
)
"""By article, in its order."""

LINKS: tuple[Link, ...] = tuple(
    {
        (link.page, *sorted(link.query.items())): link
        for group in GROUPS
        for item in group.items
        for link in item.links
    }.values()
)
"""Every address once."""
