"""This month and the next three have a partition; a month that came too early stays where it is."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from tests.factories import World
from tests.races import Racers
from tools.cluster import Cluster

CREATE = "select private.create_month_partitions(%s::regclass)"
PARTITIONED = ["public.audit_logs", "private.webhook_event_bodies", "private.trip_points"]


def partitions(world: World, table: str) -> set[str]:
    rows = world.rows(
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = %s::regclass",
        table,
    )
    return {row["name"] for row in rows}


def expected(table: str, *months: str) -> set[str]:
    name = table.split(".")[1]
    return {f"private.{name}_{month}" for month in ("default", *months)}


@pytest.fixture
def empty(world: World) -> World:
    """The world in the last second of October 2031, with partitions of other years alone."""
    world.travel(to=datetime(2031, 10, 31, 23, 59, 59, tzinfo=UTC))
    return world


@pytest.mark.parametrize("table", PARTITIONED)
def test_this_month_and_the_next_three_are_made_once(empty: World, table: str) -> None:
    before = partitions(empty, table)
    assert empty.value(CREATE, table) == 4
    made = expected(table, "2031_10", "2031_11", "2031_12", "2032_01")
    assert partitions(empty, table) - before == made - before
    assert empty.value(CREATE, table) == 0


def test_months_begin_and_end_in_utc_whatever_the_session_says(empty: World) -> None:
    empty.connection.execute("set local time zone 'Pacific/Kiritimati'")
    empty.value(CREATE, "public.audit_logs")
    bounds = empty.value(
        "select pg_get_expr(relpartbound, oid) from pg_class where relname = 'audit_logs_2031_10'"
    )
    assert bounds == ("FOR VALUES FROM ('2031-10-01 14:00:00+14') TO ('2031-11-01 14:00:00+14')")


def test_a_row_lies_in_its_month(empty: World) -> None:
    empty.value(CREATE, "public.audit_logs")
    school = empty.organization()
    empty.travel(to=datetime(2031, 11, 1, tzinfo=UTC))
    empty.connection.execute("update public.organizations set fee_bps = 1 where id = %s", [school])
    rows = empty.rows(
        "select tableoid::regclass::text as name, action from public.audit_logs"
        " where entity_id = %s order by id",
        str(school),
    )
    assert [(row["name"], row["action"]) for row in rows] == [
        ("private.audit_logs_2031_10", "insert"),
        ("private.audit_logs_2031_11", "update"),
    ]


def test_without_maintenance_nothing_stops(empty: World) -> None:
    school = empty.organization()
    where = empty.value(
        "select tableoid::regclass::text from public.audit_logs where entity_id = %s", str(school)
    )
    assert where == "private.audit_logs_default"


def test_a_month_that_the_default_took_stays_there_and_is_reported(empty: World) -> None:
    empty.organization()
    rows = empty.count("public.audit_logs where entity_type = 'organizations'")
    warnings: list[str] = []

    def note(warning: psycopg.errors.Diagnostic) -> None:
        warnings.append(warning.message_primary or "")

    empty.connection.add_notice_handler(note)
    assert empty.value(CREATE, "public.audit_logs") == 3
    empty.connection.remove_notice_handler(note)
    assert len(warnings) == 1
    assert "audit_logs_2031_10" in warnings[0]
    assert "private.audit_logs_2031_10" not in partitions(empty, "public.audit_logs")
    empty.organization()
    assert empty.count("public.audit_logs where entity_type = 'organizations'") == rows + 1
    assert empty.count("private.audit_logs_default") > 1


@pytest.mark.slow
def test_two_maintenance_jobs_at_once_make_each_month_once(
    cluster: Cluster, committed_world: World
) -> None:
    world = committed_world
    world.travel(to=datetime(2031, 10, 31, tzinfo=UTC))

    def maintain(connection: psycopg.Connection[Any], _: int) -> int:
        with connection.transaction():
            made: int = World(connection).value(CREATE, "public.audit_logs")
            connection.execute("select pg_sleep(0.2)")
        return made

    with Racers(cluster.admin_url(world.connection.info.dbname), 2) as racers:
        assert Counter(racers.race(maintain)) == {0: 1, 4: 1}
    assert expected("public.audit_logs", "2031_10", "2032_01") <= partitions(
        world, "public.audit_logs"
    )
