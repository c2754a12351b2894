"""Every test begins at one instant, whatever day it is."""

from __future__ import annotations

import re
from datetime import timedelta

import psycopg
import pytest

from tests.factories import World
from tests.instant import INSTANT
from tools.cluster import ROOT, Cluster

# What SQL and JavaScript take for today. Ruff knows Python's ways (TID251, pyproject.toml).
TODAY = re.compile(
    r"(?<![.\w])(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday) ?\(\)"
    r"|(?<![.\w])(current_timestamp|current_date|current_time|localtimestamp)\b"
    r"|(?<![.\w])Date\.now\(\)|new Date\(\)",
    re.IGNORECASE,
)
ALLOWED = {
    "test_instant.py": "is this file",
    "docs/test_frontend_examples.py": "moves the clock of JavaScript as far as the database's",
    "foundation/test_clock.py": "plants a rule that asks another clock",
    "lplate/test_calls.py": "lists what the programs ask",
    "local_stack/test_clock.py": "is about a clock that nobody has moved",
    "migrations/test_equality.py": "plants a clock",
    "access/lints/functions_are_not_overloaded.sql": "plants a clock",
}


def test_no_test_counts_from_today() -> None:
    found = {
        path.relative_to(ROOT / "tests").as_posix()
        for pattern in ("*.py", "*.sql", "*.mjs")
        for path in (ROOT / "tests").rglob(pattern)
        if any(TODAY.search(without_methods(line)) for line in path.read_text().splitlines())
    }
    assert found == ALLOWED.keys()


def without_methods(line: str) -> str:
    """A line without the definition of a method of that name, which asks its own clock."""
    return re.sub(r"\bdef now\(|\bstatic now\(", "", line)


@pytest.mark.parametrize(
    "line", ["insert into t values (now())", "where on_date = current_date", "new Date()"]
)
def test_one_that_did_would_be_found(line: str) -> None:
    assert TODAY.search(line)


def test_time_stands_still_at_the_instant_in_what_is_rolled_back(world: World) -> None:
    assert world.now() == INSTANT


def test_time_goes_on_from_the_instant_in_what_is_committed(committed_world: World) -> None:
    assert timedelta(0) <= committed_world.now() - INSTANT < timedelta(minutes=2)


def test_what_the_migration_wrote_happened_at_the_instant(cluster: Cluster, database: str) -> None:
    with psycopg.connect(cluster.admin_url(database)) as connection:
        written = World(connection).rows(
            "select created_at from public.organizations"
            " union select created_at from public.cancellation_policies"
            " union select created_at from public.audit_logs"
        )
    assert written == [{"created_at": INSTANT}]
