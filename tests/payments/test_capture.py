"""What was authorized is taken as far as it was earned, and the rest is let go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.cancellations.steps import alerts, authorized, capture, earned, refunds
from tests.discounts.steps import booked_with, redemption
from tests.factories import Booking, World


def mark_missed(booking: Booking) -> None:
    booking.world.travel(to=booking.columns["end_at"])
    booking.miss("learner")


def test_an_authorization_confirms_the_booking_and_books_nothing(world: World) -> None:
    booking = authorized(world)
    payment = booking.payment
    assert (booking.status, payment["status"], payment["is_accepted"]) == (
        "confirmed",
        "authorized",
        True,
    )
    assert (payment["authorized_cents"], payment["captured_cents"]) == (5310, 0)
    assert world.ledger() == {}


@pytest.mark.parametrize("ending", ["completed", "no_show"])
def test_all_is_captured_when_the_lesson_was_given_or_missed(world: World, ending: str) -> None:
    booking = authorized(world)
    if ending == "completed":
        booking.complete()
    else:
        mark_missed(booking)
    (command,) = world.commands("capture_payment")
    assert (command["payment_id"], command["amount_cents"]) == (str(booking.payment["id"]), 5310)
    assert (earned(world), world.ledger()) == (0, {})
    capture(booking)
    assert earned(world) == 4500
    assert (booking.payment["status"], booking.payment["captured_cents"]) == ("succeeded", 5310)
    assert world.ledger() == {
        "stripe_balance": 5310,
        "instructor_pending": -4500,
        "platform_fees": -810,
    }


def test_a_late_cancellation_captures_only_what_is_kept(world: World) -> None:
    world.discount_code(code="Spring", discount_bps=1000)
    booking = booked_with(world, "Spring", capture_mode="manual")
    booking.open_payment()
    world.deliver("payment_intent.amount_capturable_updated", booking.intent("requires_capture"))
    world.travel(to=booking.columns["start_at"] - timedelta(hours=23))
    ended = world.cancel(booking.learner, booking.id)
    assert ended["refund_cents"] == 2430
    capture(booking)
    payment = booking.payment
    assert (payment["captured_cents"], payment["uncaptured_cents"]) == (2430, 2430)
    assert (refunds(world), earned(world)) == ([], 2250)
    assert world.ledger() == {
        "stripe_balance": 2430,
        "promotions": 225,
        "instructor_pending": -2250,
        "platform_fees": -405,
    }
    booking.refund(2430)
    assert (world.ledger(), earned(world)) == ({}, 0)


@pytest.mark.parametrize("by", ["learner", "instructor", "missing instructor"])
def test_where_all_goes_back_the_authorization_is_cancelled(world: World, by: str) -> None:
    world.discount_code(code="Spring", discount_bps=1000)
    booking = booked_with(world, "Spring", capture_mode="manual")
    booking.open_payment()
    world.deliver("payment_intent.amount_capturable_updated", booking.intent("requires_capture"))
    if by == "missing instructor":
        world.travel(to=booking.columns["end_at"])
        booking.miss("instructor")
    else:
        world.cancel(booking.learner if by == "learner" else booking.instructor.user_id, booking.id)
    (command,) = world.commands("cancel_payment_intent")
    assert command["payment_id"] == str(booking.payment["id"])
    assert (world.commands("capture_payment"), redemption(world)["status"]) == ([], "released")
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    assert (booking.payment["status"], redemption(world)["status"]) == ("cancelled", "released")
    assert (world.ledger(), earned(world), refunds(world)) == ({}, 0, [])
    assert "authorization_lost" not in alerts(world)


def test_more_captured_than_was_decided_goes_back(world: World) -> None:
    booking = authorized(world)
    world.travel(to=booking.columns["start_at"] - timedelta(hours=23))
    world.cancel(booking.learner, booking.id)
    world.deliver("payment_intent.succeeded", booking.intent("succeeded"))
    assert refunds(world) == [2655]
    world.carry_refunds()
    assert (booking.payment["refunded_cents"], earned(world)) == (2655, 2250)


def test_an_authorization_lost_before_the_lesson_calls_it_off(world: World) -> None:
    booking = authorized(world)
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    assert (booking.status, booking.columns["cancelled_by"]) == ("cancelled", "system")
    assert (earned(world), alerts(world)) == (0, ["authorization_lost"])


def test_an_authorization_lost_after_the_lesson_earns_nothing(world: World) -> None:
    """Nobody has paid. The admins are told."""
    booking = authorized(world)
    booking.complete()
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    assert (booking.status, booking.payment["status"]) == ("completed", "cancelled")
    assert (earned(world), alerts(world)) == (0, ["authorization_lost"])
    world.travel(by=timedelta(days=8))
    world.run_payouts()
    assert (world.count("public.payouts"), world.ledger()) == (0, {})
