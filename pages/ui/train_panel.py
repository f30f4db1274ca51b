"""The moving part of "Train live": the curves of the run, and the gates on one sequence."""

from functools import lru_cache
from typing import Any

import streamlit as st

from gru_core.figures import training as figures
from gru_core.figures.curves import View
from gru_core.figures.probe import moments_view, probe_change, probe_view
from gru_core.training.experiment import Experiment
from gru_core.training.network import Output
from gru_core.training.record import Snapshot
from gru_core.training.trainer import answers, data_of, start
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
        st.markdown(" ".join(train_words.sentences(course)))
    with right:
        _gates(course)


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
    moments = None
    snapshots = run.record.snapshots
    # The snapshots are of the first seed. Those of a large network are worked out when it rests.
    if course.shown == 0 and len(snapshots) > 1 and (not run.moving or e.parameters < 20_000):
        steps = tuple(snapshot.step for snapshot in snapshots)
        moments = _moments(e.to_json(), steps, course.layer, e, snapshots)
    components.timeline(data, key="train_gates", moments=moments)
    change = probe_change(_before(e.changed(changes=()), course.shown), output, course.layer)
    st.caption(train_words.gates(change, len(run.record) > 0))


@lru_cache(maxsize=16)
def _before(experiment: Experiment, run: int) -> Output:
    """What the untrained network says to the probe."""
    return answers(experiment, start(experiment).weights_of(run), data_of(experiment).probe)


@st.cache_data(max_entries=32, show_spinner=False)
def _moments(
    description: str,
    steps: tuple[int, ...],
    layer: int,
    _experiment: Experiment,
    _snapshots: tuple[Snapshot, ...],
) -> dict[str, Any]:
    """Equal experiments have equal snapshots, so that the description and the steps say which."""
    probe = data_of(_experiment).probe
    return moments_view({s.step: answers(_experiment, s.weights, probe) for s in _snapshots}, layer)


def _figures(course: Course) -> list[dict[str, object]]:
    run, words = course.run, train_words.figure_words()
    e, record = course.experiment, run.seen
    view = View(e.seeds, e.steps, train_words.events(course))
    thresholds = figures.clip_thresholds(e)
    drawn = {
        "loss": (
            _("Loss"),
            figures.loss_figure(record, view, words, levels=train_words.levels(e), log=course.log),
            _("Loss of training and of validation over the updates"),
        ),
        "gradient": (
            _("Gradient"),
            figures.gradient_figure(record, view, words, thresholds=thresholds),
            _("Norm of the gradient before and after clipping"),
        ),
        "profile": (
            _("Through time"),
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
