"""The steps against the maths, and the gradient by hand against autograd, in double precision."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gru_core.maths.convention import Convention
from gru_core.maths.gru import step
from gru_core.maths.initial import initialise
from gru_core.maths.lstm import unroll as unroll_lstm
from gru_core.maths.rnn import unroll as unroll_rnn
from gru_core.training.cells import GRUScan, Weights, gru_step, lstm_step, rnn_step
from gru_core.training.network import packed

SIZES = st.integers(1, 4)
RESETS = st.sampled_from(["after", "before"])


def tensors(generator: torch.Generator, *shapes: tuple[int, ...]) -> list[torch.Tensor]:
    return [
        torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_()
        for shape in shapes
    ]


@given(
    K=SIZES, T=SIZES, B=SIZES, H=SIZES, reset=RESETS, relu=st.booleans(), seed=st.integers(0, 99)
)
def test_the_gradient_by_hand_is_autograds(
    K: int, T: int, B: int, H: int, reset: str, relu: bool, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    a, h0, U, c, d_h = tensors(
        generator, (T, K, B, 3 * H), (K, B, H), (K, 3 * H, H), (K, 3 * H), (T, K, B, H)
    )
    hs, r, keep, n = GRUScan.apply(a, h0, U, c, reset, relu)
    by_hand = torch.autograd.grad((hs * d_h).sum(), (a, h0, U, c))
    h, steps = h0, []
    for a_t in a.unbind(0):
        steps.append(gru_step(a_t, h, Weights(U, c), reset, relu))
        h = steps[-1].h
    taped = torch.stack([s.h for s in steps])
    by_tape = torch.autograd.grad((taped * d_h).sum(), (a, h0, U, c), allow_unused=True)
    assert torch.equal(hs, taped)
    for name, part in (("r", r), ("keep", keep), ("n", n)):
        assert torch.equal(part, torch.stack([getattr(s, name) for s in steps]))
    for one, other in zip(by_hand, by_tape, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("reset", ["after", "before"])
def test_gradcheck_of_the_scan(reset: str) -> None:
    generator = torch.Generator().manual_seed(1)
    inputs = tensors(generator, (3, 2, 2, 6), (2, 2, 2), (2, 6, 2), (2, 6))
    if reset == "before":
        inputs[3] = torch.zeros_like(inputs[3])  # takes no part in n
    assert torch.autograd.gradcheck(
        lambda *x: GRUScan.apply(*x, reset, False)[0], inputs, atol=1e-7
    )


@given(H=SIZES, D=SIZES, reset=RESETS, seed=st.integers(0, 99))
def test_a_step_is_the_one_of_the_maths(H: int, D: int, reset: str, seed: int) -> None:
    convention = Convention("state", reset)
    p = initialise("gru", D, H, seed=seed, convention=convention)
    x, h = np.random.default_rng(seed).normal(size=(2, 5, max(D, H)))
    w = {name: torch.tensor(a)[None] for name, a in packed(p).items()}
    a = torch.from_numpy(x[:, :D])[None] @ w["weight_ih"].mT + w["bias_ih"][:, None]
    ours = gru_step(
        a, torch.from_numpy(h[:, :H])[None], Weights(w["weight_hh"], w["bias_hh"]), reset, False
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
        out = lstm_step(a[t][None], h, c, Weights(w["weight_hh"], w["bias_hh"]), relu=False)
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
            h = rnn_step(a[t][None], h, Weights(w["weight_hh"], w["bias_hh"]), activation == "relu")
        np.testing.assert_allclose(h[0, 0], unroll_rnn(rnn, x).h[-1], atol=1e-14)
