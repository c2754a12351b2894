"""Points are kept for 30 days, lines for 540; erasure takes both. What was driven stays."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from tests.factories import World
from tests.trips.steps import Trip, on_the_road, point
from tools.cluster import Cluster


@pytest.fixture
def trip(world: World) -> Trip:
    trip = on_the_road(world)
    world.travel(to=trip.booking.columns["end_at"])
    trip.send(trip.drive(3000, 200))
    return trip


def test_a_trip_that_nobody_finished_ends_by_itself(world: World, trip: Trip) -> None:
    assert world.maintain()["trips_finished"] == 0
    world.travel(by=timedelta(minutes=30, seconds=1))
    assert world.maintain()["trips_finished"] == 1
    row = trip.columns
    assert row["ended_at"] == trip.start + timedelta(seconds=200)
    assert row["distance_meters"] == pytest.approx(3000, abs=15)
    assert world.value("select distance_meters from public.lessons") == row["distance_meters"]
    with world.unchanged():
        assert world.maintain()["trips_finished"] == 0


def test_a_lesson_that_is_just_rated_is_left_to_the_next_call(
    cluster: Cluster, committed_world: World
) -> None:
    """Maintenance has instructors locked by then, for whom the rating waits."""
    world = committed_world
    trip = on_the_road(world)
    world.travel(to=trip.booking.columns["end_at"] + timedelta(minutes=31))
    with psycopg.connect(
        cluster.admin_url(world.connection.info.dbname), autocommit=True
    ) as connection:
        rating = World(connection)
        with connection.transaction():
            rating.call(
                trip.booking.learner,
                "public.rate_lesson",
                p_booking_id=trip.booking.id,
                p_rating=5,
            )
            world.connection.execute("set lock_timeout = '3s'")
            assert world.maintain()["trips_finished"] == 0
    assert world.maintain()["trips_finished"] == 1


def test_points_go_after_thirty_days_and_the_summary_stays(world: World, trip: Trip) -> None:
    trip.finish()
    before = trip.columns
    world.travel(to=before["ended_at"] + timedelta(days=30))
    assert world.maintain()["trips_cleared"] == 0
    world.travel(by=timedelta(seconds=1))
    assert world.maintain()["trips_cleared"] == 1
    assert world.count("private.trip_points") == 0
    after = trip.columns
    kept = before.keys() - {"points_removed_at", "updated_at"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["points_removed_at"] == world.now()
    assert world.maintain()["trips_cleared"] == 0
    with world.unchanged(), world.refusing("PT409", "trip_closed"):
        trip.send([point(trip.start)])


def test_the_line_goes_after_540_days(world: World, trip: Trip) -> None:
    trip.finish()
    world.travel(by=timedelta(days=540))
    world.maintain()
    assert trip.columns["line"]
    world.travel(by=timedelta(seconds=1))
    world.maintain()
    assert trip.columns["line"] is None
    assert trip.columns["distance_meters"] == pytest.approx(3000, abs=15)


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_erasure_takes_points_and_line(world: World, trip: Trip, who: str) -> None:
    trip.finish()
    booking = trip.booking
    world.call(
        booking.learner,
        "public.set_trip_consent",
        p_learner_id=booking.columns["learner_id"],
        p_agrees=True,
    )
    world.call(booking.instructor.user_id, "public.complete_lesson", p_booking_id=booking.id)
    world.onboard(booking.instructor)
    world.travel(by=timedelta(days=8))
    world.run_payouts()
    distance = trip.columns["distance_meters"]
    person = booking.learner if who == "learner" else booking.instructor.user_id
    world.call(person, "public.erase_person", p_user_id=person)
    row = trip.columns
    assert (row["line"], row["distance_meters"]) == (None, distance)
    assert row["points_removed_at"] is not None
    assert world.count("private.trip_points") == 0
    assert world.count("public.trip_consents") == (0 if who == "learner" else 1)
