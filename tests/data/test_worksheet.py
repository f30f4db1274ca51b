"""A worksheet: the same from the same seed, in three languages of documents, answers apart."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from gru_core.data.practice import KINDS, Exercise
from gru_core.data.worksheet import QUERY_NAMES, Worksheet, html_page, markdown, tex
from gru_core.errors import InputError
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.equations import MINUS, format_number
from tests.maths.strategies import ALL_CONVENTIONS

ALL_KINDS = tuple(KINDS.options)
SHEET = Worksheet(seed=5, count=6, kinds=ALL_KINDS)
# The packages and environments that a document may use.
PACKAGES = ["amsmath"]
ENVIRONMENTS = {"document", "aligned", "bmatrix"}


def say(template: str, /, **values: object) -> str:
    return template.format(**values)


def test_the_same_seed_the_same_sheet() -> None:
    again = Worksheet(seed=5, count=6, kinds=ALL_KINDS[::-1])
    assert again == SHEET
    for answers in (False, True):
        assert tex(again, say, answers=answers) == tex(SHEET, say, answers=answers)
        assert html_page(again, say, answers=answers) == html_page(SHEET, say, answers=answers)
    assert tex(Worksheet(seed=6), say, answers=False) != tex(Worksheet(seed=5), say, answers=False)


def test_a_longer_sheet_begins_like_a_shorter_one() -> None:
    short, long = (Worksheet(count=count).exercises for count in (2, 5))
    assert long[:2] == short
    assert len({exercise.seed for exercise in long}) == 5


def test_kinds_take_turns() -> None:
    assert [exercise.kind for exercise in SHEET.exercises] == [*ALL_KINDS, *ALL_KINDS[:2]]


@pytest.mark.parametrize("convention", ALL_CONVENTIONS, ids=str)
def test_a_sheet_comes_back_from_its_address(convention: Convention) -> None:
    sheet = Worksheet(7, 3, ("step", "unit"), convention)
    query = sheet.to_query()
    assert set(query) <= set(QUERY_NAMES)
    assert Worksheet.from_query(query) == sheet
    assert Worksheet().to_query() == {}


@pytest.mark.parametrize(
    "query",
    [
        {"seed": "-1"},
        {"count": "13"},
        {"count": "1.5"},
        {"kinds": ""},
        {"kinds": "unit,units"},
        {"kinds": "<script>"},
        {"z": "old"},
    ],
    ids=str,
)
def test_a_wrong_address_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InputError):
        Worksheet.from_query(query)


def test_nothing_to_practise_is_refused() -> None:
    with pytest.raises(InputError, match="Kinds"):
        Worksheet(kinds=())


def sheets() -> list[Worksheet]:
    conventions = (PYTORCH, Convention("candidate", "before", "hard_sigmoid"))
    return [Worksheet(2, 4, ALL_KINDS, convention) for convention in conventions]


@pytest.mark.parametrize("answers", [False, True])
@pytest.mark.parametrize("sheet", sheets(), ids=str)
def test_latex_is_well_formed_and_needs_amsmath_alone(sheet: Worksheet, answers: bool) -> None:
    document = tex(sheet, say, answers=answers)
    assert document.isascii(), {c for c in document if not c.isascii()}
    assert re.findall(r"\\usepackage(?:\[.*?\])?{(.*?)}", document) == PACKAGES
    open_ones: list[str] = []
    for kind, name in re.findall(r"\\(begin|end){(\w+\*?)}", document):
        if kind == "begin":
            open_ones.append(name)
        else:
            assert open_ones.pop() == name
        assert name in ENVIRONMENTS
    assert open_ones == []
    plain = re.sub(r"\\[\\{}$%&_#]", "", document)
    depth = 0
    for letter in plain:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        assert depth >= 0
    assert depth == 0
    assert document.count("\\[\n") == document.count("\n\\]")
    for paragraph in document.split("\n\n"):
        assert paragraph.count("$") % 2 == 0, paragraph
    outside = re.sub(r"\\\[.*?\\\]|\$.*?\$", "", plain, flags=re.DOTALL)
    assert not set("^_&#~") & set(outside)
    assert len(re.findall(r"\\left\b", document)) == len(re.findall(r"\\right\b", document))


def numbers(exercise: Exercise) -> list[str]:
    digits = exercise.precision.digits
    return [
        format_number(value, digits)
        for asked in exercise.asked
        for value in exercise.answer(asked).tolist()
    ]


def test_the_answers_are_on_a_sheet_of_their_own() -> None:
    for exercise, asked, answered in zip(
        SHEET.exercises,
        markdown(SHEET, say, answers=False).exercises,
        markdown(SHEET, say, answers=True).exercises,
        strict=True,
    ):
        for number in numbers(exercise):
            assert f"= {number.replace(MINUS, '-')}}}$" in answered
            # Backwards r, z, n and h' of the step are given, and no δ is.
            assert f"= {number.replace(MINUS, '-')}}}$" not in asked
        assert asked.count("underline") == len(numbers(exercise))
        assert "underline" not in answered


def test_all_that_is_needed_is_on_the_sheet() -> None:
    for exercise, text in zip(
        SHEET.exercises, markdown(SHEET, say, answers=False).exercises, strict=True
    ):
        for given in exercise.givens():
            assert given.latex in text
        assert f"{exercise.precision.digits} decimals" in text
        assert f"{exercise.precision.tolerance:g}" in text


class Tags(HTMLParser):
    VOID = ("meta", "!doctype")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.addresses += [name for name, _ in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("answers", [False, True])
@pytest.mark.parametrize("sheet", sheets(), ids=str)
def test_html_is_well_formed_and_needs_no_network(sheet: Worksheet, answers: bool) -> None:
    page = html_page(sheet, say, answers=answers)
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert tags.addresses == []
    assert "http" not in page
    assert "url(" not in page
    formulas = re.findall(r"<math.*?</math>", page, flags=re.DOTALL)
    assert formulas
    for formula in formulas:
        ElementTree.fromstring(formula)


def test_html_has_the_same_numbers() -> None:
    page = html_page(SHEET, say, answers=True)
    for exercise in SHEET.exercises:
        for number in numbers(exercise):
            assert f" {number}</span>" in page


def test_words_cannot_break_a_document() -> None:
    def hostile(template: str, /, **values: object) -> str:
        return (
            "50 % of {a} & <b>_x_</b> \\end{document}"
            if "Name" in template
            else say(template, **values)
        )

    document = tex(SHEET, hostile, answers=False)
    assert document.count("\\end{document}") == 1
    assert r"50 \% of \{a\} \& <b>\_x\_</b> \textbackslash{}end\{document\}" in document
    assert "<b>" not in html_page(SHEET, hostile, answers=False).split("</header>")[0].replace(
        "<b></b>", ""
    )


def test_every_worked_line_is_what_it_says() -> None:
    for exercise in SHEET.exercises:
        for _, line, known in exercise.worked():
            assert np.isfinite(known[line.result]).all()
        last = {(step, line.result): known[line.result] for step, line, known in exercise.worked()}
        for asked in exercise.asked:
            if asked.step is not None:
                step = asked.step if exercise.shape.T > 1 else None
                assert np.allclose(asked.taken(last[step, asked.name]), exercise.answer(asked))
