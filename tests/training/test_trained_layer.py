"""A layer of a trained network is, on the pages of one GRU, what it is in the network."""

import numpy as np
import pytest

from gru_core.data.sequence_view import SequenceView
from gru_core.data.tasks import TASKS
from gru_core.errors import InputError
from gru_core.training import trainer
from gru_core.training.experiment import Experiment
from gru_core.training.trained_layer import trained_layer

FORMS = [
    {"z": z, "reset": reset, "layers": 3}
    for z in ("state", "candidate")
    for reset in ("after", "before")
]
FORMS.append({"layers": 3, "methods": [{"name": "spectral_norm", "dial": 0.5}]})


@pytest.mark.parametrize("layer", range(3))
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_it_computes_what_the_network_computes(form: dict[str, object], layer: int) -> None:
    e = Experiment.of({"task": "reber", "hidden": 5, "length": 12, "steps": 3, **form})
    weights = trainer.advance(trainer.start(e), 3)[0].weights_of(0)
    output = trainer.answers(e, weights, trainer.data_of(e).probe)
    view = SequenceView.of_model(trained_layer(e, weights, layer, 3))
    np.testing.assert_allclose(view.trace().h, output.layers[layer].h[0, :, 0], atol=1e-7)


@pytest.mark.parametrize("task", TASKS)
def test_the_probe_of_every_task_can_be_fed(task: str) -> None:
    e = Experiment.of({"task": task, "hidden": 70})
    weights = trainer.start(e).weights_of(0)
    view = SequenceView.of_model(trained_layer(e, weights, 0, 0))
    probe = trainer.data_of(e).probe.inputs[:, 0]
    assert (view.sequence.values == probe).all()
    assert len(view.sequence.times) in (0, len(probe))
    assert len(view.order(view.trace())) == 64


def test_symbols_are_named() -> None:
    e = Experiment.of({"task": "characters_en"})
    sequence = trained_layer(e, trainer.start(e).weights_of(0), 0, 0).sequence
    assert "␣" in sequence.names
    assert sequence.times[0] == sequence.names[int(sequence.values[0].argmax())]


def test_an_address_means_what_it_is_given() -> None:
    e = Experiment(hidden=2)
    own = trained_layer(e, trainer.start(e).weights_of(0), 0, 0)
    view = SequenceView.of_model(own)
    assert view.to_query() == {"model": "trained"}
    assert SequenceView.from_query({"model": "trained", "t": "3", "unit": "2"}, own).time == 2
    assert SequenceView.from_query(view.to_query(), own) == view
    with pytest.raises(InputError, match="trained in another session"):
        SequenceView.from_query(view.to_query())
    with pytest.raises(InputError, match="t: expected a whole number from 1 to 30"):
        SequenceView.from_query({"model": "trained", "t": "31"}, own)


def test_its_step_opens_on_one_step() -> None:
    e = Experiment(hidden=4)
    view = SequenceView.of_model(trained_layer(e, trainer.start(e).weights_of(0), 0, 0))
    setup = view.step_setup(7)
    assert (setup.unroll().h[0] == view.trace().h[7]).all()


@pytest.mark.parametrize(
    ("choices", "cell"),
    [
        ({"cell": "rnn"}, "RNN"),
        ({"cell": "lstm"}, "LSTM"),
        ({"candidate": "relu"}, "GRU with ReLU"),
    ],
)
def test_what_is_no_such_gru(choices: dict[str, object], cell: str) -> None:
    e = Experiment.of(choices)
    with pytest.raises(InputError, match=f"expected a GRU with tanh, got {cell}"):
        trained_layer(e, trainer.start(e).weights_of(0), 0, 0)


def test_what_a_method_still_acts_in() -> None:
    e = Experiment.of({"methods": [{"name": "zoneout"}]})
    with pytest.raises(InputError, match="none that acts in evaluation, got zoneout"):
        trained_layer(e, trainer.start(e).weights_of(0), 0, 0)
