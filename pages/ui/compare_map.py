"""The stability map of "Compare": one short run for each pair of values of two settings."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from gru_core.errors import InputError
from gru_core.figures.comparison import stability_figure
from gru_core.figures.curves import View
from gru_core.figures.training import loss_figure
from gru_core.training.experiment import Experiment
from gru_core.training.record import Record
from gru_core.training.relay import Relay
from gru_core.training.stability import Grid, measure, setting, usual
from gru_core.training.trainer import Checkpoint, start
from pages.ui import components, state, train_words
from pages.ui.fields import select
from pages.ui.train_panel import curve_words
from pages.ui.words import label as _
from pages.ui.words import of_error

STATE = "compare_map"
OPEN = "compare_map_train"  # the button that leaves the page

STEPS = 200
"""At most so many for each cell: a map is for the eye."""


@dataclass(frozen=True)
class Map:
    """axes: what the two lists say, x and y. grid, relay: of the map that was begun, if one was.

    cells: the checkpoint and the record of each, as far as collected. taken: how many results of
    the relay they have. shown: what colours them. chosen: the place of the cell that is looked at.
    """

    axes: tuple[str, str] = ("learning_rate", "clip_at")
    grid: Grid | None = None
    relay: Relay | None = None
    cells: tuple[tuple[Checkpoint, Record], ...] = ()
    taken: int = 0
    shown: str = "loss"
    chosen: int = 0
    notice: InputError | None = None

    def begin(self, experiment: Experiment) -> Map:
        """A new map, of this experiment with one seed. Raises InputError."""
        base = experiment.changed(steps=min(experiment.steps, STEPS), runs=1, changes=())
        offered = usual(base)
        x, y = (offered[name].model_dump() for name in self.axes)
        grid = Grid.of({"experiment": base, "x": x, "y": y})
        checkpoints = tuple(map(start, grid.experiments))
        cells = tuple((c, Record.empty(c.experiment.runs)) for c in checkpoints)
        self.stop()
        relay = Relay(*checkpoints)
        relay.go(10**9)
        return Map(self.axes, grid, relay, cells, shown=self.shown)

    def stop(self) -> Map:
        if self.relay:
            self.relay.pause()
        return self

    @property
    def moving(self) -> bool:
        """There is, or will be, something to collect."""
        return self.relay is not None and self.relay.busy(self.taken)

    @property
    def share(self) -> float:
        """How much of all steps is done."""
        steps = sum(c.experiment.steps for c, record in self.cells)
        return sum(c.experiment.steps if c.finished else c.step for c, record in self.cells) / steps

    def collect(self) -> Map:
        """What has been done since the last time."""
        if self.relay is None:
            return self
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

    def across(self, name: str) -> Map:
        """Another x; the two are never the same."""
        x, y = self.axes
        return replace(self, axes=(name, x if name == y else y), notice=None)

    def up(self, name: str) -> Map:
        """Another y."""
        x, y = self.axes
        return replace(self, axes=(y if name == x else x, name), notice=None)


def moving() -> bool:
    """There is, or will be, something to collect."""
    found: Map | None = st.session_state.get(STATE)
    return found is not None and found.moving


def stability(experiment: Experiment, opening: Callable[[Experiment], None]) -> None:
    """Choose two settings, watch the map fill, and open the run of a cell.

    experiment: what all cells share. opening: opens an experiment to be watched.
    """
    found: Map = st.session_state.get(STATE) or Map()
    found = st.session_state[STATE] = found.collect()
    _bar(found, experiment)
    if found.notice:
        st.warning(of_error(found.notice))
    if found.grid is None:
        st.caption(
            _(
                "One run for each cell, with the base of this comparison and one seed, at most "
                "200 steps."
            )
        )
        return
    st.progress(found.share, _("{percent} % of all steps", percent=f"{100 * found.share:.0f}"))
    _draw(found, found.grid)
    checkpoint, _record = found.cells[found.chosen]
    with st.container(horizontal=True, vertical_alignment="center", key="compare_map_open"):
        if st.button(_("Open this run in Train live"), key=OPEN):
            opening(checkpoint.experiment)


def _bar(found: Map, experiment: Experiment) -> None:
    offered = usual(experiment)
    titles = {name: _(setting(experiment, name).title) for name in offered}
    colours = {
        "loss": _("final validation loss"),
        "ratio": _("gradient at the first step / at the last"),
        "diverged": _("share of runs that diverged"),
    }
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare_map_bar"):
        select(STATE, "x", _("Across"), titles, found.axes[0], Map.across, width=190)
        select(STATE, "y", _("Up"), titles, found.axes[1], Map.up, width=190)
        select(
            STATE,
            "colour",
            _("Colour"),
            colours,
            found.shown,
            lambda found, shown: replace(found, shown=shown),
            width=280,
        )
        st.button(
            _("Compute the map"),
            key="compare_map_go",
            type="primary",
            on_click=state.changing(STATE, lambda found: found.begin(experiment)),
        )
        st.button(
            _("Stop"),
            key="compare_map_stop",
            disabled=not found.moving,
            on_click=state.changing(STATE, Map.stop),
        )


def _draw(found: Map, grid: Grid) -> None:
    measured = [measure(c, r) if len(r) else None for c, r in found.cells]
    words = {
        "x": _(grid.setting(grid.x).title),
        "y": _(grid.setting(grid.y).title),
        "hover": "{x} × {y}: {value}",
    }
    shown: Any = found.shown
    checkpoint, record = found.cells[found.chosen]
    e = checkpoint.experiment
    components.curves(
        {
            "figures": [
                {
                    "id": "map",
                    "title": _("Stability map"),
                    "spec": stability_figure(grid, measured, words, shown, found.chosen),
                    "alt": _("What came of each pair of two settings"),
                    "linked": False,
                    "picks": True,
                },
                {
                    "id": "cell",
                    "title": _named(grid, e),
                    "spec": loss_figure(
                        record,
                        View(e.seeds, e.steps),
                        train_words.figure_words(),
                        levels=train_words.levels(e),
                    ),
                    "alt": _("Loss of training and of validation over the updates"),
                    "linked": False,
                },
            ],
            "words": curve_words(),
            "revision": found.chosen,
        },
        key="compare_map_figure",
        on_pick=state.changing(STATE, _picked),
    )
    lost = sum(1 for m in measured if m and m.diverged)
    st.caption(
        _(
            "{done} of {all} cells have begun; {lost} of them diverged (×). One seed a cell: "
            "neighbours tell more than a single cell. Click a cell to see its run.",
            done=sum(m is not None for m in measured),
            all=len(measured),
            lost=lost,
        )
    )


def _picked(found: Map) -> Map:
    pick = st.session_state["compare_map_figure"].pick
    place = pick.get("value") if isinstance(pick, dict) else None
    inside = isinstance(place, int) and 0 <= place < len(found.cells)
    return replace(found, chosen=place) if inside else found


def _named(grid: Grid, experiment: Experiment) -> str:
    """A cell by its two values."""
    pairs = ((_(grid.setting(a).title), getattr(experiment, a.name)) for a in (grid.x, grid.y))
    return ", ".join(f"{title} {value:.4g}" for title, value in pairs)
