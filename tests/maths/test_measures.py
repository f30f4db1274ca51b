import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_core.errors import InputError
from gru_core.maths import gru, lstm, rnn
from gru_core.maths.bptt import backpropagate, jacobians, products
from gru_core.maths.convention import Convention
from gru_core.maths.initial import initialise
from gru_core.maths.measures import (
    gradient_norms,
    half_life,
    horizon,
    pairwise_norms,
    saturation,
    singular_values,
    spectral_norms,
)
from gru_core.maths.parameters import GRUParameters
from tests.maths.strategies import arrays


def constant_gru(b_z: list[float], convention: Convention, T: int = 5) -> gru.Trace:
    """A GRU whose update gate is the gate function of b_z at every step."""
    H = len(b_z)
    W, U, b = np.zeros((H, 1)), np.zeros((H, H)), np.zeros(H)
    parameters = GRUParameters(W, W, W, U, U, U, b, b_z, b)
    return gru.unroll(parameters, np.zeros((T, 1)), None, convention)


def random_trace(cell: str, T: int, H: int = 5, batch: tuple[int, ...] = ()):
    inputs = np.random.default_rng(1).normal(size=(T, *batch, 2))
    unroll = {"gru": gru.unroll, "rnn": rnn.unroll, "lstm": lstm.unroll}[cell]
    return unroll(initialise(cell, 2, H), inputs)


# Saturation and half-life -------------------------------------------------------------------------


def test_saturation_is_the_share_of_values_outside_of_both_bounds():
    gate = np.array([[0.0, 0.1, 0.5], [0.05, 0.9, 0.95], [0.5, 0.89, 1.0], [0.09, 0.11, 0.9]])
    np.testing.assert_allclose(saturation(gate), [3 / 4, 0, 2 / 4])
    np.testing.assert_allclose(saturation(gate, low=0.0), [0, 0, 2 / 4])
    np.testing.assert_allclose(saturation(gate, high=1.0), [3 / 4, 0, 0])
    np.testing.assert_allclose(saturation(gate, 0.5, 0.5), [3 / 4, 1, 3 / 4])


def test_saturation_of_a_batch_is_that_of_all_its_values():
    gate = np.random.default_rng(0).uniform(size=(4, 3, 2))
    np.testing.assert_allclose(saturation(gate), saturation(gate.reshape(12, 2)))


@pytest.mark.parametrize(("low", "high"), [(0.9, 0.1), (-0.1, 0.9), (0.1, 1.1), (np.nan, 0.9)])
def test_bounds_of_no_gate_are_refused(low, high):
    with pytest.raises(InputError, match="expected 0 ≤ low ≤ high ≤ 1"):
        saturation(np.zeros((1, 1)), low, high)


@pytest.mark.parametrize("z_weights", ["state", "candidate"])
def test_half_life_for_some_keep_biases(z_weights):
    bias = np.array([0.0, 1.0, 2.0, 4.0])
    sign = 1 if z_weights == "state" else -1
    trace = constant_gru(sign * bias, Convention(z_weights))
    np.testing.assert_allclose(half_life(trace), [1.0, 2.2, 5.5, 38], rtol=0.01)


@given(arrays(6, 2, 3, bound=4.0))
def test_the_weights_over_one_half_life_multiply_to_one_half(inputs):
    trace = gru.unroll(initialise("gru", 3, 4, seed=1), inputs)
    per_step = np.exp(np.log(trace.keep).mean(axis=(0, 1)))
    np.testing.assert_allclose(per_step ** half_life(trace), 0.5)


def test_half_life_of_a_gate_that_is_shut_or_always_open():
    trace = constant_gru([-3.0, 3.0], Convention(gate="hard_sigmoid"))
    np.testing.assert_array_equal(half_life(trace), [0.0, np.inf])


def test_half_life_of_an_lstm_is_that_of_its_forget_gate():
    parameters = initialise("lstm", 2, 3, "gaussian", gain=1e-9, keep_bias=2.0)
    trace = lstm.unroll(parameters, np.zeros((5, 2)))
    np.testing.assert_allclose(half_life(trace), np.log(0.5) / np.log(1 / (1 + np.exp(-2))))


# Norms of gradients -------------------------------------------------------------------------------


@given(st.integers(-300, 300), arrays(4, 2, 3))
def test_gradient_norms_at_any_scale(exponent, d_h):
    d_h = np.round(d_h, 3)
    np.testing.assert_allclose(
        gradient_norms(d_h * 10.0**exponent), np.linalg.norm(d_h, axis=-1) * 10.0**exponent
    )


@pytest.mark.parametrize(
    ("norms", "fraction", "expected"),
    [
        ([0.001, 0.01, 0.1, 1.0], 0.05, 2),
        ([0.001, 0.01, 0.1, 1.0], 0.1, 2),
        ([0.001, 0.01, 0.1, 1.0], 0.2, 1),
        ([0.001, 0.01, 0.1, 1.0], 1e-4, None),
        ([1.0, 1.0, 1.0], 1.0, None),
        ([0.001, 0.5, 0.001, 1.0], 0.1, 3),  # what comes back above has its say
        ([0.001, 0.1, 1.0, 0.0, 0.0], 0.5, 1),  # a loss on the third state
        ([0.0, 0.0, 3.0], 0.5, 1),
        ([5.0, 1.0], 0.5, None),
        ([2.0], 0.5, None),
        ([0.0, 0.0], 0.5, 0),
    ],
)
def test_horizon(norms, fraction, expected):
    assert horizon(norms, fraction) == expected


@pytest.mark.parametrize(
    ("norms", "fraction"), [([[1.0]], 0.5), ([1.0], 0.0), ([1.0], 1.5), ([1.0], np.nan)]
)
def test_horizon_refuses_other_shapes_and_fractions(norms, fraction):
    with pytest.raises(InputError, match="horizon: expected norms of shape"):
        horizon(norms, fraction)


@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize("cell", ["gru", "rnn", "lstm"])
def test_a_row_of_pairwise_norms_is_the_gradient_of_one_loss(cell, batch):
    trace = random_trace(cell, T=6, batch=batch)
    d_h = np.random.default_rng(0).normal(size=trace.h.shape)
    norms = pairwise_norms(trace, d_h)
    assert norms.shape == (6, 6, *batch)
    for t in range(6):
        alone = np.zeros(d_h.shape)
        alone[t] = d_h[t]
        expected = gradient_norms(backpropagate(trace, alone).d_h)
        np.testing.assert_allclose(norms[t], expected, rtol=1e-12)
        assert not norms[t, t + 1 :].any()


def test_pairwise_norms_are_refused_with_the_wrong_shape():
    with pytest.raises(InputError, match=r"d_h: expected shape \(6, 5\)"):
        pairwise_norms(random_trace("gru", T=6), np.ones(5))


# Norms of Jacobians -------------------------------------------------------------------------------


def test_spectral_norms_are_the_largest_stretch():
    total = jacobians(random_trace("gru", T=4)).total
    vectors = np.random.default_rng(0).normal(size=(5, 1000))
    stretch = np.linalg.norm(total @ vectors, axis=1) / np.linalg.norm(vectors, axis=0)
    assert (stretch.max(axis=1) <= spectral_norms(total) * (1 + 1e-12)).all()
    assert (stretch.max(axis=1) >= spectral_norms(total) * 0.8).all()


def test_singular_values_of_a_cell_that_stretches_each_unit_by_a_known_factor():
    # A ReLU that is never shut is linear: ∂h_T/∂h_t is U to the power of the steps between.
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(2, 2)))[0]
    U = rotation @ np.diag([1.5, 0.5]) @ rotation.T
    parameters = rnn.RNNParameters(np.ones((2, 1)), U, [0, 0], "relu")
    trace = rnn.unroll(parameters, np.full((60, 1), 1e3))
    assert (trace.h_pre > 0).all()
    values = singular_values(jacobians(trace).total)
    steps = np.arange(59, -1, -1)
    np.testing.assert_allclose(values[:, 0], 1.5**steps, rtol=1e-9)
    known = (1 / 3.0) ** steps > 1e-14
    np.testing.assert_allclose(values[known, 1], 0.5 ** steps[known], rtol=0.05)
    assert np.isnan(values[(1 / 3.0) ** steps < 1e-17, 1]).all()
    np.testing.assert_array_equal(values[-1], [1, 1])


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_singular_values_multiply_to_the_determinant(cell):
    total = jacobians(random_trace(cell, T=4, H=3)).total
    np.testing.assert_allclose(
        singular_values(total).prod(axis=-1), np.abs(np.linalg.det(products(total))), rtol=1e-8
    )
