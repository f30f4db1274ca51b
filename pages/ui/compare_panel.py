"""The moving part of "Compare": the same measurements of all configurations, side by side."""

import streamlit as st

from gru_core.figures.comparison import panels
from gru_core.figures.curves import View
from pages.ui import compare_words, components
from pages.ui.compare_state import Contest
from pages.ui.train_panel import curve_words
from pages.ui.words import label as _


def panel(contest: Contest) -> None:
    """The panels, and what may be said of them."""
    base, members = contest.comparison.base, contest.members
    view = View(base.seeds, max(m.checkpoint.experiment.steps for m in members))
    specs = panels(
        [m.record for m in members],
        [m.now for m in members],
        compare_words.names(contest.comparison),
        view,
        compare_words.figure_words(),
        log=contest.log,
    )
    titles = {
        "loss": (_("Validation loss"), _("Validation loss over the updates")),
        "gradient": (_("Gradient norm"), _("Norm of the gradient before clipping")),
        "profile": (
            _("Gradient through time"),
            _("Norm of ∂L/∂h over the steps of one sequence, now"),
        ),
        "saturation": (_("Saturated gates"), _("Share of saturated gate values")),
        "largest_state": (_("Largest |h|"), _("Largest state on the validation data")),
    }
    components.curves(
        {
            "figures": [
                {
                    "id": name,
                    "title": titles[name][0],
                    "spec": spec,
                    "alt": titles[name][1],
                    "linked": name != "profile",
                }
                for name, spec in specs.items()
            ],
            "words": curve_words(),
            "revision": contest.version,
        },
        key="compare_curves",
    )
    st.markdown(compare_words.sentence(contest))
