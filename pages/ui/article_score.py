"""The score of "Spot the mistake", and what to look at again."""

import streamlit as st

from gru_core.data.exhibits.exhibit import KINDS
from gru_core.data.exhibits.quiz import Quiz
from pages.ui import article_controls, classroom
from pages.ui.words import label as _


def progress(quiz: Quiz) -> None:
    """How many are answered."""
    score = quiz.score()
    counts = {"answered": score.answered, "total": score.total}
    if classroom.current().solutions:
        text = _("{answered} of {total} guessed, {right} right", right=score.right, **counts)
    else:
        text = _("{answered} of {total} guessed", **counts)
    st.progress(score.answered / score.total, text)


def score(quiz: Quiz) -> None:
    """By kind, once something is answered, with those guessed wrong."""
    whole = quiz.score()
    if not whole.answered or not classroom.current().solutions:
        return
    st.markdown("#### " + (_("All guessed") if whole.answered == whole.total else _("So far")))
    scores = {title: quiz.score(kind) for kind, title in KINDS.items()}
    rows = [(_(title), s) for title, s in scores.items() if s.total]
    st.dataframe(
        {
            "kind": [title for title, _s in rows],
            "right": [s.right for _t, s in rows],
            "guessed": [s.answered for _t, s in rows],
            "all": [s.total for _t, s in rows],
        },
        hide_index=True,
        height="content",
        width=520,
        alt=_("For each kind of mistake how many were guessed, and how many of these right"),
        column_config={
            "kind": _("Kind"),
            "right": _("right"),
            "guessed": _("guessed"),
            "all": _("in all"),
        },
    )
    if quiz.again:
        st.markdown(_("Worth another look:"))
        article_controls.again(quiz)
    elif whole.right == whole.answered:
        st.markdown(_("Nothing to look at again: every guess so far was right."))
    article_controls.clear()
