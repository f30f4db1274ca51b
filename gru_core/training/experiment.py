"""One description of everything that decides a training run, with its bounds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, cast

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    model_validator,
)

from gru_core.data.bounds import MAX_SEED, OneOf, Parameter, Real, Value, Whole, differing
from gru_core.data.tasks import TASK, TASKS, Task
from gru_core.data.tasks.prepare import EXAMPLES, SPLIT
from gru_core.data.typed import shown
from gru_core.errors import N_, InputError
from gru_core.maths.convention import Convention
from gru_core.maths.initial import KeepBias, Scheme
from gru_core.maths.parameters import BLOCKS, parameter_count
from gru_core.training.schedule import Schedule
from gru_core.training.stabilisers import METHODS, Method, Sizes

CELL = OneOf("cell", N_("Cell"), {"gru": N_("GRU"), "rnn": N_("RNN"), "lstm": N_("LSTM")}, "gru")
RESET = OneOf(
    "reset",
    N_("Reset gate acts"),
    {"after": N_("after the matrix product"), "before": N_("before the matrix product")},
    "after",
)
Z_WEIGHTS = OneOf(
    "z",
    N_("z weights"),
    {"state": N_("the old state"), "candidate": N_("the candidate")},
    "state",
)
CANDIDATE = OneOf(
    "candidate", N_("Candidate's function"), {"tanh": N_("tanh"), "relu": N_("ReLU")}, "tanh"
)
LAYERS = Whole("layers", N_("Layers"), 1, 3, 1)
HIDDEN = Whole("hidden", N_("Hidden units"), 1, 128, 16)
SCHEME = OneOf(
    "scheme",
    N_("Initialisation"),
    {
        "pytorch": N_("PyTorch's default"),
        "glorot": N_("Glorot"),
        "orthogonal": N_("orthogonal"),
        "gaussian": N_("Gaussian"),
        "zeros": N_("all zero"),
    },
    "pytorch",
)
GAIN = Real("gain", N_("Gain of U"), 0.01, 10.0, 1.0)
KEEP = OneOf(
    "keep",
    N_("Bias that keeps the old state"),
    {"none": N_("no keep bias"), "bias": N_("keep bias"), "chrono": N_("chrono")},
    "none",
)
KEEP_BIAS = Real("keep_bias", N_("Keep bias"), -10.0, 10.0, 2.0)
LOSS = OneOf(
    "loss",
    N_("Loss"),
    {
        "mse": N_("mean squared error"),
        "mae": N_("mean absolute error"),
        "huber": N_("Huber"),
        "cross_entropy": N_("cross-entropy"),
        "binary_cross_entropy": N_("binary cross-entropy"),
    },
    "mse",
)
OPTIMISER = OneOf(
    "optimiser",
    N_("Optimiser"),
    {
        "sgd": N_("SGD"),
        "momentum": N_("SGD with momentum"),
        "rmsprop": N_("RMSprop"),
        "adagrad": N_("Adagrad"),
        "adam": N_("Adam"),
        "adamw": N_("AdamW"),
    },
    "adam",
)
LEARNING_RATE = Real("learning_rate", N_("Learning rate"), 1e-6, 100.0, 0.01, 0.001)
SCHEDULE = OneOf(
    "schedule",
    N_("Schedule of the rate"),
    {
        "constant": N_("constant"),
        "step": N_("in steps"),
        "exponential": N_("exponential"),
        "cosine": N_("cosine"),
        "plateau": N_("on a plateau"),
    },
    "constant",
)
WARM_UP = Whole("warm_up", N_("Warm-up steps"), 0, 5000, 0)
CLIP = OneOf(
    "clip",
    N_("Gradient clipping"),
    {
        "none": N_("none"),
        "norm": N_("by norm"),
        "value": N_("by value"),
        "adaptive": N_("adaptive, by unit"),
    },
    "norm",
)
CLIP_AT = Real("clip_at", N_("Clip at"), 1e-6, 1000.0, 1.0, 0.1)
BATCH = Whole("batch", N_("Batch size"), 1, 256, 32)
FEED = OneOf(
    "feed",
    N_("Each step sees"),
    {"batch": N_("a mini-batch"), "full": N_("all training data")},
    "batch",
)
TRUNCATE = Whole("truncate", N_("Truncate the gradient after steps (0: never)"), 0, 200, 0)
L1 = Real("l1", N_("L1 penalty"), 0.0, 1.0, 0.0, 0.0001)
L2 = Real("l2", N_("Weight decay (L2)"), 0.0, 1.0, 0.0, 0.0001)
STEPS = Whole("steps", N_("Training steps"), 1, 20_000, 600)
EVALUATE = Whole("evaluate", N_("Evaluate every … steps"), 1, 1000, 10)
PATIENCE = Whole("patience", N_("Stop early after … evaluations (0: never)"), 0, 1000, 0)
RUNS = Whole("runs", N_("Seeds at once"), 1, 30, 3)
SEED = Whole("seed", N_("First seed"), 0, MAX_SEED, 0)

CHOICES: tuple[Parameter, ...] = (
    TASK,
    CELL,
    RESET,
    Z_WEIGHTS,
    CANDIDATE,
    LAYERS,
    HIDDEN,
    SCHEME,
    GAIN,
    KEEP,
    KEEP_BIAS,
    LOSS,
    OPTIMISER,
    LEARNING_RATE,
    SCHEDULE,
    WARM_UP,
    CLIP,
    CLIP_AT,
    BATCH,
    FEED,
    EXAMPLES,
    TRUNCATE,
    L1,
    L2,
    STEPS,
    EVALUATE,
    PATIENCE,
    RUNS,
    SEED,
    SPLIT,
)
"""Every bound of an experiment but that of ``length``, which is the task's own."""

MAX_WORK = 2e13
"""Multiply-adds of a whole run: about an hour on one core, at some 5·10⁹ a second."""

MAX_NUMBERS = 6e7
"""Numbers of one training step that are held at once: 240 MB in single precision."""

MAX_CHANGES = 50

EXCLUSIVE = (
    ("layer_norm", "batch_norm", "input_batch_norm"),
    ("independent_gates", "bounded_gates", "gated_dropout", "rescaled_dropout"),
    ("spectral_norm", "weight_norm"),
)
"""Methods of which at most one can be chosen."""

_BY_NAME = {choice.name: choice for choice in CHOICES}

LIVE = ("learning_rate", "clip", "clip_at", "l1", "l2")
"""What can be changed while a run goes on."""


class Change(BaseModel):
    """From ``step`` (counted from 0) on, the choice ``name`` has another value.

    name: one of LIVE. Raises ValidationError for a value out of that choice's bounds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    step: int
    name: Literal["learning_rate", "clip", "clip_at", "l1", "l2"]
    value: float | str

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or given.get("name") not in LIVE:
            return given  # pydantic says what is missing
        steps = Whole("step", N_("step"), 0, STEPS.high, 0)
        value = _BY_NAME[given["name"]].read(given.get("value"))
        return {**given, "step": steps.read(given.get("step")), "value": value}


class Chosen(BaseModel):
    """A method of stabilisation, by its name in METHODS, and its one number, if it has one.

    A dial that is left out is the usual one; one of a method that has none is 0. Raises
    ValidationError for a name that there is not, or a dial out of its bounds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    dial: float

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given  # pydantic says what is missing
        method = METHODS.get(str(given.get("name")))
        if method is None:
            raise InputError(
                "methods: expected some of {expected}, got {actual!r}. Choose from these.",
                expected=", ".join(METHODS),
                actual=shown(str(given.get("name"))),
            )
        if method.dial is None:
            return {**given, "dial": 0.0}
        return {**given, "dial": method.dial.read(given.get("dial", method.dial.usual))}

    @property
    def method(self) -> Method:
        """The method."""
        return METHODS[self.name]


def _in_order(methods: tuple[Chosen, ...]) -> tuple[Chosen, ...]:
    """As in METHODS: what acts on one thing does so in one order, however it was chosen."""
    return tuple(sorted(methods, key=lambda chosen: list(METHODS).index(chosen.name)))


def _of(choice: Parameter) -> BeforeValidator:
    return BeforeValidator(choice.read)


class Experiment(BaseModel):
    """Everything that decides a training run: equal experiments give equal records.

    The bounds of the fields are CHOICES, by their names; ``length`` has its task's. A ``length``
    or ``loss`` that is left out is the usual one of the task. Run k of ``runs`` has the seed
    ``seed + k``, and is what it would be alone. ``changes``: what was changed while it ran, in
    order of their steps.

    Some choices ask for others, and some are refused together: a loss that does not fit the task;
    a keep bias of an RNN; all training data at once where every batch is new; a warm-up that
    takes longer than the run; more work (``work``) or memory (``numbers``) than MAX_WORK and
    MAX_NUMBERS. Raises pydantic's ValidationError, a ValueError; ``of``, ``from_query`` and
    ``from_json`` raise the InputError in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Annotated[str, _of(TASK)] = TASK.usual
    length: int = 0
    cell: Annotated[Literal["gru", "rnn", "lstm"], _of(CELL)] = "gru"
    reset: Annotated[Literal["after", "before"], _of(RESET)] = "after"
    z: Annotated[Literal["state", "candidate"], _of(Z_WEIGHTS)] = "state"
    candidate: Annotated[Literal["tanh", "relu"], _of(CANDIDATE)] = "tanh"
    layers: Annotated[int, _of(LAYERS)] = LAYERS.usual
    hidden: Annotated[int, _of(HIDDEN)] = HIDDEN.usual
    scheme: Annotated[str, _of(SCHEME)] = SCHEME.usual
    gain: Annotated[float, _of(GAIN)] = GAIN.usual
    keep: Annotated[Literal["none", "bias", "chrono"], _of(KEEP)] = "none"
    keep_bias: Annotated[float, _of(KEEP_BIAS)] = KEEP_BIAS.usual
    loss: Annotated[str, _of(LOSS)] = LOSS.usual
    optimiser: Annotated[str, _of(OPTIMISER)] = OPTIMISER.usual
    learning_rate: Annotated[float, _of(LEARNING_RATE)] = LEARNING_RATE.usual
    schedule: Annotated[str, _of(SCHEDULE)] = SCHEDULE.usual
    warm_up: Annotated[int, _of(WARM_UP)] = WARM_UP.usual
    clip: Annotated[Literal["none", "norm", "value", "adaptive"], _of(CLIP)] = "norm"
    clip_at: Annotated[float, _of(CLIP_AT)] = CLIP_AT.usual
    batch: Annotated[int, _of(BATCH)] = BATCH.usual
    feed: Annotated[Literal["batch", "full"], _of(FEED)] = "batch"
    examples: Annotated[int, _of(EXAMPLES)] = EXAMPLES.usual
    truncate: Annotated[int, _of(TRUNCATE)] = TRUNCATE.usual
    l1: Annotated[float, _of(L1)] = L1.usual
    l2: Annotated[float, _of(L2)] = L2.usual
    steps: Annotated[int, _of(STEPS)] = STEPS.usual
    evaluate: Annotated[int, _of(EVALUATE)] = EVALUATE.usual
    patience: Annotated[int, _of(PATIENCE)] = PATIENCE.usual
    runs: Annotated[int, _of(RUNS)] = RUNS.usual
    seed: Annotated[int, _of(SEED)] = SEED.usual
    split: Annotated[int, _of(SPLIT)] = SPLIT.usual
    methods: Annotated[tuple[Chosen, ...], AfterValidator(_in_order)] = ()
    changes: tuple[Change, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_task(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        task = TASKS[TASK.read(given.get("task", TASK.usual))]
        return {
            **given,
            "length": task.length.read(given.get("length", task.length.usual)),
            "loss": given.get("loss", task.losses[0]),
        }

    @model_validator(mode="after")
    def _fits(self) -> Self:
        task = self.about
        if self.loss not in task.losses:
            raise InputError(
                "loss: expected one of {expected} for this task, got {actual}. Choose one of them.",
                expected=", ".join(task.losses),
                actual=self.loss,
            )
        if self.cell == "rnn" and self.keep != "none":
            raise InputError(
                "keep: expected none for an RNN, got {actual}. It has no gate that keeps its "
                "state; choose a GRU or an LSTM.",
                actual=self.keep,
            )
        if self.feed == "full" and not (task.finite or self.examples):
            raise InputError(
                "feed: expected a mini-batch where every batch is new, got all training data. "
                "Choose how many training sequences there are first."
            )
        for chosen in self.methods:
            if self.cell not in chosen.method.cells:
                raise InputError(
                    "methods: {name} is defined for {expected}, got {actual}. "
                    "Choose another cell, or leave the method out.",
                    name=chosen.name,
                    expected=", ".join(chosen.method.cells),
                    actual=self.cell,
                )
        names = [chosen.name for chosen in self.methods]
        if len({*names}) < len(names):
            raise InputError(
                "methods: expected each at most once, got {actual}. Leave one out.",
                actual=", ".join(names),
            )
        for together in EXCLUSIVE:
            both = [name for name in names if name in together]
            if len(both) > 1:
                raise InputError(
                    "methods: {actual} act on the same numbers, and undo each other. "
                    "Choose one of them.",
                    actual=", ".join(both),
                )
        if "depth_residual" in names and self.layers == 1:
            raise InputError(
                "methods: depth_residual needs at least 2 layers, got 1. Choose more layers."
            )
        if self.keep == "chrono" and self.steps_of_input < 3:
            raise InputError(
                "length: expected at least 3 steps for chrono, got {actual}. "
                "Choose a longer sequence.",
                actual=self.steps_of_input,
            )
        if len(self.changes) > MAX_CHANGES:
            raise InputError(
                "changes: expected at most {expected}, got {actual}. "
                "Start a new run with these settings.",
                expected=MAX_CHANGES,
                actual=len(self.changes),
            )
        if [c.step for c in self.changes] != sorted(c.step for c in self.changes):
            raise InputError("changes: expected them in order of their steps. Put them in order.")
        if self.work > MAX_WORK:
            raise InputError(
                "This run would take {times} times as long as one may. Choose fewer steps, seeds "
                "or hidden units, a smaller batch, or shorter sequences.",
                times=f"{self.work / MAX_WORK:.1f}",
            )
        if self.numbers > MAX_NUMBERS:
            raise InputError(
                "This run would need {times} times the memory that one may have. Choose fewer "
                "seeds, layers or hidden units, a smaller batch, or shorter sequences.",
                times=f"{self.numbers / MAX_NUMBERS:.1f}",
            )
        return self

    @property
    def about(self) -> Task:
        """The task."""
        return TASKS[self.task]

    @property
    def steps_of_input(self) -> int:
        """T of the sequences."""
        return self.about.steps(self.length)

    @property
    def convention(self) -> Convention:
        """How a GRU's weights are read."""
        return Convention(self.z, self.reset)

    @property
    def initialisation(self) -> Scheme:
        """``scheme``, for the type checker."""
        return cast("Scheme", self.scheme)

    @property
    def rule(self) -> Schedule:
        """``schedule``, for the type checker."""
        return cast("Schedule", self.schedule)

    @property
    def keep_choice(self) -> KeepBias:
        """What ``maths.initial.initialise`` is to add to the bias of the keep gate."""
        match self.keep:
            case "none":
                return 0.0
            case "bias":
                return self.keep_bias
            case "chrono":
                return "chrono"

    @property
    def seeds(self) -> range:
        """The seed of each run."""
        return range(self.seed, self.seed + self.runs)

    @property
    def sequences(self) -> int:
        """How many sequences one step sees; 0 for as many as there are."""
        return 0 if self.feed == "full" else self.batch

    @property
    def parameters(self) -> int:
        """How many numbers one run trains."""
        H = self.hidden
        biases = 1 if self.cell == "gru" and self.reset == "before" else 2
        widths = [self.about.inputs, *[H] * (self.layers - 1)]
        vectors = biases * BLOCKS[self.cell]
        recurrent = sum(parameter_count(D, H, vectors, self.cell) for D in widths)
        return recurrent + self.about.outputs * (H + 1) + sum(map(self._own, widths))

    def _own(self, D: int) -> int:
        """How many numbers the methods add to a layer with D inputs, and train."""
        G, H = BLOCKS[self.cell], self.hidden
        blank = {"weight_ih": np.zeros((G * H, D)), "weight_hh": np.zeros((G * H, H))}
        sizes = Sizes(D, H, G, 1, {**blank, "bias_ih": np.zeros(G * H)})
        return sum(
            array.size
            for chosen in self.methods
            for name, array in chosen.method.numbers(sizes, chosen.dial).items()
            if name not in chosen.method.kept
        )

    @property
    def work(self) -> float:
        """Multiply-adds of the whole run, forwards and backwards, roughly."""
        return 3.0 * self.steps * self.runs * self._wide * self.steps_of_input * self.parameters

    @property
    def numbers(self) -> float:
        """Numbers that one step keeps for its backward pass, roughly."""
        return self._wide * self.numbers_each

    @property
    def numbers_each(self) -> float:
        """Those of one sequence, in all runs."""
        each = (2 * BLOCKS[self.cell] + 3) * self.layers * self.hidden + 2 * self.about.outputs
        return float(self.runs * self.steps_of_input * each)

    @property
    def _wide(self) -> int:
        return self.batch if self.feed == "batch" else self.examples or 2048

    def at(self, step: int) -> Experiment:
        """The experiment with what holds at ``step`` after the changes up to then; no changes."""
        if not self.changes:
            return self
        now: dict[str, object] = {c.name: c.value for c in self.changes if c.step <= step}
        return self.model_copy(update={**now, "changes": ()})

    def changed(self, **choices: object) -> Experiment:
        """The experiment with other choices, checked. A new task brings its own length and loss.

        Raises InputError as the class.
        """
        given = {**self.model_dump(), **choices}
        if choices.get("task", self.task) != self.task:
            for name in ("length", "loss"):
                if name not in choices:
                    del given[name]
        return Experiment.of(given)

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Experiment:
        """The experiment with these choices. Raises InputError that names what is wrong."""
        try:
            return cls.model_validate(dict(given))
        except ValidationError as error:
            raise reason_of(error) from None

    def to_json(self) -> str:
        """The experiment as JSON, every choice written out; ``from_json`` is the way back."""
        return json.dumps(self.model_dump(), indent=2)

    @classmethod
    def from_json(cls, text: str | bytes) -> Experiment:
        """Raises InputError when the text is no experiment."""
        try:
            given = json.loads(text)
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            raise InputError(
                "Experiment: expected a JSON object, got {actual!r}. "
                "Give the file that was downloaded here.",
                actual=shown(str(text)),
            )
        return cls.of(given)

    def to_query(self) -> dict[str, str]:
        """The choices that are not the usual ones, as parameters of an address."""
        usual = Experiment.of({"task": self.task}).model_dump() | {"task": TASK.usual}
        del usual["changes"], usual["methods"]
        values: dict[str, Value] = self.model_dump(exclude={"changes", "methods"})
        query = differing(values, usual)
        if self.methods:
            query["methods"] = " ".join(_written(chosen) for chosen in self.methods)
        if self.changes:
            query["changes"] = " ".join(f"{c.step}:{c.name}:{c.value}" for c in self.changes)
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Experiment:
        """The experiment of an address. Raises InputError that names the parameter which is wrong.

        Parameters that are none of an experiment's are ignored.
        """
        given: dict[str, object] = {name: query[name] for name in QUERY_NAMES if name in query}
        if "methods" in query:
            parts = (part.partition(":") for part in query["methods"].split())
            given["methods"] = [
                {"name": name, "dial": dial} if dial else {"name": name} for name, _, dial in parts
            ]
        if "changes" in query:
            given["changes"] = [_change(part) for part in query["changes"].split()]
        return cls.of(given)


QUERY_NAMES = tuple(Experiment.model_fields)
"""Every parameter that Experiment.to_query can write."""


def _written(chosen: Chosen) -> str:
    dial = chosen.method.dial
    if dial is None or chosen.dial == dial.usual:
        return chosen.name
    return f"{chosen.name}:{chosen.dial!r}"


def _change(text: str) -> dict[str, str]:
    parts = text.split(":")
    if len(parts) != 3 or parts[1] not in LIVE:
        raise InputError(
            "changes: expected a step, one of {expected} and a value, such as "
            "100:learning_rate:0.001, got {actual!r}. Correct it, or leave it out.",
            expected=", ".join(LIVE),
            actual=shown(text),
        )
    return dict(zip(("step", "name", "value"), parts, strict=True))


def reason_of(error: ValidationError) -> InputError:
    """The refusal in pydantic's error: ours as it is, or one that says what pydantic says."""
    first = error.errors(include_url=False)[0]
    reason = first.get("ctx", {}).get("error")
    if isinstance(reason, InputError):
        return reason
    return InputError(
        "{name}: {reason}, got {actual!r}. Correct it, or leave it out.",
        name=shown(".".join(map(str, first["loc"])) or "experiment"),
        reason=first["msg"],
        actual=shown(str(first.get("input"))),
    )
