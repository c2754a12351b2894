"""A refund follows Stripe, whoever made it, whatever the order of events and responses."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.factories import Booking, Credit, World, refund_object
from tests.payments.steps import (
    fail_refund,
    late_payment,
    our_refund,
    paid,
    record_refund,
    refund_of,
    refund_row,
)

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
        {"currency": "eur"},
        {"currency": "jpy"},
        {"currency": None},
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


def test_the_currency_of_a_refund_may_be_in_capitals(world: World) -> None:
    booking = paid(world)
    assert booking.refund(5310, currency="GBP") == "processed"
    assert world.value("select currency from public.refunds") == "gbp"
    assert world.ledger() == NOTHING_LEFT


def test_money_that_came_in_another_currency_goes_back_in_that(world: World) -> None:
    booking = world.booking()
    assert world.deliver("payment_intent.succeeded", booking.intent(currency="eur")) == "processed"
    assert booking.refund(5310, currency="eur") == "processed"
    assert world.value("select currency from public.refunds") == "eur"
    assert world.ledger() == NOTHING_LEFT


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


def test_the_answer_and_the_webhook_are_one_refund(world: World, booking: Booking) -> None:
    record_refund(world, refund_row(world)["id"], our_refund(booking))
    assert refund_row(world)["status"] == "succeeded"
    assert world.ledger() == {}
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver("refund.created", our_refund(booking)) == "processed"


def test_the_answer_after_the_webhook_changes_nothing(world: World, booking: Booking) -> None:
    world.deliver("refund.created", our_refund(booking))
    with world.unchanged():
        record_refund(world, refund_row(world)["id"], our_refund(booking, "pending"))


def test_a_pending_answer_moves_no_money_yet(world: World, booking: Booking) -> None:
    record_refund(world, refund_row(world)["id"], our_refund(booking, "pending"))
    assert refund_row(world)["status"] == "pending"
    assert world.ledger()["stripe_balance"] == 5310
    world.deliver("refund.updated", our_refund(booking))
    assert world.ledger() == {}


@pytest.mark.parametrize("metadata", [{}, {"refund_id": "no-uuid"}, {"refund_id": str(uuid4())}])
def test_another_rows_refund_is_refused(
    world: World, booking: Booking, metadata: dict[str, str]
) -> None:
    refund_id = refund_row(world)["id"]
    with world.unchanged(), world.refusing("PT422", "wrong_refund"):
        record_refund(world, refund_id, our_refund(booking, metadata=metadata))


@pytest.fixture
def credit(world: World) -> Credit:
    """Two hours for 106.20, of which one is booked: a minute cost 0.885."""
    instructor, service_id = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 2)
    credit.book(service_id)
    return credit


@pytest.mark.parametrize(
    ("cents", "minutes", "unmatched"),
    [(5310, 60, 0), (885, 10, 0), (900, 10, 15), (50, 0, 50), (10620, 60, 5310)],
)
def test_whole_minutes_go_and_what_exceeds_them_matches_nothing(
    world: World, credit: Credit, cents: int, minutes: int, unmatched: int
) -> None:
    refund = refund_object(credit.payment, cents)
    assert world.deliver("refund.updated", refund) == "processed"
    row = world.row("select status, unmatched_cents from public.refunds")
    assert (row["status"], row["unmatched_cents"]) == ("succeeded", unmatched)
    assert credit.columns["minutes_refunded"] == minutes
    assert world.ledger().get("suspense", 0) == unmatched
    assert credit.payment["refunded_cents"] == cents


def test_a_dashboard_refund_that_fails_gives_the_minutes_back(world: World, credit: Credit) -> None:
    refund = refund_object(credit.payment, 900)
    world.deliver("refund.updated", refund)
    world.deliver("refund.failed", refund | {"status": "failed"})
    assert (credit.columns["minutes_refunded"], credit.columns["minutes_left"]) == (0, 60)
    assert world.ledger() == {
        "stripe_balance": 10620,
        "learner_prepaid": -9000,
        "deferred_fees": -1620,
    }
