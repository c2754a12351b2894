"""Reconciling a million balance transactions: the same work, and no more memory, for each.

What is measured is the processor time of the job and of its server process, which other programs
on the machine hardly change. The short form is part of the suite, to prove that all is matched.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.bench.books import Account, keep_books, reconcile, sell
from tests.bench.test_payout_runs import processor_seconds
from tests.factories import World
from tests.instant import INSTANT, start
from tools.cluster import Cluster

FEW = 10_000
MANY = int(os.environ.get("BENCH_BALANCE_TRANSACTIONS", "1000000"))
LIMIT = 1.2
# The server sorts and hashes within work_mem, and beyond it on disk.
WORK_BYTES = 16 * 2**20
# What is above its limit is measured again: on a busy machine some never have a quiet moment.
ATTEMPTS = 3
MONTH = (INSTANT.date().replace(day=1) - timedelta(days=1)).replace(day=1)

Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def say(words: str) -> None:
        with capsys.disabled():
            print(f"\n  {words}", end="", flush=True)

    return say


@dataclass(frozen=True)
class Cost:
    """What a run took: of the processor for each row, and of memory at most."""

    row_seconds: float
    job_bytes: int
    server_bytes: int


class Watched(Account):
    """Looks at the server process that works for the job, whenever the job asks Stripe."""

    server_pid = 0
    began_seconds = 0.0
    seconds = 0.0
    kilobytes = 0

    def retrieve(self) -> Any:
        self.look()
        return super().retrieve()

    def list(self, parameters: dict[str, Any]) -> Any:
        self.look()
        return super().list(parameters)

    def look(self) -> None:
        if not self.server_pid:
            found = self.connection.execute(
                "select pid from pg_stat_activity"
                " where usename = 'jobs' and datname = current_database()"
            ).fetchone()
            assert found
            self.server_pid = found[0]
            self.began_seconds = processor_seconds(self.server_pid)
        self.seconds = processor_seconds(self.server_pid) - self.began_seconds
        self.kilobytes = max(self.kilobytes, own_kilobytes(self.server_pid))


def own_kilobytes(pid: int) -> int:
    """The memory that a process shares with no other; 0 where /proc does not tell."""
    with contextlib.suppress(FileNotFoundError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    return 0


def cost_of(cluster: Cluster, template: str, count: int) -> Cost:
    """Reconciles a month of so many balance transactions, each of which has its match."""
    name = f"books_{count}"
    cluster.create_database(name, template)
    start(cluster.admin_url(name))
    try:
        with psycopg.connect(cluster.admin_url(name), autocommit=True) as connection:
            # A refund for every 25th sale, and four payouts for every 20.
            sell(connection, count * 100 // 124)
            keep_books(connection, MONTH)
            world, account = World(connection), Watched(connection)
            yesterday = (world.now() - timedelta(days=1)).date()
            tracemalloc.start()
            began = time.process_time()
            is_explained, told = reconcile(
                cluster.url("jobs", name), account, yesterday, at_end=account.look
            )
            job_seconds = time.process_time() - began
            _, job_bytes = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert is_explained
            assert [row["remainder_cents"] for row in told.of("reconciled")] == [0]
            rows = world.count("private.balance_transactions")
            assert rows == world.count("stripe_side.listed")
            assert 0.98 * count <= rows <= 1.02 * count
            assert world.count("private.unmatched_objects") == 0
            assert world.count("private.reconciliation_exceptions") == 0
            return Cost((job_seconds + account.seconds) / rows, job_bytes, 1024 * account.kilobytes)
    finally:
        cluster.drop_database(name)


@pytest.mark.slow
def test_some_are_matched(cluster: Cluster, template: str) -> None:
    cost_of(cluster, template, 1_000)


@pytest.mark.bench
@pytest.mark.timeout(14_400)
def test_a_hundred_times_as_many_cost_as_much_each(
    cluster: Cluster, template: str, say: Say
) -> None:
    ratio = math.inf
    for _ in range(ATTEMPTS):
        few, many = (cost_of(cluster, template, count) for count in (FEW, MANY))
        ratio = min(ratio, many.row_seconds / few.row_seconds)
        say(f"reconciling, each of {MANY} against each of {FEW}: {ratio:.2f}")
        say(f"({many.row_seconds * 1e6:.0f} µs against {few.row_seconds * 1e6:.0f} µs)")
        for whose, these, those in (
            ("the job's", many.job_bytes, few.job_bytes),
            ("its server process's", many.server_bytes, few.server_bytes),
        ):
            say(f"{whose} memory: {these / 2**20:.1f} MiB against {those / 2**20:.1f} MiB")
        assert many.job_bytes <= 1.1 * few.job_bytes
        assert many.server_bytes <= few.server_bytes + WORK_BYTES
        if ratio <= LIMIT:
            break
    assert ratio <= LIMIT
