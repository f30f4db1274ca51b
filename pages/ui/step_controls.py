"""The controls of "One step": example, sizes, convention, digits; and what they do to the desk."""

from dataclasses import replace
from functools import partial

import streamlit as st

from gru_core.data.examples import EXAMPLES
from gru_core.data.sequence_view import CONVENTION
from gru_core.data.setup import INPUTS, STEPS, UNITS
from gru_core.data.step_view import DIGITS, SEED, Place, StepView
from gru_core.maths.convention import NAMED, Convention
from gru_core.maths.equations import format_number, symbol
from gru_core.maths.gru import Trace
from pages.ui.classroom import unlocked
from pages.ui.desk import PAGE, Desk, changing
from pages.ui.fields import field, segments, select
from pages.ui.words import label as _


def bar(desk: Desk) -> None:
    """One row: what is on the desk, in which convention, how large, how many digits."""
    select(
        PAGE,
        "example",
        _("Example"),
        {name: _(example.title) for name, example in EXAMPLES.items()},
        desk.example,
        _choose_example,
        placeholder=_("Your own numbers"),
        label_visibility="collapsed",
        width=330,
    )
    names = _names(desk)
    with st.popover(_("Convention: {name}", name=_short_name(names)), key="gates_convention"):
        _convention_controls(desk, names)
    setup = desk.sheet.setup
    D, H, T = setup.parameters.input_size, setup.parameters.hidden_size, len(setup.inputs)
    with st.popover(_("Size: D = {D}, H = {H}, {T} steps", D=D, H=H, T=T), key="gates_size"):
        for size, value in ((INPUTS, D), (UNITS, H), (STEPS, T)):
            field(PAGE, size, value, partial(_resize, size.name))
        field(
            PAGE,
            DIGITS,
            desk.digits,
            lambda desk, digits: replace(desk, digits=digits),
            help=_("Changes what is shown, never what is computed."),
        )
        if desk.example and EXAMPLES[desk.example].is_random:
            choose = partial(_choose_example, name=desk.example)
            field(PAGE, SEED, desk.seed, lambda desk, seed: choose(desk, seed=seed))


def look_at(desk: Desk) -> None:
    """The line that says what to look at in this example."""
    if desk.example:
        heading, text = _("Look at"), _(EXAMPLES[desk.example].look_at)
        with st.container(key="gates_look"):
            st.markdown(f":violet[**{heading}**] {text}")


def claims(desk: Desk, trace: Trace) -> None:
    """What the source of this example prints, beside what its numbers give."""
    claimed = EXAMPLES[desk.example].claimed if desk.example else {}
    if not claimed:
        return
    heads = _("Step 1"), _("printed in the article"), _("computed")
    rows = [f"| {' | '.join(heads)} |", "|---|---|---|"]
    for name, printed in claimed.items():
        computed = getattr(trace.step(0), name).tolist()
        texts = [
            ", ".join(format_number(v, desk.digits) for v in row) for row in (printed, computed)
        ]
        rows.append(
            f"| ${symbol(name).base.replace('′', chr(39))}$ | {texts[0]} | **{texts[1]}** |"
        )
    st.markdown("\n".join(rows))


def _convention_controls(desk: Desk, names: list[str]) -> None:
    convention = _convention(desk)
    select(
        PAGE,
        "named",
        _("As in a library or paper"),
        {name: _(named.title) for name, named in NAMED.items()},
        names[0] if names else None,
        _choose_named_convention,
        placeholder=_("No library or paper listed here"),
    )
    for name, choice in CONVENTION.items():
        value = getattr(convention, name)
        segments(PAGE, choice, value, partial(_choose_convention, name))
    for name in names:
        named = NAMED[name]
        line = _("**{title}**: {note}", title=_(named.title), note=_(named.note))
        word = _("source")
        st.caption(f"{line} [{word}]({named.source})" if named.source else line)


def _convention(desk: Desk) -> Convention:
    return desk.sheet.setup.convention


def _names(desk: Desk) -> list[str]:
    """Who uses this convention; the article comes first where its own example is shown."""
    names = [name for name, named in NAMED.items() if named.convention == _convention(desk)]
    is_article = (desk.example or "").startswith("article")
    return sorted(names, key=lambda name: is_article and name != "article")


def _short_name(names: list[str]) -> str:
    return _(NAMED[names[0]].title) if names else _("own choice")


def _choose_example(desk: Desk, name: str, seed: int = 0) -> Desk:
    return desk.show(StepView.of_example(name, seed, desk.digits))


def _choose_named_convention(desk: Desk, name: str) -> Desk:
    return _in_convention(desk, NAMED[name].convention)


def _choose_convention(field: str, desk: Desk, value: str) -> Desk:
    return _in_convention(desk, replace(_convention(desk), **{field: value}))


def _in_convention(desk: Desk, convention: Convention) -> Desk:
    return desk.with_setup(desk.sheet.setup.with_convention(convention))


def _resize(name: str, desk: Desk, size: int) -> Desk:
    setup = desk.sheet.setup
    D, H = setup.parameters.input_size, setup.parameters.hidden_size
    return desk.with_setup(setup.resized(**{"D": D, "H": H, "T": len(setup.inputs), name: size}))


def _moved(desk: Desk) -> Desk:
    moved = st.session_state["gates_stage"].position
    if not moved or moved.get("version") != desk.version:
        return desk  # sent before Python moved the reader elsewhere
    return replace(desk, place=Place.of(moved, desk.sheet.setup))


moved = changing(_moved)
edited = changing(
    unlocked(lambda desk: desk.edited(st.session_state["gates_numbers"].edits or []), "numbers")
)
