"""What "Train live" says about a run, in the session's language."""

from math import isinf, isnan

from gru_core.data.gradient_study import power
from gru_core.figures import training as figures
from gru_core.figures.curves import Event
from gru_core.figures.probe import ProbeChange
from gru_core.training.experiment import CLIP, CLIP_AT, LEARNING_RATE, Experiment
from gru_core.training.trainer import Stop
from pages.ui.train_state import Course
from pages.ui.words import label as _
from pages.ui.words import template

_LIVE = {choice.name: choice for choice in (LEARNING_RATE, CLIP, CLIP_AT)}


def progress(course: Course) -> str:
    """How far the run is, how fast it goes, and how long it will take."""
    run, steps = course.run, course.experiment.steps
    done = _("{step} of {steps} steps", step=run.checkpoint.step, steps=steps)
    if run.checkpoint.step == steps:
        return _("{done} · finished", done=done)
    if run.checkpoint.finished:
        return _("{done} · no seed is left", done=done)
    if not run.relay.pace:
        return done
    pace = _("{pace} steps a second", pace=f"{1 / run.relay.pace:.3g}")
    left = run.seconds_left
    if not run.playing or isinf(left):
        return _("{done} · {pace}", done=done, pace=pace)
    return _("{done} · {pace} · {left} s left", done=done, pace=pace, left=f"{left:.0f}")


def longer(course: Course) -> str:
    """What more steps mean."""
    if course.experiment.schedule in ("constant", "plateau"):
        return _(
            "It begins anew, with more steps to come: the first {steps} give the same numbers.",
            steps=course.experiment.steps,
        )
    return _("It begins anew, and is another run: its schedule is stretched over all the steps.")


def events(course: Course) -> list[Event]:
    """What happened on the way, to be marked on the curves."""
    changed = [
        Event(
            change.step,
            _("{what}: {value}", what=_(_LIVE[change.name].title), value=_value(change.value)),
        )
        for change in course.experiment.changes
    ]
    at: dict[int, list[int]] = {}
    for seed, stop in _stopped(course):
        at.setdefault(stop.step, []).append(seed)
    stopped = [
        Event(
            step,
            _("seed {seed} stopped", seed=seeds[0])
            if len(seeds) == 1
            else _("{count} seeds stopped", count=len(seeds)),
        )
        for step, seeds in sorted(at.items())
    ]
    return changed + stopped


def levels(e: Experiment) -> dict[str, float]:
    """The lines to hold the loss against: what guessing gets, and what is known to be reached."""
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
        "after": _("after it"),
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
    guess = e.about.guess(e.length, e.loss)
    loss = figures.loss_facts(run.seen, guess)
    if not len(run.record):
        return _untrained(course, loss, guess)
    if run.record.evaluated[-1] == 0:
        said = [
            _(
                "Before the first update the validation loss was **{loss}**; guessing gets "
                "**{guess}**. It is looked at after every {steps} updates.",
                loss=_short(loss.last),
                guess=_short(guess),
                steps=e.evaluate,
            )
        ]
    else:
        said = [_loss(loss, e.runs, int(run.record.evaluated[-1]))]
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
    if run.checkpoint.step == e.steps and not run.moving:
        said.append(
            _(
                "What next? “{seed}” shows what was luck, another learning rate what it was good "
                "for, and “{take}” below opens the network on other pages.",
                seed=_("New seed"),
                take=_("Take it with you"),
            )
        )
    return said


def _untrained(course: Course, loss: figures.LossFacts, guess: float) -> list[str]:
    said = [_("The task: {answer}", answer=_(course.experiment.about.answer))]
    if loss.last is None:
        said.append(
            _("Nothing is trained yet. Guessing gets a loss of **{guess}**.", guess=_short(guess))
        )
    else:
        said.append(
            _(
                "Nothing is trained yet: with random weights the loss is **{loss}**, and guessing "
                "gets **{guess}**.",
                loss=_short(loss.last),
                guess=_short(guess),
            )
        )
    said.append(
        _(
            "Press Play: every step moves all weights a little, so that the loss falls. Once it is "
            "below the line of guessing, something has been learned."
        )
    )
    return said


def gates(change: ProbeChange, begun: bool) -> str:
    """What training has changed in the gates on the probe sequence; how they are before it has."""
    if not begun:
        means = [
            _("{gate}: {value}", gate=name, value=f"{mean.now:.2f}")
            for name, mean in change.means.items()
        ]
        means.append(_("largest |h|: {value}", value=_size(change.largest_state.now)))
        return _("Means before any update · {parts}", parts=" · ".join(means))
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
        _("largest |h|: {start} → {now}", start=_size(largest.start), now=_size(largest.now))
    )
    return _("Means from the start to now · {parts}", parts=" · ".join(parts))


def broken(course: Course) -> str:
    """Why runs broke down, and what to try; empty when none did."""
    return _together([pair for pair in _stopped(course) if pair[1].reason != "early"])


def early(course: Course) -> str:
    """Which runs stopped because they no longer got better; empty when none did."""
    return _together([pair for pair in _stopped(course) if pair[1].reason == "early"])


def _stopped(course: Course) -> list[tuple[int, Stop]]:
    pairs = zip(course.experiment.seeds, course.run.checkpoint.stopped, strict=True)
    return [(seed, stop) for seed, stop in pairs if stop]


def _together(pairs: list[tuple[int, Stop]]) -> str:
    """All of the first, and of the others when: ten boxes would push the figures away."""
    if not pairs:
        return ""
    (seed, stop), *others = sorted(pairs, key=lambda pair: pair[1].step)
    said = _stop(seed, stop)
    if not others:
        return said
    if len(others) > 3:
        return (
            said
            + " "
            + _(
                "So did {count} more seeds, after {low} to {high} updates.",
                count=len(others),
                low=others[0][1].step,
                high=others[-1][1].step,
            )
        )
    likewise = [_("seed {seed} after {step}", seed=seed, step=stop.step) for seed, stop in others]
    return said + " " + _("Likewise: {seeds}.", seeds=", ".join(likewise))


def _loss(loss: figures.LossFacts, runs: int, step: int) -> str:
    """step: after how many updates it was looked at."""
    values = {"step": step, "last": _short(loss.last), "runs": runs}
    if loss.guess is None or loss.last is None:
        return _("No run has had a finite validation loss.")
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
    if isnan(stop.last_norm):
        return _(
            "Seed {seed} broke down in its very first step: {what}. Try a smaller gain of the "
            "first weights, or shorter sequences.",
            seed=seed,
            what=what,
        )
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


def _size(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:.3g}"


def _value(value: float | str) -> str:
    return _(CLIP.options[value]) if isinstance(value, str) else f"{value:g}"
