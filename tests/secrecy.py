"""What the whole suite looks for: no number of a card, no code and no billing detail is kept.

Every saved card and every charge of the stand-in bears the same billing details (cards.BILLING), so
that they come in with its events and answers in all tests. They may be in the bodies of webhooks,
which are pruned, and nowhere else. Searched are each database of a test that commits before it is
dropped, what another test has done before it is rolled back, the databases of the API's tests and
of the demo at their end, and the output of each test and of the demo, of their services and jobs.
"""

from __future__ import annotations

import re
from concurrent.futures import Future
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from tests.fake_stripe.cards import BILLING
from tools.cluster import Cluster

NUMBERS = ("4242424242424242", "4000002500003155", "5555555555554444", "378282246310005")
DETAILS = [
    BILLING["name"],
    BILLING["email"],
    BILLING["phone"],
    BILLING["address"]["line1"],
    BILLING["address"]["postal_code"],
]
SECRET = re.compile("|".join([*NUMBERS, *map(re.escape, DETAILS), r'"cvc"\s*:']))

# Only what has ever held a row: to read an empty one takes a new connection as long.
TABLES = (
    "select relnamespace::regnamespace::text as schema, relname as name from pg_class"
    " where relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    " and relkind = 'r' and pg_relation_size(oid) > 0 and not exists (select from pg_inherits"
    " where inhrelid = oid and inhparent = 'private.webhook_event_bodies'::regclass)"
    " order by 1, 2"
)
CAME_IN = (
    "select exists (select from private.webhook_event_bodies body"
    " where encode(body.raw, 'escape') ~ %s)"
)


def secrets_in(text: str) -> list[str]:
    """What of it should not be there."""
    return sorted(set(SECRET.findall(text)))


def assert_unlogged(text: str) -> None:
    found = secrets_in(text)
    assert not found, f"logged: {', '.join(found)}"


def tables_with_secrets(connection: psycopg.Connection[Any]) -> list[str]:
    """The tables of a database that keep what only bodies of webhooks may."""
    found = []
    with connection.cursor(row_factory=tuple_row) as cursor:
        for schema, name in cursor.execute(TABLES).fetchall():
            table = sql.Identifier(schema, name)
            question = sql.SQL("select from {} kept where kept::text ~ %s limit 1").format(table)
            if cursor.execute(question, [SECRET.pattern]).rowcount:
                found.append(f"{schema}.{name}")
    return found


def has_come_in(connection: psycopg.Connection[Any]) -> bool:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(CAME_IN, [SECRET.pattern]).fetchone()
    return bool(row and row[0])


def kept_of_what_came_in(connection: psycopg.Connection[Any]) -> list[str]:
    """The tables that keep what they should not, if it has come in at all."""
    return tables_with_secrets(connection) if has_come_in(connection) else []


def assert_unkept(connection: psycopg.Connection[Any]) -> None:
    """Fails a test that is about to be rolled back; one that ended in an error has kept nothing."""
    if connection.info.transaction_status is TransactionStatus.INTRANS:
        connection.execute("reset role")
        found = kept_of_what_came_in(connection)
        assert not found, f"kept: {', '.join(found)}"


class Sweep:
    """Searches the databases of tests beside these, and drops them."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._searches: list[Future[list[str]]] = []

    def search(self, database: str) -> list[str]:
        """The tables that keep what they should not, if it has come in at all."""
        try:
            connection = psycopg.connect(self._cluster.admin_url(database))
        except psycopg.OperationalError:  # the test has dropped it, or closed it to everybody
            return []
        with connection:
            return kept_of_what_came_in(connection)

    def search_and_drop(self, database: str) -> list[str]:
        try:
            return self.search(database)
        finally:
            self._cluster.drop_database(database)

    def keep(self, search: Future[list[str]]) -> None:
        self._searches.append(search)

    def found(self) -> list[str]:
        """What all searches have found; raises what kept one of them from searching."""
        return sorted({table for search in self._searches for table in search.result()})


def fail_if_logged(report: pytest.TestReport) -> None:
    """Fails a test whose output, or that of what ran in it, bears what it should not."""
    found = secrets_in(report.capstdout + report.capstderr + report.caplog)
    if found and report.outcome == "passed":
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} has logged: {', '.join(found)}"
