"""The tabs under the curves of "Gradients over time"; only the open one is computed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from gru_core.data.gradient_study import (
    CELLS,
    STARTS,
    TABLE_SEEDS,
    TABLE_SIZE,
    Row,
    cancellation,
    directions,
    power,
    table,
    table_rows,
)
from gru_core.data.gradient_view import CELL, GradientView, early_step, late_step
from gru_core.figures.gradients import pair_path, pairwise_map, path_norms, singular_value_lines
from gru_core.maths.parameters import Array
from pages.ui import backward, gradient_state, practice
from pages.ui.downloads import download
from pages.ui.fields import field
from pages.ui.gradient_controls import own_field
from pages.ui.gradient_state import PAGE, choosing
from pages.ui.gradient_words import curve_names, pair_sentence, path_names
from pages.ui.words import label as _
from pages.ui.words import prose

MAP = "gradients_map"
ROWS = "gradients_rows"


def tabs(view: GradientView) -> None:
    """Only the open tab is computed, so that the curves answer at once."""
    hand = _("Backwards by hand")
    if backward.was_opened() | practice.was_opened(practice.BACK):
        st.session_state["gradients_tab"] = hand
    titles = {
        _("From step t to step s"): _pairs,
        _("Four paths"): _paths,
        _("Singular values"): _singular_values,
        _("Table of initialisations"): _table,
        hand: _backward,
        _("All numbers"): _numbers,
    }
    for tab, draw in zip(
        st.tabs(list(titles), key="gradients_tab", on_change="rerun"), titles.values(), strict=True
    ):
        if tab.open:
            with tab:
                draw(view)


def _pairs(view: GradientView) -> None:
    st.markdown(prose(PAGE, "pairs"))
    choices, figure = st.columns([1, 2.2])
    with choices:
        own_field(view, CELL)
        own_field(view, late_step(view.T))
        own_field(view, early_step(view.t))
    norms = gradient_state.pairwise(view)
    chosen = view.t, view.s
    with figure:
        st.plotly_chart(
            pairwise_map(norms, chosen, ("s", "t"), _("norm")),
            alt=_("Map of the gradient norm of the loss of step t at every earlier step s"),
            key=MAP,
            height=460,
            on_select=choosing(_clicked),
            selection_mode="points",
        )
    st.markdown(pair_sentence(view, float(norms[view.t - 1, view.s - 1])))
    if view.s < view.t:
        st.plotly_chart(
            pair_path(norms, chosen, (_("step k"), "‖∂Lₜ/∂hₖ‖")),
            alt=_("The gradient norm at each step between the two that are chosen"),
            key="gradients_pair",
            height=260,
        )
    download("gradients-pairs.csv", lambda: _square(norms))


def _clicked() -> dict[str, object]:
    points = st.session_state[MAP].selection.points
    return {"t": points[0]["y"], "s": points[0]["x"]} if points else {}


def _square(norms: Array) -> str:
    """A row for each t, a column for each s."""
    return "\n".join(",".join(map(repr, row)) for row in norms.tolist()) + "\n"


def _paths(view: GradientView) -> None:
    norms = gradient_state.paths(view)
    st.warning(prose(PAGE, "paths"))
    st.plotly_chart(
        path_norms(norms, path_names(), (_("step t"), _("spectral norm"))),
        alt=_("The norm of the GRU's Jacobian and of its four paths at each step"),
        key="gradients_paths",
        height=360,
    )
    step, together, total = cancellation(norms)
    st.markdown(
        _(
            "At step {step} the norms of the four add up to **{together}**, and the norm of their "
            "sum is **{total}**.",
            step=step,
            together=f"{together:.3g}",
            total=f"{total:.3g}",
        )
    )
    _over_time(norms, path_names(), "gradients-paths.csv")


def _singular_values(view: GradientView) -> None:
    st.markdown(prose(PAGE, "singular"))
    with st.container(width=260):
        own_field(view, CELL)
    with st.spinner(_("Computing …")):
        values = gradient_state.stretches(view)
    st.plotly_chart(
        singular_value_lines(values, (_("step t"), _("singular values"))),
        alt=_("Singular values of the derivative of the last state by the state at each step"),
        key="gradients_singular",
        height=380,
    )
    first = values[0]
    st.markdown(
        _(
            "Of a change of the state at step 1, the last state sees at most **{largest}** times "
            "as much. {count} of {size} directions get through with at least 1 % of that.",
            largest=power(float(first[0])),
            count=directions(first),
            size=len(first),
        )
    )
    numbered = {str(rank): values[:, rank - 1] for rank in range(1, len(first) + 1)}
    look = {
        rank: st.column_config.NumberColumn(f"σ{rank}", format="scientific") for rank in numbered
    }
    _over_time(numbered, look, "gradients-singular-values.csv")


def _over_time(columns: Mapping[str, Array], look: Mapping[str, Any], file: str) -> None:
    """A table of one row for each step, to read and to download. look: of the columns."""
    steps = len(next(iter(columns.values())))
    numbered = {"step": range(1, steps + 1), **columns}
    st.dataframe(numbered, hide_index=True, height=240, column_config={"step": _("step"), **look})
    rows = [numbered.keys(), *zip(*numbered.values(), strict=True)]
    download(file, lambda: "\n".join(",".join(map(str, row)) for row in rows) + "\n")


def _table(view: GradientView) -> None:
    st.markdown(prose(PAGE, "table"))
    state = st.session_state
    seeds = state[PAGE].table_seeds
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=160):
            field(PAGE, TABLE_SEEDS, seeds, lambda slope, n: replace(slope, table_seeds=n))
        run = st.button(_("Run with {seeds} seeds", seeds=seeds), key="gradients_run")
    if run:
        progress = st.progress(0.0, _("Computing …"))
        rows: list[Row] = []
        for row in table_rows(seeds):
            rows.append(row)
            progress.progress(len(rows) / len(STARTS), _(STARTS[row.start].title))
        progress.empty()
        state[ROWS] = rows
    if ROWS in state:
        _results(state[ROWS])
    st.caption(_("Put one of these initialisations on this page:"))
    with st.container(horizontal=True, key="gradients_starts"):
        for name, start in STARTS.items():
            st.button(
                _(start.title),
                key=f"gradients_put_{name}",
                on_click=choosing(lambda start=start: start.choices),
            )


def _results(rows: list[Row]) -> None:
    frame = table(rows)
    names = curve_names()
    text = {
        (line.start, line.cell): _(
            "{median} ({lowest} to {highest})",
            median=f"{line.median:.1e}",
            lowest=f"{line.lowest:.0e}",
            highest=f"{line.highest:.0e}",
        )
        for line in frame.itertuples()
    }
    st.dataframe(
        [
            {"start": _(start.title)} | {cell: text.get((name, cell), "–") for cell in CELLS}
            for name, start in STARTS.items()
        ],
        hide_index=True,
        column_config={
            "start": _("Initialisation"),
            **{cell: names[cell] for cell in CELLS},
        },
    )
    st.markdown(
        _(
            "‖∂L/∂h₁‖, median and range over {seeds} seeds, H = {H}, T = {T}.",
            seeds=int(frame["seeds"].max()),
            H=TABLE_SIZE.H,
            T=TABLE_SIZE.T,
        )
    )
    download("gradients-table.csv", lambda: frame.to_csv(index=False, lineterminator="\n"))


def _backward(view: GradientView) -> None:
    backward.tab()


def _numbers(view: GradientView) -> None:
    study = gradient_state.study(view, st.session_state[PAGE].trained)
    st.dataframe(
        study.table(),
        hide_index=True,
        height=320,
        column_config={
            "seed": _("seed"),
            "step": _("step"),
            "curve": _("curve"),
            "norm": st.column_config.NumberColumn(_("norm"), format="scientific"),
        },
    )
    with st.container(horizontal=True):
        download("gradients.csv", study.to_csv)
        download("gradients.json", study.to_json)
