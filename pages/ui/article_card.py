"""One exhibit of "Spot the mistake": the claim and the guess, then the run and what is right."""

from typing import Any

import streamlit as st

from gru_core.data.exhibits.exhibit import KINDS, Exhibit
from gru_core.data.exhibits.quiz import Quiz
from gru_core.data.exhibits.shown import Cell, Lines, Shown, Table
from gru_core.data.exhibits.sources import SOURCES
from gru_core.figures.exhibits import exhibit_figure
from pages.ui import article_controls, classroom
from pages.ui.article_state import demonstrated
from pages.ui.downloads import download
from pages.ui.words import label as _
from pages.ui.words import prose, template


def card(quiz: Quiz) -> None:
    """On the left what is claimed and guessed, on the right what the code does."""
    exhibit = quiz.open
    with st.container(key="articles_card"):
        said = st.container(key="articles_said")
        run = st.container(key="articles_run")
        right = st.container(key="articles_right")
    with said:
        kind = _(KINDS[exhibit.kind])
        st.caption(f"{kind} · {places(exhibit)}")
        st.markdown(prose("exhibits", f"{exhibit.key}-claim"))
        article_controls.guess(quiz)
    opens = quiz.guess is not None and classroom.current().solutions
    with run:
        if opens:
            _run(exhibit)
        else:
            _teaser(exhibit)
    with right:
        if opens:
            _right(exhibit)
        article_controls.onward(quiz)


def places(exhibit: Exhibit) -> str:
    """Where the claim stands: article and lines."""
    lines: dict[str, list[str]] = {}
    for place in exhibit.places:
        lines.setdefault(place.article, []).append(place.line)
    return "; ".join(_place(article, ", ".join(numbers)) for article, numbers in lines.items())


def _place(article: str, lines: str) -> str:
    if lines.isdigit():
        return _("article {article}, line {line}", article=article, line=lines)
    return _("article {article}, lines {lines}", article=article, lines=lines)


def _teaser(exhibit: Exhibit) -> None:
    picture = demonstrated(exhibit.key).picture
    if isinstance(picture, Lines) and picture.tease:
        st.plotly_chart(
            exhibit_figure(picture, template, teasing=True),
            alt=_("The first steps of the run; the rest appears after your guess"),
            key=f"articles_teaser_{exhibit.key}",
            height=360,
        )
        if classroom.current().solutions:
            st.caption(_("The run has begun. Guess how it goes on, and it does."))
        return
    with st.container(border=True, height=220, vertical_alignment="center"):
        st.markdown("# ?", text_alignment="center")
        if classroom.current().solutions:
            text = _("Guess first. Then the code runs, and its result stands here.")
        else:
            text = _("Guess. What is right stays closed until the class opens it together.")
        st.markdown(text, text_alignment="center")


def _run(exhibit: Exhibit) -> None:
    shown = demonstrated(exhibit.key)
    sentence = _(shown.sentence, **shown.values)
    if isinstance(shown.picture, Table):
        st.dataframe(
            table(shown.picture),
            hide_index=True,
            height="content",
            alt=sentence,
            column_config={
                name: st.column_config.TextColumn(template(name)) for name in shown.picture.columns
            },
        )
    else:
        st.plotly_chart(
            exhibit_figure(shown.picture, template),
            alt=sentence,
            key=f"articles_figure_{exhibit.key}",
            height=360,
        )
    st.markdown(sentence)
    download(f"{exhibit.key}.csv", lambda: _csv(shown))


def table(picture: Table) -> dict[str, list[str]]:
    """Column → its cells in the reader's words, numbers to four digits."""
    columns = zip(*picture.rows, strict=True)
    return {
        name: [_cell(value) for value in values]
        for name, values in zip(picture.columns, columns, strict=True)
    }


def _cell(value: Cell) -> str:
    if isinstance(value, str):
        return template(value) if value else ""
    return f"{value:.4g}"


def _csv(shown: Shown) -> str:
    text: Any = shown.picture.frame().to_csv(index=False, lineterminator="\n")
    return str(text)


def _pages() -> dict[str, tuple[str, str]]:
    return {
        "gates": ("pages/understand/gates.py", _("One step")),
        "sequence": ("pages/understand/sequence.py", _("Gates over time")),
        "gradients": ("pages/understand/gradients.py", _("Gradients over time")),
    }


def _right(exhibit: Exhibit) -> None:
    st.markdown(prose("exhibits", f"{exhibit.key}-right"))
    named = [f"[{SOURCES[key].text}]({SOURCES[key].url})" for key in exhibit.sources]
    if exhibit.tries:
        script, title = _pages()[exhibit.tries.page]
        st.page_link(
            script,
            label=_("Try it on “{page}”", page=title),
            query_params=dict(exhibit.tries.query),
            icon=":material/arrow_outward:",
        )
    here = _("the run beside this, computed here")
    st.caption(_("Source: {sources}", sources="; ".join([*named, here])))
