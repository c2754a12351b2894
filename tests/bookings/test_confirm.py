"""A paid booking is confirmed, also a late one while its time is free; else the money goes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import Booking, World

HOUR = timedelta(hours=1)


def test_a_paid_booking_is_confirmed(world: World) -> None:
    booking = world.booking()
    assert booking.pay() == "processed"
    assert booking.status == "confirmed"
    assert booking.columns["hold_expires_at"] is None


def test_a_late_payment_confirms_while_the_time_is_free(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    expire(world, booking)

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "confirmed"
    assert world.count("public.refunds") == 0


def test_a_payment_after_the_deadline_confirms_a_hold_that_nobody_swept(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    world.travel(by=HOUR)

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "confirmed"


def test_a_late_payment_confirms_when_the_hold_that_came_after_has_expired_too(
    world: World,
) -> None:
    booking = world.booking()
    intent = booking.intent()
    expire(world, booking)
    rival = world.book(world.person("Cleo"), booking.slot_id)["booking_id"]
    world.travel(by=HOUR)

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "confirmed"
    assert status_of(world, rival) == "expired"


def test_a_late_payment_confirms_when_the_learners_own_other_hold_has_expired_too(
    world: World,
) -> None:
    booking = world.booking()
    intent = booking.intent()
    expire(world, booking)
    elsewhere = world.slot(world.service(world.instructor()), booking.columns["start_at"])
    other = world.book(booking.learner, elsewhere)["booking_id"]
    world.travel(by=HOUR)

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "confirmed"
    assert status_of(world, other) == "expired"


def test_a_payment_for_a_time_that_is_gone_goes_back_in_full_once(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    expire(world, booking)
    world.book(world.person("Cleo"), booking.slot_id)

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "expired"
    assert refunds(world) == [(5310, "pending")]
    assert world.value("select count(*) from private.outbox where topic = 'refund_payment'") == 1


def test_a_payment_for_an_instructor_who_is_taken_by_another_lesson_goes_back(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    expire(world, booking)
    overlapping = world.slot(
        world.service(booking.instructor), booking.columns["start_at"] + timedelta(minutes=30)
    )
    world.book(world.person("Cleo"), overlapping)

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "expired"
    assert refunds(world) == [(5310, "pending")]


def test_a_payment_of_a_learner_who_is_somewhere_else_by_now_goes_back(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    expire(world, booking)
    elsewhere = world.slot(world.service(world.instructor()), booking.columns["start_at"])
    world.book(booking.learner, elsewhere)

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "expired"
    assert refunds(world) == [(5310, "pending")]


def test_a_payment_after_the_lesson_has_begun_goes_back(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    world.travel(to=booking.columns["start_at"])

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "held"
    assert refunds(world) == [(5310, "pending")]


def test_a_payment_after_a_cancellation_goes_back(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    world.connection.execute(
        "update public.bookings set status = 'cancelled', cancelled_by = 'learner',"
        " cancelled_at = private.clock()"
    )

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "cancelled"
    assert refunds(world) == [(5310, "pending")]


@pytest.mark.parametrize("column", ["is_active = false", "verification_status = 'rejected'"])
@pytest.mark.parametrize("is_swept", [True, False])
def test_a_late_payment_books_nobody_who_takes_no_bookings(
    world: World, column: str, is_swept: bool
) -> None:
    """What was held in time is kept; a hold that has expired would be a new booking."""
    booking = world.booking()
    intent = booking.intent()
    world.travel(by=HOUR)
    if is_swept:
        world.maintain()
    world.connection.execute(f"update public.instructors set {column}")
    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status in ("held", "expired")
    world.carry_refunds()
    assert booking.payment["refunded_cents"] == booking.payment["captured_cents"] == 5310


def test_a_payment_in_time_books_an_instructor_who_has_just_left(world: World) -> None:
    """As a lesson that was paid a minute before: the school decides about both."""
    booking = world.booking()
    world.connection.execute("update public.instructors set is_active = false")
    booking.pay()
    assert booking.status == "confirmed"


def test_a_late_payment_for_a_group_lesson_takes_a_seat_that_is_left(world: World) -> None:
    booking = world.booking(max_participants=2)
    intent = booking.intent()
    expire(world, booking)
    world.book(world.person("Cleo"), booking.slot_id)

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "confirmed"
    slot = world.row("select * from public.bookable_slots where id = %s", booking.slot_id)
    assert (slot["current_bookings"], slot["is_available"]) == (2, False)


def test_a_late_payment_for_a_group_lesson_that_is_full_goes_back(world: World) -> None:
    booking = world.booking(max_participants=2)
    intent = booking.intent()
    expire(world, booking)
    world.book(world.person("Cleo"), booking.slot_id)
    world.book(world.person("Dora"), booking.slot_id)

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "expired"
    assert refunds(world) == [(5310, "pending")]


def expire(world: World, booking: Booking) -> None:
    world.travel(by=HOUR)
    world.maintain()
    assert booking.status == "expired"


def status_of(world: World, booking_id: object) -> str:
    status: str = world.value("select status from public.bookings where id = %s", booking_id)
    return status


def refunds(world: World) -> list[tuple[int, str]]:
    rows = world.rows("select amount_cents, status from public.refunds")
    return [(row["amount_cents"], row["status"]) for row in rows]
