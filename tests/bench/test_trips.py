"""Points of trips are recorded nearly as fast as by a plain insert, and read alike among many.

BENCH_POINTS makes the first part smaller, for a quick run.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import tuple_row

from tests.bench.measure import Ratio, compare
from tests.factories import World
from tests.instant import start
from tests.trips.steps import Trip, on_the_road
from tools.cluster import Cluster

pytestmark = [pytest.mark.bench, pytest.mark.timeout(7200)]

POINTS = int(os.environ.get("BENCH_POINTS", "1000000"))
BATCH = 100
# Batches that one side records before it is the other's turn, so that a busy machine slows both.
TURN = 10
TRIP = 3600
PAGE = 1000
OTHERS = 99

Report = Callable[[Ratio], None]


@pytest.fixture
def connections(cluster: Cluster) -> Iterator[Callable[[str], psycopg.Connection]]:
    """Connects to a database as its superuser, until the test ends."""
    opened: list[psycopg.Connection] = []

    def connect(name: str) -> psycopg.Connection:
        url = cluster.admin_url(name)
        opened.append(psycopg.connect(url, autocommit=True, row_factory=tuple_row))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def open_trip(cluster: Cluster, template: str, name: str) -> None:
    cluster.create_database(name, template)
    start(cluster.admin_url(name))


def speak_for(connection: psycopg.Connection, person: UUID) -> None:
    """Let all further statements be a person's, as the Data API's would."""
    claims = json.dumps({"role": "authenticated", "aal": "aal2", "sub": str(person)})
    connection.execute("select set_config('request.jwt.claims', %s, false)", [claims])
    connection.execute("set role authenticated")


def batch(begin: datetime, number: int) -> str:
    """A hundred seconds of a drive."""
    return json.dumps(
        [
            {
                "ts": (begin + timedelta(seconds=nth)).isoformat(),
                "lat": 53.8 + nth / 1e5,
                "lng": -1.55,
                "speed_kph": 36.5,
                "accuracy_meters": 5,
            }
            for nth in range(number * BATCH, (number + 1) * BATCH)
        ]
    )


def test_recording_keeps_up_with_a_plain_insert(
    cluster: Cluster,
    template: str,
    connections: Callable[[str], psycopg.Connection],
    report: Report,
) -> None:
    for name in ("recorded", "plain"):
        open_trip(cluster, template, name)
    world, other = World(connections("recorded")), World(connections("plain"))
    # The same table, keys and partitions; but its owner writes, whom no policy stops.
    phone, plain = connections("recorded"), connections("plain")

    def rows_of(points: str, trip: Trip, org_id: UUID) -> sql.Composed:
        rows = [
            sql.SQL("({})").format(sql.SQL(", ").join([org_id, trip.id, *point.values()]))
            for point in json.loads(points)
        ]
        return sql.SQL(
            "insert into private.trip_points"
            " (org_id, trip_id, ts, lat, lng, speed_kph, accuracy_meters) values {}"
        ).format(sql.SQL(", ").join(rows))

    recorded = inserted = 0.0
    for _ in range(POINTS // TRIP):
        trip, same = on_the_road(world), on_the_road(other)
        assert trip.start == same.start
        for one in (world, other):
            one.travel(to=trip.start + timedelta(hours=1))
        speak_for(phone, trip.booking.instructor.user_id)
        org_id = same.columns["org_id"]
        for first in range(0, TRIP // BATCH, TURN):
            batches = [
                batch(trip.start, number)
                for number in range(first, min(first + TURN, TRIP // BATCH))
            ]
            plain_batches = [rows_of(points, same, org_id).as_string(plain) for points in batches]
            started = time.perf_counter()
            for points in batches:
                phone.execute("select public.record_trip_points(%s, %s)", [trip.id, points])
            turned = time.perf_counter()
            for statement in plain_batches:
                plain.execute(statement)
            recorded += turned - started
            inserted += time.perf_counter() - turned

    for one in (world, other):
        assert one.count("private.trip_points") == POINTS // TRIP * TRIP
    name = f"recording {POINTS} points, {TRIP} a trip, in batches of {BATCH}"
    report(Ratio(name, 1 / 0.7, recorded, inserted))


def test_reading_a_trip_does_not_feel_the_others(
    cluster: Cluster,
    template: str,
    connections: Callable[[str], psycopg.Connection],
    report: Report,
) -> None:
    def reader(name: str, others: int) -> tuple[psycopg.Connection, Trip]:
        open_trip(cluster, template, name)
        world = World(connections(name))
        trip = on_the_road(world)
        world.travel(to=trip.start + timedelta(hours=1))
        fill(world, trip, others)
        phone = connections(name)
        speak_for(phone, trip.booking.instructor.user_id)
        return phone, trip

    alone, among_many = reader("alone", 0), reader("among_many", OTHERS)
    for what, read in {"the points": read_points, "the way": read_way}.items():
        report(
            compare(
                f"reading {what} of a trip of {TRIP} points among {OTHERS + 1} trips",
                partial(read, *among_many),
                partial(read, *alone),
                limit=1.1,
                calls=2,
            )
        )


def read_points(phone: psycopg.Connection, trip: Trip, _: int) -> None:
    """All of a trip, a page after the other."""
    after = None
    for _ in range(0, TRIP, PAGE):
        query = "select * from public.list_trip_points(%s, %s, %s)"
        page = phone.execute(query, [trip.id, after, PAGE]).fetchall()
        after = page[-1][0]


def read_way(phone: psycopg.Connection, trip: Trip, _: int) -> None:
    phone.execute("select public.trip_geojson(%s)", [trip.id]).fetchall()


def fill(world: World, trip: Trip, others: int) -> None:
    """A point a second of this trip, and of others in the same hour."""
    world.connection.execute("set session_replication_role = replica")  # others have no lesson
    world.connection.execute(
        "insert into private.trip_points (org_id, trip_id, ts, lat, lng, speed_kph)"
        " select trip.org_id, case nth when 0 then trip.id else md5(nth::text)::uuid end,"
        " %s::timestamptz + make_interval(secs => second), 53.8 + second / 1e4, -1.55, 40"
        " from public.trips trip, generate_series(0, %s) nth, generate_series(1, %s) second"
        " where trip.id = %s order by second / 100, nth, second",  # as phones send them
        [trip.start, others, TRIP, trip.id],
    )
    world.connection.execute("set session_replication_role = default")
    world.connection.execute("vacuum analyze private.trip_points")
