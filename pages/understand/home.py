"""Home: what can be done here, with a live miniature and the filled-in examples."""

import streamlit as st

from gru_core.data.examples import EXAMPLES
from gru_core.data.step_view import DEFAULT_EXAMPLE
from gru_core.figures.cell import cell_view
from pages.ui import components
from pages.ui.step_words import stage_words
from pages.ui.words import label as _
from pages.ui.words import prose

GATES = "pages/understand/gates.py"

text, picture = st.columns([1, 1.35], gap="large", vertical_alignment="center")
with text:
    st.markdown(prose("home", "hero"))
    with st.container(key="home_start"):
        st.page_link(GATES, label=_("Walk through one step"))
with picture:
    trace = EXAMPLES[DEFAULT_EXAMPLE].setup.unroll()
    components.miniature(
        {"view": cell_view(trace, 2), "words": stage_words(trace.convention)}, key="home_cell"
    )

st.markdown(prose("home", "now"))
st.markdown("#### " + _("Start from an example"))
with st.container(horizontal=True, key="home_examples"):
    for name, example in EXAMPLES.items():
        with st.container(border=True, key=f"home_{name}"):
            title = _(example.title)
            st.page_link(GATES, label=f"**{title}**", query_params={"example": name})
            st.caption(_(example.look_at))
