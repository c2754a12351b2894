"""A refund follows what Stripe says of it, in whatever order the news come."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import World, refund_object
from tests.payments.steps import paid, refund_of

INBOX = ("private.webhook_events", "private.webhook_event_bodies")

NOTHING_LEFT: dict[str, int] = {}


@pytest.mark.parametrize("first", ["payment", "refund"])
def test_a_refund_may_be_told_before_its_payment(world: World, first: str) -> None:
    booking = world.booking()
    world.deliver("payment_intent.processing", booking.intent("processing"))
    if first == "payment":
        booking.pay()
        booking.refund(2655)
    else:
        booking.refund(2655)
        booking.pay()
    assert booking.payment["refunded_cents"] == 2655
    assert world.ledger() == {
        "stripe_balance": 2655,
        "instructor_pending": -2250,
        "platform_fees": -405,
    }


def test_a_refund_moves_forward_only(world: World) -> None:
    booking = paid(world)
    refund = refund_object(booking.payment, 5310, "pending")
    for status in ("pending", "succeeded", "requires_action", "pending", "succeeded"):
        told = refund | {"status": status}
        assert world.deliver("refund.updated", told) == "processed"
    assert refund_of(world)["status"] == "succeeded"
    assert booking.payment["refunded_cents"] == 5310


def test_an_older_event_type_says_the_same(world: World) -> None:
    booking = paid(world)
    refund = refund_object(booking.payment, 5310)
    assert world.deliver("charge.refund.updated", refund) == "processed"
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver("refund.updated", refund) == "processed"


def test_a_refund_that_failed_before_it_succeeded_moves_no_money(world: World) -> None:
    booking = paid(world)
    refund = refund_object(booking.payment, 5310, "pending")
    world.deliver("refund.created", refund)
    before = world.ledger()
    failed = refund | {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    world.deliver("refund.failed", failed)
    assert world.ledger() == before
    assert refund_of(world)["status"] == "failed"
    assert world.value("select failure_code from public.refunds") == "expired_or_canceled_card"


def test_a_success_that_is_told_after_the_failure_changes_nothing(world: World) -> None:
    booking = paid(world)
    refund = refund_object(booking.payment, 5310, "failed")
    world.deliver("refund.failed", refund)
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver("refund.updated", refund | {"status": "succeeded"}) == "processed"


def test_a_refund_that_was_cancelled_moves_no_money(world: World) -> None:
    booking = paid(world)
    before = world.ledger()
    refund = refund_object(booking.payment, 5310, "requires_action")
    world.deliver("refund.created", refund)
    world.deliver("refund.updated", refund | {"status": "canceled"})
    assert refund_of(world)["status"] == "cancelled"
    assert world.ledger() == before


def test_refunds_of_more_than_was_paid_are_parked(world: World) -> None:
    booking = paid(world)
    assert booking.refund(5000) == "processed"
    with world.unchanged(leaving_out=INBOX):
        assert booking.refund(311) == "parked"
    assert booking.refund(310) == "processed"
    assert world.ledger() == NOTHING_LEFT


@pytest.mark.parametrize(
    "fields",
    [
        {"payment_intent": "pi_foreign"},
        {"payment_intent": None},
        {"amount": 0},
        {"amount": -1},
        {"amount": None},
        {"amount": 99_999_999_999},
        {"amount": "much"},
        {"status": "perhaps"},
        {"status": None},
        {"id": "no_refund"},
    ],
)
def test_a_refund_that_makes_no_sense_is_parked(world: World, fields: dict[str, Any]) -> None:
    booking = paid(world)
    refund = refund_object(booking.payment, 1000) | fields
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver("refund.updated", refund) == "parked"
