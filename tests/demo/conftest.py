"""One performance of the demo, for the tests of all workers."""

from __future__ import annotations

import fcntl
import pickle

import pytest

from tests.demo.recording import Performance


@pytest.fixture(scope="session")
def performance(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Performance:
    """Played by the worker that comes first; the others wait, and read what it has recorded."""
    folder = tmp_path_factory.getbasetemp().parent / f"demo-{testrun_uid}"
    folder.mkdir(exist_ok=True)
    recording = folder / "recording"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not recording.exists():
            dumps = folder / "dumps"
            dumps.mkdir(exist_ok=True)
            performance = Performance(dumps)
            performance.play()
            recording.write_bytes(pickle.dumps(performance))
        return pickle.loads(recording.read_bytes())  # type: ignore[no-any-return]
