"""Text that a trained network writes by itself, one character after the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gru_core.data.tasks import Batch
from gru_core.errors import InputError
from gru_core.maths.parameters import Array
from gru_core.training.experiment import Experiment
from gru_core.training.trainer import answers, data_of


def sample(
    experiment: Experiment,
    weights: Mapping[str, Array],
    count: int,
    *,
    temperature: float = 1.0,
    seed: int = 0,
) -> tuple[str, str]:
    """The beginning that the network was given, and the ``count`` characters it went on with.

    weights: of one run, without a run axis. The beginning is the probe sequence; each character is
    drawn from the probabilities of the network's answer to the last ``experiment.length``
    characters, with the logits divided by ``temperature``, above 0: below 1 the likeliest come
    more often. The same seed gives the same text. Raises InputError unless the task is text.
    """
    task = experiment.about
    if task.shows != "text":
        raise InputError(
            "task: expected a text, got {actual}. Choose the task of the next character.",
            actual=task.name,
        )
    rng = np.random.default_rng(seed)
    one_hot = np.eye(task.inputs)
    symbols = data_of(experiment).probe.inputs[:, 0].argmax(axis=-1).tolist()
    begun = len(symbols)
    for _ in range(count):
        window = one_hot[symbols[-begun:]][:, None]
        nothing = np.zeros((len(window), 1), dtype=np.int64)
        logits = answers(experiment, weights, Batch(window, nothing)).answer[0, -1, 0].numpy()
        # The likeliest of logits with Gumbel noise is a draw from their softmax.
        symbols.append(int((logits / temperature + rng.gumbel(size=len(logits))).argmax()))
    written = [task.labels[symbol] for symbol in symbols]
    return "".join(written[:begun]), "".join(written[begun:])
