"""Every line shown backwards is what ``bptt`` computed, in every convention."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.maths.backward_equations import (
    BACKWARD_PARTS,
    accumulated,
    backward_equations,
    backward_values,
    contribution,
)
from gru_core.maths.bptt import GRUGradients, backpropagate
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.equations import (
    Line,
    Outer,
    Value,
    describe,
    describe_line,
    evaluate,
    line_sign,
    lines_to_latex,
    symbol,
)
from gru_core.maths.gru import Trace, unroll
from gru_core.maths.parameters import NAMES, Array
from tests.maths.strategies import ALL_CONVENTIONS, random_parameters

conventions = st.sampled_from(ALL_CONVENTIONS)
seeds = st.integers(0, 10**6)
sizes = st.integers(1, 4)
COMPUTED = ("d_h", "d_r_pre", "d_z_pre", "d_n_pre", "d_n_inner")


def worked(
    convention: Convention, seed: int = 0, D: int = 2, H: int = 3, T: int = 4
) -> tuple[Trace, Array, GRUGradients]:
    rng = np.random.default_rng(seed)
    cell = random_parameters(seed, D, H, convention.reset)
    trace = unroll(cell, rng.normal(size=(T, D)), rng.normal(size=H), convention)
    own = rng.normal(size=(T, H))
    return trace, own, backpropagate(trace, own)


def lines_of(convention: Convention) -> list[Line]:
    return [line for part in backward_equations(convention).values() for line in part]


@given(conventions, seeds, sizes, sizes, sizes)
def test_every_line_gives_the_number_of_bptt(
    convention: Convention, seed: int, D: int, H: int, T: int
) -> None:
    trace, own, gradients = worked(convention, seed, D, H, T)
    steps = backward_values(trace, gradients, own)
    sums = {name: np.zeros_like(getattr(trace.parameters, name)) for name in NAMES}
    for t, known in enumerate(steps):
        for line in lines_of(convention):
            shown = evaluate(line.expression, known)
            np.testing.assert_allclose(
                shown, known[line.result], rtol=1e-12, atol=1e-12, err_msg=str(line)
            )
            if line.role == "contribution":
                sums[line.result.removeprefix("d_")] += shown
        for name in COMPUTED:
            np.testing.assert_array_equal(known[name], getattr(gradients, name)[t])
        later = steps[t + 1]["d_h_previous"] if t + 1 < T else np.zeros(H)
        np.testing.assert_array_equal(known["d_h_future"], later)
    np.testing.assert_allclose(steps[0]["d_h_previous"], gradients.d_h0, rtol=1e-12, atol=1e-12)
    for name, total in sums.items():
        expected = getattr(gradients.d_parameters, name)
        np.testing.assert_allclose(total, expected, rtol=1e-12, atol=1e-11, err_msg=name)


@pytest.mark.parametrize("name", COMPUTED)
@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_a_wrong_gradient_would_be_found(convention: Convention, name: str) -> None:
    trace, own, gradients = worked(convention)
    wrong = replace(gradients, **{name: getattr(gradients, name) + 1e-6})
    known = backward_values(trace, wrong, own)[1]
    assert any(
        np.abs(evaluate(line.expression, known) - known[line.result]).max() > 1e-7
        for line in lines_of(convention)
    )


@given(conventions, seeds)
def test_accumulated_gradients_end_at_the_whole_gradient(convention: Convention, seed: int) -> None:
    trace, own, gradients = worked(convention, seed)
    steps = backward_values(trace, gradients, own)
    totals = accumulated(steps, convention)
    for name, last in totals[-1].items():
        np.testing.assert_array_equal(last, steps[-1][contribution(name)])
        whole = getattr(gradients.d_parameters, name)
        np.testing.assert_allclose(totals[0][name], whole, rtol=1e-12, atol=1e-11)
    assert ("c_n" in totals[0]) == (convention.reset == "after")
    assert {*NAMES} - {*totals[0]} <= {"c_n"}


@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_each_part_needs_only_what_is_known(convention: Convention) -> None:
    trace, own, gradients = worked(convention)
    forward = {*NAMES, "x"} | {name for name in vars(trace.step(0)) if name != "h"}
    known = {*forward, "d_h_own", "d_h_future"}
    parts = backward_equations(convention)
    assert tuple(parts) == BACKWARD_PARTS
    for part, lines in parts.items():
        if part != "gradients":
            definition = lines[0]
            assert definition.role == "definition"
            assert set(names_in(describe(definition.expression))) <= known
            assert definition.result in {line.result for line in lines[1:]}
        for line in lines if part == "gradients" else lines[1:]:
            assert line.role != "definition"
            assert set(names_in(describe(line.expression))) <= known, line
            known.add(line.result)
    assert known == {*backward_values(trace, gradients, own)[0]} - {"h"}


def names_in(token: Any) -> Iterator[str]:
    if isinstance(token, dict):
        if token.get("kind") == "value":
            yield token["name"]
        for child in token.values():
            yield from names_in(child)
    elif isinstance(token, list):
        for child in token:
            yield from names_in(child)


def test_the_lines_as_a_paper_writes_them() -> None:
    def rows(convention: Convention) -> list[str]:
        lines = [line for line in lines_of(convention) if line.role != "value"]
        return lines_to_latex(lines).replace(r" \\", "").splitlines()[1:-1]

    after = rows(PYTORCH)
    for row in (
        r"\delta_{h'} &= \delta_{\mathrm{own}} + \delta_{\mathrm{future}}",
        r"\delta_z &= \delta_{h'} \circ \left(h - n\right) \circ z \circ \left(1 - z\right)",
        r"\delta_n &= \delta_{h'} \circ \left(1 - z\right) \circ \left(1 - n \circ n\right)",
        r"\delta_r &= \delta_n \circ q \circ r \circ \left(1 - r\right)",
        r"\delta_q &= \delta_n \circ r",
        r"\nabla W_r &= \delta_r x^\top",
        r"\nabla U_n &= \delta_q h^\top",
        r"\nabla c_n &= \delta_q",
        r"\delta_h &= \delta_{h'} \circ z + U_z^\top \delta_z + U_n^\top \delta_q"
        r" + U_r^\top \delta_r",
    ):
        assert row in after
    before = rows(Convention("candidate", "before", "hard_sigmoid"))
    for row in (
        r"\delta_q &= U_n^\top \delta_n",
        r"\nabla U_n &= \delta_n q^\top",
        r"\dot{z} &= \dot{\sigma}_{\mathrm{hard}}\left(z_{\mathrm{pre}}\right)",
        r"\delta_h &= \delta_{h'} \circ \left(1 - z\right) + U_z^\top \delta_z"
        r" + \delta_q \circ r + U_r^\top \delta_r",
    ):
        assert row in before


def test_gradients_have_symbols_of_their_own() -> None:
    for convention in ALL_CONVENTIONS:
        trace, own, gradients = worked(convention)
        names = {*backward_values(trace, gradients, own)[0]} - {"keep"}
        assert len({symbol(name) for name in names}) == len(names)
        for line in lines_of(convention):
            token = describe_line(line)
            assert json.loads(json.dumps(token)) == token


@given(conventions, seeds)
def test_numbers_in_latex_are_well_formed(convention: Convention, seed: int) -> None:
    trace, own, gradients = worked(convention, seed)
    text = lines_to_latex(lines_of(convention), backward_values(trace, gradients, own)[0], digits=3)
    assert text.isascii()
    assert text.count("{") == text.count("}")
    assert text.count(r"\left(") == text.count(r"\right)")
    numbered = [row for row in text.splitlines() if "bmatrix" in row]
    built = [line for line in lines_of(convention) if line.role != "definition"]
    assert len(numbered) == len(built)
    assert all(re.search(r"= |\\approx ", row) for row in numbered)


def test_equal_only_where_a_pencil_finds_the_same() -> None:
    line = Line("d_U_r", Outer(Value("d_r_pre"), Value("h_previous")), "contribution")
    known = {"d_r_pre": np.array([0.5, 0.25]), "h_previous": np.array([0.5, 1.0])}
    known["d_U_r"] = np.outer(known["d_r_pre"], known["h_previous"])
    assert line_sign(line, known, 3) == "="
    assert line_sign(line, known, 2) == "≈"  # 0.125 is shown as 0.12
