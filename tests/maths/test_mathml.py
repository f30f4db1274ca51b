"""MathML says what LaTeX says: the same symbols and the same numbers, and it is well-formed."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from gru_core.data.practice import SHAPES, Exercise
from gru_core.maths.convention import Convention
from gru_core.maths.equations import (
    MINUS,
    lines_to_latex,
    mathml,
    mathml_definition,
    mathml_symbol,
    mathml_worked,
)
from tests.maths.strategies import ALL_CONVENTIONS


@pytest.mark.parametrize("convention", ALL_CONVENTIONS, ids=str)
def test_every_line_has_the_numbers_and_signs_of_its_latex(convention: Convention) -> None:
    for kind in SHAPES:
        for _, line, known in Exercise.draw(kind, 1, convention).worked():
            tree = ElementTree.fromstring(mathml(mathml_worked(line, known, 4)))
            numbers = [node.text for node in tree.iter("mn") if "." in (node.text or "")]
            latex = lines_to_latex([line], known, 4)
            assert numbers == [
                number.replace("-", MINUS) for number in re.findall(r"-?\d+\.\d+", latex)
            ]
            text = "".join(tree.itertext())
            assert text.count("≈") == latex.count(r"\approx")
            assert text.count("⊤") == latex.count(r"\top")
            assert text.count("∘") == latex.count(r"\circ")


def test_symbols() -> None:
    assert "".join(ElementTree.fromstring(mathml_symbol("d_U_n")).itertext()) == "∇Un"
    assert mathml_symbol("r") == "<mi>r</mi>"
    assert mathml_symbol("W_r") == "<msub><mi>W</mi><mi>r</mi></msub>"
    [line] = [each for each in Exercise.draw("step", 1).definitions() if each.result == "d_W_z"]
    tree = ElementTree.fromstring(mathml(mathml_definition(line)))
    assert "".join(tree.itertext()) == "∇Wz=δzx⊤"
