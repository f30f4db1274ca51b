"""The steps against the maths, and the gradient by hand against autograd, in double precision."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gru_core.maths.convention import Convention
from gru_core.maths.gru import step
from gru_core.maths.initial import initialise
from gru_core.maths.lstm import unroll as unroll_lstm
from gru_core.maths.rnn import unroll as unroll_rnn
from gru_core.training import cells
from gru_core.training.cells import GRUScan, How, Weights, gru_step, lstm_step, rnn_step
from gru_core.training.network import packed

SIZES = st.integers(1, 4)
RESETS = st.sampled_from(["after", "before"])


def tensors(generator: torch.Generator, *shapes: tuple[int, ...]) -> list[torch.Tensor]:
    return [
        torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_()
        for shape in shapes
    ]


@pytest.mark.parametrize("together", [1, 2**18])
@given(
    sizes=st.tuples(SIZES, SIZES, SIZES, SIZES, SIZES),
    reset=RESETS,
    relu=st.booleans(),
    read=st.sampled_from(["all", "last", "both"]),
    seed=st.integers(0, 99),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_gradient_by_hand_is_autograds(
    monkeypatch: pytest.MonkeyPatch,
    together: int,
    sizes: tuple[int, int, int, int, int],
    reset: str,
    relu: bool,
    read: str,
    seed: int,
) -> None:
    monkeypatch.setattr(cells, "_TOGETHER", together)  # chunks of one step, and one for all
    K, T, B, D, H = sizes
    generator = torch.Generator().manual_seed(seed)
    x, W, b, h0, U, c, d_h, d_last = tensors(
        generator,
        (T, K, B, D),
        (K, 3 * H, D),
        (K, 3 * H),
        (K, B, H),
        (K, 3 * H, H),
        (K, 3 * H),
        (T, K, B, H),
        (K, B, H),
    )
    if reset == "before":
        c = (c * torch.tensor([1.0, 1.0, 0.0]).repeat_interleave(H)).detach().requires_grad_()

    def loss(states: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        of_all, of_last = (states * d_h).sum(), (last * d_last).sum()
        return {"all": of_all, "last": of_last, "both": of_all + of_last}[read]

    hs, last, gates, n = GRUScan.apply(x, W, b, h0, U, c, reset, relu)
    by_hand = torch.autograd.grad(loss(hs, last), (x, W, b, h0, U, c))
    h, steps = h0, []
    for x_t in x.unbind(0):
        a_t = torch.baddbmm(b[:, None], x_t, W.mT)
        steps.append(gru_step(a_t, h, Weights(U, c), How(reset, relu=relu)))
        h = steps[-1].h
    taped = torch.stack([s.h for s in steps])
    by_tape = torch.autograd.grad(loss(taped, h), (x, W, b, h0, U, c))
    close = {"rtol": 1e-10, "atol": 1e-12}
    torch.testing.assert_close(hs, taped, **close)
    torch.testing.assert_close(last, h, **close)
    kept = {"r": gates[..., :H], "keep": gates[..., H:], "n": n}
    for name, part in kept.items():
        torch.testing.assert_close(part, torch.stack([getattr(s, name) for s in steps]), **close)
    for one, other in zip(by_hand, by_tape, strict=True):
        torch.testing.assert_close(one, other, **close)


@pytest.mark.parametrize("reset", ["after", "before"])
def test_gradcheck_of_the_scan(reset: str) -> None:
    generator = torch.Generator().manual_seed(1)
    shapes = ((3, 2, 2, 1), (2, 6, 1), (2, 6), (2, 2, 2), (2, 6, 2), (2, 6))
    inputs = tensors(generator, *shapes)
    assert torch.autograd.gradcheck(
        lambda *given: GRUScan.apply(*given, reset, False)[:2], inputs, atol=1e-7
    )


@given(H=SIZES, D=SIZES, reset=RESETS, seed=st.integers(0, 99))
def test_a_step_is_the_one_of_the_maths(H: int, D: int, reset: str, seed: int) -> None:
    convention = Convention("state", reset)
    p = initialise("gru", D, H, seed=seed, convention=convention)
    x, h = np.random.default_rng(seed).normal(size=(2, 5, max(D, H)))
    w = {name: torch.tensor(a)[None] for name, a in packed(p).items()}
    a = torch.from_numpy(x[:, :D])[None] @ w["weight_ih"].mT + w["bias_ih"][:, None]
    ours = gru_step(
        a, torch.from_numpy(h[:, :H])[None], Weights(w["weight_hh"], w["bias_hh"]), How(reset)
    )
    theirs = step(p, x[:, :D], h[:, :H], convention)
    for name in ("r", "keep", "n", "h"):
        np.testing.assert_allclose(getattr(ours, name)[0], getattr(theirs, name), atol=1e-14)


def test_the_lstm_and_the_rnn_are_those_of_the_maths() -> None:
    x = np.random.default_rng(0).normal(size=(6, 3))
    lstm = initialise("lstm", 3, 4, seed=0)
    w = {name: torch.tensor(a)[None] for name, a in packed(lstm).items()}
    a = torch.from_numpy(x)[:, None] @ w["weight_ih"][0].T + w["bias_ih"]
    h = c = torch.zeros(1, 1, 4, dtype=torch.float64)
    for t in range(6):
        out = lstm_step(a[t][None], h, c, Weights(w["weight_hh"], w["bias_hh"]), How())
        h, c = out.h, out.c
    trace = unroll_lstm(lstm, x)
    np.testing.assert_allclose(h[0, 0], trace.h[-1], atol=1e-14)
    np.testing.assert_allclose(c[0, 0], trace.c[-1], atol=1e-14)

    for activation in ("tanh", "relu"):
        rnn = initialise("rnn", 3, 4, seed=0, activation=activation)
        w = {name: torch.tensor(a)[None] for name, a in packed(rnn).items()}
        a = torch.from_numpy(x)[:, None] @ w["weight_ih"][0].T + w["bias_ih"]
        h = torch.zeros(1, 1, 4, dtype=torch.float64)
        for t in range(6):
            h = rnn_step(
                a[t][None], h, Weights(w["weight_hh"], w["bias_hh"]), How(relu=activation == "relu")
            )
        np.testing.assert_allclose(h[0, 0], unroll_rnn(rnn, x).h[-1], atol=1e-14)
