"""Stripe's idempotency layer for API v1.

The first status and body under a key are kept and replayed for at least 24 hours, also when they
are an error, provided that the endpoint began to execute. Nothing is kept of a request that
failed validation, met a conflict, or was refused by the rate limiter, which sits before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from .errors import invalid, key_in_use, key_mismatch

KEPT_FOR = 24 * 60 * 60
MAX_LENGTH = 255


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    request_id: str


@dataclass
class Record:
    path: str
    params: str
    since: float
    answer: Answer | None = None


class Idempotency:
    """What is kept under each key. Has a lock of its own, because requests overlap."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._records: dict[str, Record] = {}

    def begin(self, key: str, path: str, params: str) -> Answer | None:
        """Claims a key (None: execute), or the kept answer; raises mismatch and conflict."""
        if len(key) > MAX_LENGTH:
            raise invalid(f"Idempotency-Key is longer than {MAX_LENGTH} characters: {key}")
        with self._lock:
            record = self._records.get(key)
            if record and record.answer and self._now() - record.since >= KEPT_FOR:
                record = None
            if record is None:
                self._records[key] = Record(path, params, self._now())
                return None
            if (record.path, record.params) != (path, params):
                raise key_mismatch(key, record.path, path)
            if record.answer is None:
                raise key_in_use(key)
            return record.answer

    def finish(self, key: str, answer: Answer) -> None:
        with self._lock:
            self._records[key].answer = answer

    def answers(self) -> dict[str, Record]:
        """What was answered, to be kept elsewhere; requests that still run are left out."""
        with self._lock:
            return {key: record for key, record in self._records.items() if record.answer}

    def restore(self, answers: dict[str, Record]) -> None:
        self._records = answers

    def abandon(self, key: str) -> None:
        with self._lock:
            self._records.pop(key, None)
