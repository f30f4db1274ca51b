"""The benchmark reports what it measured, and knows what must appear on the page. No speed here."""

import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice, pairwise
from threading import Thread

import numpy as np
import pytest

from benchmarks.page_latency import (
    Sample,
    edits_of_bare_page,
    edits_of_gates,
    largest_view,
    spread,
    table,
)
from benchmarks.relay import relaying
from gru_core.data.setup import MAX_SIZE, MAX_STEPS
from gru_core.data.step_view import DEFAULT_EXAMPLE, StepView
from gru_core.maths.equations import format_number

WORK = 0.2  # seconds


def test_spread_interpolates() -> None:
    assert spread(range(11)) == (5, 1, 9)
    assert spread([4.0, 1.0]) == pytest.approx((2.5, 1.3, 3.7))
    assert spread([3.0]) == (3, 3, 3)


def test_every_time_in_the_table_has_its_ratio() -> None:
    samples = {"bare page": [Sample(20, 4), Sample(40, 8)], "/gates": [Sample(75, 3)]}
    *_, bare, gates = table(samples).splitlines()
    assert bare == "| bare page | 30 (22–38) | 1.00 | 6 (4–8) | 1.00 |"
    assert gates == "| /gates | 75 (75–75) | 2.50 | 3 (3–3) | 0.50 |"


def test_each_edit_changes_what_is_shown() -> None:
    view = StepView.of_example(DEFAULT_EXAMPLE)
    for edits in (edits_of_bare_page, lambda rng: edits_of_gates(view, rng)):
        shown = [expected for _, expected in islice(edits(np.random.default_rng(1)), 200)]
        assert all(before != after for before, after in pairwise(shown))


def test_what_must_be_shown_is_the_state_of_the_edited_input() -> None:
    view = StepView.of_example(DEFAULT_EXAMPLE)
    typed, expected = next(edits_of_gates(view, np.random.default_rng(2)))
    inputs = view.setup.inputs.copy()
    inputs[0, 0] = float(typed)
    p, h = view.setup.parameters, view.setup.h0
    r, z = (
        1 / (1 + np.exp(-(W @ inputs[0] + b + U @ h)))
        for W, b, U in ((p.W_r, p.b_r, p.U_r), (p.W_z, p.b_z, p.U_z))
    )
    n = np.tanh(p.W_n @ inputs[0] + p.b_n + r * (p.U_n @ h + p.c_n))
    assert expected.split() == [format_number(v, 2) for v in ((1 - z) * n + z * h).tolist()]


def test_the_largest_view_can_be_opened_by_a_link() -> None:
    view = largest_view(np.random.default_rng(0))
    assert view.setup.inputs.shape == (MAX_STEPS, MAX_SIZE)
    assert StepView.from_query(view.to_query()) == view


class Slow(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        time.sleep(WORK)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def slow_server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_relay_passes_everything_on_and_times_the_server_alone(slow_server: str) -> None:
    with relaying(slow_server) as talk:
        for _ in range(2):
            talk.reset()
            path = "/" + "x" * 20_000
            start = time.perf_counter()
            with urllib.request.urlopen(talk.url + path, timeout=10) as response:
                assert response.read().decode() == path
            whole = time.perf_counter() - start
            time.sleep(WORK)  # what comes after the answer is not the server's time
            assert WORK <= talk.server_time <= whole
