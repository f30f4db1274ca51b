"""What is displayed is what is computed, and = stands only where it is true."""

import json
import math
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.errors import InputError
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.equations import (
    MAX_DIGITS,
    MIN_DIGITS,
    PARTS,
    WIDTH,
    Apply,
    Complement,
    Factor,
    Hadamard,
    Line,
    MatrixVector,
    Sum,
    Value,
    adds_up,
    describe,
    describe_line,
    describe_scalar,
    displayed,
    equations,
    evaluate,
    format_number,
    is_exact,
    scalar,
    symbol,
    to_latex,
    values,
)
from gru_core.maths.gru import STEP_NAMES, step
from gru_core.maths.parameters import NAMES, GRUParameters
from tests.maths.strategies import ALL_CONVENTIONS, random_parameters

conventions = st.sampled_from(ALL_CONVENTIONS)
digit_counts = st.integers(MIN_DIGITS, MAX_DIGITS)
numbers = st.floats(-1e6, 1e6)
# Numbers as a person types them: few decimals, so that exact sums do occur.
typed = st.integers(-300, 300).map(lambda hundredths: hundredths / 100)


def worked_values(
    convention: Convention, seed: int, D: int = 2, H: int = 3, batch: tuple[int, ...] = ()
) -> dict[str, np.ndarray]:
    parameters = random_parameters(seed, D, H, convention.reset)
    draw = np.random.default_rng(seed + 1).normal
    x, h = draw(size=(*batch, D)), draw(size=(*batch, H))
    return values(step(parameters, x, h, convention), parameters)


def lines_of(convention: Convention) -> list[Line]:
    return [line for part in equations(convention).values() for line in part]


# --- The equations are the computation -----------------------------------------------------------


@given(conventions, st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 4))
def test_every_line_gives_the_computed_number(
    convention: Convention, seed: int, D: int, H: int
) -> None:
    for batch in ((), (2,)):
        known = worked_values(convention, seed, D, H, batch)
        for line in lines_of(convention):
            shown = evaluate(line.expression, known)
            np.testing.assert_allclose(
                shown, known[line.result], rtol=0, atol=1e-12, err_msg=str(line)
            )


def names_in(token: Any) -> Iterator[str]:
    if isinstance(token, dict):
        if token.get("kind") == "value":
            yield token["name"]
        for child in token.values():
            yield from names_in(child)
    elif isinstance(token, list):
        for child in token:
            yield from names_in(child)


@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_each_part_is_defined_then_built_from_what_is_known(convention: Convention) -> None:
    known = {*NAMES, "x", "h_previous"}
    for part, (definition, *built) in equations(convention).items():
        assert (definition.role, definition.result) == ("definition", part)
        assert set(names_in(describe(definition.expression))) <= known
        for line in built:
            assert line.role != "definition"
            assert set(names_in(describe(line.expression))) <= known
            known.add(line.result)
        assert part in known
    assert known == {*NAMES, *STEP_NAMES} - {"keep"}


@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_roles(convention: Convention) -> None:
    roles = {part: [line.role for line in lines] for part, lines in equations(convention).items()}
    gate = ["definition", "input", "recurrent", "sum", "value"]
    assert roles["r"] == roles["z"] == gate
    assert roles["n"] == ["definition", "input", "inner", "recurrent", "sum", "value"]
    assert roles["h"] == ["definition", "kept", "new", "sum"]


def test_the_definitions_in_the_words_of_the_sources() -> None:
    after = to_latex(PYTORCH).splitlines()
    assert r"r &= \sigma\left(W_r x + b_r + U_r h\right) \\" in after
    assert r"n &= \tanh\left(W_n x + b_n + r \circ \left(U_n h + c_n\right)\right) \\" in after
    assert r"h' &= \left(1 - z\right) \circ n + z \circ h \\" in after
    before = to_latex(Convention("candidate", "before", "hard_sigmoid")).splitlines()
    hard = r"\sigma_{\mathrm{hard}}"
    assert rf"z &= {hard}\left(W_z x + b_z + U_z h\right) \\" in before
    candidate = r"n &= \tanh\left(W_n x + b_n + U_n \left(r \circ h\right)\right) \\"
    assert candidate in before
    assert r"h' &= \left(1 - z\right) \circ h + z \circ n \\" in before


# --- One unit, worked out ------------------------------------------------------------------------


@given(conventions, st.integers(0, 10**6))
def test_the_terms_of_a_scalar_sum_to_its_total(convention: Convention, seed: int) -> None:
    known = worked_values(convention, seed)
    for line in lines_of(convention):
        for unit in range(3):
            worked = scalar(line.expression, known, unit)
            total = math.fsum(math.prod(f.number for f in term) for term in worked.terms)
            assert worked.total == pytest.approx(total, rel=0, abs=1e-12)
            assert worked.result == pytest.approx(known[line.result][unit], rel=0, abs=1e-12)
            for factor in (factor for term in worked.terms for factor in term):
                assert factor.value == known[factor.name][factor.index]


def test_a_scalar_as_one_reads_it() -> None:
    known = {
        "W_r": np.array([[0.5, -0.3]]),
        "x": np.array([1.2, 0.7]),
        "b_r": np.array([0.1]),
        "h": np.zeros(1),
    }
    inside = Sum((MatrixVector(Value("W_r"), Value("x")), Value("b_r")))
    worked = scalar(Apply("sigmoid", inside), known, 0)
    assert worked.terms == (
        (Factor("W_r", (0, 0), 0.5), Factor("x", (0,), 1.2)),
        (Factor("W_r", (0, 1), -0.3), Factor("x", (1,), 0.7)),
        (Factor("b_r", (0,), 0.1),),
    )
    assert worked.result == pytest.approx(1 / (1 + math.exp(-0.49)))
    described = describe_scalar(worked, 2)
    assert described["text"] == "0.50·1.20 + (−0.30)·0.70 + 0.10 = 0.49 → σ(0.49) ≈ 0.62"
    assert described["rounded"]
    assert json.loads(json.dumps(described)) == described


def test_complements_and_products_with_sums_are_multiplied_out() -> None:
    known = {name: np.array([value]) for name, value in {"z": 0.25, "n": -0.5, "h": 2.0}.items()}
    worked = scalar(Hadamard(Complement(Value("z")), Value("n")), known, 0)
    assert worked.result == -0.375
    assert describe_scalar(worked, 3)["text"] == "(1 − 0.250)·(−0.500) = −0.375"
    assert not describe_scalar(worked, 3)["rounded"]
    assert describe_scalar(worked, 2)["text"] == "(1 − 0.25)·(−0.50) ≈ −0.38"
    spread = scalar(Hadamard(Value("z"), Sum((Value("n"), Value("h")))), known, 0)
    assert [[factor.name for factor in term] for term in spread.terms] == [["z", "n"], ["z", "h"]]
    assert spread.total == 0.375
    single = scalar(Apply("tanh", Value("n")), known, 0)
    assert describe_scalar(single, 2)["text"] == "tanh(−0.50) ≈ −0.46"


def test_a_scalar_needs_one_sequence_and_an_existing_unit() -> None:
    batch = worked_values(PYTORCH, 0, batch=(2,))
    with pytest.raises(InputError, match="one sequence"):
        scalar(Value("h"), batch, 0)
    with pytest.raises(InputError, match="one sequence"):
        to_latex(PYTORCH, values=batch)
    for unit in (-1, 3):
        with pytest.raises(InputError, match="from 0 to 2"):
            scalar(Value("h"), worked_values(PYTORCH, 0), unit)


# --- Numbers as displayed ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.5, 2, "0.50"),
        (-0.3, 2, "−0.30"),
        (0.0, 2, "0.00"),
        (-0.0, 2, "0.00"),
        (-1e-17, 3, "0.000"),
        (0.1 + 0.2 - 0.3, 6, "0.000000"),
        (-0.004, 2, "−4.00e−3"),
        (-0.005001, 2, "−0.01"),
        (1e-7, 4, "1.00e−7"),
        (-1.24e-10, 4, "−1.2e−10"),
        (9999.99, 2, "9999.99"),
        (9999.999, 2, "1.00e4"),
        (-123456.0, 2, "−1.23e5"),
        (1e6, 6, "1.00e6"),
        (-1e300, 2, "−1.0e300"),
    ],
)
def test_format_number(value: float, digits: int, text: str) -> None:
    assert format_number(value, digits) == text


@given(st.floats(-1e300, 1e300), digit_counts)
def test_formatted_numbers_are_near_and_narrow(value: float, digits: int) -> None:
    text = format_number(value, digits)
    assert "-" not in text
    assert text.strip("−0.") != "" or not text.startswith("−")
    shown = float(text.replace("−", "-"))
    if "e" in text:
        assert len(text) <= WIDTH
        assert shown == pytest.approx(value, rel=0.5)
    else:
        assert re.fullmatch(rf"−?\d{{1,4}}\.\d{{{digits}}}", text)
        assert len(text) <= digits + 6
        assert abs(shown - value) <= 0.5 * 10**-digits + 1e-12
    # Zero is shown only for zero and for rounding errors.
    assert (shown == 0) == (abs(value) <= 1e-12)


def shown_exactly(value: float, digits: int) -> Fraction:
    return Fraction(format_number(value, digits).replace("−", "-"))


def shown_sum(terms: list[list[float]], digits: int) -> Fraction:
    """Independent of the library's decimals: exact fractions of the displayed text."""
    return sum(
        (math.prod(shown_exactly(value, digits) for value in term) for term in terms), Fraction(0)
    )


@given(st.lists(st.lists(typed, min_size=1, max_size=3), min_size=1, max_size=4), digit_counts)
def test_adds_up_tells_the_truth_about_typed_numbers(terms: list[list[float]], digits: int) -> None:
    result = math.fsum(math.prod(term) for term in terms)
    truth = shown_sum(terms, digits) == shown_exactly(result, digits)
    assert adds_up(terms, result, digits) == truth
    # Three factors of two decimals each have at most six.
    assert truth or digits < MAX_DIGITS or abs(result) > 9999
    assert not (truth and adds_up(terms, result + 0.01, digits)) or abs(result) > 9999


@given(st.lists(st.lists(numbers, min_size=1, max_size=2), min_size=1, max_size=3), digit_counts)
def test_adds_up_tells_the_truth_about_any_numbers(terms: list[list[float]], digits: int) -> None:
    result = math.fsum(math.prod(term) for term in terms)
    truth = shown_sum(terms, digits) == shown_exactly(result, digits)
    assert adds_up(terms, result, digits) == truth


def test_adds_up_on_known_sums() -> None:
    terms = [[0.5, 1.2], [-0.3, 0.7], [0.1]]
    assert adds_up(terms, 0.49, 2)
    assert not adds_up(terms, 0.5, 2)
    third = 1 / 3
    assert not adds_up([[third], [third], [third]], 1.0, 2)
    assert adds_up([[third], [third]], 0.66, 2)
    assert not adds_up([[0.55, 0.33]], 0.55 * 0.33, 2)
    assert adds_up([[0.55, 0.33]], 0.55 * 0.33, 4)
    complement = Factor("z", (0,), 0.3, complement=True)
    assert displayed(complement, 2) == 1 - displayed(0.3, 2)
    assert adds_up([[complement, 0.5]], 0.35, 2)
    assert not adds_up([[complement, 0.5]], 0.15, 2)


def test_is_exact() -> None:
    assert is_exact([0.5, -0.25, 0.0, 0.1 + 0.2, 1e6], 2)
    assert not is_exact([0.5, 0.125], 2)
    assert not is_exact([1 / 3], 6)
    assert not is_exact([123456.0], 2)
    assert not is_exact([Factor("z", (0,), 0.125, complement=True)], 2)


@given(typed, digit_counts)
def test_typed_numbers_are_exact(value: float, digits: int) -> None:
    assert is_exact([value], digits)


# --- Tokens for the browser ----------------------------------------------------------------------


def test_describe_needs_no_knowledge_of_grus() -> None:
    definition = equations(PYTORCH)["n"][0]
    token = describe_line(definition)
    assert json.loads(json.dumps(token)) == token
    assert token["result"] == {"kind": "value", "name": "n", "base": "n", "sub": ""}
    applied = token["expression"]
    assert (applied["kind"], applied["function"], applied["base"]) == ("apply", "tanh", "tanh")
    weighted, bias, reset = applied["of"]["terms"]
    assert weighted["kind"] == "matrix_vector"
    assert weighted["matrix"] == {"kind": "value", "name": "W_n", "base": "W", "sub": "n"}
    assert bias["name"] == "b_n"
    assert reset["kind"] == "hadamard"
    assert reset["right"]["kind"] == "group"
    assert reset["right"]["of"]["kind"] == "sum"


@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_brackets_stand_wherever_a_factor_is_not_a_single_thing(convention: Convention) -> None:
    def check(token: dict[str, Any]) -> None:
        for key, child in token.items():
            children = child if isinstance(child, list) else [child]
            for part in (part for part in children if isinstance(part, dict)):
                if token["kind"] == "matrix_vector" or token["kind"] == "hadamard":
                    assert part["kind"] in ("value", "group"), (key, part)
                check(part)

    for line in lines_of(convention):
        check(describe(line.expression))


def test_symbols_are_distinct() -> None:
    names = [*NAMES, *STEP_NAMES]
    assert len({symbol(name) for name in names}) == len(names)
    assert symbol("h") == ("h′", "")
    assert symbol("r_input") == ("r", "in")


# --- LaTeX ---------------------------------------------------------------------------------------


def latex_number(text: str) -> float:
    mantissa, _, exponent = text.strip().partition(r" \cdot 10^")
    return float(f"{mantissa}e{exponent.strip('{}') or 0}")


def latex_arrays(text: str) -> list[np.ndarray]:
    bodies = re.findall(r"\\begin\{bmatrix\} (.*?) \\end\{bmatrix\}", text)
    return [
        np.array([[latex_number(v) for v in row.split(" & ")] for row in body.split(r" \\ ")])
        for body in bodies
    ]


@given(conventions, st.integers(0, 10**6), digit_counts, st.sampled_from([1.0, 1e-3, 1e5]))
def test_numbers_in_latex_are_the_values(
    convention: Convention, seed: int, digits: int, scale: float
) -> None:
    known = {name: scale * value for name, value in worked_values(convention, seed).items()}
    for part in PARTS:
        _, *lines = equations(convention)[part]
        rows = to_latex(convention, part, known, digits).split("\n")[2:-1]
        assert len(rows) == 2 * len(lines)
        for line, row in zip(lines, rows[1::2], strict=True):
            names = [*names_in(describe(line.expression)), line.result]
            arrays = latex_arrays(row)
            assert len(arrays) == len(names)
            for name, array in zip(names, arrays, strict=True):
                expected = known[name].reshape(len(known[name]), -1)
                assert array.shape == expected.shape
                np.testing.assert_allclose(array, expected, rtol=0.5, atol=0.5 * 10**-digits)


@given(conventions, st.integers(0, 10**6), digit_counts)
def test_latex_is_well_formed(convention: Convention, seed: int, digits: int) -> None:
    for known in (None, worked_values(convention, seed)):
        for part in (None, *PARTS):
            text = to_latex(convention, part, known, digits)
            assert text.isascii()
            assert text.count("{") == text.count("}")
            assert text.count(r"\left(") == text.count(r"\right)")
            opened: list[str] = []
            for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
                if kind == "begin":
                    opened.append(name)
                else:
                    assert opened.pop() == name
            assert not opened
            rows = text.split("\n")[1:-1]
            assert all(row.endswith(r" \\") for row in rows[:-1])
            assert not rows[-1].endswith("\\")
            for row in rows:
                outside = re.sub(r"\\begin\{bmatrix\}.*?\\end\{bmatrix\}", "", row)
                assert outside.count("&") == 1
            commands = set(re.findall(r"\\([A-Za-z]+)", text))
            assert commands <= {
                *("begin", "end", "left", "right", "circ", "sigma", "tanh"),
                *("mathrm", "approx", "cdot"),
            }


def test_latex_says_approximately_only_where_it_is() -> None:
    parameters = GRUParameters(*([[0.5, 0.0]],) * 3, *([[0.25]],) * 3, *([0.5],) * 3, c_n=[0.0])
    known = values(step(parameters, [1.0, 2.0], [2.0]), parameters)
    rows = to_latex(PYTORCH, "r", known, 2).split("\n")
    assert rows[3] == (
        r"&= \begin{bmatrix} 0.50 & 0.00 \end{bmatrix} \begin{bmatrix} 1.00 \\ 2.00 \end{bmatrix}"
        r" + \begin{bmatrix} 0.50 \end{bmatrix} = \begin{bmatrix} 1.00 \end{bmatrix} \\"
    )
    assert rows[-2].startswith(r"&= \sigma\left(\begin{bmatrix} 1.50 \end{bmatrix}\right) \approx")
    n_rows = to_latex(PYTORCH, "n", known, 2).split("\n")
    assert n_rows[7].startswith(r"&\approx \begin{bmatrix} 0.82")
