"""Ben fills Ann's calendar and pays for nothing: no other learner finds a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.factories import Booking, Instructor, World

A_SERIES = 12
A_DAY = 6
EARLY = timedelta(hours=24)


@pytest.fixture
def ann(world: World) -> Instructor:
    ann = world.instructor()
    world.window(ann, "06:00", "22:00")
    return ann


@pytest.fixture
def ben(world: World) -> UUID:
    return world.person("Ben")


def series(world: World, ben: UUID, ann: Instructor, service_id: UUID, number: int) -> None:
    world.ask(
        ben,
        "public.request_booking_series",
        p_instructor_id=ann.id,
        p_service_id=service_id,
        p_start_at=world.in_days(3),
        p_occurrences=number,
        p_every_weeks=1,
    )


def taken(world: World) -> int:
    """The lessons whose time nobody else can book."""
    number: int = world.value(
        "select count(*) from public.bookings"
        " where status not in ('expired', 'cancelled', 'declined')"
    )
    return number


def hold(world: World, ben: UUID, service_id: UUID, days: int, **arguments: Any) -> UUID:
    """Books at ten o'clock, a slot that is published or was booked before."""
    start_at = world.in_days(days)
    known = world.rows(
        "select id from public.bookable_slots where (service_id, start_at) = (%s, %s)",
        service_id,
        start_at,
    )
    slot_id = known[0]["id"] if known else world.slot(service_id, start_at)
    booked = world.book(ben, slot_id, **arguments)
    booking_id: UUID = booked["booking_id"]
    return booking_id


def test_series_hold_no_more_lessons_than_single_bookings(
    world: World, ann: Instructor, ben: UUID
) -> None:
    """Three series of fifty-one weeks were 153 hours for fifteen minutes, and then again."""
    world.connection.execute("update public.instructors set horizon_days = 365")
    service_id = world.service(ann)
    with world.unchanged(), world.refusing("PT409", "too_many_held_lessons"):
        series(world, ben, ann, service_id, A_SERIES + 1)
    series(world, ben, ann, service_id, A_SERIES)
    with world.unchanged(), world.refusing("PT409", "too_many_held_lessons"):
        hold(world, ben, service_id, 4)
    assert taken(world) == A_SERIES


def test_free_lessons_count(world: World, ann: Instructor, ben: UUID) -> None:
    service_id = world.service(ann, price_cents=0)
    for days in range(A_SERIES):
        hold(world, ben, service_id, days + 2)
    with world.unchanged(), world.refusing("PT409", "too_many_held_lessons"):
        hold(world, ben, service_id, A_SERIES + 3)
    school = world.organization()
    world.learner(school, ben)
    ian = world.instructor(org_id=school)
    with world.unchanged(), world.refusing("PT409", "too_many_held_lessons"):
        hold(world, ben, world.service(ian, price_cents=0), A_SERIES + 4)
    assert taken(world) == A_SERIES
    world.travel(to=world.in_days(3))
    hold(world, ben, service_id, A_SERIES + 3)


def test_lessons_that_are_paid_do_not_count(world: World, ann: Instructor, ben: UUID) -> None:
    """Who has paid for twenty lessons may hold more."""
    service_id = world.service(ann)
    world.hours(ben, ann, 20)
    for days in range(A_SERIES + 3):
        hold(world, ben, service_id, days + 2, p_use_credits=True)
    hold(world, ben, service_id, A_SERIES + 6)


def test_who_lets_holds_expire_waits(world: World, ann: Instructor, ben: UUID) -> None:
    service_id = world.service(ann)
    for number in range(A_DAY):
        hold(world, ben, service_id, number + 3)
        world.travel(by=timedelta(minutes=16))
    other = world.service(world.instructor())
    with world.unchanged(), world.refusing("PT429", "too_many_unpaid_holds"):
        hold(world, ben, other, 3)
    hold(world, world.person("Jo"), service_id, 3)
    world.travel(by=timedelta(hours=24))
    hold(world, ben, other, 4)


def test_cancelling_them_in_time_gains_no_more(world: World, ann: Instructor, ben: UUID) -> None:
    service_id = world.service(ann)
    for _ in range(A_DAY):
        booking_id = hold(world, ben, service_id, 5)
        world.travel(by=timedelta(minutes=14))
        world.cancel(ben, booking_id)
    with world.unchanged(), world.refusing("PT429", "too_many_unpaid_holds"):
        hold(world, ben, service_id, 5)


def test_what_others_leave_unanswered_is_no_fault_of_the_learner(
    world: World, ann: Instructor, ben: UUID
) -> None:
    approved = world.service(ann, requires_approval=True, approval_hours=1)
    for number in range(A_DAY):
        booking_id = hold(world, ben, approved, number + 3)
        world.travel(by=timedelta(minutes=61))
        world.maintain()
        assert status(world, booking_id) == "expired"
    held = hold(world, ben, world.service(ann), 12)
    world.cancel(ann.user_id, held)
    hold(world, ben, approved, 13)


def test_who_waits_may_book_with_hours(world: World, ann: Instructor, ben: UUID) -> None:
    service_id = world.service(ann)
    for number in range(A_DAY):
        hold(world, ben, service_id, number + 3)
        world.travel(by=timedelta(minutes=16))
    world.hours(ben, ann, 1)
    hold(world, ben, service_id, 3, p_use_credits=True)


def test_a_bank_that_takes_its_time_keeps_no_lesson_for_weeks(
    world: World, ann: Instructor, ben: UUID
) -> None:
    booking = processing(world, ben, ann, days=20)
    assert booking.columns["hold_expires_at"] == world.now() + timedelta(days=3)
    world.travel(by=timedelta(days=2))
    for status_ in ("requires_payment_method", "processing"):
        world.deliver(f"payment_intent.{status_}", booking.intent(status_))
        world.travel(by=timedelta(minutes=1))
    world.travel(by=timedelta(days=1))
    world.maintain()
    assert booking.status == "expired"
    hold(world, world.person("Jo"), world.service(ann), 17)


def test_nor_a_near_one_until_it_starts(world: World, ann: Instructor, ben: UUID) -> None:
    booking = processing(world, ben, ann, days=3)
    assert booking.columns["hold_expires_at"] == booking.columns["start_at"] - EARLY
    soon = processing(world, ben, ann, days=1)
    assert soon.columns["hold_expires_at"] == world.now() + timedelta(minutes=15)


def test_money_that_arrives_after_all_buys_the_lesson_if_it_is_free(
    world: World, ann: Instructor, ben: UUID
) -> None:
    late, too_late = processing(world, ben, ann, days=20), processing(world, ben, ann, days=22)
    world.travel(by=timedelta(days=3, minutes=1))
    world.maintain()
    world.book(world.person("Jo"), too_late.slot_id)
    assert (late.pay(), too_late.pay()) == ("processed", "processed")
    assert (late.status, too_late.status) == ("confirmed", "expired")
    refund = world.row("select * from public.refunds")
    assert refund["payment_id"] == too_late.payment["id"]


def processing(world: World, ben: UUID, ann: Instructor, days: int) -> Booking:
    slot_id = world.slot(world.service(ann), world.in_days(days))
    booked = world.book(ben, slot_id)
    booking = Booking(world, booked["booking_id"], ben, ann, slot_id)
    world.deliver("payment_intent.processing", booking.intent("processing"))
    return booking


def status(world: World, booking_id: UUID) -> str:
    found: str = world.value("select status::text from public.bookings where id = %s", booking_id)
    return found
