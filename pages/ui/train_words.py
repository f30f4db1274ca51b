"""What "Train live" says about a run, in the session's language."""

from math import isinf

from gru_core.data.gradient_study import power
from gru_core.figures import training as figures
from gru_core.figures.curves import Event
from gru_core.figures.probe import ProbeChange
from gru_core.training.experiment import CLIP, CLIP_AT, LEARNING_RATE
from gru_core.training.trainer import Stop
from pages.ui.train_state import Course
from pages.ui.words import label as _
from pages.ui.words import template

_LIVE = {choice.name: choice for choice in (LEARNING_RATE, CLIP, CLIP_AT)}


def progress(course: Course) -> str:
    """How far the run is, how fast it goes, and how long it will take."""
    run, steps = course.run, course.experiment.steps
    done = _("{step} of {steps} steps", step=run.checkpoint.step, steps=steps)
    if run.checkpoint.finished:
        return _("{done} · finished", done=done)
    if not run.relay.pace:
        return done
    pace = _("{pace} steps a second", pace=f"{1 / run.relay.pace:.3g}")
    left = run.seconds_left
    if not run.playing or isinf(left):
        return _("{done} · {pace}", done=done, pace=pace)
    return _("{done} · {pace} · {left} s left", done=done, pace=pace, left=f"{left:.0f}")


def events(course: Course) -> list[Event]:
    """What happened on the way, to be marked on the curves."""
    changed = [
        Event(
            change.step,
            _("{what}: {value}", what=_(_LIVE[change.name].title), value=_value(change.value)),
        )
        for change in course.experiment.changes
    ]
    stopped = [
        Event(stop.step, _("seed {seed} stopped", seed=seed))
        for seed, stop in zip(course.experiment.seeds, course.run.checkpoint.stopped, strict=True)
        if stop
    ]
    return changed + stopped


def levels(course: Course) -> dict[str, float]:
    """The lines to hold the loss against: what guessing gets, and what is known to be reached."""
    e = course.experiment
    marks = {_(mark.title): mark.value for mark in e.about.marks(e.length) if mark.loss == e.loss}
    return {_("guessing"): e.about.guess(e.length, e.loss), **marks}


def figure_words() -> dict[str, str]:
    """Every word of the curves; templates keep their {fields} open."""
    return {
        "step": _("updates"),
        "loss": _("loss"),
        "training": _("training"),
        "validation": _("validation"),
        "seed_training": template("seed {seed}, training: {y} after {x}"),
        "seed_validation": template("seed {seed}, validation: {y} after {x}"),
        "beyond": template("beyond the figure: {y} after {x}"),
        "norm": _("gradient norm"),
        "before": _("before clipping"),
        "after": _("after clipping"),
        "threshold": _("clipped at"),
        "seed_before": template("seed {seed}: {y} after {x}"),
        "t": _("step t of the sequence"),
        "start": _("at the start"),
        "now": _("now"),
        "layer": template("layer {layer}, {name}"),
        "ratio": _("update / weights"),
        "update": _("update size / weight size"),
        "guide": _("a usual size"),
        "seed_update": template("seed {seed}: {y} after {x}"),
        "saturation": _("saturated gates"),
        "largest": _("largest |h|"),
    }


def sentences(course: Course) -> list[str]:
    """What the curves show now."""
    run, e = course.run, course.experiment
    if not len(run.record):
        return [
            _(
                "Nothing is trained yet. Guessing gets a loss of **{guess}**. {answer}",
                guess=_short(e.about.guess(e.length, e.loss)),
                answer=_(e.about.answer),
            )
        ]
    loss = figures.loss_facts(run.record, e.about.guess(e.length, e.loss))
    said = [_loss(loss, e.runs)]
    if loss.gap is not None and loss.gap > 1.5 and e.about.kind != "regression":
        said.append(
            _(
                "The validation loss is {gap} times that of training: what is learned by heart "
                "does not carry over.",
                gap=f"{loss.gap:.2g}",
            )
        )
    norms = figures.gradient_facts(run.record)
    if norms.clipped is not None and course.now.clip != "none":
        said.append(
            _(
                "Clipping acted on {percent} % of the last steps.",
                percent=f"{100 * norms.clipped:.0f}",
            )
        )
    reach = figures.profile_facts(run.first, run.now)
    if reach.now is not None:
        said.append(
            _(
                "Of the gradient at the last step, a share of {now} reaches the first one; at the "
                "start it was {start}.",
                now=power(reach.now),
                start=power(reach.start or 0.0),
            )
        )
    return said


def gates(change: ProbeChange) -> str:
    """What training has changed in the gates on the probe sequence."""
    parts = [
        _(
            "{gate}: {start} → {now}",
            gate=name,
            start=f"{mean.start:.2f}",
            now=f"{mean.now:.2f}",
        )
        for name, mean in change.means.items()
    ]
    if change.saturated:
        parts.append(
            _(
                "saturated: {start} % → {now} %",
                start=f"{100 * change.saturated.start:.0f}",
                now=f"{100 * change.saturated.now:.0f}",
            )
        )
    largest = change.largest_state
    parts.append(
        _("largest |h|: {start} → {now}", start=f"{largest.start:.2f}", now=f"{largest.now:.2f}")
    )
    return _("Means from the start to now · {parts}", parts=" · ".join(parts))


def stops(course: Course) -> list[str]:
    """Why runs ended early, and what to try."""
    e = course.experiment
    pairs = zip(e.seeds, course.run.checkpoint.stopped, strict=True)
    return [_stop(seed, stop) for seed, stop in pairs if stop]


def _loss(loss: figures.LossFacts, runs: int) -> str:
    values = {"step": loss.step, "last": _short(loss.last), "runs": runs}
    if loss.guess is None or loss.last is None:
        return _("After {step} updates no run has a finite validation loss.", step=loss.step)
    values["percent"] = f"{100 * loss.guess:.3g}"
    if runs == 1:
        return _(
            "After {step} updates the validation loss is **{last}**, which is **{percent} %** of "
            "what guessing gets.",
            **values,
        )
    low, high = loss.spread or (loss.last, loss.last)
    return _(
        "After {step} updates the validation loss is **{last}** (median of {runs} seeds, {low} to "
        "{high}), which is **{percent} %** of what guessing gets.",
        low=_short(low),
        high=_short(high),
        **values,
    )


def _stop(seed: int, stop: Stop) -> str:
    if stop.reason == "early":
        return _(
            "Seed {seed} stopped early after {step} updates: its validation loss had not fallen "
            "below {best} since. Its best weights are kept.",
            seed=seed,
            step=stop.step,
            best=_short(stop.value),
        )
    if stop.reason == "loss":
        what = _("the loss was no longer a finite number")
    else:
        what = _("the gradient of {name} was no longer finite", name=f"`{stop.what}`")
    return _(
        "Seed {seed} stopped after {step} updates: {what}; the last finite norm of the whole "
        "gradient was {norm}. Its last finite weights are kept. Try a smaller learning rate, "
        "clipping by norm, or a smaller gain.",
        seed=seed,
        step=stop.step,
        what=what,
        norm=_short(stop.last_norm),
    )


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _value(value: float | str) -> str:
    return _(CLIP.options[value]) if isinstance(value, str) else f"{value:g}"
