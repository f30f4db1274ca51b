"""What a lesson says at a step, from one section of its prose."""

from __future__ import annotations

from dataclasses import dataclass

from gru_core.training.lessons import Step, Texts
from pages.ui.words import label as _
from pages.ui.words import prose

BETWEEN = "\n---\n"


@dataclass(frozen=True)
class Words:
    """text: the question, or what to do. options: of a prediction. answer: with its numbers."""

    text: str
    options: tuple[str, ...] = ()
    hint: str = ""
    answer: str = ""


def words_of(lesson: str, step: Step, numbers: Texts | None) -> Words:
    """A step's words; without numbers there is no answer yet."""
    return parted(prose("lessons", f"{lesson}-{step.key}"), step, numbers)


def parted(section: str, step: Step, numbers: Texts | None) -> Words:
    """A section's parts, between lines of three dashes: the text; then of a prediction its options,
    a list, of an act its hint; then the answer, a template for numbers."""
    if not step.asks:
        return Words(section)
    text, middle, answer = (part.strip() for part in section.split(BETWEEN))
    said = "" if numbers is None else answer.format(**numbers)
    if step.kind == "do":
        return Words(text, hint=middle, answer=said)
    return Words(text, tuple(line.removeprefix("- ") for line in middle.splitlines()), answer=said)


def page_title(page: str) -> str:
    """What the menu calls a page."""
    return {
        "gates": _("One step"),
        "sequence": _("Gates over time"),
        "gradients": _("Gradients over time"),
        "train": _("Train live"),
        "compare": _("Compare"),
        "questions": _("Questions answered"),
        "articles": _("Spot the mistake"),
    }[page]
