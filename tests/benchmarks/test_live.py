"""The benchmark reports the rates that it measured, of what the page opens with."""

import pytest

from benchmarks.live import Round, experiment_of, headless, table
from gru_core.training import trainer
from gru_core.training.experiment import Experiment
from pages.ui.train_state import FIRST


def test_what_is_trained_is_what_the_page_opens_with() -> None:
    experiment = experiment_of(1234)
    assert experiment.steps == 1234
    assert experiment.changed(steps=FIRST.experiment.steps) == FIRST.experiment
    assert Experiment.from_query(experiment.to_query()) == experiment


def test_the_ratio_is_that_of_the_rates_in_the_same_round() -> None:
    rounds = [Round(page=10, headless=9), Round(page=40, headless=20), Round(page=20, headless=16)]
    *_, page, alone = table(rounds, 4000).splitlines()
    assert page == "| on /train | 200 | 0.80 |"
    assert alone == "| `advance`, without a page | 250 | 1.00 |"


def test_without_a_page_the_whole_run_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def noted(checkpoint: trainer.Checkpoint, steps: int) -> object:
        after, record = trainer.advance(checkpoint, steps)
        done.append(len(record))
        return after, record

    monkeypatch.setattr("benchmarks.live.advance", noted)
    small = experiment_of(7).changed(hidden=2, batch=2, length=4, runs=1)
    assert headless(small) > 0
    assert done == [7]
