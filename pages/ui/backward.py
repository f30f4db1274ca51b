"""The tab "Backwards by hand": one small cell, its backward pass, and one update of its weights.

Its state and its parameters in an address are its own. The page it is part of calls `current`
before it writes its address, and puts `query` of what that returns into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from gru_core.data.backward_setup import (
    BACKWARD_QUERY_NAMES,
    DIGITS,
    EXAMPLE,
    LOSS_ON,
    RATE,
    SEED,
    STEPS,
    UNITS,
    BackwardPlace,
    BackwardSetup,
    Update,
    Weight,
    largest_difference,
)
from gru_core.data.backward_sheet import BackwardSheet
from gru_core.data.sequence_view import CONVENTION
from gru_core.data.setup import INPUTS
from gru_core.data.sheet import apply_edits
from gru_core.errors import InputError
from gru_core.figures.backward import backward_view, gradient_table, update_table
from gru_core.figures.gradients import nudge_curve
from gru_core.maths.equations import format_number, symbol
from pages.ui import components, practice, share, state
from pages.ui.backward_words import number_data, words
from pages.ui.classroom import locks, unlocked
from pages.ui.downloads import download
from pages.ui.fields import field, segments
from pages.ui.words import label as _
from pages.ui.words import of_error, prose

PAGE = "backward"
OPENED = "backward_opened"
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Walk:
    """version: raised when Python, not the reader, moves to another place.

    acknowledged: the number of the last edit that came from the browser.
    notice: an error to show once, about a link or a setting.
    """

    sheet: BackwardSheet
    version: int = 0
    acknowledged: int = 0
    notice: InputError | None = None

    @property
    def setup(self) -> BackwardSetup:
        return self.sheet.setup

    def show(self, setup: BackwardSetup) -> Walk:
        """Put another set-up here; the present numbers can be brought back by undo."""
        return replace(self, sheet=self.sheet.change(setup), version=self.version + 1, notice=None)

    def choose(self, **choices: Any) -> Walk:
        """Another choice with the same numbers."""
        sheet = replace(self.sheet, setup=replace(self.setup, **choices))
        return replace(self, sheet=sheet, notice=None)


def current() -> Walk:
    """This session's walk, brought up to date with the address."""
    return state.current(PAGE, BACKWARD_QUERY_NAMES, lambda: Walk(BackwardSheet(EXAMPLE)), _opened)


def was_opened() -> bool:
    """Whether a link to this tab has been followed since this was last asked."""
    return bool(st.session_state.pop(OPENED, False))


def query(walk: Walk) -> dict[str, str]:
    """What the page's address has to hold of this tab."""
    parameters = walk.setup.to_query()
    share.remember(PAGE, parameters)
    return parameters


def tab() -> None:
    """Draw everything. What the reader changes runs the page's fragment again."""
    walk = current()
    if walk.notice:
        st.warning(of_error(walk.notice))
    _bar(walk)
    try:
        view = backward_view(walk.setup)
        update = walk.setup.updated()
    except InputError as error:  # weights this large can outgrow double precision
        st.warning(of_error(error))
        _numbers(walk)
        return
    at = walk.setup.at
    weight = walk.setup.weight
    components.backward(
        {
            "view": view,
            "words": words(),
            "position": {"time": at.time, "part": at.part},
            "position_version": walk.version,
            "weight": {"name": weight.name, "row": weight.row, "column": weight.column},
        },
        key="backward_walk",
        on_move=_changing(_moved),
        on_choose=_changing(_chosen),
    )
    left, right = st.columns(2, gap="medium")
    with left:
        _nudge(walk)
    with right:
        _update(walk, update)
    _numbers(walk)
    _check(walk)
    with st.expander(_("All gradients as a table")):
        table = gradient_table(walk.setup)
        st.dataframe(
            table,
            hide_index=True,
            height=300,
            column_config={
                "step": _("step"),
                "parameter": _("parameter"),
                "row": _("row"),
                "column": _("column"),
                "gradient": _("gradient"),
            },
        )
        download("gradients-by-hand.csv", lambda: table.to_csv(index=False, lineterminator="\n"))
    st.markdown(prose("backward", "about"))


_changing = partial(state.changing, PAGE)


def _opened(walk: Walk, query: Mapping[str, str]) -> Walk:
    st.session_state[OPENED] = True
    return walk if query == walk.setup.to_query() else walk.show(BackwardSetup.from_query(query))


# --- Controls ------------------------------------------------------------------------------------


def _bar(walk: Walk) -> None:
    setup = walk.setup
    cell = setup.setup
    with st.container(
        horizontal=True, vertical_alignment="bottom", key="backward_bar", gap="small"
    ):
        st.button(
            _("Example"),
            key="backward_example",
            disabled=locks("numbers"),
            on_click=_changing(unlocked(lambda walk: walk.show(EXAMPLE), "numbers")),
        )
        with st.popover(_("Random weights"), key="backward_random"):
            seed = setup.seed or 0
            field(PAGE, SEED, seed, _drawn)
            st.button(
                _("Draw"),
                key="backward_draw",
                disabled=locks("seed", "numbers"),
                on_click=_changing(unlocked(lambda walk: _drawn(walk, seed), "seed", "numbers")),
            )
        with st.popover(_("Convention"), key="backward_convention"):
            for name, choice in CONVENTION.items():
                value = getattr(cell.convention, name)
                segments(PAGE, choice, value, partial(_in_convention, name))
        D, H, T = cell.parameters.input_size, cell.parameters.hidden_size, len(cell.inputs)
        with st.popover(_("Size: D = {D}, H = {H}, {T} steps", D=D, H=H, T=T), key="backward_size"):
            for size, value in ((INPUTS, D), (UNITS, H), (STEPS, T)):
                field(PAGE, size, value, partial(_resized, size.name))
            field(PAGE, DIGITS, setup.digits, lambda walk, digits: walk.choose(digits=digits))
        segments(PAGE, LOSS_ON, setup.loss_on, lambda walk, loss: walk.choose(loss_on=loss))
        with st.container(width=170):
            field(PAGE, RATE, setup.rate, lambda walk, rate: walk.choose(rate=rate))
        practice.way_in(practice.BACK, cell.convention)


def _drawn(walk: Walk, seed: int) -> Walk:
    return walk.show(BackwardSetup.random(seed))


def _in_convention(name: str, walk: Walk, value: str) -> Walk:
    setup = walk.setup.setup
    convention = replace(setup.convention, **{name: value})
    return walk.show(walk.setup.with_setup(setup.with_convention(convention)))


def _resized(name: str, walk: Walk, size: int) -> Walk:
    setup = walk.setup.setup
    sizes = {"D": setup.parameters.input_size, "H": setup.parameters.hidden_size}
    sizes |= {"T": len(setup.inputs), name: size}
    return walk.show(walk.setup.with_setup(setup.resized(**sizes)))


# --- What the browser reports --------------------------------------------------------------------


def _moved(walk: Walk) -> Walk:
    moved = st.session_state["backward_walk"].position
    if not moved or moved.get("version") != walk.version:
        return walk  # sent before Python moved the reader elsewhere
    return walk.choose(place=BackwardPlace(moved.get("time"), moved.get("part")))


def _chosen(walk: Walk) -> Walk:
    chosen = st.session_state["backward_walk"].weight
    if not chosen:
        return walk
    return walk.choose(weight=Weight(*(chosen.get(name) for name in ("name", "row", "column"))))


def _edited(walk: Walk) -> Walk:
    edits = st.session_state["backward_numbers"].edits or []
    sheet, acknowledged = apply_edits(walk.sheet, edits, walk.acknowledged)
    return replace(walk, sheet=sheet, acknowledged=acknowledged, notice=None)


# --- Under the walk ------------------------------------------------------------------------------


def _numbers(walk: Walk) -> None:
    components.numbers(
        number_data(walk.sheet, walk.acknowledged),
        key="backward_numbers",
        on_edit=_changing(unlocked(_edited, "numbers")),
    )


def _nudge(walk: Walk) -> None:
    weight, digits = walk.setup.weight, walk.setup.digits
    nudge = walk.setup.nudge(weight.name, weight.row, weight.column)
    base, sub = symbol(weight.name)
    place = (weight.row + 1, weight.column + 1)[: 1 if weight.name[0] in "bc" else 2]
    at = f"[{', '.join(map(str, place))}]"
    st.markdown("**" + _("The loss as {weight} moves", weight=f"${base}_{sub}{at}$") + "**")
    figure = nudge_curve(
        nudge.weights.tolist(), nudge.losses.tolist(), (nudge.weight, nudge.loss), nudge.slope
    )
    st.plotly_chart(
        figure.update_layout(xaxis_title=f"{base}<sub>{sub}</sub>{at}", yaxis_title="L"),
        alt=_("The loss as a function of one weight, with its tangent at the present value"),
        key="backward_nudge",
        height=260,
    )
    slope = format_number(nudge.slope, digits)
    value = format_number(nudge.weight, digits)
    if nudge.slope == 0:
        text = _("At {value} the tangent is flat: this weight has no gradient here.", value=value)
    elif nudge.slope > 0:
        text = _(
            "At {value} the tangent rises with slope {slope}: descent makes this weight smaller.",
            value=value,
            slope=slope,
        )
    else:
        text = _(
            "At {value} the tangent falls with slope {slope}: descent makes this weight larger.",
            value=value,
            slope=slope,
        )
    st.caption(text)


def _update(walk: Walk, update: Update) -> None:
    digits = walk.setup.digits
    before, after = (
        format_number(loss, max(digits, 4)) for loss in (update.loss_before, update.loss_after)
    )
    st.markdown("**" + _("One update: W ← W − η ∇W, for every parameter") + "**")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.metric(_("Loss before"), before)
        st.metric(_("Loss after"), after, delta=_difference(update), delta_color="inverse")
        st.button(
            _("Take this step"),
            key="backward_take",
            disabled=locks("numbers"),
            on_click=_changing(unlocked(_taken, "numbers")),
        )
    if update.loss_after < update.loss_before:
        text = _("The step lowers the loss from {before} to {after}.", before=before, after=after)
    elif update.loss_after == update.loss_before:
        text = _("The step leaves the loss at {before}.", before=before)
    else:
        text = _(
            "The step raises the loss from {before} to {after}: η = {rate} is too large here. The "
            "gradient only promises a descent for small steps.",
            before=before,
            after=after,
            rate=f"{walk.setup.rate:g}",
        )
    st.markdown(text)
    st.caption(_("Taken by mistake? Ctrl+Z in one of the numbers below brings the old ones back."))
    st.dataframe(
        update_table(walk.setup, update),
        hide_index=True,
        height=180,
        column_config={
            "parameter": _("parameter"),
            "row": _("row"),
            "column": _("column"),
            "before": _("before"),
            "gradient": _("gradient"),
            "after": _("after"),
        },
    )


def _difference(update: Update) -> str:
    return f"{update.loss_after - update.loss_before:+.2e}"


def _taken(walk: Walk) -> Walk:
    parameters = walk.setup.updated().parameters
    return walk.show(walk.setup.with_setup(replace(walk.setup.setup, parameters=parameters)))


def _check(walk: Walk) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        autograd = st.button(_("Check against autograd"), key="backward_autograd")
        finite = st.button(_("Check against finite differences"), key="backward_finite")
    ours = walk.setup.gradients().d_parameters
    if autograd:
        with st.spinner(_("PyTorch is being loaded …")):
            from gru_core.training.reference import gradients_by_autograd

            difference = largest_difference(ours, gradients_by_autograd(walk.setup))
        _verdict(
            difference,
            _(
                "PyTorch's autograd, in double precision: the largest absolute difference over all "
                "gradients is **{difference:.2e}**.",
                difference=difference,
            ),
        )
    if finite:
        difference = largest_difference(ours, walk.setup.finite_differences())
        _verdict(
            difference,
            _(
                "(L(W + ε) − L(W − ε)) / 2ε with ε = 10⁻⁵, one weight at a time: the largest "
                "absolute difference over all gradients is **{difference:.2e}**.",
                difference=difference,
            ),
        )


def _verdict(difference: float, text: str) -> None:
    (st.error if not difference <= TOLERANCE else st.success)(text)
