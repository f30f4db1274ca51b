"""A worked sequence as something to take away: a table, LaTeX, a program."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Literal

import pandas as pd

from gru_core.data.setup import Setup
from gru_core.errors import InputError
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.equations import (
    PARTS,
    Apply,
    Complement,
    Expression,
    Hadamard,
    MatrixVector,
    Sum,
    Value,
    equations,
    to_latex,
    values,
)
from gru_core.maths.gru import STEP_NAMES, Trace
from gru_core.maths.parameters import NAMES, Array
from gru_core.maths.weights import to_torch_state_dict

Library = Literal["numpy", "pytorch"]


def table_of_intermediates(trace: Trace) -> pd.DataFrame:
    """Every intermediate of every step, one number a row.

    Columns: step (from 1), name (a field of ``Step``), unit (from 1; for x the number of the
    input), value. Raises ``InputError`` for a trace of a batch.
    """
    if trace.h.ndim != 2:
        raise InputError(
            "trace: expected one sequence, h of shape (T, H), got shape {actual}."
            " Take one sequence of the batch.",
            actual=trace.h.shape,
        )
    rows = [
        (t + 1, name, unit, value)
        for t in range(len(trace))
        for name in STEP_NAMES
        for unit, value in enumerate(getattr(trace.step(t), name).tolist(), start=1)
    ]
    return pd.DataFrame(rows, columns=["step", "name", "unit", "value"])


def csv_of_intermediates(trace: Trace) -> str:
    """``table_of_intermediates`` as CSV with a header line; numbers as exact as float64."""
    text: str = table_of_intermediates(trace).to_csv(index=False, lineterminator="\n")
    return text


def json_of_trace(trace: Trace) -> str:
    """The convention, the weights and every named array of a trace as JSON, exactly.

    Arrays are nested lists, those over time with the step first.
    """
    arrays = {name: getattr(trace, name) for name in STEP_NAMES if name != "x"}
    content = {
        "convention": asdict(trace.convention),
        "parameters": {name: getattr(trace.parameters, name).tolist() for name in NAMES},
        "h0": trace.h0.tolist(),
        "x": trace.inputs.tolist(),
        **{name: array.tolist() for name, array in arrays.items()},
    }
    return json.dumps(content)


def latex_of_step(trace: Trace, t: int, digits: int = 4) -> str:
    """Step t (from 0) of one sequence, worked with its numbers, to be pasted into a document.

    Raises ``InputError`` when there is no such step, or for a trace of a batch.
    """
    known = values(trace.step(t), trace.parameters)
    parts = (to_latex(trace.convention, part, known, digits) for part in PARTS)
    heading = f"% Step {t + 1} of {len(trace)} of a GRU. Needs \\usepackage{{amsmath}}."
    return "\n".join([heading, *(f"\\[\n{part}\n\\]" for part in parts)]) + "\n"


def script(setup: Setup, library: Library = "numpy") -> str:
    """A Python program that needs only ``library`` and prints h after every step.

    Each line of its output is the number of the step, from 1, and the H numbers of h with 17
    significant digits. For PyTorch it uses ``nn.GRU`` if an exact conversion exists, and says so;
    else plain operations.
    """
    if library == "numpy":
        return _script_of_equations(setup, "numpy", "Needs only NumPy.")
    try:
        state_dict = to_torch_state_dict(setup.parameters, setup.convention)
    except InputError:
        note = "Plain operations: nn.GRU has no weights that give exactly the same h."
        return _script_of_equations(setup, "pytorch", note)
    return _script_of_module(setup, state_dict)


_IMPORTS = {"numpy": "import numpy as np", "pytorch": "import torch"}
_ARRAYS = {"numpy": "np.array({})", "pytorch": "torch.tensor({}, dtype=torch.float64)"}
_FUNCTIONS = {
    "numpy": {
        # 1 / (1 + e^-a), written so that a large -a does not overflow.
        "sigmoid": "np.exp(-np.logaddexp(0, -a))",
        "hard_sigmoid": "np.clip(0.2 * a + 0.5, 0, 1)",
        "tanh": "np.tanh(a)",
    },
    "pytorch": {
        "sigmoid": "torch.sigmoid(a)",
        "hard_sigmoid": "torch.clamp(0.2 * a + 0.5, 0, 1)",
        "tanh": "torch.tanh(a)",
    },
}


def _script_of_equations(setup: Setup, library: Library, note: str) -> str:
    functions = _FUNCTIONS[library]
    names = [name for name in NAMES if setup.convention.reset == "after" or name != "c_n"]
    arrays = [(name, getattr(setup.parameters, name)) for name in names]
    arrays += [("x", setup.inputs), ("h", setup.h0)]
    definitions = [lines[0] for lines in equations(setup.convention).values()]
    return "\n".join(
        [
            *_heading(setup.convention, note),
            _IMPORTS[library],
            "",
            *(f"{name} = {_literal(array, library)}" for name, array in arrays),
            *(
                f"\n\ndef {name}(a):\n    return {functions[name]}"
                for name in (setup.convention.gate, "tanh")
            ),
            "\n",
            "for t, x_t in enumerate(x, start=1):",
            *(f"    {line.result} = {_code(line.expression)}" for line in definitions),
            '    print(t, *(f"{value:.17g}" for value in h.tolist()))',
            "",
        ]
    )


def _script_of_module(setup: Setup, state_dict: dict[str, Array]) -> str:
    D, H = setup.parameters.input_size, setup.parameters.hidden_size
    note = "Rows of the weights: r, z, n."
    if setup.convention != PYTORCH:
        note += " Converted exactly to the convention of nn.GRU, with the same h."
    return "\n".join(
        [
            *_heading(setup.convention, note),
            _IMPORTS["pytorch"],
            "",
            f"gru = torch.nn.GRU(input_size={D}, hidden_size={H}, dtype=torch.float64)",
            "weights = {}",
            *(
                f'weights["{name}"] = {_literal(array, "pytorch")}'
                for name, array in state_dict.items()
            ),
            "gru.load_state_dict(weights)",
            "",
            f"x = {_literal(setup.inputs, 'pytorch')}",
            f"h0 = {_literal(setup.h0, 'pytorch')}",
            "",
            "with torch.no_grad():",
            "    output, _ = gru(x, h0[None])",
            "for t, h in enumerate(output, start=1):",
            '    print(t, *(f"{value:.17g}" for value in h.tolist()))',
            "",
        ]
    )


def _heading(convention: Convention, note: str) -> list[str]:
    return [
        "# A gated recurrent unit, step by step: prints the number of each step and its h.",
        f"# z weights the {'old state' if convention.z_weights == 'state' else 'candidate'};"
        f" reset acts {convention.reset} the product with U_n.",
        f"# {note}",
        "",
    ]


def _literal(array: Array, library: Library) -> str:
    text = repr(array.tolist()).replace("], [", "],\n    [")
    if "\n" in text:
        text = f"[\n    {text[1:-1]},\n]"
    return _ARRAYS[library].format(text)


def _code(expression: Expression) -> str:
    match expression:
        case Value(name):
            return {"x": "x_t", "h_previous": "h"}.get(name, name)
        case MatrixVector(matrix, vector):
            return f"{matrix.name} @ {_factor_code(vector)}"
        case Hadamard(left, right):
            return f"{_factor_code(left)} * {_factor_code(right)}"
        case Complement(of):
            return f"1 - {_code(of)}"
        case Sum(terms):
            return " + ".join(_code(term) for term in terms)
        case Apply(function, of):
            return f"{function}({_code(of)})"
        case _:
            raise TypeError(f"{type(expression).__name__} is in no equation of a step forwards")


def _factor_code(expression: Expression) -> str:
    code = _code(expression)
    return code if isinstance(expression, Value | Apply) else f"({code})"
