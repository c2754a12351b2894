"""Ann's phone tells of more than she has driven, to seem diligent: nothing is paid for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.abuse.profit import earned, platform_result
from tests.factories import World
from tests.trips.steps import Trip, on_the_road, point

HOUR = 3600
FASTEST = 200_000


@pytest.fixture
def trip(world: World) -> Trip:
    trip = on_the_road(world)
    world.travel(to=trip.booking.columns["end_at"])
    return trip


def another(trip: Trip) -> Trip:
    """Another trip of the same lesson."""
    trip_id = trip.world.call(
        trip.booking.instructor.user_id, "public.start_trip", p_booking_id=trip.booking.id
    )
    return Trip(trip.world, trip.booking, trip_id)


def of_the_lesson(world: World) -> int:
    distance: int = world.value("select distance_meters from public.lessons")
    return distance


@pytest.mark.slow
def test_a_drive_that_is_sent_with_several_trips_was_driven_once(world: World, trip: Trip) -> None:
    drive = trip.drive(20_000, 1200)[::2]
    trip.send(drive)
    once = trip.finish()["distance_meters"]
    for _ in range(5):
        again = another(trip)
        again.send(drive)
        again.finish()
    assert of_the_lesson(world) == once


def test_nor_does_a_late_batch_double_it(world: World, trip: Trip) -> None:
    """The first trip is finished empty, the second is driven, and both are told the same."""
    drive = trip.drive(20_000, 1200)[::2]
    trip.finish()
    second = another(trip)
    second.send(drive)
    once = second.finish()["distance_meters"]
    trip.send(drive)
    assert of_the_lesson(world) == once


def test_nobody_drives_farther_than_a_car_can(world: World, trip: Trip) -> None:
    """To Edinburgh and back every second, and to Africa."""
    there_and_back = [
        point(trip.start + timedelta(seconds=second), north=300_000 * (second % 2))
        for second in range(0, 900)
    ]
    trip.send(there_and_back)
    trip.send([point(trip.start + timedelta(seconds=950), north=-6_000_000)])
    assert trip.finish()["distance_meters"] <= FASTEST


@pytest.mark.slow
def test_a_distance_pays_nobody(world: World, trip: Trip) -> None:
    instructor = trip.booking.instructor
    world.call(instructor.user_id, "public.complete_lesson", p_booking_id=trip.booking.id)
    before = (earned(world, instructor), platform_result(world), world.ledger())
    trip.send(trip.drive(50_000, HOUR)[:1000])
    trip.finish()
    assert of_the_lesson(world) > 10_000
    assert (earned(world, instructor), platform_result(world), world.ledger()) == before


def test_a_lesson_of_somebody_else_is_not_hers_to_drive(world: World, trip: Trip) -> None:
    """She knows the ids of a colleague's booking and trip."""
    eve = world.instructor(name="Eve")
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        world.call(eve.user_id, "public.start_trip", p_booking_id=trip.booking.id)
    with world.unchanged(), world.refusing("PT404", "trip_not_found"):
        trip.send([point(trip.start)], by=eve.user_id)
    with world.unchanged(), world.refusing("PT404", "trip_not_found"):
        trip.finish(by=eve.user_id)


def test_a_lesson_that_is_over_is_driven_no_more(world: World, trip: Trip) -> None:
    """Left in progress, so that the evening's way home counts."""
    world.travel(by=timedelta(minutes=31))
    with world.unchanged(), world.refusing("PT422", "point_outside_lesson"):
        trip.send([point(world.now())])
    trip.finish()
    with world.unchanged(), world.refusing("PT409", "lesson_not_in_progress"):
        another(trip)
