"""A sheet of exercises from one seed: the same seed, the same sheet, for a class and its teacher.

The exercises and their answers are two sheets. Each can be had as Markdown for a page, as a LaTeX
document that needs amsmath alone, and as an HTML file that needs nothing.
"""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np

from gru_core.data.bounds import MAX_SEED, Text, Whole
from gru_core.data.practice import (
    CHOICES,
    KINDS,
    Asked,
    Exercise,
    Given,
    convention_of,
    index,
    latex_name,
)
from gru_core.data.practice_text import (
    Say,
    Sentence,
    convention_in_words,
    exactness,
    inline_latex,
    inline_mathml,
    joined,
    task,
)
from gru_core.data.typed import shown
from gru_core.errors import N_, InputError
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.equations import (
    MINUS,
    Line,
    Values,
    format_number,
    lines_to_latex,
    mark,
    mathml,
    mathml_definition,
    mathml_symbol,
    mathml_table,
    mathml_worked,
)

SEED = Whole("seed", N_("Seed"), 0, MAX_SEED, 1)
COUNT = Whole("count", N_("Number of exercises"), 1, 12, 4)
KINDS_TEXT = Text("kinds", N_("Kinds"), 60, "unit.units")
"""Kinds in an address, with a dot between them."""
QUERY_NAMES = (SEED.name, COUNT.name, KINDS_TEXT.name, *CHOICES)

TITLES: Mapping[str, str] = {
    "unit": N_("One step forwards, one unit"),
    "units": N_("One step forwards, two units"),
    "step": N_("One step backwards, two units"),
    "steps": N_("Two steps backwards, one unit"),
}
"""Each kind by a title that tells it from all others."""


@dataclass(frozen=True)
class Worksheet:
    """seed: decides all numbers. count: how many exercises, whose kinds take turns.

    Raises InputError when there is no such sheet.
    """

    seed: int = SEED.usual
    count: int = COUNT.usual
    kinds: tuple[str, ...] = ("unit", "units")
    convention: Convention = PYTORCH

    def __post_init__(self) -> None:
        SEED.read(self.seed)
        COUNT.read(self.count)
        if not self.kinds:
            raise InputError(
                "Kinds: expected at least one, got none. Choose what is to be practised."
            )
        for kind in self.kinds:
            KINDS.read(kind)
        # In one order and each once, however they were chosen.
        ordered = tuple(kind for kind in KINDS.options if kind in self.kinds)
        object.__setattr__(self, "kinds", ordered)

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        """All of them; each can be tried on its page too."""
        seeds = np.random.default_rng(self.seed).permutation(MAX_SEED + 1)[: self.count].tolist()
        return tuple(
            Exercise.draw(self.kinds[i % len(self.kinds)], seed, self.convention)
            for i, seed in enumerate(seeds)
        )

    def to_query(self) -> dict[str, str]:
        """The sheet as parameters of an address; what is usual is left out."""
        usual = Worksheet()
        query = {
            SEED.name: (str(self.seed), str(usual.seed)),
            COUNT.name: (str(self.count), str(usual.count)),
            KINDS_TEXT.name: (".".join(self.kinds), ".".join(usual.kinds)),
            "z": (self.convention.z_weights, usual.convention.z_weights),
            "reset": (self.convention.reset, usual.convention.reset),
            "gate": (self.convention.gate, usual.convention.gate),
        }
        return {name: text for name, (text, usually) in query.items() if text != usually}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Worksheet:
        """The sheet of an address. InputError that names the parameter that is wrong."""
        kinds = KINDS_TEXT.read(query.get(KINDS_TEXT.name, KINDS_TEXT.usual)).split(".")
        for kind in kinds:
            if kind not in KINDS.options:
                raise InputError(
                    "kinds: expected some of {expected}, with dots between them, got {actual}."
                    " Correct it in the address, or leave it out.",
                    expected=", ".join(KINDS.options),
                    actual=shown(kind),
                )
        return cls(
            SEED.read(query.get(SEED.name, SEED.usual)),
            COUNT.read(query.get(COUNT.name, COUNT.usual)),
            tuple(kinds),
            convention_of(query),
        )


@dataclass(frozen=True)
class Written:
    """A sheet in parts: what comes first, then each exercise."""

    opening: str
    exercises: tuple[str, ...]


def markdown(sheet: Worksheet, say: Say, *, answers: bool) -> Written:
    """For a page that draws LaTeX within Markdown."""
    return _written(_Markdown(), sheet, say, answers)


def tex(sheet: Worksheet, say: Say, *, answers: bool, chinese: bool = False) -> str:
    """A LaTeX document that needs amsmath alone; in Chinese also ctex, for its letters."""
    written = _written(_Tex(), sheet, say, answers)
    document = "ctexart" if chinese else "article"
    return "\n".join(
        [
            *(["% Chinese: compile with XeLaTeX."] if chinese else []),
            rf"\documentclass[11pt]{{{document}}}",
            r"\usepackage{amsmath}",
            r"\setlength{\textwidth}{16cm}",
            r"\setlength{\oddsidemargin}{0cm}",
            r"\setlength{\textheight}{24cm}",
            r"\setlength{\topmargin}{-1.5cm}",
            r"\setlength{\parindent}{0pt}",
            r"\setlength{\parskip}{6pt}",
            r"\begin{document}",
            written.opening,
            *written.exercises,
            r"\end{document}",
            "",
        ]
    )


def html_page(sheet: Worksheet, say: Say, *, answers: bool, language: str = "en") -> str:
    """One file that a browser prints without a network: formulas are MathML."""
    written = _written(_Html(), sheet, say, answers)
    title = html.escape(say(ANSWERS if answers else SHEET, seed=sheet.seed))
    body = "\n".join(f"<section>\n{text}\n</section>" for text in written.exercises)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"
        f"<header>\n{written.opening}\n</header>\n{body}\n</body>\n</html>\n"
    )


SHEET = N_("A GRU by hand: exercises, sheet {seed}")
ANSWERS = N_("A GRU by hand: answers to sheet {seed}")

_STYLE = """\
body { font: 11pt/1.5 Georgia, "Songti SC", "Noto Serif CJK SC", serif; color: #000; }
body { background: #fff; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 0.8rem; }
h2 { font-size: 1.1rem; margin: 0 0 0.3rem; }
p { margin: 0.4rem 0; }
section { margin-top: 1.6rem; padding-top: 0.8rem; border-top: 1px solid #999; }
.row { display: flex; flex-wrap: wrap; gap: 0.5rem 1.6rem; align-items: center; }
math { font: 1.05em "Cambria Math", "STIX Two Math", "Latin Modern Math", "DejaVu Sans", math; }
.name { margin-bottom: 1rem; }
.blank { display: inline-block; width: 5.5rem; border-bottom: 1px solid #000; height: 1.4em; }
.fill { margin-top: 0.6rem; }
@media print { body { margin: 0; max-width: none; } section { break-inside: avoid; } }
"""


# --- One text for three pens ---------------------------------------------------------------------


def _written(pen: _Pen, sheet: Worksheet, say: Say, answers: bool) -> Written:
    opening = [pen.title(say(ANSWERS if answers else SHEET, seed=sheet.seed))]
    if not answers:
        opening.append(pen.name_line(say(N_("Name:")), say(N_("Date:"))))
        opening.append(pen.words(convention_in_words(sheet.convention, say)))
        seen: list[Line] = []
        # The longest first, forwards before backwards, so that all keep their order.
        for exercise in sorted(
            sheet.exercises, key=lambda e: (not e.is_forward, -len(e.definitions()))
        ):
            seen += [line for line in exercise.definitions() if line not in seen]
        opening.append(pen.definitions(seen))
    exercises = [
        (_answered if answers else _asked)(pen, number, exercise, say)
        for number, exercise in enumerate(sheet.exercises, start=1)
    ]
    return Written("\n\n".join(opening), tuple(exercises))


def _heading(pen: _Pen, number: int, exercise: Exercise, say: Say) -> str:
    kind = say(TITLES[exercise.kind])
    return pen.heading(say(N_("Exercise {number}: {kind}"), number=number, kind=kind))


def _asked(pen: _Pen, number: int, exercise: Exercise, say: Say) -> str:
    parts = [_heading(pen, number, exercise, say)]
    sentences = [*task(exercise), exactness(exercise.precision)]
    parts.append(pen.paragraph(joined(pen.sentence(sentence, say) for sentence in sentences)))
    for step, givens in groupby(exercise.givens(), key=lambda given: given.step):
        lead = "" if step is None else say(N_("Step {t}"), t=step + 1)
        for row in rows_of(exercise, givens):
            parts.append(pen.givens(lead, row))
    # Units stand beside each other, or else the quantities of a step.
    several = exercise.shape.H > 1
    for _, quantities in groupby(
        exercise.asked, lambda asked: asked.key if several else asked.step
    ):
        group = list(quantities)
        blanks = [pen.blank(exercise, each, entry) for each in group for entry in each.entries]
        parts.append(pen.blanks(_step_words(exercise, group[0].step, say), blanks))
    return "\n\n".join(parts)


def rows_of(exercise: Exercise, givens: Iterable[Given]) -> list[list[Given]]:
    """Forwards what belongs to each gate stands in a row of its own."""
    if not exercise.is_forward:
        return [list(givens)]
    return [list(row) for _, row in groupby(givens, key=lambda given: _gate(given.name))]


def _gate(name: str) -> str:
    return name[2] if name[1:2] == "_" and name != "h_previous" else ""


def _answered(pen: _Pen, number: int, exercise: Exercise, say: Say) -> str:
    parts = [_heading(pen, number, exercise, say)]
    digits = exercise.precision.digits
    for step, asked in groupby(exercise.asked, key=lambda asked: asked.step):
        numbers = [
            pen.answer(exercise, each, entry, format_number(value, digits))
            for each in asked
            for entry, value in zip(each.entries, exercise.answer(each).tolist(), strict=True)
        ]
        parts.append(pen.blanks(_step_words(exercise, step, say), numbers))
    for step, lines in groupby(exercise.worked(), key=lambda worked: worked[0]):
        if step is not None:
            parts.append(pen.paragraph(pen.escape(say(N_("Step {t}"), t=step + 1))))
        parts.append(pen.worked([(line, known) for _, line, known in lines], digits))
    return "\n\n".join(parts)


def _step_words(exercise: Exercise, step: int | None, say: Say) -> str:
    if exercise.shape.T == 1:
        return ""
    return say(N_("Over both steps")) if step is None else say(N_("Step {t}"), t=step + 1)


class _Pen(ABC):
    """Writes the parts of a sheet in one language of documents."""

    @abstractmethod
    def escape(self, words: str) -> str: ...
    @abstractmethod
    def title(self, words: str) -> str: ...
    @abstractmethod
    def heading(self, words: str) -> str: ...
    @abstractmethod
    def paragraph(self, written: str) -> str: ...
    @abstractmethod
    def name_line(self, name: str, date: str) -> str: ...
    @abstractmethod
    def sentence(self, sentence: Sentence, say: Say) -> str: ...
    @abstractmethod
    def definitions(self, lines: list[Line]) -> str: ...
    @abstractmethod
    def givens(self, lead: str, givens: list[Given]) -> str: ...
    @abstractmethod
    def blank(self, exercise: Exercise, asked: Asked, entry: tuple[int, ...]) -> str: ...
    @abstractmethod
    def answer(
        self, exercise: Exercise, asked: Asked, entry: tuple[int, ...], text: str
    ) -> str: ...
    @abstractmethod
    def blanks(self, lead: str, written: list[str]) -> str: ...
    @abstractmethod
    def worked(self, lines: list[tuple[Line, Values]], digits: int) -> str: ...

    def words(self, words: str) -> str:
        return self.paragraph(self.escape(words))


class _Tex(_Pen):
    # What plain LaTeX has no letter for, and its own signs.
    LETTERS: Mapping[str, str] = {
        "\\": r"\textbackslash{}",
        **{sign: f"\\{sign}" for sign in "#$%&_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "·": r"$\cdot$",
        "′": "$'$",
        "σ": r"$\sigma$",
        "δ": r"$\delta$",
        "−": "$-$",
        "ₙ": "$_n$",
        "ₕ": "$_h$",
        "∘": r"$\circ$",
    }
    GAP = r" \quad "

    def escape(self, words: str) -> str:
        return "".join(self.LETTERS.get(letter, letter) for letter in words)

    def title(self, words: str) -> str:
        return rf"\section*{{{self.escape(words)}}}"

    def heading(self, words: str) -> str:
        return rf"\subsection*{{{self.escape(words)}}}"

    def paragraph(self, written: str) -> str:
        return written

    def name_line(self, name: str, date: str) -> str:
        line = r"\underline{\hspace{5cm}}"
        return f"{self.escape(name)} {line} \\hfill {self.escape(date)} {line}"

    def sentence(self, sentence: Sentence, say: Say) -> str:
        return sentence.written(say, inline_latex, self.escape)

    def definitions(self, lines: list[Line]) -> str:
        return self.displayed(lines_to_latex(lines))

    def displayed(self, formula: str) -> str:
        return f"\\[\n{formula}\n\\]"

    def givens(self, lead: str, givens: list[Given]) -> str:
        return self.blanks(lead, [f"${{{given.latex}}}$" for given in givens])

    def blank(self, exercise: Exercise, asked: Asked, entry: tuple[int, ...]) -> str:
        name = latex_name(asked, entry, exercise.shape)
        return rf"${{{name} = \underline{{\hspace{{2.4cm}}}}}}$"

    def answer(self, exercise: Exercise, asked: Asked, entry: tuple[int, ...], text: str) -> str:
        return f"${{{latex_name(asked, entry, exercise.shape)} = {text.replace(MINUS, '-')}}}$"

    def blanks(self, lead: str, written: list[str]) -> str:
        bold = rf"\textbf{{{self.escape(lead)}}}" if lead else ""
        return self.GAP.join([*([bold] if lead else []), *written])

    def worked(self, lines: list[tuple[Line, Values]], digits: int) -> str:
        return "\n\n".join(
            self.displayed(lines_to_latex([line], known, digits)) for line, known in lines
        )


class _Markdown(_Tex):
    LETTERS: Mapping[str, str] = {}
    GAP = " &emsp; "

    def title(self, words: str) -> str:
        return f"#### {words}"

    def heading(self, words: str) -> str:
        return f"##### {words}"

    def name_line(self, name: str, date: str) -> str:
        line = r"$\underline{\hspace{4cm}}$"
        return f"{name} {line} &emsp; {date} {line}"

    def displayed(self, formula: str) -> str:
        return f"$$\n{formula}\n$$"

    def blanks(self, lead: str, written: list[str]) -> str:
        return self.GAP.join([*([f"**{lead}**"] if lead else []), *written])


class _Html(_Pen):
    def escape(self, words: str) -> str:
        return html.escape(words)

    def title(self, words: str) -> str:
        return f"<h1>{self.escape(words)}</h1>"

    def heading(self, words: str) -> str:
        return f"<h2>{self.escape(words)}</h2>"

    def paragraph(self, written: str) -> str:
        return f"<p>{written}</p>"

    def name_line(self, name: str, date: str) -> str:
        line = '<span class="blank" style="width: 12rem"></span>'
        return (
            f'<p class="row name"><span>{self.escape(name)} {line}</span>'
            f"<span>{self.escape(date)} {line}</span></p>"
        )

    def sentence(self, sentence: Sentence, say: Say) -> str:
        return sentence.written(say, inline_mathml, self.escape)

    def definitions(self, lines: list[Line]) -> str:
        return "\n".join(self.paragraph(mathml(mathml_definition(line))) for line in lines)

    def givens(self, lead: str, givens: list[Given]) -> str:
        formulas = [
            f"<math>{mathml_symbol(given.name)}{mark('=')}{self._array(given)}</math>"
            for given in givens
        ]
        return self._row(lead, formulas)

    def _array(self, given: Given) -> str:
        texts = given.texts
        return f"<mn>{texts[0][0]}</mn>" if given.array.size == 1 else mathml_table(texts)

    def blank(self, exercise: Exercise, asked: Asked, entry: tuple[int, ...]) -> str:
        return f'<span>{self._name(exercise, asked, entry)} <span class="blank"></span></span>'

    def answer(self, exercise: Exercise, asked: Asked, entry: tuple[int, ...], text: str) -> str:
        return f"<span>{self._name(exercise, asked, entry)} {text}</span>"

    def _name(self, exercise: Exercise, asked: Asked, entry: tuple[int, ...]) -> str:
        place = index(entry, exercise.shape)
        at = f"<mtext>{place}</mtext>" if place else ""
        return f"<math>{mathml_symbol(asked.name)}{at}{mark('=')}</math>"

    def blanks(self, lead: str, written: list[str]) -> str:
        return self._row(lead, written, "row fill")

    def _row(self, lead: str, written: list[str], kind: str = "row") -> str:
        bold = f"<b>{self.escape(lead)}</b>" if lead else ""
        return f'<p class="{kind}">{bold}{"".join(written)}</p>'

    def worked(self, lines: list[tuple[Line, Values]], digits: int) -> str:
        return "\n".join(
            self.paragraph(mathml(mathml_worked(line, known, digits))) for line, known in lines
        )
