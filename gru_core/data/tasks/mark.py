"""A known number to hold a loss against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """What somebody who knows more, or less, would reach.

    title, source: English message ids; source says how the number was found. loss: which loss it
    is in. value: that loss on the validation data, scaled as the targets are.
    """

    title: str
    loss: str
    value: float
    source: str
