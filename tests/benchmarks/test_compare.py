"""The table of compare, and that it holds ours against the same training."""

import pytest
import torch

from benchmarks import singles
from benchmarks.compare import METHODS, PLAIN, SEEDS, lines, require_equal, single
from benchmarks.training import WINDOW, Size, noise_task

SMALL = Size(T=5, B=4, I=3, H=3)


def test_the_ratios_are_of_what_was_taken() -> None:
    taken = {f"{name} 1": 2.0 for name in METHODS} | {f"{name} {SEEDS}": 5.0 for name in METHODS}
    taken[f"{PLAIN} {SEEDS}"] = 2.5
    rows = lines(taken)
    assert rows[0] == "| plain GRU | 2.5 | 1.00 | 2.0 | 4.0 |"
    assert rows[1] == "| layer_norm | 5.0 | 2.00 | 2.0 | 2.0 |"
    assert rows[-1] == "| all six | 27.5 | – | – | 2.2 |"


@pytest.mark.parametrize("name", METHODS)
def test_a_single_run_in_plain_pytorch_takes_our_steps(name: str) -> None:
    with noise_task(SMALL.I):
        require_equal(name, SMALL)


def test_a_single_run_that_does_something_else_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(singles, "GAMMA", 0.2)
    with noise_task(SMALL.I), pytest.raises(AssertionError):
        require_equal("batch_norm", SMALL)


@pytest.mark.parametrize("name", METHODS[1:])
def test_a_window_trains_all_that_the_method_has(name: str) -> None:
    with noise_task(SMALL.I):
        loop = single(name, SMALL)
        loop.window()
    assert {float(state["step"]) for state in loop.optimiser.state.values()} == {WINDOW}
    assert len(loop.optimiser.state) == len(loop.parameters)


def test_masks_are_drawn_anew_with_their_share() -> None:
    layer = singles.ZoneoutLoop(torch.nn.GRU(2, 50), p=0.1)
    one, other = layer.drawn(20, 30), layer.drawn(20, 30)
    assert not torch.equal(one, other)
    assert abs(float(one.mean()) - 0.9) < 0.01
