"""The data of a run: what it learns from, and what every run of its task is judged on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gru_core.data.bounds import MAX_SEED, Whole
from gru_core.data.scaling import Scaling
from gru_core.data.tasks.batch import Batch
from gru_core.data.tasks.definition import ORDER, PROBE, TRAIN, TRAIN_SET, Task
from gru_core.data.tasks.task import TASK, TASKS
from gru_core.errors import N_, InputError

EXAMPLES = Whole("examples", N_("Training sequences (0: all, or ever new ones)"), 0, 4096, 0)
SPLIT = Whole("split", N_("Seed of the split"), 0, MAX_SEED, 0)


@dataclass(frozen=True, eq=False)
class Data:
    """What a run of `task` learns from and is judged on. There is one object for equal choices.

    train: None when every batch is drawn afresh. validation, test: the same for all runs. probe:
    one sequence, B = 1, to look inside with; it is never one to train with. scale: how the targets
    were scaled, to say an error in their own unit; fitted on the training part alone.
    """

    task: Task
    length: int
    train: Batch | None
    validation: Batch
    test: Batch
    probe: Batch
    scale: Scaling | None = None

    def batch(self, seed: int, step: int, size: int | None) -> Batch:
        """The sequences of training step `step`, counted from 0: always the same for one seed.

        size: how many; None: the whole training set. From a training set they are taken without
        replacement, epoch after epoch, each in an order of its own; the last batch of an epoch
        holds what is left, as PyTorch's DataLoader has it.
        Raises InputError when all of it is asked for and every batch is drawn afresh.
        """
        if self.train is None:
            if size is None:
                raise InputError(
                    "{name}: expected a batch size, because every batch is drawn afresh."
                    " Choose one, or a fixed number of training sequences.",
                    name=self.task.name,
                )
            return self.task.draw(np.random.default_rng([seed, TRAIN, step]), self.length, size)
        if size is None:
            return self.train
        count = len(self.train)
        epoch, place = divmod(step, -(-count // size))
        order = np.random.default_rng([seed, ORDER, epoch]).permutation(count)
        return self.train.select(order[place * size : (place + 1) * size])


def prepare(name: str, length: int, examples: int = 0, split_seed: int = 0) -> Data:
    """The data of the task of that name.

    length: within the task's bounds. examples: above 0, how many training sequences there are to
    be: generated once and for all, or the first ones of finite data. split_seed: draws what is held
    out, and the generated training set; of no effect where time orders the data.
    Raises InputError that names what is wrong.
    """
    task = TASKS[TASK.read(name)]
    return _prepared(
        task, task.length.read(length), EXAMPLES.read(examples), SPLIT.read(split_seed)
    )


@lru_cache(maxsize=4)  # up to tens of megabytes each
def _prepared(task: Task, length: int, examples: int, split_seed: int) -> Data:
    train, validation, test, scale = task.parts(length, split_seed)
    if task.finite:
        probe = validation.select([0])
        if train is not None and examples:
            train = train.select(range(min(examples, len(train))))
    else:
        probe = task.draw(np.random.default_rng([split_seed, PROBE]), length, 1)
        if examples:
            rng = np.random.default_rng([split_seed, TRAIN_SET])
            train = task.draw(rng, length, examples)
    return Data(task, length, train, validation, test, probe, scale)
