"""The shipped series are the ones that their source describes, to the last number."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gru_core.data.series import SERIES

ROOT = Path(__file__).parents[2]

# length, gaps, first and last time and value, sum, checksum of the file
FACTS = {
    "sunspots": (
        309,
        0,
        ("1700", 5.0),
        ("2008", 2.9),
        15373.4,
        "c0740c96ce2ae2d190a099d8ed7bb2a8e35c77e4d9a358439bcd9e65394c15a6",
    ),
    "co2": (
        2284,
        59,
        ("1958-03-29", 316.1),
        ("2001-12-29", 371.5),
        756816.5,
        "433390f6a84bfaca55e16c0b3695a713831f6b2ed216ba5b6fec9b47d3ae2dac",
    ),
    "nile": (
        100,
        0,
        ("1871", 1120.0),
        ("1970", 740.0),
        91935.0,
        "1936b1c5901e350bff8a275d22c61c0f2a680f920133daec17226cc34832e1f5",
    ),
}


def test_every_series_is_checked() -> None:
    assert set(SERIES) == set(FACTS)


@pytest.mark.parametrize("name", FACTS)
def test_the_numbers(name: str) -> None:
    length, gaps, first, last, total, checksum = FACTS[name]
    series = SERIES[name]
    assert hashlib.sha256(series.path.read_bytes().replace(b"\r", b"")).hexdigest() == checksum
    assert series.values.shape == (length,) == (len(series.times),) == (series.length,)
    assert np.isnan(series.values).sum() == gaps == series.gaps
    assert (series.times[0], series.values[0]) == first
    assert (series.times[-1], series.values[-1]) == last
    assert np.nansum(series.values) == pytest.approx(total, abs=1e-6)
    with pytest.raises(ValueError, match="read-only"):
        series.values[0] = 0


def test_times_are_evenly_spaced() -> None:
    for name in ("sunspots", "nile"):
        assert set(np.diff([int(year) for year in SERIES[name].times])) == {1}
    weeks = np.diff(np.array(SERIES["co2"].times, dtype="datetime64[D]"))
    assert set(weeks.astype(int)) == {7}


def test_known_facts_show_in_the_numbers() -> None:
    sunspots = SERIES["sunspots"].values - SERIES["sunspots"].values.mean()
    power = np.abs(np.fft.rfft(sunspots)) ** 2
    assert 10 < len(sunspots) / power.argmax() < 12  # the cycle of about 11 years
    nile = SERIES["nile"]
    drop = nile.times.index("1898")
    assert nile.values[:drop].mean() - nile.values[drop:].mean() > 200
    co2 = SERIES["co2"].values
    assert np.nanmean(co2[-52:]) - np.nanmean(co2[:52]) > 50


def test_each_names_its_source_and_quotes_its_licence() -> None:
    for series in SERIES.values():
        assert "statsmodels" in series.source
        assert "public domain" in series.licence
        assert len({series.title, series.note, series.unit}) == 3


def test_they_are_found_from_any_folder(tmp_path: Path) -> None:
    code = "from gru_core.data.series import SERIES; print(len(SERIES['nile'].values))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.strip() == "100", result.stderr
