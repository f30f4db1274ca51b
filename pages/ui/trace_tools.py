"""Below the maps of a sequence: units in numbers, histograms, all to take away."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from gru_core.data.export import csv_of_intermediates, json_of_trace, table_of_intermediates
from gru_core.figures.histograms import gate_histograms
from gru_core.maths.gru import Trace
from pages.ui.downloads import download
from pages.ui.words import label as _


def tabs(page: str, drawn: Mapping[str, Callable[[], None]]) -> None:
    """Only the open tab is computed. drawn: title → what draws the tab."""
    opened = st.tabs(list(drawn), key=f"{page}_tab", on_change="rerun")
    for tab, draw in zip(opened, drawn.values(), strict=True):
        if tab.open:
            with tab:
                draw()


def trace_tabs(
    page: str, trace: Trace, units: Any, numbers: Callable[[], Trace]
) -> dict[str, Callable[[], None]]:
    """The tabs that every trace of one sequence has.

    units: what ``unit_table`` gives. numbers: the trace whose numbers can be taken away.
    """
    return {
        _("Each unit"): lambda: _units(page, units),
        _("Histograms of the gates"): lambda: _histograms(page, trace, units),
        _("All numbers"): lambda: _numbers(page, numbers()),
    }


def _units(page: str, units: Any) -> None:
    share = {"min_value": 0.0, "max_value": 1.0, "format": "percent"}
    st.dataframe(
        units,
        hide_index=True,
        height="content" if len(units) < 9 else 320,
        alt=_("Half-life, saturation, mean of z and largest state of each unit"),
        column_config={
            "unit": _("Unit"),
            "half_life": st.column_config.NumberColumn(_("Half-life in steps"), format="%.1f"),
            "r_saturated": st.column_config.ProgressColumn(_("r saturated"), **share),
            "z_saturated": st.column_config.ProgressColumn(_("z saturated"), **share),
            "mean_z": st.column_config.NumberColumn(_("Mean z"), format="%.3f"),
            "largest_h": st.column_config.NumberColumn(_("Largest |h|"), format="%.3f"),
        },
    )
    download("gru-units.csv", lambda: units.to_csv(index=False))


def _histograms(page: str, trace: Trace, units: Any) -> None:
    names = {"r": _("Reset gate r"), "z": _("Update gate z")}
    st.plotly_chart(
        gate_histograms({"r": trace.r, "z": trace.z}, names),
        alt=_("How often the gates take which value between 0 and 1"),
        key=f"{page}_histograms",
        height=320,
    )
    st.markdown(
        _(
            "Below 0.1 or above 0.9 are {r} % of all values of r and {z} % of those of z.",
            r=f"{100 * units.r_saturated.mean():.0f}",
            z=f"{100 * units.z_saturated.mean():.0f}",
        )
    )


def _numbers(page: str, trace: Trace) -> None:
    show_intermediates(trace)
    download(f"gru-{page}.csv", lambda: csv_of_intermediates(trace))
    download(f"gru-{page}.json", lambda: json_of_trace(trace))


def show_intermediates(trace: Trace) -> None:
    """Every number of every step, as a table."""
    st.dataframe(
        table_of_intermediates(trace),
        hide_index=True,
        height=320,
        column_config={
            "step": _("step"),
            "name": _("name"),
            "unit": _("unit"),
            "value": _("value"),
        },
    )
