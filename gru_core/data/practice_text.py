"""What an exercise says, once for the page and for a sheet on paper.

A sentence holds symbols by the names of their arrays; whoever writes it down knows how a symbol
looks there: as LaTeX, or as MathML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gru_core.data.practice import Exercise, Precision
from gru_core.data.sequence_view import CONVENTION
from gru_core.errors import N_
from gru_core.maths.convention import Convention
from gru_core.maths.equations import latex_symbol, mathml_symbol


class Say(Protocol):
    """A template in the reader's language, with its values filled in."""

    def __call__(self, msgid: str, /, **values: object) -> str: ...


@dataclass(frozen=True)
class Sentence:
    """template: English, to be translated. details: plain values. symbols: names of arrays."""

    template: str
    details: Mapping[str, object] = field(default_factory=dict)
    symbols: tuple[str, ...] = ()

    def written(
        self, say: Say, symbol: Callable[[str], str], escape: Callable[[str], str] = str
    ) -> str:
        """The sentence. escape: of its words; symbol: how a name is written among them."""
        held = {name: f"\x01{name}\x02" for name in self.symbols}
        words = escape(say(self.template, **self.details, **held))
        return re.sub("\x01(.*?)\x02", lambda found: symbol(found[1]), words)


LOSSES = {
    "loss_last": (
        r"L = \tfrac12 \lVert h' - y \rVert^2",
        "<mi>L</mi><mo>=</mo><mfrac><mn>1</mn><mn>2</mn></mfrac><msup><mrow><mo>‖</mo>"
        "<mi>h</mi><mo>′</mo><mo>−</mo><mi>y</mi><mo>‖</mo></mrow><mn>2</mn></msup>",
    ),
    "loss_all": (
        r"L = \tfrac12 \sum_t \lVert h_t - y \rVert^2",
        "<mi>L</mi><mo>=</mo><mfrac><mn>1</mn><mn>2</mn></mfrac><munder><mo>∑</mo><mi>t</mi>"
        "</munder><msup><mrow><mo>‖</mo><msub><mi>h</mi><mi>t</mi></msub><mo>−</mo>"
        "<mi>y</mi><mo>‖</mo></mrow><mn>2</mn></msup>",
    ),
}
"""The loss of one step and of two, as LaTeX and as MathML."""


def inline_latex(name: str) -> str:
    """A symbol, or the loss, within a sentence."""
    # In braces, so that no line ends within it.
    return f"${{{LOSSES[name][0] if name in LOSSES else latex_symbol(name)}}}$"


def inline_mathml(name: str) -> str:
    """A symbol, or the loss, within a sentence."""
    return f"<math>{LOSSES[name][1] if name in LOSSES else mathml_symbol(name)}</math>"


def task(exercise: Exercise) -> tuple[Sentence, ...]:
    """What is to be worked out, and what the symbols mean."""
    hard = Sentence(
        N_(
            "{hard_sigmoid} of a sum a is 0.2 a + 0.5, but never below 0 or above 1; between these "
            "its slope is 0.2."
        ),
        symbols=("hard_sigmoid",),
    )
    gate = (hard,) if exercise.convention.gate == "hard_sigmoid" else ()
    deltas = ("d_z_pre", "d_n_pre", "d_r_pre")
    if exercise.is_forward:
        return (
            Sentence(
                N_("Work out {r}, {z}, {n} and the new state {h} of one step."),
                symbols=("r", "z", "n", "h"),
            ),
            *gate,
        )
    meaning = Sentence(
        N_(
            "{d_h} is its gradient on the new state; {d_z_pre}, {d_n_pre} and {d_r_pre} are those "
            "on the sums inside {sigmoid} and {tanh}."
        ),
        symbols=("d_h", *deltas, "sigmoid", "tanh"),
    )
    if exercise.shape.T == 1:
        return (
            Sentence(
                N_(
                    "The step forwards is done. Go back: work out {d_z_pre}, {d_n_pre}, {d_r_pre}, "
                    "and one entry each of two gradients."
                ),
                symbols=deltas,
            ),
            Sentence(N_("The loss is {loss_last}."), symbols=("loss_last",)),
            meaning,
            *gate,
        )
    return (
        Sentence(
            N_(
                "The two steps forwards are done. Go back from step 2 to step 1, and add up what "
                "both give to two gradients."
            )
        ),
        Sentence(N_("The loss is {loss_all}, over both states."), symbols=("loss_all",)),
        meaning,
        Sentence(
            N_(
                "{d_h_own} is the loss's own gradient at a step, and {d_h_future} what comes back "
                "from the step after it."
            ),
            symbols=("d_h_own", "d_h_future"),
        ),
        *gate,
    )


def joined(sentences: Iterable[str]) -> str:
    """Sentences one after the other; a Chinese full stop has its space within itself."""
    return " ".join(sentences).replace("。 ", "。")


def exactness(precision: Precision) -> Sentence:
    """How exact an answer is to be."""
    return Sentence(
        N_(
            "Give {digits} decimals; an answer counts if it is within {tolerance} of the exact one."
        ),
        {"digits": precision.digits, "tolerance": f"{precision.tolerance:g}"},
    )


def convention_in_words(convention: Convention, say: Say) -> str:
    """The three choices, each with what was chosen."""
    return " · ".join(
        f"{say(choice.title)}: {say(choice.options[getattr(convention, name)])}"
        for name, choice in CONVENTION.items()
    )
