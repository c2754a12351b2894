"""A refund is sent to Stripe once; what Stripe refuses is still owed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.factories import Booking, World
from tests.payments.steps import (
    AS_NOBODY,
    AS_SERVICE,
    fail_refund,
    our_refund,
    paid,
    record_refund,
    refund_row,
)


def cancel(booking: Booking) -> None:
    """The instructor cancels, so that all of it is due to the learner."""
    booking.world.cancel(booking.instructor.user_id, booking.id)


def refund_due(booking: Booking) -> None:
    """Refunds once more what is due."""
    with booking.world.connection.transaction():
        booking.world.connection.execute(AS_SERVICE)
        booking.world.connection.execute(
            "select private.refund_due(id, 'It is still due.') from public.order_items"
            " where booking_id = %s",
            [booking.id],
        )
        booking.world.connection.execute(AS_NOBODY)


def refunds(world: World) -> list[Any]:
    rows = world.rows("select amount_cents, status from public.refunds order by created_at, id")
    return [tuple(row.values()) for row in rows]


def test_the_command_says_everything_that_stripe_needs(world: World) -> None:
    booking = paid(world)
    cancel(booking)
    refund = world.row("select * from public.refunds")
    assert (refund["amount_cents"], refund["status"]) == (5310, "pending")
    assert refund["reason"] == "The booking was cancelled."
    command = world.row("select * from private.outbox where topic = 'refund_payment'")
    assert command["idempotency_key"] == f"refund:{refund['id']}"
    assert command["payload"] == {
        "refund_id": str(refund["id"]),
        "payment_intent": booking.payment["stripe_payment_intent_id"],
        "amount_cents": 5310,
        "currency": "gbp",
        "idempotency_key": f"refund:{refund['id']}",
        "metadata": {
            "refund_id": str(refund["id"]),
            "payment_id": str(booking.payment["id"]),
        },
    }


def test_only_the_rest_is_given_back(world: World) -> None:
    booking = paid(world)
    booking.refund(1000)
    cancel(booking)
    assert sorted(refunds(world)) == [(1000, "succeeded"), (4310, "pending")]


def test_what_is_on_its_way_back_is_not_given_back_twice(world: World) -> None:
    booking = paid(world)
    cancel(booking)
    with world.unchanged():
        refund_due(booking)


def test_what_failed_is_given_back_again_with_a_new_key(world: World) -> None:
    booking = paid(world)
    cancel(booking)
    fail_refund(world, world.value("select id from public.refunds"))
    refund_due(booking)
    assert sorted(refunds(world)) == [(5310, "failed"), (5310, "pending")]
    assert (
        world.value(
            "select count(distinct payload ->> 'idempotency_key') from private.outbox"
            " where topic = 'refund_payment'"
        )
        == 2
    )


def test_a_payment_that_was_given_back_before_the_late_success_is_told(world: World) -> None:
    """Refunded in the Dashboard first, then found to have no time: there is nothing left."""
    booking = world.booking()
    intent = booking.intent()
    world.deliver("payment_intent.processing", booking.intent("processing"))
    booking.refund(5310)
    world.connection.execute(
        "update public.bookings set status = 'cancelled', cancelled_by = 'learner',"
        " cancelled_at = private.clock()"
    )
    world.travel(by=timedelta(hours=1))
    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert refunds(world) == [(5310, "succeeded")]
    assert world.ledger() == {}


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
