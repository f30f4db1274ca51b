"""A CSV file from somebody's computer, read without guessing what its numbers mean."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gru_core.data.sequences import MAX_COLUMNS, MAX_NAME, MAX_STEPS, Feed, numbers_feed
from gru_core.data.typed import is_gap, parse_numbers, shown
from gru_core.errors import InputError

MAX_BYTES = 1_000_000
MAX_TABLE_COLUMNS = 256

_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# A comma comes last: it may stand in the numbers of a table that something else separates.
_SEPARATORS = "\t;|,"


@dataclass(frozen=True, eq=False)
class Table:
    """The cells of a CSV file, as text.

    frame: one row for each step, its columns named by the header, or by their number from 1;
    no two alike. numeric: the columns (from 0) that hold numbers and gaps alone.
    """

    frame: pd.DataFrame
    numeric: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def names(self) -> tuple[str, ...]:
        """What the columns are called."""
        return tuple(self.frame.columns)

    def feed(
        self,
        columns: Sequence[int],
        start: int = 1,
        T: int = MAX_STEPS,
        gaps: str = "refuse",
        scale: str = "none",
    ) -> Feed:
        """T rows from row `start` (from 1, header not counted) on, or as many as there are.

        columns: from 1 to MAX_COLUMNS of them, from 0. A comma in a number is a decimal comma.
        Raises InputError for cells that are no numbers, or could mean two, and for more numbers
        than an address holds.
        """
        if not 1 <= len(columns) <= MAX_COLUMNS or not set(columns) <= set(range(len(self.names))):
            raise InputError(
                "columns: expected from 1 to {expected} columns of the file, got {actual}."
                " Choose columns.",
                expected=min(MAX_COLUMNS, len(self.names)),
                actual=len(columns),
            )
        if not 1 <= start <= len(self) or not 1 <= T <= MAX_STEPS:
            raise InputError(
                "rows: expected the first from 1 to {rows} and at most {steps} of them, got {count}"
                " from row {start} on. Choose other rows.",
                rows=len(self),
                steps=MAX_STEPS,
                count=T,
                start=start,
            )
        for column in columns:
            self._require_numbers(column)
        chosen = self.frame.iloc[start - 1 : start - 1 + T, list(columns)]
        # One column at a time, and with tabs, so that a comma can only be a decimal comma.
        numbers = [
            parse_numbers(
                "\n".join("nan\t" if is_gap(cell) else f"{cell}\t" for cell in chosen.iloc[:, i]),
                max_rows=MAX_STEPS,
                max_columns=1,
                name=shown(chosen.columns[i], MAX_NAME),
                gaps=True,
            )
            for i in range(len(columns))
        ]
        return numbers_feed(np.hstack(numbers), tuple(chosen.columns), gaps, scale)

    def _require_numbers(self, column: int) -> None:
        cells = self.frame.iloc[:, column]
        if column not in self.numeric:
            wrong = next((i for i, cell in enumerate(cells) if not _is_usable(cell)), 0)
            raise InputError(
                "{name}: expected numbers, got {actual} in row {row}. Choose another column.",
                name=shown(self.names[column], MAX_NAME),
                actual=shown(cells.iloc[wrong]) or "…",
                row=wrong + 1,
            )


def read_table(content: bytes) -> Table:
    """The table in a CSV file.

    Understood: UTF-8, or UTF-16 with a byte order mark; tabs, semicolons, bars or commas between
    cells; quotation marks around them; a first row of names. Empty rows at either end are passed
    over, as are blank lines; but in a file of one column a blank line is a gap.
    Raises InputError for more than MAX_BYTES, another encoding, rows of different length, and
    for a file without a row of numbers.
    """
    rows = _rows(_decoded(content))
    cells = pd.DataFrame([[" ".join(cell.split()) for cell in row] for row in rows], dtype=object)
    is_number, is_usable = cells.map(_is_number), cells.map(_is_usable)
    rest = is_usable.iloc[1:].all() & is_number.iloc[1:].any()
    # A header is known by a word that stands over numbers.
    has_header = bool((rest & ~is_usable.iloc[0]).any())
    numeric = rest if has_header else is_usable.all() & is_number.any()
    if not numeric.any():
        raise InputError(
            "File: expected at least one column of numbers, got {actual}."
            " Choose a CSV file with numbers in rows and columns.",
            actual=shown(" ".join(rows[-1])),
        )
    frame = cells.iloc[1:].reset_index(drop=True) if has_header else cells
    header = cells.iloc[0].tolist() if has_header else [""] * cells.shape[1]
    frame.columns = pd.Index(_distinct(header))
    return Table(frame, tuple(int(i) for i in np.flatnonzero(numeric)))


def _decoded(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise InputError(
            "File: expected at most {expected:,} bytes, got {actual:,}."
            " Choose a smaller file, or only its rows and columns that matter.",
            expected=MAX_BYTES,
            actual=len(content),
        )
    encoding = _BYTE_ORDER_MARKS.get(content[:2], "utf-8-sig")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(
            "File: expected text in UTF-8, got another encoding or no text."
            " Save it as CSV with the encoding UTF-8."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _rows(text: str) -> list[list[str]]:
    try:
        separator = _separator(text)
        rows = list(csv.reader(io.StringIO(text), delimiter=separator or ","))
    except csv.Error as error:
        raise InputError(
            "File: expected rows of cells, got a quotation mark that is never closed."
            " Close it, or remove it."
        ) from error
    if separator is None:
        rows = [[",".join(row)] for row in rows]
    filled = [i for i, row in enumerate(rows) if any(cell.strip() for cell in row)]
    rows = [row for row in rows[filled[0] : filled[-1] + 1] if row] if filled else []
    if not rows:
        raise InputError("File: expected rows of numbers, got an empty file. Choose another file.")
    width = len(rows[0])
    if width > MAX_TABLE_COLUMNS:
        raise InputError(
            "File: expected no more columns than {expected}, got {actual}."
            " Remove the other columns.",
            expected=MAX_TABLE_COLUMNS,
            actual=width,
        )
    for number, row in enumerate(rows, start=1):
        if len(row) != width:
            raise InputError(
                "File: expected {expected} cells in every row as in row 1, got {actual} in row"
                " {row}. Give every row the same length.",
                expected=width,
                actual=len(row),
                row=number,
            )
    return rows


def _separator(text: str) -> str | None:
    """The first separator by which the beginning falls into rows of equal length."""
    lines = [line for line in text.split("\n") if line.strip()][:50]
    for separator in _SEPARATORS:
        widths = {len(row) for row in csv.reader(lines, delimiter=separator)}
        if len(widths) == 1 and widths != {1}:
            return separator
    # None does. Rows of different length are better told of than read as one column.
    return next((s for s in _SEPARATORS if lines and s in lines[0]), None)


def _is_number(cell: str) -> bool:
    try:
        return "_" not in cell and math.isfinite(float(cell.replace(",", ".").replace("−", "-")))
    except ValueError:
        return False


def _is_usable(cell: str) -> bool:
    return is_gap(cell) or _is_number(cell)


def _distinct(header: Sequence[str]) -> list[str]:
    """Names of which no two are alike: the number of the column is added where needed."""
    names: list[str] = []
    for number, name in enumerate(header, start=1):
        distinct = name or str(number)
        while distinct in names:
            distinct = f"{distinct} ({number})"
        names.append(distinct)
    return names
