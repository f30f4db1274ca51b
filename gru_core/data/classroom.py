"""What a teacher's link asks of the app on every page: what is hidden, locked, larger, kept back.

It is no lock against a reader who edits the address, and says so: it keeps thirty screens alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gru_core.data.bounds import OneOf
from gru_core.data.typed import shown
from gru_core.errors import N_, InputError

ALL = "all"

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "menu": N_("Menu of the pages"),
        "language": N_("Switch of the language"),
        "bar": N_("Row of controls at the top"),
        "popovers": N_("Controls behind buttons"),
        "link": N_("“Copy link”"),
        "look": N_("The line “Look at”"),
        "transport": N_("Play, pause, rewind"),
        "numbers": N_("Grids of numbers"),
        "words": N_("Sentences that say what a figure shows"),
        "tabs": N_("Tabs below the figure"),
        "downloads": N_("Downloads"),
        "about": N_("Explanation below"),
    }
)
"""What can be hidden, each by its title: an English message id."""

LOCKS: Mapping[str, str] = MappingProxyType(
    {
        "example": N_("Example"),
        "numbers": N_("Numbers typed into grids"),
        "named": N_("As in a library or paper"),
        "z": N_("Update gate"),
        "reset": N_("Reset gate"),
        "gate": N_("Gate function"),
        "D": N_("Inputs D"),
        "H": N_("Hidden units H"),
        "T": N_("Steps T"),
        "digits": N_("Decimals shown"),
        "seed": N_("Seed"),
        "seeds": N_("Number of seeds"),
        "model": N_("Model"),
        "layer": N_("Layer"),
        "scheme": N_("Initialisation"),
        "gain": N_("Gain"),
        "keep": N_("Bias that keeps the old state"),
        "keep_bias": N_("Keep bias"),
        "kind": N_("Sequence, or kind of exercise"),
        "feed": N_("How the data are fed"),
        "loss": N_("Loss"),
        "at": N_("Step of the loss"),
        "rate": N_("Learning rate η"),
        "preset": N_("Experiment"),
        "task": N_("Task"),
        "length": N_("Length of the sequences"),
        "examples": N_("Number of examples"),
        "split": N_("Share held out"),
        "cell": N_("Cell"),
        "hidden": N_("Hidden units"),
        "layers": N_("Layers"),
        "candidate": N_("Candidate function"),
        "methods": N_("Methods of stabilisation"),
        "optimiser": N_("Optimiser"),
        "learning_rate": N_("Learning rate"),
        "schedule": N_("Schedule"),
        "warm_up": N_("Warm-up"),
        "clip": N_("Clipping"),
        "clip_at": N_("Clip at"),
        "batch": N_("Batch"),
        "truncate": N_("Truncation"),
        "l1": N_("L1 penalty"),
        "l2": N_("L2 penalty"),
        "steps": N_("Training steps"),
        "runs": N_("Runs with seeds of their own"),
        "evaluate": N_("Steps between evaluations"),
        "patience": N_("Patience"),
        "ready": N_("Comparison"),
        "variants": N_("The configurations compared"),
        "kinds": N_("Kinds of exercises"),
        "count": N_("Number of exercises"),
        "biases": N_("Biases counted"),
    }
)
"""What can be locked, by its title. Most are parameters of some page's address."""

_CONVENTION = ("z", "reset", "gate")
_RUN = (
    *("task", "length", "loss", "examples", "split", "cell", "hidden", "layers", "candidate"),
    *("reset", "z", "scheme", "gain", "keep", "keep_bias", "methods", "optimiser"),
    *("learning_rate", "clip", "clip_at", "schedule", "warm_up", "feed", "batch", "truncate"),
    *("l1", "l2", "steps", "runs", "seed", "evaluate", "patience"),
)
PAGE_LOCKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gates": (
            *("example", "numbers", "named", *_CONVENTION, "D", "H", "T"),
            *("digits", "seed", "kind"),
        ),
        "sequence": (
            *("model", "kind", "T", "H", "scheme", "gain", "keep", "keep_bias", "seed"),
            *_CONVENTION,
        ),
        "gradients": (
            *("scheme", "gain", "loss", "at", "H", "D", "T", "seeds", "seed", *_CONVENTION),
            *("keep", "keep_bias", "numbers", "rate", "digits", "kind"),
        ),
        "train": ("preset", *_RUN),
        "compare": ("ready", *_RUN, "variants"),
        "questions": ("D", "H", "T", "biases"),
        "worksheet": ("kinds", "count", "seed", *_CONVENTION),
        "model": ("layer", "kind", "T"),
    }
)
"""Of LOCKS, what there is to lock on a page."""

FREE = frozenset(
    {
        *("answers", "article", "cell_shown", "class", "exhibit", "guess", "kind_shown", "log"),
        *("look", "mark", "q", "shown", "s", "sort", "t", "topic"),
    }
)
"""Controls that change what is looked at or guessed, but no value: ``lock=all`` leaves them."""

SIZE = OneOf("size", N_("Type size"), {"usual": N_("usual"), "large": N_("large")}, "usual")
SOLUTIONS = OneOf(
    "solutions", N_("Solutions"), {"yes": N_("can be opened"), "no": N_("stay closed")}, "yes"
)
QUERY_NAMES = ("hide", "lock", SIZE.name, SOLUTIONS.name)
"""Every parameter that Classroom.to_query can write; the frame owns them on all pages."""

_FAMILIES = {
    "method": "methods",
    "dial": "methods",
    "title": "variants",
    "differ": "variants",
    "guess": "guess",
    "exhibit": "exhibit",
}
_NUMBERED = re.compile(r"_\d+$")


@dataclass(frozen=True)
class Classroom:
    """hide: of GROUPS. lock: of LOCKS, or ALL alone. size: of SIZE. solutions: whether they open.

    hide and lock are put in the order of GROUPS and LOCKS. Raises InputError for other names.
    """

    hide: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    size: str = SIZE.usual
    solutions: bool = True

    def __post_init__(self) -> None:
        _known("hide", self.hide, GROUPS)
        _known("lock", self.lock, (ALL, *LOCKS))
        SIZE.read(self.size)
        lock = (ALL,) if ALL in self.lock else tuple(name for name in LOCKS if name in self.lock)
        object.__setattr__(self, "hide", tuple(name for name in GROUPS if name in self.hide))
        object.__setattr__(self, "lock", lock)

    def locks(self, control: str, page: str = "") -> bool:
        """Whether the value that `control` sets is locked; controls are named as on their page."""
        if not self.lock:
            return False
        name = lock_of(control, page)
        return name not in FREE if self.lock == (ALL,) else name in self.lock

    def to_query(self) -> dict[str, str]:
        """As parameters of an address; what is usual is left out."""
        query = {
            "hide": ".".join(self.hide),
            "lock": ".".join(self.lock),
            SIZE.name: self.size if self.size != SIZE.usual else "",
            SOLUTIONS.name: "" if self.solutions else "no",
        }
        return {name: text for name, text in query.items() if text}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Classroom:
        """What an address asks for. InputError that names the parameter which is wrong."""
        return cls(
            _names(query.get("hide", "")),
            _names(query.get("lock", "")),
            SIZE.read(query.get(SIZE.name, SIZE.usual)),
            SOLUTIONS.read(query.get(SOLUTIONS.name, SOLUTIONS.usual)) == "yes",
        )


def lock_of(control: str, page: str = "") -> str:
    """The name by which a control's value is locked, or one of FREE."""
    name = _NUMBERED.sub("", control)
    family, _, rest = name.partition("_")
    if rest and family in _FAMILIES:
        return _FAMILIES[family]
    if page == "worksheet" and family == "kind":
        return "kinds"
    if (page, name) in {("articles", "kind"), ("gradients", "cell")}:
        return f"{name}_shown"  # a filter; and which of the three curves a tab looks into
    return _FAMILIES.get(name, name)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()


def _known(parameter: str, names: Iterable[str], expected: Iterable[str]) -> None:
    expected = tuple(expected)
    for name in names:
        if name not in expected:
            raise InputError(
                "{name}: expected some of {expected}, with dots between them, got {actual}. "
                "Correct it in the address, or leave it out.",
                name=parameter,
                expected=", ".join(expected),
                actual=shown(name),
            )
