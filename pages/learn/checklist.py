"""Checklist: what the five articles describe, and where in the app it can be tried."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.words import label as _
from pages.ui.words import prose

if TYPE_CHECKING:
    from gru_core.training.checklist import Item

# With the signs that home has for them.
PAGES = {
    "gates": ("pages/understand/gates.py", "schema"),
    "sequence": ("pages/understand/sequence.py", "view_timeline"),
    "gradients": ("pages/understand/gradients.py", "trending_down"),
    "train": ("pages/train/train.py", "play_circle"),
    "compare": ("pages/train/compare.py", "stacked_line_chart"),
    "articles": ("pages/learn/articles.py", "quiz"),
}


def row(item: "Item") -> None:
    said, links = st.columns([1, 1.4], gap="medium")
    with said:
        mark, title = "☑" if item.links else "☐", _(item.title)
        st.markdown(f"{mark} **{title}**")
        if item.missing:
            st.caption(_(item.missing))
    with links, st.container(horizontal=True, gap="small"):
        for link in item.links:
            script, icon = PAGES[link.page]
            query, icon = dict(link.query), f":material/{icon}:"
            st.page_link(script, label=_(link.title), query_params=query, icon=icon)


def checklist() -> None:
    # Here, because the addresses of training runs are written by what trains: it loads PyTorch.
    from gru_core.training.checklist import GROUPS

    items = [item for group in GROUPS for item in group.items]
    st.markdown("### " + _("Checklist"))
    st.markdown(prose("checklist", "open"))
    st.markdown(
        _(
            "**{whole}** of {all} items can be tried as they are, **{partly}** with what is said "
            "beside them, and **{not_here}** are not here.",
            whole=sum(not item.missing for item in items),
            all=len(items),
            partly=sum(bool(item.missing and item.links) for item in items),
            not_here=sum(not item.links for item in items),
        )
    )
    for group in GROUPS:
        numbers = ", ".join(group.articles)
        st.markdown("#### " + _("Article {articles}", articles=numbers) + " · " + _(group.title))
        with st.container(key=f"checklist_{group.articles[0]}", gap="xsmall"):
            for item in group.items:
                row(item)


with st.spinner(_("Writing the links …")):
    checklist()
