"""What a trip's points say was driven, and what they do not."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from tests.factories import World
from tests.trips.steps import Point, Trip, meters, on_the_road, point


@pytest.fixture
def trip(world: World) -> Trip:
    trip = on_the_road(world)
    world.travel(to=trip.booking.columns["end_at"])
    return trip


def driven(trip: Trip, points: list[Point]) -> int:
    trip.send(points)
    distance: int = trip.finish()["distance_meters"]
    return distance


def at(trip: Trip, seconds: float, **place: float) -> Point:
    return point(trip.start + timedelta(seconds=seconds), **place)


def test_a_straight_drive(trip: Trip) -> None:
    assert driven(trip, trip.drive(12_000, 900)) == pytest.approx(12_000, abs=15)


def test_a_way_with_corners(trip: Trip) -> None:
    """As an independent calculation has it, from the places as they were sent."""
    corners = [(0, 0), (900, 0), (900, 700), (300, 1500), (-800, 1500), (0, 0)]
    points = [
        at(trip, 90 * nth, north=north, east=east) for nth, (north, east) in enumerate(corners)
    ]
    expected = meters((each["lat"], each["lng"]) for each in points)
    assert driven(trip, points) == pytest.approx(expected, abs=1)


def test_one_point_a_second_is_measured(trip: Trip) -> None:
    points = [at(trip, nth / 2, north=15 * nth, east=20 * (nth // 2 % 2)) for nth in range(20)]
    trip.send(points)
    assert trip.finish()["point_count"] == 20
    assert len(trip.columns["line"]) == 10


def test_nothing_was_driven_without_points(trip: Trip) -> None:
    assert trip.finish() == {"distance_meters": 0, "duration_seconds": 3600, "point_count": 0}


def test_one_place_is_no_distance(trip: Trip) -> None:
    assert driven(trip, [at(trip, 0)]) == 0


def test_the_lesson_has_the_distance_of_its_trips(world: World, trip: Trip) -> None:
    first = driven(trip, trip.drive(3000, 300))
    instructor = trip.booking.instructor.user_id
    second_id = world.call(instructor, "public.start_trip", p_booking_id=trip.booking.id)
    second = Trip(world, trip.booking, second_id)
    second.send([at(trip, 301 + after, north=3000 + after * 20 / 3) for after in range(301)])
    second.finish()
    assert world.value("select distance_meters from public.lessons") == first + driven(second, [])


def test_drifting_while_the_car_stands_is_no_distance(trip: Trip) -> None:
    """Half an hour before a closed barrier, three metres here and there each second."""
    draw = random.Random(1)
    points = [
        at(trip, second, north=draw.uniform(-3, 3), east=draw.uniform(-3, 3))
        for second in range(0, 1800, 2)
    ]
    assert driven(trip, points) == 0


def test_wandering_while_the_phone_says_that_it_stands_is_no_distance(trip: Trip) -> None:
    points = [
        at(trip, second, north=40 * (second % 3), speed_kph=0.4) for second in range(0, 600, 10)
    ]
    assert driven(trip, points) == 0


def test_a_stop_on_the_way_takes_nothing_from_the_way(trip: Trip) -> None:
    there = [at(trip, second, north=10 * second) for second in range(101)]
    draw = random.Random(2)
    stop = [at(trip, 100 + second, north=1000 + draw.uniform(-2, 2)) for second in range(1, 120)]
    on = [at(trip, 220 + second, north=1000 + 10 * second) for second in range(101)]
    assert driven(trip, there + stop + on) == pytest.approx(2000, abs=25)


@pytest.mark.parametrize("position", [0, 50, 100])
def test_a_jump_of_the_receiver_is_no_distance(trip: Trip, position: int) -> None:
    """28 kilometres in a second, and back."""
    points = trip.drive(1000, 100)
    points[position] = at(trip, position, north=10 * position, east=28_000)
    assert driven(trip, points) == pytest.approx(1000, abs=25)
    line = trip.columns["line"]
    assert max(abs(lng + 1.55) for lng, _ in line) < 0.001


def test_a_longer_jump_is_no_distance_either(trip: Trip) -> None:
    """Of it only what is driven meanwhile counts."""
    points = trip.drive(1000, 100)
    for second in range(40, 50):
        points[second] = at(trip, second, north=10 * second, east=28_000)
    assert driven(trip, points) == pytest.approx(980, abs=12)


def test_a_place_that_the_phone_doubts_does_not_count(trip: Trip) -> None:
    points = trip.drive(1000, 100, accuracy_meters=6)
    points[60] = at(trip, 60, north=600, east=120, accuracy_meters=51)
    assert driven(trip, points) == pytest.approx(1000, abs=12)


def test_a_step_within_the_phones_doubt_is_no_distance(trip: Trip) -> None:
    points = [at(trip, second, north=20 * (second % 2), accuracy_meters=30) for second in range(60)]
    assert driven(trip, points) == 0


def test_a_slow_drive_with_a_doubtful_phone_is_measured_all_the_same(trip: Trip) -> None:
    """Each second's eight metres are less than the phone's doubt; together they are the way."""
    assert driven(trip, trip.drive(4000, 500, accuracy_meters=15)) == pytest.approx(4000, abs=20)


def test_the_place_that_means_unknown_does_not_count(trip: Trip) -> None:
    points = trip.drive(1000, 100)
    points[30] |= {"lat": 0, "lng": 0}
    assert driven(trip, points) == pytest.approx(1000, abs=25)


def test_points_extend_the_trip(world: World) -> None:
    trip = on_the_road(world)
    world.travel(by=timedelta(minutes=10))
    trip.finish()
    first, last = trip.start - timedelta(seconds=90), trip.start + timedelta(minutes=11)
    trip.send([point(first)])
    assert trip.columns["started_at"] == first
    world.travel(by=timedelta(minutes=5))
    trip.send([point(last)])
    assert (trip.columns["started_at"], trip.columns["ended_at"]) == (first, last)


def test_finishing_again_changes_nothing(world: World, trip: Trip) -> None:
    trip.send(trip.drive(500, 60))
    measured = trip.finish()
    world.travel(by=timedelta(minutes=1))
    with world.unchanged():
        assert trip.finish() == measured


def test_finished_hours_later_it_ended_with_the_lesson(world: World) -> None:
    trip = on_the_road(world)
    world.travel(by=timedelta(hours=9))
    trip.finish()
    assert trip.columns["ended_at"] == trip.booking.columns["end_at"] + timedelta(minutes=30)
