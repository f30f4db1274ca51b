"""Home: what can be done here, with a live miniature, every page and the filled-in examples."""

import streamlit as st

from gru_core.data.examples import EXAMPLES
from gru_core.data.step_view import DEFAULT_EXAMPLE
from gru_core.figures.cell import cell_view
from pages.ui import components
from pages.ui.step_words import stage_words
from pages.ui.words import label as _
from pages.ui.words import prose

GATES = "pages/understand/gates.py"
TRAIN = "pages/train/train.py"

text, picture = st.columns([1, 1.35], gap="large", vertical_alignment="center")
with text:
    st.markdown(prose("home", "hero"))
    with st.container(horizontal=True, key="home_start"):
        st.page_link(GATES, label=_("Walk through one step"))
        st.page_link(TRAIN, label=_("Watch one learn"))
        st.page_link("pages/learn/lessons.py", label=_("Ten short lessons"))
with picture:
    trace = EXAMPLES[DEFAULT_EXAMPLE].setup.unroll()
    components.miniature(
        {"view": cell_view(trace, 2), "words": stage_words(trace.convention)}, key="home_cell"
    )

st.markdown(prose("home", "further"))
with st.container(horizontal=True, key="home_pages"):
    for name, script, title, icon in (
        ("sequence", "pages/understand/sequence.py", _("Gates over time"), "view_timeline"),
        ("gradients", "pages/understand/gradients.py", _("Gradients over time"), "trending_down"),
        ("train", TRAIN, _("Train live"), "play_circle"),
        ("compare", "pages/train/compare.py", _("Compare"), "stacked_line_chart"),
        ("questions", "pages/learn/questions.py", _("Questions answered"), "help"),
        ("articles", "pages/learn/articles.py", _("Spot the mistake"), "quiz"),
        ("worksheet", "pages/learn/worksheet.py", _("Worksheet"), "print"),
        ("model", "pages/check/model.py", _("Open your model"), "folder_open"),
    ):
        with st.container(border=True, key=f"home_{name}"):
            st.page_link(script, label=f"**{title}**", icon=f":material/{icon}:")
            st.markdown(prose("home", name))

st.page_link(
    "pages/learn/teach.py",
    label=_("For teachers: links for a class, and five classes of 45 minutes"),
    icon=":material/school:",
)

st.markdown(prose("home", "examples"))
with st.container(horizontal=True, key="home_examples"):
    for name, example in EXAMPLES.items():
        with st.container(border=True, key=f"home_{name}"):
            title = _(example.title)
            st.page_link(GATES, label=f"**{title}**", query_params={"example": name})
            st.caption(_(example.look_at))
