"""Open your model, without a browser."""
from tests.pages.conftest import OpenApp, component

def test_it_opens_on_the_example(open_app: OpenApp, language: str) -> None:
    app = open_app("model", language=language)
    assert not app.exception
    assert not app.warning
