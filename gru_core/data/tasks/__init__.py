"""What a network can be asked to learn: tasks, their data, and what guessing gets."""

from gru_core.data.tasks.batch import Batch
from gru_core.data.tasks.definition import Source, Task
from gru_core.data.tasks.mark import Mark
from gru_core.data.tasks.prepare import Data, prepare
from gru_core.data.tasks.task import TASK, TASKS

__all__ = ["TASK", "TASKS", "Batch", "Data", "Mark", "Source", "Task", "prepare"]
