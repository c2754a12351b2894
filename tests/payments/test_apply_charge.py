"""The charge that paid is noted; money is never booked by it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Booking, World

INBOX = ("private.webhook_events", "private.webhook_event_bodies")


def charge(booking: Booking, **fields: Any) -> dict[str, Any]:
    return {
        "object": "charge",
        "id": "ch_told",
        "status": "succeeded",
        "amount": 5310,
        "currency": "gbp",
        "payment_intent": booking.payment["stripe_payment_intent_id"],
    } | fields


def linked(world: World) -> Booking:
    """A booking whose payment knows its intent."""
    booking = world.booking()
    world.deliver("payment_intent.processing", booking.intent("processing"))
    return booking


def test_the_charge_is_noted_and_books_no_money(world: World) -> None:
    booking = linked(world)
    assert world.deliver("charge.succeeded", charge(booking)) == "processed"
    assert booking.payment["stripe_charge_id"] == "ch_told"
    assert booking.payment["status"] == "processing"
    assert booking.status == "held"
    assert world.ledger() == {}


def test_a_charge_that_failed_is_not_noted(world: World) -> None:
    booking = linked(world)
    assert world.deliver("charge.failed", charge(booking, status="failed")) == "processed"
    assert booking.payment["stripe_charge_id"] is None


def test_the_charge_that_paid_is_kept(world: World) -> None:
    booking = linked(world)
    booking.pay()
    paid_by = booking.payment["stripe_charge_id"]
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver("charge.updated", charge(booking)) == "processed"
    assert booking.payment["stripe_charge_id"] == paid_by


@pytest.mark.parametrize("intent", [None, "pi_foreign", {"id": "pi_foreign"}])
def test_a_charge_of_somebody_else_is_ignored(world: World, intent: Any) -> None:
    booking = linked(world)
    with world.unchanged(leaving_out=INBOX):
        foreign = charge(booking, payment_intent=intent)
        assert world.deliver("charge.succeeded", foreign) == "ignored"


def test_the_intent_may_come_expanded(world: World) -> None:
    booking = linked(world)
    whole = {"object": "payment_intent", "id": booking.payment["stripe_payment_intent_id"]}
    assert world.deliver("charge.succeeded", charge(booking, payment_intent=whole)) == "processed"
    assert booking.payment["stripe_charge_id"] == "ch_told"
