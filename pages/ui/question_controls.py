"""The list of "Questions answered", the open question's dials, and its way to the experiment."""

from collections.abc import Sequence

import streamlit as st

from gru_core.data.bounds import OneOf, Parameter, Value
from gru_core.training.question_view import TOPIC, QuestionView
from gru_core.training.questions import Link, Numbers, Question
from pages.ui.fields import titles_of
from pages.ui.question_state import PAGE, Reading, changing
from pages.ui.state import control
from pages.ui.words import label as _
from pages.ui.words import prose

SCRIPTS = {
    "gates": "pages/understand/gates.py",
    "sequence": "pages/understand/sequence.py",
    "gradients": "pages/understand/gradients.py",
    "train": "pages/train/train.py",
    "compare": "pages/train/compare.py",
    "model": "pages/check/model.py",
}
ICONS = {
    "gates": "account_tree",
    "sequence": "view_timeline",
    "gradients": "trending_down",
    "train": "play_circle",
    "compare": "stacked_line_chart",
    "model": "folder_open",
}
FIND = "questions_find"


def bar(view: QuestionView) -> None:
    """The topics side by side."""
    titles = titles_of(TOPIC)
    st.pills(
        _(TOPIC.title),
        list(titles),
        default=view.topic,
        required=True,
        format_func=titles.__getitem__,
        label_visibility="collapsed",
        **control(PAGE, TOPIC.name, view.topic, _of_topic),
    )


def questions(view: QuestionView) -> None:
    """Those of the topic in which the reader's words occur, one of them open."""
    st.text_input(
        _("Find"),
        key=FIND,
        placeholder=_("Find: bias, clipping, h_n …"),
        label_visibility="collapsed",
        max_chars=60,
    )
    words = st.session_state[FIND].lower().split()
    found = [question for question in view.listed if _has(question, words)]
    with st.container(key="questions_list", gap=None):
        for question in found:
            st.button(
                _(question.title),
                key=f"questions_open_{question.key}",
                type="primary" if question.key == view.q else "tertiary",
                width="stretch",
                on_click=changing(lambda view, key=question.key: view.open(key)),
            )
    if not found:
        st.caption(_("No question here has these words. Choose “All”, or other words."))


def dial(parameter: Parameter, value: Value) -> None:
    """The control of one number of the live part."""

    def choose(reading: Reading, chosen: Value) -> Reading:
        return reading.show(reading.view.turned(parameter.name, chosen))

    look = control(PAGE, parameter.name, value, choose)
    if isinstance(parameter, OneOf):
        titles = titles_of(parameter)
        if max(map(len, titles.values())) * len(titles) > 60:
            st.selectbox(
                _(parameter.title),
                list(titles),
                list(titles).index(str(value)),
                format_func=titles.__getitem__,
                **look,
            )
        else:
            st.segmented_control(
                _(parameter.title),
                list(titles),
                default=value,
                required=True,
                format_func=titles.__getitem__,
                **look,
            )
    elif not isinstance(parameter, OneOf):
        whole = not isinstance(value, float)
        number = int if whole else float
        st.slider(
            _(parameter.title),
            number(parameter.low),
            number(parameter.high),
            number(value),
            step=1 if whole else parameter.step,
            format=None if whole else "%g",
            **look,
        )


def links(every: Sequence[Link], numbers: Numbers) -> None:
    """The experiments of the open question. One whose address needs torch makes it when it is
    followed, so that this page need not wait for it."""
    with st.container(horizontal=True, key="questions_links"):
        for place, link in enumerate(every):
            look = {"icon": f":material/{ICONS[link.page]}:"}
            script = SCRIPTS[link.page]
            if not link.late:
                query = link.query(numbers)
                st.page_link(script, label=_(link.title), query_params=query, **look)
            elif st.button(_(link.title), key=f"questions_follow_{place}", **look):
                with st.spinner(_("Loading …")):
                    query = link.query(numbers)
                st.switch_page(script, query_params=query)


def sources(question: Question) -> None:
    """Who says so."""
    parts = [
        f"[{source.text}]({source.address})" if source.address else _(source.text)
        for source in question.sources
    ]
    st.caption(_("Sources: {sources}.", sources="; ".join(parts)))


def _of_topic(reading: Reading, topic: str) -> Reading:
    return reading.show(reading.view.of_topic(topic))


def _has(question: Question, words: list[str]) -> bool:
    text = (_(question.title) + prose(PAGE, question.key)).lower()
    return all(word in text for word in words)
