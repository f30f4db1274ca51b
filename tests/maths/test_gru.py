import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gru_core.errors import InputError
from gru_core.maths.convention import ARTICLE, CHUNG, KERAS_RESET_BEFORE, PYTORCH, Convention
from gru_core.maths.gru import STEP_NAMES, hard_sigmoid, sigmoid, step, unroll
from gru_core.maths.parameters import GRUParameters
from gru_core.maths.weights import from_torch
from tests.maths.strategies import ALL_CONVENTIONS, random_parameters, sequences

SIZES = [(1, 1), (1, 4), (3, 1), (4, 4), (10, 32)]
EXACT = {"rtol": 0, "atol": 1e-12}


def random_torch(module: torch.nn.Module, seed: int) -> torch.nn.Module:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weights in module.parameters():
            weights.normal_(generator=generator)
    return module


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batch", [(), (1,), (5,)])
@pytest.mark.parametrize(("D", "H"), SIZES)
def test_unroll_equals_torch_gru(D, H, batch, bias):
    gru = random_torch(torch.nn.GRU(D, H, bias=bias, dtype=torch.float64), seed=D + H)
    rng = np.random.default_rng(H)
    inputs, h0 = rng.normal(size=(7, *batch, D)), rng.normal(size=(*batch, H))
    with torch.no_grad():
        expected, last = gru(torch.from_numpy(inputs), torch.from_numpy(h0)[None])
    trace = unroll(from_torch(gru)[0], inputs, h0)
    np.testing.assert_allclose(trace.h, expected.numpy(), **EXACT)
    np.testing.assert_allclose(trace.h[-1], last[0].numpy(), **EXACT)


@pytest.mark.parametrize("batch", [(), (5,)])
@pytest.mark.parametrize(("D", "H"), SIZES)
def test_h0_is_zero_unless_given(D, H, batch):
    gru = random_torch(torch.nn.GRU(D, H, dtype=torch.float64), seed=1)
    inputs = np.random.default_rng(1).normal(size=(4, *batch, D))
    with torch.no_grad():
        expected, _ = gru(torch.from_numpy(inputs))
    trace = unroll(from_torch(gru)[0], inputs)
    np.testing.assert_allclose(trace.h, expected.numpy(), **EXACT)
    assert trace.h0.shape == (*batch, H)


@pytest.mark.parametrize("batch", [(), (5,)])
@pytest.mark.parametrize(("D", "H"), SIZES)
def test_step_equals_torch_gru_cell(D, H, batch):
    cell = random_torch(torch.nn.GRUCell(D, H, dtype=torch.float64), seed=D * H)
    rng = np.random.default_rng(D)
    x, h = rng.normal(size=(*batch, D)), rng.normal(size=(*batch, H))
    with torch.no_grad():
        expected = cell(torch.from_numpy(x), torch.from_numpy(h))
    np.testing.assert_allclose(step(from_torch(cell)[0], x, h).h, expected.numpy(), **EXACT)


@given(sequences())
def test_every_step_of_a_trace_is_that_step(case):
    cell, convention, inputs, h0 = case
    trace = unroll(cell, inputs, h0, convention)
    h = h0
    assert len(trace) == len(inputs)
    for t, x in enumerate(inputs):
        alone, traced = step(cell, x, h, convention), trace.step(t)
        for name in STEP_NAMES:
            value = getattr(alone, name)
            np.testing.assert_allclose(getattr(traced, name), value, rtol=1e-12, atol=1e-12)
            series = trace.inputs if name == "x" else getattr(trace, name)
            np.testing.assert_array_equal(series[t], getattr(traced, name))
            assert value.shape == (x if name == "x" else h).shape
        h = alone.h


@given(sequences())
def test_intermediates_satisfy_their_equations(case):
    cell, convention, inputs, h0 = case
    s = unroll(cell, inputs, h0, convention).step(0)
    gate = {"sigmoid": lambda a: 1 / (1 + np.exp(-a)), "hard_sigmoid": hard_sigmoid}
    exact = {"rtol": 1e-12, "atol": 1e-12}
    for g in "rzn":
        W, b = getattr(cell, f"W_{g}"), getattr(cell, f"b_{g}")
        expected = np.apply_along_axis(lambda x, W=W, b=b: W @ x + b, -1, inputs[0])
        np.testing.assert_allclose(getattr(s, f"{g}_input"), expected, **exact)
        np.testing.assert_array_equal(
            getattr(s, f"{g}_pre"), getattr(s, f"{g}_input") + getattr(s, f"{g}_recurrent")
        )
    U_n_h = np.apply_along_axis(lambda h: cell.U_n @ h, -1, h0)
    U_n_rh = np.apply_along_axis(lambda h: cell.U_n @ h, -1, s.r * h0)
    after = convention.reset == "after"
    np.testing.assert_allclose(s.n_inner, U_n_h + cell.c_n if after else s.r * h0, **exact)
    np.testing.assert_allclose(s.n_recurrent, s.r * s.n_inner if after else U_n_rh, **exact)
    np.testing.assert_allclose(s.r, gate[convention.gate](s.r_pre), **exact)
    np.testing.assert_allclose(s.z, gate[convention.gate](s.z_pre), **exact)
    np.testing.assert_array_equal(s.n, np.tanh(s.n_pre))
    np.testing.assert_array_equal(s.keep, s.z if convention.z_weights == "state" else 1 - s.z)
    np.testing.assert_array_equal(s.h_kept, s.keep * h0)
    np.testing.assert_array_equal(s.h_new, (1 - s.keep) * s.n)
    np.testing.assert_array_equal(s.h, s.h_kept + s.h_new)


@given(sequences(h0_bound=50.0))
def test_state_never_exceeds_one_or_its_start(case):
    cell, convention, inputs, h0 = case
    trace = unroll(cell, inputs, h0, convention)
    bound = np.maximum(1, np.abs(h0).max(axis=-1))
    # keep ∘ h + (1 - keep) ∘ n is rounded three times a step.
    assert (np.abs(trace.h).max(axis=-1) <= bound * (1 + 1e-14)).all()


def test_batch_is_independent_sequences():
    cell = random_parameters(3, 2, 3)
    rng = np.random.default_rng(3)
    inputs, h0 = rng.normal(size=(4, 5, 2)), rng.normal(size=(5, 3))
    together = unroll(cell, inputs, h0)
    for b in range(5):
        np.testing.assert_allclose(together.h[:, b], unroll(cell, inputs[:, b], h0[b]).h, **EXACT)


def before_and_after(cell: GRUParameters) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(6, 4, cell.input_size))
    h0 = rng.normal(size=(4, cell.hidden_size))
    before, after = (
        unroll(cell, inputs, h0, Convention("state", reset)).h for reset in ("before", "after")
    )
    return before, after


@pytest.mark.parametrize("seed", range(5))
def test_reset_before_equals_after_for_one_unit(seed):
    before, after = before_and_after(random_parameters(seed, 3, 1, reset="before"))
    np.testing.assert_allclose(before, after, **EXACT)


@pytest.mark.parametrize("seed", range(5))
def test_reset_before_equals_after_for_diagonal_recurrence(seed):
    diagonal = np.diag(np.random.default_rng(seed).normal(size=4))
    cell = random_parameters(seed, 3, 4, reset="before", U_n=diagonal)
    np.testing.assert_allclose(*before_and_after(cell), **EXACT)


@pytest.mark.parametrize("seed", range(5))
def test_reset_before_equals_after_for_equal_r(seed):
    rng = np.random.default_rng(seed)
    same = {
        "W_r": np.tile(rng.normal(size=3), (4, 1)),
        "U_r": np.tile(rng.normal(size=4), (4, 1)),
        "b_r": np.full(4, 0.3),
    }
    cell = random_parameters(seed, 3, 4, reset="before", **same)
    np.testing.assert_allclose(*before_and_after(cell), **EXACT)


@pytest.mark.parametrize("seed", range(5))
def test_reset_before_differs_from_after_in_general(seed):
    before, after = before_and_after(random_parameters(seed, 3, 4, reset="before"))
    assert np.abs(before - after).max() > 0.05


def test_reset_before_refuses_c_n():
    cell = random_parameters(0, 2, 3)
    for call in (
        lambda: step(cell, np.zeros(2), np.zeros(3), CHUNG),
        lambda: unroll(cell, np.zeros((1, 2)), None, CHUNG),
    ):
        with pytest.raises(InputError, match="c_n: expected zeros"):
            call()


def test_repaired_example_of_article_003():
    W = [[0.1, 0.2], [0.1, 0.2]]
    cell = GRUParameters(
        W_r=W,
        W_z=W,
        W_n=W,
        U_r=[[0.01, 0.02], [0.03, 0.04]],
        U_z=[[0.05, 0.06], [0.07, 0.08]],
        U_n=[[0.15, 0.16], [0.17, 0.18]],
        b_r=[0, 0],
        b_z=[0, 0],
        b_n=[0, 0],
    )
    trace = unroll(cell, [[1, 2], [3, 4], [5, 6]], [0.1, 0.2], ARTICLE)
    first = trace.step(0)
    printed = {"rtol": 0, "atol": 1e-6}
    np.testing.assert_allclose(first.r, [0.623634, 0.625041], **printed)
    np.testing.assert_allclose(first.z, [0.626446, 0.627849], **printed)
    np.testing.assert_allclose(first.n, [0.484889, 0.487750], **printed)
    np.testing.assert_allclose(
        trace.h,
        [[0.341112, 0.380663], [0.710658, 0.723993], [0.919963, 0.924491]],
        **printed,
    )


@given(st.floats(-800, 800))
def test_sigmoid(a):
    value = sigmoid(np.array(a))
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(value, 1 / (1 + np.exp(-a)), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(value + sigmoid(np.array(-a)), 1.0, rtol=1e-15)


def test_hard_sigmoid():
    # The example of Keras 2's documentation, and both corners.
    a = np.array([-3.0, -2.5, -1.0, 0.0, 1.0, 2.5, 3.0])
    np.testing.assert_allclose(hard_sigmoid(a), [0, 0, 0.3, 0.5, 0.7, 1, 1], atol=1e-15)


@pytest.mark.parametrize("convention", ALL_CONVENTIONS)
def test_large_pre_activations_saturate_without_a_warning(convention):
    cell = random_parameters(0, 2, 3, reset=convention.reset)
    trace = unroll(cell, np.full((2, 2), 1e6), None, convention)
    assert np.isfinite(trace.h).all()


@pytest.mark.parametrize(
    ("x", "h", "name", "actual"),
    [
        (np.zeros(3), np.zeros(3), "x", "(3,)"),
        (np.zeros(()), np.zeros(3), "x", "()"),
        (np.zeros((4, 5, 2)), np.zeros(3), "x", "(4, 5, 2)"),
        (np.zeros((0, 2)), np.zeros((0, 3)), "x", "(0, 2)"),
        (np.zeros(2), np.zeros(2), "h", "(2,)"),
        (np.zeros(2), np.zeros((1, 3)), "h", "(1, 3)"),
        (np.zeros((4, 2)), np.zeros(3), "h", "(3,)"),
        (np.zeros((4, 2)), np.zeros((5, 3)), "h", "(5, 3)"),
    ],
)
def test_step_names_the_array_of_wrong_shape(x, h, name, actual):
    with pytest.raises(InputError) as error:
        step(random_parameters(0, 2, 3), x, h)
    assert str(error.value).startswith(f"{name}: expected shape ")
    assert f"got {actual}" in str(error.value)


@pytest.mark.parametrize(
    ("inputs", "h0", "name", "expected", "actual"),
    [
        (
            np.zeros((5, 3)),
            None,
            "inputs",
            "(T, D) or, for a batch, (T, B, D), with D = 2",
            "(5, 3)",
        ),
        (np.zeros(2), None, "inputs", "(T, D)", "(2,)"),
        (np.zeros((0, 2)), None, "inputs", "(T, D)", "(0, 2)"),
        (np.zeros((5, 2)), np.zeros(2), "h0", "(3,)", "(2,)"),
        (np.zeros((5, 4, 2)), np.zeros(3), "h0", "(4, 3)", "(3,)"),
    ],
)
def test_unroll_names_the_array_of_wrong_shape(inputs, h0, name, expected, actual):
    with pytest.raises(InputError) as error:
        unroll(random_parameters(0, 2, 3), inputs, h0)
    assert str(error.value).startswith(f"{name}: expected shape {expected}")
    assert f"got {actual}" in str(error.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_are_refused_with_their_place(bad):
    cell = random_parameters(0, 2, 3)
    with pytest.raises(InputError, match=r"x\[1\]"):
        step(cell, [0, bad], [0, 0, 0])
    with pytest.raises(InputError, match=r"h\[2\]"):
        step(cell, [0, 0], [0, 0, bad])
    with pytest.raises(InputError, match=r"inputs\[1, 0\]"):
        unroll(cell, [[0, 0], [bad, 0]])
    with pytest.raises(InputError, match=r"h0\[0\]"):
        unroll(cell, [[0, 0]], [bad, 0, 0])


@pytest.mark.parametrize("t", [3, -4])
def test_step_outside_of_the_trace_is_refused(t):
    trace = unroll(random_parameters(0, 2, 3), np.zeros((3, 2)), convention=PYTORCH)
    with pytest.raises(InputError, match=f"from 0 to 2, got {t}"):
        trace.step(t)


def test_trace_keeps_what_it_was_computed_from():
    cell = random_parameters(0, 2, 3, reset="before")
    trace = unroll(cell, [[1, 2]], [1, 2, 3], KERAS_RESET_BEFORE)
    assert trace.parameters is cell
    assert trace.convention == KERAS_RESET_BEFORE
    np.testing.assert_array_equal(trace.h0, [1, 2, 3])
    np.testing.assert_array_equal(trace.inputs, [[1, 2]])
