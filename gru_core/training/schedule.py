"""The learning rate of every step, as a pure function of the step."""

from __future__ import annotations

from math import cos, pi
from typing import Literal

Schedule = Literal["constant", "step", "exponential", "cosine", "plateau"]

STEP_FACTOR = 0.1
"""What "step" multiplies the rate by at each third of the run, as is usual."""

EXPONENTIAL_END = 0.01
"""The share of the first rate that "exponential" comes down to at the last step."""

PLATEAU_FACTOR = 0.5
"""What "plateau" multiplies the rate by when the validation loss has stopped falling."""

PLATEAU_PATIENCE = 5
"""How many evaluations without a new lowest loss "plateau" bears before it lowers the rate."""

PLATEAU_THRESHOLD = 1e-4
"""By which share a validation loss must be lower than the lowest one to count as lower."""


def share(schedule: Schedule, step: int, steps: int, warm_up: int = 0) -> float:
    """What the chosen learning rate is multiplied by at ``step`` (from 0) of ``steps``.

    warm_up: the first steps, in which the rate grows linearly to its full value; the schedule acts
    on what is left after them. "plateau" depends on the validation loss and is 1 here. The values
    are those of torch.optim.lr_scheduler's StepLR, ExponentialLR and CosineAnnealingLR.
    """
    if step < warm_up:
        return (step + 1) / (warm_up + 1)
    at, length = step - warm_up, max(1, steps - warm_up)
    match schedule:
        case "step":
            return float(STEP_FACTOR ** (at // max(1, -(-length // 3))))
        case "exponential":
            return float(EXPONENTIAL_END ** (at / length))
        case "cosine":  # Loshchilov & Hutter 2017, equation 5, without restarts, down to 0
            return (1.0 + cos(pi * at / length)) / 2.0
        case _:
            return 1.0
