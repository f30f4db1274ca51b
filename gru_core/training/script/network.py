"""The part of a script that has its network."""

from __future__ import annotations

from textwrap import indent

from gru_core.training.experiment import Experiment
from gru_core.training.script.sources import Sources, block

GATES = {"gru": "rzn", "rnn": "h", "lstm": "ifgo"}
"""The blocks of rows that the weights of a cell have, in PyTorch's order."""


def is_pytorch(e: Experiment) -> bool:
    """Whether torch.nn has a layer that computes the same."""
    if e.methods:
        return False
    return e.cell == "rnn" or (e.candidate == "tanh" and (e.cell == "lstm" or e.reset == "after"))


def network(e: Experiment, _: Sources) -> str:
    """The class ``Network``, and the layer that it needs where torch.nn has none."""
    read = "h" if e.about.read == "all" else "h[-1:]"
    parts = []
    if is_pytorch(e):
        how = ', nonlinearity="relu"' if e.cell == "rnn" and e.candidate == "relu" else ""
        layers = f"nn.{e.cell.upper()}(INPUTS, HIDDEN, LAYERS{how})"
    else:
        parts.append(_cell(e))
        parts.append(_LAYERS)
        layers = "Layers()"
    if e.truncate:
        detached = "state = state.detach()"
        if e.cell == "lstm" and is_pytorch(e):
            detached = "state = tuple(part.detach() for part in state)"
        elif not is_pytorch(e):
            detached = "state = [tuple(part.detach() for part in layer) for layer in state]"
        forward = f"""\
        pieces, state = [], None
        for piece in inputs.split(TRUNCATE):
            h, state = self.{e.cell}(piece, state)
            # No gradient goes back from here.
            {detached}
            pieces.append(h)
        h = torch.cat(pieces)"""
    else:
        forward = f"        h, _ = self.{e.cell}(inputs)"
    note = "" if e.about.read == "all" else "  # the last step is answered"
    parts.append(
        f"""\
class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.{e.cell} = {layers}
        self.head = nn.Linear(HIDDEN, OUTPUTS)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
{forward}
        return self.head({read}){note}"""
    )
    return "\n\n\n".join(parts)


_LAYERS = block("""
    class Layers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            widths = [INPUTS, *[HIDDEN] * (LAYERS - 1)]
            self.layers = nn.ModuleList([Layer(width) for width in widths])

        def forward(self, h, states=None):
            after = []
            for layer, state in zip(self.layers, states or [None] * LAYERS):
                h, state = layer(h, state)
                after.append(state)
            return h, after
""")


def _cell(e: Experiment) -> str:
    """A layer written out: one step reads like its equations."""
    f = f"torch.{e.candidate}"
    gates = len(GATES[e.cell])
    bias_hh = e.cell == "lstm" or e.reset == "after"
    if e.cell == "lstm":
        states, step = (
            "h, c",
            f"""
            a = W_x + h @ U.T + self.bias_hh
            i, f, g, o = a.chunk(4, dim=-1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * {f}(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        """,
        )
    else:
        blend = "(1 - z) * n + z * h" if e.z == "state" else "(1 - z) * h + z * n"
        states = "(h,)"
        if e.reset == "after":
            step = f"""
                a_r, a_z, a_n = W_x.chunk(3, dim=-1)
                q_r, q_z, q_n = (h @ U.T + self.bias_hh).chunk(3, dim=-1)
                r, z = torch.sigmoid(a_r + q_r), torch.sigmoid(a_z + q_z)
                n = {f}(a_n + r * q_n)
                h = {blend}
            """
        else:
            step = f"""
                a_r, a_z, a_n = W_x.chunk(3, dim=-1)
                U_r, U_z, U_n = U.chunk(3)
                r, z = torch.sigmoid(a_r + h @ U_r.T), torch.sigmoid(a_z + h @ U_z.T)
                n = {f}(a_n + (r * h) @ U_n.T)
                h = {blend}
            """
    bias = (
        f"\n        self.bias_hh = nn.Parameter(torch.zeros({gates} * HIDDEN))" if bias_hh else ""
    )
    zero = "torch.zeros(inputs.shape[1], HIDDEN)"
    start = (
        f"h, c = state or ({zero}, {zero})" if e.cell == "lstm" else f"(h,) = state or ({zero},)"
    )
    return f"""\
class Layer(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight_ih = nn.Parameter(torch.zeros({gates} * HIDDEN, width))
        self.weight_hh = nn.Parameter(torch.zeros({gates} * HIDDEN, HIDDEN))
        self.bias_ih = nn.Parameter(torch.zeros({gates} * HIDDEN)){bias}

    def forward(self, inputs, state=None):
        {start}
        U, steps = self.weight_hh, []
        for W_x in inputs @ self.weight_ih.T + self.bias_ih:
{indent(block(step), " " * 12)}
            steps.append(h)
        return torch.stack(steps), {"(h, c)" if e.cell == "lstm" else states}"""
