"""Numbers under edit: what is valid, what was typed but cannot be read, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple, Protocol, Self, TypeVar

import numpy as np

from gru_core.data.setup import Setup
from gru_core.data.typed import parse_number, parse_numbers
from gru_core.errors import InputError
from gru_core.maths.parameters import NAMES, Array

GRID_NAMES = ("x", "h0", *NAMES)
MAX_UNDO = 50


class Cell(NamedTuple):
    """One cell of the grid `name`; row and column count from 0."""

    name: str
    row: int
    column: int


@dataclass(frozen=True)
class Unread:
    """Text that stays in its cell although it is no number, and why."""

    text: str
    error: InputError


@dataclass(frozen=True)
class Sheet:
    """The grids of a setup. Vectors are grids of one column; x has one row for each step.

    unread: cells whose text could not be used; the setup still holds their last number.
    past: the sheet before each change, the newest last, at most MAX_UNDO; their own past is empty.
    """

    setup: Setup
    unread: Mapping[Cell, Unread] = field(default_factory=lambda: MappingProxyType({}))
    past: tuple[Sheet, ...] = ()

    def grid(self, name: str) -> Array:
        """The numbers of a grid, (rows, columns). InputError when there is no such grid."""
        return grid_of(self.setup, name)

    def has(self, cell: Cell) -> bool:
        """Whether there is such a cell."""
        if cell.name not in GRID_NAMES:
            return False
        rows, columns = self.grid(cell.name).shape
        return cell.row in range(rows) and cell.column in range(columns)

    def edit(self, name: str, row: int, column: int, text: str, pasted: bool = False) -> Sheet:
        """Fill the grid from (row, column) on with the numbers in `text`.

        Text that was typed, not pasted, is one number wherever it can be: `0,5` is a half then,
        and two numbers of a CSV when it was pasted.

        A single row goes down a grid of one column. What cannot be read, or does not fit, changes
        no number: it is kept as text in its cell, with the error. Raises InputError only when
        there is no such cell.
        """
        cell = Cell(name, row, column)
        grid = self.grid(name)
        rows, columns = grid.shape
        if not self.has(cell):
            raise InputError(
                "{name}: expected a cell of a grid of {rows} × {columns}, got row {row}, "
                "column {column}. Reload the page.",
                name=name,
                rows=rows,
                columns=columns,
                row=row,
                column=column,
            )
        try:
            block = self._typed(text, pasted)
            if block is None:
                block = self._block(text, name, rows - row, columns - column, columns == 1)
            changed = grid.copy()
            changed[row : row + block.shape[0], column : column + block.shape[1]] = block
            setup = with_grid(self.setup, name, changed)
        except InputError as error:
            return self._next(self.setup, {**self.unread, cell: Unread(text, error)})
        covered = {Cell(name, row + i, column + j) for i, j in np.ndindex(*block.shape)}
        left = {cell: unread for cell, unread in self.unread.items() if cell not in covered}
        return self._next(setup, left)

    def change(self, setup: Setup) -> Sheet:
        """Another setup; what was unread is dropped, and undo brings both back."""
        return self._next(setup, {})

    def undo(self) -> Sheet:
        """The sheet before the last change; itself when there was none."""
        return replace(self.past[-1], past=self.past[:-1]) if self.past else self

    def _next(self, setup: Setup, unread: Mapping[Cell, Unread]) -> Sheet:
        if setup == self.setup and unread == self.unread:
            return self
        past = (*self.past, replace(self, past=()))[-MAX_UNDO:]
        return Sheet(setup, MappingProxyType(dict(unread)), past)

    @staticmethod
    def _typed(text: str, pasted: bool) -> Array | None:
        try:
            return None if pasted else np.array([[parse_number(text)]])
        except InputError:
            return None

    @staticmethod
    def _block(text: str, name: str, rows: int, columns: int, is_vector: bool) -> Array:
        block = parse_numbers(
            text, name=name, max_rows=rows, max_columns=rows if is_vector else columns
        )
        if is_vector and block.shape[0] == 1:
            return block.T
        if is_vector and block.shape[1] > 1:
            raise InputError(
                "{name}: expected one column, got {actual}. Paste a single row or column here.",
                name=name,
                actual=block.shape[1],
            )
        return block


def grid_of(setup: Setup, name: str) -> Array:
    """An array of the setup as a grid: (T, D) for x, (H, D), (H, H), or (H, 1) for vectors."""
    if name not in GRID_NAMES:
        raise InputError(
            "grid: expected one of {expected}, got {actual!r}. Reload the page.",
            expected=", ".join(GRID_NAMES),
            actual=name[:20],
        )
    arrays = {"x": setup.inputs, "h0": setup.h0}
    array: Array = arrays[name] if name in arrays else getattr(setup.parameters, name)
    return array.reshape(len(array), -1)


def with_grid(setup: Setup, name: str, grid: Array) -> Setup:
    """The setup with one array replaced; `grid` is shaped as in `grid_of`."""
    if name == "x":
        return replace(setup, inputs=grid)
    if name == "h0":
        return replace(setup, h0=grid[:, 0])
    array = grid if name[0] in "WU" else grid[:, 0]
    return replace(setup, parameters=replace(setup.parameters, **{name: array}))


class Editable(Protocol):
    """Grids under edit; the methods are those of ``Sheet``."""

    def has(self, cell: Cell) -> bool: ...
    def edit(self, name: str, row: int, column: int, text: str, pasted: bool = ...) -> Self: ...
    def undo(self) -> Self: ...


E = TypeVar("E", bound=Editable)


def apply_edits(sheet: E, edits: object, acknowledged: int) -> tuple[E, int]:
    """Apply what a browser sent: a list of edits that carry a running `number`.

    Each is `{"number", "name", "row", "column", "text", "pasted"}` or `{"number", "undo": true}`.
    Those up to `acknowledged` were applied before and are passed over, because a browser repeats an
    edit until it is told. So are edits of cells that a change of size has taken away meanwhile.
    Returns the new sheet and the number of its last edit. InputError for anything else.
    """
    for edit in edits if isinstance(edits, list) else [edits]:
        match edit:
            case {"number": int(number)} if number <= acknowledged:
                continue
            case {"number": int(number), "undo": True}:
                sheet = sheet.undo()
            case {
                "number": int(number),
                "pasted": bool(pasted),
                "name": str(name),
                "row": int(row),
                "column": int(column),
                "text": str(text),
            }:
                if sheet.has(Cell(name, row, column)):
                    sheet = sheet.edit(name, row, column, text, pasted)
            case _:
                raise InputError(
                    "edits: expected a list of edited cells, got {actual}. Reload the page.",
                    actual=type(edit).__name__,
                )
        acknowledged = number
    return sheet, acknowledged
