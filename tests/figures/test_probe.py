"""What the time machine sends is what the network computed, in its order and within its bounds."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from torch import tensor

from gru_core.data.tasks import Batch
from gru_core.figures.palette import COLOURS
from gru_core.figures.probe import (
    MAX_BYTES,
    MAX_MOMENTS,
    inputs_of,
    maps_of,
    moments_view,
    probe_change,
    probe_view,
    shorts,
)
from gru_core.figures.timeline import KINDS as KINDS_OF_MAPS
from gru_core.maths.gru import unroll
from gru_core.training.experiment import Experiment
from gru_core.training.network import Layer, Output, gru_parameters
from gru_core.training.trainer import advance, answers, data_of, start

KINDS = [
    ({}, "rznh"),
    ({"reset": "before", "z": "candidate"}, "rznh"),
    ({"cell": "lstm", "layers": 2, "task": "order"}, "ifoh"),
    ({"cell": "rnn", "candidate": "relu"}, "h"),
]


def experiment_of(choices: dict[str, object]) -> Experiment:
    return Experiment.of({"hidden": 5, "steps": 6, "batch": 4, **choices})


def looks(experiment: Experiment) -> tuple[Batch, dict[int, Output]]:
    """The probe, and what the network says to it after each snapshot of a real run."""
    probe = data_of(experiment).probe
    _, record = advance(start(experiment), experiment.steps)
    return probe, {s.step: answers(experiment, s.weights, probe) for s in record.snapshots}


def unpacked(packed: dict[str, object], *shape: int) -> np.ndarray:
    whole = np.frombuffer(base64.b64decode(str(packed["data"])), "<i2").reshape(shape)
    return np.where(whole == -32768, np.nan, whole * packed["scale"])


@pytest.mark.parametrize(("choices", "names"), KINDS, ids=str)
def test_the_maps_are_the_gates_of_the_answer(choices: dict[str, object], names: str) -> None:
    e = experiment_of(choices)
    probe, outputs = looks(e)
    T, H = e.steps_of_input, e.hidden
    for layer in range(e.layers):
        moments = moments_view(outputs, layer)
        assert moments["steps"] == sorted(outputs)
        assert (moments["units"], moments["times"]) == (H, T)
        for step, drawn in zip(moments["steps"], moments["sets"], strict=True):
            its = outputs[step].layers[layer]
            truth = {**its.gates, "h": its.h, **({} if its.n is None else {"n": its.n})}
            live = probe_view(probe, outputs[step], layer, step)
            assert [name for name, _ in live["kinds"]] == list(names)
            assert live["maps"] == drawn["maps"]
            assert live["order"] == list(range(H))
            for name in names:
                expected = truth[name][0, :, 0].numpy().T
                half = np.abs(expected).max() / 32767 / 2
                np.testing.assert_allclose(
                    unpacked(drawn["maps"][name], H, T), expected, rtol=0, atol=1.001 * half
                )
                if name in drawn["limits"]:
                    assert drawn["limits"][name] >= np.abs(expected).max()


def test_the_maps_are_those_of_the_maths() -> None:
    e = experiment_of({})
    probe = data_of(e).probe
    checkpoint, _ = advance(start(e), 6)
    weights = checkpoint.weights_of(0)
    trace = unroll(gru_parameters(e, weights, 0), probe.inputs[:, 0], convention=e.convention)
    for name, values in maps_of(answers(e, weights, probe), 0).items():
        np.testing.assert_allclose(values, getattr(trace, name), atol=1e-12)


def test_a_layer_above_reads_the_states_below() -> None:
    e = experiment_of({"layers": 2})
    probe, outputs = looks(e)
    T, H = e.steps_of_input, e.hidden
    last = outputs[max(outputs)]
    below = last.layers[0].h[0, :, 0].numpy()
    np.testing.assert_array_equal(inputs_of(probe, last, 1), below)
    view = probe_view(probe, last, 1, 6, alphabet=("a", "b"))
    sent = np.frombuffer(base64.b64decode(view["x"]), "<f4").reshape(T, H)
    np.testing.assert_allclose(sent, below, rtol=1e-6)
    assert (view["inputs"], view["input_names"]) == (H, [])
    moment = moments_view(outputs, 1)["sets"][-1]
    np.testing.assert_allclose(unpacked(moment["x"], T, H), below, rtol=0, atol=1e-4)
    first = probe_view(probe, last, 0, 6, alphabet=("a", "b"))
    sent = np.frombuffer(base64.b64decode(first["x"]), "<f4").reshape(T, -1)
    np.testing.assert_allclose(sent, probe.inputs[:, 0], rtol=1e-6)
    assert first["input_names"] == ["a", "b"]
    assert "x" not in moments_view(outputs, 0)["sets"][0]


def made_up(T: int, H: int, layers: int) -> Output:
    rng = np.random.default_rng(T + H)

    def values() -> Any:
        return tensor(rng.uniform(0, 1, (1, T, 1, H)))

    each = [
        Layer(values(), values()[:, -1], {"r": values(), "z": values()}, values())
        for _ in range(layers)
    ]
    return Output(values(), tuple(each))


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize(("T", "H"), [(200, 128), (200, 64), (200, 30), (90, 128), (50, 32)])
def test_moments_stay_within_their_bytes(T: int, H: int, layer: int) -> None:
    output = made_up(T, H, 2)
    moments = moments_view(dict.fromkeys(range(40), output), layer)
    assert len(moments["steps"]) == len(moments["sets"]) == MAX_MOMENTS
    assert (moments["steps"][0], moments["steps"][-1]) == (0, 39)
    size = len(json.dumps(moments))
    assert size <= MAX_BYTES
    view = probe_view(Batch(np.zeros((T, 1, 2)), np.zeros((1, 1, 1))), output, layer, 0)
    assert view["units"] == moments["units"] == -(-H // view["stride"])
    assert view["hidden"] == H
    if view["stride"] > 1:  # no unit is left out without need: one more row of each would not fit
        assert size * (-(-H // (view["stride"] - 1))) / view["units"] > 0.97 * MAX_BYTES
    shown = maps_of(output, layer)["z"].T[:: view["stride"]]
    np.testing.assert_allclose(
        unpacked(view["maps"]["z"], view["units"], T), shown, rtol=0, atol=1.6e-5
    )


def test_small_networks_are_shown_whole() -> None:
    probe, outputs = looks(experiment_of({"hidden": 16}))
    view = probe_view(probe, outputs[6], 0, 6)
    assert (view["stride"], view["units"], view["hidden"], view["updates"]) == (1, 16, 16, 6)


def test_the_name_of_moments_changes_with_their_numbers_alone() -> None:
    _, outputs = looks(experiment_of({}))
    name = moments_view(outputs, 0)["id"]
    assert moments_view(dict(reversed(outputs.items())), 0)["id"] == name
    _, others = looks(experiment_of({"seed": 1}))
    assert moments_view(others, 0)["id"] != name
    fewer = {step: output for step, output in outputs.items() if step < 6}
    assert moments_view(fewer, 0)["id"] != name


def test_what_is_not_finite_is_told_apart() -> None:
    values = np.array([[1.0, np.inf, -2.0, np.nan]])
    np.testing.assert_allclose(
        unpacked(shorts(values), 1, 4), [[1.0, np.nan, -2.0, np.nan]], atol=4e-5
    )
    assert unpacked(shorts(np.zeros((1, 2))), 1, 2).tolist() == [[0.0, 0.0]]


def test_what_has_changed_is_counted() -> None:
    ones = np.ones((1, 4, 1, 2))

    def output(r: float, z: float, h: float) -> Output:
        gates = {"r": tensor(r * ones), "z": tensor(z * ones)}
        return Output(
            tensor(ones), (Layer(tensor(h * ones), tensor(h * ones)[:, -1], gates, tensor(ones)),)
        )

    change = probe_change(output(0.5, 0.5, 0.1), output(0.05, 0.7, -0.8), 0)
    assert change.saturated is not None
    assert (change.saturated.start, change.saturated.now) == (0.0, 0.5)
    assert (change.means["z"].start, change.means["z"].now) == pytest.approx((0.5, 0.7))
    assert (change.largest_state.start, change.largest_state.now) == pytest.approx((0.1, 0.8))


def test_an_rnn_has_no_gates_to_count() -> None:
    _, outputs = looks(experiment_of({"cell": "rnn"}))
    change = probe_change(outputs[0], outputs[6], 0)
    assert change.saturated is None
    assert not change.means
    assert change.largest_state.now > 0


def test_every_map_has_a_colour_of_its_own() -> None:
    assert len({COLOURS[name] for name in KINDS_OF_MAPS}) == len(KINDS_OF_MAPS) == 7
