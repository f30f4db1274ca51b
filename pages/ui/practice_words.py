"""What is said of an exercise and of what was typed, in the session's language."""

import streamlit as st

from gru_core.data.judging import Judged, Judgement
from gru_core.data.practice import Asked, Exercise
from gru_core.data.practice_text import exactness, inline_latex, joined, task
from gru_core.maths.equations import latex_symbol
from pages.ui.words import label as _
from pages.ui.words import of_error


def instruction(exercise: Exercise) -> str:
    """What is to be worked out, and how exactly."""
    sentences = [*task(exercise), exactness(exercise.precision)]
    return joined(sentence.written(_, inline_latex) for sentence in sentences)


def mark(judged: Judged) -> str:
    """Beside the fields of one quantity."""
    match judged.verdict:
        case "right":
            words = _("right")
            return f":green[:material/check: {words}]"
        case "follows":
            words = _("follows from yours")
            return f":blue[:material/subdirectory_arrow_right: {words}]"
        case "coarse":
            words = _("rounded too early")
            return f":orange[≈ {words}]"
        case "missing":
            return "&nbsp;"
        case _:
            words = _("off")
            return f":red[:material/close: {words}]"


def verdict(exercise: Exercise, judgement: Judgement) -> None:
    """What to do next, the first wrong number by its name."""
    first = judgement.first_off
    if judgement.is_solved:
        st.success(_("All of it is right."))
        return
    if first is None:
        missing = [each.asked for each in judgement.quantities if each.verdict == "missing"]
        name = _name(exercise, missing[0])
        if len(missing) == len(judgement.quantities):
            st.info(_("Nothing is typed yet. Begin with {name}.", name=name))
        else:
            st.info(_("Right so far. Next is {name}.", name=name))
        return
    lead = _("**{name}** is the first that is off.", name=_name(exercise, first.asked))
    st.warning("\n\n".join([lead, *_why(exercise, first)]))
    following = [each for each in judgement.quantities if each.verdict == "follows"]
    if following:
        names = ", ".join(_name(exercise, each.asked) for each in following)
        st.caption(
            _(
                "Rightly worked out from your numbers, so no mistake of its own: {names}.",
                names=names,
            )
        )


def _why(exercise: Exercise, judged: Judged) -> list[str]:
    if judged.verdict == "coarse":
        return [
            _(
                "It is close, within {coarse}, as after rounding too early. Keep more than "
                "{digits} decimals on the way.",
                coarse=f"{exercise.precision.coarse:g}",
                digits=exercise.precision.digits,
            )
        ]
    slips = [of_error(slip) for slip in judged.slips]
    if not slips:
        return [_("None of the usual slips leads to this number. A hint shows the next line.")]
    if len(slips) == 1:
        return [_("This is the number one gets if {slip}.", slip=slips[0])]
    lead = _("Each of these slips leads to this number:")
    return [lead, "\n".join(f"- {slip}" for slip in slips)]


def _name(exercise: Exercise, asked: Asked) -> str:
    formula = f"${latex_symbol(asked.name)}$"
    if exercise.shape.T == 1 or asked.step is None:
        return formula
    return _("{name} of step {t}", name=formula, t=asked.step + 1)
