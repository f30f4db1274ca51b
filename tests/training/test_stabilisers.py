"""What holds of every method, in every cell and convention that it is defined for."""

import re
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gru_core.errors import InputError
from gru_core.training.experiment import EXCLUSIVE, Chosen, Experiment
from gru_core.training.network import forward, losses, plain_weights
from gru_core.training.record import COLUMNS, EVALUATIONS, Record
from gru_core.training.stabilisers import METHODS, Acting, Noise, Together
from gru_core.training.trainer import advance, answers, data_of, start, take_apart
from tests.training.stabilised import ALL, IDS, inputs_of, is_kept, weights_of, with_methods

EVERY = pytest.mark.parametrize(("name", "form"), ALL, ids=IDS)
LAYERS = {"depth_residual": 2}


def of(name: str, form: dict[str, object], **choices: object) -> Experiment:
    return with_methods(name, **{"layers": LAYERS.get(name, 1), **form, **choices})


@EVERY
def test_its_gradient_is_that_of_its_numbers(name: str, form: dict[str, object]) -> None:
    e = of(name, form, hidden=2, length=3)
    drawn, inputs = weights_of(e, spread=0.4), inputs_of(e, 3, 3)
    kept = {name: w for name, w in drawn.items() if is_kept(e, name)}
    trained = {name: w.requires_grad_() for name, w in drawn.items() if name not in kept}
    targets = torch.ones(1, 1, 3, 1, dtype=torch.float64)

    def loss(*numbers: Tensor) -> Tensor:
        weights = dict(zip(trained, numbers, strict=True)) | kept
        return losses(e, forward(e, weights, inputs, noise=Noise([2], 1)).answer, targets)

    assert torch.autograd.gradcheck(loss, tuple(trained.values()), fast_mode=True)


def equal(one: Record, other: Record) -> bool:
    names = [f.name for f in fields(Record) if f.name not in ("first", "snapshots")]
    pairs = ((getattr(one, name), getattr(other, name)) for name in names)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


@EVERY
def test_a_run_is_what_it_would_be_alone_and_in_slices(name: str, form: dict[str, object]) -> None:
    # Every second convention with a gradient that is cut off.
    truncate = 3 if form.get("reset") == "before" or "cell" in form else 0
    e = of(name, form, runs=3, truncate=truncate, optimiser="sgd")
    begun = start(e)
    whole, record = advance(begun, 3)
    first, before = advance(begun, 1)
    second, rest = advance(first, 2)
    assert equal(before + rest, record)
    assert all(torch.equal(whole.weights[name], w) for name, w in second.weights.items())
    end, alone = advance(start(e.changed(runs=1, seed=e.seed + 1)), 3)
    assert np.isfinite(alone.loss).all()
    for column in (*COLUMNS, *EVALUATIONS):
        # Sums of float32 in another order.
        found, expected = getattr(record, column)[:, 1], getattr(alone, column)[:, 0]
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    for key, w in end.weights.items():
        torch.testing.assert_close(whole.weights[key][1], w[0], rtol=1e-4, atol=1e-5)


@EVERY
def test_an_answer_does_not_depend_on_the_other_sequences(
    name: str, form: dict[str, object]
) -> None:
    e = of(name, form)
    trained, _ = advance(start(e), 3)
    weights, batch = trained.weights_of(0), data_of(e).test.select(np.arange(6))
    together = answers(e, weights, batch).answer
    for number in range(len(batch)):
        by_itself = answers(e, weights, batch.select(np.array([number]))).answer
        torch.testing.assert_close(by_itself[:, :, 0], together[:, :, number], rtol=0, atol=1e-12)


@EVERY
def test_what_has_no_chance_and_no_statistics_is_the_same_in_evaluation(
    name: str, form: dict[str, object]
) -> None:
    e = of(name, form)
    weights, x = weights_of(e, 0.3), inputs_of(e, 5, 4)
    trained, evaluated = (forward(e, weights, x, noise=n).answer for n in (Noise([0], 0), None))
    differs = "dropout" in name or "batch_norm" in name or name == "zoneout"
    assert torch.equal(trained, evaluated) != differs


@EVERY
def test_it_changes_what_is_trained(name: str, form: dict[str, object]) -> None:
    """Or a method that does nothing would pass."""
    e = of(name, form)
    losses = [advance(start(each), 3)[1].loss[-1, 0] for each in (e, e.changed(methods=[]))]
    assert losses[0] != losses[1]


@EVERY
def test_plain_weights_are_those_of_the_cell_without_it(name: str, form: dict[str, object]) -> None:
    e = of(name, form, layers=2)
    weights, batch = advance(start(e), 3)[0].weights_of(0), data_of(e).test
    if not METHODS[name].plain:
        with pytest.raises(InputError, match=f"none that acts in evaluation, got {name}"):
            plain_weights(e, weights)
        return
    without = e.changed(methods=[])
    plain = plain_weights(e, weights)
    assert set(plain) == set(start(without).weights)
    assert all(plain[key].shape == weights[key].shape for key in plain)
    found, expected = answers(without, plain, batch).answer, answers(e, weights, batch).answer
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_plain_weights_without_methods_are_the_weights() -> None:
    e = with_methods()
    weights = start(e).weights_of(0)
    plain = plain_weights(e, weights)
    assert set(plain) == set(weights)
    assert all(plain[name] is weights[name] for name in weights)


@st.composite
def chosen(draw: st.DrawFn) -> Experiment:
    """Any methods that can be chosen together, in any order, with any dials."""
    cell = draw(st.sampled_from(["gru", "rnn", "lstm"]))
    names: list[str] = []
    for name in draw(st.permutations(list(METHODS))):
        excluded = any(name in group and {*names} & {*group} for group in EXCLUSIVE)
        if cell in METHODS[name].cells and not excluded and draw(st.booleans()):
            names.append(name)
    methods = []
    for name in names:
        dial = METHODS[name].dial
        given = {"dial": draw(st.floats(dial.low, dial.high))} if dial else {}
        methods.append({"name": name, **given})
    return Experiment.of({"cell": cell, "layers": 2, "methods": methods})


@given(chosen())
@settings(max_examples=50)
def test_json_and_address_lead_back(e: Experiment) -> None:
    assert Experiment.from_json(e.to_json()) == e
    assert Experiment.from_query(e.to_query()) == e


@given(chosen())
@settings(max_examples=15)
def test_methods_compose(e: Experiment) -> None:
    """Any of them together train, and the number of weights is as told."""
    e = e.changed(runs=1, hidden=3, length=5, batch=3, steps=2, evaluate=1000, clip_at=0.1)
    begun = start(e)
    trained = sum(w.numel() for name, w in begun.weights.items() if not is_kept(e, name))
    assert e.parameters == trained
    after, record = advance(begun, 2)
    assert np.isfinite(record.loss).all()
    assert all(w.isfinite().all() for w in after.weights.values())


def test_the_order_of_choosing_does_not_matter() -> None:
    one, other = (
        with_methods(*names, layers=2)
        for names in (
            ("zoneout", "depth_residual", "bounded_gates"),
            ("bounded_gates", "zoneout", "depth_residual"),
        )
    )
    assert one == other
    assert [c.name for c in one.methods] == ["bounded_gates", "depth_residual", "zoneout"]
    # tanh(h) + x, not tanh(h + x): the residual is added to what is read.
    weights, x = weights_of(one, 0.5), inputs_of(one, 4, 3)
    output = forward(one, weights, x)
    read = x @ weights["depth_residual.projection_l0"][:, None].mT + torch.tanh(output.layers[0].h)
    read = read + torch.tanh(output.layers[1].h)
    answer = read[:, -1] @ weights["head.weight"].mT + weights["head.bias"][:, None]
    torch.testing.assert_close(output.answer[:, 0], answer, rtol=0, atol=1e-12)


def test_of_two_norms_of_one_product_the_first_has_it_alone() -> None:
    class Named(Acting):
        def __init__(self, factor: float) -> None:
            self.factor = factor

        def recurrent(self, product: Tensor, bias: Tensor, t: int, part: str) -> Tensor:
            return product * self.factor + bias

    one = torch.ones(1, 1, 1)
    both = Together([Acting(), Named(3.0), Named(5.0)])
    assert both.recurrent(one, one, 0, "all").item() == 4.0
    assert both.input(one, one).item() == 2.0


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize("at", [0.001, 0.1])
@pytest.mark.parametrize("names", [(), ("layer_norm", "weight_norm"), ("independent_gates",)])
def test_adaptive_clipping_by_hand(names: tuple[str, ...], at: float, runs: int) -> None:
    """Brock et al. 2021, equation 3, run by run and unit by unit."""
    e = with_methods(*names, clip="adaptive", clip_at=at, runs=runs)
    begun, _ = advance(start(e), 1)
    parts = take_apart(begun)
    assert parts
    cut = 0
    for name, gradient in parts.gradients.items():
        for run in range(runs):
            weight, clipped = parts.weights[name][run], parts.clipped[name][run]
            for unit, g in enumerate(gradient[run]):
                allowed = at * max(float(weight[unit].norm()), 1e-3)
                expected = g * allowed / g.norm() if g.norm() > allowed else g
                cut += g.norm() > allowed
                torch.testing.assert_close(clipped[unit], expected, rtol=1e-5, atol=1e-10)
    assert cut > 0
    assert (parts.clipped_norm < parts.norm).all()


def test_adaptive_clipping_leaves_small_gradients_to_the_bit() -> None:
    parts = take_apart(start(with_methods(clip="adaptive", clip_at=1000.0)))
    assert parts
    assert all(torch.equal(parts.clipped[name], g) for name, g in parts.gradients.items())


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_registry_is_whole(method: object) -> None:
    entry = METHODS[method.name]  # type: ignore[attr-defined]
    assert entry is method
    words = (entry.title, entry.treats, entry.does_not, entry.look_at, entry.formula, entry.source)
    assert all(text.strip() and text == text.strip() for text in words)
    assert not any(text.endswith(".") for text in words[:4])
    parts = {"x", "h", "W", "U", "r", "z", "n", "blend", "out", "above"}
    assert entry.acts
    assert {*entry.acts} <= parts
    assert entry.mistake == ("a mistake" in entry.title)
    assert re.search(r"https://|our derivation|article 004", entry.source)


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"methods": [{"name": "magic"}]}, "methods: expected some of layer_norm, .* got 'magic'"),
        ({"methods": [{"name": "zoneout", "dial": 2}]}, "dial: "),
        ({"methods": [{"name": "zoneout"}] * 2}, "each at most once"),
        ({"methods": [{"name": "layer_norm"}, {"name": "batch_norm"}]}, "undo each other"),
        ({"methods": [{"name": "gated_dropout"}], "cell": "lstm"}, "is defined for gru, got lstm"),
        ({"methods": [{"name": "recurrent_dropout"}], "cell": "rnn"}, "for gru, lstm, got rnn"),
        ({"methods": [{"name": "depth_residual"}]}, "at least 2 layers"),
        ({"methods": "zoneout"}, "methods"),
        ({"methods": [3]}, "methods"),
    ],
)
def test_what_cannot_be_chosen(choices: dict[str, object], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        Experiment.of(choices)


def test_a_dial_that_a_method_does_not_have_is_0() -> None:
    assert Chosen(name="layer_norm", dial=7.0) == Chosen(name="layer_norm", dial=0.0)


def test_an_address_leaves_the_usual_dial_out() -> None:
    assert with_methods("zoneout").to_query()["methods"] == "zoneout"
    assert with_methods(("zoneout", 0.3)).to_query()["methods"] == "zoneout:0.3"
