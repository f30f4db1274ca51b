"""Numbers as people type and paste them, read without evaluating anything.

Every step is linear in the length of the text, and the text is at most ``MAX_CHARACTERS`` long.
"""

import math
import re
from itertools import groupby

import numpy as np
import numpy.typing as npt

from gru_core.errors import InputError

MAX_CHARACTERS = 10_000

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"
_SPACES = "\u00a0\u2007\u2009\u202f\u3000"
_INVISIBLE = "\ufeff\u200b\u200e\u200f\u2060"
_PLAIN = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # full-width ASCII
    | dict.fromkeys(map(ord, _DASHES), "-")
    | dict.fromkeys(map(ord, _SPACES), " ")
    | dict.fromkeys(map(ord, _INVISIBLE), "")
    | {ord("、"): ",", ord("。"): ".", ord("【"): "[", ord("】"): "]", ord("⁄"): "/"}
)

_REAL = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBER = re.compile(rf"([+-]?{_REAL})(?:/({_REAL}))?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_GAP = re.compile(r"|nan|#?n/?a|null|none|\?|-", re.IGNORECASE)
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity|∞)", re.IGNORECASE)

_ARRAY_OPEN = re.compile(r"(?:(?:np|numpy|torch)\.)?(?:array|asarray|matrix|tensor)\(")
_ARRAY_CLOSE = re.compile(r"(?:,[a-z_]+=[\w.:'\"<>]+)*,?\)")
_ROUND_TO_SQUARE = str.maketrans("()", "[]")
_NUMPY_SCALAR = re.compile(r"(?:np|numpy)\.float(?:16|32|64)\(([^()]*)\)")

Rows = list[list[str]]


def parse_number(text: str, *, name: str = "number") -> float:
    """The one finite number in ``text``: ``0.5``, ``−3e-2``, ``1/3``, ``0,5``, ``１．５``.

    Raises ``InputError`` for anything else. ``1,234`` is refused, because it is 1.234 to some
    people and 1234 to others.
    """
    cell = _clean(text, name).strip()
    return _number(_with_decimal_points([[cell]], name)[0][0], name, 1, 1)


def is_gap(cell: str) -> bool:
    """Whether a cell says that its value is missing: empty, or ``nan``, ``NA``, ``null``, ``?``."""
    return _GAP.fullmatch(cell) is not None


def parse_numbers(
    text: str, *, max_rows: int, max_columns: int, name: str = "numbers", gaps: bool = False
) -> npt.NDArray[np.float64]:
    """The table of finite numbers in ``text`` as a float64 array of shape (rows, columns).

    Understood: one number; a spreadsheet's cells (tabs and lines; a comma is then a decimal comma);
    lines of CSV with commas, or with semicolons and decimal commas; ``a b; c d``; Python lists and
    tuples, flat or nested; what NumPy and PyTorch print, with ``array(…, dtype=…)``; fractions;
    full-width digits and punctuation. A flat list is one row.

    ``name`` says in the message which numbers were refused. With ``gaps``, cells that ``is_gap``
    become NaN instead of being refused. Raises ``InputError`` for rows of
    different length, words, empty cells, NaN and infinity, too many rows or columns, more than
    ``MAX_CHARACTERS`` characters, and for text that could mean two things.
    """
    cleaned = _without_array_call(_NUMPY_SCALAR.sub(r"\1", _clean(text, name)))
    cleaned = cleaned.translate(_ROUND_TO_SQUARE)
    bracketed = "[" in cleaned or "]" in cleaned
    rows = _rows_of_brackets(cleaned, name) if bracketed else _rows_of_lines(cleaned, name)
    _refuse_shape(rows, max_rows, max_columns, name)
    return np.array(
        [
            [
                math.nan if gaps and is_gap(cell) else _number(cell, name, i, j)
                for j, cell in enumerate(row, start=1)
            ]
            for i, row in enumerate(rows, start=1)
        ],
        dtype=np.float64,
    )


def shown(text: str, limit: int = 24) -> str:
    """``text`` shortened to ``limit`` characters, safe to print anywhere.

    Only letters, digits, spaces and plain punctuation survive: no control characters, and no
    brackets or ``<``, so that a crafted link cannot put an image or a tag into a notice.
    """
    flat = " ".join(text[: 4 * limit].split())
    safe = "".join(c if c.isalnum() or c in " .,;:+-−/%=…'" else "·" for c in flat)
    return safe if len(safe) <= limit and len(text) <= 4 * limit else safe[: limit - 1] + "…"


def _clean(text: str, name: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            "{name}: expected at most {expected} characters, got {actual}. Paste fewer numbers.",
            name=name,
            expected=MAX_CHARACTERS,
            actual=len(text),
        )
    cleaned = text.replace("\r\n", "\n").replace("\r", "\n").translate(_PLAIN)
    if not cleaned.strip():
        raise InputError(
            "{name}: expected numbers, got nothing. Type at least one number.", name=name
        )
    return cleaned


def _without_array_call(text: str) -> str:
    stripped = text.strip()
    opening = _ARRAY_OPEN.match(stripped)
    if opening is None:
        return text
    inside = stripped[opening.end() :]
    end_of_list = inside.rfind("]") + 1
    if end_of_list == 0:
        end_of_list = len(inside.rstrip(")"))
    after = "".join(inside[end_of_list:].split())
    return inside[:end_of_list] if _ARRAY_CLOSE.fullmatch(after) else text


def _rows_of_brackets(text: str, name: str) -> Rows:
    """Rows of Python lists, NumPy prints and bracketed MATLAB matrices."""
    rows: Rows = []
    depth, start, has_inner = 0, 0, False
    for position, character in enumerate(text):
        if character == "[":
            depth += 1
            if depth > 2:
                raise InputError(
                    "{name}: expected a table (lists in one list), got lists nested {actual} deep."
                    " Remove the outer brackets.",
                    name=name,
                    actual=depth,
                )
            _refuse_outside(text[start:position], name)
            has_inner = depth == 2
            start = position + 1
        elif character == "]":
            depth -= 1
            if depth < 0:
                break
            if depth == 0 and has_inner:
                _refuse_outside(text[start:position], name)
            else:
                rows += _rows_of_list(text[start:position], name)
            start = position + 1
    if depth != 0:
        raise InputError(
            "{name}: expected every bracket to be opened and closed, got {actual}."
            " Add the missing bracket or remove the others.",
            name=name,
            actual=shown(text),
        )
    _refuse_outside(text[start:], name)
    return rows


def _refuse_outside(text: str, name: str) -> None:
    if text.strip(" \t\n,;"):
        raise InputError(
            "{name}: expected numbers inside the brackets, got {actual} outside them."
            " Put every number into a list, such as [[1, 2], [3, 4]].",
            name=name,
            actual=shown(text),
        )


def _rows_of_list(text: str, name: str) -> Rows:
    if "," not in text and ";" not in text and "\n" in text.strip():
        raise InputError(
            "{name}: expected one row in each pair of brackets, got several lines: {actual}."
            " Write [1 2; 3 4] or [[1, 2], [3, 4]].",
            name=name,
            actual=shown(text),
        )
    return [_cells(row) for row in _without_last_if_blank(text.split(";"))]


def _rows_of_lines(text: str, name: str) -> Rows:
    """Rows of a spreadsheet paste, CSV, a MATLAB row list, or plain lines."""
    lines = [line for line in text.split("\n") if line.strip()]
    if "\t" in text:
        return _with_decimal_points(
            [[cell.strip() for cell in line.rstrip().split("\t")] for line in lines], name
        )
    lines = [line.strip().removesuffix(";") for line in lines]
    if not any(";" in line for line in lines):
        return [_cells(line) for line in lines]
    if len(lines) > 1:
        return _with_decimal_points(
            [[cell.strip() for cell in line.split(";")] for line in lines], name
        )
    parts = lines[0].split(";")
    if "." not in text and all(_DECIMAL_COMMA.fullmatch(part.strip()) for part in parts):
        raise InputError(
            "{name}: expected rows, got {actual}, which can be read in two ways."
            " Write decimals with a point (0.5 1.2) or put a space after a separating comma"
            " (0, 5; 1, 2).",
            name=name,
            actual=shown(text),
        )
    return [_cells(part) for part in parts]


def _cells(row: str) -> list[str]:
    if "," not in row:
        return row.split()
    return [cell.strip() for cell in _without_last_if_blank(row.split(","))]


def _without_last_if_blank(parts: list[str]) -> list[str]:
    return parts if len(parts) == 1 or parts[-1].strip() else parts[:-1]


def _with_decimal_points(rows: Rows, name: str) -> Rows:
    """Decimal commas as points, in cells whose separator is known not to be a comma."""
    commas = [cell for row in rows for cell in row if _DECIMAL_COMMA.fullmatch(cell)]
    if commas and all(_THOUSANDS.fullmatch(cell) for cell in commas):
        raise InputError(
            "{name}: expected a decimal point, got {actual}, which can be read in two ways."
            " Write 1.234 or 1234.",
            name=name,
            actual=shown(commas[0]),
        )
    return [
        [cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell for cell in row]
        for row in rows
    ]


def _refuse_shape(rows: Rows, max_rows: int, max_columns: int, name: str) -> None:
    if len(rows) > max_rows:
        raise InputError(
            "{name}: expected no more rows than {expected}, got {actual}. Remove the other rows.",
            name=name,
            expected=max_rows,
            actual=len(rows),
        )
    widths = [len(row) for row in rows]
    if not rows or min(widths) == 0:
        raise InputError(
            "{name}: expected numbers, got an empty row. Type at least one number in each row.",
            name=name,
        )
    if max(widths) > max_columns:
        raise InputError(
            "{name}: expected no more columns than {expected}, got {actual}."
            " Remove the other columns.",
            name=name,
            expected=max_columns,
            actual=max(widths),
        )
    runs = [(width, len(list(run))) for width, run in groupby(widths)]
    if len(runs) > 1:
        (expected, rows_before), (actual, _) = runs[:2]
        raise InputError(
            "{name}: expected {expected} numbers in every row as in row 1, got {actual} in row"
            " {row}. Give every row the same length.",
            name=name,
            expected=expected,
            actual=actual,
            row=rows_before + 1,
        )


def _number(cell: str, name: str, row: int, column: int) -> float:
    match = _NUMBER.fullmatch(cell)
    if match is not None:
        numerator, denominator = (float(part) if part else 1.0 for part in match.groups())
        if denominator and math.isfinite(value := numerator / denominator):
            return value
    if match is not None or _NOT_FINITE.fullmatch(cell):
        raise InputError(
            "{name}: expected a finite number in row {row}, column {column}, got {actual}."
            " Type an ordinary number such as 0.5.",
            name=name,
            row=row,
            column=column,
            actual=shown(cell),
        )
    if not cell:
        raise InputError(
            "{name}: expected a number in row {row}, column {column}, got an empty cell."
            " Type a number there, 0 if there is none.",
            name=name,
            row=row,
            column=column,
        )
    if len(cell.split()) > 1:
        raise InputError(
            "{name}: expected one number in row {row}, column {column}, got {actual}."
            " Use one kind of separator: only spaces, or only commas.",
            name=name,
            row=row,
            column=column,
            actual=shown(cell),
        )
    raise InputError(
        "{name}: expected a number in row {row}, column {column}, got {actual}."
        " Type a number such as 0.5, -3e-2 or 1/3.",
        name=name,
        row=row,
        column=column,
        actual=shown(cell),
    )
