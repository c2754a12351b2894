"""A paid booking is confirmed, also a late one while its time is free; else the money goes back."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import World


def test_a_paid_booking_is_confirmed(world: World) -> None:
    booking = world.booking()
    assert booking.pay() == "processed"
    assert booking.status == "confirmed"
    assert booking.columns["hold_expires_at"] is None
    assert world.violations() == []


def test_a_late_payment_confirms_while_the_time_is_free(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    world.travel(by=timedelta(hours=1))
    world.serve("jobs", "private.maintain")
    assert booking.status == "expired"

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "confirmed"
    assert world.count("public.refunds") == 0
    assert world.violations() == []


def test_a_payment_for_a_time_that_is_gone_goes_back_in_full_once(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    world.travel(by=timedelta(hours=1))
    other = world.person("Cleo")
    world.book(other, booking.slot_id)

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "expired"
    refund = world.row("select * from public.refunds")
    assert (refund["amount_cents"], refund["status"]) == (5310, "pending")
    assert world.value("select count(*) from private.outbox where topic = 'refund_payment'") == 1
    assert world.violations() == []
