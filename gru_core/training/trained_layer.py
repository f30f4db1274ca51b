"""One layer of a trained network for the pages that show a single GRU."""

from __future__ import annotations

from collections.abc import Mapping

from gru_core.data.sequences import Column, Sequence, visible
from gru_core.data.tasks import Batch, Task
from gru_core.data.trained import Trained
from gru_core.errors import N_, InputError
from gru_core.maths.gru import unroll
from gru_core.maths.parameters import Array
from gru_core.training.experiment import Experiment
from gru_core.training.network import gru_parameters, plain_weights
from gru_core.training.trainer import data_of


def trained_layer(
    experiment: Experiment, weights: Mapping[str, Array], layer: int, step: int
) -> Trained:
    """The GRU of layer ``layer`` (from 0), on what it reads of the task's probe sequence.

    weights: what ``Checkpoint.weights_of`` gives, after ``step`` updates. Above layer 0 the inputs
    are the states of the layer below. Raises InputError for another cell than a GRU with tanh, for
    methods of stabilisation that act in evaluation, and for weights that are not finite.
    """
    e = experiment
    if e.cell != "gru" or e.candidate != "tanh":
        names = {"gru": "GRU", "rnn": "RNN", "lstm": "LSTM"}
        raise InputError(
            "{name}: expected a GRU with tanh, got {actual}. The pages that show gates compute "
            "no other cell; train a GRU with tanh to open it there.",
            name="cell",
            actual=names[e.cell] + (" with ReLU" if e.candidate == "relu" else ""),
        )
    weights = plain_weights(e, weights)
    sequence = _sequence(e.about, data_of(e).probe)
    for below in range(layer):
        states = unroll(gru_parameters(e, weights, below), sequence.values, None, e.convention).h
        columns = (Column(N_("unit {name} below"), str(unit)) for unit in range(1, e.hidden + 1))
        sequence = Sequence(states, tuple(columns), sequence.times)
    parameters = gru_parameters(e, weights, layer)
    return Trained(parameters, e.convention, sequence, e.about.title, step, layer)


def _sequence(task: Task, probe: Batch) -> Sequence:
    values = probe.inputs[:, 0]
    if not task.alphabet:
        inputs = range(1, task.inputs + 1)
        return Sequence(values, tuple(Column(N_("input {name}"), str(i)) for i in inputs))
    if any(len(symbol) > 1 for symbol in task.alphabet):  # words, which have a translation
        return Sequence(values, tuple(Column(symbol) for symbol in task.alphabet))
    symbols = tuple(map(visible, task.alphabet))
    times = tuple(symbols[place] for place in values.argmax(axis=1))
    return Sequence(values, tuple(Column("{name}", symbol) for symbol in symbols), times)
