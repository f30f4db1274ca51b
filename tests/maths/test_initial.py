import numpy as np
import pytest
import torch

from gru_core.errors import InputError
from gru_core.maths import gru, lstm, rnn
from gru_core.maths.bptt import backpropagate
from gru_core.maths.convention import Convention
from gru_core.maths.gru import hard_sigmoid, sigmoid
from gru_core.maths.initial import initialise
from gru_core.maths.measures import gradient_norms
from gru_core.maths.weights import from_torch
from tests.maths.strategies import ALL_CONVENTIONS

CELLS = ("gru", "rnn", "lstm")
SCHEMES = ("pytorch", "orthogonal", "gaussian", "glorot")
KEEP = {"gru": "b_z", "lstm": "b_f"}
KINDS = {"gru": "rzn", "rnn": " ", "lstm": "ifgo"}
D, H = 6, 64


def arrays(parameters, *kinds: str) -> dict[str, np.ndarray]:
    return {n: getattr(parameters, n) for n in parameters.NAMES if n[0] in kinds}


# Schemes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
def test_pytorch_draws_from_the_bounds_of_torch(cell):
    parameters, bound = initialise(cell, D, H, "pytorch", seed=1), 1 / 8
    for name, weights in arrays(parameters, "W", "U").items():
        assert 0.95 * bound < np.abs(weights).max() <= bound, name
        assert weights.std() == pytest.approx(bound / np.sqrt(3), rel=0.1), name
    for name, biases in arrays(parameters, "b", "c").items():
        terms = 1 if name in ("b_n", "c_n") else 2  # PyTorch adds two biases, except in n
        assert np.abs(biases).max() <= terms * bound, name
        assert biases.std() == pytest.approx(bound * np.sqrt(terms / 3), rel=0.3), name


def test_pytorch_scheme_has_the_spread_of_a_new_module():
    torch.manual_seed(0)
    theirs, _ = from_torch(torch.nn.GRU(D, H))
    ours = initialise("gru", D, H)
    for name in ours.NAMES:
        one, other = getattr(ours, name), getattr(theirs, name)
        assert one.std() == pytest.approx(other.std(), rel=0.3), name
        assert abs(one.mean() - other.mean()) < 5 * other.std() / np.sqrt(one.size), name


@pytest.mark.parametrize("gain", [1.0, 0.5, 3.0])
@pytest.mark.parametrize("cell", CELLS)
def test_orthogonal(cell, gain):
    parameters = initialise(cell, D, H, "orthogonal", gain=gain)
    blocks = arrays(parameters, "U")
    for U in blocks.values():
        np.testing.assert_allclose(U @ U.T, gain**2 * np.eye(H), rtol=0, atol=1e-12 * gain**2)
    assert len({U.tobytes() for U in blocks.values()}) == len(blocks)
    assert not any(bias.any() for bias in arrays(parameters, "b", "c").values())


def test_orthogonal_favours_no_direction():
    # Without the correction of signs, NumPy's QR would make the trace negative on average.
    traces = [np.trace(initialise("rnn", 1, 8, "orthogonal", seed=s).U) for s in range(400)]
    assert abs(np.mean(traces)) < 0.2  # its standard deviation is 1 / √400
    assert np.std(traces) == pytest.approx(1.0, rel=0.15)


@pytest.mark.parametrize("gain", [1.0, 1.5, 3.0])
@pytest.mark.parametrize("cell", CELLS)
def test_gaussian(cell, gain):
    parameters = initialise(cell, D, H, "gaussian", gain=gain)
    for U in arrays(parameters, "U").values():
        assert U.std() == pytest.approx(gain / 8, rel=0.05)
        assert np.abs(np.linalg.eigvals(U)).max() == pytest.approx(gain, rel=0.2)
        assert (np.abs(U) > 2 * gain / 8).mean() == pytest.approx(0.0455, abs=0.015)
    assert not any(bias.any() for bias in arrays(parameters, "b", "c").values())


@pytest.mark.parametrize("cell", CELLS)
def test_gain_and_scheme_leave_the_input_weights_alone(cell):
    for weights in arrays(initialise(cell, D, H, "gaussian", gain=3.0), "W").values():
        assert 0.95 / 8 < np.abs(weights).max() <= 1 / 8


@pytest.mark.parametrize("gain", [1.0, 3.0])
@pytest.mark.parametrize("cell", CELLS)
def test_glorot_draws_from_the_bounds_of_the_paper(cell, gain):
    parameters = initialise(cell, D, H, "glorot", gain=gain, seed=4)
    for kind, fan_in, factor in (("W", D, 1.0), ("U", H, gain)):
        bound = factor * np.sqrt(6 / (fan_in + H))
        for name, weights in arrays(parameters, kind).items():
            assert 0.97 * bound < np.abs(weights).max() <= bound, name
            assert weights.std() == pytest.approx(bound / np.sqrt(3), rel=0.1), name
            assert weights.mean() == pytest.approx(0.0, abs=0.1 * bound), name
    for U in arrays(parameters, "U").values():
        assert np.abs(np.linalg.eigvals(U)).max() == pytest.approx(gain, rel=0.2)
    assert len({U.tobytes() for U in arrays(parameters, "U").values()}) == len(KINDS[cell])
    assert not any(bias.any() for bias in arrays(parameters, "b", "c").values())


@pytest.mark.parametrize("cell", CELLS)
def test_glorot_is_torchs_xavier_uniform_block_by_block(cell):
    torch.manual_seed(0)
    ours = arrays(initialise(cell, D, H, "glorot"), "W", "U")
    for name, weights in ours.items():
        theirs = torch.nn.init.xavier_uniform_(torch.empty(*weights.shape)).numpy()
        assert weights.std() == pytest.approx(theirs.std(), rel=0.15), name


@pytest.mark.parametrize("cell", CELLS)
def test_zeros_is_a_start_without_a_gradient_to_tell_units_apart(cell):
    parameters = initialise(cell, D, 3, "zeros")
    assert not any(array.any() for array in arrays(parameters, "W", "U", "b", "c").values())
    inputs = np.random.default_rng(0).normal(size=(4, D))
    trace = {"gru": gru.unroll, "rnn": rnn.unroll, "lstm": lstm.unroll}[cell](parameters, inputs)
    assert not trace.h.any()
    gradients = backpropagate(trace, np.ones(trace.h.shape)).d_parameters
    for name, array in arrays(gradients, "W", "U", "b", "c").items():
        np.testing.assert_array_equal(array, np.broadcast_to(array[:1], array.shape), err_msg=name)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_zeros_leave_the_keep_bias_alone(cell):
    parameters = initialise(cell, D, 3, "zeros", keep_bias=2.0)
    for name, array in arrays(parameters, "W", "U", "b", "c").items():
        np.testing.assert_array_equal(array, 2.0 if name == KEEP[cell] else 0.0, err_msg=name)


# Bias of the gate that keeps ----------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_keep_bias_is_added_to_the_gate_that_keeps_and_to_no_other(cell, scheme):
    without = initialise(cell, D, H, scheme, seed=2)
    parameters = initialise(cell, D, H, scheme, keep_bias=2.0, seed=2)
    for name in parameters.NAMES:
        expected = getattr(without, name) + (2.0 if name == KEEP[cell] else 0.0)
        np.testing.assert_array_equal(getattr(parameters, name), expected, err_msg=name)


@pytest.mark.parametrize("convention", ALL_CONVENTIONS, ids=str)
def test_sign_of_the_keep_bias_follows_the_convention(convention):
    b_z = initialise("gru", D, H, "orthogonal", keep_bias=2.0, convention=convention).b_z
    np.testing.assert_array_equal(b_z, 2.0 if convention.z_weights == "state" else -2.0)


@pytest.mark.parametrize("keep_bias", [0.0, 2.0, "chrono"])
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("reset", ["before", "after"])
def test_what_z_weights_changes_no_state(reset, scheme, keep_bias):
    inputs = np.random.default_rng(0).normal(size=(8, D))
    one, other = (
        gru.unroll(
            initialise("gru", D, H, scheme, keep_bias=keep_bias, T=50, convention=c),
            inputs,
            None,
            c,
        )
        for c in (Convention("state", reset), Convention("candidate", reset))
    )
    np.testing.assert_allclose(one.h, other.h, rtol=0, atol=1e-12)
    np.testing.assert_allclose(one.keep, other.keep, rtol=0, atol=1e-12)
    assert not np.allclose(one.z, other.z)


@pytest.mark.parametrize("convention", ALL_CONVENTIONS, ids=str)
def test_chrono_of_a_gru_keeps_up_to_the_length_given(convention):
    T = 100
    b_z = initialise("gru", D, 2000, "gaussian", keep_bias="chrono", T=T, convention=convention).b_z
    b_keep = b_z if convention.z_weights == "state" else -b_z
    u = {"sigmoid": sigmoid, "hard_sigmoid": hard_sigmoid}[convention.gate](b_keep)
    odds = u / (1 - u)  # U(1, T − 1)
    assert 1 <= odds.min() < 1.5
    assert T - 2 < odds.max() <= T - 1 + 1e-9
    np.testing.assert_allclose(np.quantile(odds, [0.25, 0.5, 0.75]), [25.5, 50, 74.5], atol=4)
    if convention.gate == "sigmoid":
        np.testing.assert_allclose(b_keep, np.log(odds), atol=1e-12)


def test_chrono_of_an_lstm_sets_the_input_gate_too():
    parameters = initialise("lstm", D, 2000, keep_bias="chrono", T=100)
    odds = np.exp(parameters.b_f)
    assert odds.min() >= 1 - 1e-12
    assert odds.max() <= 99 + 1e-9
    np.testing.assert_allclose(np.quantile(odds, [0.25, 0.5, 0.75]), [25.5, 50, 74.5], atol=4)
    np.testing.assert_array_equal(parameters.b_i, -parameters.b_f)


def test_chrono_for_two_steps_is_half_open():
    b_z = initialise("gru", D, H, keep_bias="chrono", T=2).b_z
    np.testing.assert_array_equal(b_z, 0.0)


# Seeds, sizes and refusals ------------------------------------------------------------------------


@pytest.mark.parametrize("keep_bias", [0.0, "chrono"])
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("cell", CELLS)
def test_seeds_are_reproducible(cell, scheme, keep_bias):
    options = {} if cell == "rnn" else {"keep_bias": keep_bias, "T": 20}
    one, same, other = (initialise(cell, 3, 5, scheme, seed=s, **options) for s in (1, 1, 2))
    assert one == same
    assert one != other
    rng = np.random.default_rng(1)
    assert initialise(cell, 3, 5, scheme, seed=rng, **options) == one
    assert initialise(cell, 3, 5, scheme, seed=rng, **options) != one
    assert (one.input_size, one.hidden_size) == (3, 5)


def test_reset_before_has_no_c_n():
    parameters = initialise("gru", D, H, convention=Convention("state", "before"))
    assert not parameters.c_n.any()
    assert np.abs(parameters.b_n).max() > 1 / 8  # PyTorch's two biases, added


def test_activation_of_an_rnn():
    assert initialise("rnn", D, H, activation="relu").activation == "relu"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cell": "cnn"}, "cell: expected one of gru, rnn, lstm, got 'cnn'"),
        ({"scheme": "xavier"}, "scheme: expected one of pytorch, orthogonal, gaussian"),
        ({"D": 0}, "D: expected a whole number from 1, got 0"),
        ({"H": -1}, "H: expected a whole number from 1, got -1"),
        ({"gain": 0.0}, "gain: expected a number above 0"),
        ({"gain": np.inf}, "gain: expected a number above 0"),
        ({"keep_bias": "long"}, "keep_bias: expected a number or chrono, got 'long'"),
        ({"keep_bias": np.nan}, "keep_bias: expected a number or chrono, got nan"),
        ({"keep_bias": "chrono"}, "T: expected a whole number from 2 for chrono, got None"),
        ({"keep_bias": "chrono", "T": 1}, "T: expected a whole number from 2 for chrono, got 1"),
        ({"cell": "rnn", "keep_bias": 1.0}, "keep_bias: expected 0 for an RNN, got 1.0"),
        ({"cell": "rnn", "keep_bias": "chrono"}, "keep_bias: expected 0 for an RNN"),
        ({"cell": "rnn", "activation": "selu"}, "activation: expected one of tanh, relu"),
    ],
)
def test_what_is_not_offered_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        initialise(**{"cell": "gru", "D": 2, "H": 3} | arguments)


# The lesson ---------------------------------------------------------------------------------------


def first_norm(cell: str, seed: int, scheme: str, **options: object) -> float:
    """‖∂L/∂h_1‖ for a loss on the last of 100 states, by whose gradient of length 1."""
    parameters = initialise(cell, 8, 64, scheme, seed=seed, **options)
    inputs = np.random.default_rng(seed).normal(size=(100, 8))
    trace = {"gru": gru.unroll, "rnn": rnn.unroll, "lstm": lstm.unroll}[cell](parameters, inputs)
    d_h = np.zeros(trace.h.shape)
    d_h[-1] = 1 / 8
    return float(gradient_norms(backpropagate(trace, d_h).d_h)[0])


@pytest.mark.parametrize(
    ("scheme", "options", "expected"),
    [
        ("pytorch", {}, {"rnn": (-27, -17), "gru": (-22, -17), "lstm": (-23, -18)}),
        ("orthogonal", {}, {"rnn": (-8, -3), "gru": (-16, -11), "lstm": (-17, -12)}),
        ("glorot", {}, {"rnn": (-14, -6), "gru": (-18, -12), "lstm": (-19, -14)}),
        ("gaussian", {"gain": 1.5}, {"rnn": (-1, 4), "gru": (-10, -4), "lstm": (-11, -5)}),
        ("gaussian", {"gain": 3.0}, {"rnn": (10, 15), "gru": (-1, 3), "lstm": (-1, 3)}),
        ("orthogonal", {"keep_bias": 2.0}, {"gru": (-5, -2), "lstm": (-2, 1)}),
        ("orthogonal", {"keep_bias": "chrono", "T": 100}, {"gru": (-2, 0), "lstm": (-4, -2)}),
    ],
    ids=str,
)
def test_the_gate_bias_is_what_makes_memory_possible(scheme, options, expected):
    """Powers of ten that the median of five seeds lies between."""
    for cell, (low, high) in expected.items():
        norms = [first_norm(cell, seed, scheme, **options) for seed in range(5)]
        assert low < np.log10(np.median(norms)) < high, cell


def test_a_default_gru_vanishes_like_an_rnn_and_a_keep_bias_rescues_it():
    median = {
        name: np.median([first_norm(cell, s, scheme, **options) for s in range(5)])
        for name, cell, scheme, options in [
            ("rnn", "rnn", "pytorch", {}),
            ("gru", "gru", "pytorch", {}),
            ("biased", "gru", "pytorch", {"keep_bias": 2.0}),
            ("chrono", "gru", "pytorch", {"keep_bias": "chrono", "T": 100}),
        ]
    }
    assert max(median["rnn"], median["gru"]) < 1e-15
    assert median["biased"] > 1e12 * median["gru"]
    assert median["chrono"] > 1e2 * median["biased"]
