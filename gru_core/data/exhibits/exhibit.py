"""One mistake of the articles: where it stands, the guess it asks for, and what shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from gru_core.data.exhibits.shown import Shown
from gru_core.errors import N_

Kind = Literal["equation", "code", "numbers", "history"]
KINDS: Mapping[Kind, str] = MappingProxyType(
    {
        "equation": N_("Equations"),
        "code": N_("Code"),
        "numbers": N_("Worked example"),
        "history": N_("History and wording"),
    }
)
"""By id, with English message ids."""
ARTICLES: tuple[str, ...] = ("000", "001", "002", "003", "004")
"""Five articles on GRUs. 000 and 002 are one text, of which 002 has lost its underscores."""


class Place(NamedTuple):
    """One of ARTICLES, and a line of it or several, such as "67–68"."""

    article: str
    line: str


class Try(NamedTuple):
    """Where the reader can turn the same thing: a page, by its address, and what that holds."""

    page: Literal["gates", "sequence", "gradients"]
    query: Mapping[str, str]


@dataclass(frozen=True)
class Exhibit:
    """One mistake. title, options: English message ids, or text that is the same in any language.

    options: what the reader may guess, of which the one at ``right`` is right. demonstrate: a pure
    function that runs what is claimed; several exhibits may share one. sources: keys of SOURCES;
    empty where the run alone settles it. tries: a page on which it can be turned, if there is one.
    The claim and what is right are prose: the sections
    ``<key>-claim`` and ``<key>-right`` of "exhibits".
    """

    key: str
    kind: Kind
    title: str
    places: tuple[Place, ...]
    options: tuple[str, ...]
    right: int
    demonstrate: Callable[[], Shown]
    sources: tuple[str, ...] = ()
    tries: Try | None = None

    @property
    def articles(self) -> frozenset[str]:
        """The articles that it stands in."""
        return frozenset(place.article for place in self.places)
