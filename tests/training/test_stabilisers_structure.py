"""Gates of their own, residuals and norms of U: what they start as, and where they lead."""

from math import log

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_core.training import trainer
from gru_core.training.cells import How, Weights, gru_step, lstm_step, rnn_step
from gru_core.training.experiment import Experiment
from gru_core.training.network import BLOCKS, forward
from gru_core.training.stabilisers import Together
from gru_core.training.stabilisers.structure import SpectralNorm, TimeResidual, WeightNorm
from tests.training.stabilised import FORMS, called, inputs_of, site, weights_of, with_methods

GRUS = [form for form in FORMS if "cell" not in form]
RESIDUAL = Together([TimeResidual(site())])


def without(e: Experiment) -> Experiment:
    return e.changed(methods=[])


@pytest.mark.parametrize("keep", ["none", "chrono"])
@pytest.mark.parametrize("form", GRUS, ids=called)
def test_untrained_independent_gates_are_the_gru(form: dict[str, object], keep: str) -> None:
    """i starts as the opposite of the gate that keeps, to the bit, and 1 − σ(a) = σ(−a)."""
    e = with_methods("independent_gates", **form, keep=keep, hidden=6, layers=2, truncate=7)
    weights, x, H = weights_of(e), inputs_of(e, 20, 4), e.hidden
    z, sign = slice(H, 2 * H), -1 if e.z == "state" else 1
    for layer in range(2):
        for name in ("weight_ih", "weight_hh"):
            opposite = sign * weights[f"{name}_l{layer}"][:, z]
            assert torch.equal(weights[f"independent_gates.{name}_l{layer}"], opposite)
    found, expected = (forward(each, weights, x).answer for each in (e, without(e)))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    single = {name: w.float() for name, w in weights.items()}
    found, expected = (forward(each, single, x.float()).answer for each in (e, without(e)))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


@given(st.integers(0, 10_000))
@settings(max_examples=20)
def test_tied_gates_are_the_gru_whatever_the_weights(seed: int) -> None:
    """CIFG: with i tied to 1 − f, trained or not."""
    e, H = with_methods("independent_gates", hidden=4), 4
    torch.manual_seed(seed)
    weights = {name: torch.randn_like(w) for name, w in weights_of(e).items()}
    z = slice(H, 2 * H)
    weights["independent_gates.weight_ih_l0"] = -weights["weight_ih_l0"][:, z]
    weights["independent_gates.weight_hh_l0"] = -weights["weight_hh_l0"][:, z]
    weights["independent_gates.bias_l0"] = -(weights["bias_ih_l0"] + weights["bias_hh_l0"])[:, z]
    x = inputs_of(e, 12, 3)
    found, expected = (forward(each, weights, x).layers[0].h for each in (e, without(e)))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def open_gates(name: str, H: int = 2) -> tuple[Experiment, dict[str, torch.Tensor]]:
    """f = i = 0.99 and n = 1, whatever comes; the head says h."""
    e = with_methods(name, hidden=H)
    weights = {name: torch.zeros_like(w) for name, w in weights_of(e).items()}
    weights["bias_ih_l0"][:, H : 2 * H] = log(99)
    weights[f"{name}.bias_l0"][:] = log(99)
    weights["bias_ih_l0"][:, 2 * H :] = 30.0
    weights["head.weight"][:] = 1 / H
    return e, weights


def test_independent_gates_have_no_bound() -> None:
    e, weights = open_gates("independent_gates")
    h = forward(e, weights, inputs_of(e, 50, 1)).layers[0].h[0, :, 0, 0]
    expected = 99 * (1 - 0.99 ** torch.arange(1, 51, dtype=torch.float64))
    torch.testing.assert_close(h, expected, rtol=1e-12, atol=0)
    assert round(float(h[-1]), 1) == 39.1


def test_bounded_gates_are_read_within_1() -> None:
    e, weights = open_gates("bounded_gates")
    output = forward(e, weights, inputs_of(e, 50, 1))
    assert round(float(output.layers[0].last[0, 0, 0]), 1) == 39.1
    torch.testing.assert_close(output.answer.item(), 1.0, rtol=0, atol=1e-9)


@pytest.mark.parametrize("form", GRUS, ids=called)
def test_bounded_gates_read_tanh_everywhere_but_in_the_blend(form: dict[str, object]) -> None:
    e = with_methods("bounded_gates", **form)
    weights, x, H = weights_of(e, 0.5), inputs_of(e, 6, 3), e.hidden
    w = {name: weight[0] for name, weight in weights.items()}
    c = w.get("bias_hh_l0", torch.zeros_like(w["bias_ih_l0"]))
    h = torch.zeros(3, H, dtype=torch.float64)
    for x_t in x[0]:
        read = torch.tanh(h)
        a = x_t @ w["weight_ih_l0"].T + w["bias_ih_l0"]
        q = read @ w["weight_hh_l0"].T + c
        r, z = torch.sigmoid(a + q)[:, : 2 * H].chunk(2, -1)
        inner = (r * read) @ w["weight_hh_l0"][2 * H :].T
        n = torch.tanh(a[:, 2 * H :] + (r * q[:, 2 * H :] if e.reset == "after" else inner))
        i = torch.sigmoid(
            x_t @ w["bounded_gates.weight_ih_l0"].T
            + read @ w["bounded_gates.weight_hh_l0"].T
            + w["bounded_gates.bias_l0"]
        )
        h = (z if e.z == "state" else 1 - z) * h + i * n
    output = forward(e, weights, x)
    torch.testing.assert_close(output.layers[0].last[0], h, rtol=0, atol=1e-12)
    answer = torch.tanh(h) @ w["head.weight"].T + w["head.bias"]
    torch.testing.assert_close(output.answer[0, 0], answer, rtol=0, atol=1e-12)


def test_a_residual_over_time_doubles_what_a_gru_would_keep() -> None:
    """h' = u∘h + (1 − u)∘n + h: with n = 0, h_t = (1 + u)^t h_0; article 004 saw 7e28 after 100."""
    H, u = 3, 0.95
    a = torch.zeros(1, 1, 3 * H, dtype=torch.float64)
    a[..., H : 2 * H] = log(u / (1 - u))
    w = Weights(torch.zeros(1, 3 * H, H, dtype=a.dtype), torch.zeros(1, 3 * H, dtype=a.dtype))
    h = torch.ones(1, 1, H, dtype=a.dtype)
    for t in range(100):
        h = gru_step(a, h, w, How(), RESIDUAL, t).h
    torch.testing.assert_close(h, torch.full_like(h, 1.95**100), rtol=1e-10, atol=0)
    assert h.max() > 1e28


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
def test_the_jacobian_of_a_residual_over_time_is_i_plus_j(cell: str) -> None:
    H, blocks = 4, BLOCKS[cell]
    torch.manual_seed(0)
    draw = torch.randn(1, blocks * H, H + 2, dtype=torch.float64)
    a, w = draw[..., 0].unsqueeze(1), Weights(draw[..., 2:], draw[..., 1])
    c = torch.randn(1, 1, H, dtype=torch.float64)
    steps = {
        "gru": lambda h, methods: gru_step(a, h, w, How(), methods).h,
        "lstm": lambda h, methods: lstm_step(a, h, c, w, How(), methods).h,
        "rnn": lambda h, methods: rnn_step(a, h, w, How(), methods),
    }
    at = torch.randn(1, 1, H, dtype=torch.float64)
    plain, residual = (
        torch.autograd.functional.jacobian(lambda h, m=m: steps[cell](h, m), at).view(H, H)
        for m in (Together(), RESIDUAL)
    )
    eye = torch.eye(H, dtype=torch.float64)
    torch.testing.assert_close(residual, plain + eye, rtol=0, atol=1e-12)


@pytest.mark.parametrize("form", FORMS, ids=called)
def test_a_network_with_a_residual_over_time_grows_on(form: dict[str, object]) -> None:
    e = with_methods("time_residual", **form, scheme="orthogonal", hidden=8)
    h = forward(e, weights_of(e), inputs_of(e, 60, 4)).layers[0].h.abs().flatten(2).amax((0, 2))
    plain = forward(without(e), weights_of(e), inputs_of(e, 60, 4)).layers[0].h.abs().max()
    assert plain <= 1
    assert h[-1] > 10
    assert h[-1] > 1.5 * h[29]  # still growing


@pytest.mark.parametrize("truncate", [0, 3])
@pytest.mark.parametrize("form", FORMS, ids=called)
def test_a_residual_over_depth_adds_what_the_layer_read(
    form: dict[str, object], truncate: int
) -> None:
    """With a projection where the widths differ (layer 0), without where they are equal."""
    e = with_methods("depth_residual", **form, layers=2, truncate=truncate, task="reber")
    weights, x = weights_of(e, 0.5), inputs_of(e, 8, 4)
    P = weights["depth_residual.projection_l0"]
    assert P.shape == (1, e.hidden, e.about.inputs)
    assert "depth_residual.projection_l1" not in weights
    read = x
    single = with_methods(**{**form, "layers": 1, "truncate": truncate, "task": "reber"})
    for layer in range(2):
        own = {
            name.replace(f"_l{layer}", "_l0"): w
            for name, w in weights.items()
            if name.endswith(f"_l{layer}") or name.startswith("head")
        }
        h = forward(single, own, read).layers[0].h
        read = h + (read @ P[:, None].mT if layer == 0 else read)
    found = forward(e, weights, x).answer
    answer = read @ weights["head.weight"][:, None].mT + weights["head.bias"]
    torch.testing.assert_close(found, answer, rtol=0, atol=1e-12)


@given(c=st.floats(0.1, 5.0), seed=st.integers(0, 1000), cell=st.sampled_from(["gru", "rnn"]))
@settings(max_examples=30)
def test_spectral_norm_stretches_by_exactly_c(c: float, seed: int, cell: str) -> None:
    H, blocks = 5, BLOCKS[cell]
    torch.manual_seed(seed)
    U = torch.randn(2, blocks * H, H, dtype=torch.float64)
    scaled = SpectralNorm(site(blocks=blocks), c).matrix(U).view(2, blocks, H, H)
    largest = torch.linalg.svdvals(scaled)[..., 0]
    torch.testing.assert_close(largest, torch.full_like(largest, c))
    ratio = scaled / U.view_as(scaled)  # a scale for each gate's block, and nothing else
    torch.testing.assert_close(ratio, ratio[..., :1, :1].expand_as(ratio))


def test_spectral_norm_holds_through_training() -> None:
    e = with_methods(("spectral_norm", 0.7), hidden=5, steps=8, learning_rate=0.1, runs=2)
    trained, _ = trainer.advance(trainer.start(e), 8)
    U = trained.weights["weight_hh_l0"]
    assert (torch.linalg.matrix_norm(U.view(2, 3, 5, 5), 2) != 0.7).all()
    scaled = SpectralNorm(site(), 0.7).matrix(U)
    norms = torch.linalg.matrix_norm(scaled.view(2, 3, 5, 5), 2)
    torch.testing.assert_close(norms, torch.full_like(norms, 0.7))


@pytest.mark.parametrize("form", FORMS, ids=called)
def test_weight_norm_starts_as_the_same_function(form: dict[str, object]) -> None:
    e = with_methods("weight_norm", **form, layers=2)
    weights, x = weights_of(e), inputs_of(e, 6, 3)
    found, expected = (forward(each, weights, x).answer for each in (e, without(e)))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(
        weights["weight_norm.length_l1"], weights["weight_hh_l1"].norm(dim=-1)
    )


def test_weight_norm_parts_length_and_direction() -> None:
    length = torch.rand(2, 15, dtype=torch.float64) + 0.5
    norm = WeightNorm(site(own={"length": length}))
    U = torch.randn(2, 15, 5, dtype=torch.float64)
    scaled = norm.matrix(U)
    torch.testing.assert_close(scaled.norm(dim=-1), length)
    torch.testing.assert_close(norm.matrix(3 * U), scaled)
    torch.testing.assert_close(
        scaled / scaled.norm(dim=-1, keepdim=True), U / U.norm(dim=-1, keepdim=True)
    )


@pytest.mark.parametrize("name", ["spectral_norm", "weight_norm"])
def test_norms_of_a_u_that_is_0_are_finite(name: str) -> None:
    e = with_methods(name, scheme="zeros", runs=2)
    trained, record = trainer.advance(trainer.start(e), 3)
    assert trained.stopped == (None, None)
    assert torch.tensor(record.gradient_norm).isfinite().all()
