"""Dropouts: what their masks are, what they keep, and what the mistakes among them break."""

from collections.abc import Callable
from dataclasses import replace
from math import sqrt

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from gru_core.training.network import forward
from gru_core.training.stabilisers import Acting, Noise
from gru_core.training.stabilisers.dropouts import (
    ErasingDropout,
    GatedDropout,
    RecurrentDropout,
    RescaledDropout,
    VariationalDropout,
    Zoneout,
)
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

NOISE = Noise([3, 4], 7)
SIGMAS = 5  # a right mean is missed once in a million

GRUS = [form for form in FORMS if "cell" not in form]


class OneMask(Noise):
    """The same mask whatever asks for it: to compare two methods draw by draw."""

    def kept(self, p: float, method: str, layer: int, *shape: int) -> Tensor:
        return super().kept(p, "", layer, *shape)


class Given(Noise):
    """All kept, or none: 1 or 0."""

    value = 1.0

    def kept(self, p: float, method: str, layer: int, *shape: int) -> Tensor:
        return torch.full((len(self.seeds), *shape), self.value)


class NoneKept(Given):
    value = 0.0


@given(p=st.floats(0.0, 0.9), seed=st.integers(0, 2**32))
def test_a_mask_keeps_its_share(p: float, seed: int) -> None:
    mask = Noise([seed], 0).kept(p, "zoneout", 0, 40, 50)
    assert ((mask == 0) | (mask == 1)).all()
    assert abs(float(mask.mean()) - (1 - p)) <= SIGMAS * sqrt(p * (1 - p) / 2000) + 1e-6


def test_masks_are_of_their_run_step_layer_and_method_alone() -> None:
    mask = NOISE.kept(0.5, "a", 0, 60)
    assert torch.equal(mask, NOISE.kept(0.5, "a", 0, 60))
    for run, seed in enumerate(NOISE.seeds):
        assert torch.equal(mask[run], Noise([seed], NOISE.step).kept(0.5, "a", 0, 60)[0])
    others = [
        NOISE.kept(0.5, "b", 0, 60),
        NOISE.kept(0.5, "a", 1, 60),
        replace(NOISE, step=8).kept(0.5, "a", 0, 60),
        mask.flip(0),
    ]
    assert not any(torch.equal(mask, other) for other in others)


PER_STEP = [GatedDropout, ErasingDropout, RescaledDropout, RecurrentDropout, Zoneout]


def of_step(method: Acting, name: str) -> Tensor:
    """How a method that draws for each step moves ones; (T, K, B, H)."""
    ones, zeros = torch.ones(2, 4, 5), torch.zeros(2, 4, 5)
    acts: dict[str, Callable[[int], Tensor]] = {
        "Zoneout": lambda t: method.leave(ones, zeros, t, "h"),
        "RecurrentDropout": lambda t: method.candidate(ones, t),
        "ErasingDropout": lambda t: method.blend(ones, zeros, zeros, t)[0],
    }
    act = acts.get(name, lambda t: method.blend(zeros, ones, zeros, t)[1])
    return torch.stack([act(t) for t in range(3)])


@pytest.mark.parametrize("kind", PER_STEP)
def test_masks_differ_by_step_sequence_run_and_piece(kind: type[Acting]) -> None:
    made = of_step(kind(site(noise=NOISE), 0.5), kind.__name__)  # type: ignore[call-arg]
    for axis in range(3):
        first, second, *_ = made.unbind(axis)
        assert not torch.equal(first, second)
    later = of_step(kind(site(noise=NOISE, first=3), 0.5), kind.__name__)  # type: ignore[call-arg]
    assert not torch.equal(made, later)
    scaled = kind in (RescaledDropout, RecurrentDropout)
    assert set(made.flatten().tolist()) == {0.0, 2.0 if scaled else 1.0}


@pytest.mark.parametrize("kind", PER_STEP)
def test_in_evaluation_there_is_the_mean_and_no_chance(kind: type[Acting]) -> None:
    made = of_step(kind(site(), 0.3), kind.__name__)  # type: ignore[call-arg]
    mean = 1.0 if kind in (RescaledDropout, RecurrentDropout) else 0.7
    torch.testing.assert_close(made, torch.full_like(made, mean))


def test_variational_dropout_has_one_mask_for_a_sequence() -> None:
    plain = site()
    here = site(noise=NOISE)
    method = VariationalDropout(here, 0.5)
    ratio = method.enter(here.x) / plain.x
    assert (ratio == ratio[0]).all()
    assert set(ratio.flatten().tolist()) == {0.0, 2.0}
    h = torch.ones(2, 4, 5)
    mask = method.read(h)
    assert torch.equal(mask, method.read(h))
    for each in (ratio[0], mask):
        assert not torch.equal(each[0], each[1])  # runs
        assert len(torch.unique(each.flatten(0, 1), dim=0)) > 1  # sequences
    later = VariationalDropout(site(noise=NOISE, first=3), 0.5)
    assert torch.equal(mask, later.read(h))
    assert torch.equal(method.enter(here.x), later.enter(here.x))
    in_evaluation = VariationalDropout(plain, 0.5)
    assert in_evaluation.read(h) is h
    assert in_evaluation.enter(plain.x) is plain.x


@pytest.mark.parametrize("form", FORMS, ids=called)
def test_variational_dropout_is_on_what_w_and_u_read(form: dict[str, object]) -> None:
    """As in a plain loop of which W and U have columns struck out: not the state that is kept."""
    e = with_methods(("variational_dropout", 0.5), **form, truncate=2)
    weights, x, noise = weights_of(e, 0.5), inputs_of(e, 5, 1), Noise([2], 0)
    on_x = noise.kept(0.5, "variational x", 0, 1, 1, x.shape[-1]).flatten() * 2
    on_h = noise.kept(0.5, "variational h", 0, 1, e.hidden).flatten() * 2
    assert 0 < (on_x == 0).sum() + (on_h == 0).sum() < len(on_x) + len(on_h)
    struck = alone(weights)
    struck["weight_ih_l0"] = struck["weight_ih_l0"] * on_x
    struck["weight_hh_l0"] = struck["weight_hh_l0"] * on_h
    found = forward(e, weights, x, noise=noise).layers[0].h[0]
    torch.testing.assert_close(found, loop(e, struck, x[0]), rtol=0, atol=1e-12)
    without = forward(e, weights, x).layers[0].h[0]
    torch.testing.assert_close(without, loop(e, alone(weights), x[0]), rtol=0, atol=1e-12)


KEEPERS = [GatedDropout, RescaledDropout, RecurrentDropout, Zoneout]


def after(method: Acting, steps: int, keep: float, n: float, h: float) -> Tensor:
    """h after steps of h' = keep∘h + (1 − keep)∘n, (2, 4, 5)."""
    state, on_old = torch.full((2, 4, 5), h), torch.full((2, 4, 5), keep)
    for t in range(steps):
        old, write = method.blend(on_old, 1 - on_old, state, t)
        new = old * state + write * method.candidate(torch.full((2, 4, 5), n), t)
        state = method.leave(new, state, t, "h")
    return state


@pytest.mark.parametrize("noise", [None, NOISE])
@pytest.mark.parametrize("kind", KEEPERS)
def test_memory_that_a_gate_keeps_is_kept(kind: type[Acting], noise: Noise | None) -> None:
    long = site(x=torch.zeros(100, 2, 4, 2), noise=noise)
    assert (after(kind(long, 0.5), 100, keep=1.0, n=-1.0, h=0.75) == 0.75).all()  # type: ignore[call-arg]


def test_a_mask_on_the_old_state_erases_it() -> None:
    long = site(x=torch.zeros(100, 2, 4, 2), noise=NOISE)
    assert (after(ErasingDropout(long, 0.25), 100, keep=1.0, n=-1.0, h=1.0) == 0).all()
    slowly = after(ErasingDropout(replace(long, noise=None), 0.25), 10, keep=1.0, n=-1.0, h=1.0)
    torch.testing.assert_close(slowly, torch.full_like(slowly, 0.75**10))


@given(
    p=st.floats(0.0, 0.9),
    keep=st.floats(0.0, 1.0),
    n=st.floats(-1.0, 1.0),
    h=st.floats(-1.0, 1.0),
    noise=st.sampled_from([None, NOISE, Given([0, 1], 0), NoneKept([0, 1], 0)]),
)
def test_gated_dropout_stays_between_the_old_and_the_new(
    p: float, keep: float, n: float, h: float, noise: Noise | None
) -> None:
    state = after(GatedDropout(site(noise=noise), p), 3, keep, n, h)
    assert state.min() >= min(n, h) - 1e-6
    assert state.max() <= max(n, h) + 1e-6


def test_the_rescaled_mask_leaves_that_range() -> None:
    """w = 0.9 and p = ½: w' = 1.8, h' = −0.8·0.8 + 1.8·(−0.6)."""
    all_kept = site(noise=Given([0, 1], 0))
    state = after(RescaledDropout(all_kept, 0.5), 1, keep=0.1, n=-0.6, h=0.8)
    torch.testing.assert_close(state, torch.full_like(state, -1.72))
    proper = after(GatedDropout(all_kept, 0.5), 1, keep=0.1, n=-0.6, h=0.8)
    torch.testing.assert_close(proper, torch.full_like(proper, -0.46))


@pytest.mark.parametrize("form", GRUS, ids=called)
def test_states_of_a_network_under_both_masks(form: dict[str, object]) -> None:
    largest = {}
    for name in ("gated_dropout", "rescaled_dropout"):
        e = with_methods((name, 0.5), **form, hidden=8)
        h = forward(e, weights_of(e, 2.0), inputs_of(e, 40, 20), noise=Noise([0], 0)).layers[0].h
        largest[name] = float(h.abs().max())
    assert largest["gated_dropout"] <= 1
    assert largest["rescaled_dropout"] > 1.5


@pytest.mark.parametrize("form", GRUS, ids=called)
def test_gated_dropout_is_zoneout_of_a_gru(form: dict[str, object]) -> None:
    """With equal masks, unit by unit; in evaluation too, as both are linear in the mask."""
    states = []
    for name in ("gated_dropout", "zoneout"):
        e = with_methods((name, 0.3), **form, truncate=3)
        for noise in (OneMask([5], 2), None):
            output = forward(e, weights_of(e, 0.5), inputs_of(e, 6, 4), noise=noise)
            states.append(output.layers[0].h)
    in_training, in_evaluation = states[:2], states[2:]
    assert not torch.equal(*in_training)
    for gated, zoned in zip(in_training, in_evaluation, strict=True):
        torch.testing.assert_close(gated, zoned, rtol=0, atol=1e-12)


MEANS = [
    ("gated_dropout", GRUS[0]),
    ("gated_dropout", GRUS[3]),
    ("erasing_dropout", GRUS[0]),
    ("recurrent_dropout", GRUS[0]),
    *(("zoneout", form) for form in (GRUS[0], *FORMS[4:])),
]


@pytest.mark.parametrize(("name", "form"), MEANS, ids=str)
def test_the_mean_in_training_is_about_that_of_evaluation(
    name: str, form: dict[str, object]
) -> None:
    """Exactly so as long as the state is linear in the masks; about so after U h and tanh."""
    B, e = 5000, with_methods((name, 0.2), **form, hidden=2)
    linear = 2 if name == "erasing_dropout" else 1  # which has nothing to erase in the first step
    for T, bias in ((linear, 1e-9), (12, 0.02)):
        weights, x = weights_of(e, 0.3), inputs_of(e, T, 1)
        evaluated = forward(e, weights, x).layers[0].last
        trained = forward(e, weights, x.expand(1, T, B, -1), noise=Noise([1], 0)).layers[0].last
        assert (trained.std(1) > 0.001).all()
        error = SIGMAS * trained.std(1) / sqrt(B) + bias
        assert ((trained.mean(1) - evaluated[:, 0]).abs() <= error).all()


@pytest.mark.parametrize("noise", [Noise([1], 0), None])
def test_zoneout_of_an_lstm_reads_the_new_cell(noise: Noise | None) -> None:
    """Krueger et al. 2017, section 3: h' = m∘h + (1 − m)∘o∘tanh(f∘c + i∘g)."""
    e, p, T, B = with_methods(("zoneout", 0.4), cell="lstm"), 0.4, 6, 3
    weights, x, H = weights_of(e, 0.5), inputs_of(e, 6, 3)[0], e.hidden
    w = alone(weights)
    h = c = torch.zeros(B, H, dtype=torch.float64)
    states = []
    for t in range(T):
        a = x[t] @ w["weight_ih_l0"].T + w["bias_ih_l0"]
        a = a + h @ w["weight_hh_l0"].T + w["bias_hh_l0"]
        i, f, g, o = a.chunk(4, -1)
        new = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        zoned = {
            which: p if noise is None else 1 - noise.kept(p, f"zoneout_{which} 0", 0, T, B, H)[0, t]
            for which in "hc"
        }
        h = zoned["h"] * h + (1 - zoned["h"]) * torch.sigmoid(o) * torch.tanh(new)
        c = zoned["c"] * c + (1 - zoned["c"]) * new
        states.append(h)
    found = forward(e, weights, x[None], noise=noise).layers[0].h[0]
    torch.testing.assert_close(found, torch.stack(states), rtol=0, atol=1e-12)
