"""What "For teachers" gives away: the link, how it looks, the line for a course page, the guide."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from gru_core.training.class_link import ClassLink
from gru_core.training.guide import CLASS, CLASSES, Class, Stop
from pages.ui.fields import titles_of
from pages.ui.state import control
from pages.ui.teach_state import PAGE, Desk, changing
from pages.ui.words import label as _
from pages.ui.words import language, prose

NUMBERS = "①②③④⑤⑥⑦⑧⑨"
HEIGHT = 720


def take_away(class_link: ClassLink) -> None:
    """The link to copy and to open, and the line for a course page."""
    link = _base() + class_link.to_link()
    st.markdown("**" + _("The link") + "**")
    st.code(link, language=None, wrap_lines=True)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.link_button(_("Open in a new tab"), class_link.to_link(), icon=":material/open_in_new:")
        with st.popover(_("For a course page"), icon=":material/code:", key="teach_embed"):
            st.markdown(_("Paste this line into the HTML of the page:"))
            st.code(
                iframe_line(_base() + class_link.to_link(embed="true")), "html", wrap_lines=True
            )


def iframe_line(address: str) -> str:
    """All in `address` is quoted but for & between its parameters, which HTML wants written out."""
    source = address.replace("&", "&amp;").replace('"', "%22").replace("<", "%3C")
    return (
        f'<iframe src="{source}" title="GRU Lab" width="100%" height="720" '
        'style="border: 0" allow="clipboard-write; fullscreen" loading="lazy"></iframe>'
    )


def preview(class_link: ClassLink) -> None:
    """The app itself in a frame, as the link opens it."""
    st.markdown("**" + _("What it opens") + "**")
    with st.container(border=True, key="teach_preview"):
        # Of our own origin, and quoted by ClassLink: no text of anybody's gets into it as it is.
        st.iframe(
            _path() + class_link.to_link(lang=class_link.lang or language(), embed="true"),
            height=HEIGHT,
            alt=_("The page that this link opens"),
        )


def guide(desk: Desk) -> None:
    """The classes, one of them open, with its links."""
    titles = titles_of(CLASS)
    numbered = {key: f"{i}. {title}" for i, (key, title) in enumerate(titles.items(), start=1)}
    st.segmented_control(
        _(CLASS.title),
        list(titles),
        default=desk.open,
        required=True,
        format_func=numbered.__getitem__,
        label_visibility="collapsed",
        **control(PAGE, CLASS.name, desk.open, _open),
    )
    chosen = CLASSES[desk.open]
    with st.container(key="teach_class"):
        said, links = st.columns([1.7, 1], gap="large")
        with said:
            st.markdown(prose("teacher", desk.open))
        with links:
            st.markdown("**" + _("The links of this class") + "**")
            if any(stop.loads_torch for stop in chosen.stops):
                with st.spinner(_("Writing the links …")):
                    _links(chosen)
            else:
                _links(chosen)


def _links(chosen: Class) -> None:
    for place, stop in enumerate(chosen.stops):
        class_link = stop.class_link(language())
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", key=f"teach_stop_{place}"
        ):
            title = _(stop.title)
            st.link_button(f"{NUMBERS[place]} {title}", class_link.to_link(), width="stretch")
            st.button(
                _("Adapt"),
                key=f"teach_adapt_{place}",
                help=_("Put this link into the builder above"),
                on_click=changing(lambda desk, stop=stop: _adapted(desk, stop)),
            )


def _adapted(desk: Desk, stop: Stop) -> Desk:
    return desk.show(stop.class_link(language()))


def _open(desk: Desk, key: str) -> Desk:
    return Desk(desk.class_link, key)


def _base() -> str:
    """The address of the app as its reader has it, without the page."""
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}{_path()}" if parts.netloc else _path()


def _path() -> str:
    """What comes before the name of a page, where the app is not at the top of its host."""
    return urlsplit(st.context.url or "").path.rstrip("/").removesuffix(f"/{PAGE}")
