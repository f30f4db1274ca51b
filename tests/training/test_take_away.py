"""What a trained run leaves as, opened by the tools that it is for."""

import io
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
import safetensors
import torch
from onnx.reference import ReferenceEvaluator
from onnx.reference.ops.op_gru import CommonGRU
from onnx.reference.ops.op_lstm import CommonLSTM
from onnx.reference.ops.op_rnn import CommonRNN
from safetensors.numpy import load

from gru_core.errors import InputError
from gru_core.maths.convention import Convention
from gru_core.maths.parameters import NAMES
from gru_core.training import take_away, trainer
from gru_core.training.experiment import Experiment
from gru_core.training.model_files import read_model
from gru_core.training.network import gru_parameters
from gru_core.training.stabilisers import METHODS
from gru_core.training.take_away import Weights

SMALL = {"hidden": 5, "steps": 4, "length": 10, "batch": 8}

# The files compute in float32, trainer.answers in float64; answers are of the order of 1.
FLOAT = 1e-5

CONVERTED: Mapping[str, Mapping[str, object]] = {
    "gru": {},
    "gru, candidate": {"z": "candidate", "layers": 2},
    "gru, all steps": {"task": "parity", "layers": 3},
    "lstm": {"cell": "lstm", "layers": 2},
    "rnn": {"cell": "rnn", "task": "reber"},
    "rnn, relu": {"cell": "rnn", "candidate": "relu", "layers": 2},
    "gru of one unit, before": {"reset": "before", "hidden": 1, "z": "candidate", "layers": 2},
    "gru, before, all zero": {"reset": "before", "scheme": "zeros", "steps": 1},
    "gru, candidate, spectral": {
        "z": "candidate",
        "layers": 2,
        "methods": [{"name": "recurrent_dropout"}, {"name": "spectral_norm", "dial": 0.5}],
    },
    "lstm, weight norm": {
        "cell": "lstm",
        "layers": 2,
        "learning_rate": 0.1,
        "methods": [{"name": "variational_dropout"}, {"name": "weight_norm"}],
    },
    "rnn, spectral": {"cell": "rnn", "methods": [{"name": "spectral_norm", "dial": 0.5}]},
    "gru, rescaled": {"methods": [{"name": "rescaled_dropout"}]},
}
NOT_CONVERTED: Mapping[str, Mapping[str, object]] = {
    "gru, before": {"reset": "before", "layers": 2},
    "gru, before, candidate": {"reset": "before", "z": "candidate", "task": "brackets"},
    "gru, relu": {"candidate": "relu", "layers": 2},
    "gru, before, relu": {"reset": "before", "candidate": "relu"},
    "lstm, relu": {"cell": "lstm", "candidate": "relu", "layers": 2},
}
WITH_METHODS = [name for name, choices in CONVERTED.items() if "methods" in choices]
ACTING = [name for name, method in METHODS.items() if not method.plain]


@cache
def trained(name: str) -> tuple[Experiment, Weights]:
    e = Experiment.of({**SMALL, **{**CONVERTED, **NOT_CONVERTED}[name]})
    checkpoint, _ = trainer.advance(trainer.start(e), e.steps)
    return e, checkpoint.weights_of(0)


def expected(e: Experiment, weights: Weights) -> np.ndarray:
    """(S, B, O) of the test data, in double precision."""
    return trainer.answers(e, weights, trainer.data_of(e).test).answer[0].numpy()


def of_pytorch(e: Experiment, state: Mapping[str, torch.Tensor]) -> np.ndarray:
    """What a module that somebody else would write says to the test data."""
    module = torch.nn.ModuleDict()
    how: dict[str, Any] = {"nonlinearity": e.candidate} if e.cell == "rnn" else {}
    layer = getattr(torch.nn, e.cell.upper())
    module[e.cell] = layer(e.about.inputs, e.hidden, e.layers, **how)
    module["head"] = torch.nn.Linear(e.hidden, e.about.outputs)
    module.load_state_dict(dict(state))  # strict: no name is missing or left over
    inputs = torch.tensor(trainer.data_of(e).test.inputs, dtype=torch.float32)
    with torch.no_grad():
        h, _ = module[e.cell](inputs)
        answer = module["head"](h if e.about.read == "all" else h[-1:])
    return answer.numpy()


@pytest.mark.parametrize("name", CONVERTED)
def test_the_state_dict_in_pytorch_gives_the_same_answers(name: str) -> None:
    e, weights = trained(name)
    state = {k: torch.from_numpy(a) for k, a in take_away.state_dict(e, weights).items()}
    np.testing.assert_allclose(of_pytorch(e, state), expected(e, weights), atol=FLOAT)


@pytest.mark.parametrize("name", [n for n in WITH_METHODS if n != "gru, rescaled"])
def test_the_weights_that_were_trained_are_not_those_that_act(name: str) -> None:
    """Or the test above would hold for a file without the norm of U."""
    e, weights = trained(name)
    plain = e.changed(methods=[])
    other = trainer.answers(plain, weights, trainer.data_of(e).test).answer[0].numpy()
    assert np.abs(other - expected(e, weights)).max() > 100 * FLOAT


@pytest.mark.parametrize("name", ACTING)
def test_what_still_acts_in_evaluation_is_refused(name: str) -> None:
    e = Experiment.of({**SMALL, "layers": 2, "methods": [{"name": name}]})
    weights = trainer.start(e).weights_of(0)
    for file in (
        take_away.state_dict,
        take_away.torch_file,
        take_away.safetensors_file,
        take_away.onnx_file,
    ):
        with pytest.raises(InputError, match=f"got {name}. No weights of a plain cell") as refused:
            file(e, weights)
        assert "Take all weights as safetensors, and the PyTorch script" in str(refused.value)


@pytest.mark.parametrize("name", METHODS)
def test_all_weights_come_back_as_they_were(name: str, tmp_path: Any) -> None:
    e = Experiment.of({**SMALL, "layers": 2, "methods": [{"name": name}]})
    checkpoint, _ = trainer.advance(trainer.start(e), 2)
    weights = checkpoint.weights_of(0)
    path = tmp_path / "all.safetensors"
    path.write_bytes(take_away.all_weights_file(e, weights))
    with safetensors.safe_open(path, "np") as file:
        again = Experiment.from_json(file.metadata()["experiment"])
    assert again == e
    loaded = load(path.read_bytes())
    assert set(loaded) == set(weights)
    assert all((loaded[key] == weights[key]).all() for key in weights)
    assert (expected(again, loaded) == expected(e, weights)).all()


@pytest.mark.parametrize("name", CONVERTED)
def test_the_files_hold_the_state_dict(name: str) -> None:
    e, weights = trained(name)
    state = take_away.state_dict(e, weights)
    of_torch = torch.load(io.BytesIO(take_away.torch_file(e, weights)), weights_only=True)
    of_safetensors = load(take_away.safetensors_file(e, weights))
    assert set(of_torch) == set(of_safetensors) == set(state)
    for key, array in state.items():
        assert array.dtype == np.float32
        assert (of_torch[key].numpy() == array).all()
        assert (of_safetensors[key] == array).all()


def test_z_of_the_candidate_is_negated_exactly() -> None:
    e, weights = trained("gru, candidate")
    state, H = take_away.state_dict(e, weights), e.hidden
    for name in ("weight_ih_l0", "weight_hh_l1", "bias_ih_l0", "bias_hh_l1"):
        assert (state[f"gru.{name}"][H : 2 * H] == -weights[name][H : 2 * H]).all()
        assert (state[f"gru.{name}"][:H] == weights[name][:H]).all()
        assert (state[f"gru.{name}"][2 * H :] == weights[name][2 * H :]).all()


@pytest.mark.parametrize("name", NOT_CONVERTED)
def test_what_pytorch_has_no_layer_for(name: str) -> None:
    e, weights = trained(name)
    is_relu = e.candidate == "relu"
    reason = "no weights make the two equal" if is_relu else "no weights make them equal"
    for file in (take_away.state_dict, take_away.torch_file, take_away.safetensors_file):
        with pytest.raises(InputError, match=reason) as refused:
            file(e, weights)
        assert "Take the ONNX file" in str(refused.value)


def test_safetensors_tells_the_experiment(tmp_path: Any) -> None:
    e, weights = trained("gru, candidate")
    path = tmp_path / "run.safetensors"
    path.write_bytes(take_away.safetensors_file(e, weights))
    with safetensors.safe_open(path, "np") as file:
        metadata = file.metadata()
    assert metadata["format"] == "pt"
    assert Experiment.from_json(metadata["experiment"]) == e


class _Chosen:
    """onnx.reference computes tanh whatever ``activations`` says: here it is read.

    The candidate's function is the one but last of an LSTM, and the last of GRU and RNN.
    """

    def g(self, x: np.ndarray) -> np.ndarray:
        return {"Relu": lambda x: np.maximum(x, 0), "Tanh": np.tanh}[self._candidate()](x)

    def _candidate(self) -> str:
        assert self.activations[:1] == ["Sigmoid"]  # type: ignore[attr-defined]
        assert self.activations[2:] in ([], ["Tanh"])  # type: ignore[attr-defined]
        name: str = self.activations[1]  # type: ignore[attr-defined]
        return name


class GRU(_Chosen, CommonGRU):
    op_domain = ""


class LSTM(_Chosen, CommonLSTM):
    op_domain = ""


class RNN(CommonRNN):
    op_domain = ""

    def choose_act(self, name: str, alpha: object, beta: object) -> Any:
        return {"Relu": lambda x: np.maximum(x, 0), "Tanh": np.tanh}[name]


@pytest.mark.parametrize("name", [*CONVERTED, *NOT_CONVERTED])
def test_the_onnx_graph_gives_the_same_answers(name: str) -> None:
    e, weights = trained(name)
    model = onnx.load_model_from_string(take_away.onnx_file(e, weights))
    onnx.checker.check_model(model, full_check=True)
    relu = [GRU, LSTM, RNN] if e.candidate == "relu" else None
    graph = ReferenceEvaluator(model, new_ops=relu)
    assert graph.input_names == ["inputs"]
    assert graph.output_names == ["answer"]
    inputs = trainer.data_of(e).test.inputs.astype(np.float32)
    (answer,) = graph.run(None, {"inputs": inputs})
    assert answer.dtype == np.float32
    np.testing.assert_allclose(answer, expected(e, weights), atol=FLOAT)


@pytest.mark.parametrize("name", ["gru, relu", "lstm, relu"])
def test_relu_is_not_tanh(name: str) -> None:
    """Or the test above would hold for a graph that lost its activations."""
    e, weights = trained(name)
    model = onnx.load_model_from_string(take_away.onnx_file(e, weights))
    inputs = trainer.data_of(e).test.inputs.astype(np.float32)
    (answer,) = ReferenceEvaluator(model).run(None, {"inputs": inputs})
    assert np.abs(answer - expected(e, weights)).max() > 100 * FLOAT


def test_the_onnx_graph_takes_any_length_and_batch() -> None:
    e, weights = trained("gru, all steps")
    model = onnx.load_model_from_string(take_away.onnx_file(e, weights))
    (inputs,), (answer,) = model.graph.input, model.graph.output
    shapes = [
        [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]
        for value in (inputs, answer)
    ]
    assert shapes == [["T", "B", e.about.inputs], ["T", "B", e.about.outputs]]
    (said,) = ReferenceEvaluator(model).run(None, {"inputs": np.ones((3, 2, 1), np.float32)})
    assert said.shape == (3, 2, 1)
    (metadata,) = model.metadata_props
    assert (metadata.key, Experiment.from_json(metadata.value)) == ("experiment", e)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("gru, candidate", "run.pt"),
        ("gru, candidate", "run.safetensors"),
        ("gru, candidate", "run.onnx"),
        ("gru, before, candidate", "run.onnx"),
    ],
)
@pytest.mark.usefixtures("prepared_quarantine")
def test_open_your_model_finds_the_same_gru(name: str, file: str) -> None:
    e, weights = trained(name)
    write = {
        "pt": take_away.torch_file,
        "safetensors": take_away.safetensors_file,
        "onnx": take_away.onnx_file,
    }[file.partition(".")[2]]
    layers = read_model(file, write(e, weights)).layers
    assert len(layers) == e.layers
    for number, layer in enumerate(layers):
        assert layer.convention == Convention("state", e.reset)
        ours, theirs = gru_parameters(e, weights, number), layer.parameters
        for name, array in ((name, getattr(ours, name)) for name in NAMES):
            there = getattr(theirs, name)
            # Two biases are added up in float32 by one side and in float64 by the other.
            np.testing.assert_allclose(there, -array if name[-1] == "z" else array, rtol=1e-6)
        assert layer.follows == ((layers[number - 1].name,) if number else ())


def test_the_record_as_csv() -> None:
    e = Experiment.of({**SMALL, "runs": 2, "evaluate": 3})
    _, record = trainer.advance(trainer.start(e), e.steps)
    text = take_away.record_csv(record)
    assert "\r" not in text
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(text)), record.table())


def test_equal_runs_leave_equal_onnx() -> None:
    """The other two formats have libraries that do not promise it of their headers."""
    e, weights = trained("gru, candidate")
    assert take_away.onnx_file(e, weights) == take_away.onnx_file(e, dict(weights))
