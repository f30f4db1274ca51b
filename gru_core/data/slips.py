"""The usual slips of whoever works out a step by hand, each as the expression that it evaluates.

A slip is no guess about a person: it is a computation, and the number that it gives is compared
with what was typed. Which ones there are depends on the convention and the size, because some
cannot be told from the right answer: a matrix of one number is its own transpose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np

from gru_core.errors import N_
from gru_core.maths.backward_equations import backward_equations
from gru_core.maths.convention import Convention
from gru_core.maths.equations import (
    Apply,
    Complement,
    Expression,
    Function,
    Hadamard,
    Outer,
    Value,
    Values,
    equations,
    latex_symbol,
)
from gru_core.maths.parameters import Array

Change = Callable[[Values], Array]


@dataclass(frozen=True)
class Slip:
    """expression: what is evaluated in the place of the definition, after ``changes``.

    template, details: a clause that says what is done, to be translated. changes: arrays that are
    taken in the place of the named ones. factor: of the result. step: the only one that is
    counted; None: all. is_transposed: the result is.
    """

    name: str
    template: str
    expression: Expression
    details: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)
    factor: float = 1.0
    step: int | None = None
    is_transposed: bool = False

    def changed(self, known: Values) -> dict[str, Array]:
        """The arrays that the slip takes in the place of those of the same name."""
        return {name: change(known) for name, change in self.changes.items()}


def forward_slips(name: str, convention: Convention, H: int) -> tuple[Slip, ...]:
    """Those of r, z, n or h; H: how many units there are."""
    if name == "h":
        return _of_new_state(convention)
    definition = cast("Apply", _forward(convention, name))
    slips = [
        Slip(
            "bias",
            N_("the bias {bias} is left out"),
            definition,
            {"bias": _math(f"b_{name}")},
            {f"b_{name}": _zero(f"b_{name}")},
        ),
        Slip(
            "recurrent",
            N_("what {matrix} takes from the old state is left out"),
            definition,
            {"matrix": _math(f"U_{name}")},
            {f"U_{name}": _zero(f"U_{name}")},
        ),
        Slip(
            "no_function",
            N_("the sum is taken as it is, without {function}"),
            definition.of,
            {"function": _math(definition.function)},
        ),
        _other_function(definition),
    ]
    if definition.function == "hard_sigmoid":
        slips.append(
            Slip(
                "soft",
                N_("the smooth σ is taken, not the hard one of this convention"),
                Apply("sigmoid", definition.of),
            )
        )
    if H > 1:
        slips.append(
            Slip(
                "transposed",
                N_("{matrix} is transposed: its columns are taken for its rows"),
                definition,
                {"matrix": _math(f"U_{name}")},
                {f"U_{name}": lambda known: known[f"U_{name}"].T},
            )
        )
    return (*slips, *(_of_candidate if name == "n" else _of_gate)(name, convention, H))


def _of_gate(name: str, convention: Convention, H: int) -> tuple[Slip, ...]:
    other = {"r": "z", "z": "r"}[name]
    return (
        Slip(
            "other_gate",
            N_("the weights of the other gate, {gate}, are used"),
            _forward(convention, other),
            {"gate": _math(other)},
        ),
    )


def _of_candidate(name: str, convention: Convention, H: int) -> tuple[Slip, ...]:
    definition = _forward(convention, "n")
    slips = [
        Slip("no_reset", N_("r is left out"), definition, changes={"r": _ones("r")}),
        Slip("z_for_r", N_("z is taken for r"), definition, changes={"r": _other("z")}),
    ]
    if convention.reset == "after":
        slips += [
            Slip(
                "inner_bias",
                N_("the bias {bias} is left out"),
                definition,
                {"bias": _math("c_n")},
                {"c_n": _zero("c_n")},
            ),
            Slip(
                "reset_before",
                N_("r is applied before the product with $U_n$, not after it"),
                _forward(replace(convention, reset="before"), "n"),
                changes={"b_n": lambda known: known["b_n"] + known["c_n"]},
            ),
        ]
    elif H > 1:
        slips.append(
            Slip(
                "reset_after",
                N_("r is applied after the product with $U_n$, not before it"),
                _forward(replace(convention, reset="after"), "n"),
            )
        )
    return tuple(slips)


def _of_new_state(convention: Convention) -> tuple[Slip, ...]:
    return (
        Slip(
            "swapped",
            N_("z and 1 − z have changed places"),
            _forward(_with_other_z(convention), "h"),
        ),
        Slip(
            "r_for_z",
            N_("r is taken for z"),
            _forward(convention, "h"),
            changes={"z": _other("r")},
        ),
        Slip(
            "no_old_state",
            N_("the part that is kept of the old state is left out"),
            _forward(convention, "h"),
            changes={"h_previous": _zero("h_previous")},
        ),
    )


def backward_slips(name: str, convention: Convention, H: int, T: int) -> tuple[Slip, ...]:
    """Those of a δ, as ``d_n_pre``, or of the gradient of a parameter, as ``d_U_n``."""
    match name:
        case "d_h":
            return _of_total()
        case "d_z_pre" | "d_n_pre" | "d_r_pre":
            return _of_delta(name, convention, H)
        case _:
            return _of_gradient(name, convention, H, T)


def _of_total() -> tuple[Slip, ...]:
    total = Value("d_h_future")
    return (
        Slip(
            "own",
            N_("the loss's own gradient at this step is left out"),
            total,
        ),
        Slip(
            "future",
            N_("what comes back from the later step is left out"),
            Value("d_h_own"),
        ),
        Slip(
            "leak",
            N_("the direct path, the old state that is kept, is left out"),
            Value("sum"),
            changes={"sum": _total_without_leak},
        ),
        Slip(
            "swapped",
            N_("z and 1 − z have changed places"),
            Value("sum"),
            changes={
                # The weights of the old state and of the candidate add up to 1.
                "sum": lambda known: (
                    _total_without_leak(known) + known["later_d_h"] - known["later_leak"]
                )
            },
        ),
        Slip("sign", N_("the sign is the other way round"), Value("sum"), {}, {"sum": _sum}, -1.0),
    )


def _of_delta(name: str, convention: Convention, H: int) -> tuple[Slip, ...]:
    g = name[2]
    definition = cast("Hadamard", _backward(convention, name))
    outside, value = definition.left, Value(g)
    of_gate, of_tanh = Hadamard(value, Complement(value)), Complement(Hadamard(value, value))
    slope = {"n": "$1 - n^2$"}.get(g, f"${g}(1 - {g})$")
    hard = g != "n" and convention.gate == "hard_sigmoid"
    slips = [
        Slip(
            "slope",
            N_("the factor {slope}, the slope of {function}, is left out"),
            outside,
            {
                "slope": "0.2" if hard else slope,
                "function": _math("tanh" if g == "n" else convention.gate),
            },
        ),
        Slip(
            "other_slope",
            N_("the slope of σ is taken for that of tanh")
            if g == "n"
            else N_("the slope of tanh is taken for that of σ"),
            Hadamard(outside, of_gate if g == "n" else of_tanh),
        ),
        Slip("sign", N_("the sign is the other way round"), definition, factor=-1.0),
    ]
    if hard:
        slips.append(
            Slip(
                "soft",
                N_("the smooth σ is taken, not the hard one of this convention"),
                Hadamard(outside, of_gate),
            )
        )
    if g in "zn":
        slips.append(
            Slip(
                "swapped",
                N_("z and 1 − z have changed places"),
                _backward(_with_other_z(convention), name),
            )
        )
        return tuple(slips)
    if convention.reset == "after":
        slips.append(
            Slip(
                "reset_before",
                N_("r is taken to act before the product with $U_n$, not after it"),
                _backward(replace(convention, reset="before"), name),
            )
        )
    elif H > 1:
        slips += [
            Slip(
                "reset_after",
                N_("r is taken to act after the product with $U_n$, not before it"),
                _backward(replace(convention, reset="after"), name),
                changes={"n_inner": lambda known: known["U_n"] @ known["h_previous"]},
            ),
            Slip(
                "transposed",
                N_("{matrix} is not transposed on the way back"),
                definition,
                {"matrix": _math("U_n")},
                {"U_n": lambda known: known["U_n"].T},
            ),
        ]
    return tuple(slips)


def _of_gradient(name: str, convention: Convention, H: int, T: int) -> tuple[Slip, ...]:
    [expression] = [
        line.expression
        for line in backward_equations(convention)["gradients"]
        if line.result == name
    ]
    slips = [Slip("sign", N_("the sign is the other way round"), expression, factor=-1.0)]
    if T > 1:
        template = N_("only step {step} is counted, and the sum over time is left out")
        slips += [
            Slip(f"step_{t + 1}", template, expression, {"step": str(t + 1)}, step=t)
            for t in range(T)
        ]
    if name == "d_U_n":
        slips += [
            Slip("no_reset", N_("r is left out"), Outer(Value("d_n_pre"), Value("h_previous"))),
            Slip(
                "new_state",
                N_("the new state is taken for the old one"),
                expression,
                changes={
                    "h_previous": _other("h"),
                    **(
                        {}
                        if convention.reset == "after"
                        else {"n_inner": lambda known: known["r"] * known["h"]}
                    ),
                },
            ),
        ]
        if H > 1:
            slips.append(
                Slip(
                    "transposed",
                    N_("the product is transposed: row and column have changed places"),
                    expression,
                    is_transposed=True,
                )
            )
    else:
        slips.append(
            Slip(
                "state_for_input",
                N_("the old state is taken for the input"),
                Outer(Value("d_z_pre"), Value("h_previous")),
            )
        )
    return tuple(slips)


# --- What they are made of -----------------------------------------------------------------------


def _forward(convention: Convention, name: str) -> Expression:
    for lines in equations(convention).values():
        if lines[0].result == name:
            return lines[0].expression
    raise KeyError(name)


def _backward(convention: Convention, name: str) -> Expression:
    for lines in backward_equations(convention).values():
        if lines[0].result == name:
            return lines[0].expression
    raise KeyError(name)


def _with_other_z(convention: Convention) -> Convention:
    return replace(
        convention, z_weights="candidate" if convention.z_weights == "state" else "state"
    )


def _other_function(definition: Apply) -> Slip:
    function: Function = "sigmoid" if definition.function == "tanh" else "tanh"
    return Slip(
        "other_function",
        N_("{taken} is taken instead of {right}"),
        Apply(function, definition.of),
        {"taken": _math(function), "right": _math(definition.function)},
    )


def _math(name: str) -> str:
    return f"${latex_symbol(name)}$"


def _zero(name: str) -> Change:
    return lambda known: np.zeros_like(known[name])


def _ones(name: str) -> Change:
    return lambda known: np.ones_like(known[name])


def _other(name: str) -> Change:
    return lambda known: known[name]


def _sum(known: Values) -> Array:
    total: Array = known["d_h_own"] + known["d_h_future"]
    return total


def _total_without_leak(known: Values) -> Array:
    total: Array = _sum(known) - known["later_leak"]
    return total
