import numpy as np
import pytest

from gru_core.errors import InputError
from gru_core.training.experiment import Experiment
from gru_core.training.sample import sample
from gru_core.training.trainer import start

TINY = Experiment.of({"task": "characters_en", "hidden": 4, "length": 5, "runs": 1})


def test_a_network_that_knows_one_answer_writes_only_that() -> None:
    weights = start(TINY).weights_of(0)
    weights["head.bias"][:] = -1e3
    weights["head.bias"][7] = 1e3
    begun, written = sample(TINY, weights, 20)
    assert len(begun) == 5
    assert written == TINY.about.labels[7] * 20


def test_characters_come_as_often_as_the_network_says() -> None:
    weights = start(TINY).weights_of(0)
    weights["head.weight"][:] = 0.0
    weights["head.bias"][:] = -1e3
    weights["head.bias"][[3, 4]] = np.log([0.8, 0.2])
    _, written = sample(TINY, weights, 400)
    share = written.count(TINY.about.labels[3]) / 400
    assert share == pytest.approx(0.8, abs=0.08)  # four standard deviations
    _, colder = sample(TINY, weights, 400, temperature=0.25)
    assert colder.count(TINY.about.labels[3]) / 400 > 0.97  # 0.8⁴ / (0.8⁴ + 0.2⁴)
    assert sample(TINY, weights, 40) == sample(TINY, weights, 40)
    assert sample(TINY, weights, 40) != sample(TINY, weights, 40, seed=1)


def test_only_text_is_written() -> None:
    with pytest.raises(InputError):
        sample(Experiment(), {}, 3)
