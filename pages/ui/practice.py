""" "Let me try": an exercise with numbers of its own, checked as far as it was done.

It takes the place of what a page shows, so that nothing gives the result away. Its state and its
parameters in an address are its own; what was typed is in neither. A page that has it calls
`current` before it writes its address, and puts `query` of what that returns into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import streamlit as st

from gru_core.data.backward_setup import BackwardSetup
from gru_core.data.bounds import OneOf
from gru_core.data.judging import Judged, Judgement, Score, judge
from gru_core.data.practice import (
    BACKWARD,
    FORWARD,
    PRACTICE_QUERY_NAMES,
    PREFIX,
    SEED,
    Asked,
    Exercise,
    field_name,
    latex_name,
)
from gru_core.data.practice_text import convention_in_words
from gru_core.data.sequence_view import CONVENTION
from gru_core.data.worksheet import rows_of
from gru_core.errors import InputError
from gru_core.figures.backward import backward_view
from gru_core.figures.cell import cell_view
from gru_core.maths.convention import Convention
from gru_core.maths.equations import format_number, lines_to_latex
from pages.ui import backward_words, classroom, components, share, state
from pages.ui.fields import field as widget
from pages.ui.fields import segments
from pages.ui.practice_words import instruction, mark, verdict
from pages.ui.step_words import stage_words
from pages.ui.words import label as _
from pages.ui.words import of_error

FIELD, GAP = 104, 8
"""Pixels: three fields stand side by side on a telephone."""


@dataclass(frozen=True)
class Trial:
    """on: whether it is shown. answers: what was typed, by `field_name`.

    judgement: of what was last checked. hints: how many are shown of the quantity that is next.
    spoiled: a wrong number was checked, or the solution looked at. entry: of the page, see `share`.
    """

    exercise: Exercise
    on: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    judgement: Judgement | None = None
    hints: int = 0
    spoiled: bool = False
    revealed: bool = False
    score: Score = field(default_factory=Score)
    entry: int = 0
    notice: InputError | None = None

    def begin(self, exercise: Exercise) -> Trial:
        """Another exercise; the same one goes on where it was."""
        if exercise == self.exercise:
            return replace(self, on=True, notice=None)
        return Trial(exercise, on=True, score=self.score, entry=self.entry)

    def checked(self, answers: Mapping[str, str]) -> Trial:
        """What was typed, judged; what cannot be read is said and stays."""
        try:
            judgement = judge(self.exercise, self.exercise.read(answers))
        except InputError as error:
            return replace(self, answers=answers, judgement=None, notice=error)
        trial = replace(self, answers=answers, judgement=judgement, notice=None)
        if judgement.first_off:
            trial = replace(trial, spoiled=True, score=self.score.broken(self.exercise))
        if judgement.is_solved:
            score = self.score.with_solved(self.exercise, clean=not self.spoiled)
            trial = replace(trial, score=score)
        before = self.next_asked
        return trial if trial.next_asked == before else replace(trial, hints=0)

    def hinted(self, answers: Mapping[str, str]) -> Trial:
        """One more hint."""
        trial = self.checked(answers)
        most = len(self.exercise.hints(trial.next_asked)) if trial.next_asked else 0
        return replace(trial, hints=min(trial.hints + 1, most))

    def shown(self, answers: Mapping[str, str]) -> Trial:
        """The solution."""
        if self.judgement and self.judgement.is_solved:
            return replace(self, revealed=True)
        score = self.score.shown(self.exercise)
        return replace(self, answers=answers, revealed=True, spoiled=True, score=score, notice=None)

    @property
    def next_asked(self) -> Asked | None:
        """The first quantity that is off, else the first that is missing, if there is one."""
        if self.judgement is None:
            return self.exercise.asked[0]
        if self.judgement.first_off:
            return self.judgement.first_off.asked
        judged = self.judgement.quantities
        return next((each.asked for each in judged if each.verdict == "missing"), None)


@dataclass(frozen=True)
class Corner:
    """Where there is something to try: `page` names its state, kinds its exercises."""

    page: str
    kinds: OneOf
    solution: Callable[[Corner, Exercise], None]

    def changing(self, change: Callable[[Trial], Trial]) -> Callable[[], None]:
        return state.changing(self.page, change)


def current(corner: Corner) -> Trial:
    """This session's trial, brought up to date with the address.

    Whoever comes back to the page finds the page; the exercise waits where it was.
    """

    def opened(trial: Trial, query: Mapping[str, str]) -> Trial:
        st.session_state[f"{corner.page}_opened"] = True
        return trial.begin(Exercise.from_query(query, corner.kinds))

    def first() -> Trial:
        return Trial(Exercise.draw(corner.kinds.usual, SEED.usual))

    trial = state.current(corner.page, PRACTICE_QUERY_NAMES, first, opened)
    entry = st.session_state.get("entries", 0)
    if trial.entry != entry:
        is_asked_for = f"{PREFIX}kind" in st.query_params and trial.on
        trial = replace(trial, entry=entry, on=is_asked_for)
        st.session_state[corner.page] = trial
    return trial


def was_opened(corner: Corner) -> bool:
    """Whether it was opened by a link, or left, since this was last asked."""
    return bool(st.session_state.pop(f"{corner.page}_opened", False))


def query(corner: Corner, trial: Trial) -> dict[str, str]:
    """What the page's address has to hold of it."""
    parameters = trial.exercise.to_query() if trial.on else {}
    share.remember(corner.page, parameters)
    return parameters


def way_in(corner: Corner, convention: Convention) -> None:
    """The button that begins, in the convention that the page is in, or goes on."""

    def begin(trial: Trial) -> Trial:
        now = trial.exercise
        if any(trial.answers.values()):
            return trial.begin(now)  # what was typed goes on, in the convention that it was for
        return trial.begin(Exercise.draw(now.kind, now.seed, convention))

    st.button(
        _("Let me try"),
        icon=":material/edit:",
        type="primary",
        key=f"{corner.page}_begin",
        on_click=corner.changing(begin),
    )


def bar(corner: Corner, trial: Trial) -> None:
    """What is tried, in which convention, and the way back."""

    def draw(**choices: Any) -> Callable[[Trial, Any], Trial]:
        [name] = choices

        def choose(trial: Trial, value: Any) -> Trial:
            now = trial.exercise
            chosen = {"kind": now.kind, "seed": now.seed, "convention": now.convention}
            chosen[name] = choices[name](now, value)
            return trial.begin(Exercise.draw(**chosen))

        return choose

    exercise = trial.exercise
    segments(
        corner.page,
        corner.kinds,
        exercise.kind,
        draw(kind=lambda _, value: value),
        label_visibility="collapsed",
    )
    with st.popover(_("Convention"), key=f"{corner.page}_convention"):
        for name, choice in CONVENTION.items():
            segments(
                corner.page,
                choice,
                getattr(exercise.convention, name),
                draw(
                    convention=lambda now, value, name=name: replace(
                        now.convention, **{name: value}
                    )
                ),
            )
    with st.popover(_("Exercise {seed}", seed=exercise.seed), key=f"{corner.page}_which"):
        widget(corner.page, SEED, exercise.seed, draw(seed=lambda _, value: value))
        st.caption(_("The same number gives everyone the same exercise, and so does the link."))
    st.button(
        _("Leave the exercise"),
        icon=":material/arrow_back:",
        key=f"{corner.page}_leave",
        on_click=corner.changing(lambda trial: _left(corner, trial)),
    )


def _left(corner: Corner, trial: Trial) -> Trial:
    st.session_state[f"{corner.page}_opened"] = True  # the page shows where it was begun
    return replace(trial, on=False, answers=_typed(corner, trial), notice=None)


def refused(trial: Trial) -> None:
    """What was wrong with a link to an exercise that therefore is not shown."""
    if trial.notice and not trial.on:
        st.warning(of_error(trial.notice))


def panel(corner: Corner, trial: Trial) -> None:
    """The exercise, what was typed, what is to be said of it, and in the end the solution."""
    exercise = trial.exercise
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        _task(corner, exercise)
    with right:
        _fields(corner, trial)
        _said(corner, trial)
    is_solved = bool(trial.judgement and trial.judgement.is_solved)
    if (is_solved or trial.revealed) and classroom.current().solutions:
        st.markdown("#### " + _("Worked out"))
        corner.solution(corner, exercise)


def _task(corner: Corner, exercise: Exercise) -> None:
    st.markdown(instruction(exercise))
    with st.container(key=f"{corner.page}_given", gap="small"):
        for step, givens in groupby(exercise.givens(), key=lambda given: given.step):
            lead = "" if step is None else "**" + _("Step {t}", t=step + 1) + "** &emsp; "
            for row in rows_of(exercise, givens):
                # In braces, so that no line ends within a formula.
                st.markdown(lead + " ".join(f"${{{given.latex}}}$" for given in row))
    st.caption(convention_in_words(exercise.convention, _))
    with st.expander(_("The equations in this convention")):
        st.latex(lines_to_latex(exercise.definitions()))


def _fields(corner: Corner, trial: Trial) -> None:
    exercise = trial.exercise
    judged = (
        {each.asked.key: each for each in trial.judgement.quantities} if trial.judgement else {}
    )
    with st.form(f"{corner.page}_form", border=True):
        for step in dict.fromkeys(asked.step for asked in exercise.asked):
            if exercise.shape.T > 1:
                st.markdown(f"**{_step_words(step)}**")
            with st.container(horizontal=True, key=f"{corner.page}_row_{step}", gap="small"):
                for asked in exercise.asked:
                    if asked.step == step:
                        _field(corner, trial, asked, judged.get(asked.key))
        with st.container(horizontal=True, gap="small"):
            for title, name, change in (
                (_("Check"), "check", Trial.checked),
                (_("Hint"), "hint", Trial.hinted),
                (_("Show the solution"), "show", Trial.shown),
            )[: None if classroom.current().solutions else 2]:
                st.form_submit_button(
                    title,
                    type="primary" if name == "check" else "secondary",
                    key=f"{corner.page}_{name}",
                    on_click=corner.changing(
                        lambda trial, change=change: change(trial, _typed(corner, trial))
                    ),
                )


def _field(corner: Corner, trial: Trial, asked: Asked, judged: Judged | None) -> None:
    """The fields of one quantity side by side, and under them what became of it."""
    exercise = trial.exercise
    width = FIELD * len(asked.entries) + GAP * (len(asked.entries) - 1)
    with st.container(width=width, gap="xxsmall", key=f"{corner.page}_asked_{asked.key}"):
        with st.container(horizontal=True, gap="xsmall"):
            for entry in asked.entries:
                name = field_name(asked, entry)
                st.text_input(
                    f"${latex_name(asked, entry, exercise.shape)}$",
                    trial.answers.get(name, ""),
                    key=_key(corner, exercise, name),
                    width=FIELD,
                    autocomplete="off",
                )
        st.markdown(mark(judged) if judged else "&nbsp;")


def _said(corner: Corner, trial: Trial) -> None:
    """Under the fields: the verdict, the hints, the score, and the way on."""
    if trial.notice:
        st.warning(of_error(trial.notice))
    elif trial.judgement:
        verdict(trial.exercise, trial.judgement)
    if trial.hints and trial.next_asked:
        with st.container(key=f"{corner.page}_hints", gap="small"):
            for hint in trial.exercise.hints(trial.next_asked)[: trial.hints]:
                st.latex(hint)
    with st.container(
        horizontal=True, vertical_alignment="center", key=f"{corner.page}_after", gap="small"
    ):
        st.button(
            _("Another one"),
            key=f"{corner.page}_other",
            disabled=classroom.locks("seed"),
            on_click=corner.changing(
                classroom.unlocked(lambda trial: trial.begin(trial.exercise.other()), "seed")
            ),
        )
        score = trial.score
        if score.solved:
            st.markdown(
                _(
                    "Solved: **{solved}** · in a row without a mistake: **{row}** (best {best})",
                    solved=score.solved,
                    row=score.in_a_row,
                    best=score.best,
                )
            )


def _key(corner: Corner, exercise: Exercise, name: str) -> str:
    return "_".join([corner.page, *exercise.to_query().values(), name])


def _typed(corner: Corner, trial: Trial) -> dict[str, str]:
    """What stands in the fields now; what was kept, where they are not shown."""
    exercise = trial.exercise
    names = [field_name(asked, entry) for asked in exercise.asked for entry in asked.entries]
    kept = trial.answers
    return {
        name: str(st.session_state.get(_key(corner, exercise, name), kept.get(name, "")))
        for name in names
    }


# --- Solutions -----------------------------------------------------------------------------------


def _answers(corner: Corner, exercise: Exercise) -> None:
    """All answers in a line, above the way to them."""
    digits = exercise.precision.digits
    with st.container(key=f"{corner.page}_answers", gap="small"):
        for step, quantities in groupby(exercise.asked, key=lambda asked: asked.step):
            formulas = [
                f"${{{latex_name(asked, entry, exercise.shape)} ="
                f" {format_number(value, digits).replace('−', '-')}}}$"
                for asked in quantities
                for entry, value in zip(asked.entries, exercise.answer(asked).tolist(), strict=True)
            ]
            lead = f"**{_step_words(step)}** &emsp; " if exercise.shape.T > 1 else ""
            st.markdown(lead + " ".join(formulas))


def _step_words(step: int | None) -> str:
    return _("Over both steps") if step is None else _("Step {t}", t=step + 1)


def _step_solution(corner: Corner, exercise: Exercise) -> None:
    _answers(corner, exercise)
    components.stage(
        {
            "view": cell_view(exercise.trace, exercise.precision.digits),
            "words": stage_words(exercise.convention),
            "position": {"time": 0, "part": "r", "unit": 0},
            "position_version": exercise.seed,
        },
        key=f"{corner.page}_solution",
        on_move=_ignore,
    )


def _backward_solution(corner: Corner, exercise: Exercise) -> None:
    _answers(corner, exercise)
    setup: BackwardSetup = exercise.given
    weight = setup.weight
    components.backward(
        {
            "view": backward_view(setup),
            "words": backward_words.words(),
            "position": {"time": setup.at.time, "part": "z"},
            "position_version": exercise.seed,
            "weight": {"name": weight.name, "row": weight.row, "column": weight.column},
        },
        key=f"{corner.page}_solution",
        on_move=_ignore,
        on_choose=_ignore,
    )


def _ignore() -> None:
    """Where the reader is in a solution need not be kept."""


STEP = Corner("practice_step", FORWARD, _step_solution)
BACK = Corner("practice_back", BACKWARD, _backward_solution)
