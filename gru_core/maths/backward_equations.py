"""One step of a GRU backwards, as equations that can be shown, evaluated and typeset.

Every ``Line`` states that one named array equals an expression of others, as in ``equations``.
Names that begin with ``d_`` are gradients of the loss L by what follows, as in ``bptt``:
``d_h`` is the total δ_h′ on the new state, ``d_h_previous`` δ_h on the old one, ``d_n_pre`` is δ_n.
New here are ``d_h_own`` and ``d_h_future``, the two parts of δ_h′; ``d_z``, ``d_n`` and ``d_r``,
the gradients on the gates and the candidate themselves, outside their σ or tanh; ``z_slope`` and
so on, the slope of that function; ``d_W_r`` and so on, what this step adds to the gradient of a
parameter; and ``d_h_leak``, ``d_z_past``, ``d_n_past`` and ``d_r_past``, the paths into the past.

Source: Werbos 1990, "Backpropagation through time: what it does and how to do it"; the chain rule
applied to the lines of ``equations``, as derived in ``bptt``.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

import numpy as np

from gru_core.maths.bptt import GRUGradients
from gru_core.maths.convention import Convention
from gru_core.maths.equations import (
    Apply,
    BackwardRole,
    Complement,
    Difference,
    Expression,
    Hadamard,
    Line,
    Outer,
    Sum,
    TransposedVector,
    Value,
    Values,
    evaluate,
    values,
)
from gru_core.maths.gru import Trace
from gru_core.maths.parameters import NAMES, Array

BackwardPart = Literal["h", "z", "n", "r", "gradients", "past"]
BACKWARD_PARTS: tuple[BackwardPart, ...] = get_args(BackwardPart)
"""The sub-steps of one step backwards, in an order in which each needs only those before it."""

_R, _Z, _N, _Q = Value("r"), Value("z"), Value("n"), Value("n_inner")
_X, _H = Value("x"), Value("h_previous")
_D_H, _D_R, _D_Z, _D_N, _D_Q = (
    Value(name) for name in ("d_h", "d_r_pre", "d_z_pre", "d_n_pre", "d_n_inner")
)


def backward_equations(convention: Convention) -> dict[BackwardPart, tuple[Line, ...]]:
    """The lines of each sub-step in the order in which they are computed.

    As in ``equations``, the first line of a part is its definition in symbols and the others build
    it; ``gradients`` has a line for each parameter instead.
    """
    return {
        "h": _total(),
        "z": _update(convention),
        "n": _candidate(convention),
        "r": _reset(convention),
        "gradients": _contributions(convention),
        "past": _past(convention),
    }


def contribution(name: str) -> str:
    """The name of what a step adds to the gradient of a parameter: ``W_r`` → ``d_W_r``."""
    return f"d_{name}"


def _total() -> tuple[Line, ...]:
    total = Sum((Value("d_h_own"), Value("d_h_future")))
    return Line("d_h", total, "definition"), Line("d_h", total, "sum")


def _update(convention: Convention) -> tuple[Line, ...]:
    """h′ = z∘h + (1−z)∘n moves by h − n with z; by n − h where z weights the candidate."""
    moves = Difference(_H, _N) if convention.z_weights == "state" else Difference(_N, _H)
    return _through(convention, "z", Hadamard(_D_H, moves))


def _candidate(convention: Convention) -> tuple[Line, ...]:
    return _through(convention, "n", Hadamard(_D_H, _weights(convention)[1]))


def _reset(convention: Convention) -> tuple[Line, ...]:
    if convention.reset == "after":
        d_r: Expression = Hadamard(_D_N, _Q)
        definition, *built = _through(convention, "r", d_r)
        return definition, *built, Line("d_n_inner", Hadamard(_D_N, _R), "inner")
    d_q = TransposedVector(Value("U_n"), _D_N)
    definition, *_ = _through(convention, "r", Hadamard(d_q, _H))
    _, *built = _through(convention, "r", Hadamard(_D_Q, _H))
    return definition, Line("d_n_inner", d_q, "inner"), *built


def _through(
    convention: Convention, g: Literal["r", "z", "n"], outside: Expression
) -> tuple[Line, ...]:
    """δ_g, from the gradient on g itself, which is ``outside``, through its σ or tanh."""
    slope = _slope(convention, g)
    return (
        Line(f"d_{g}_pre", Hadamard(outside, slope), "definition"),
        Line(f"d_{g}", outside, "outside"),
        Line(f"{g}_slope", slope, "slope"),
        Line(f"d_{g}_pre", Hadamard(Value(f"d_{g}"), Value(f"{g}_slope")), "value"),
    )


def _slope(convention: Convention, g: Literal["r", "z", "n"]) -> Expression:
    value = Value(g)
    if g == "n":
        return Complement(Hadamard(value, value))
    if convention.gate == "hard_sigmoid":
        return Apply("hard_sigmoid_slope", Value(f"{g}_pre"))
    return Hadamard(value, Complement(value))


def _contributions(convention: Convention) -> tuple[Line, ...]:
    after = convention.reset == "after"
    by_state = {"r": Outer(_D_R, _H), "z": Outer(_D_Z, _H)}
    by_state["n"] = Outer(_D_Q, _H) if after else Outer(_D_N, _Q)
    deltas = {"r": _D_R, "z": _D_Z, "n": _D_N}
    expressions: Mapping[str, Expression] = (
        {f"W_{g}": Outer(delta, _X) for g, delta in deltas.items()}
        | {f"U_{g}": outer for g, outer in by_state.items()}
        | {f"b_{g}": delta for g, delta in deltas.items()}
        | ({"c_n": _D_Q} if after else {})
    )
    return tuple(
        Line(contribution(name), expressions[name], "contribution")
        for name in NAMES
        if name in expressions
    )


def _past(convention: Convention) -> tuple[Line, ...]:
    after = convention.reset == "after"
    paths: tuple[tuple[str, Expression, BackwardRole], ...] = (
        ("d_h_leak", Hadamard(_D_H, _weights(convention)[0]), "leak"),
        ("d_z_past", TransposedVector(Value("U_z"), _D_Z), "update"),
        (
            "d_n_past",
            TransposedVector(Value("U_n"), _D_Q) if after else Hadamard(_D_Q, _R),
            "candidate",
        ),
        ("d_r_past", TransposedVector(Value("U_r"), _D_R), "reset"),
    )
    return (
        Line("d_h_previous", Sum(tuple(path for _, path, _ in paths)), "definition"),
        *(Line(*path) for path in paths),
        Line("d_h_previous", Sum(tuple(Value(name) for name, _, _ in paths)), "sum"),
    )


def _weights(convention: Convention) -> tuple[Expression, Expression]:
    """What weights the old state, and what weights the candidate."""
    if convention.z_weights == "state":
        return _Z, Complement(_Z)
    return Complement(_Z), _Z


def backward_values(trace: Trace, gradients: GRUGradients, d_h: Array) -> list[dict[str, Array]]:
    """For every step of a single sequence, each array that a line can name, by its name.

    gradients: what ``backpropagate(trace, d_h)`` gave; d_h: (T, H), the loss's own gradient on h.
    What ``bptt`` computes is taken from it; the lines give what they name beyond that.
    """
    lines = [
        line
        for part in backward_equations(trace.convention).values()
        for line in part
        if line.role != "definition"
    ]
    steps: list[dict[str, Array]] = []
    future = np.zeros(trace.parameters.hidden_size)
    for t in reversed(range(len(trace))):
        known = values(trace.step(t), trace.parameters) | {"d_h_own": d_h[t], "d_h_future": future}
        known |= {name: getattr(gradients, name)[t] for name in _FROM_BPTT}
        for line in lines:
            if line.result not in known:
                known[line.result] = evaluate(line.expression, known)
        future = known["d_h_previous"]
        steps.append(known)
    return steps[::-1]


_FROM_BPTT = ("d_h", "d_r_pre", "d_z_pre", "d_n_pre", "d_n_inner")


def accumulated(steps: Iterable[Values], convention: Convention) -> list[Mapping[str, Array]]:
    """For every step t, the gradient of each parameter summed over the steps from t to the last.

    steps: as ``backward_values`` gave them. The names are those of the parameters.
    """
    names = [line.result.removeprefix("d_") for line in _contributions(convention)]
    totals: list[Mapping[str, Array]] = []
    for known in reversed(list(steps)):
        later = totals[-1] if totals else dict.fromkeys(names, 0.0)
        totals.append({name: later[name] + known[contribution(name)] for name in names})
    return totals[::-1]
