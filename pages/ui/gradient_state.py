"""What one reader looks at on "Gradients over time", and the numbers of it, computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from gru_core.data import gradient_study
from gru_core.data.gradient_view import QUERY_NAMES, GradientView
from gru_core.errors import InputError
from gru_core.maths.parameters import Array
from pages.ui import state

PAGE = "gradients"


@dataclass(frozen=True)
class Slope:
    """The view, and an error to show until the next change."""

    view: GradientView
    notice: InputError | None = None


def current() -> Slope:
    """This session's view, brought up to date with the address."""
    return state.current(PAGE, QUERY_NAMES, _first, _opened)


def choosing(choices: Callable[[], Mapping[str, object]]) -> Callable[[], None]:
    """A widget callback that puts other choices in place."""

    def change(slope: Slope) -> Slope:
        return Slope(slope.view.changed(**choices()))

    return state.changing(PAGE, change)


def study(view: GradientView) -> gradient_study.Study:
    """See ``gradient_study.study``."""
    return _study(view.curves)


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
    return slope if query == slope.view.to_query() else Slope(GradientView.from_query(query))
