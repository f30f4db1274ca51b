"""The moving part of "Train live": the curves of the run, and the gates on one sequence."""

from typing import Any

import streamlit as st

from gru_core.figures import training as figures
from gru_core.figures.curves import View
from gru_core.figures.probe import moments_view, probe_view
from gru_core.training.experiment import Experiment
from gru_core.training.record import Snapshot
from gru_core.training.trainer import answers, data_of
from pages.ui import components, train_words
from pages.ui.probe_words import probe_words
from pages.ui.train_state import Course
from pages.ui.words import label as _


def panel(course: Course) -> None:
    """The curves beside the gates, and what both show in words."""
    left, right = st.columns([3, 2], gap="small")
    with left:
        components.curves(
            {"figures": _figures(course), "words": curve_words(), "revision": course.version},
            key="train_curves",
        )
    with right:
        _gates(course)
    st.markdown(" ".join(train_words.sentences(course)))


def curve_words() -> dict[str, str]:
    """The texts of the curves' own buttons."""
    return {
        "loading": _("Loading the figures…"),
        "failed": _("The figures could not be loaded. Reload the page."),
        "png": _("Save as PNG"),
        "zoom": _("Zoom"),
        "pan": _("Move"),
        "reset": _("Show all"),
    }


def _gates(course: Course) -> None:
    e, run = course.experiment, course.run
    probe = data_of(e).probe
    output = answers(e, course.weights, probe)
    view = probe_view(probe, output, course.layer, run.checkpoint.step, e.about.alphabet)
    data = {
        "view": view,
        "words": probe_words(", ".join(view["maps"])),
        "position": {"time": 0, "unit": 0},
        "position_version": course.version,
        "compact": True,
    }
    # The snapshots are of the first seed. While the run goes on they would only cost the line.
    moments = None
    if not run.moving and course.shown == 0 and len(run.record.snapshots) > 1:
        moments = _moments(e, run.record.snapshots, course.layer)
    components.timeline(data, key="train_gates", moments=moments)


def _moments(experiment: Experiment, snapshots: tuple[Snapshot, ...], layer: int) -> dict[str, Any]:
    seen = {s.step: answers(experiment, s.weights, data_of(experiment).probe) for s in snapshots}
    return moments_view(seen, layer)


def _figures(course: Course) -> list[dict[str, object]]:
    run, words = course.run, train_words.figure_words()
    e, record = course.experiment, course.run.record
    view = View(e.seeds, e.steps, train_words.events(course))
    thresholds = figures.clip_thresholds(e)
    drawn = {
        "loss": (
            _("Loss"),
            figures.loss_figure(
                record, view, words, levels=train_words.levels(course), log=course.log
            ),
            _("Loss of training and of validation over the updates"),
        ),
        "gradient": (
            _("Gradient norm"),
            figures.gradient_figure(record, view, words, thresholds=thresholds),
            _("Norm of the gradient before and after clipping"),
        ),
        "profile": (
            _("Gradient through time"),
            figures.profile_figure(run.first, run.now, words),
            _("Norm of ∂L/∂h over the steps of one sequence, now and at the start"),
        ),
        "update": (
            _("Update"),
            figures.update_figure(record, view, words),
            _("Size of each update against the size of the weights"),
        ),
    }
    return [
        {"id": name, "title": title, "spec": spec, "alt": alt, "linked": name != "profile"}
        for name, (title, spec, alt) in drawn.items()
    ]
