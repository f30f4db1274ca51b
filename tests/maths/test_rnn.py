from dataclasses import replace

import numpy as np
import pytest
import torch

from gru_core.errors import InputError
from gru_core.maths.rnn import RNNParameters, from_torch, unroll

SIZES = [(1, 1), (1, 4), (3, 1), (10, 32)]
EXACT = {"rtol": 0, "atol": 1e-12}


def random_module(kind: type, D: int, H: int, **options: object) -> torch.nn.Module:
    torch.manual_seed(D + H)
    return kind(D, H, dtype=torch.float64, **options)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batch", [(), (1,), (5,)])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize(("D", "H"), SIZES)
def test_unroll_equals_torch_rnn(D, H, activation, batch, bias):
    net = random_module(torch.nn.RNN, D, H, nonlinearity=activation, bias=bias)
    rng = np.random.default_rng(H)
    inputs, h0 = rng.normal(size=(7, *batch, D)), rng.normal(size=(*batch, H))
    parameters = from_torch(net)
    assert parameters.activation == activation
    for start in (h0, None):
        with torch.no_grad():
            hx = None if start is None else torch.from_numpy(start)[None]
            expected, _ = net(torch.from_numpy(inputs), hx)
        trace = unroll(parameters, inputs, start)
        np.testing.assert_allclose(trace.h, expected.numpy(), **EXACT)
        assert len(trace) == 7


def test_every_layer_and_direction_of_torch():
    net = random_module(torch.nn.RNN, 3, 4, num_layers=2, bidirectional=True)
    inputs = np.random.default_rng(0).normal(size=(6, 3))
    with torch.no_grad():
        expected, _ = net(torch.from_numpy(inputs))
    for layer in range(2):
        forward = unroll(from_torch(net, layer), inputs).h
        backward = unroll(from_torch(net, layer, reverse=True), inputs[::-1]).h[::-1]
        inputs = np.concatenate([forward, backward], axis=-1)
    np.testing.assert_allclose(inputs, expected.numpy(), **EXACT)


def test_cell_and_state_dict_of_torch():
    cell = random_module(torch.nn.RNNCell, 3, 4, nonlinearity="relu")
    x, h = np.random.default_rng(0).normal(size=(2, 4))
    with torch.no_grad():
        expected = cell(torch.from_numpy(x[:3]), torch.from_numpy(h))
    np.testing.assert_allclose(unroll(from_torch(cell), [x[:3]], h).h[0], expected, **EXACT)
    assert from_torch(cell.state_dict(), activation="relu") == from_torch(cell)
    assert from_torch(cell.state_dict()).activation == "tanh"


def test_intermediates_satisfy_their_equations():
    rng = np.random.default_rng(0)
    p = RNNParameters(rng.normal(size=(3, 2)), rng.normal(size=(3, 3)), rng.normal(size=3))
    trace = unroll(p, rng.normal(size=(4, 5, 2)), rng.normal(size=(5, 3)))
    np.testing.assert_array_equal(trace.h_previous, np.stack([trace.h0, *trace.h[:-1]]))
    np.testing.assert_allclose(trace.h_input, trace.inputs @ p.W.T + p.b, **EXACT)
    np.testing.assert_allclose(trace.h_recurrent, trace.h_previous @ p.U.T, **EXACT)
    np.testing.assert_array_equal(trace.h_pre, trace.h_input + trace.h_recurrent)
    np.testing.assert_array_equal(trace.h, np.tanh(trace.h_pre))
    for name in ("h", "h_previous", "h_pre", "inputs", "h0"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(trace, name)[0] = 0.0


def test_a_trace_leaves_a_given_array_writable():
    trace = unroll(RNNParameters([[1]], [[1]], [0]), [[1]])
    h = trace.h.copy()
    replace(trace, h=h)
    h[0] = 2.0


def test_parameters_are_checked_and_compared():
    p = RNNParameters([[1, 2]], [[3]], [4])
    assert (p.input_size, p.hidden_size, p.activation) == (2, 1, "tanh")
    assert p == RNNParameters([[1, 2]], [[3]], [4])
    assert p != replace(p, activation="relu")
    assert p != replace(p, b=[5])
    with pytest.raises(
        InputError, match=r"U: expected shape \(1, 1\), got \(1, 2\)\. W has 1 rows"
    ):
        replace(p, U=[[3, 3]])
    with pytest.raises(InputError, match=r"b\[0\]: expected a finite number, got nan"):
        replace(p, b=[np.nan])
    with pytest.raises(InputError, match="activation: expected one of tanh, relu, got 'sigmoid'"):
        replace(p, activation="sigmoid")


@pytest.mark.parametrize(
    ("inputs", "h0", "message"),
    [
        (np.zeros((5, 3)), None, r"inputs: expected shape \(T, D\) or, for a batch, \(T, B, D\)"),
        (np.zeros((0, 2)), None, r"inputs: .* for each of the 2 columns of W\."),
        (np.zeros((5, 2)), np.zeros(3), r"h0: expected shape \(1,\), got \(3,\)"),
        ([[0, np.inf]], None, r"inputs\[0, 1\]: expected a finite number"),
    ],
)
def test_wrong_sequences_are_refused(inputs, h0, message):
    with pytest.raises(InputError, match=message):
        unroll(RNNParameters([[1, 2]], [[3]], [4]), inputs, h0)


def test_a_state_that_outgrows_float64_is_refused():
    p = RNNParameters([[1.0]], [[1e100]], [0.0], "relu")
    assert unroll(p, np.ones((4, 1))).h[-1] == pytest.approx(1e300)
    with pytest.raises(InputError, match=r"h: expected numbers below .* step 5 are larger"):
        unroll(p, np.ones((6, 1)))


@pytest.mark.parametrize(
    "module",
    [torch.nn.GRU(3, 4), torch.nn.LSTM(3, 4), torch.nn.Linear(3, 4), {}, 7],
    ids=lambda m: type(m).__name__,
)
def test_what_is_no_torch_rnn_is_refused(module):
    with pytest.raises(InputError, match=r"expected (shape \(H, H\) for a plain RNN|.*nn\.RNN)"):
        from_torch(module)
