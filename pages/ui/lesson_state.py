"""How far one reader is in the lessons, kept in their session; the address names the step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from gru_core.data.exhibits.quiz import ANSWERS
from gru_core.errors import InputError
from gru_core.training.lessons import LESSONS, Compared, Mark, Step, Texts, Trained
from pages.ui import state
from pages.ui.lesson import PAGE

SCRIPTS = {
    "gates": "pages/understand/gates.py",
    "sequence": "pages/understand/sequence.py",
    "gradients": "pages/understand/gradients.py",
    "train": "pages/train/train.py",
    "compare": "pages/train/compare.py",
    "questions": "pages/learn/questions.py",
    "articles": "pages/learn/articles.py",
}
LIST = "pages/learn/lessons.py"


@dataclass(frozen=True)
class Walk:
    """mark: the step that the reader is at; None: in no lesson.

    guesses: the option that was chosen, and answers: the numbers of its answer, by `name_of` the
    step; a step with an answer is done, and stays so whatever becomes of the page. reached: the
    step (from 0) at which each lesson was last. finished: keys of lessons.
    """

    mark: Mark | None = None
    guesses: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[str, Texts] = field(default_factory=dict)
    reached: Mapping[str, int] = field(default_factory=dict)
    finished: frozenset[str] = frozenset()
    notice: InputError | None = None

    def at(self, mark: Mark) -> Walk:
        """At another step."""
        reached = {**self.reached, mark.lesson: mark.step}
        return replace(self, mark=mark, reached=reached, notice=None)

    def left(self) -> Walk:
        """In no lesson; it can be taken up again."""
        return replace(self, mark=None, notice=None)

    def done(self) -> Walk:
        """The lesson is finished, and begins anew when it is taken up again."""
        if self.mark is None:
            return self
        key = self.mark.lesson
        reached = {name: step for name, step in self.reached.items() if name != key}
        return replace(self.left(), reached=reached, finished=self.finished | {key})

    def answered(self, step: Step, option: int) -> Walk:
        """A prediction was made."""
        if self.mark is None or step.right is None:
            return self
        name = name_of(self.mark.lesson, step)
        return replace(
            self,
            guesses={**self.guesses, name: option},
            answers={**self.answers, name: step.numbers(None)},
        )

    def seen(self, step: Step, page: Any) -> Walk:
        """Whether what was to be done was done, by the state of its page."""
        if self.mark is None or step.done is None or page is None:
            return self
        name = name_of(self.mark.lesson, step)
        try:
            if name in self.answers or not step.done(page[0]):
                return self
            return replace(self, answers={**self.answers, name: step.numbers(page[0])})
        except InputError:  # numbers that outgrow double precision answer nothing
            return self


def name_of(lesson: str, step: Step) -> str:
    """What the step's prose is called."""
    return f"{lesson}-{step.key}"


def current() -> Walk:
    """This session's walk, brought up to date with the address."""
    return state.current(PAGE, [PAGE], Walk, _opened)


def changing(change: Callable[[Walk], Walk]) -> Callable[[], None]:
    """A widget callback that puts `change(walk)` in place."""
    return state.changing(PAGE, change)


def look(step: Step) -> tuple[Any] | None:
    """What the step's check is shown of the page; None before the page was there."""
    name = step.state or step.page
    if name not in st.session_state:
        return None
    page = st.session_state[name]
    match name:
        case "articles":
            return (page.quiz,)
        case "practice_step":
            return (page.judgement,)
        case "train":
            return (Trained(page.run.checkpoint, page.run.seen),)
        case "compare":
            members = page.members
            records = tuple(member.record for member in members)
            checkpoints = tuple(member.checkpoint for member in members)
            return (Compared(page.comparison, records, checkpoints),)
        case _:
            return (page.view,)


def open_at(mark: Mark) -> None:
    """Go on, or back, to a step. Ends this run.

    Its page stays as it is where the step begins with what the one before it left.
    """
    walk = st.session_state.get(PAGE) or Walk()
    steps = LESSONS[mark.lesson].steps
    st.session_state[PAGE] = walk.at(mark)
    here = st.session_state.get("page") == steps[mark.step].page
    if here and walk.mark and walk.mark.lesson == mark.lesson:
        later = max(walk.mark.step, mark.step)
        if abs(walk.mark.step - mark.step) == 1 and steps[later].query is None:
            st.rerun()
    take_up(mark)


def return_to(mark: Mark) -> None:
    """Go to the page of a step that was under way, and leave it as it was. Ends this run."""
    step = LESSONS[mark.lesson].steps[mark.step]
    if (step.state or step.page) in st.session_state:
        st.switch_page(SCRIPTS[step.page], query_params={PAGE: mark.text})
    take_up(mark)


def take_up(mark: Mark) -> None:
    """Open the page of a step as it is to be there. Ends this run."""
    lesson = LESSONS[mark.lesson]
    page = lesson.steps[mark.step].page
    query = lesson.opens(mark.step)
    parameters = query() if query else {}
    if page == "articles" and page in st.session_state:
        # Its address holds all guesses, which a lesson must not take away.
        guesses = st.session_state[page].quiz.to_query().get(ANSWERS)
        parameters |= {ANSWERS: guesses} if guesses else {}
    # The frame is to note that the page was opened, also where it was open: what the address says
    # is news then, even if it had said so before.
    st.session_state["page"] = None
    st.switch_page(SCRIPTS[page], query_params={**parameters, PAGE: mark.text})


def _opened(walk: Walk, query: Mapping[str, str]) -> Walk:
    mark = Mark.read(query[PAGE])
    return walk if mark == walk.mark else walk.at(mark)
