"""A code is reserved with the booking, redeemed by its payment, and else free again in the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.discounts.steps import booked_with, redemption, uses
from tests.factories import Booking, World


@pytest.fixture
def booking(world: World) -> Booking:
    """A held booking with 10 % off."""
    world.discount_code(code="Spring", discount_bps=1000, max_uses=1)
    return booked_with(world, "Spring")


def test_a_code_is_reserved_with_the_booking_and_redeemed_by_its_payment(
    world: World, booking: Booking
) -> None:
    reserved = redemption(world)
    assert (reserved["status"], reserved["order_id"], reserved["discount_cents"]) == (
        "reserved",
        booking.columns["order_id"],
        450,
    )
    assert (booking.columns["total_cents"], booking.columns["instructor_share_cents"]) == (
        4860,
        4500,
    )
    booking.pay()
    assert (redemption(world)["status"], uses(world)) == ("redeemed", 1)
    assert world.ledger() == {
        "stripe_balance": 4860,
        "promotions": 450,
        "instructor_pending": -4500,
        "platform_fees": -810,
    }


def test_a_hold_that_expires_before_stripe_was_asked_frees_its_code(
    world: World, booking: Booking
) -> None:
    world.travel(to=booking.columns["hold_expires_at"])
    world.maintain()
    assert (booking.status, redemption(world)["status"], uses(world)) == ("expired", "released", 0)


@pytest.mark.parametrize("ending", ["expired", "cancelled"])
def test_once_stripe_was_asked_only_its_cancellation_frees_the_code(
    world: World, booking: Booking, ending: str
) -> None:
    booking.open_payment()
    if ending == "cancelled":
        world.cancel(booking.learner, booking.id)
    else:
        world.travel(to=booking.columns["hold_expires_at"])
        world.maintain()
    assert (redemption(world)["status"], uses(world)) == ("reserved", 1)
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    assert (redemption(world)["status"], uses(world)) == ("released", 0)


def test_a_late_payment_finds_its_code_still_reserved(world: World, booking: Booking) -> None:
    intent = booking.intent()
    world.travel(to=booking.columns["hold_expires_at"])
    world.maintain()
    world.deliver("payment_intent.succeeded", intent)
    assert (booking.status, redemption(world)["status"], uses(world)) == (
        "confirmed",
        "redeemed",
        1,
    )


def test_a_cancelled_intent_of_a_live_booking_keeps_the_code(
    world: World, booking: Booking
) -> None:
    """The learner may try another card until the hold ends."""
    booking.open_payment()
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    assert (booking.status, redemption(world)["status"]) == ("held", "reserved")


@pytest.mark.parametrize(("refunds", "status"), [([2430], "redeemed"), ([2430, 2430], "released")])
def test_only_a_full_refund_frees_the_code(
    world: World, booking: Booking, refunds: list[int], status: str
) -> None:
    booking.pay()
    for amount in refunds:
        booking.refund(amount)
    assert (redemption(world)["status"], uses(world)) == (status, int(status == "redeemed"))


def test_a_code_that_is_free_again_can_be_used_again(world: World, booking: Booking) -> None:
    world.cancel(booking.learner, booking.id)
    world.travel(by=timedelta(minutes=1))
    again = booked_with(world, "Spring", booking.learner)
    again.pay()
    assert (again.status, uses(world)) == ("confirmed", 1)
