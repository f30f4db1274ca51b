import os
import subprocess
from collections.abc import Iterator

# Before NumPy or torch is loaded, and for every process that a test starts: what is computed here
# is small, and threads that wait for each other take longer than one does it, and twice the time
# of the processor. What must not hang on the number of threads sets it for itself.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from gru_core.training.model_files import quarantine
from tests.training.prepared_reader import PreparedReader

# A time limit for each example would make these tests depend on how busy the machine is.
settings.register_profile("no_deadline", deadline=None, max_examples=30)
settings.load_profile("no_deadline")


@pytest.fixture(scope="session")
def _reader() -> Iterator[PreparedReader]:
    reader = PreparedReader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def prepared_quarantine(_reader: PreparedReader) -> Iterator[None]:
    """Foreign files are read in copies of one process, unless a test asks for the real one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quarantine, "subprocess", _reader)
        yield


@pytest.fixture
def real_quarantine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every foreign file is read in a new process, as in the app."""
    monkeypatch.setattr(quarantine, "subprocess", subprocess)
