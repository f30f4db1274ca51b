"""The part of a script that draws its first weights, as ``network.initial_weights`` does."""

from __future__ import annotations

from textwrap import indent

from gru_core.training.experiment import Experiment
from gru_core.training.script.network import GATES, is_pytorch
from gru_core.training.script.sources import block


def first_weights(e: Experiment) -> str:
    """The function ``first_weights`` and what it draws with, in the order of the engine."""
    lines = ["bound = 1 / HIDDEN**0.5", "", "", *block(_draws(e)).splitlines(), "", ""]
    lines += block(_layer_start(e)).splitlines()
    if e.methods:
        return "\n".join([*lines, "", "", block(_WITH_METHODS.format(zero=_zero(e)))])
    to = (
        f'f"{e.cell}.{{name}}_l{{layer}}"'
        if is_pytorch(e)
        else f'f"{e.cell}.layers.{{layer}}.{{name}}"'
    )
    zero = _zero(e)
    rest = f"""
        def first_weights() -> dict[str, torch.Tensor]:
            weights = {{}}
            for layer in range(LAYERS):
                rng = np.random.default_rng([SEED, layer, 0])
                for name, array in first_of_layer(rng, HIDDEN if layer else INPUTS).items():
                    weights[{to}] = array
            rng = np.random.default_rng([SEED, LAYERS, 1])
            weights["head.weight"] = {zero}rng.uniform(-bound, bound, (OUTPUTS, HIDDEN))
            weights["head.bias"] = {zero}rng.uniform(-bound, bound, OUTPUTS)
            return {{name: torch.tensor(a, dtype=torch.float32) for name, a in weights.items()}}
    """
    return "\n".join([*lines, "", "", block(rest)])


_WITH_METHODS = """
    def first_weights() -> dict[str, torch.Tensor]:
        \"\"\"By name; with a leading axis of runs, of which there is one.\"\"\"
        weights = {{}}
        for layer in range(LAYERS):
            width = HIDDEN if layer else INPUTS
            drawn = first_of_layer(np.random.default_rng([SEED, layer, 0]), width)
            weights.update({{f"{{name}}_l{{layer}}": array for name, array in drawn.items()}})
            blocks = BLOCKS[experiment.cell]
            sizes = Sizes(width, HIDDEN, blocks, STEPS_OF_INPUT, drawn, experiment.z == "state")
            for chosen in experiment.methods:
                for name, array in chosen.method.numbers(sizes, chosen.dial).items():
                    weights[f"{{chosen.name}}.{{name}}_l{{layer}}"] = array
        rng = np.random.default_rng([SEED, LAYERS, 1])
        weights["head.weight"] = {zero}rng.uniform(-bound, bound, (OUTPUTS, HIDDEN))
        weights["head.bias"] = {zero}rng.uniform(-bound, bound, OUTPUTS)
        return {{name: torch.tensor(a, dtype=torch.float32)[None] for name, a in weights.items()}}
"""


def _zero(e: Experiment) -> str:
    return "0 * " if e.scheme == "zeros" else ""


def _draws(e: Experiment) -> str:
    """How W, U and one half of a bias are drawn."""
    gain = f"{e.gain!r} * "
    uniform = "rng.uniform(-bound, bound, {})"
    W, half = uniform.format("(HIDDEN, width)"), "np.zeros(HIDDEN)"
    match e.scheme:
        case "pytorch":
            U = f"return {uniform.format('(HIDDEN, HIDDEN)')}"
            half = uniform.format("HIDDEN")
        case "glorot":
            W = "glorot(rng, width)"
            U = f"return {gain}glorot(rng, HIDDEN)"
        case "orthogonal":
            U = (
                "q, r = np.linalg.qr(rng.normal(size=(HIDDEN, HIDDEN)))\n"
                f"return {gain}q * np.where(np.diag(r) < 0, -1.0, 1.0)"
            )
        case "gaussian":
            U = f"return {gain}bound * rng.normal(size=(HIDDEN, HIDDEN))"
        case _:
            W, U = "np.zeros((HIDDEN, width))", "return np.zeros((HIDDEN, HIDDEN))"
    glorot = """\
def glorot(rng, width):
    a = (6 / (width + HIDDEN)) ** 0.5
    return rng.uniform(-a, a, (HIDDEN, width))


"""
    return f"""\
{glorot if e.scheme == "glorot" else ""}def draw_W(rng, width):
    return {W}


def draw_U(rng):
{indent(U, "    ")}


def half_of_bias(rng):
    return {half}


def bias(rng):
    return half_of_bias(rng) + half_of_bias(rng)"""


def _layer_start(e: Experiment) -> str:
    """One layer: the order of the draws is the engine's."""
    gates = GATES[e.cell]
    lines = [
        "def first_of_layer(rng, width):",
        *(
            f"    {', '.join(f'{x}_{g}' for g in gates)} = ({draw} for _ in range({len(gates)}))"
            if len(gates) > 1
            else f"    {x}_h = {draw}"
            for x, draw in (("W", "draw_W(rng, width)"), ("U", "draw_U(rng)"))
        ),
    ]
    chrono = f"np.log(rng.uniform(1.0, {e.steps_of_input - 1}.0, HIDDEN))"
    match e.cell:
        case "rnn":
            lines.append("    b_h = bias(rng)")
            c = "np.zeros(HIDDEN)"
        case "lstm":
            lines.append("    b_i, b_f, b_g, b_o = (bias(rng) for _ in range(4))")
            c = "np.zeros(4 * HIDDEN)"
            if e.keep == "chrono":
                lines += [
                    f"    b_f = {chrono}  # each unit keeps for 1 to T steps",
                    "    b_i = -b_f",
                ]
            elif e.keep == "bias":
                lines.append(f"    b_f = b_f + {e.keep_bias!r}")
        case "gru":
            lines.append("    b_r, b_z = bias(rng), bias(rng)")
            if e.reset == "after":
                lines.append("    b_n, c_n = half_of_bias(rng), half_of_bias(rng)")
                c = "np.concatenate([np.zeros(2 * HIDDEN), c_n])"
            else:
                lines.append("    b_n = bias(rng)")
                c = ""
            if e.keep == "chrono":
                lines.append(f"    b_z = {chrono}  # each unit keeps for 1 to T steps")
            elif e.keep == "bias":
                lines.append(f"    b_z = b_z + {e.keep_bias!r}  # keeps the old state")
            if e.z == "candidate":
                if is_pytorch(e):
                    lines += [
                        "    # nn.GRU's z weights the old state, the experiment's the candidate.",
                        "    # 1 - sigmoid(a) = sigmoid(-a): negated, it is the same run.",
                    ]
                else:
                    lines.append("    W_z, U_z, b_z = -W_z, -U_z, -b_z  # z weights the candidate")
    stacked = {
        name: f"np.concatenate([{', '.join(f'{x}_{g}' for g in gates)}])"
        for name, x in (("weight_ih", "W"), ("weight_hh", "U"), ("bias_ih", "b"))
    }
    if c:
        stacked["bias_hh"] = c
    lines += ["    return {", *(f'        "{n}": {v},' for n, v in stacked.items()), "    }"]
    return "\n".join(lines)
