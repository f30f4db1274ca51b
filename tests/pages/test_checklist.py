"""The checklist: every one of its links opens a page that works, in either language."""

from urllib.parse import parse_qsl

import pytest

from gru_core.training.checklist import GROUPS, LINKS, Link
from tests.pages.conftest import OpenApp, in_each


def test_it_shows_every_item_and_every_link(open_app: OpenApp, language: str) -> None:
    app = open_app("checklist", language=language)
    assert not app.exception
    shown = [link.proto for link in app.get("page_link")]
    expected = [link for group in GROUPS for item in group.items for link in item.links]
    assert [(link.page, dict(parse_qsl(link.query_string))) for link in shown] == [
        (link.page, dict(link.query)) for link in expected
    ]


@pytest.mark.parametrize(("link", "language"), in_each(LINKS))
def test_a_link_opens_a_page_that_works(open_app: OpenApp, link: Link, language: str) -> None:
    app = open_app(link.page, language=language, **link.query)
    assert not app.exception
    assert not app.error
    assert not app.warning
