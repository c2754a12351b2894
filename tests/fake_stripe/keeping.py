"""Keeps what the stand-in knows in a file, for a local stack that is stopped and started again.

Kept are the world (objects, balances, the clock, what is due, webhooks and their queue) and what
was answered under idempotency keys. Not kept are the log of requests and scripts of faults.
"""

from __future__ import annotations

import pickle
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .server import Server


class Keeper:
    """Writes a server's state to `path` when it has changed, and reads it when there is any."""

    def __init__(self, server: Server, path: Path) -> None:
        self.server = server
        self.path = path
        self._written: object = None

    def read(self) -> None:
        """Goes on from the file, if there is one; the address is the new one."""
        if not self.path.exists():
            return
        server = self.server
        with self.path.open("rb") as file:
            world, answers, api_keys = Reader(
                file, {"lock": threading.RLock(), "http": server.http}
            ).load()
        world.url = server.url
        server.take_over(world, answers, api_keys)

    def write(self) -> None:
        """Replaces the file as a whole, so that a kill leaves the old or the new state."""
        server = self.server
        with server.world.lock:
            state = self._state()
            if state == self._written:
                return
            partial = self.path.with_suffix(".partial")
            with partial.open("wb") as file:
                Writer(file, {"lock": server.world.lock, "http": server.http}).dump(
                    (server.world, server.idempotency.answers(), server.api_keys)
                )
            partial.replace(self.path)
            self._written = state

    def _state(self) -> object:
        """Differs whenever something worth keeping may have changed."""
        server, world = self.server, self.server.world
        counts = [len(objects) for objects in world.objects.values()]
        log = world.webhooks.log
        return len(server.requests), len(log), len(world.agenda), counts, world.clock.ahead


class Writer(pickle.Pickler):
    """Leaves out what belongs to the process: it is named instead."""

    def __init__(self, file: IO[bytes], of_process: dict[str, object]) -> None:
        super().__init__(file)
        self._names = {id(thing): name for name, thing in of_process.items()}

    def persistent_id(self, obj: Any) -> str | None:
        return self._names.get(id(obj))


class Reader(pickle.Unpickler):
    """Puts in its place what the process has under the same name."""

    def __init__(self, file: IO[bytes], of_process: dict[str, object]) -> None:
        super().__init__(file)
        self._things = of_process

    def persistent_load(self, pid: Any) -> object:
        return self._things[pid]
