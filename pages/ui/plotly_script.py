"""The browser's plotly.js, out of the installed plotly package: there is no copy of it here."""

import gzip
from functools import cache
from importlib.metadata import distribution

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_PACKAGE = distribution("plotly")
_FILE = _PACKAGE.locate_file("plotly/package_data/plotly.min.js")

ADDRESS = f"assets/plotly-{_PACKAGE.version}.min.js"
"""Below the address of the app. A new version has a new one, so that it may be kept for ever."""


@cache
def _compressed() -> bytes:
    """Once for all visitors: the server would compress its 5 MB again for each of them."""
    return gzip.compress(_FILE.read_bytes(), 6)


def _serve(request: Request) -> Response:
    return Response(
        _compressed(),
        media_type="text/javascript",
        headers={
            "Content-Encoding": "gzip",
            "Cache-Control": "public, max-age=31536000, immutable",
        },
    )


# Whatever base path the server has stands before it; Streamlit adds it to its own routes only.
ROUTE = Route("/{base:path}" + ADDRESS, _serve)
