"""The steps against the maths, in double precision."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from gru_core.maths.convention import Convention
from gru_core.maths.gru import step
from gru_core.maths.initial import initialise
from gru_core.maths.lstm import unroll as unroll_lstm
from gru_core.maths.rnn import unroll as unroll_rnn
from gru_core.training.cells import How, Weights, gru_step, lstm_step, rnn_step
from gru_core.training.network import packed

SIZES = st.integers(1, 4)
RESETS = st.sampled_from(["after", "before"])


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
