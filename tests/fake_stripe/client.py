"""Starts the stand-in for a test: in this process, or in one of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Self, cast

from .control import Control
from .server import Running

PACKAGE = __name__.rpartition(".")[0]


class FakeStripe(Control):
    """`with FakeStripe() as fake:` starts one that ends with the block; `stop` ends it too.

    `process=True` runs it in a process of its own, with the same controls.
    """

    def __init__(
        self,
        *,
        process: bool = False,
        port: int = 0,
        seed: int = 0,
        now: float | None = None,
        state: Path | None = None,
    ) -> None:
        self._running: Running | None = None
        self._process: subprocess.Popen[str] | None = None
        if process:
            super().__init__(self._start_process(port, seed, now, state))
        else:
            self._running = Running(port, seed, now, state)
            self._running.start()
            super().__init__(self._running.url)

    def _start_process(self, port: int, seed: int, now: float | None, state: Path | None) -> str:
        command = [sys.executable, "-m", PACKAGE, "--json", "--watch-parent"]
        command += ["--port", str(port), "--seed", str(seed)]
        command += ["--now", str(now)] if now is not None else []
        command += ["--state", str(state)] if state else []
        root = Path(__file__).parents[PACKAGE.count(".") + 1]
        self._process = subprocess.Popen(
            command, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{PACKAGE} ended with status {self._process.wait()}")
        return cast(str, json.loads(line)["url"])

    def stop(self) -> None:
        self.http.close()
        if self._running:
            self._running.stop()
        if self._process:
            self._process.terminate()
            self._process.communicate(timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
