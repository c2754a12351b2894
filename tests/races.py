"""Races: real connections that act at the same moment, each in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from types import TracebackType
from typing import Any, Self, TypeVar

import psycopg
from psycopg.rows import tuple_row

from tests.factories import Refusal, World, refusal
from tests.patience import PATIENCE, PATIENT

Outcome = TypeVar("Outcome")


class Racers:
    """Connections to one database, kept open from one race to the next."""

    def __init__(self, url: str, number: int) -> None:
        self._closing = ExitStack()
        self.connections = [
            self._closing.enter_context(
                psycopg.connect(url, autocommit=True, row_factory=tuple_row, options=PATIENT)
            )
            for _ in range(number)
        ]
        self._threads = self._closing.enter_context(ThreadPoolExecutor(number))
        self._start = Barrier(number, timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.close()

    def race(
        self, act: Callable[[psycopg.Connection[Any], int], Outcome]
    ) -> list[Outcome | Refusal]:
        """What each came to; `act` takes a connection and its number, from 0."""
        return list(self._threads.map(self._run, [act] * len(self.connections), *self._lanes()))

    def _lanes(self) -> tuple[list[psycopg.Connection[Any]], range]:
        return self.connections, range(len(self.connections))

    def _run(
        self,
        act: Callable[[psycopg.Connection[Any], int], Outcome],
        connection: psycopg.Connection[Any],
        number: int,
    ) -> Outcome | Refusal:
        self._start.wait()
        try:
            return act(connection, number)
        except psycopg.Error as error:
            return refusal(error)


def wait_for_lock(connection: psycopg.Connection[Any], world: World) -> None:
    """Waits until a connection waits for somebody else's lock, which it must."""
    deadline = time.monotonic() + PATIENCE
    pid = connection.info.backend_pid
    while not world.value("select cardinality(pg_blocking_pids(%s))", pid):
        assert time.monotonic() < deadline, "Nothing was waited for."
        time.sleep(0.01)
