from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.patience import PATIENCE
from tools.cluster import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("order", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_demo_that_is_stopped_ends_every_process_that_it_started(
    order: signal.Signals, status: int
) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "demo", "--verbose"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert demo.stdout
    try:
        for line in demo.stdout:
            if "signs up" in line:
                break
        started = descendants_of(demo.pid)
        assert len(started) >= 5  # the stack, its Postgres, the stand-in, gunicorn and a worker

        os.killpg(demo.pid, order)  # as a terminal does it
        time.sleep(0.2)
        os.killpg(demo.pid, order)  # impatiently
        demo.stdout.read()

        assert demo.wait(timeout=PATIENCE) == status
        assert left_of(started, patience=PATIENCE) == set()
    finally:
        demo.kill()
        demo.wait()


def descendants_of(pid: int) -> set[tuple[int, str]]:
    """The processes that a process started, however indirectly: id and command."""
    children: dict[int, list[tuple[int, str]]] = {}
    for number, (parent, command) in running().items():
        children.setdefault(parent, []).append((number, command))
    found: set[tuple[int, str]] = set()
    families = [pid]
    while families:
        offspring = children.get(families.pop(), [])
        found.update(offspring)
        families += [child for child, _ in offspring]
    return found


def left_of(processes: set[tuple[int, str]], patience: float) -> set[tuple[int, str]]:
    """Those of the processes that are still there after some seconds."""
    deadline = time.monotonic() + patience
    while True:
        present = {(pid, command) for pid, (_, command) in running().items()}
        left = processes & present
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)


def running() -> dict[int, tuple[int, str]]:
    """The parent and the command of every process."""
    table = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    lines = [line.split(maxsplit=2) for line in table.stdout.splitlines()]
    return {int(pid): (int(parent), command) for pid, parent, command in lines}
