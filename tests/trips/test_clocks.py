"""A phone's clock is wrong, or is corrected on the way: the trip is told in the server's time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factories import World
from tests.trips.steps import Point, Trip, on_the_road, point

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def batch(trip: Trip, minutes: range, wrong: timedelta) -> list[Point]:
    """A point a second of a drive northwards at ten metres a second, by a clock that is wrong."""
    seconds = range(minutes.start * 60, minutes.stop * 60)
    return [point(trip.start + second * SECOND + wrong, north=second * 10.0) for second in seconds]


def drive(trip: Trip, *clocks: timedelta) -> None:
    """Ten minutes for each clock, each sent as soon as they are driven."""
    for number, wrong in enumerate(clocks):
        now = trip.world.travel(to=trip.start + (number + 1) * 10 * MINUTE)
        points = batch(trip, range(number * 10, number * 10 + 10), wrong)
        assert len(trip.send(points, sent_at=now + wrong)) == 600


def times(trip: Trip) -> list[datetime]:
    phone = trip.booking.instructor.user_id
    listed: list[datetime] = []
    while page := trip.world.ask(
        phone,
        "public.list_trip_points",
        p_trip_id=trip.id,
        p_after=listed[-1] if listed else None,
    ):
        listed += [row["ts"] for row in page]
    return listed


@pytest.mark.slow
@pytest.mark.parametrize(
    "clocks",
    [
        [timedelta(), timedelta()],
        [HOUR, HOUR],
        [-HOUR, -HOUR],
        [HOUR, timedelta()],
        [-HOUR, timedelta()],
        [timedelta(), HOUR],
        # Set back by what a batch takes: the phone gives each time twice.
        [10 * MINUTE, timedelta()],
        [20 * MINUTE, 10 * MINUTE, timedelta()],
        [HOUR, -HOUR],
        [23 * HOUR, -23 * HOUR],
    ],
)
def test_a_drive_measures_as_by_the_right_clock(world: World, clocks: list[timedelta]) -> None:
    trip = on_the_road(world)
    drive(trip, *clocks)
    seconds = 600 * len(clocks)
    measured = trip.finish()
    assert measured["point_count"] == seconds
    assert measured["duration_seconds"] == seconds
    assert abs(measured["distance_meters"] - (seconds - 1) * 10) <= 10
    row = trip.columns
    assert (row["started_at"], row["ended_at"]) == (trip.start, world.now())
    assert row["clock_skew_seconds"] is None  # a frontend of 0.1.0 adds it to what it reads
    latitudes = [place[1] for place in row["line"]]
    assert latitudes == sorted(latitudes)
    assert latitudes[-1] == round(point(trip.start, north=(seconds - 1) * 10)["lat"], 6)
    assert times(trip) == [trip.start + second * SECOND for second in range(seconds)]


@pytest.mark.parametrize("wrong", [HOUR, -HOUR, 10 * MINUTE])
def test_a_batch_that_comes_again_after_the_clock_was_corrected_is_known(
    world: World, wrong: timedelta
) -> None:
    trip = on_the_road(world)
    now = world.travel(by=10 * MINUTE)
    points = batch(trip, range(10), wrong)
    sent = trip.send(points, sent_at=now + wrong)
    now = world.travel(by=MINUTE)
    assert trip.send(points, sent_at=now) == []
    assert trip.send(points, sent_at=now + wrong) == []
    assert trip.send(points, sent_at=now + wrong - MINUTE) == []
    assert trip.send(points) == []
    assert len(sent) == trip.finish()["point_count"] == 600


@pytest.mark.slow
def test_late_points_of_a_wrong_clock_do_not_prolong_the_trip(world: World) -> None:
    trip = on_the_road(world)
    world.travel(by=20 * MINUTE)
    trip.finish()
    now = world.travel(by=5 * MINUTE)
    for minutes in (range(10, 20), range(10)):
        trip.send(batch(trip, minutes, HOUR), sent_at=now + HOUR)
    row = trip.columns
    assert row["duration_seconds"] == 20 * 60
    assert row["ended_at"] == trip.start + 20 * MINUTE
    assert row["point_count"] == 1200


@pytest.mark.parametrize("late", [9, 29])
def test_a_batch_that_was_long_on_its_way_lies_between_the_others(world: World, late: int) -> None:
    trip = on_the_road(world)
    for number in range(3):
        now = world.travel(to=trip.start + (number + 1) * MINUTE)
        delay = late * SECOND if number == 1 else timedelta()
        trip.send(batch(trip, range(number, number + 1), HOUR), sent_at=now + HOUR - delay)
    assert times(trip) == [trip.start + second * SECOND for second in range(180)]
    assert trip.columns["phone_skew_seconds"] == -3600


def test_of_two_batches_at_once_each_counts(world: World) -> None:
    """A clock that is set back while batches wait: what was sent by one is not judged by both."""
    trip = on_the_road(world)
    now = world.travel(by=2 * MINUTE)
    later = batch(trip, range(1, 2), timedelta())
    earlier = batch(trip, range(1), HOUR)
    assert len(trip.send(later, sent_at=now)) == 60
    assert len(trip.send(earlier, sent_at=now + HOUR)) == 60
    assert times(trip) == [trip.start + second * SECOND for second in range(120)]


@pytest.mark.parametrize(
    "moment", ["infinity", "-infinity", "2035-01-01T00:00:00Z", "0001-01-01T00:00:00Z BC"]
)
@pytest.mark.parametrize("wrong", [HOUR, -23 * HOUR])
def test_a_hostile_time_is_refused_whatever_the_clock(
    world: World, moment: str, wrong: timedelta
) -> None:
    trip = on_the_road(world)
    now = world.travel(by=MINUTE)
    points = [point(trip.start + wrong), point(trip.start) | {"ts": moment}]
    code = "point_outside_lesson" if "-" in moment[:1] or "BC" in moment else "point_in_future"
    with world.unchanged(), world.refusing("PT422", code):
        trip.send(points, sent_at=now + wrong)


def test_points_of_the_former_release_stay_and_are_known(world: World) -> None:
    trip = on_the_road(world)
    now = world.travel(by=10 * MINUTE)
    points = batch(trip, range(10), timedelta())
    trip.send(points)
    world.connection.execute("update private.trip_points set phone_ts = null")
    assert trip.send(points, sent_at=now + 3 * MINUTE) == []
    assert trip.send(points) == []
