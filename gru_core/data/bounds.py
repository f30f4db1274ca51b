"""What a choice may be, said once: widgets, addresses and checks all read it from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gru_core.data.typed import parse_number, shown
from gru_core.errors import InputError

Value = int | float | str

MAX_SEED = 9999


@dataclass(frozen=True)
class Whole:
    """A whole number from low to high. title is an English message id, usual the default."""

    name: str
    title: str
    low: int
    high: int
    usual: int

    def read(self, value: object) -> int:
        """The number, given as such or as the text of an address. InputError out of bounds."""
        number = _number(value)
        if number is None or not number.is_integer() or not self.low <= number <= self.high:
            raise InputError(
                "{name}: expected a whole number from {low} to {high}, got {actual!r}. "
                "Correct it in the address, or leave it out.",
                name=self.name,
                low=self.low,
                high=self.high,
                actual=shown(str(value)),
            )
        return int(number)


@dataclass(frozen=True)
class Real:
    """A number from low to high. title is an English message id, usual the default.

    step: what one press of a widget's button adds; 0 leaves it to the widget.
    """

    name: str
    title: str
    low: float
    high: float
    usual: float
    step: float = 0.0

    def read(self, value: object) -> float:
        """The number, given as such or as the text of an address. InputError out of bounds."""
        number = _number(value)
        if number is None or not self.low <= number <= self.high:
            raise InputError(
                "{name}: expected a number from {low} to {high}, got {actual!r}. "
                "Correct it in the address, or leave it out.",
                name=self.name,
                low=self.low,
                high=self.high,
                actual=shown(str(value)),
            )
        return number


@dataclass(frozen=True)
class OneOf:
    """One of the keys of options, whose values are their titles: English message ids."""

    name: str
    title: str
    options: Mapping[str, str]
    usual: str

    def read(self, value: object) -> str:
        """The key. InputError when there is none such."""
        if isinstance(value, str) and value in self.options:
            return value
        raise InputError(
            "{name}: expected one of {expected}, got {actual}. Choose one of them.",
            name=self.name,
            expected=", ".join(self.options),
            actual=shown(str(value)),
        )


@dataclass(frozen=True)
class Text:
    """Text of at most limit characters."""

    name: str
    title: str
    limit: int
    usual: str

    def read(self, value: object) -> str:
        """The text, unchanged. InputError when it is too long."""
        if isinstance(value, str) and len(value) <= self.limit:
            return value
        raise InputError(
            "{name}: expected at most {expected} characters, got {actual}. Use a shorter text.",
            name=self.name,
            expected=self.limit,
            actual=len(str(value)),
        )


Parameter = Whole | Real | OneOf | Text


def read_all(parameters: Iterable[Parameter], given: Mapping[str, object]) -> dict[str, Value]:
    """A valid value for each of `parameters`: the given one, else the usual one.

    What else is given is ignored. Raises InputError that names the parameter which is wrong.
    """
    return {p.name: p.read(given.get(p.name, p.usual)) for p in parameters}


def differing(values: Mapping[str, Value], usual: Mapping[str, Value]) -> dict[str, str]:
    """The values that an address must hold, as text, exactly: those that are not the usual ones."""
    return {name: _written(value) for name, value in values.items() if value != usual[name]}


def _number(value: object) -> float | None:
    try:
        if isinstance(value, str):
            return parse_number(value)
        return None if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None


def _written(value: Value) -> str:
    return value if isinstance(value, str) else repr(value).removesuffix(".0")
