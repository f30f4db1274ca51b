"""What a demonstration gives: a figure or a table of computed numbers, and one sentence on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gru_core.maths.parameters import Array

Cell = float | int | str


@dataclass(frozen=True, eq=False)
class Line:
    """One curve. name: an English message id. wrong: it is what the article's claim gives.

    late: not to be seen before the reader has guessed, because it tells the answer.
    """

    name: str
    y: Array
    wrong: bool = False
    late: bool = False


@dataclass(frozen=True, eq=False)
class Lines:
    """Curves over one x. axes: message ids of x and y.

    tease: how many points may be seen before the reader has guessed; 0 for none.
    """

    x: Array
    lines: tuple[Line, ...]
    axes: tuple[str, str]
    log: bool = False
    tease: int = 0

    def frame(self) -> pd.DataFrame:
        """x, and one column for each line by its English name."""
        return pd.DataFrame({self.axes[0]: self.x, **{line.name: line.y for line in self.lines}})


@dataclass(frozen=True)
class Bars:
    """One bar for each of names, which are message ids. wrong: those that the claim gives."""

    names: tuple[str, ...]
    values: tuple[float, ...]
    axis: str
    log: bool = False
    wrong: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """Columns: name, value."""
        return pd.DataFrame({"name": self.names, "value": self.values})


@dataclass(frozen=True)
class Events:
    """Years and what came in them: message ids. wrong: those that the claim has."""

    years: tuple[int, ...]
    titles: tuple[str, ...]
    wrong: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """Columns: year, event."""
        return pd.DataFrame({"year": self.years, "event": self.titles})


@dataclass(frozen=True)
class Table:
    """Rows under columns, which are message ids, as are the cells that are text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def frame(self) -> pd.DataFrame:
        """The table with its English names."""
        return pd.DataFrame(list(self.rows), columns=list(self.columns))


@dataclass(frozen=True, eq=False)
class Shown:
    """sentence: an English template for ``values``, which are numbers as they are to be read."""

    sentence: str
    picture: Lines | Bars | Events | Table
    values: Mapping[str, str] = field(default_factory=dict)


def steps(T: int) -> Array:
    """1 to T."""
    return np.arange(1, T + 1, dtype=np.float64)
