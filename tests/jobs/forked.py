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

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload([__name__])


def run_forked(
    arguments: Sequence[str], environment: Mapping[str, str], timeout: float = 60
) -> tuple[int, str, str]:
    """The status, output and errors of a job; raises TimeoutError if it does not end."""
    with tempfile.TemporaryDirectory() as folder:
        stdout, stderr = Path(folder, "stdout"), Path(folder, "stderr")
        job = _forks.Process(target=_run, args=(arguments, environment, stdout, stderr))
        job.start()
        job.join(timeout)
        if job.exitcode is None:
            job.kill()
            job.join()
            raise TimeoutError(stdout.read_text() + stderr.read_text())
        return job.exitcode, stdout.read_text(), stderr.read_text()


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
