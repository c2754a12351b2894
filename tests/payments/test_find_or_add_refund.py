"""Whose refund it is that Stripe tells of: ours, the Dashboard's, or nobody's."""

from __future__ import annotations

from tests.factories import World
from tests.payments.steps import fail_refund, late_payment, our_refund, paid

NOTHING_LEFT: dict[str, int] = {}


def test_a_refund_that_we_asked_for_is_found_by_its_metadata(world: World) -> None:
    booking = late_payment(world)
    assert world.deliver("refund.created", our_refund(booking)) == "processed"
    refund = world.row("select status, stripe_refund_id, reason from public.refunds")
    assert refund["status"] == "succeeded"
    assert refund["stripe_refund_id"].startswith("re_")
    assert world.ledger() == NOTHING_LEFT


def test_a_refund_of_another_amount_is_not_the_one_that_we_asked_for(world: World) -> None:
    booking = late_payment(world)
    assert world.deliver("refund.created", our_refund(booking, amount=1000)) == "processed"
    rows = world.rows("select amount_cents, status from public.refunds order by amount_cents")
    assert [tuple(row.values()) for row in rows] == [(1000, "succeeded"), (5310, "pending")]
    assert booking.payment["refunded_cents"] == 1000
    # Stripe will refuse the one that we asked for, since less is left.
    fail_refund(world, world.value("select id from public.refunds where status = 'pending'"))


def test_a_refund_made_in_the_dashboard_is_taken_over(world: World) -> None:
    booking = paid(world)
    assert booking.refund(1000, id="re_dashboard") == "processed"
    refund = world.row("select * from public.refunds")
    assert refund["stripe_refund_id"] == "re_dashboard"
    assert refund["reason"] == "Made in Stripe's Dashboard."
    assert (refund["payment_id"], refund["learner_id"]) == (
        booking.payment["id"],
        booking.columns["learner_id"],
    )
    assert world.value("select count(*) from private.outbox where topic = 'refund_payment'") == 0


def test_another_payments_refund_row_is_not_taken(world: World) -> None:
    mine, other = late_payment(world), paid(world)
    metadata = our_refund(mine)["metadata"]
    assert other.refund(5310, metadata=metadata) == "processed"
    assert other.payment["refunded_cents"] == 5310
    assert mine.payment["refunded_cents"] == 0
