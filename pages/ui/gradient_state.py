"""What one reader looks at on "Gradients over time", and the numbers of it, computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from gru_core.data import gradient_study
from gru_core.data.bounds import OneOf
from gru_core.data.gradient_study import TABLE_SEEDS
from gru_core.data.gradient_view import QUERY_NAMES, GradientView
from gru_core.data.sequence_view import MODEL, the_trained
from gru_core.data.trained import TRAINED, Trained
from gru_core.errors import InputError
from gru_core.maths.parameters import Array
from pages.ui import state, trained

PAGE = "gradients"
NAMES = (*QUERY_NAMES, MODEL.name)
"""Every parameter that Slope.address can write."""

_TRAINED = OneOf(MODEL.name, MODEL.title, {TRAINED: ""}, TRAINED)


@dataclass(frozen=True)
class Slope:
    """The view, the seeds of the table, and an error to show until the next change.

    trained: a GRU of this session, to be shown beside those of the view.
    """

    view: GradientView
    table_seeds: int = TABLE_SEEDS.usual
    notice: InputError | None = None
    trained: Trained | None = None

    @property
    def address(self) -> dict[str, str]:
        """The parameters of an address that restores it."""
        model = {MODEL.name: TRAINED} if self.trained else {}
        return self.view.to_query() | model

    def changed(self, **choices: object) -> Slope:
        """Other choices of the view."""
        return replace(self, view=self.view.changed(**choices), notice=None)


def current() -> Slope:
    """This session's view, brought up to date with the address."""
    return state.current(PAGE, NAMES, _first, _opened)


def choosing(choices: Callable[[], Mapping[str, object]]) -> Callable[[], None]:
    """A widget callback that puts other choices in place."""

    def change(slope: Slope) -> Slope:
        return slope.changed(**choices())

    return state.changing(PAGE, change)


def study(view: GradientView, own: Trained | None = None) -> gradient_study.Study:
    """See ``gradient_study.study`` and ``with_trained``."""
    drawn = _study(view.curves)
    return gradient_study.with_trained(drawn, own) if own else drawn


def leave_out(slope: Slope) -> Slope:
    """Without the trained GRU."""
    return replace(slope, trained=None, notice=None)


def pairwise(view: GradientView) -> Array:
    """See ``gradient_study.pairwise``."""
    return _pairwise(_of_cell(view))


def paths(view: GradientView) -> Mapping[str, Array]:
    """See ``gradient_study.paths``."""
    return _paths(view.curves)


def stretches(view: GradientView) -> Array:
    """See ``gradient_study.stretches``."""
    return _stretches(_of_cell(view))


# Shared by all sessions, so that a class that opens one link computes it once. What is kept for
# one view is at most 0.3 MB.
_study = st.cache_data(gradient_study.study, max_entries=64, show_spinner=False)
_pairwise = st.cache_data(gradient_study.pairwise, max_entries=32, show_spinner=False)
_paths = st.cache_data(gradient_study.paths, max_entries=32, show_spinner=False)
_stretches = st.cache_data(gradient_study.stretches, max_entries=32, show_spinner=False)


def _of_cell(view: GradientView) -> GradientView:
    return replace(view.curves, cell=view.cell)


def _first() -> Slope:
    return Slope(GradientView())


def _opened(slope: Slope, query: Mapping[str, str]) -> Slope:
    own = None
    if MODEL.name in query:
        _TRAINED.read(query[MODEL.name])
        own = the_trained(trained.current())
    if query == slope.address and own is slope.trained:
        return slope
    return replace(slope, view=GradientView.from_query(query), trained=own, notice=None)
