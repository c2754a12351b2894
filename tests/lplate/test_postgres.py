"""What a database answers is told apart from its not answering."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from lplate.postgres import BoundedConnection, NoAnswer
from tools.cluster import Cluster


@pytest.fixture
def connection(cluster: Cluster, database: str) -> Iterator[BoundedConnection]:
    with BoundedConnection.connect(cluster.admin_url(database), autocommit=True) as connection:
        yield connection


def test_a_server_that_does_not_answer_in_time_is_left(connection: BoundedConnection) -> None:
    connection.answer_seconds = 0.2
    with pytest.raises(NoAnswer):
        connection.execute("select pg_sleep(60)")
    assert connection.closed


@pytest.mark.parametrize("state", ["53100", "40001", "40P01", "55P03", "57014", "58030"])
def test_an_error_is_an_answer(connection: BoundedConnection, state: str) -> None:
    raising = f"do $$ begin raise exception using errcode = '{state}'; end $$"
    with pytest.raises(psycopg.OperationalError) as raised:
        connection.execute(raising.encode())
    assert raised.value.sqlstate == state
    assert connection.execute("select 1").fetchone() == (1,)


def test_a_lost_connection_is_not_a_late_answer(connection: BoundedConnection) -> None:
    with pytest.raises(psycopg.OperationalError) as raised:
        connection.execute("select pg_terminate_backend(pg_backend_pid())")
    assert not isinstance(raised.value, NoAnswer)
    assert connection.closed
