from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given

from gru_core.errors import InputError
from gru_core.maths.convention import CHO_V3, CHUNG, PYTORCH, TFJS, Convention
from gru_core.maths.convert import convert
from gru_core.maths.gru import unroll
from gru_core.maths.parameters import GRUParameters
from tests.maths.strategies import random_parameters, sequences

EXACT = {"rtol": 0, "atol": 1e-12}
AFTER, BEFORE = Convention("state", "after"), Convention("state", "before")
BOTH_WAYS = [(AFTER, BEFORE), (BEFORE, AFTER)]


def assert_same_h(cell: GRUParameters, source: Convention, target: Convention) -> None:
    rng = np.random.default_rng(11)
    inputs = rng.normal(size=(6, 4, cell.input_size))
    h0 = rng.normal(size=(4, cell.hidden_size))
    converted = convert(cell, source, target)
    np.testing.assert_allclose(
        unroll(converted, inputs, h0, target).h, unroll(cell, inputs, h0, source).h, **EXACT
    )


@given(sequences())
def test_flip_of_z_gives_the_same_h(case):
    cell, source, inputs, h0 = case
    other = "state" if source.z_weights == "candidate" else "candidate"
    target = replace(source, z_weights=other)
    flipped = convert(cell, source, target)
    expected = unroll(cell, inputs, h0, source)
    trace = unroll(flipped, inputs, h0, target)
    np.testing.assert_allclose(trace.h, expected.h, **EXACT)
    np.testing.assert_allclose(trace.z, 1 - expected.z, **EXACT)
    assert convert(flipped, target, source) == cell


def test_flip_of_z_is_needed():
    cell = random_parameters(0, 2, 3, reset="before")
    inputs = np.ones((3, 2))
    assert (
        np.abs(unroll(cell, inputs, None, CHUNG).h - unroll(cell, inputs, None, CHO_V3).h).max()
        > 0.1
    )


def test_same_convention_changes_nothing():
    cell = random_parameters(0, 2, 3)
    assert convert(cell, PYTORCH, PYTORCH) == cell


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_reset_moves_for_one_unit(source, target):
    assert_same_h(random_parameters(1, 3, 1, reset="before"), source, target)


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_reset_moves_for_diagonal_recurrence(source, target):
    cell = random_parameters(2, 3, 4, reset="before", U_n=np.diag([1.0, -2.0, 0.5, 3.0]))
    assert_same_h(cell, source, target)


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_reset_moves_for_equal_r(source, target):
    same = {"W_r": np.ones((4, 3)), "U_r": np.full((4, 4), -0.5), "b_r": np.full(4, 0.2)}
    assert_same_h(random_parameters(3, 3, 4, reset="before", **same), source, target)


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_reset_moves_when_only_units_of_equal_r_are_joined(source, target):
    first = random_parameters(4, 3, 4, reset="before")
    pairs = {name: getattr(first, name)[[0, 0, 1, 1]] for name in ("W_r", "U_r", "b_r")}
    U_n = first.U_n * np.kron(np.eye(2), np.ones((2, 2)))
    assert_same_h(replace(first, **pairs, U_n=U_n), source, target)


@pytest.mark.parametrize("gate", ["sigmoid", "hard_sigmoid"])
@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_reset_moves_for_constant_r(source, target, gate):
    constant = {"W_r": np.zeros((4, 3)), "U_r": np.zeros((4, 4))}
    cell = random_parameters(5, 3, 4, reset=source.reset, **constant)
    assert_same_h(cell, replace(source, gate=gate), replace(target, gate=gate))


def test_reset_and_z_change_together():
    cell = random_parameters(6, 2, 1, reset="before")
    assert_same_h(cell, CHUNG, PYTORCH)
    assert_same_h(cell, PYTORCH, CHUNG)


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_reset_does_not_move_in_general(source, target):
    cell = random_parameters(7, 2, 2, reset="before", U_n=np.array([[1.0, 0.0], [0.25, 1.0]]))
    with pytest.raises(InputError, match=r"U_n\[1, 0\] = 0\.25 carries unit 0 into unit 1"):
        convert(cell, source, target)
    inputs = np.random.default_rng(0).normal(size=(4, 2))
    one, other = (unroll(cell, inputs, [1, 1], convention).h for convention in (source, target))
    assert np.abs(one - other).max() > 1e-3


def test_c_n_that_r_multiplies_cannot_move():
    cell = random_parameters(8, 2, 1, c_n=np.array([0.5]))
    with pytest.raises(InputError, match=r"c_n\[0\] = 0\.5"):
        convert(cell, AFTER, BEFORE)


def test_closed_constant_reset_does_not_divide_by_zero():
    closed = {"W_r": np.zeros((2, 2)), "U_r": np.zeros((2, 2)), "b_r": np.array([-9.0, 0.0])}
    cell = random_parameters(9, 2, 2, reset="before", **closed)
    after = Convention("state", "after", "hard_sigmoid")
    with pytest.raises(InputError, match="No exact conversion"):
        convert(cell, after, TFJS)


def test_gates_cannot_change():
    cell = random_parameters(10, 2, 3, reset="before")
    for source, target in product((CHO_V3, TFJS), repeat=2):
        if source != target:
            with pytest.raises(InputError, match="No exact conversion from"):
                convert(cell, source, target)


def test_parameters_must_fit_their_own_convention():
    with pytest.raises(InputError, match="c_n: expected zeros"):
        convert(random_parameters(0, 2, 3), CHUNG, PYTORCH)
