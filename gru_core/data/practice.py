"""Exercises with a cell small enough for pencil and paper: drawn and answered.

An exercise is drawn from a seed, so that a link or a sheet gives everyone the same. Its answers are
those of ``unroll`` and ``backpropagate``. Exercises whose usual slips could be mistaken for the
right answer are not drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Literal, cast

import numpy as np

from gru_core.data.backward_setup import BackwardSetup
from gru_core.data.bounds import MAX_SEED, OneOf, Whole
from gru_core.data.setup import Setup
from gru_core.data.slips import Slip, backward_slips, forward_slips
from gru_core.data.typed import parse_number
from gru_core.errors import N_
from gru_core.maths.backward_equations import backward_equations
from gru_core.maths.bptt import GRUGradients
from gru_core.maths.convention import PYTORCH, Convention
from gru_core.maths.equations import (
    MINUS,
    PARTS,
    Expression,
    Line,
    Values,
    equations,
    evaluate,
    format_number,
    latex_symbol,
    lines_to_latex,
    symbol,
    values,
)
from gru_core.maths.gru import Trace
from gru_core.maths.parameters import NAMES, Array, GRUParameters

Kind = Literal["unit", "units", "step", "steps"]
FORWARD = OneOf(
    "kind",
    N_("Exercise"),
    {"unit": N_("One unit, two inputs"), "units": N_("Two units, one input")},
    "unit",
)
BACKWARD = OneOf(
    "kind",
    N_("Exercise"),
    {"step": N_("One step, two units"), "steps": N_("Two steps, one unit")},
    "step",
)
KINDS = OneOf("kind", N_("Exercise"), {**FORWARD.options, **BACKWARD.options}, "unit")
SEED = Whole("seed", N_("Seed"), 0, MAX_SEED, 1)
CHOICES = {
    "z": OneOf("z", "", {"state": "", "candidate": ""}, "state"),
    "reset": OneOf("reset", "", {"after": "", "before": ""}, "after"),
    "gate": OneOf("gate", "", {"sigmoid": "", "hard_sigmoid": ""}, "sigmoid"),
}

PREFIX = "p_"
"""In an address, before every parameter: the page has others that would be called the same."""
PRACTICE_QUERY_NAMES = tuple(PREFIX + name for name in ("kind", SEED.name, *CHOICES))
"""Every parameter that ``Exercise.to_query`` can write."""

MAX_DRAWS = 2000


@dataclass(frozen=True)
class Precision:
    """How exact answers are to be: decimals asked for, and how far off still counts as right.

    coarse: up to here an answer is said to be rounded too early. No slip comes that close.
    """

    digits: int
    tolerance: float
    coarse: float


FORWARD_PRECISION = Precision(3, 0.002, 0.01)
BACKWARD_PRECISION = Precision(4, 0.0005, 0.003)


@dataclass(frozen=True)
class Shape:
    """How large the cell of a kind is: inputs, units, steps."""

    D: int
    H: int
    T: int


SHAPES: Mapping[str, Shape] = {
    "unit": Shape(2, 1, 1),
    "units": Shape(1, 2, 1),
    "step": Shape(1, 2, 1),
    "steps": Shape(1, 1, 2),
}


@dataclass(frozen=True)
class Asked:
    """One quantity that is asked for: an array of a step, or the gradient of a parameter.

    step: from 0; None for a gradient, which is summed over the steps. entries: which of its
    numbers are typed, as indices from 0.
    """

    name: str
    step: int | None
    entries: tuple[tuple[int, ...], ...]

    @property
    def key(self) -> str:
        """Its name within the exercise."""
        return self.name if self.step is None else f"{self.name}_{self.step + 1}"

    def taken(self, array: Array) -> Array:
        """The numbers that are typed, out of the whole quantity."""
        return np.array([array[entry] for entry in self.entries])


@dataclass(frozen=True, eq=False)
class Given:
    """A number that the learner has: an array by its name. step: from 0, where there are several.

    digits: None where it is shown as it is, else the decimals that it is rounded to.
    """

    name: str
    array: Array
    step: int | None = None
    digits: int | None = None

    @property
    def texts(self) -> list[list[str]]:
        """Its numbers as rows and columns."""
        rows = self.array.reshape(len(self.array), -1).tolist()
        return [[self._text(value) for value in row] for row in rows]

    def _text(self, value: float) -> str:
        if self.digits is not None:
            return format_number(value, self.digits)
        return repr(value).removesuffix(".0").replace("-", MINUS)

    @property
    def latex(self) -> str:
        """Symbol = array; a single number without brackets."""
        texts = [[text.replace(MINUS, "-") for text in row] for row in self.texts]
        if self.array.size == 1:
            return f"{latex_symbol(self.name)} = {texts[0][0]}"
        body = r" \\ ".join(" & ".join(row) for row in texts)
        return rf"{latex_symbol(self.name)} = \begin{{bmatrix}} {body} \end{{bmatrix}}"


Typed = Mapping[str, tuple[float | None, ...]]
"""What was typed for each quantity, by its key, one number for each entry; None where nothing."""


@dataclass(frozen=True)
class Exercise:
    """A cell with its numbers, what is asked of it, and the right answers.

    kind: ``unit`` and ``units`` go one step forwards: r, z, n, h′. ``step`` and ``steps`` go
    backwards: δ_z, δ_n, δ_r and two gradients, over one step and over two.
    """

    kind: Kind
    seed: int
    convention: Convention
    given: BackwardSetup = field(compare=False, repr=False)

    @classmethod
    def draw(cls, kind: str, seed: int, convention: Convention = PYTORCH) -> Exercise:
        """The exercise of this kind and seed. InputError when there is none."""
        return _drawn(cast("Kind", KINDS.read(kind)), SEED.read(seed), convention)

    @property
    def is_forward(self) -> bool:
        return self.kind in FORWARD.options

    @property
    def precision(self) -> Precision:
        return FORWARD_PRECISION if self.is_forward else BACKWARD_PRECISION

    @property
    def shape(self) -> Shape:
        return SHAPES[self.kind]

    @property
    def trace(self) -> Trace:
        return self.given.trace

    @cached_property
    def gradients(self) -> GRUGradients:
        return self.given.gradients()

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        """The quantities, in an order in which each needs only those before it."""
        every = tuple((unit,) for unit in range(self.shape.H))
        if self.is_forward:
            return tuple(Asked(part, 0, every) for part in PARTS)
        last = self.shape.T - 1
        deltas = [
            Asked(name, t, every)
            for t in range(last, -1, -1)
            for name in (*(("d_h",) if t < last else ()), "d_z_pre", "d_n_pre", "d_r_pre")
        ]
        # The entries at which a transposed product shows.
        row = self.shape.H - 1
        return (*deltas, Asked("d_W_z", None, ((row, 0),)), Asked("d_U_n", None, ((0, row),)))

    def givens(self) -> tuple[Given, ...]:
        """What the learner has to know; backwards, the forward step is worked out for them."""
        parameters = self.given.setup.parameters
        after = self.convention.reset == "after"
        step = self.trace.step(0)
        if self.is_forward:
            names = [name for name in NAMES if after or name != "c_n"]
            order = sorted(names, key=lambda name: "rzn".index(name[2]))
            return (
                Given("x", step.x),
                Given("h_previous", step.h_previous),
                *(Given(name, getattr(parameters, name)) for name in order),
            )
        several = self.shape.T > 1
        matrices = ("U_r", "U_z", "U_n") if several else () if after else ("U_n",)
        stepwise = ("x", "h_previous", "r", "z", "n", "n_inner", "h")
        return (
            Given("y", self.given.target),
            *(Given(name, getattr(parameters, name)) for name in matrices),
            *(
                Given(
                    name,
                    getattr(self.trace.step(t), name),
                    t if several else None,
                    None
                    if name == "x" or (name == "h_previous" and t == 0)
                    else self.precision.digits,
                )
                for t in range(self.shape.T)
                for name in stepwise
            ),
        )

    def definitions(self) -> tuple[Line, ...]:
        """The equations of everything asked for, in symbols."""
        lines = [self._lines(asked)[0] for asked in self.asked if asked.step in (None, 0)]
        if self.is_forward:
            return tuple(lines)
        backward = backward_equations(self.convention)
        several = self.shape.T > 1
        [q] = [line for line in equations(self.convention)["n"] if line.result == "n_inner"]
        [d_q] = [line for line in backward["r"] if line.result == "d_n_inner"]
        names = [line.result for line in lines]
        if several or self.convention.reset == "after":
            lines.insert(names.index("d_n_pre") + 1, d_q)
        return (q, *lines, *(backward["past"][:1] if several else ()))

    def worked(self) -> tuple[tuple[int | None, Line, Values], ...]:
        """The lines that lead to the answers, each with its step (from 0) and its values.

        What each step adds to a gradient stands at its step; forwards there is only one.
        """
        steps = self._steps({})
        if self.is_forward:
            parts = [line for lines in equations(self.convention).values() for line in lines]
            return tuple((None, line, steps[0]) for line in parts if line.role != "definition")
        backward = backward_equations(self.convention)
        gradients = [asked.name for asked in self.asked if asked.step is None]
        lines = [line for part in ("h", "z", "n", "r") for line in backward[part]]
        lines += [line for line in backward["gradients"] if line.result in gradients]
        return tuple(
            (t if self.shape.T > 1 else None, line, steps[t])
            for t in reversed(range(self.shape.T))
            for line in [*lines, *(backward["past"] if t else ())]
            if line.role != "definition"
        )

    def answer(self, asked: Asked) -> Array:
        """The right numbers: of the step, or of the gradients through it."""
        if self.is_forward:
            return asked.taken(getattr(self.trace.step(0), asked.name))
        if asked.step is None:
            gradient = getattr(self.gradients.d_parameters, asked.name.removeprefix("d_"))
            return asked.taken(gradient)
        return asked.taken(getattr(self.gradients, asked.name)[asked.step])

    def following(self, asked: Asked, own: Mapping[str, Array]) -> Array:
        """What one gets from own earlier quantities, each by its key."""
        return asked.taken(_added_up(self.expression(asked), self._known(asked, own)))

    def slips(self, asked: Asked) -> tuple[Slip, ...]:
        """The usual slips that can be told apart here."""
        if self.is_forward:
            return forward_slips(asked.name, self.convention, self.shape.H)
        return backward_slips(asked.name, self.convention, self.shape.H, self.shape.T)

    def slipped(self, asked: Asked, slip: Slip, own: Mapping[str, Array]) -> Array:
        """What one gets with a slip, from own earlier quantities."""
        knowns = self._known(asked, own)
        if slip.step is not None:
            knowns = [knowns[slip.step]]
        changed = [known | slip.changed(known) for known in knowns]
        array = slip.factor * _added_up(slip.expression, changed)
        return asked.taken(array.T if slip.is_transposed else array)

    def expression(self, asked: Asked) -> Expression:
        """What the quantity is by definition; of a gradient, what each step adds to it."""
        return self._lines(asked)[0].expression

    def hints(self, asked: Asked) -> tuple[str, ...]:
        """LaTeX, one more each time: in symbols, then the lines that lead there but for the last.

        The result itself is in none of them.
        """
        digits = self.precision.digits
        symbols, *built = self._lines(asked)
        known = self._known(asked, {})[-1]
        if asked.name == "d_h":
            # What comes back is built at the step after, of which the last line is the sum.
            built = [
                line
                for line in backward_equations(self.convention)["past"]
                if line.role != "definition"
            ]
            known = self._steps({})[cast("int", asked.step) + 1]
        elif asked.step is None:
            return (lines_to_latex([replace(symbols, role="definition")]),)
        ends = [i for i, line in enumerate(built) if line.result == asked.name]
        steps = built[: ends[-1]] if ends else built
        return (
            lines_to_latex([symbols]),
            *(lines_to_latex([line], known, digits) for line in steps),
        )

    def _lines(self, asked: Asked) -> tuple[Line, ...]:
        """The definition of the quantity, then the lines that build it."""
        parts: Iterable[tuple[Line, ...]] = (
            equations(self.convention).values()
            if self.is_forward
            else backward_equations(self.convention).values()
        )
        for lines in parts:
            if lines[0].role == "contribution":
                found = [line for line in lines if line.result == asked.name]
                if found:
                    return tuple(found)
            elif lines[0].result == asked.name:
                return lines
        raise KeyError(asked.name)

    def _known(self, asked: Asked, own: Mapping[str, Array]) -> list[dict[str, Array]]:
        """The values that the quantity follows from, of its step or of all steps."""
        steps = self._steps(own)
        return steps if asked.step is None else [steps[asked.step]]

    def _steps(self, own: Mapping[str, Array]) -> list[dict[str, Array]]:
        """The values of every step, as far as they are known, with own ones in their place."""
        owned = [
            {
                asked.name: own[asked.key]
                for asked in self.asked
                if asked.step == t and asked.key in own
            }
            for t in range(self.shape.T)
        ]
        forward = [
            values(self.trace.step(t), self.given.setup.parameters) for t in range(self.shape.T)
        ]
        if self.is_forward:
            return [known | mine for known, mine in zip(forward, owned, strict=True)]
        lines = [
            line
            for part in backward_equations(self.convention).values()
            for line in part
            if line.role != "definition"
        ]
        steps: list[dict[str, Array]] = []
        later = {name: np.zeros(self.shape.H) for name in ("d_h_previous", "d_h_leak", "d_h")}
        d_h = self.given.d_h()
        for t in reversed(range(self.shape.T)):
            known = forward[t] | {
                "d_h_own": d_h[t],
                "d_h_future": later["d_h_previous"],
                "later_leak": later["d_h_leak"],
                "later_d_h": later["d_h"],
                **owned[t],
            }
            for line in lines:
                if line.result not in known:
                    known[line.result] = evaluate(line.expression, known)
            later = known
            steps.append(known)
        return steps[::-1]

    def read(self, texts: Mapping[str, str]) -> dict[str, tuple[float | None, ...]]:
        """What was typed, by ``field_name``. InputError for the first that is no number."""
        return {
            asked.key: tuple(
                parse_number(text, name=plain_name(asked, entry, self.shape))
                if (text := texts.get(field_name(asked, entry), "")).strip()
                else None
                for entry in asked.entries
            )
            for asked in self.asked
        }

    # --- Addresses -------------------------------------------------------------------------------

    def to_query(self) -> dict[str, str]:
        """The exercise as parameters of an address; the kind is always there."""
        usual = Convention()
        chosen = {
            "z": (self.convention.z_weights, usual.z_weights),
            "reset": (self.convention.reset, usual.reset),
            "gate": (self.convention.gate, usual.gate),
        }
        query = {"kind": self.kind, SEED.name: str(self.seed)}
        query |= {name: value for name, (value, usually) in chosen.items() if value != usually}
        return {PREFIX + name: text for name, text in query.items()}

    @classmethod
    def from_query(cls, query: Mapping[str, str], kinds: OneOf = FORWARD) -> Exercise:
        """The exercise of an address. InputError that names the parameter that is wrong."""
        given = {name.removeprefix(PREFIX): text for name, text in query.items()}
        return cls.draw(
            kinds.read(given.get("kind", kinds.usual)),
            SEED.read(given.get(SEED.name, SEED.usual)),
            convention_of(given),
        )

    def other(self) -> Exercise:
        """The next of the same kind."""
        return Exercise.draw(self.kind, (self.seed + 1) % (MAX_SEED + 1), self.convention)


def convention_of(given: Mapping[str, str]) -> Convention:
    """The convention of an address. InputError that names the parameter that is wrong."""
    chosen = {name: choice.read(given.get(name, choice.usual)) for name, choice in CHOICES.items()}
    return Convention(chosen["z"], chosen["reset"], chosen["gate"])  # type: ignore[arg-type]


def field_name(asked: Asked, entry: tuple[int, ...]) -> str:
    """The name of the field for one number."""
    return "_".join([asked.key, *(str(at + 1) for at in entry)])


def latex_name(asked: Asked, entry: tuple[int, ...], shape: Shape) -> str:
    """The number as LaTeX, its indices counted from 1, where there are several."""
    return latex_symbol(asked.name) + index(entry, shape)


def plain_name(asked: Asked, entry: tuple[int, ...], shape: Shape) -> str:
    """The same for a sentence without formulas."""
    base, sub = symbol(asked.name)
    return (f"{base}_{sub}" if sub else base) + index(entry, shape)


def index(entry: tuple[int, ...], shape: Shape) -> str:
    """[1, 2] as a person counts, or nothing where there is one unit."""
    return f"[{', '.join(str(at + 1) for at in entry)}]" if shape.H > 1 else ""


# --- Drawing -------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _drawn(kind: Kind, seed: int, convention: Convention) -> Exercise:
    choices = [list(CHOICES["z"].options), list(CHOICES["reset"].options)]
    rng = np.random.default_rng(
        [
            seed,
            list(SHAPES).index(kind),
            choices[0].index(convention.z_weights),
            choices[1].index(convention.reset),
            int(convention.gate == "hard_sigmoid"),
        ]
    )
    for _ in range(MAX_DRAWS):
        exercise = Exercise(kind, seed, convention, _numbers(rng, kind, convention))
        if _is_clear(exercise):
            return exercise
    raise AssertionError(f"no clear exercise: {kind}, {seed}, {convention}")


def _numbers(rng: np.random.Generator, kind: Kind, convention: Convention) -> BackwardSetup:
    """Multiples of a tenth, none of them zero."""
    shape = SHAPES[kind]

    def tenths(low: int, high: int, *size: int) -> Array:
        signs: Array = rng.choice([-1, 1], size)
        return signs * rng.integers(low, high + 1, size) / 10

    D, H, T = shape.D, shape.H, shape.T
    sizes = {"W": (H, D), "U": (H, H), "b": (H,), "c": (H,)}
    arrays = {name: tenths(2 if name[0] in "WU" else 1, 10, *sizes[name[0]]) for name in NAMES}
    for name in ("b_r", "b_z", "b_n", "c_n"):
        arrays[name] = tenths(2, 6, H)
    if convention.reset == "before":
        arrays["c_n"] = np.zeros(H)
    x = rng.choice([-1.0, -0.5, 0.5, 1.0, 2.0], (T, D))
    setup = Setup(GRUParameters(**arrays), x, tenths(3, 9, H), convention)
    return BackwardSetup(
        setup, tenths(5, 15, H), loss_on="last" if T == 1 else "all", digits=4, seed=None
    )


def _is_clear(exercise: Exercise) -> bool:
    """Whether every slip is farther from the right answer than what counts as rounding."""
    precision = exercise.precision
    margin = precision.coarse + 2 * precision.tolerance
    for asked in exercise.asked:
        right = exercise.answer(asked)
        for slip in exercise.slips(asked):
            if np.abs(exercise.slipped(asked, slip, {}) - right).max() <= margin:
                return False
    return True


def _added_up(expression: Expression, knowns: Iterable[Values]) -> Array:
    total: Array = sum(evaluate(expression, known) for known in knowns)
    return total
