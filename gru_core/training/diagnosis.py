"""What ails a run, by rules: each a measurement, its threshold, and what treats the symptom.

The thresholds lie between what was measured on runs built to show a symptom and on healthy ones
of several tasks and cells, three seeds each; ``RULES`` is the one place where they stand. A loss
is measured in guesses: 1 is what the best answer gets that looks at no input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from gru_core.errors import N_, InputError
from gru_core.maths.measures import HIGH, LOW
from gru_core.maths.parameters import Array
from gru_core.training.experiment import Chosen, Experiment
from gru_core.training.record import Record
from gru_core.training.stabilisers import METHODS
from gru_core.training.trainer import Checkpoint, Stop

SETTLED = 120
"""Steps before which a loss at the guess says nothing: default runs leave it at about 130."""

SURE = 200
"""Steps after which a loss that is still there is told as a symptom of its own."""

RECENT = 50
"""Steps that count as the present."""

FIRST = 10
"""Steps that count as the beginning."""

LOOKS = 6
"""Evaluations that count as the present."""

LEARNED = 0.5
"""A loss under this many guesses: whatever the run does, it does not keep it from learning."""

NEAR = 0.9
"""From this many guesses on, a loss is near the guess …"""

FAR = 1.2
"""… and from this many on, it is above it."""

Choices = Mapping[str, object]


@dataclass(frozen=True)
class Treatment:
    """One thing to try. title: an English message id; choices: what it changes, or {}."""

    title: str
    choices: Callable[[Experiment], Choices] = field(repr=False)


@dataclass(frozen=True)
class Evidence:
    """What the rules look at, of one run. NaN: not known (yet).

    experiment: with what holds now. step: updates so far. loss, lowest, worst: median, lowest and
    highest of the last LOOKS validation losses, in guesses. rises: share of those of the second
    half of the run that lie above the one before.
    training: mean batch loss of the last RECENT steps, in guesses. climb: the present validation
    loss against its lowest, both as medians of LOOKS. growth: median norm of the gradient,
    before clipping, of the last RECENT steps against that of the FIRST; last_norm: the last one.
    clipped: share of all steps in which clipping changed the gradient; kept: median share of its
    norm that was left. move: median ‖ΔW‖/‖W‖ of the last RECENT steps. saturation, largest_state:
    last. carried: ‖∂L/∂h_1‖/‖∂L/∂h_T‖ of the top layer in the last snapshot.
    """

    experiment: Experiment
    step: int
    stop: Stop | None
    loss: float
    lowest: float
    worst: float
    rises: float
    training: float
    climb: float
    growth: float
    last_norm: float
    clipped: float
    kept: float
    move: float
    saturation: float
    largest_state: float
    carried: float

    @property
    def learning(self) -> bool:
        """Whether the loss is well under the guess."""
        return self.loss < LEARNED

    @property
    def stuck(self) -> bool:
        """Whether it is near the guess, after enough steps to have left it."""
        return self.step >= SETTLED and NEAR <= self.loss < FAR


Said = tuple[str, dict[str, float]]


@dataclass(frozen=True)
class Rule:
    """One symptom. title, states and measure are English message ids.

    states: the rule in words, with ``details`` as its fields; so that a rule can be said as an
    InputError is, it is its ``template`` too. threshold: of the measurement. also: further
    thresholds, by their fields. treats: what to try. found: the finding's sentence, a message id,
    and its numbers, or None.
    """

    name: str
    title: str
    states: str
    measure: str
    threshold: float
    found: Callable[[Rule, Evidence], Said | None] = field(repr=False)
    treats: tuple[Treatment, ...] = ()
    also: Mapping[str, float] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """``states``."""
        return self.states

    @property
    def details(self) -> dict[str, float]:
        """The thresholds, as ``states`` names them."""
        common = {"settled": SETTLED, "sure": SURE, "learned": LEARNED, "near": NEAR, "far": FAR}
        gates = {"low": LOW, "high": HIGH}
        return {"threshold": self.threshold, **common, **gates, **self.also}


@dataclass(frozen=True)
class Cure:
    """What to try: title, an English message id, and choices for ``Experiment.changed``."""

    title: str
    choices: Choices


@dataclass(frozen=True)
class Finding:
    """One symptom of one run. rule: its name in RULES. measured: the numbers that led to it.

    template: the sentence, an English message id, whose fields are ``details``.
    """

    rule: str
    template: str
    measured: Mapping[str, float]
    cures: tuple[Cure, ...] = ()

    @property
    def details(self) -> Mapping[str, float]:
        """``measured``, by the name that a sentence's fields have elsewhere."""
        return self.measured

    def __str__(self) -> str:
        return self.template.format(**self.measured)


def diagnose(record: Record, checkpoint: Checkpoint, run: int) -> tuple[Finding, ...]:
    """What ails run ``run`` (from 0), the worst first; never empty.

    record: all steps up to ``checkpoint``. Where nothing is found, the one finding is "guessing",
    "early" or "healthy". Raises InputError for a run that there is not.
    """
    if not 0 <= run < record.runs:
        raise InputError(
            "run: expected a number from 0 to {expected}, got {actual}. Choose one of the runs.",
            expected=record.runs - 1,
            actual=run,
        )
    seen = _evidence(record, checkpoint, run)
    told = ((rule, rule.found(rule, seen)) for rule in RULES.values() if rule.name not in _ELSE)
    found = [
        Finding(rule.name, *said, _cures(rule, checkpoint, seen)) for rule, said in told if said
    ]
    if found:
        return tuple(found)
    for rule in map(RULES.__getitem__, _ELSE):
        if said := rule.found(rule, seen):
            return (Finding(rule.name, *said, _cures(rule, checkpoint, seen)),)
    raise AssertionError("The last rule holds wherever no other does.")


def _evidence(record: Record, checkpoint: Checkpoint, run: int) -> Evidence:
    e = checkpoint.experiment
    guess = e.about.guess(e.length, e.loss)
    stop = checkpoint.stopped[run]
    step = stop.step if stop else record.end
    # A run that has stopped is still evaluated with the others, to the same numbers.
    own = record.evaluated <= step
    looks = _finite(record.validation_loss[own, run]) / guess
    smooth = np.array([_median(looks[max(0, i - LOOKS + 1) : i + 1]) for i in range(1, len(looks))])
    # A look long ago says nothing of the present; the one before the first step never does.
    late = own & (record.evaluated > step // 2)
    half = _finite(record.validation_loss[late, run]) / guess
    now = half[-LOOKS:]
    norms, clipped = record.gradient_norm[:, run], record.clipped_norm[:, run]
    both = np.isfinite(norms) & np.isfinite(clipped) & (norms > 0.0)
    left = clipped[both] / norms[both]
    norms = _finite(norms)
    weights = record.weight_norm[:, run]
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = _finite(record.update_norm[:, run] / weights)
    return Evidence(
        experiment=e.at(checkpoint.step),
        step=step,
        stop=stop if stop and stop.reason != "early" else None,
        loss=_median(now),
        lowest=float(now.min()) if len(now) else np.nan,
        worst=float(now.max()) if len(now) else np.nan,
        rises=float((np.diff(half) > 0.0).mean()) if len(half) > 2 else np.nan,
        training=_mean(_finite(record.loss[:, run])[-RECENT:]) / guess,
        climb=float(smooth[-1] / smooth.min()) if len(smooth) else np.nan,
        growth=_ratio(_median(norms[-RECENT:]), _median(norms[:FIRST])),
        last_norm=_last(norms),
        # A hair, because clipping divides by the norm plus an epsilon.
        clipped=_mean(left < 1.0 - 1e-4),
        kept=_median(left),
        move=_median(moves[-RECENT:]),
        saturation=_last(_finite(record.saturation[own, run])),
        largest_state=_last(_finite(record.largest_state[own, run])),
        carried=_carried(record, run),
    )


def _carried(record: Record, run: int) -> float:
    if not record.snapshots:
        return np.nan
    norms = record.snapshots[-1].profile[run, -1]
    return _ratio(float(norms[0]), float(norms[-1]))


def _cures(rule: Rule, checkpoint: Checkpoint, seen: Evidence) -> tuple[Cure, ...]:
    """Those that change the experiment, and that it allows."""
    e = checkpoint.experiment
    # A run with a cure begins anew, from what was changed on the way up to now.
    settled: dict[str, object] = {c.name: getattr(seen.experiment, c.name) for c in e.changes}
    if e.changes:
        settled["changes"] = ()
    cures = []
    for treatment in rule.treats:
        choices = {**settled, **treatment.choices(seen.experiment)}
        try:
            if e.changed(**choices) != e.changed(**settled):
                cures.append(Cure(treatment.title, choices))
        except InputError:
            continue
    return tuple(cures)


def _finite(values: Array) -> Array:
    return values[np.isfinite(values)]


def _median(values: Array) -> float:
    return float(np.median(values)) if len(values) else np.nan


def _mean(values: Any) -> float:
    return float(np.mean(values)) if len(values) else np.nan


def _last(values: Array) -> float:
    return float(values[-1]) if len(values) else np.nan


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0.0 and np.isfinite([above, below]).all() else np.nan


# --- how each is found; comparisons with NaN are false, so that what is not known is not said ---


def _exploding(rule: Rule, seen: Evidence) -> Said | None:
    if seen.stop:
        measured = {"step": float(seen.stop.step), "norm": seen.last_norm}
        if seen.stop.reason == "loss":
            return N_(
                "exploding: after {step:.0f} updates the loss was no finite number any more; "
                "the last gradient norm was {norm:.2g}"
            ), measured
        return N_(
            "exploding: after {step:.0f} updates the gradient was no finite number any more; "
            "its last norm was {norm:.2g}"
        ), measured
    if seen.learning:
        return None
    if seen.growth >= rule.threshold:
        return N_(
            "exploding: the gradient norm before clipping is {growth:.2g} times that of the "
            "first steps"
        ), {"growth": seen.growth}
    if seen.carried >= rule.threshold:
        return N_("exploding: ‖∂L/∂h_1‖/‖∂L/∂h_T‖ = {ratio:.2g}"), {"ratio": seen.carried}
    return None


def _dead(rule: Rule, seen: Evidence) -> Said | None:
    if seen.largest_state == rule.threshold:
        return N_("dead: the state is exactly {state:g}"), {"state": seen.largest_state}
    if seen.last_norm == rule.threshold and not seen.learning:
        return N_("dead: the gradient is exactly {norm:g}"), {"norm": seen.last_norm}
    return None


def _rate_high(rule: Rule, seen: Evidence) -> Said | None:
    # One look may fall on a good moment of a run that leaps about.
    leaps = seen.worst >= rule.threshold and seen.rises >= rule.also["rises"]
    if seen.step < SETTLED or not seen.loss >= NEAR or not leaps:
        return None
    return N_(
        "rate too high: the loss went up to {loss:.2g} times that of guessing, and rose in "
        "{percent:.0f} % of the last evaluations"
    ), {"loss": seen.worst, "percent": 100.0 * seen.rises}


def _truncated(rule: Rule, seen: Evidence) -> Said | None:
    e = seen.experiment
    if not (seen.stuck and 0 < e.truncate < e.steps_of_input and seen.carried == rule.threshold):
        return None
    return N_(
        "truncated: ‖∂L/∂h_1‖ is exactly 0, because the gradient goes back {truncate:.0f} of "
        "{steps:.0f} steps"
    ), {"truncate": float(e.truncate), "steps": float(e.steps_of_input)}


def _vanishing(rule: Rule, seen: Evidence) -> Said | None:
    # Where every step is answered for, that of h_1 comes from its own answer.
    e = seen.experiment
    late = e.about.read == "last" and not 0 < e.truncate < e.steps_of_input
    if not (late and seen.stuck and seen.carried <= rule.threshold):
        return None
    return N_("vanishing: ‖∂L/∂h_1‖/‖∂L/∂h_T‖ = {ratio:.2g}"), {"ratio": seen.carried}


def _saturated(rule: Rule, seen: Evidence) -> Said | None:
    if seen.learning or not seen.saturation >= rule.threshold:
        return None
    return N_("saturated gates: {percent:.0f} % of their values lie under 0.1 or over 0.9"), {
        "percent": 100.0 * seen.saturation
    }


def _unbounded(rule: Rule, seen: Evidence) -> Said | None:
    if not seen.largest_state >= rule.threshold:
        return None
    return N_("state without bound: the largest |h| is {state:.2g}"), {"state": seen.largest_state}


def _overfitting(rule: Rule, seen: Evidence) -> Said | None:
    e = seen.experiment
    gap = _ratio(seen.loss, seen.training)
    learned_by_heart = e.about.finite or e.examples > 0
    if not (learned_by_heart and gap >= rule.threshold and seen.climb >= rule.also["climb"]):
        return None
    return N_(
        "overfitting: the validation loss is {gap:.2g} times that of the training, and "
        "{climb:.2f} times its lowest"
    ), {"gap": gap, "climb": seen.climb}


def _clipped(rule: Rule, seen: Evidence) -> Said | None:
    often = seen.clipped >= rule.threshold and seen.kept <= rule.also["kept"]
    if seen.learning or seen.step < RECENT or not often:
        return None
    return N_(
        "clip active on {percent:.0f} % of the steps; it leaves {kept:.2g} of the gradient's norm"
    ), {"percent": 100.0 * seen.clipped, "kept": seen.kept}


def _rate_low(rule: Rule, seen: Evidence) -> Said | None:
    falls = seen.step >= SETTLED and seen.rises == 0.0
    if seen.learning or not (falls and seen.move <= rule.threshold):
        return None
    return N_(
        "rate too low: the loss falls in every evaluation and is still {loss:.2g} times that of "
        "guessing; a step moves the weights by {move:.1g} of their norm"
    ), {"loss": seen.loss, "move": seen.move}


def _guessing(rule: Rule, seen: Evidence) -> Said | None:
    if seen.step < SURE or not seen.lowest >= rule.threshold:
        return None
    return N_(
        "no better than guessing: after {steps:.0f} steps the loss is {loss:.2f} times that of "
        "guessing, and no other rule says why"
    ), {"steps": float(seen.step), "loss": seen.loss}


def _early(rule: Rule, seen: Evidence) -> Said | None:
    known = seen.step >= rule.threshold and not np.isnan(seen.loss)
    if known or seen.learning:
        return None
    return N_("too early to say: {steps:.0f} steps"), {"steps": float(seen.step)}


def _healthy(rule: Rule, seen: Evidence) -> Said | None:
    return N_("nothing found: the loss is {loss:.2g} times that of guessing"), {"loss": seen.loss}


# --- what treats them ---


def _fixed(title: str, **choices: object) -> Treatment:
    return Treatment(title, lambda _: choices)


def _method(name: str) -> Treatment:
    """The method beside those that there are, with its usual dial."""

    def choices(e: Experiment) -> Choices:
        return {"methods": (*e.methods, Chosen.model_validate({"name": name}))}

    return Treatment(METHODS[name].title, choices)


def _without(title: str, *names: str) -> Treatment:
    return Treatment(
        title, lambda e: {"methods": tuple(c for c in e.methods if c.name not in names)}
    )


def _times(title: str, factor: float) -> Treatment:
    # To 12 digits, so that 0.01 times 10 is 0.1 in an address too.
    return Treatment(title, lambda e: {"learning_rate": float(f"{factor * e.learning_rate:.12g}")})


_RATIO = N_("‖∂L/∂h_1‖/‖∂L/∂h_T‖, last snapshot")
_CLIP = _fixed(N_("clip by norm at 1"), clip="norm", clip_at=1.0)
_SLOWER = _times(N_("a tenth of the learning rate"), 0.1)
_FASTER = _times(N_("ten times the learning rate"), 10.0)
_GENTLE_START = _fixed(N_("PyTorch's default start, gain 1"), scheme="pytorch", gain=1.0)
_TANH = _fixed(N_("tanh in the candidate"), candidate="tanh")

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.name: rule
        for rule in (
            Rule(
                "exploding",
                N_("Exploding gradient"),
                N_(
                    "The run stopped because its loss or gradient was no finite number; or, the "
                    "loss being over {learned:g} times that of guessing, the gradient grows "
                    "{threshold:g} times: from the first steps to the last, or from h_T to h_1."
                ),
                N_("norm of the gradient before clipping; ‖∂L/∂h_1‖/‖∂L/∂h_T‖, last snapshot"),
                1e3,
                _exploding,
                (
                    _CLIP,
                    _method("spectral_norm"),
                    _GENTLE_START,
                    _SLOWER,
                ),
            ),
            Rule(
                "dead",
                N_("Dead start"),
                N_("The state, or the gradient of all weights, is exactly {threshold:g}."),
                N_("largest |h| on the validation data; norm of the gradient"),
                0.0,
                _dead,
                (_GENTLE_START, _TANH),
            ),
            Rule(
                "rate_high",
                N_("Learning rate too high"),
                N_(
                    "After {settled:g} steps the loss is at least {near:g} times that of guessing, "
                    "goes up to {threshold:g} times, and rises in at least {rises:g} of the last "
                    "evaluations."
                ),
                N_("median and highest of the last validation losses, and how many of them rise"),
                FAR,
                _rate_high,
                (_SLOWER,),
                {"rises": 0.2},
            ),
            Rule(
                "truncated",
                N_("Gradient truncated"),
                N_(
                    "After {settled:g} steps the loss is from {near:g} to {far:g} times that of "
                    "guessing, and the gradient, cut off on its way back, is exactly "
                    "{threshold:g} at h_1."
                ),
                _RATIO,
                0.0,
                _truncated,
                (_fixed(N_("the gradient of the whole sequence"), truncate=0),),
            ),
            Rule(
                "vanishing",
                N_("Vanishing gradient"),
                N_(
                    "After {settled:g} steps the loss is from {near:g} to {far:g} times that of "
                    "guessing, the answer is due after the last step of the sequence, and "
                    "‖∂L/∂h_1‖/‖∂L/∂h_T‖ is at most {threshold:g}."
                ),
                _RATIO,
                1e-5,
                _vanishing,
                (
                    _fixed(N_("chrono, biases for long memory"), keep="chrono"),
                    _fixed(N_("a bias that keeps the old state"), keep="bias"),
                    Treatment(N_("a GRU"), lambda e: {"cell": "gru"} if e.cell == "rnn" else {}),
                ),
            ),
            Rule(
                "saturated",
                N_("Saturated gates"),
                N_(
                    "The loss is over {learned:g} times that of guessing, and at least "
                    "{threshold:g} of the gate values lie under {low:g} or over {high:g}."
                ),
                N_("share of saturated gate values on the validation data"),
                0.8,
                _saturated,
                (_SLOWER, _method("layer_norm"), _GENTLE_START),
            ),
            Rule(
                "unbounded",
                N_("State without bound"),
                N_("The largest |h| is at least {threshold:g}, far over what tanh lets through."),
                N_("largest |h| on the validation data"),
                4.0,
                _unbounded,
                (
                    _TANH,
                    _without(
                        N_("without the method that lifts the bound"),
                        "time_residual",
                        "independent_gates",
                        "rescaled_dropout",
                    ),
                ),
            ),
            Rule(
                "overfitting",
                N_("Overfitting"),
                N_(
                    "The training data are limited, the validation loss is at least {threshold:g} "
                    "times that of the training, and at least {climb:g} times its lowest."
                ),
                N_("validation loss against that of the training, and against its lowest"),
                3.0,
                _overfitting,
                (
                    _fixed(N_("all of the training data"), examples=0),
                    _method("variational_dropout"),
                    _method("recurrent_dropout"),
                    _method("gated_dropout"),
                    _fixed(N_("AdamW with weight decay 0.1"), optimiser="adamw", l2=0.1),
                ),
                {"climb": 1.05},
            ),
            Rule(
                "clipped",
                N_("Clipped too low"),
                N_(
                    "The loss is over {learned:g} times that of guessing, clipping is active on "
                    "at least {threshold:g} of the steps, and leaves at most {kept:g} of the "
                    "norm."
                ),
                N_("norm of the gradient after clipping against that before"),
                0.9,
                _clipped,
                (
                    _CLIP,
                    _fixed(N_("no clipping"), clip="none"),
                ),
                {"kept": 0.2},
            ),
            Rule(
                "rate_low",
                N_("Learning rate too low"),
                N_(
                    "After {settled:g} steps the loss is over {learned:g} times that of guessing, "
                    "falls in each of the last evaluations, and a step moves the weights by at "
                    "most {threshold:g} of their norm."
                ),
                N_("median of ‖ΔW‖/‖W‖ over the last steps"),
                1.5e-3,
                _rate_low,
                (_FASTER, _times(N_("a hundred times the learning rate"), 100.0)),
            ),
            Rule(
                "guessing",
                N_("No better than guessing"),
                N_(
                    "After {sure:g} steps the loss is still at least {threshold:g} times that "
                    "of guessing in each of the last evaluations, and no other rule says why."
                ),
                N_("lowest of the last validation losses"),
                0.95,
                _guessing,
                (
                    Treatment(N_("twice the steps"), lambda e: {"steps": 2 * e.steps}),
                    Treatment(N_("twice the hidden units"), lambda e: {"hidden": 2 * e.hidden}),
                    _FASTER,
                    _SLOWER,
                ),
            ),
            Rule(
                "early",
                N_("Too early to say"),
                N_(
                    "No rule holds, and there are fewer than {threshold:g} steps, with a loss over "
                    "{learned:g} times that of guessing or none yet."
                ),
                N_("steps so far"),
                float(SURE),
                _early,
            ),
            Rule(
                "healthy",
                N_("Healthy"),
                N_("No other rule holds."),
                N_("all of the above"),
                1.0,
                _healthy,
            ),
        )
    }
)
"""By name, the worst first."""

_ELSE = ("guessing", "early", "healthy")
"""Said only where no other rule holds, in this order."""
