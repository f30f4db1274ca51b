from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator

from gru_core.errors import InputError
from gru_core.maths.convention import (
    CHUNG,
    KERAS,
    KERAS_RESET_BEFORE,
    ONNX,
    ONNX_LINEAR_BEFORE_RESET,
    PYTORCH,
    TFJS,
    Convention,
)
from gru_core.maths.gru import unroll
from gru_core.maths.weights import (
    from_keras,
    from_onnx,
    from_torch,
    load_into_torch,
    to_torch_state_dict,
)
from tests.maths.strategies import random_parameters

SIZES = [(1, 1), (3, 1), (2, 5), (10, 32)]
EXACT = {"rtol": 0, "atol": 1e-12}


# PyTorch ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
def test_every_layer_and_direction_of_torch(layers, bidirectional):
    torch.manual_seed(layers)
    gru = torch.nn.GRU(3, 4, layers, bidirectional=bidirectional, dtype=torch.float64)
    inputs = np.random.default_rng(0).normal(size=(6, 2, 3))
    with torch.no_grad():
        expected, _ = gru(torch.from_numpy(inputs))
    for layer in range(layers):
        forward = unroll(from_torch(gru, layer)[0], inputs).h
        if bidirectional:
            backward = unroll(from_torch(gru, layer, reverse=True)[0], inputs[::-1]).h[::-1]
            forward = np.concatenate([forward, backward], axis=-1)
        inputs = forward
    np.testing.assert_allclose(inputs, expected.numpy(), **EXACT)


def test_torch_state_dict_of_tensors_or_arrays():
    gru = torch.nn.GRU(3, 4)
    expected = from_torch(gru)
    assert expected[1] == PYTORCH
    assert from_torch(gru.state_dict()) == expected
    assert from_torch({k: v.numpy() for k, v in gru.state_dict().items()}) == expected
    assert from_torch(gru.to(torch.bfloat16))[0].hidden_size == 4


@pytest.mark.parametrize(
    "module",
    [
        torch.nn.LSTM(3, 4),
        torch.nn.LSTM(3, 4, proj_size=2),
        torch.nn.RNN(3, 4),
        torch.nn.Linear(3, 4),
        torch.nn.LSTMCell(3, 4),
        {},
        7,
    ],
    ids=lambda m: type(m).__name__,
)
def test_what_is_no_torch_gru_is_refused(module):
    with pytest.raises(InputError, match="expected"):
        from_torch(module)


@pytest.mark.parametrize(("layer", "reverse"), [(1, False), (0, True)])
def test_absent_layer_or_direction_is_refused(layer, reverse):
    for module in (torch.nn.GRU(3, 4), torch.nn.GRUCell(3, 4)):
        with pytest.raises(InputError, match="expected the entries weight_ih_l"):
            from_torch(module, layer, reverse)


def test_single_bias_is_refused():
    state = dict(torch.nn.GRU(3, 4).state_dict())
    del state["bias_hh_l0"]
    with pytest.raises(InputError, match="bias_hh_l0"):
        from_torch(state)


def test_wrong_bias_shape_is_refused():
    state = dict(torch.nn.GRU(3, 4).state_dict()) | {"bias_ih_l0": np.zeros(11)}
    with pytest.raises(InputError, match=r"bias_ih_l0: expected shape \(12,\), got \(11,\)"):
        from_torch(state)


@pytest.mark.parametrize("convention", [PYTORCH, Convention("candidate", "after")])
@pytest.mark.parametrize(("D", "H"), SIZES)
def test_back_to_torch_gives_the_same_h(D, H, convention):
    cell = random_parameters(D, D, H)
    rng = np.random.default_rng(D)
    inputs, h0 = rng.normal(size=(6, 3, D)), rng.normal(size=(3, H))
    expected = unroll(cell, inputs, h0, convention).h

    by_state_dict, loaded = (torch.nn.GRU(D, H, dtype=torch.float64) for _ in range(2))
    arrays = to_torch_state_dict(cell, convention)
    by_state_dict.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
    load_into_torch(loaded, cell, convention)
    for gru in (by_state_dict, loaded):
        with torch.no_grad():
            actual, _ = gru(torch.from_numpy(inputs), torch.from_numpy(h0)[None])
        np.testing.assert_allclose(actual.numpy(), expected, **EXACT)

    torch_cell = torch.nn.GRUCell(D, H, dtype=torch.float64)
    load_into_torch(torch_cell, cell, convention)
    with torch.no_grad():
        h = torch_cell(torch.from_numpy(inputs[0]), torch.from_numpy(h0))
    np.testing.assert_allclose(h.numpy(), expected[0], **EXACT)


def test_torch_round_trip_keeps_every_number():
    cell = random_parameters(0, 3, 4)
    assert from_torch(to_torch_state_dict(cell, PYTORCH)) == (cell, PYTORCH)


def test_load_rounds_to_the_dtype_of_the_module():
    cell = random_parameters(0, 3, 4)
    gru = torch.nn.GRU(3, 4)
    load_into_torch(gru, cell, PYTORCH)
    assert gru.weight_ih_l0.dtype == torch.float32
    np.testing.assert_allclose(from_torch(gru)[0].U_n, cell.U_n, rtol=1e-7)


def test_load_without_biases_only_when_they_are_zero():
    zero = np.zeros(4)
    cell = random_parameters(0, 3, 4, b_r=zero, b_z=zero, b_n=zero, c_n=zero)
    gru = torch.nn.GRU(3, 4, bias=False, dtype=torch.float64)
    load_into_torch(gru, cell, PYTORCH)
    assert from_torch(gru)[0] == cell
    with pytest.raises(InputError, match="bias=True"):
        load_into_torch(gru, replace(cell, b_r=np.ones(4)), PYTORCH)


@pytest.mark.parametrize(
    "module",
    [torch.nn.GRU(3, 4, 2), torch.nn.GRU(3, 4, bidirectional=True), torch.nn.Linear(3, 4)],
    ids=str,
)
def test_load_into_what_has_other_entries_is_refused(module):
    with pytest.raises(InputError, match="one layer and one direction"):
        load_into_torch(module, random_parameters(0, 3, 4), PYTORCH)


def test_load_into_another_size_is_refused():
    with pytest.raises(InputError, match=r"weight_ih_l0: expected shape \(12, 3\), got \(15, 3\)"):
        load_into_torch(torch.nn.GRU(3, 5), random_parameters(0, 3, 4), PYTORCH)


def test_back_to_torch_is_refused_where_no_conversion_exists():
    with pytest.raises(InputError, match="No exact conversion"):
        to_torch_state_dict(random_parameters(0, 3, 4, reset="before"), CHUNG)


# ONNX ---------------------------------------------------------------------------------------


def onnx_reference(inputs, h0, W, R, B, linear_before_reset, direction="forward"):
    tensors = {"X": inputs, "W": W, "R": R, "B": B, "H0": h0}
    node = onnx.helper.make_node(
        "GRU",
        ["X", "W", "R", "B" if B is not None else "", "", "H0"],
        ["Y"],
        hidden_size=R.shape[-1],
        linear_before_reset=linear_before_reset,
        direction=direction,
    )
    given = {name: value for name, value in tensors.items() if value is not None}
    double = onnx.TensorProto.DOUBLE
    graph = onnx.helper.make_graph(
        [node],
        "gru",
        [onnx.helper.make_tensor_value_info(k, double, v.shape) for k, v in given.items()],
        [onnx.helper.make_tensor_value_info("Y", double, None)],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 22)])
    return ReferenceEvaluator(model).run(None, given)[0]  # (T, directions, B, H)


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("linear_before_reset", [0, 1])
@pytest.mark.parametrize(("D", "H"), SIZES)
def test_equals_the_reference_evaluator_of_onnx(D, H, linear_before_reset, has_bias):
    rng = np.random.default_rng(H)
    W, R = rng.normal(size=(1, 3 * H, D)), rng.normal(size=(1, 3 * H, H))
    B = rng.normal(size=(1, 6 * H)) if has_bias else None
    inputs, h0 = rng.normal(size=(5, 3, D)), rng.normal(size=(1, 3, H))
    cell, convention = from_onnx(W, R, B, linear_before_reset)
    assert convention == (ONNX_LINEAR_BEFORE_RESET if linear_before_reset else ONNX)
    expected = onnx_reference(inputs, h0, W, R, B, linear_before_reset)[:, 0]
    np.testing.assert_allclose(unroll(cell, inputs, h0[0], convention).h, expected, **EXACT)
    without_axis = from_onnx(W[0], R[0], None if B is None else B[0], linear_before_reset)
    assert without_axis == (cell, convention)


@pytest.mark.parametrize("linear_before_reset", [0, 1])
def test_both_directions_of_onnx(linear_before_reset):
    rng = np.random.default_rng(2)
    W, R, B = (rng.normal(size=(2, *shape)) for shape in [(12, 3), (12, 4), (24,)])
    inputs, h0 = rng.normal(size=(5, 2, 3)), rng.normal(size=(2, 2, 4))
    expected = onnx_reference(inputs, h0, W, R, B, linear_before_reset, "bidirectional")
    for direction, order in enumerate([1, -1]):
        cell, convention = from_onnx(W, R, B, linear_before_reset, direction)
        h = unroll(cell, inputs[::order], h0[direction], convention).h[::order]
        np.testing.assert_allclose(h, expected[:, direction], **EXACT)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W": np.zeros((1, 11, 3))}, r"W: expected shape \(3H, D\) for a GRU, got \(11, 3\)"),
        ({"R": np.zeros((1, 16, 4))}, r"R: expected shape \(3H, H\) for a GRU, got \(16, 4\)"),
        ({"B": np.zeros((1, 12))}, r"B: expected shape \(24,\), got \(12,\)"),
        ({"linear_before_reset": 2}, "linear_before_reset: expected 0 or 1, got 2"),
        ({"direction": 1}, "direction: expected a number from 0 to 0, got 1"),
        ({"W": np.full((1, 12, 3), np.nan)}, r"W\[0, 0, 0\]"),
    ],
)
def test_wrong_onnx_weights_are_refused(change, message):
    right = {"W": np.zeros((1, 12, 3)), "R": np.zeros((1, 12, 4)), "B": np.zeros((1, 24))}
    assert from_onnx(**right)[0].hidden_size == 4
    with pytest.raises(InputError, match=message):
        from_onnx(**right | change)


# Keras --------------------------------------------------------------------------------------


def keras_states(inputs, h, kernel, recurrent_kernel, bias, reset_after, gate):
    """The documented equations of Keras, restated: rows times matrices, blocks z, r, h."""
    units = recurrent_kernel.shape[0]
    states = []
    for x in inputs:
        if reset_after:
            xz, xr, xh = np.split(x @ kernel + bias[0], 3, axis=-1)
            hz, hr, hh = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)
            z, r = gate(xz + hz), gate(xr + hr)
            candidate = np.tanh(xh + r * hh)
        else:
            xz, xr, xh = np.split(x @ kernel + bias, 3, axis=-1)
            z = gate(xz + h @ recurrent_kernel[:, :units])
            r = gate(xr + h @ recurrent_kernel[:, units : 2 * units])
            candidate = np.tanh(xh + (r * h) @ recurrent_kernel[:, 2 * units :])
        h = z * h + (1 - z) * candidate
        states.append(h)
    return np.stack(states)


KERAS_GATES = {
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "hard_sigmoid": lambda a: np.where(a < -2.5, 0, np.where(a > 2.5, 1, 0.2 * a + 0.5)),
}


@pytest.mark.parametrize("gate", ["sigmoid", "hard_sigmoid"])
@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize(("D", "H"), SIZES)
def test_equals_the_equations_of_keras(D, H, reset_after, gate):
    rng = np.random.default_rng(D + H)
    kernel, recurrent_kernel = rng.normal(size=(D, 3 * H)), rng.normal(size=(H, 3 * H))
    bias = rng.normal(size=(2, 3 * H) if reset_after else 3 * H)
    inputs, h0 = rng.normal(size=(5, 3, D)), rng.normal(size=(3, H))
    cell, convention = from_keras(kernel, recurrent_kernel, bias, reset_after)
    assert convention == (KERAS if reset_after else KERAS_RESET_BEFORE)
    expected = keras_states(
        inputs, h0, kernel, recurrent_kernel, bias, reset_after, KERAS_GATES[gate]
    )
    convention = replace(convention, gate=gate)
    assert (convention == TFJS) == (not reset_after and gate == "hard_sigmoid")
    np.testing.assert_allclose(unroll(cell, inputs, h0, convention).h, expected, **EXACT)


@pytest.mark.parametrize("reset_after", [True, False])
def test_keras_without_bias(reset_after):
    cell, _ = from_keras(np.ones((2, 9)), np.ones((3, 9)), None, reset_after)
    assert not any(getattr(cell, name).any() for name in ("b_r", "b_z", "b_n", "c_n"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kernel": np.ones((9, 2))}, r"kernel: expected shape \(D, 3H\) for a GRU, got \(9, 2\)"),
        (
            {"recurrent_kernel": np.ones((3, 12))},
            r"recurrent_kernel: expected shape \(H, 3H\) for a GRU, got \(3, 12\)",
        ),
        ({"bias": np.ones(9)}, r"bias: expected shape \(2, 9\) with reset_after=True, got \(9,\)"),
        ({"reset_after": False}, r"bias: expected shape \(9,\) with reset_after=False"),
        ({"recurrent_kernel": np.ones(9)}, r"recurrent_kernel: expected shape .* got \(9,\)"),
    ],
)
def test_wrong_keras_weights_are_refused(change, message):
    right = {
        "kernel": np.ones((2, 9)),
        "recurrent_kernel": np.ones((3, 9)),
        "bias": np.ones((2, 9)),
    }
    assert from_keras(**right)[0].hidden_size == 3
    with pytest.raises(InputError, match=message):
        from_keras(**right | change)
