"""A payment that its bank is still processing keeps the booking's time."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import Booking, World

QUARTER = timedelta(minutes=15)


def processing(world: World) -> Booking:
    booking = world.booking()
    assert world.deliver("payment_intent.processing", booking.intent("processing")) == "processed"
    return booking


def test_a_processing_payment_keeps_the_time_until_the_lesson(world: World) -> None:
    booking = processing(world)
    assert booking.columns["hold_expires_at"] == booking.columns["start_at"]
    world.travel(by=timedelta(hours=20))
    world.serve("jobs", "private.maintain")
    assert booking.status == "held"
    with world.refusing("PT409", "slot_taken"):
        world.book(world.person("Cleo"), booking.slot_id)


def test_a_processing_payment_that_succeeds_a_day_later_confirms(world: World) -> None:
    booking = processing(world)
    world.travel(by=timedelta(hours=20))
    assert booking.pay() == "processed"
    assert booking.status == "confirmed"


def test_after_a_processing_payment_fails_there_is_a_quarter_of_an_hour_again(
    world: World,
) -> None:
    booking = processing(world)
    world.travel(by=timedelta(hours=20))
    world.deliver("payment_intent.payment_failed", booking.intent("requires_payment_method"))
    assert booking.columns["hold_expires_at"] == world.now() + QUARTER
    assert booking.open_payment()["amount_cents"] == 5310


def test_a_decline_does_not_give_more_time(world: World) -> None:
    booking = world.booking()
    deadline = booking.columns["hold_expires_at"]
    intent = booking.intent("requires_payment_method")
    world.travel(by=timedelta(minutes=10))
    world.deliver("payment_intent.payment_failed", intent)
    assert booking.columns["hold_expires_at"] == deadline


def test_a_processing_payment_of_an_expired_booking_brings_nothing_back(world: World) -> None:
    booking = world.booking()
    intent = booking.intent("processing")
    world.travel(by=QUARTER)
    world.serve("jobs", "private.maintain")
    assert world.deliver("payment_intent.processing", intent) == "processed"
    assert booking.status == "expired"
    world.book(world.person("Cleo"), booking.slot_id)
