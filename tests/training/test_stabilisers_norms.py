"""Normalisation, held against torch.nn's modules in a plain loop."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from gru_core.training import trainer
from gru_core.training.network import forward
from gru_core.training.stabilisers import METHODS, Noise
from gru_core.training.stabilisers.norms import BatchNorm, LayerNorm
from tests.training.stabilised import (
    FORMS,
    alone,
    called,
    inputs_of,
    loop,
    site,
    weights_of,
    with_methods,
)

ROWS = {"gates": lambda H: slice(0, 2 * H), "n": lambda H: slice(2 * H, None)}
NOISE = Noise([0], 0)


def rows(part: str, H: int) -> slice:
    return ROWS.get(part, lambda _: slice(None))(H)


@pytest.mark.parametrize("truncate", [0, 3])
@pytest.mark.parametrize("form", FORMS, ids=called)
def test_layer_norm_is_that_of_torch(form: dict[str, object], truncate: int) -> None:
    e = with_methods("layer_norm", **form, truncate=truncate)
    weights, x = weights_of(e, spread=0.5), inputs_of(e, 7, 4)
    w = alone(weights)

    def change(product: Tensor, bias: Tensor, side: str, part: str, t: int) -> Tensor:
        norm = nn.LayerNorm(product.shape[-1], bias=False, dtype=torch.float64)
        gain = w[f"layer_norm.gain_{side}_l0"][rows(part, e.hidden)]
        norm.weight = nn.Parameter(gain)
        # W x has its bias before the norm, U h after it.
        return norm(product + bias) if side == "input" else norm(product) + bias

    expected = loop(e, w, x[0], change)
    for noise in (None, NOISE):
        found = forward(e, weights, x, noise=noise).layers[0].h[0]
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_layer_norm_of_one_unit_is_0() -> None:
    ones = torch.ones(2, 3, dtype=torch.float64)
    norm = LayerNorm(site(hidden=1, own={"gain_input": ones, "gain_recurrent": ones}))
    # The two gates far apart, beside which LayerNorm's epsilon is nothing.
    product = torch.tensor([3.0, -2.0, 5.0], dtype=torch.float64).expand(2, 4, 3)
    bias = torch.zeros(2, 1, 3, dtype=torch.float64)
    normal = norm.recurrent(product, bias, 0, "all")
    assert (normal[..., 2] == 0).all()
    torch.testing.assert_close(normal[..., :2].abs().mean(), ones[0, 0], atol=1e-2, rtol=0)
    e = with_methods("layer_norm", cell="rnn", hidden=1)
    weights = weights_of(e)
    weights["bias_hh_l0"][:] = 0
    assert (forward(e, weights, inputs_of(e, 5, 3)).layers[0].h == 0).all()


def modules(rows: int, steps: int) -> list[nn.BatchNorm1d]:
    return [nn.BatchNorm1d(rows, affine=False, dtype=torch.float64) for _ in range(steps)]


@pytest.mark.parametrize("truncate", [0, 3])
@pytest.mark.parametrize("name", ["batch_norm", "input_batch_norm"])
@pytest.mark.parametrize("form", FORMS, ids=called)
def test_batch_norm_is_that_of_torch(form: dict[str, object], name: str, truncate: int) -> None:
    """In training, its running statistics after two batches, and in evaluation beyond T."""
    T, H = 7, 3
    e = with_methods(name, **form, hidden=H, length=T, truncate=truncate)
    weights = weights_of(e, spread=0.3)
    gru = e.cell == "gru"
    parts = {"gates": 2 * H, "n": H} if gru else {"all": {"rnn": 1, "lstm": 4}[e.cell] * H}
    sides = ("input", "recurrent") if name == "batch_norm" else ("input",)
    torchs = {(s, part): modules(width, T) for s in sides for part, width in parts.items()}

    def change(product: Tensor, bias: Tensor, side: str, part: str, t: int) -> Tensor:
        if side not in sides:
            return product + bias
        gamma = weights[f"{name}.gamma_{side}_l0"][0, rows(part, H)]
        return gamma * torchs[side, part][min(t, T - 1)](product) + bias

    for step in range(2):
        x = inputs_of(e, T, 6, seed=step)
        output = forward(e, weights, x, noise=Noise([0], step))
        expected = loop(e, alone(weights), x[0], change)
        torch.testing.assert_close(output.layers[0].h[0], expected, rtol=0, atol=1e-10)
        assert set(output.statistics) < set(weights)
        weights |= output.statistics
    for (side, part), steps in torchs.items():
        for t, module in enumerate(steps):
            kept = (weights[f"{name}.{what}_{side}_l0"][0, t] for what in ("mean", "variance"))
            mean, variance = (numbers[rows(part, H)] for numbers in kept)
            torch.testing.assert_close(mean, module.running_mean, rtol=1e-9, atol=1e-12)
            torch.testing.assert_close(variance, module.running_var, rtol=1e-9, atol=1e-12)
            module.eval()
    x = inputs_of(e, T + 4, 1, seed=7)  # longer than any sequence before; and a batch of one
    expected = loop(e, alone(weights), x[0], change)
    found = forward(e, weights, x).layers[0].h[0]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("form", FORMS, ids=called)
def test_a_batch_of_one_leaves_batch_norm_nothing_but_the_biases(form: dict[str, object]) -> None:
    e = with_methods("batch_norm", **form)
    weights = weights_of(e, spread=0.3)
    one, other = (
        forward(e, weights, inputs_of(e, 5, 1, seed), noise=NOISE).layers[0].h for seed in (1, 2)
    )
    assert one.abs().max() > 0.01
    torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
    # It is not on the path of the state: that goes on as it was kept.
    if e.cell == "gru":
        assert (one[0, 1] != one[0, 0]).all()


def test_batch_norm_is_on_nothing_but_the_two_products() -> None:
    """The state, and the weights that blend it, pass as they are."""
    own = {f"gamma_{side}": torch.ones(2, 15) for side in ("input", "recurrent")}
    norm = BatchNorm(site(own=own), 0.1)
    h = torch.randn(2, 4, 5)
    assert norm.read(h) is h
    assert norm.leave(h, h, 0, "h") is h
    assert norm.candidate(h, 0) is h
    assert norm.blend(h, h, h, 0) == (h, h)
    assert norm.above(h, h) is h


@pytest.mark.parametrize(("name", "gamma"), [("batch_norm", 0.1), ("input_batch_norm", 1.0)])
def test_gamma_starts_as_its_paper_says(name: str, gamma: float) -> None:
    weights = weights_of(with_methods(name))
    started = [w for key, w in weights.items() if ".gamma_" in key]
    assert len(started) == (2 if name == "batch_norm" else 1)
    assert all((w == gamma).all() for w in started)
    dial = METHODS[name].dial
    assert dial
    assert dial.usual == gamma


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
def test_a_large_gamma_lets_the_gradient_explode(cell: str) -> None:
    """‖∂L/∂h_2‖ / ‖∂L/∂h_T‖. Cooijmans et al. 2016, section 4, start with 0.1."""
    shares = {}
    for gamma in (0.1, 2.0):
        e = with_methods(("batch_norm", gamma), cell=cell, hidden=24, length=60)
        weights, x = weights_of(e), inputs_of(e, 60, 24)
        weights["weight_hh_l0"].requires_grad_()
        output = forward(e, weights, x, stepwise=True, noise=NOISE)
        steps = output.layers[0].steps
        first, last = torch.autograd.grad(output.answer.square().sum(), [steps[1], steps[-1]])
        shares[gamma] = float(first.norm() / last.norm())
    assert shares[0.1] < 1
    assert shares[2.0] > max(2.0, 100 * shares[0.1])


@pytest.mark.parametrize(("keep", "share"), [("bias", 0.85), ("chrono", 0.85)])
def test_layer_norm_takes_a_part_of_a_keep_bias(keep: str, share: float) -> None:
    """The bias is within the norm of W x + b: what it adds to z it takes from r."""
    u, r = [], []
    for names in ((), ("layer_norm",)):
        e = with_methods(*names, hidden=32, length=60, keep=keep)
        gates = forward(e, weights_of(e), inputs_of(e, 60, 8)).layers[0].gates
        u.append(float(gates["z"].mean()))
        r.append(float(gates["r"].mean()))
    plain, normal = u
    assert plain > share
    assert 0.5 < normal < plain - 0.05
    assert r[1] < r[0] - 0.05


def test_statistics_of_a_run_that_breaks_stay_as_they_were() -> None:
    e = with_methods("input_batch_norm", runs=2)
    broken = trainer.start(e)
    weights = {name: w.clone() for name, w in broken.weights.items()}
    weights["head.bias"][1] = torch.nan
    broken = replace(broken, weights=weights)
    after, _ = trainer.advance(broken, 2)
    assert after.stopped[0] is None
    assert after.stopped[1] is not None
    mean = after.weights["input_batch_norm.mean_input_l0"]
    assert (mean[0] != 0).any()
    assert (mean[1] == 0).all()
    assert mean.isfinite().all()
