"""The buttons that take numbers away as a file."""

from collections.abc import Callable

import streamlit as st

from pages.ui.words import label as _

MEDIA = {
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "py": "text/x-python",
    "tex": "text/x-tex",
}


def download(file: str, make: Callable[[], str], title: str = "") -> None:
    """A button that downloads what `make` gives when it is pressed, under the name `file`.

    title: in the reader's language; by the kind of the file when left out.
    """
    kind = file.rpartition(".")[2]
    usual = {"csv": _("Download as CSV"), "json": _("Download as JSON")}
    st.download_button(
        title or usual[kind],
        make,
        file,
        MEDIA[kind],
        key=f"download_{file}",
        on_click="ignore",
    )
