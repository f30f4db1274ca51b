"""The product's own reader of foreign files, each still confined in a process of its own.

A new process imports torch for longer than it reads. Here it is loaded once, and every file gets
a copy of that process. Tests of the reader as it is really started ask for ``real_quarantine``.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Lock
from typing import Any

from gru_core.training.model_files import quarantine

SCRIPT = quarantine._SCRIPT
NEEDS = "h5py", "torch", "safetensors.numpy"


class PreparedReader:
    """Stands in for ``subprocess`` where a file is read. Without fork it is ``subprocess``."""

    TimeoutExpired = subprocess.TimeoutExpired

    def __init__(self) -> None:
        self._lock = Lock()
        self._server: subprocess.Popen[bytes] | None = None

    def run(self, command: list[str], **how: Any) -> subprocess.CompletedProcess[bytes]:
        """As subprocess.run, of the product's reader or of what a test put in its place."""
        if str(SCRIPT) not in command or not hasattr(os, "fork"):
            return subprocess.run(command, **how)  # noqa: PLW1510 - as the caller says
        content, arguments = how["input"], command[command.index(str(SCRIPT)) + 1 :]
        with self._lock:
            server = self._server = self._server or self._begun()
            assert server.stdin
            assert server.stdout
            asked = {"arguments": arguments, "size": len(content), "seconds": how["timeout"]}
            server.stdin.write(json.dumps(asked).encode() + b"\n" + content)
            server.stdin.flush()
            told = json.loads(server.stdout.readline())
            answer = server.stdout.read(told["size"])
        if told["code"] == -signal.SIGALRM:
            raise self.TimeoutExpired(command, how["timeout"])
        return subprocess.CompletedProcess(command, told["code"], answer)

    def close(self) -> None:
        """End the process."""
        if self._server:
            self._server.communicate()

    @staticmethod
    def _begun() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-P", __file__, str(SCRIPT)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )


def _serve(script: str) -> None:
    for name in NEEDS:
        __import__(name)
    spec = spec_from_file_location("convert", script)
    assert spec
    assert spec.loader
    convert = module_from_spec(spec)
    spec.loader.exec_module(convert)
    with os.fdopen(os.dup(1), "wb") as answers:
        while line := sys.stdin.buffer.readline():
            asked = json.loads(line)
            content = sys.stdin.buffer.read(asked["size"])
            out, into = os.pipe()
            child = os.fork()
            if child == 0:
                os.dup2(into, 1)
                os._exit(_converted(convert, content, asked))
            os.close(into)
            with os.fdopen(out, "rb") as pipe:
                answer = pipe.read()
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            told = {"code": code, "size": len(answer)}
            answers.write(json.dumps(told).encode() + b"\n" + answer)
            answers.flush()


def _converted(convert: Any, content: bytes, asked: dict[str, Any]) -> int:
    """What the process returns that was copied for one file."""
    signal.setitimer(signal.ITIMER_REAL, asked["seconds"])
    sys.argv = ["convert", *asked["arguments"]]
    sys.stdin = io.TextIOWrapper(io.BytesIO(content))
    try:
        convert.main()
        sys.stdout.flush()
    except BaseException:
        return 1
    return 0


if __name__ == "__main__":
    _serve(sys.argv[1])
