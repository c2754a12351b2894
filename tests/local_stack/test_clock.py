from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tools.clock import travel
from tools.cluster import ROOT, Cluster, run_file


@pytest.fixture
def url(cluster: Cluster, new_database: str) -> str:
    url = cluster.url("postgres", new_database)
    with psycopg.connect(url) as connection:
        connection.execute(
            """
            create schema if not exists private;
            create function private.clock() returns timestamptz language sql stable
                return now();
            """
        )
        run_file(connection, ROOT / "tools" / "clock.sql")
    return url


def present(connection: psycopg.Connection) -> datetime:
    row = connection.execute("select private.clock()").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


def test_the_present_is_now_until_somebody_travels(url: str) -> None:
    with psycopg.connect(url) as connection:
        today = datetime.now(UTC)  # noqa: TID251  (it is about the real time)
        assert abs(present(connection) - today) < timedelta(minutes=1)


def test_travel_reaches_the_moment_and_a_rollback_returns(url: str) -> None:
    moment = datetime(2031, 3, 30, 1, 30, tzinfo=UTC)
    with psycopg.connect(url) as connection:
        assert travel(connection, to=moment) == moment
        assert travel(connection, by=timedelta(days=1)) == moment + timedelta(days=1)
        connection.rollback()
        assert present(connection) < moment


def test_a_committed_journey_is_seen_by_everybody(url: str) -> None:
    with psycopg.connect(url) as connection:
        before = travel(connection, by=timedelta(0))
        travel(connection, by=timedelta(weeks=1))
    with psycopg.connect(url) as other:
        assert present(other) >= before + timedelta(weeks=1)


def test_a_day_is_24_hours_where_the_clocks_change(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("set time zone 'Europe/London'")
        moment = datetime(2031, 3, 29, 12, tzinfo=UTC)
        travel(connection, to=moment)
        assert travel(connection, by=timedelta(days=1)) - moment == timedelta(hours=24)
