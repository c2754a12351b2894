"""The limits within which a published time can be booked, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import World

SECOND = timedelta(seconds=1)


def test_a_slot_can_be_booked_until_the_second_in_which_it_begins(world: World) -> None:
    slot_id = world.slot(world.service(world.instructor()))
    start_at = world.in_days(2)
    world.travel(to=start_at)
    with world.refusing("PT422", "slot_in_the_past"):
        world.book(world.person(), slot_id)
    world.travel(to=start_at - SECOND)
    world.book(world.person(), slot_id)


def test_the_instructors_notice_counts_to_the_second(world: World) -> None:
    slot_id = world.slot(world.service(world.instructor(minimum_notice_minutes=120)))
    last_moment = world.in_days(2) - timedelta(hours=2)
    world.travel(to=last_moment + SECOND)
    with world.refusing("PT422", "too_short_notice"):
        world.book(world.person(), slot_id)
    world.travel(to=last_moment)
    world.book(world.person(), slot_id)


def test_the_instructors_horizon_counts_to_the_second(world: World) -> None:
    slot_id = world.slot(world.service(world.instructor(horizon_days=30)), world.in_days(40))
    first_moment = world.in_days(40) - timedelta(days=30)
    world.travel(to=first_moment - SECOND)
    with world.refusing("PT422", "too_far_ahead"):
        world.book(world.person(), slot_id)
    world.travel(to=first_moment)
    world.book(world.person(), slot_id)


def test_the_sessions_time_zone_does_not_move_the_horizon(world: World) -> None:
    """A day of the horizon has 24 hours, also where the clocks change within it."""
    world.travel(to=datetime(2027, 3, 20, 10, tzinfo=UTC))
    slot_id = world.slot(world.service(world.instructor(horizon_days=30)), world.in_days(30))
    world.connection.execute("set local time zone 'Europe/London'")
    world.book(world.person(), slot_id)


@pytest.mark.parametrize(
    "change",
    [
        "is_active = false",
        "is_available = false",
        "verification_status = 'pending'",
        "verification_status = 'rejected'",
    ],
)
def test_an_instructor_takes_no_bookings(world: World, change: str) -> None:
    slot_id = world.slot(world.service(world.instructor()))
    world.connection.execute(f"update public.instructors set {change}")
    with world.unchanged(), world.refusing("PT409", "instructor_unavailable"):
        world.book(world.person(), slot_id)


def test_a_lesson_that_is_not_offered_any_more_keeps_the_bookings_it_has(world: World) -> None:
    booking = world.booking()
    world.connection.execute("update public.services set is_active = false")
    world.connection.execute("update public.instructors set is_available = false")
    assert booking.pay() == "processed"
    assert booking.status == "confirmed"
