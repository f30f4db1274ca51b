"""The stability map of "Compare": one short run for each pair of values of two settings."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from gru_core.errors import InputError
from gru_core.figures.comparison import stability_figure
from gru_core.training.experiment import Experiment
from gru_core.training.record import Record
from gru_core.training.relay import Relay
from gru_core.training.stability import Grid, measure
from gru_core.training.trainer import Checkpoint, start
from pages.ui import components
from pages.ui.train_panel import curve_words
from pages.ui.words import label as _
from pages.ui.words import of_error

STATE = "compare_map"
OPEN = "compare_map_train"  # the button that leaves the page

MAPS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "rate_clip": (
        {"name": "learning_rate", "low": 0.001, "high": 3.0, "count": 5, "log": True},
        {"name": "clip_at", "low": 0.01, "high": 100.0, "count": 5, "log": True},
    ),
    "gain_length": (
        {"name": "gain", "low": 0.5, "high": 4.0, "count": 5, "log": True},
        {"name": "length", "low": 10, "high": 100, "count": 4, "log": True},
    ),
    "keep_length": (
        {"name": "keep_bias", "low": 0.0, "high": 4.0, "count": 5},
        {"name": "length", "low": 10, "high": 100, "count": 4, "log": True},
    ),
}


@dataclass(frozen=True)
class Map:
    """cells: the checkpoint and the record of each, as far as collected.

    taken: how many results of the relay they have.
    """

    grid: Grid
    cells: tuple[tuple[Checkpoint, Record], ...]
    relay: Relay
    taken: int = 0
    notice: InputError | None = None

    @classmethod
    def of(cls, grid: Grid) -> Map:
        checkpoints = tuple(map(start, grid.experiments))
        records = (Record.empty(c.experiment.runs) for c in checkpoints)
        return cls(grid, tuple(zip(checkpoints, records, strict=True)), Relay(*checkpoints))

    @property
    def share(self) -> float:
        """How much of all steps is done."""
        steps = sum(c.experiment.steps for c, record in self.cells)
        return sum(c.experiment.steps if c.finished else c.step for c, record in self.cells) / steps

    def collect(self) -> Map:
        try:
            slices = self.relay.collect(self.taken)
        except Exception:  # a worker was lost: what it had not handed over is done anew
            logging.getLogger(__name__).exception("A slice of training was lost")
            lost = InputError("The last slice of training was lost. Compute the map once more.")
            return replace(self, taken=self.taken + 1, notice=lost)
        cells = list(self.cells)
        for done in slices:
            cells[done.which] = (done.checkpoint, cells[done.which][1] + done.record)
        return replace(self, cells=tuple(cells), taken=self.taken + len(slices))


def moving() -> bool:
    """There is, or will be, something to collect."""
    found: Map | None = st.session_state.get(STATE)
    return found is not None and found.relay.busy(found.taken)


def stability(experiment: Experiment, opening: Callable[[Experiment], None]) -> None:
    """Choose two settings, watch the map fill, and open the run of a cell.

    experiment: what all cells share. opening: opens an experiment to be watched.
    """
    titles = {
        "rate_clip": _("learning rate × clipping"),
        "gain_length": _("gain of U × length"),
        "keep_length": _("keep bias × length"),
    }
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare_map_bar"):
        chosen = st.selectbox(
            _("Two settings"), list(titles), format_func=titles.__getitem__, key="compare_map_axes"
        )
        shown = st.selectbox(
            _("Colour"),
            ["loss", "ratio", "diverged"],
            format_func={
                "loss": _("final validation loss"),
                "ratio": _("gradient at the first step / at the last"),
                "diverged": _("share of runs that diverged"),
            }.__getitem__,
            key="compare_map_shown",
        )
        pressed = st.button(_("Compute the map"), key="compare_map_go", type="primary")
        stopped = st.button(_("Stop"), key="compare_map_stop", disabled=not moving())
    if pressed:
        _begin(experiment, chosen)
        st.rerun()
    found: Map | None = st.session_state.get(STATE)
    if found is None:
        st.caption(
            _(
                "One run for each cell, with the base of this comparison and one seed, at most "
                "200 steps."
            )
        )
        return
    if found.notice:
        st.warning(of_error(found.notice))
        return
    if stopped:
        found.relay.pause()
    found = found.collect()
    st.session_state[STATE] = found
    st.progress(found.share, _("{percent} % of all steps", percent=f"{100 * found.share:.0f}"))
    _draw(found, shown)
    _open(found, opening)


def _begin(experiment: Experiment, chosen: str) -> None:
    x, y = MAPS[chosen]
    old: Map | None = st.session_state.get(STATE)
    if old:
        old.relay.pause()
    try:
        base = experiment.changed(steps=min(experiment.steps, 200), runs=1, changes=())
        bounds = base.about.length
        axes = [
            {**a, "low": max(a["low"], bounds.low), "high": min(a["high"], bounds.high)}
            if a["name"] == "length"
            else a
            for a in (x, y)
        ]
        found = Map.of(Grid.of({"experiment": base, "x": axes[0], "y": axes[1]}))
    except InputError as error:
        if old:
            st.session_state[STATE] = replace(old, notice=error)
        st.warning(of_error(error))
        return
    found.relay.go(10**9)
    st.session_state[STATE] = found


def _draw(found: Map, shown: Any) -> None:
    grid = found.grid
    measured = [measure(c, r) if len(r) else None for c, r in found.cells]
    words = {
        "x": _(grid.setting(grid.x).title),
        "y": _(grid.setting(grid.y).title),
        "hover": "{x} × {y}: {value}",
    }
    components.curves(
        {
            "figures": [
                {
                    "id": "map",
                    "title": _("Stability map"),
                    "spec": stability_figure(grid, measured, words, shown),
                    "alt": _("What came of each pair of two settings"),
                    "linked": False,
                }
            ],
            "words": curve_words(),
        },
        key="compare_map_figure",
    )
    lost = sum(1 for m in measured if m and m.diverged)
    st.caption(
        _(
            "{done} of {all} cells have begun; {lost} of them diverged (×). One seed a cell: "
            "neighbours tell more than a single cell.",
            done=sum(m is not None for m in measured),
            all=len(measured),
            lost=lost,
        )
    )


def _open(found: Map, opening: Callable[[Experiment], None]) -> None:
    grid = found.grid
    places = range(len(found.cells))

    def named(place: int) -> str:
        e = found.cells[place][0].experiment
        x, y = getattr(e, grid.x.name), getattr(e, grid.y.name)
        first, second = _(grid.setting(grid.x).title), _(grid.setting(grid.y).title)
        return f"{first} {x:.4g}, {second} {y:.4g}"

    with st.container(horizontal=True, vertical_alignment="bottom", key="compare_map_open"):
        place = st.selectbox(_("A cell"), places, format_func=named, key="compare_map_cell")
        if st.button(_("Open this run in Train live"), key=OPEN):
            opening(found.cells[place][0].experiment)
