import numpy as np
import pytest
import torch

from gru_core.errors import InputError
from gru_core.maths.gru import sigmoid
from gru_core.maths.lstm import LSTMParameters, from_torch, unroll

SIZES = [(1, 1), (1, 4), (3, 1), (10, 32)]
EXACT = {"rtol": 0, "atol": 1e-12}


def random_module(kind: type, D: int, H: int, **options: object) -> torch.nn.Module:
    torch.manual_seed(D + H)
    return kind(D, H, dtype=torch.float64, **options)


def random_parameters(seed: int, D: int, H: int) -> LSTMParameters:
    rng = np.random.default_rng(seed)
    shapes = {"W": (H, D), "U": (H, H), "b": (H,)}
    return LSTMParameters(*(rng.normal(size=shapes[name[0]]) for name in LSTMParameters.NAMES))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batch", [(), (1,), (5,)])
@pytest.mark.parametrize(("D", "H"), SIZES)
def test_unroll_equals_torch_lstm(D, H, batch, bias):
    net = random_module(torch.nn.LSTM, D, H, bias=bias)
    rng = np.random.default_rng(H)
    inputs = rng.normal(size=(7, *batch, D))
    start = rng.normal(size=(2, *batch, H))
    for given in (start, None):
        with torch.no_grad():
            hx = None if given is None else tuple(torch.from_numpy(given)[:, None])
            expected, (_, last_c) = net(torch.from_numpy(inputs), hx)
        trace = unroll(from_torch(net), inputs, *(() if given is None else given))
        np.testing.assert_allclose(trace.h, expected.numpy(), **EXACT)
        np.testing.assert_allclose(trace.c[-1], last_c[0].numpy(), **EXACT)
        assert len(trace) == 7


def test_every_layer_and_direction_of_torch():
    net = random_module(torch.nn.LSTM, 3, 4, num_layers=2, bidirectional=True)
    inputs = np.random.default_rng(0).normal(size=(6, 3))
    with torch.no_grad():
        expected, _ = net(torch.from_numpy(inputs))
    for layer in range(2):
        forward = unroll(from_torch(net, layer), inputs).h
        backward = unroll(from_torch(net, layer, reverse=True), inputs[::-1]).h[::-1]
        inputs = np.concatenate([forward, backward], axis=-1)
    np.testing.assert_allclose(inputs, expected.numpy(), **EXACT)


def test_cell_and_state_dict_of_torch():
    cell = random_module(torch.nn.LSTMCell, 3, 4)
    rng = np.random.default_rng(0)
    x, h, c = rng.normal(size=3), rng.normal(size=4), rng.normal(size=4)
    with torch.no_grad():
        expected_h, expected_c = cell(
            *map(torch.from_numpy, (x,)), (torch.tensor(h), torch.tensor(c))
        )
    trace = unroll(from_torch(cell), [x], h, c)
    np.testing.assert_allclose(trace.h[0], expected_h, **EXACT)
    np.testing.assert_allclose(trace.c[0], expected_c, **EXACT)
    assert from_torch(cell.state_dict()) == from_torch(cell)


def test_intermediates_satisfy_their_equations():
    p, rng = random_parameters(0, 2, 3), np.random.default_rng(1)
    start = rng.normal(size=(2, 5, 3))
    t = unroll(p, rng.normal(size=(4, 5, 2)), *start)
    for k in "ifgo":
        W, U, b = (getattr(p, f"{kind}_{k}") for kind in "WUb")
        np.testing.assert_allclose(getattr(t, f"{k}_input"), t.inputs @ W.T + b, **EXACT)
        np.testing.assert_allclose(getattr(t, f"{k}_recurrent"), t.h_previous @ U.T, **EXACT)
        pre = getattr(t, f"{k}_pre")
        np.testing.assert_array_equal(pre, getattr(t, f"{k}_input") + getattr(t, f"{k}_recurrent"))
        value = np.tanh(pre) if k == "g" else sigmoid(pre)
        np.testing.assert_allclose(getattr(t, k), value, **EXACT)
    np.testing.assert_array_equal(t.h_previous, np.stack([t.h0, *t.h[:-1]]))
    np.testing.assert_array_equal(t.c_previous, np.stack([t.c0, *t.c[:-1]]))
    np.testing.assert_array_equal(t.c_kept, t.f * t.c_previous)
    np.testing.assert_array_equal(t.c_new, t.i * t.g)
    np.testing.assert_array_equal(t.c, t.c_kept + t.c_new)
    np.testing.assert_array_equal(t.c_squashed, np.tanh(t.c))
    np.testing.assert_array_equal(t.h, t.o * t.c_squashed)
    assert t.keep is t.f
    with pytest.raises(ValueError, match="read-only"):
        t.c[0] = 0.0


def test_the_cell_state_can_exceed_one_and_h_cannot():
    # An input gate and a forget gate near 1: c counts the steps.
    flat = {name: np.zeros((1, 1)) for name in LSTMParameters.NAMES if name[0] != "b"}
    p = LSTMParameters(**flat, b_i=[40], b_f=[40], b_g=[40], b_o=[40])
    trace = unroll(p, np.zeros((20, 1)))
    np.testing.assert_allclose(trace.c[:, 0], np.arange(1, 21))
    assert np.abs(trace.h).max() <= 1


def test_wrong_parts_are_refused():
    p = random_parameters(0, 2, 3)
    with pytest.raises(InputError, match=r"c0: expected shape \(3,\), got \(2,\)"):
        unroll(p, np.zeros((4, 2)), None, np.zeros(2))
    with pytest.raises(InputError, match=r"h0: expected shape \(5, 3\), got \(3,\)"):
        unroll(p, np.zeros((4, 5, 2)), np.zeros(3))
    with pytest.raises(InputError, match="for each of the 2 columns of W_i"):
        unroll(p, np.zeros((4, 3)))


@pytest.mark.parametrize(
    "module",
    [
        torch.nn.LSTM(3, 4, proj_size=2),
        torch.nn.GRU(3, 4),
        torch.nn.RNN(3, 4),
        torch.nn.Linear(3, 4),
        {},
        7,
    ],
    ids=lambda m: type(m).__name__,
)
def test_what_is_no_plain_torch_lstm_is_refused(module):
    with pytest.raises(InputError, match=r"expected (shape \(4H, H\) for a plain LSTM|.*nn\.LSTM)"):
        from_torch(module)
