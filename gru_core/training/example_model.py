"""The model that ships with the page "Open your model": a small trained network, saved as any is.

Two bidirectional layers of nn.GRU with 8 units each way read values of which some are marked, and
say at every step which value was marked last and which will be marked next. So some units of the
forward direction must hold what has been, and some of the backward direction what is to come.

    python -m gru_core.training.example_model

trains it anew, from the same seed, and writes ``assets/data/marked.safetensors``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from gru_core.data.sequences import Feed
from gru_core.maths.parameters import Array
from gru_core.training.model_files import Model, read_model

FILE = Path(__file__).parents[2] / "assets" / "data" / "marked.safetensors"
FEED = Feed("marked")
"""What it is fed unless something else is chosen; it was not trained on this sequence."""

_SEQUENCES, _BATCH, _UPDATES, _STEPS = 4000, 50, 3000, 80


@cache
def example() -> Model:
    """The shipped model, read as an uploaded file is; needs no torch."""
    return read_model(FILE.name, FILE.read_bytes())


def marked_before_and_after(inputs: Array) -> Array:
    """What the network is to say: (T, 2), the value marked last and the one marked next.

    inputs: (T, 2), values and marks. Both include a mark at the step itself; 0 where there is none.
    """
    target = np.zeros_like(inputs)
    for column, order in ((0, 1), (1, -1)):
        held = 0.0
        for t, (value, mark) in list(enumerate(inputs))[::order]:
            held = value if mark else held
            target[t, column] = held
    return target


def train() -> dict[str, Array]:
    """The state dict of the network, trained from a fixed seed, in float32."""
    import torch

    torch.manual_seed(0)
    sequences = [
        Feed("marked", {"T": _STEPS, "draw": draw}).sequence.values
        for draw in range(1, _SEQUENCES + 1)
    ]
    inputs = torch.tensor(np.stack(sequences), dtype=torch.float32)
    targets = torch.tensor(
        np.stack([marked_before_and_after(one) for one in sequences]), dtype=torch.float32
    )
    network = torch.nn.ModuleDict(
        {
            "gru": torch.nn.GRU(2, 8, num_layers=2, bidirectional=True, batch_first=True),
            "head": torch.nn.Linear(16, 2),
        }
    )
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.01, _UPDATES)
    for _ in range(_UPDATES):
        batch = torch.randint(_SEQUENCES, (_BATCH,))
        loss = (network["head"](network["gru"](inputs[batch])[0]) - targets[batch]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    return {name: tensor.numpy() for name, tensor in network.state_dict().items()}


if __name__ == "__main__":
    from safetensors.numpy import save_file

    save_file(train(), FILE)
