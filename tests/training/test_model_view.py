"""What "Open your model" shows, without Streamlit."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gru_core.data.sequence_view import MAX_UNITS
from gru_core.data.sequences import Feed
from gru_core.errors import InputError
from gru_core.maths.gru import Trace, unroll
from gru_core.maths.initial import initialise
from gru_core.maths.parameters import Array
from gru_core.training import example_model
from gru_core.training.model_files import GRULayer, Model, Sentence
from gru_core.training.model_files.quarantine import read_safetensors
from gru_core.training.model_view import MAX_ROWS, ModelView, usual_feed, width


def layer(name: str, D: int, H: int, follows: tuple[str, ...] = (), **more: str) -> GRULayer:
    parameters = initialise("gru", D, H, seed=len(name))
    convention = ModelView.of_example().chosen.convention
    direction = more.get("direction", "forward")
    return GRULayer(name, direction, parameters, convention, Sentence("x"), follows=follows)  # type: ignore[arg-type]


def viewed(*layers: GRULayer) -> ModelView:
    return ModelView.of_model(Model(layers, "test"), "test.pt")


def test_the_example_says_which_values_are_marked() -> None:
    """Its own head on our states, so that text and figure of the page are true."""
    contents = read_safetensors("example", example_model.FILE.read_bytes())
    W, b = contents.numbers("head.weight"), contents.numbers("head.bias")
    view = ModelView.of_example()
    for draw in (0, 5000, 5001):
        fed = view.with_feed(Feed("marked", {"draw": draw}))
        forward, backward = (fed.with_layer(i).trace.h for i in (2, 3))
        said = np.hstack([forward, backward[::-1]]) @ W.T + b
        target = example_model.marked_before_and_after(fed.sequence.values)
        assert np.abs(said - target).mean() < 0.1
        assert np.abs(target).mean() > 0.2


@pytest.mark.parametrize("layer", [2, 3])
def test_the_upper_layer_of_the_example_holds_and_lets_go_at_the_marks(layer: int) -> None:
    view = ModelView.of_example().with_layer(layer)
    marks = view.sequence.values[:: -1 if view.is_backward else 1, 1] == 1
    keep = view.trace.keep
    assert (keep[~marks].mean(axis=0) > 0.9).sum() >= 2
    assert keep[marks].mean() < 0.3
    lower = view.with_layer(layer - 2).trace.keep
    assert not (lower[~marks].mean(axis=0) > 0.9).any()


def test_what_was_marked_before_and_after() -> None:
    inputs = np.array([[0.5, 0], [0.2, 1], [0.7, 0], [-0.4, 1], [0.1, 0]])
    before, after = example_model.marked_before_and_after(inputs).T
    assert before.tolist() == [0, 0.2, 0.2, -0.4, -0.4]
    assert after.tolist() == [0.2, 0.2, -0.4, -0.4, 0]


def test_the_trace_is_that_of_torch_in_both_directions() -> None:
    contents = read_safetensors("example", example_model.FILE.read_bytes())
    gru = torch.nn.GRU(2, 8, num_layers=2, bidirectional=True, dtype=torch.float64)
    names = list(gru.state_dict())
    gru.load_state_dict({n: torch.tensor(contents.numbers(f"gru.{n}")) for n in names})
    view = ModelView.of_example()
    with torch.no_grad():
        output = gru(torch.tensor(view.sequence.values))[0].numpy()
    for index, columns in ((2, slice(0, 8)), (3, slice(8, 16))):
        chosen = view.with_layer(index)
        h = np.array([chosen.trace.h[replace(chosen, time=t).step] for t in range(120)])
        np.testing.assert_allclose(h, output[:, columns], atol=1e-12)


def test_a_layer_is_fed_through_all_below_it() -> None:
    view = viewed(
        layer("a", 3, 2), layer("b", 3, 4), layer("ab", 6, 5, ("a", "b")), layer("other", 7, 2)
    ).with_layer(2)
    assert width(view.model, 2) == 3
    assert not view.reads_fed
    assert view.trace.inputs.shape == (200, 6)
    assert view.with_layer(3).sequence.values.shape == (200, 7)


def test_a_layer_whose_feeders_take_different_widths_is_fed_alone() -> None:
    view = viewed(layer("a", 3, 2), layer("b", 5, 4), layer("ab", 6, 5, ("a", "b"))).with_layer(2)
    assert view.reads_fed
    np.testing.assert_array_equal(view.trace.inputs, view.sequence.values)
    assert view.sequence.values.shape == (200, 6)


def test_a_sequence_of_another_width_is_refused() -> None:
    with pytest.raises(InputError, match="expected a sequence of 3 inputs, got 1"):
        viewed(layer("a", 3, 2)).with_feed(Feed("sine"))


def test_a_layer_wider_than_any_sequence_is_passed_over_or_refused() -> None:
    assert viewed(layer("a", 1025, 2), layer("b", 2, 2)).layer == 1
    with pytest.raises(InputError, match="at most 1024 inputs"):
        viewed(layer("a", 1025, 2))


def test_a_deep_and_wide_model_gets_a_shorter_sequence() -> None:
    layers = [layer("l0", 1, 1000)]
    for i in range(1, 5):
        layers.append(layer(f"l{i}", 1000, 1000, (f"l{i - 1}",)))
    assert usual_feed(Model(tuple(layers), "test"), 4, "test").values["T"] == 100


def test_numbers_begin_as_the_present_sequence() -> None:
    view = viewed(layer("a", 3, 2))
    typed = view.of_width(Feed("numbers"))
    np.testing.assert_allclose(typed.sequence.values, view.sequence.values[:20], atol=0.0051)
    own = Feed("numbers", {"numbers": "1 2; 3 4"})
    assert view.of_width(own) == own


def test_noise_follows_the_width_of_the_layer() -> None:
    view = viewed(layer("a", 3, 2))
    assert view.of_width(Feed("noise", {"inputs": 1, "draw": 4})).values["inputs"] == 3


def test_at_most_64_units_are_shown_and_the_chosen_one_is_among_them() -> None:
    view = viewed(layer("a", 1, 100))
    assert view.order() == tuple(range(MAX_UNITS))
    assert replace(view, unit=99).order() == (*range(MAX_UNITS - 1), 99)
    by_mean = np.argsort(-view.trace.z.mean(axis=0))
    by_z = replace(view, sort="mean_z", unit=int(by_mean[0]))
    assert list(by_z.order()) == by_mean[:MAX_UNITS].tolist()


def test_the_step_of_a_backward_layer_is_counted_from_the_end() -> None:
    view = viewed(layer("a", 2, 3, direction="backward"))
    setup = replace(view, time=199).step_setup()
    np.testing.assert_array_equal(setup.inputs[0], view.sequence.values[199])
    np.testing.assert_array_equal(setup.h0, np.zeros(3))


def test_a_step_of_a_large_layer_is_refused() -> None:
    with pytest.raises(InputError, match="got 1 and 8"):
        viewed(layer("a", 1, 8)).step_setup()


def last_state(trace: Trace, inputs: Array, h: Array) -> Array:
    return unroll(trace.parameters, inputs, h, trace.convention).h[-1]


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_the_gradient_is_that_of_finite_differences(direction: str) -> None:
    view = viewed(layer("a", 1, 2, direction=direction)).with_feed(Feed("noise", {"T": 12}))
    norms = view.gradient_norms()
    t = replace(view, time=5).step
    trace, eps = view.trace, 1e-6
    rest = trace.inputs[t + 1 :]
    gradient = [
        sum(sign * last_state(trace, rest, trace.h[t] + sign * step).sum() for sign in (1, -1))
        / (2 * eps)
        for step in eps * np.eye(2)
    ]
    assert norms[5] == pytest.approx(np.linalg.norm(gradient), rel=1e-6)
    read_last = 0 if direction == "backward" else -1
    assert norms[read_last] == pytest.approx(np.sqrt(2))
    assert view.gradient_csv().splitlines()[6] == f"6,{float(norms[5])!r}"


def test_the_reach_is_that_of_the_norms() -> None:
    view = viewed(layer("a", 1, 2, direction="backward"))
    norms, reach = view.gradient_norms(), view.reach()
    assert reach is not None
    assert norms[reach] < 0.01 * norms[0] <= norms[reach - 1]


def test_the_table_of_a_large_layer_is_cut() -> None:
    view = viewed(layer("a", 1, 100))
    first = view.first_steps()
    assert len(first) == MAX_ROWS // 1901
    np.testing.assert_array_equal(first.h, view.trace.h[: len(first)])
    small = viewed(layer("a", 1, 4))
    assert small.first_steps() is small.trace


def test_an_address_restores_all_but_the_model() -> None:
    view = viewed(layer("a", 3, 2), layer("b", 3, 4, direction="backward")).with_layer(1)
    view = replace(view.with_feed(Feed("noise", {"inputs": 3, "T": 50})), time=9, unit=3)
    query = view.to_query()
    assert query == {"file": "test.pt", "layer": "2", "T": "50", "t": "10", "unit": "4"}
    assert ModelView.from_query(query, view.model, view.file) == view
    assert view.at(4, 1) == replace(view, time=4, unit=1)
    with pytest.raises(InputError):
        view.at(50, 0)
