"""A page with nothing but the curves of a small run, which grow by a click: for test_curves.py."""

import streamlit as st

from gru_core.data.tasks import TASKS
from gru_core.figures.curves import Event, View
from gru_core.figures.predictions import prediction_figure
from gru_core.figures.training import (
    activity_figure,
    clip_thresholds,
    gradient_figure,
    loss_figure,
    profile_figure,
    update_figure,
)
from gru_core.training.experiment import Experiment
from gru_core.training.record import Record
from gru_core.training.trainer import advance, answers, data_of, start
from pages.ui import components, plotly_script

SLICES = 15
WORDS = {
    "step": "step",
    "loss": "loss",
    "training": "training",
    "validation": "validation",
    "seed_training": "training, seed {seed}, step {x}: {y}",
    "seed_validation": "validation, seed {seed}, step {x}: {y}",
    "beyond": "step {x}: {y}, above the figure",
    "norm": "norm",
    "before": "before clipping",
    "after": "after",
    "threshold": "clip at",
    "seed_before": "seed {seed}, step {x}: {y}",
    "t": "t",
    "start": "at the start",
    "now": "now",
    "layer": "{name}, layer {layer}",
    "ratio": "ratio",
    "update": "update / weight",
    "guide": "rule of thumb",
    "seed_update": "seed {seed}, step {x}: {y}",
    "saturation": "saturated",
    "largest": "largest |h|",
    "truth": "truth",
    "prediction": "prediction",
    "persistence": "persistence",
    "window": "window",
    "value": "value",
    "probability": "probability",
    "count": "count",
    "string_axis": "read, and what comes next",
}
COMPONENT_WORDS = {
    "loading": "Loading the figures …",
    "failed": "The figures cannot be loaded. Reload the page.",
    "png": "Download as PNG",
    "zoom": "Zoom",
    "pan": "Pan",
    "reset": "Reset",
}


@st.cache_resource
def slices(query: str) -> list[tuple]:
    checkpoint = start(Experiment.from_query(dict(part.split("=") for part in query.split(";"))))
    made = [(checkpoint, Record.empty(checkpoint.experiment.runs))]
    for _ in range(SLICES):
        checkpoint, record = advance(checkpoint, checkpoint.experiment.steps // SLICES)
        made.append((checkpoint, made[-1][1] + record))
    return made


def main() -> None:
    st.set_page_config(layout="wide")
    query = st.query_params.get("experiment", "task=adding;length=10;hidden=8;steps=300;runs=3")
    count = st.session_state.get("count", 3)
    log = st.toggle("Log scale", value=True, key="log")

    def grow() -> None:
        st.session_state.count = min(count + 1, SLICES)

    st.button(f"Grow {count}", key="grow", on_click=grow)
    checkpoint, record = slices(query)[count]
    experiment = checkpoint.experiment
    stops = [s for s in checkpoint.stopped if s]
    view = View(
        experiment.seeds,
        experiment.steps,
        [Event(40, "rate 0.005"), *(Event(s.step, "stopped") for s in stops)],
    )
    task = TASKS[experiment.task]
    levels = {"guess": task.guess(experiment.length, experiment.loss)}
    levels |= {m.title: m.value for m in task.marks(experiment.length) if m.loss == experiment.loss}
    batch = data_of(experiment).validation
    answer = answers(experiment, checkpoint.weights_of(0), batch).answer[0].numpy()
    first, *_, last = record.snapshots
    figures = {
        "loss": loss_figure(record, view, WORDS, levels=levels, log=log),
        "gradient": gradient_figure(record, view, WORDS, thresholds=clip_thresholds(experiment)),
        "profile": profile_figure(first, last, WORDS),
        "prediction": prediction_figure(task, batch, answer, WORDS),
        "update": update_figure(record, view, WORDS),
        "activity": activity_figure(record, view, WORDS),
    }
    data = {
        "figures": [
            {
                "id": name,
                "title": name.capitalize(),
                "spec": spec,
                "alt": f"The figure {name}",
                "linked": name in ("loss", "gradient", "update", "activity"),
            }
            for name, spec in figures.items()
        ],
        "words": COMPONENT_WORDS,
    }
    components.curves(data, key="curves")


if st.runtime.exists():
    main()
else:
    app = st.App(__file__, routes=[plotly_script.ROUTE])
