"""A refund that Stripe refuses leaves the money with the platform."""

from __future__ import annotations

from tests.factories import Booking, World
from tests.payments.steps import fail_refund, our_refund, record_refund, refund_row


def test_a_refusal_leaves_the_money_with_the_platform(world: World, booking: Booking) -> None:
    before = world.ledger()
    fail_refund(world, refund_row(world)["id"])
    refund = refund_row(world)
    assert (refund["status"], refund["failure_code"]) == ("failed", "charge_disputed")
    assert world.ledger() == before


def test_a_refusal_takes_no_success_back(world: World, booking: Booking) -> None:
    record_refund(world, refund_row(world)["id"], our_refund(booking))
    with world.unchanged():
        fail_refund(world, refund_row(world)["id"])
