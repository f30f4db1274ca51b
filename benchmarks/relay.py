"""A relay between browsers and a server that notes when each of them spoke."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

MESSAGE = 16  # bytes: what keeps a connection alive is smaller, every message is larger


class Talk:
    """When the two spoke since `reset()`, by `time.perf_counter()`.

    url: of the server, as seen through the relay.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.reset()

    def reset(self) -> None:
        """Forget what was said."""
        self._asked: list[float] = []
        self._answered: list[float] = []

    @property
    def server_time(self) -> float:
        """Seconds from the first that a browser said to the last that the server said."""
        return self._answered[-1] - self._asked[0]


@contextmanager
def relaying(server: str) -> Iterator[Talk]:
    """Listen on a port of this machine and pass everything on to `server`, a base URL."""
    address = urlsplit(server)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        talk = Talk(f"http://127.0.0.1:{listener.getsockname()[1]}")

        def accept() -> None:
            with suppress(OSError):  # the listener was closed
                while True:
                    browser, _ = listener.accept()
                    upstream = socket.create_connection((address.hostname, address.port))
                    start(pump, browser, upstream, lambda: talk._asked)
                    start(pump, upstream, browser, lambda: talk._answered)

        start(accept)
        yield talk
        listener.shutdown(socket.SHUT_RDWR)


def pump(source: socket.socket, target: socket.socket, times: Callable[[], list[float]]) -> None:
    """Pass on bytes until one side closes, and then close both."""
    with source, target:
        with suppress(OSError):
            target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := source.recv(1 << 16):
                if len(data) > MESSAGE:
                    times().append(time.perf_counter())
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # the other direction waits on both


def start(work: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=work, args=arguments, daemon=True).start()
