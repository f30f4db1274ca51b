"""A page with nothing but the time machine, over a network that really trains, a bit at a click."""

import streamlit as st

from gru_core.figures.probe import maps_of, moments_view, probe_view
from gru_core.training.experiment import Experiment
from gru_core.training.trainer import advance, answers, data_of, start
from pages.ui import components
from pages.ui.probe_words import probe_words

CHOICES = ("task", "length", "cell", "layers", "hidden", "candidate", "scheme")
asked = st.query_params
chosen = {name: asked[name] for name in CHOICES if name in asked}
experiment = Experiment.of({"task": "adding", "hidden": 8, "steps": 200, "batch": 16, **chosen})
layer, updates = int(asked.get("layer", 0)), int(asked.get("updates", 40))
probe = data_of(experiment).probe
slices = st.session_state.setdefault("slices", [advance(start(experiment), updates)])


def train_on() -> None:
    """Ten updates more."""
    slices.append(advance(slices[-1][0], 10))


@st.fragment
def live() -> None:
    st.button("More", key="more", on_click=train_on)
    checkpoint = slices[-1][0]
    now = answers(experiment, checkpoint.weights_of(0), probe)
    snapshots = [snapshot for _, record in slices for snapshot in record.snapshots]
    looks = {s.step: answers(experiment, s.weights, probe) for s in snapshots}
    about = experiment.about
    components.timeline(
        {
            "view": probe_view(probe, now, layer, checkpoint.step, about.alphabet),
            "words": probe_words(", ".join(maps_of(now, layer))),
            "compact": "compact" in asked,
        },
        key="probe",
        moments=moments_view(looks, layer) if "bare" not in asked else None,
    )
    st.write(f"drawn after {checkpoint.step}")


with st.container(width=int(asked.get("width", 1200)), key="column"):
    live()
