"""All tasks, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gru_core.data.bounds import OneOf
from gru_core.data.tasks.adding import ADDING
from gru_core.data.tasks.batch import Batch
from gru_core.data.tasks.brackets import BRACKETS
from gru_core.data.tasks.characters import CHARACTERS_EN, CHARACTERS_ZH
from gru_core.data.tasks.copying import COPY, SHORT_COPY
from gru_core.data.tasks.definition import Source, Task
from gru_core.data.tasks.digits import DIGIT_PIXELS, DIGIT_ROWS
from gru_core.data.tasks.mark import Mark
from gru_core.data.tasks.order import ORDER
from gru_core.data.tasks.parity import PARITY
from gru_core.data.tasks.reber import REBER
from gru_core.data.tasks.sentiment import SENTIMENT
from gru_core.data.tasks.sign import SIGN
from gru_core.data.tasks.sine import SINE
from gru_core.data.tasks.sunspots import SUNSPOTS
from gru_core.errors import N_

__all__ = ["TASK", "TASKS", "Batch", "Mark", "Source", "Task"]

TASKS: Mapping[str, Task] = MappingProxyType(
    {
        task.name: task
        for task in (
            ADDING,
            SHORT_COPY,
            COPY,
            ORDER,
            PARITY,
            BRACKETS,
            REBER,
            SINE,
            SUNSPOTS,
            SIGN,
            SENTIMENT,
            DIGIT_ROWS,
            DIGIT_PIXELS,
            CHARACTERS_EN,
            CHARACTERS_ZH,
        )
    }
)
"""In the order of a menu."""

TASK = OneOf("task", N_("Task"), {name: task.title for name, task in TASKS.items()}, ADDING.name)
