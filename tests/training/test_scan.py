"""The gradient by hand against autograd through the steps, in double precision."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from gru_core.training import network, normal
from gru_core.training.experiment import EXCLUSIVE, Experiment
from gru_core.training.scanned import can_scan
from gru_core.training.stabilisers import METHODS, Noise
from tests.training.stabilised import is_kept, weights_of, with_methods

SIZES = st.integers(1, 4)
NEVER = {"independent_gates", "bounded_gates", "time_residual", "erasing_dropout"}
ONCE = {"depth_residual", "spectral_norm", "weight_norm"}  # that act on no step
WITHIN = sorted({*METHODS} - NEVER - ONCE)
CLOSE = {"rtol": 1e-10, "atol": 1e-11}


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """A GRU of any form, under some of the methods that the scan knows."""
    names: list[str] = []
    for name in draw(st.lists(st.sampled_from(WITHIN), unique=True, max_size=3)):
        if not any(name in group and {*names} & {*group} for group in EXCLUSIVE):
            names.append(name)
    return with_methods(
        *names,
        z=draw(st.sampled_from(["state", "candidate"])),
        reset=draw(st.sampled_from(["after", "before"])),
        candidate=draw(st.sampled_from(["tanh", "relu"])),
        hidden=draw(SIZES),
        length=5,
        runs=draw(st.integers(1, 2)),
    )


def tensors(generator: torch.Generator, *shapes: tuple[int, ...]) -> list[Tensor]:
    return [
        torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_()
        for shape in shapes
    ]


@pytest.mark.parametrize("together", [1, 2**18])
@given(
    e=experiments(),
    T=st.integers(1, 5),
    B=SIZES,
    first=st.integers(0, 1),
    read=st.sampled_from(["all", "last", "both"]),
    training=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_scan_is_the_steps_in_value_and_every_gradient(
    monkeypatch: pytest.MonkeyPatch,
    together: int,
    e: Experiment,
    T: int,
    B: int,
    first: int,
    read: str,
    training: bool,
    seed: int,
) -> None:
    monkeypatch.setattr(normal, "_TOGETHER", together)  # chunks of one step, and one for all
    K, H, D = e.runs, e.hidden, e.about.inputs
    generator = torch.Generator().manual_seed(seed)
    x, h0, d_h, d_last = tensors(generator, (T, K, B, D), (K, B, H), (T, K, B, H), (K, B, H))
    drawn = {name.removesuffix("_l0"): w for name, w in weights_of(e, 0.5).items()}
    trained = {name: w for name, w in drawn.items() if "head" not in name}
    trained = {n: w.requires_grad_() for n, w in trained.items() if not is_kept(e, f"{n}_l0")}
    noise, found = Noise(e.seeds, seed) if training else None, []
    for way in (
        lambda methods: network._scanned(e, x, drawn, h0, methods),
        lambda methods: network._stepped(e, x, drawn, (h0, h0), methods),
    ):
        methods, sites = network._at_work(e, drawn, x, 0, min(first, 5 - T), noise)
        if not can_scan(methods, T):
            assert not training
            assert {"batch_norm", "input_batch_norm"} & {*sites}
            return
        piece = way(methods)
        of_all, of_last = (piece.h * d_h).sum(), (piece.last * d_last).sum()
        loss = {"all": of_all, "last": of_last, "both": of_all + of_last}[read]
        grads = torch.autograd.grad(loss, (x, h0, *trained.values()), materialize_grads=True)
        statistics = [
            value for site in sites.values() for _, value in sorted(site.statistics.items())
        ]
        found.append([piece.h, piece.last, *piece.gates.values(), *statistics, *grads])
    for by_hand, by_tape in zip(*found, strict=True):
        torch.testing.assert_close(by_hand, by_tape, **CLOSE)


@pytest.mark.parametrize(
    "names", [(), ("layer_norm", "variational_dropout"), ("batch_norm", "zoneout")]
)
@pytest.mark.parametrize("reset", ["after", "before"])
def test_gradcheck_of_the_scan(reset: str, names: tuple[str, ...]) -> None:
    e = with_methods(*names, reset=reset, hidden=2, length=3, runs=2)
    weights = {n.removesuffix("_l0"): w for n, w in weights_of(e, 0.5).items() if "head" not in n}
    trained = {n: w.requires_grad_() for n, w in weights.items() if not is_kept(e, f"{n}_l0")}
    x, h0 = tensors(torch.Generator().manual_seed(1), (3, 2, 3, e.about.inputs), (2, 3, 2))

    def run(x: Tensor, h0: Tensor, *given: Tensor) -> tuple[Tensor, Tensor]:
        own = weights | dict(zip(trained, given, strict=True))
        methods, _ = network._at_work(e, own, x, 0, 0, Noise(e.seeds, 1))
        piece = network._scanned(e, x, own, h0, methods)
        return piece.h, piece.last

    assert torch.autograd.gradcheck(run, (x, h0, *trained.values()), atol=1e-7)


@pytest.mark.parametrize("name", METHODS)
def test_what_the_scan_does_not_know_goes_step_by_step(name: str) -> None:
    e = with_methods(name, layers=2, length=3)
    own = {n.removesuffix("_l0"): w for n, w in weights_of(e).items()}
    x = torch.zeros(3, 1, 2, e.about.inputs, dtype=torch.float64)
    for noise in (Noise([0], 0), None):
        methods, _ = network._at_work(e, own, x, 0, 0, noise)
        measured = "batch_norm" in name and noise is None
        assert can_scan(methods, 3) == (name not in NEVER and not measured)


def test_statistics_of_steps_beyond_the_kept_ones_go_step_by_step() -> None:
    e = with_methods("batch_norm", length=3)
    own = {n.removesuffix("_l0"): w for n, w in weights_of(e).items()}
    x = torch.zeros(3, 1, 2, e.about.inputs, dtype=torch.float64)
    for first in (0, 1):
        methods, _ = network._at_work(e, own, x, 0, first, Noise([0], 0))
        assert can_scan(methods, 3) == (first == 0)
