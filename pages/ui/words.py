"""The app's words, in each language.

Labels are gettext: the English text stands in the code and is the key, `assets/text/zh.po` holds
its translation. Every label is a `str.format` template. Prose is Markdown, one file for each page
and language (`assets/text/en/gates.md`, `assets/text/zh/gates.md`), cut into sections by lines of
the form `<!-- key -->`.

Pages use `label` (as `_`), `prose` and `of_error`, which ask the session for its language;
`catalogue`, `translate` and `sections` take the language as an argument and need no session.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import streamlit as st
from babel.messages.pofile import read_po

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "zh": "简体中文"})
TEXT = Path(__file__).parents[2] / "assets" / "text"

_SECTION = re.compile(r"^<!-- ([a-z0-9_-]+) -->$", re.MULTILINE)


@lru_cache
def catalogue(language: str, folder: Path = TEXT) -> Mapping[str, str]:
    """English text -> text in `language`; empty for English, which is its own catalogue."""
    if language == "en":
        return MappingProxyType({})
    with (folder / f"{language}.po").open("rb") as file:
        messages = read_po(file, locale=language, abort_invalid=True)
    return MappingProxyType(
        {str(m.id): str(m.string) for m in messages if m.id and m.string and not m.fuzzy}
    )


def translate(language: str, msgid: str, values: Mapping[str, object]) -> str:
    """`msgid` in `language`, English where it has no translation, with `values` filled in."""
    return catalogue(language).get(msgid, msgid).format(**values)


@lru_cache
def sections(language: str, page: str, folder: Path = TEXT) -> Mapping[str, str]:
    """Key -> Markdown of the prose of `page`, in the order of the file.

    Raises ValueError if a key comes twice or text stands before the first one.
    """
    path = folder / language / f"{page}.md"
    opening, *rest = _SECTION.split(path.read_text(encoding="utf-8"))
    if opening.strip():
        raise ValueError(f"{path}: text before the first <!-- key --> belongs to no section.")
    keys = rest[::2]
    if len(set(keys)) < len(keys):
        raise ValueError(f"{path}: a section key comes twice among {keys}.")
    return MappingProxyType(dict(zip(keys, (text.strip() for text in rest[1::2]), strict=True)))


def first_language() -> str:
    """The language in which a session opens: its link's `lang`, else what its browser asks for."""
    asked = st.query_params.get("lang", "")
    return asked if asked in LANGUAGES else browser_language()


def browser_language() -> str:
    """The language that this session's browser asks for, as far as the app speaks it."""
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def language() -> str:
    """The code of this session's language: its choice, else its first."""
    chosen = st.session_state.get("lang")
    return str(chosen) if chosen in LANGUAGES else first_language()


def label(msgid: str, /, **values: object) -> str:
    """`msgid` in this session's language, with `values` filled in."""
    return translate(language(), msgid, values)


def template(msgid: str) -> str:
    """`msgid` in this session's language with its {fields} left open, to be filled in elsewhere."""
    return catalogue(language()).get(msgid, msgid)


class Said(Protocol):
    """A sentence of the library: an InputError, or one that a model file led to."""

    template: str
    details: Mapping[str, object]


def of_error(error: Said) -> str:
    """What `error`, or another sentence, says in this session's language."""
    return translate(language(), error.template, error.details)


def prose(page: str, section: str) -> str:
    """The Markdown of one section of a page's prose, in this session's language."""
    return sections(language(), page)[section]
