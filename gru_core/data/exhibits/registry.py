"""All mistakes, by their keys."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gru_core.data.exhibits import of_code, of_equations, of_history, of_numbers
from gru_core.data.exhibits.exhibit import Exhibit

EXHIBITS: Mapping[str, Exhibit] = MappingProxyType(
    {
        exhibit.key: exhibit
        for exhibit in (
            *of_equations.EXHIBITS,
            *of_code.EXHIBITS,
            *of_numbers.EXHIBITS,
            *of_history.EXHIBITS,
        )
    }
)
"""In the order of the page; the first is what it opens with."""
