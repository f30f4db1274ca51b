"""Below the curves of "Train live": answers, a step taken apart, numbers, all to take away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from gru_core.data.tasks import Batch
from gru_core.errors import InputError
from gru_core.figures import training as figures
from gru_core.figures.curves import View
from gru_core.figures.predictions import prediction_facts, prediction_figure
from gru_core.maths.parameters import Array
from gru_core.training import slow_motion, take_away
from gru_core.training.sample import sample
from gru_core.training.script import script
from gru_core.training.trainer import answers, data_of
from pages.ui import components, trace_tools, train_words, trained_offer
from pages.ui.classroom import locks, unlocked
from pages.ui.diagnosis import diagnosis
from pages.ui.downloads import download
from pages.ui.fields import select
from pages.ui.train_panel import curve_words
from pages.ui.train_state import PAGE, Course, changing
from pages.ui.words import label as _
from pages.ui.words import of_error, prose

SHOWN_ROWS = 500
WRITTEN = 160
"""Characters of a sample."""


def tabs(course: Course) -> None:
    """Only the open tab is computed."""
    trace_tools.tabs(
        PAGE,
        {
            _("Answers"): lambda: _answers(course),
            _("Gates and states"): lambda: _activity(course),
            _("One step in slow motion"): lambda: _slow_motion(course),
            _("All numbers"): lambda: _numbers(course),
            _("Take it with you"): lambda: _take_away(course),
            _("Diagnosis"): lambda: diagnosis(
                PAGE,
                course.run.record,
                course.run.checkpoint,
                course.shown,
                lambda choices: changing(
                    unlocked(lambda course: course.choose(**choices), *choices)
                ),
            ),
        },
    )


def which_run(course: Course) -> None:
    """Which of the seeds, and which layer, is looked at."""
    e = course.experiment
    if e.runs > 1:
        seeds = {k: _("Shown: seed {seed}", seed=seed) for k, seed in enumerate(e.seeds)}
        _pick("shown", _("Seed"), seeds, course.shown)
    if e.layers > 1:
        layers = {n: _("Shown: layer {number}", number=n + 1) for n in range(e.layers)}
        _pick("layer", _("Layer"), layers, course.layer)


def _pick(name: str, title: str, titles: Mapping[int, str], value: int) -> None:
    select(
        PAGE,
        name,
        title,
        titles,
        value,
        # A browser that has not heard of other seeds yet sends words that are none of these.
        lambda course, value: course.look(**{name: value}) if value in titles else course,
        label_visibility="collapsed",
        width=140,
    )


def _answers(course: Course) -> None:
    e = course.experiment
    task, data = e.about, data_of(e)
    batch: Batch = data.probe if task.shows in ("string", "text") else data.validation
    answer = answers(e, course.weights, batch).answer[0].numpy()
    labels = _labels(course)
    drawn, said = st.columns([3, 2], gap="medium")
    with drawn:
        _prediction(course, batch, answer, labels)
    with said:
        st.markdown(_said(course, batch, answer))
        if task.shows == "text" and not course.run.moving:
            _text(course)
        st.caption(
            _(
                "Sequences that were never trained on. {answer} {needs}",
                answer=_(task.answer),
                needs=_(task.needs),
            )
        )


def _labels(course: Course) -> list[str]:
    """The classes of the task in the reader's language."""
    return [_(name) for name in course.experiment.about.labels]


def _prediction(course: Course, batch: Batch, answer: Array, labels: list[str]) -> None:
    task, scale = course.experiment.about, data_of(course.experiment).scale
    components.curves(
        {
            "figures": [
                {
                    "id": "answers",
                    "spec": prediction_figure(
                        task, batch, answer, _words(), labels=labels, scale=scale
                    ),
                    "alt": _("What the network answers, against the truth"),
                    "linked": False,
                }
            ],
            "words": curve_words(),
        },
        key="train_answers",
    )


def _text(course: Course) -> None:
    begun, written = sample(
        course.experiment, course.weights, WRITTEN, seed=course.run.checkpoint.step
    )
    st.markdown(_("What it writes by itself, after the beginning that it is given:"))
    st.code(begun + " ▏" + written, language=None, wrap_lines=True)


def _said(course: Course, batch: Batch, answer: Array) -> str:
    facts = prediction_facts(
        course.experiment.about, batch, answer, data_of(course.experiment).scale
    )
    seed = course.experiment.seeds[course.shown]
    if facts.right is None:
        return _(
            "Seed {seed}: over {count} answers the error is **{error}** (root mean square).",
            seed=seed,
            count=facts.count,
            error=f"{facts.error:.3g}",
        )
    return _(
        "Seed {seed}: **{right} %** of {count} answers are right; always giving the commonest one "
        "would get {guess} %.",
        seed=seed,
        right=f"{100 * facts.right:.1f}",
        count=facts.count,
        guess=f"{100 * (facts.guess or 0.0):.1f}",
    )


def _words() -> dict[str, str]:
    return {
        "truth": _("truth"),
        "prediction": _("answer"),
        "persistence": _("the value before"),
        "step": _("step t of the sequence"),
        "string_axis": _("below each step: what is read, and the true answer"),
        "window": _("sequence"),
        "value": _("value"),
        "probability": _("probability"),
        "count": _("sequences"),
    }


def _activity(course: Course) -> None:
    view = View(course.experiment.seeds, course.experiment.steps, train_words.events(course))
    components.curves(
        {
            "figures": [
                {
                    "id": "activity",
                    "spec": figures.activity_figure(
                        course.run.record, view, train_words.figure_words()
                    ),
                    "alt": _("The share of saturated gates, and the largest state"),
                    "linked": False,
                }
            ],
            "words": curve_words(),
        },
        key="train_activity",
    )
    st.caption(
        _(
            "On the validation data: the share of gate values below 0.1 or above 0.9, and the "
            "largest |h|."
        )
    )


def _slow_motion(course: Course) -> None:
    if course.run.playing:
        st.info(_("Pause the run to take its next step apart."))
        return
    parts = slow_motion.explain(course.run.checkpoint, course.shown)
    if parts is None:
        st.info(_("The run is finished: there is no next step. Rewind it to see the first one."))
        return
    st.markdown(_("What step {step} will do, by the code that trains:", step=parts.step + 1))
    st.markdown(
        _(
            "**1 Batch.** {count} sequences of {steps} steps with {inputs} inputs each.",
            count=parts.count,
            steps=parts.steps,
            inputs=parts.inputs,
        )
    )
    st.markdown(_("**2 Forward.** The network answers; the first ones beside the truth:"))
    titles = {"sequence": _("sequence"), "answer": _("answer"), "truth": _("truth")}
    answers, labels = parts.answers, _labels(course)
    if labels:
        names = dict(enumerate(map(_visible, labels)))
        answers = answers.assign(
            answer=answers["answer"].map(names), truth=answers["truth"].map(names)
        )
    if answers["sure"].isna().all():  # a value is never sure
        answers = answers.drop(columns="sure")
    else:
        titles |= {"sure": _("how sure")}
    _frame(answers, {**titles, "loss": _("loss")}, width="content")
    st.markdown(
        _("**3 Loss.** The mean over all answers: L = **{loss}**.", loss=f"{parts.loss:.6g}")
    )
    st.markdown(
        _("**4 Backward.** ∂L/∂W of every weight, **5** its norm, **6** clipped, **7** the update:")
    )
    _frame(
        parts.weights,
        {
            "name": _("weight"),
            "entries": _("entries"),
            "gradient": _("‖gradient‖"),
            "clipped": _("‖clipped‖"),
            "weight_norm": _("‖weight‖"),
            "update": _("‖update‖"),
            "first": _("first entry"),
            "first_gradient": _("its gradient"),
            "first_after": _("after the update"),
        },
    )
    if course.now.clip == "norm":
        said = _(
            "The norm of all gradients together is **{norm}**; clipping at {limit} multiplies them "
            "with **{scale}**.",
            norm=f"{parts.norm:.4g}",
            limit=f"{course.now.clip_at:g}",
            scale=f"{parts.scale:.4g}",
        )
    else:
        said = _("The norm of all gradients together is **{norm}**.", norm=f"{parts.norm:.4g}")
    st.markdown(
        said + " " + _("The learning rate of this step is {rate}.", rate=f"{parts.rate:.4g}")
    )
    st.button(_("Do this step"), key="train_do", on_click=changing(lambda course: course.go(1)))


def _visible(label: str) -> str:
    return {" ": "␣", "\n": "↵"}.get(label, label)


def _frame(table: Any, titles: Mapping[str, str], **look: Any) -> None:
    st.dataframe(
        table,
        hide_index=True,
        column_config=_columns(table, titles),
        **{"height": "content", **look},
    )


def _columns(table: Any, titles: Mapping[str, str]) -> dict[str, Any]:
    """Numbers with four digits, wherever their point is."""
    return {
        name: st.column_config.NumberColumn(title, format="%.4g")
        if table[name].dtype.kind == "f"
        else title
        for name, title in titles.items()
    }


def _numbers(course: Course) -> None:
    table = course.run.record.table()
    _frame(
        table.tail(SHOWN_ROWS),
        {
            "step": _("updates"),
            "run": _("run"),
            "loss": _("loss"),
            "gradient_norm": _("gradient norm"),
            "clipped_norm": _("after clipping"),
            "learning_rate": _("learning rate"),
            "update_norm": _("‖update‖"),
            "weight_norm": _("‖weight‖"),
            "validation_loss": _("validation loss"),
            "validation_accuracy": _("validation accuracy"),
            "saturation": _("saturated gates"),
            "largest_state": _("largest |h|"),
        },
        height=320,
    )
    if len(table) > SHOWN_ROWS:
        st.caption(_("The last {count} rows of {all}.", count=SHOWN_ROWS, all=len(table)))
    download("gru-training.csv", lambda: take_away.record_csv(course.run.record))


def _take_away(course: Course) -> None:
    if course.run.playing:
        st.info(_("Pause the run to take it with you as it is then."))
        return
    e, weights = course.experiment, course.weights
    seed = e.seeds[course.shown]
    st.markdown(
        _(
            "The network of seed {seed} after {step} updates:",
            seed=seed,
            step=course.run.checkpoint.step,
        )
    )
    with st.container(horizontal=True, key="train_files"):
        for title, file, make in (
            (_("PyTorch state dict"), "gru.pt", take_away.torch_file),
            (_("safetensors"), "gru.safetensors", take_away.safetensors_file),
            (_("ONNX"), "gru.onnx", take_away.onnx_file),
            (_("All weights"), "gru-all-weights.safetensors", take_away.all_weights_file),
        ):
            _model_file(title, file, lambda make=make: make(e, weights))
    st.markdown(_("The run:"))
    with st.container(horizontal=True, key="train_run_files"):
        download("gru-experiment.json", e.to_json, _("Experiment as JSON"))
        download(
            "gru-record.csv", lambda: take_away.record_csv(course.run.record), _("Record as CSV")
        )
        download(
            "gru-training.py", lambda: script(e, course.shown), _("Stand-alone PyTorch script")
        )
    st.caption(prose(PAGE, "script"))
    trained_offer.offer(e, weights, course.layer, course.run.checkpoint.step)
    st.file_uploader(
        _("Open an experiment (JSON)"),
        type=["json"],
        key="train_upload",
        disabled=locks("preset"),
        on_change=changing(unlocked(_uploaded, "preset")),
    )
    if course.notice:  # once more, because the one above the figures is out of sight from here
        st.warning(of_error(course.notice))


def _uploaded(course: Course) -> Course:
    upload = st.session_state["train_upload"]
    if upload is None:
        return course
    return course.begin(course.experiment.from_json(upload.getvalue()), preset="")


def _model_file(title: str, file: str, make: Callable[[], bytes]) -> None:
    try:
        content = make()
    except InputError as error:
        st.caption(f"{title}: " + of_error(error))
        return
    st.download_button(
        title,
        content,
        file,
        "application/octet-stream",
        key=f"train_{file}",
        on_click="ignore",
    )
