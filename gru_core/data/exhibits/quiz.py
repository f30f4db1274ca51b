"""All that the page "Spot the mistake" shows, as one value that an address can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from gru_core.data.bounds import OneOf, Whole, differing, read_all
from gru_core.data.exhibits.exhibit import ARTICLES, KINDS, Exhibit
from gru_core.data.exhibits.registry import EXHIBITS
from gru_core.data.typed import shown
from gru_core.errors import N_, InputError

ALL = "all"
FIRST = next(iter(EXHIBITS))
EXHIBIT = OneOf(
    "exhibit",
    N_("Mistake"),
    {key: exhibit.title for key, exhibit in EXHIBITS.items()},
    FIRST,
)
KIND = OneOf(
    "kind", N_("Kind"), {ALL: N_("All"), **{str(kind): title for kind, title in KINDS.items()}}, ALL
)
ARTICLE = OneOf(
    "article", N_("Article"), {ALL: N_("all articles"), **{name: name for name in ARTICLES}}, ALL
)
ANSWERS = "answers"
QUERY_NAMES = (EXHIBIT.name, KIND.name, ARTICLE.name, ANSWERS)
"""Every parameter that Quiz.to_query can write."""


@dataclass(frozen=True)
class Score:
    """Of so many exhibits, so many answered, and of these so many right."""

    total: int
    answered: int
    right: int


@dataclass(frozen=True)
class Quiz:
    """The exhibit that is open, what is filtered for, and every guess so far.

    answers: key of EXHIBITS → the option guessed, from 0. Raises InputError that names what is
    wrong: an exhibit that the filters leave out, or filters that leave nothing.
    """

    exhibit: str = FIRST
    kind: str = ALL
    article: str = ALL
    answers: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in read_all((EXHIBIT, KIND, ARTICLE), vars(self)).items():
            object.__setattr__(self, name, value)
        for key, option in self.answers.items():
            OneOf(ANSWERS, "", EXHIBIT.options, FIRST).read(key)
            Whole(ANSWERS, "", 0, len(EXHIBITS[key].options) - 1, 0).read(option)
        object.__setattr__(self, "answers", MappingProxyType(dict(self.answers)))
        if not self.keys:
            raise InputError(
                "article: expected one with mistakes of the kind {kind!r}, got {article}, which "
                "has none. Choose another article or kind.",
                kind=self.kind,
                article=self.article,
            )
        if self.exhibit not in self.keys:
            raise InputError(
                "exhibit: expected one that kind and article leave in, got {actual}. "
                "Leave kind and article out of the address, or choose another.",
                actual=self.exhibit,
            )

    @property
    def keys(self) -> tuple[str, ...]:
        """Those that the filters leave in, in order."""
        return tuple(
            exhibit.key
            for exhibit in EXHIBITS.values()
            if self.kind in (ALL, exhibit.kind)
            and (self.article == ALL or self.article in exhibit.articles)
        )

    @property
    def open(self) -> Exhibit:
        """The exhibit that is shown."""
        return EXHIBITS[self.exhibit]

    @property
    def guess(self) -> int | None:
        """What was guessed for it, if anything was."""
        return self.answers.get(self.exhibit)

    def is_right(self, key: str) -> bool | None:
        """Whether the guess for an exhibit is right; None where there is none."""
        return self.answers[key] == EXHIBITS[key].right if key in self.answers else None

    def score(self, kind: str = ALL) -> Score:
        """Of those that the filters leave in, and of one kind of them."""
        keys = [key for key in self.keys if kind in (ALL, EXHIBITS[key].kind)]
        verdicts = [self.is_right(key) for key in keys]
        return Score(len(keys), len(keys) - verdicts.count(None), verdicts.count(True))

    @property
    def again(self) -> tuple[str, ...]:
        """Those guessed wrong, of the ones that the filters leave in."""
        return tuple(key for key in self.keys if self.is_right(key) is False)

    def look(self, key: str) -> Quiz:
        """Another exhibit."""
        return replace(self, exhibit=key)

    def beside(self, steps: int) -> Quiz:
        """So many exhibits on, or back where negative, round from the last to the first."""
        at = self.keys.index(self.exhibit)
        return self.look(self.keys[(at + steps) % len(self.keys)])

    def onward(self) -> Quiz:
        """The next that has no guess yet, round from the last to the first; else the next."""
        at = self.keys.index(self.exhibit)
        later = (*self.keys[at + 1 :], *self.keys[:at])
        unanswered = next((key for key in later if key not in self.answers), "")
        return self.look(unanswered) if unanswered else self.beside(1)

    def answered(self, option: int) -> Quiz:
        """With a guess for the open exhibit. A first guess stays."""
        if self.guess is not None:
            return self
        return replace(self, answers={**self.answers, self.exhibit: option})

    def filtered(self, **filters: str) -> Quiz:
        """With other filters; what they leave out gives way to the first that is unanswered."""
        kind, article = filters.get("kind", self.kind), filters.get("article", self.article)
        of_both = [
            key
            for key, exhibit in EXHIBITS.items()
            if kind in (ALL, exhibit.kind) and (article == ALL or article in exhibit.articles)
        ]
        unanswered = [key for key in of_both if key not in self.answers]
        best = self.exhibit if self.exhibit in of_both else next(iter(unanswered or of_both), "")
        return replace(self, kind=kind, article=article, exhibit=best or self.exhibit)

    def cleared(self) -> Quiz:
        """Without any answer."""
        return replace(self, answers={})

    def to_query(self) -> dict[str, str]:
        """The view as the parameters of an address; `from_query` is the way back."""
        chosen = {"exhibit": self.exhibit, "kind": self.kind, "article": self.article}
        query = differing(chosen, {"exhibit": FIRST, "kind": ALL, "article": ALL})
        if self.answers:
            query[ANSWERS] = " ".join(f"{key}:{n + 1}" for key, n in self.answers.items())
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Quiz:
        """The view of an address. Raises InputError that names the parameter that is wrong."""
        given = {name: query[name] for name in QUERY_NAMES[:3] if name in query}
        kind, article = given.get("kind", ALL), given.get("article", ALL)
        if "exhibit" not in given and (kind, article) != (ALL, ALL):
            # An address may name the filters alone.
            given["exhibit"] = (
                cls().filtered(kind=KIND.read(kind), article=ARTICLE.read(article)).exhibit
            )
        return cls(**given, answers=_read(query.get(ANSWERS, "")))


def _read(text: str) -> dict[str, int]:
    answers: dict[str, int] = {}
    for part in text.split():
        key, _, option = part.partition(":")
        known = EXHIBITS.get(key)
        count = len(known.options) if known else 0
        if not option.isascii() or not option.isdigit() or not 1 <= int(option[:4]) <= count:
            raise InputError(
                "answers: expected the name of a mistake and the number of an option, such as "
                "{example}:1, got {actual!r}. Correct it in the address, or leave it out.",
                example=FIRST,
                actual=shown(part),
            )
        answers[key] = int(option[:4]) - 1
    return answers
