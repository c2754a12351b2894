"""Jobs in forks of one process that has loaded their modules, which takes longer than most runs.

What is killed, stopped or shown at a terminal is started as `python -m jobs` instead.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from jobs.cli import main
from tests.patience import PATIENCE
from tests.secrecy import assert_unlogged

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.jobs.preloaded"])


class ForkedJob:
    """A job beside its caller, who must let it finish."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._outputs = [Path(self._folder.name, name) for name in ("stdout", "stderr")]
        self._process = _forks.Process(target=_run, args=(arguments, environment, *self._outputs))
        self._process.start()

    def finish(self, timeout: float = PATIENCE) -> tuple[int, str, str]:
        """The status, output and errors of the job; raises TimeoutError if it does not end."""
        with self._folder:
            self._process.join(timeout)
            status = self._process.exitcode
            if status is None:
                self._process.kill()
                self._process.join()
            stdout, stderr = (path.read_text() for path in self._outputs)
        if status is None:
            raise TimeoutError(stdout + stderr)
        assert_unlogged(stdout + stderr)
        return status, stdout, stderr


def run_forked(
    arguments: Sequence[str], environment: Mapping[str, str], timeout: float = PATIENCE
) -> tuple[int, str, str]:
    """As ForkedJob.finish()."""
    return ForkedJob(arguments, environment).finish(timeout)


def _run(
    arguments: Sequence[str], environment: Mapping[str, str], stdout: Path, stderr: Path
) -> None:
    for number, path in ((1, stdout), (2, stderr)):
        with path.open("w") as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["jobs", *arguments]
    main()
