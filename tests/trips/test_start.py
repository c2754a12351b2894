"""A trip is started once, and a lesson has few of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from tests.factories import Refusal, World
from tests.races import Racers, wait_for_lock
from tests.trips.steps import Point, Trip, on_the_road, point
from tools.cluster import Cluster

LOCK = 5_700_030


def start(trip: Trip, world: World | None = None) -> UUID:
    trip_id: UUID = (world or trip.world).call(
        trip.booking.instructor.user_id, "public.start_trip", p_booking_id=trip.booking.id
    )
    return trip_id


def test_a_trip_that_is_just_finished_is_followed_by_a_new_one(
    cluster: Cluster, committed_world: World
) -> None:
    """The call has seen the open trip; before it can read its id, another call finishes it."""
    world = committed_world
    trip = on_the_road(world)
    world.connection.execute(
        f"""
        create function private.wait_in_test() returns trigger language plpgsql as $$
        begin
            perform pg_advisory_xact_lock_shared({LOCK});
            return null;
        end;
        $$;
        grant execute on function private.wait_in_test to public;
        create trigger wait_in_test after insert on public.trips
            for each statement execute function private.wait_in_test();
        """
    )
    url = cluster.admin_url(world.connection.info.dbname)
    with (
        psycopg.connect(url, autocommit=True) as starting,
        psycopg.connect(url, autocommit=True) as holding,
        ThreadPoolExecutor(1) as threads,
    ):
        with holding.transaction():
            holding.execute("select pg_advisory_xact_lock(%s)", [LOCK])
            started = threads.submit(start, trip, World(starting))
            wait_for_lock(starting, world)
            trip.finish()
        trip_id = started.result()
    assert trip_id not in {None, trip.id}
    ended = world.value("select ended_at from public.trips where id = %s", trip_id)
    assert ended is None
    assert world.count("public.trips") == 2


def test_calls_at_once_start_one_trip(cluster: Cluster, committed_world: World) -> None:
    world = committed_world
    trip = on_the_road(world)
    trip.finish()

    def act(connection: psycopg.Connection[Any], nth: int) -> UUID:
        return start(trip, World(connection))

    with Racers(cluster.admin_url(world.connection.info.dbname), 4) as racers:
        started = set(racers.race(act))
    assert len(started) == 1
    assert world.count("public.trips") == 2


def test_a_lesson_has_twenty_trips_at_most(world: World) -> None:
    trip = on_the_road(world)
    fill(trip, 20)
    with world.unchanged(), world.refusing("PT409", "too_many_trips"):
        start(trip)


def fill(trip: Trip, number: int) -> None:
    """The lesson has so many trips then, all of them finished."""
    trip.finish()
    trip.world.connection.execute(
        "insert into public.trips (org_id, lesson_id, instructor_id, learner_id, started_at,"
        " ended_at, distance_meters)"
        " select org_id, lesson_id, instructor_id, learner_id, started_at, ended_at, 0"
        " from public.trips, generate_series(2, %s) where id = %s",
        [number, trip.id],
    )


def test_the_open_trip_of_twenty_is_found_again(world: World) -> None:
    trip = on_the_road(world)
    fill(trip, 19)
    twentieth = start(trip)
    assert start(trip) == twentieth


def test_calls_at_once_start_no_more_than_twenty(cluster: Cluster, committed_world: World) -> None:
    world = committed_world
    trip = on_the_road(world)
    fill(trip, 18)

    def act(connection: psycopg.Connection[Any], nth: int) -> str:
        racing = World(connection)
        trip_id = start(trip, racing)
        Trip(racing, trip.booking, trip_id).finish()
        return "started"

    with Racers(cluster.admin_url(world.connection.info.dbname), 4) as racers:
        for _ in range(3):
            assert set(racers.race(act)) <= {"started", Refusal("PT409", "too_many_trips")}
    assert world.count("public.trips") == 20


def crowded(world: World, points: int) -> Trip:
    """A trip with so many points in its first seconds."""
    trip = on_the_road(world)
    world.travel(to=trip.booking.columns["end_at"])
    world.connection.execute(
        "insert into private.trip_points (org_id, trip_id, ts, lat, lng)"
        " select org_id, id, %s + interval '10 milliseconds' * n, 53.8, -1.55"
        " from public.trips, generate_series(1, %s) n",
        [trip.start, points],
    )
    return trip


def at(trip: Trip, second: int) -> Point:
    return point(trip.start + timedelta(seconds=second))


def test_a_minute_of_a_trip_has_120_points_at_most(world: World) -> None:
    trip = crowded(world, 119)
    assert len(trip.send([at(trip, 30)])) == 1
    with world.unchanged(), world.refusing("PT422", "points_too_dense"):
        trip.send([at(trip, 31)])
    assert trip.send([at(trip, 30)]) == []
    assert len(trip.send([at(trip, second) for second in range(60, 180)])) == 120


def test_a_batch_has_as_many_points_as_its_minutes_have_room(world: World) -> None:
    trip = crowded(world, 237)
    assert len(trip.send([at(trip, second) for second in (30, 60, 90)])) == 3
    with world.unchanged(), world.refusing("PT422", "points_too_dense"):
        trip.send([at(trip, second) for second in (31, 91)])


def test_a_crowded_trip_answers_to_what_it_knows(world: World) -> None:
    trip = on_the_road(world)
    world.travel(to=trip.booking.columns["end_at"])
    points = trip.drive(100, 10)
    trip.send(points)
    world.connection.execute(
        "insert into private.trip_points (org_id, trip_id, ts, lat, lng)"
        " select org_id, id, started_at + interval '1 millisecond' * n + interval '1 minute',"
        " 53.8, -1.55 from public.trips, generate_series(1, 500) n"
    )
    assert trip.send(points) == []
