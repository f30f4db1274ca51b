"""Real series small enough to ship, each with where it comes from and what allows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from gru_core.errors import N_
from gru_core.maths.parameters import Array

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "data"


@dataclass(frozen=True)
class Series:
    """One column of numbers over time, read from `FOLDER` when first asked for.

    length, gaps: how many steps, and how many of them are NaN.
    title, unit, note: English message ids. symbol: what a column of it is called in a figure.
    source: where the numbers come from. licence: the notice that came with them, quoted.
    """

    name: str
    title: str
    symbol: str
    unit: str
    note: str
    length: int
    gaps: int
    source: str
    licence: str

    @property
    def path(self) -> Path:
        """The CSV: a header, then a time and a number a line; nothing for a gap."""
        return FOLDER / f"{self.name}.csv"

    @property
    def values(self) -> Array:
        """(T,), read-only, NaN in the gaps."""
        return self._columns[1]

    @property
    def times(self) -> tuple[str, ...]:
        """The T times: years, or dates as year-month-day."""
        return self._columns[0]

    @cached_property
    def _columns(self) -> tuple[tuple[str, ...], Array]:
        frame = pd.read_csv(self.path, dtype={0: str}, encoding="utf-8")
        values: Array = frame.iloc[:, 1].to_numpy(dtype="float64", copy=True)
        values.setflags(write=False)
        return tuple(frame.iloc[:, 0]), values


_ALL = (
    Series(
        "sunspots",
        N_("Sunspots, yearly 1700–2008"),
        N_("sunspots"),
        N_("mean sunspot number of the year"),
        N_("A cycle of about 11 years. Values as counted before the number's revision in 2015."),
        length=309,
        gaps=0,
        source="US National Geophysical Data Center,"
        " http://www.ngdc.noaa.gov/stp/solar/solarda3.html;"
        " taken from statsmodels 0.15.0, statsmodels.datasets.sunspots",
        licence="“This data is public domain.” (statsmodels)",
    ),
    Series(
        "co2",
        N_("CO₂ at Mauna Loa, weekly 1958–2001"),
        "CO₂",
        N_("ppm by volume"),
        N_("A yearly cycle on a rising trend. No average was made in 59 of the 2284 weeks."),
        length=2284,
        gaps=59,
        source="Keeling, C.D. and T.P. Whorf. 2004. Atmospheric CO2 concentrations derived from"
        " flask air samples at sites in the SIO network. In Trends: A Compendium of Data on Global"
        " Change. Carbon Dioxide Information Analysis Center, Oak Ridge National Laboratory,"
        " U.S. Department of Energy, Oak Ridge, Tennessee, U.S.A.,"
        " http://cdiac.ornl.gov/trends/co2/sio-keel-flask/sio-keel-flaskmlo_c.html;"
        " taken from statsmodels 0.15.0, statsmodels.datasets.co2",
        licence="“This is public domain.” (statsmodels)",
    ),
    Series(
        "nile",
        N_("Flow of the Nile at Aswan, yearly 1871–1970"),
        N_("flow"),
        N_("10⁸ m³ a year"),
        N_("Almost noise, around a mean that drops near 1898."),
        length=100,
        gaps=0,
        source="Cobb, G. W. 1978. The Problem of the Nile: Conditional Solution to a Changepoint"
        " Problem. Biometrika 65.2, 243-51;"
        " taken from statsmodels 0.15.0, statsmodels.datasets.nile",
        licence="“This is public domain.” (statsmodels)",
    ),
)

SERIES: Mapping[str, Series] = MappingProxyType({series.name: series for series in _ALL})
"""By name, in the order of a menu."""
