"""The equations of one step of a GRU, in either convention."""

from typing import Literal, get_args

from gru_core.maths.convention import Convention
from gru_core.maths.equations.expressions import (
    Apply,
    Complement,
    Expression,
    Function,
    Hadamard,
    Line,
    MatrixVector,
    Sum,
    Value,
)
from gru_core.maths.gru import STEP_NAMES, Step, Trace
from gru_core.maths.parameters import NAMES, Array, GRUParameters

Part = Literal["r", "z", "n", "h"]
PARTS: tuple[Part, ...] = get_args(Part)


def equations(convention: Convention) -> dict[Part, tuple[Line, ...]]:
    """The lines of r, z, n and h in the order in which they are computed.

    The first line of each part is its definition in symbols; the others build it from named
    intermediates, each of which appears as a ``result`` before it is used.
    """
    return {
        "r": _gate("r", convention),
        "z": _gate("z", convention),
        "n": _candidate_reset_after() if convention.reset == "after" else _candidate_reset_before(),
        "h": _new_state(convention),
    }


_R, _Z, _N = Value("r"), Value("z"), Value("n")
_X, _H = Value("x"), Value("h_previous")


def _gate(g: Literal["r", "z"], convention: Convention) -> tuple[Line, ...]:
    recurrent = MatrixVector(Value(f"U_{g}"), _H)
    whole = Sum((*_input_terms(g), recurrent))
    return (
        Line(g, Apply(convention.gate, whole), "definition"),
        Line(f"{g}_input", Sum(_input_terms(g)), "input"),
        Line(f"{g}_recurrent", recurrent, "recurrent"),
        *_sum_and_value(g, convention.gate),
    )


def _candidate_reset_after() -> tuple[Line, ...]:
    inner = Sum((MatrixVector(Value("U_n"), _H), Value("c_n")))
    whole = Sum((*_input_terms("n"), Hadamard(_R, inner)))
    return (
        Line("n", Apply("tanh", whole), "definition"),
        Line("n_input", Sum(_input_terms("n")), "input"),
        Line("n_inner", inner, "inner"),
        Line("n_recurrent", Hadamard(_R, Value("n_inner")), "recurrent"),
        *_sum_and_value("n", "tanh"),
    )


def _candidate_reset_before() -> tuple[Line, ...]:
    inner = Hadamard(_R, _H)
    whole = Sum((*_input_terms("n"), MatrixVector(Value("U_n"), inner)))
    return (
        Line("n", Apply("tanh", whole), "definition"),
        Line("n_input", Sum(_input_terms("n")), "input"),
        Line("n_inner", inner, "inner"),
        Line("n_recurrent", MatrixVector(Value("U_n"), Value("n_inner")), "recurrent"),
        *_sum_and_value("n", "tanh"),
    )


def _new_state(convention: Convention) -> tuple[Line, ...]:
    if convention.z_weights == "state":
        kept, new = Hadamard(_Z, _H), Hadamard(Complement(_Z), _N)
        return (
            Line("h", Sum((new, kept)), "definition"),
            Line("h_kept", kept, "kept"),
            Line("h_new", new, "new"),
            Line("h", Sum((Value("h_new"), Value("h_kept"))), "sum"),
        )
    kept, new = Hadamard(Complement(_Z), _H), Hadamard(_Z, _N)
    return (
        Line("h", Sum((kept, new)), "definition"),
        Line("h_kept", kept, "kept"),
        Line("h_new", new, "new"),
        Line("h", Sum((Value("h_kept"), Value("h_new"))), "sum"),
    )


def _input_terms(g: str) -> tuple[Expression, Expression]:
    return MatrixVector(Value(f"W_{g}"), _X), Value(f"b_{g}")


def _sum_and_value(g: str, function: Function) -> tuple[Line, Line]:
    return (
        Line(f"{g}_pre", Sum((Value(f"{g}_input"), Value(f"{g}_recurrent"))), "sum"),
        Line(g, Apply(function, Value(f"{g}_pre")), "value"),
    )


def values(step: Step | Trace, parameters: GRUParameters) -> dict[str, Array]:
    """Every array that a line can name, by its name. A trace's steps stand as a batch does."""
    inputs = {"x": step.inputs} if isinstance(step, Trace) else {}
    return (
        {name: getattr(parameters, name) for name in NAMES}
        | inputs
        | {name: getattr(step, name) for name in STEP_NAMES if name not in inputs}
    )
