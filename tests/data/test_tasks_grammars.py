"""Strings of the grammars, judged by recognisers that share no code with the generator."""

import re
from math import log

import numpy as np
import pytest

from gru_core.data.tasks import TASKS
from gru_core.data.tasks.brackets import DYCK
from gru_core.data.tasks.grammar import Grammar
from gru_core.data.tasks.reber import EMBEDDED_REBER

# The automaton, solved by hand: L5 = V | P L4, L3 = T* V L5, L4 = S | X L3.
L4 = "(?:XT*VP)*(?:S|XT*VV)"
INNER = f"B(?:TS*X{L4}|PT*V(?:V|P{L4}))E"
EMBEDDED = f"B(?:T{INNER}T|P{INNER}P)E"


def text(grammar: Grammar, symbols: np.ndarray) -> str:
    return "".join(grammar.symbols[symbol] for symbol in symbols)


def numbers(grammar: Grammar, string: str) -> np.ndarray:
    return np.array([[grammar.symbols.index(symbol)] for symbol in string])


def test_the_recogniser_knows_published_strings() -> None:
    for string in ("BTSSXXTVVE", "BPVVE", "BTXSE", "BPVPXVPXVPXVVE", "BTSXXVPSE"):
        assert re.fullmatch(INNER, string), string
    for string in ("BTSSXXTVV", "BPTVVS", "BTXXE", "BPVXE"):
        assert not re.fullmatch(INNER, string), string


@pytest.mark.parametrize("seed", range(5))
def test_reber_strings_are_in_the_grammar(seed: int) -> None:
    stream = text(EMBEDDED_REBER, EMBEDDED_REBER.draw(np.random.default_rng(seed), 5000, 1)[:, 0])
    complete = re.match(f"(?:{EMBEDDED})*", stream)
    assert complete is not None
    assert complete.end() > 4800  # what is left is a string that has not ended yet
    strings = re.findall(EMBEDDED, complete.group())
    assert "".join(strings) == complete.group()
    assert {string[1] for string in strings} == {"T", "P"}
    assert len(set(strings)) > 50


def test_reber_probabilities_count_the_choices() -> None:
    stream = text(EMBEDDED_REBER, EMBEDDED_REBER.draw(np.random.default_rng(9), 500, 1)[:, 0])
    for string in re.findall(EMBEDDED, stream):
        p = EMBEDDED_REBER.probabilities(numbers(EMBEDDED_REBER, string))
        # One choice outside; inside, every symbol between B and E is one.
        choices = 1 + len(string) - 4 - 2
        assert -np.log(p).sum() == pytest.approx(choices * log(2))


@pytest.mark.parametrize("string", ["BTBPVVEPE", "BTBTXXE", "T", "BTBPVVETEE", "BTBPVVETBB"])
def test_what_is_ungrammatical_has_no_chance(string: str) -> None:
    assert 0.0 in EMBEDDED_REBER.probabilities(numbers(EMBEDDED_REBER, string))


@pytest.mark.parametrize("seed", range(5))
def test_brackets_close_in_order_and_not_too_deep(seed: int) -> None:
    deepest = 0
    string = text(DYCK, DYCK.draw(np.random.default_rng(seed), 300, 1)[:, 0])
    for end in range(1, len(string) + 1):
        left, before = string[:end], ""
        while left != before:
            before, left = left, left.replace("()", "").replace("[]", "")
        assert set(left) <= {"(", "["}, string[:end]
        deepest = max(deepest, len(left))
    assert deepest == 4


def test_bracket_probabilities_follow_from_the_depth() -> None:
    symbols = DYCK.draw(np.random.default_rng(3), 200, 40)
    found = DYCK.probabilities(symbols)
    for b in range(40):
        depth = 0
        for symbol, p in zip(text(DYCK, symbols[:, b]), found[:, b], strict=True):
            opens = symbol in "(["
            expected = {0: 0.5, 4: 1.0}.get(depth, 0.25 if opens else 0.5)
            assert p == expected
            depth += 1 if opens else -1


@pytest.mark.parametrize("grammar", [DYCK, EMBEDDED_REBER], ids=["brackets", "reber"])
def test_draws_follow_the_chances(grammar: Grammar) -> None:
    np.testing.assert_allclose(grammar.chances.sum(axis=1), 1.0)
    symbols = grammar.draw(np.random.default_rng(5), 30, 40_000)
    assert grammar.probabilities(symbols).min() > 0
    for t, expected in enumerate(grammar.marginals(30)):
        measured = np.bincount(symbols[t], minlength=len(expected)) / 40_000
        np.testing.assert_allclose(measured, expected, rtol=0, atol=0.012)
    # The mean surprise is the mean entropy of the states passed through.
    p = grammar.probabilities(symbols)
    bits = np.where(grammar.chances > 0, grammar.chances, 1.0)
    entropy = -(grammar.chances * np.log(bits)).sum(axis=1)
    state, expected_loss = np.zeros(40_000, dtype=int), []
    for symbol in symbols:
        expected_loss.append(entropy[state].mean())
        state = grammar.moves[state, symbol]
    assert -np.log(p).mean() == pytest.approx(np.mean(expected_loss), rel=2e-3)


@pytest.mark.parametrize("name", ["brackets", "reber"])
def test_perfect_knowledge_is_that_of_the_validation_strings(name: str) -> None:
    grammar = {"brackets": DYCK, "reber": EMBEDDED_REBER}[name]
    task = TASKS[name]
    validation = task.parts(30, 0).validation
    said = validation.inputs.argmax(axis=-1)
    np.testing.assert_array_equal(said[1:], validation.targets[:-1])
    total = 0.0
    for first, rest in zip(said[0], validation.targets.T, strict=True):
        symbols = np.array([first, *rest])[:, np.newaxis]
        total -= np.log(grammar.probabilities(symbols)[1:]).sum()
    (mark,) = task.marks(30)
    assert mark.value == pytest.approx(total / validation.targets.size)
    assert mark.value < task.goal < task.guess(30, "cross_entropy")
