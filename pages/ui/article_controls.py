"""The controls of "Spot the mistake": which exhibits, which of them, and the guess."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gru_core.data.exhibits.quiz import ARTICLE, EXHIBIT, KIND, Quiz
from gru_core.data.exhibits.registry import EXHIBITS
from pages.ui import classroom
from pages.ui.article_state import PAGE, Desk, changing
from pages.ui.fields import segments, select, titles_of
from pages.ui.state import control
from pages.ui.words import label as _
from pages.ui.words import template

MARKS = {None: "○", True: "✓", False: "✗"}


def filters(quiz: Quiz) -> None:
    """Which kinds, and which article."""
    segments(
        PAGE,
        KIND,
        quiz.kind,
        lambda desk, kind: desk.now(desk.quiz.filtered(kind=kind)),
        label_visibility="collapsed",
    )
    select(
        PAGE,
        ARTICLE.name,
        _(ARTICLE.title),
        titles_of(ARTICLE),
        quiz.article,
        lambda desk, article: desk.now(desk.quiz.filtered(article=article)),
        label_visibility="collapsed",
        width=150,
    )


def exhibits(quiz: Quiz) -> None:
    """All that the filters leave in, in a list that can be typed into, and the way to the next."""
    titles = {}
    for number, key in enumerate(quiz.keys, start=1):
        title = template(EXHIBITS[key].title)
        titles[key] = f"{_mark(quiz, key)} {number}. {title}"
    st.button("←", key="articles_back", help=_("Previous mistake"), on_click=_beside(-1))
    select(
        PAGE,
        # A browser knows an option by its words, and a guess changes the mark among them.
        f"{EXHIBIT.name}_{len(quiz.answers)}",
        _(EXHIBIT.title),
        titles,
        quiz.exhibit,
        lambda desk, key: desk.now(desk.quiz.look(key)),
        label_visibility="collapsed",
    )
    st.button("→", key="articles_next", help=_("Next mistake"), on_click=_beside(1))


def _mark(quiz: Quiz, key: str) -> str:
    is_right = quiz.is_right(key)
    return MARKS[is_right] if is_right is None or classroom.current().solutions else "●"


def guess(quiz: Quiz) -> None:
    """The options to choose from, or what was chosen, beside what is right."""
    exhibit = quiz.open
    words = dict(enumerate(map(template, exhibit.options)))
    if quiz.guess is None:
        st.radio(
            _("Your guess"),
            list(words),
            index=None,
            format_func=words.__getitem__,
            **control(PAGE, f"guess_{exhibit.key}", None, _answer),
        )
        return
    with st.container(gap="xxsmall"):
        for option, text in words.items():
            if not classroom.current().solutions:
                st.markdown(f"**● {text}**" if option == quiz.guess else f":gray[○ {text}]")
            elif option == exhibit.right:
                st.markdown(f":green[**✓ {text}**]")
            elif option == quiz.guess:
                st.markdown(f":red[**✗ {text}**]")
            else:
                st.markdown(f":gray[○ {text}]")


def onward(quiz: Quiz) -> None:
    """To the next without a guess, once there is one for this."""
    if quiz.guess is not None:
        st.button(
            _("Next mistake"), key="articles_onward", type="primary", on_click=changing(Quiz.onward)
        )


def clear() -> None:
    """Begin anew."""
    st.button(_("Forget all guesses"), key="articles_clear", on_click=changing(Quiz.cleared))


def again(quiz: Quiz) -> None:
    """What was guessed wrong, one click away."""
    with st.container(horizontal=True, key="articles_again"):
        for key in quiz.again:
            st.button(
                template(EXHIBITS[key].title),
                key=f"articles_again_{key}",
                on_click=_looking(key),
            )


def _answer(desk: Desk, option: int) -> Desk:
    return desk.now(desk.quiz.answered(option))


def _beside(steps: int) -> Callable[[], None]:
    return changing(lambda quiz: quiz.beside(steps))


def _looking(key: str) -> Callable[[], None]:
    return changing(lambda quiz: quiz.look(key))
