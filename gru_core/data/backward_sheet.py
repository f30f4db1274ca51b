"""The numbers of "Backwards by hand" under edit, with what cannot be read and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from gru_core.data.backward_setup import BackwardSetup, names_of
from gru_core.data.sheet import MAX_UNDO, Cell, Sheet, Unread, grid_of
from gru_core.data.typed import parse_number, parse_numbers
from gru_core.errors import InputError
from gru_core.maths.parameters import Array

TARGET = "y"


@dataclass(frozen=True)
class BackwardSheet:
    """The grids of a ``BackwardSetup``: those of its cell, and the target y as one column.

    unread: cells whose text could not be used; the set-up still holds their last number.
    past: the sheet before each change, the newest last; their own past is empty.
    """

    setup: BackwardSetup
    unread: Mapping[Cell, Unread] = field(default_factory=lambda: MappingProxyType({}))
    past: tuple[BackwardSheet, ...] = ()

    @property
    def grid_names(self) -> tuple[str, ...]:
        """The grids that there are in this convention."""
        return ("x", "h0", TARGET, *names_of(self.setup.setup.convention))

    def grid(self, name: str) -> Array:
        """The numbers of a grid, (rows, columns). InputError when there is no such grid."""
        if name == TARGET:
            return self.setup.target.reshape(-1, 1)
        return grid_of(self.setup.setup, name)

    def change(self, setup: BackwardSetup) -> BackwardSheet:
        """Another set-up; what was unread is dropped, and undo brings both back."""
        return self._next(setup, {})

    def undo(self) -> BackwardSheet:
        """The sheet before the last change; itself when there was none."""
        return replace(self.past[-1], past=self.past[:-1]) if self.past else self

    def has(self, cell: Cell) -> bool:
        """Whether there is such a cell in this convention."""
        if cell.name not in self.grid_names:
            return False
        rows, columns = self.grid(cell.name).shape
        return cell.row in range(rows) and cell.column in range(columns)

    def edit(
        self, name: str, row: int, column: int, text: str, pasted: bool = False
    ) -> BackwardSheet:
        """Fill a grid as ``Sheet.edit`` does. The cell must be one that there is."""
        cell = Cell(name, row, column)
        if cell.name == TARGET:
            return self._with_target(cell, text, pasted)
        unread = {at: each for at, each in self.unread.items() if at.name != TARGET}
        targets = {at: each for at, each in self.unread.items() if at.name == TARGET}
        edited = Sheet(self.setup.setup, unread).edit(*cell, text, pasted)
        setup = self.setup
        if edited.setup != setup.setup:
            setup = setup.with_setup(edited.setup)
        return self._next(setup, {**edited.unread, **targets})

    def _with_target(self, cell: Cell, text: str, pasted: bool) -> BackwardSheet:
        target = self.setup.target.copy()
        try:
            column = _column(text, len(target) - cell.row, pasted)
            target[cell.row : cell.row + len(column)] = column
            setup = self.setup.with_target(target)
        except InputError as error:
            return self._next(self.setup, {**self.unread, cell: Unread(text, error)})
        covered = {cell._replace(row=cell.row + i) for i in range(len(column))}
        left = {at: unread for at, unread in self.unread.items() if at not in covered}
        return self._next(setup, left)

    def _next(self, setup: BackwardSetup, unread: Mapping[Cell, Unread]) -> BackwardSheet:
        if setup.has_numbers_of(self.setup) and unread == self.unread:
            return replace(self, setup=setup)
        past = (*self.past, replace(self, past=()))[-MAX_UNDO:]
        return BackwardSheet(setup, MappingProxyType(dict(unread)), past)


def _column(text: str, rows: int, pasted: bool) -> Array:
    """One number, or as many as were pasted, in a row or in a column."""
    if not pasted:
        try:
            return np.array([parse_number(text, name=TARGET)])
        except InputError:
            pass
    table = parse_numbers(text, max_rows=rows, max_columns=rows, name=TARGET)
    if min(table.shape) > 1:
        raise InputError(
            "{name}: expected one column, got {actual}. Paste a single row or column here.",
            name=TARGET,
            actual=table.shape[1],
        )
    return table.ravel()
