"""Every time that is listed for a move can be moved to at that instant, at the price listed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.cancellations.steps import price_on
from tests.factories import Booking, Instructor, World

DAY = timedelta(days=1)


@contextmanager
def undone(world: World) -> Iterator[None]:
    with world.connection.transaction(force_rollback=True):
        yield


@pytest.fixture
def instructor(world: World) -> Instructor:
    """Open from nine to one; it is Monday."""
    world.travel(to=datetime.fromisoformat("2027-06-07 00:00+00"))
    instructor = world.instructor(time_zone="UTC", hourly_rate_cents=4500, currency="gbp")
    world.window(instructor, "09:00", "13:00")
    return instructor


def booked(
    world: World, instructor: Instructor, service_id: UUID, start_at: datetime, user: UUID
) -> Booking:
    made = world.request(user, instructor, service_id, start_at)
    slot_id = world.value("select slot_id from bookings where id = %s", made["booking_id"])
    booking = Booking(world, made["booking_id"], user, instructor, slot_id)
    booking.pay()
    return booking


@pytest.fixture
def booking(world: World, instructor: Instructor) -> Booking:
    """Ben's paid lesson of an hour, on Wednesday at ten."""
    service_id = world.service(instructor, price_cents=None)
    return booked(world, instructor, service_id, world.in_days(2, 10), world.person("Ben"))


def times(
    world: World, booking: Booking, user: UUID | None = None, **arguments: object
) -> list[DictRow]:
    given = {"p_from": world.in_days(2, 0), "p_to": world.in_days(4, 0)} | arguments
    return world.ask(
        user or booking.learner, "public.list_reschedule_times", p_booking_id=booking.id, **given
    )


def starts(rows: list[DictRow]) -> list[str]:
    return [f"{row['start_at'].astimezone(UTC):%d %H:%M}" for row in rows]


def assert_each_can_be_moved_to(world: World, booking: Booking, rows: list[DictRow]) -> None:
    for row in rows:
        with undone(world):
            (moved,) = world.ask(
                booking.learner,
                "public.reschedule_booking",
                p_booking_id=booking.id,
                p_start_at=row["start_at"],
            )
            assert moved["amount_cents"] == row["amount_cents"]
            ends = world.value("select end_at from bookings where id = %s", moved["booking_id"])
            assert ends == row["end_at"]


def test_the_own_time_does_not_stand_in_the_way(
    world: World, instructor: Instructor, booking: Booking
) -> None:
    """A window from half past nine has times that overlap the lesson that is to be moved."""
    world.window(instructor, "09:30", "12:30")
    rows = times(world, booking)
    assert starts(rows) == [
        *["09 09:00", "09 09:30", "09 10:30", "09 11:00", "09 11:30", "09 12:00"],
        *["10 09:00", "10 09:30", "10 10:00", "10 10:30", "10 11:00", "10 11:30", "10 12:00"],
    ]
    assert {row["amount_cents"] for row in rows} == {0}
    assert_each_can_be_moved_to(world, booking, rows)


def test_where_more_is_due_the_own_time_does_not_stand_in_the_way_either(
    world: World, instructor: Instructor, booking: Booking
) -> None:
    world.window(instructor, "09:30", "12:30")
    price_on(world, booking, world.in_days(2), 6000)
    price_on(world, booking, world.in_days(3), 9000)
    # What it costs more than the old time costs today.
    rows = times(world, booking)
    assert [row["amount_cents"] for row in rows] == [0] * 6 + [3540] * 7
    assert_each_can_be_moved_to(world, booking, rows)
    world.connection.execute("update services set duration_minutes = 120")
    rows = times(world, booking)
    assert starts(rows) == [
        *["09 09:00", "09 09:30", "09 11:00"],
        *["10 09:00", "10 09:30", "10 11:00"],
    ]
    assert_each_can_be_moved_to(world, booking, rows)


def test_other_lessons_of_the_learner_and_the_instructor_are_in_the_way(
    world: World, instructor: Instructor, booking: Booking
) -> None:
    other = world.instructor(time_zone="UTC")
    world.window(other)
    booked(world, other, world.service(other), world.in_days(2, 9), booking.learner)
    taken = world.service(instructor)
    booked(world, instructor, taken, world.in_days(3, 9), world.person())
    rows = times(world, booking)
    assert starts(rows) == ["09 11:00", "09 12:00", "10 10:00", "10 11:00", "10 12:00"]
    assert_each_can_be_moved_to(world, booking, rows)


def test_a_full_day_has_room_for_its_own_lesson(
    world: World, instructor: Instructor, booking: Booking
) -> None:
    world.connection.execute("update instructors set daily_cap = 1 where id = %s", [instructor.id])
    rows = times(world, booking)
    assert starts(rows) == ["09 09:00", "09 11:00", "09 12:00"] + [
        f"10 {hour:02}:00" for hour in range(9, 13)
    ]
    assert_each_can_be_moved_to(world, booking, rows)


def test_prepaid_hours_must_suffice(world: World, instructor: Instructor) -> None:
    ben = world.person("Ben")
    world.hours(ben, instructor, 2)
    service_id = world.service(instructor, price_cents=None)
    made = world.request(ben, instructor, service_id, world.in_days(2, 10), p_use_credits=True)
    slot_id = world.value("select slot_id from bookings where id = %s", made["booking_id"])
    booking = Booking(world, made["booking_id"], ben, instructor, slot_id)
    world.connection.execute("update services set duration_minutes = 120")
    rows = times(world, booking)
    assert starts(rows) == ["09 09:00", "09 11:00", "10 09:00", "10 11:00"]
    assert_each_can_be_moved_to(world, booking, rows)
    world.connection.execute("update services set duration_minutes = 180")
    assert times(world, booking) == []


def test_an_authorization_must_last(world: World, instructor: Instructor) -> None:
    booking = world.booking(instructor, start_at=world.in_days(2, 10), capture_mode="manual")
    intent = booking.intent("requires_capture")
    world.deliver("payment_intent.amount_capturable_updated", intent)
    rows = times(world, booking, p_to=world.in_days(9, 0))
    assert starts(rows)[-1] == "12 12:00"
    assert_each_can_be_moved_to(world, booking, rows[-1:])


def test_a_long_list_comes_in_pages(world: World, booking: Booking) -> None:
    everything = times(world, booking)
    first = times(world, booking, p_limit=3)
    rest = times(world, booking, p_limit=100, p_after=first[-1]["start_at"])
    assert first + rest == everything
    assert len(first) == 3


def test_the_instructor_sees_them_and_nobody_else(
    world: World, instructor: Instructor, booking: Booking
) -> None:
    """Where the lesson is now is not free for the instructor: it may stay there."""
    there = booking.columns
    assert times(world, booking, instructor.user_id) == [
        row
        for row in times(world, booking)
        if row["end_at"] <= there["start_at"] or row["start_at"] >= there["end_at"]
    ]
    for user in (world.person(), world.instructor().user_id):
        with world.refusing("PT404", "booking_not_found"):
            times(world, booking, user)


def test_what_cannot_be_moved_has_no_times(world: World, booking: Booking) -> None:
    with world.refusing("PT422", "bad_time_range"):
        times(world, booking, p_to=world.in_days(90))
    world.travel(to=world.in_days(2, 8))
    with world.refusing("PT409", "too_late_to_reschedule"):
        times(world, booking, p_from=world.now(), p_to=world.now() + 3 * DAY)
    world.cancel(booking.learner, booking.id)
    with world.refusing("PT409", "booking_not_reschedulable"):
        times(world, booking, p_from=world.now(), p_to=world.now() + 3 * DAY)
