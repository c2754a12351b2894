"""A refund follows what Stripe says of it, whoever made it and in whatever order the news come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import Booking, World, refund_object

INBOX = ("private.webhook_events", "private.webhook_event_bodies")

NOTHING_LEFT: dict[str, int] = {}


def paid(world: World, discount: int = 0, **service_columns: Any) -> Booking:
    booking = world.booking(**service_columns)
    if discount:
        booking.discount(discount)
    assert booking.pay() == "processed"
    return booking


def late(world: World) -> Booking:
    """A booking whose time is gone and whose payment came nevertheless."""
    booking = world.booking()
    intent = booking.intent()
    world.travel(by=timedelta(hours=1))
    world.book(world.person("Cleo"), booking.slot_id)
    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    return booking


def our_refund(booking: Booking, status: str = "succeeded", **fields: Any) -> dict[str, Any]:
    """What Stripe says of the refund that we asked for."""
    row = booking.world.row(
        "select id, amount_cents from public.refunds where payment_id = %s", booking.payment["id"]
    )
    fields = {"id": f"re_{row['id'].hex}", "metadata": {"refund_id": str(row["id"])}} | fields
    return refund_object(booking.payment, row["amount_cents"], status, **fields)


def refund_of(world: World) -> dict[str, Any]:
    return world.row(
        "select status, amount_cents, share_cents, fee_cents, discount_cents from public.refunds"
    )


# How a refund is booked


def test_half_of_a_discounted_lesson_goes_back_in_proportion(world: World) -> None:
    booking = paid(world, discount=450)
    assert booking.refund(2430) == "processed"
    assert refund_of(world) == {
        "status": "succeeded",
        "amount_cents": 2430,
        "share_cents": 2250,
        "fee_cents": 405,
        "discount_cents": 225,
    }
    assert world.ledger() == {
        "stripe_balance": 2430,
        "promotions": 225,
        "instructor_pending": -2250,
        "platform_fees": -405,
    }
    assert booking.payment["refunded_cents"] == 2430


def test_half_and_half_again_leave_nothing(world: World) -> None:
    booking = paid(world, discount=450)
    booking.refund(2430)
    booking.refund(2430)
    assert world.ledger() == NOTHING_LEFT
    assert booking.payment["refunded_cents"] == booking.payment["captured_cents"] == 4860


def test_a_refund_of_a_price_that_includes_the_fee(world: World) -> None:
    instructor = world.instructor()
    world.connection.execute("update public.instructor_details set fee_mode = 'included'")
    booking = world.booking(instructor)
    booking.discount(450)
    booking.pay()
    assert booking.refund(2025) == "processed"
    assert world.ledger() == {
        "stripe_balance": 2025,
        "promotions": 225,
        "instructor_pending": -1845,
        "platform_fees": -405,
    }


def test_where_the_fee_stays_the_instructors_share_goes_back(world: World) -> None:
    world.connection.execute("update public.organizations set fee_refundable = false")
    booking = paid(world)
    world.connection.execute("update public.organizations set fee_refundable = true")
    assert booking.refund(4500) == "processed"
    assert world.ledger() == {"stripe_balance": 810, "platform_fees": -810}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(data=st.data())
def test_any_number_of_parts_and_failures_closes_every_account(
    world: World, data: st.DataObject
) -> None:
    """Parts of a payment come back in any sizes; some fail, and what is left comes last."""
    with world.connection.transaction(force_rollback=True):
        instructor = world.instructor()
        fee_mode = data.draw(st.sampled_from(["on_top", "included"]), "fee mode")
        is_fee_refundable = data.draw(st.booleans(), "fee is refundable")
        world.connection.execute(
            "update public.organizations set fee_mode = %s, fee_bps = %s, fee_refundable = %s",
            [fee_mode, data.draw(st.integers(0, 5000), "fee"), is_fee_refundable],
        )
        price = data.draw(st.integers(50, 20_000), "price")
        booking = world.booking(instructor, price_cents=price)
        fee = booking.columns["platform_fee_cents"]
        booking.discount(data.draw(st.integers(0, max(0, fee - 1)), "discount"))
        booking.pay()
        left = booking.payment["amount_cents"]

        while left > 0 and data.draw(st.booleans(), "another part"):
            part = data.draw(st.integers(1, left), "part")
            refund = refund_object(booking.payment, part)
            assert world.deliver("refund.updated", refund) == "processed"
            if data.draw(st.booleans(), "fails later"):
                failed = refund | {"status": "failed"}
                assert world.deliver("refund.failed", failed) == "processed"
            else:
                left -= part
        assert world.violations() == []
        if left > 0:
            assert booking.refund(left) == "processed"
        assert world.ledger() == NOTHING_LEFT
        assert world.violations() == []


# In which order the news come


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


# Whose refund it is


def test_a_refund_that_we_asked_for_is_found_by_its_metadata(world: World) -> None:
    booking = late(world)
    assert world.deliver("refund.created", our_refund(booking)) == "processed"
    refund = world.row("select status, stripe_refund_id, reason from public.refunds")
    assert refund["status"] == "succeeded"
    assert refund["stripe_refund_id"].startswith("re_")
    assert world.ledger() == NOTHING_LEFT


def test_a_refund_of_another_amount_is_not_the_one_that_we_asked_for(world: World) -> None:
    booking = late(world)
    assert world.deliver("refund.created", our_refund(booking, amount=1000)) == "processed"
    rows = world.rows("select amount_cents, status from public.refunds order by amount_cents")
    assert [tuple(row.values()) for row in rows] == [(1000, "succeeded"), (5310, "pending")]
    assert booking.payment["refunded_cents"] == 1000
    # Stripe will refuse the one that we asked for, since less is left.
    world.serve(
        "jobs",
        "private.record_refund_failure",
        p_refund_id=world.value("select id from public.refunds where status = 'pending'"),
        p_code="charge_already_refunded",
        p_message="",
    )


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
    mine, other = late(world), paid(world)
    metadata = our_refund(mine)["metadata"]
    assert other.refund(5310, metadata=metadata) == "processed"
    assert other.payment["refunded_cents"] == 5310
    assert mine.payment["refunded_cents"] == 0


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


def test_a_refund_of_a_lesson_that_was_paid_out_leaves_a_debt(world: World) -> None:
    """45.00 at 10 % off: half of it goes back after the payout."""
    instructor = world.instructor()
    world.onboard(instructor)
    booking = world.booking(instructor)
    booking.discount(450)
    booking.pay()
    booking.complete()
    world.travel(by=timedelta(days=8))
    assert [run["amount_paid_cents"] for run in world.run_payouts()] == [4500]

    assert booking.refund(2430) == "processed"
    world.serve("jobs", "private.maintain")
    balance = world.row("select total_cents, available_cents from public.instructor_balances")
    assert balance == {"total_cents": 2250, "available_cents": -2250}
    assert (
        world.value(
            "select private.account_balance_cents('payee_payable', %s, 'gbp')", instructor.id
        )
        == 2250
    )
