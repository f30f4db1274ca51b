from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from gru_core.errors import InputError
from gru_core.maths import gru, lstm, rnn
from gru_core.maths.bptt import AnyTrace, backpropagate, jacobians, products
from gru_core.maths.convention import PYTORCH
from gru_core.maths.gru import GATE_SLOPES, GATES, Trace
from gru_core.maths.lstm import LSTMParameters, LSTMTrace
from gru_core.maths.rnn import RNNParameters, RNNTrace
from gru_core.maths.weights import from_torch
from tests.maths import torch_cells
from tests.maths.strategies import ALL_CONVENTIONS, arrays, random_parameters, sequences

PATHS = ("leak", "update", "candidate", "reset")


def close(actual, expected, tolerance=1e-10):
    """Within ``tolerance`` of the largest expected number, or absolutely below 1."""
    expected = np.asarray(expected)
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale)


def random_trace(kind: object, T=5, D=2, H=3, batch=(), seed=0, scale=0.7) -> AnyTrace:
    """kind: a convention of the GRU, "tanh" or "relu" for an RNN, or "lstm"."""
    rng = np.random.default_rng(seed)
    inputs, h0 = rng.normal(size=(T, *batch, D)), rng.normal(size=(*batch, H))

    def draw(kind: str) -> np.ndarray:
        return scale * rng.normal(size={"W": (H, D), "U": (H, H), "b": (H,)}[kind])

    if kind == "lstm":
        p = LSTMParameters(*(draw(name[0]) for name in LSTMParameters.NAMES))
        return lstm.unroll(p, inputs, h0, rng.normal(size=(*batch, H)))
    if kind in ("tanh", "relu"):
        return rnn.unroll(RNNParameters(draw("W"), draw("U"), draw("b"), kind), inputs, h0)
    return gru.unroll(random_parameters(seed, D, H, kind.reset), inputs, h0, kind)


KINDS = [*ALL_CONVENTIONS, "tanh", "relu", "lstm"]


@st.composite
def traces(draw: st.DrawFn) -> AnyTrace:
    if draw(st.booleans()):
        cell, convention, inputs, h0 = draw(sequences())
        return gru.unroll(cell, inputs, h0, convention)
    D, H, T = (draw(st.integers(1, 4)) for _ in range(3))
    batch = draw(st.sampled_from([(), (1,), (3,)]))
    shapes = {"W": (H, D), "U": (H, H), "b": (H,)}
    inputs, h0 = draw(arrays(T, *batch, D)), draw(arrays(*batch, H))
    kind = draw(st.sampled_from(["tanh", "relu", "lstm"]))
    if kind == "lstm":
        p = LSTMParameters(*(draw(arrays(*shapes[name[0]])) for name in LSTMParameters.NAMES))
        return lstm.unroll(p, inputs, h0, draw(arrays(*batch, H)))
    return rnn.unroll(RNNParameters(*(draw(arrays(*s)) for s in shapes.values()), kind), inputs, h0)


def has_corner(trace: AnyTrace) -> bool:
    """Whether a pre-activation is so near a corner that rounding decides on which side it is."""
    if isinstance(trace, RNNTrace) and trace.parameters.activation == "relu":
        return bool((np.abs(trace.h_pre) < 1e-6).any())
    if isinstance(trace, Trace) and trace.convention.gate == "hard_sigmoid":
        pre = np.stack([trace.r_pre, trace.z_pre])
        return bool((np.abs(np.abs(pre) - 2.5) < 1e-6).any())
    return False


# Against autograd ---------------------------------------------------------------------------------


@given(traces(), st.data())
def test_every_gradient_is_that_of_autograd(trace, data):
    assume(not has_corner(trace))
    d_h = data.draw(arrays(*trace.h.shape))
    p, inputs, state = torch_cells.leaves(trace)
    steps = torch_cells.run(trace, p, inputs, state)
    loss = sum((torch.tensor(d) * s["h"]).sum() for d, s in zip(d_h, steps, strict=True))
    loss.backward()

    gradients = backpropagate(trace, d_h)
    assert type(gradients.d_parameters) is type(trace.parameters)
    for name, tensor in p.items():
        expected = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad
        close(getattr(gradients.d_parameters, name), expected)
    close(gradients.d_inputs, inputs.grad)
    for name, tensor in state.items():
        close(getattr(gradients, f"d_{name}0"), tensor.grad)
    for name in steps[0]:
        close(getattr(gradients, f"d_{name}"), torch.stack([s[name].grad for s in steps]))


@pytest.mark.parametrize("batch", [(), (8,)])
@pytest.mark.parametrize("module", [torch.nn.GRU, torch.nn.RNN, torch.nn.LSTM])
def test_gradients_of_the_modules_of_torch(module, batch):
    torch.manual_seed(0)
    net = module(5, 16, dtype=torch.float64)
    inputs = torch.randn(40, *batch, 5, dtype=torch.float64, requires_grad=True)
    h, _ = net(inputs)
    d_h = torch.randn_like(h)
    (d_h * h).sum().backward()
    read, unroll = {
        torch.nn.GRU: (lambda m: from_torch(m)[0], gru.unroll),
        torch.nn.RNN: (rnn.from_torch, rnn.unroll),
        torch.nn.LSTM: (lstm.from_torch, lstm.unroll),
    }[module]
    ours = backpropagate(unroll(read(net), inputs.detach().numpy()), d_h.numpy())
    close(ours.d_inputs, inputs.grad)
    kinds = {kind: [n for n in ours.d_parameters.NAMES if n[0] == kind] for kind in "WUb"}
    stacked = {
        kind: np.concatenate([getattr(ours.d_parameters, n) for n in names])
        for kind, names in kinds.items()
    }
    close(stacked["W"], net.weight_ih_l0.grad)
    close(stacked["U"], net.weight_hh_l0.grad)
    close(stacked["b"], net.bias_ih_l0.grad)
    if module is torch.nn.GRU:
        close(ours.d_parameters.c_n, net.bias_hh_l0.grad[-16:])


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_products_of_jacobians_are_the_jacobian_of_many_steps(kind):
    trace = random_trace(kind)
    total = jacobians(trace).total
    for t in range(5):
        close(total[t], torch_cells.state_jacobian(trace, t - 1, t), 1e-12)
        close(products(total)[t], torch_cells.state_jacobian(trace, t, 4), 1e-12)
    close(products(total)[0] @ total[0], torch_cells.state_jacobian(trace, -1, 4), 1e-12)


# Against finite differences -----------------------------------------------------------------------


@pytest.mark.parametrize("batch", [(), (2,)])
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_gradient_is_the_slope_of_the_loss(kind, batch):
    trace = random_trace(kind, T=4, batch=batch, seed=3)
    assert not has_corner(trace)
    d_h = np.random.default_rng(1).normal(size=trace.h.shape)
    gradients = backpropagate(trace, d_h)

    def loss(**changed: np.ndarray) -> float:
        names = trace.parameters.NAMES
        p = replace(trace.parameters, **{n: v for n, v in changed.items() if n in names})
        inputs, h0 = changed.get("inputs", trace.inputs), changed.get("h0", trace.h0)
        match trace:
            case Trace():
                moved = gru.unroll(p, inputs, h0, trace.convention)
            case RNNTrace():
                moved = rnn.unroll(p, inputs, h0)
            case LSTMTrace():
                moved = lstm.unroll(p, inputs, h0, changed.get("c0", trace.c0))
        return float((d_h * moved.h).sum())

    expected = {n: getattr(gradients.d_parameters, n) for n in trace.parameters.NAMES}
    expected |= {"inputs": gradients.d_inputs, "h0": gradients.d_h0}
    if isinstance(trace, LSTMTrace):
        expected["c0"] = gradients.d_c0
    if isinstance(trace, Trace) and trace.convention.reset == "before":
        assert not expected.pop("c_n").any()
    eps = 1e-5
    for name, gradient in expected.items():
        value = getattr(trace if name in ("inputs", "h0", "c0") else trace.parameters, name)
        for place in np.ndindex(value.shape):
            change = np.zeros(value.shape)
            change[place] = eps
            slope = (loss(**{name: value + change}) - loss(**{name: value - change})) / (2 * eps)
            assert slope == pytest.approx(gradient[place], rel=1e-6, abs=1e-7), (name, place)


# Against each other -------------------------------------------------------------------------------


@given(sequences())
def test_the_four_paths_sum_to_the_jacobian(case):
    cell, convention, inputs, h0 = case
    paths = jacobians(gru.unroll(cell, inputs, h0, convention))
    close(sum(getattr(paths, name) for name in PATHS), paths.total, 1e-12)
    shape = (len(inputs), *h0.shape, cell.hidden_size)
    assert all(getattr(paths, name).shape == shape for name in ("total", *PATHS))


@pytest.mark.parametrize("convention", ALL_CONVENTIONS, ids=str)
def test_each_path_is_the_jacobian_with_the_others_cut(convention):
    """A path is cut by taking away the matrix that it passes through, and nothing else."""
    trace = random_trace(convention, T=1, H=4)
    paths = jacobians(trace)
    p, zero = trace.parameters, np.zeros((4, 4))
    (x,), h = trace.inputs, trace.h0

    def total_at_the_same_point(**cut: np.ndarray) -> np.ndarray:
        # What the cut takes from a pre-activation goes into the bias, so that no value changes.
        kept = {f"b_{g}": getattr(p, f"b_{g}") + getattr(p, f"U_{g}") @ h for g in cut_gates(cut)}
        moved = gru.unroll(replace(p, **cut, **kept), x[None], h, convention)
        close(moved.h, trace.h, 1e-12)
        return jacobians(moved).total

    def cut_gates(cut: dict[str, np.ndarray]) -> list[str]:
        return [name[2:] for name in cut]

    close(total_at_the_same_point(U_z=zero), paths.total - paths.update, 1e-12)
    close(total_at_the_same_point(U_r=zero), paths.total - paths.reset, 1e-12)
    close(total_at_the_same_point(U_z=zero, U_r=zero), paths.leak + paths.candidate, 1e-12)
    close(paths.leak, np.diag(trace.keep[0])[None], 1e-12)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_total_gradient_is_carried_by_the_jacobians(kind):
    trace = random_trace(kind)
    d_h = np.zeros(trace.h.shape)
    d_h[-1] = 1.0
    gradients = backpropagate(trace, d_h)
    size = jacobians(trace).total.shape[-1]
    readout = np.concatenate([d_h[-1], np.zeros(size - 3)])
    close(gradients.d_h, (readout @ products(jacobians(trace).total))[:, :3], 1e-12)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_batch_is_the_sum_of_its_sequences(kind):
    trace = random_trace(kind, batch=(3,))
    d_h = np.random.default_rng(2).normal(size=trace.h.shape)
    together, total = backpropagate(trace, d_h), jacobians(trace).total
    alone = []
    for b in range(3):
        start = {"h0": trace.h0[b]} | ({"c0": trace.c0[b]} if kind == "lstm" else {})
        convention = {"convention": trace.convention} if isinstance(trace, Trace) else {}
        unroll = {Trace: gru.unroll, RNNTrace: rnn.unroll, LSTMTrace: lstm.unroll}[type(trace)]
        one = unroll(trace.parameters, trace.inputs[:, b], **start, **convention)
        alone.append(backpropagate(one, d_h[:, b]))
        close(together.d_h[:, b], alone[b].d_h, 1e-12)
        close(together.d_inputs[:, b], alone[b].d_inputs, 1e-12)
        close(together.d_h0[b], alone[b].d_h0, 1e-12)
        close(total[:, b], jacobians(one).total, 1e-12)
    for name in trace.parameters.NAMES:
        close(
            getattr(together.d_parameters, name),
            sum(getattr(gradients.d_parameters, name) for gradients in alone),
            1e-12,
        )


def test_the_gradient_is_linear_in_the_loss():
    trace = random_trace(PYTORCH)
    one, other = np.random.default_rng(0).normal(size=(2, *trace.h.shape))
    both = backpropagate(trace, 2 * one - other)
    close(both.d_h, 2 * backpropagate(trace, one).d_h - backpropagate(trace, other).d_h, 1e-12)


def test_the_cell_state_of_an_lstm_has_a_gradient_at_the_last_step_too():
    trace = random_trace("lstm")
    d_h = np.zeros(trace.h.shape)
    d_h[-1] = 1.0
    expected = trace.o[-1] * (1 - np.tanh(trace.c[-1]) ** 2)
    close(backpropagate(trace, d_h).d_c[-1], expected, 1e-12)


# Corners and refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize("gate", GATES)
def test_gate_slopes(gate):
    a = np.linspace(-4, 4, 83)  # no multiple of 2.5 among them
    slope = GATE_SLOPES[gate](a, GATES[gate](a))
    eps = 1e-6
    np.testing.assert_allclose(
        slope, (GATES[gate](a + eps) - GATES[gate](a - eps)) / (2 * eps), atol=1e-9
    )


def test_hard_sigmoid_at_its_corners_as_in_torch():
    a = torch.tensor([-2.6, -2.5, 0.0, 2.5, 2.6], dtype=torch.float64, requires_grad=True)
    torch_cells.hard_sigmoid(a).sum().backward()
    pre = a.detach().numpy()
    slope = GATE_SLOPES["hard_sigmoid"](pre, GATES["hard_sigmoid"](pre))
    np.testing.assert_array_equal(slope, a.grad)
    np.testing.assert_array_equal(slope, [0, 0.2, 0.2, 0.2, 0])


def test_relu_at_its_corner_as_in_torch():
    trace = rnn.unroll(RNNParameters([[1.0]], [[1.0]], [0.0], "relu"), [[0.0]])
    assert backpropagate(trace, [[1.0]]).d_inputs.item() == 0.0


@pytest.mark.parametrize("kind", [PYTORCH, "tanh", "lstm"], ids=str)
def test_wrong_shape_is_refused(kind):
    trace = random_trace(kind)
    with pytest.raises(InputError, match=r"d_h: expected shape \(5, 3\), got \(3,\)"):
        backpropagate(trace, np.ones(3))
    with pytest.raises(InputError, match=r"d_h\[0, 1\]: expected a finite number"):
        backpropagate(trace, [[0, np.nan, 0]] * 5)


def test_a_gradient_that_outgrows_float64_is_refused():
    trace = rnn.unroll(RNNParameters([[1.0]], [[1e200]], [0.0]), np.zeros((3, 1)))
    assert backpropagate(trace, np.ones((3, 1)) * 1e-300).d_h[0] == pytest.approx(1e100)
    for too_large in (
        lambda: backpropagate(trace, np.ones((3, 1))),
        lambda: products(jacobians(trace).total),
    ):
        with pytest.raises(InputError, match="those of step 1 are larger"):
            too_large()
