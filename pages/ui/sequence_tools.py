"""Below the maps of "Gates over time": units in numbers, histograms, all to take away."""

import pandas as pd
import streamlit as st

from gru_core.data.export import csv_of_intermediates, table_of_intermediates
from gru_core.data.sequence_view import SequenceView
from gru_core.figures.histograms import gate_histograms
from gru_core.maths.gru import Trace
from pages.ui.words import label as _


def tabs(view: SequenceView, trace: Trace, units: pd.DataFrame) -> None:
    """Only the open tab is computed."""
    titles = [_("Each unit"), _("Histograms of the gates"), _("All numbers")]
    drawn = st.tabs(titles, key="sequence_tab", on_change="rerun")
    if drawn[0].open:
        with drawn[0]:
            _units(units)
    if drawn[1].open:
        with drawn[1]:
            _histograms(trace, units)
    if drawn[2].open:
        with drawn[2]:
            _numbers(trace)


def _units(units: pd.DataFrame) -> None:
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
    st.download_button(
        _("Download as CSV"),
        lambda: units.to_csv(index=False),
        "gru-units.csv",
        "text/csv",
        key="sequence_units_csv",
        on_click="ignore",
    )


def _histograms(trace: Trace, units: pd.DataFrame) -> None:
    names = {"r": _("Reset gate r"), "z": _("Update gate z")}
    st.plotly_chart(
        gate_histograms({"r": trace.r, "z": trace.z}, names),
        alt=_("How often the gates take which value between 0 and 1"),
        key="sequence_histograms",
        height=320,
    )
    st.markdown(
        _(
            "Below 0.1 or above 0.9 are {r} % of all values of r and {z} % of those of z.",
            r=f"{100 * units.r_saturated.mean():.0f}",
            z=f"{100 * units.z_saturated.mean():.0f}",
        )
    )


def _numbers(trace: Trace) -> None:
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
    st.download_button(
        _("Download as CSV"),
        lambda: csv_of_intermediates(trace),
        "gru-sequence.csv",
        "text/csv",
        key="sequence_csv_all",
        on_click="ignore",
    )
