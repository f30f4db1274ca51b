"""The frame: language, look and page order. Start it with `streamlit run app.py`."""

import logging
from pathlib import Path

import streamlit as st

from pages.ui import classroom, lesson, plotly_script, share
from pages.ui.words import LANGUAGES, first_language
from pages.ui.words import label as _

ASSETS = Path(__file__).parent / "assets"


def main() -> None:
    """Draw the frame and run the page that the address names."""
    st.set_page_config(page_title="GRU Lab", page_icon=str(ASSETS / "icon.svg"), layout="wide")
    st.html(ASSETS / "components" / "frame.css")
    st.segmented_control(
        "Language · 语言",
        list(LANGUAGES),
        default=first_language(),
        required=True,
        format_func=LANGUAGES.__getitem__,
        key="lang",
        label_visibility="collapsed",
    )
    classroom.enter()
    home = st.Page("pages/understand/home.py", title=_("GRU Lab"), url_path="", default=True)
    pages = {
        "": [home],
        _("Understand"): [
            st.Page("pages/understand/gates.py", title=_("One step"), url_path="gates"),
            st.Page(
                "pages/understand/sequence.py", title=_("Gates over time"), url_path="sequence"
            ),
            st.Page(
                "pages/understand/gradients.py",
                title=_("Gradients over time"),
                url_path="gradients",
            ),
        ],
        _("Train"): [
            st.Page("pages/train/train.py", title=_("Train live"), url_path="train"),
            st.Page("pages/train/compare.py", title=_("Compare"), url_path="compare"),
        ],
        _("Learn"): [
            st.Page("pages/learn/lessons.py", title=_("Lessons"), url_path="lessons"),
            st.Page(
                "pages/learn/questions.py", title=_("Questions answered"), url_path="questions"
            ),
            st.Page("pages/learn/articles.py", title=_("Spot the mistake"), url_path="articles"),
            st.Page("pages/learn/checklist.py", title=_("Checklist"), url_path="checklist"),
            st.Page("pages/learn/worksheet.py", title=_("Worksheet"), url_path="worksheet"),
            st.Page("pages/learn/teach.py", title=_("For teachers"), url_path="teach"),
        ],
        _("Check"): [
            st.Page("pages/check/model.py", title=_("Open your model"), url_path="model"),
        ],
    }
    page = st.navigation(pages, position="top")
    share.enter(page.url_path)
    share.keep_frame()
    classroom.notice()
    lesson.bar()
    page.run()


def apologise(error: Exception) -> bool:
    """Say in the reader's language that something broke; the server's log has the traceback."""
    st.error(
        _(
            "Something broke here, and it is our mistake, not yours. Reload the page; if it breaks "
            "again, open it without the part of the address after the question mark."
        )
    )
    return True


if st.runtime.exists():
    main()
else:
    # `streamlit run` sees the object `app` in this file and imports it once, before the first
    # visitor. Without that, Streamlit takes the folder pages/ for its own menu until somebody has
    # run st.navigation, and the first deep link into a fresh server ends in "Page not found".
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(
        logging.ERROR
    )
    st.navigation([main])
    app = st.App(__file__, routes=[plotly_script.ROUTE], on_script_error=apologise)
