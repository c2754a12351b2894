"""A success is posted and confirms the booking; money that comes too late goes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.cancellations.steps import alerts
from tests.factories import Booking, World, intent_object, refund_object
from tests.payments.steps import copy_payment, our_refund, paid, succeed


def commands(world: World, topic: str) -> list[dict[str, Any]]:
    rows = world.rows("select payload from private.outbox where topic = %s", topic)
    return [row["payload"] for row in rows]


def test_a_payment_is_split_between_instructor_and_platform(world: World) -> None:
    booking = world.booking()
    assert succeed(booking) == "processed"
    assert world.ledger() == {
        "stripe_balance": 5310,
        "instructor_pending": -4500,
        "platform_fees": -810,
    }
    payment = booking.payment
    assert (payment["status"], payment["captured_cents"]) == ("succeeded", 5310)
    assert payment["stripe_charge_id"] == f"ch_{payment['id'].hex}"


def test_a_discount_is_the_platforms_cost(world: World) -> None:
    booking = world.booking(discount_cents=450)
    assert booking.columns["due_cents"] == 4860
    assert succeed(booking) == "processed"
    assert world.ledger() == {
        "stripe_balance": 4860,
        "promotions": 450,
        "instructor_pending": -4500,
        "platform_fees": -810,
    }


def test_a_discount_on_a_price_that_includes_the_fee(world: World) -> None:
    instructor = world.instructor()
    world.connection.execute("update public.instructor_details set fee_mode = 'included'")
    booking = world.booking(instructor, discount_cents=450)
    assert booking.columns["due_cents"] == 4050
    assert succeed(booking) == "processed"
    assert world.ledger() == {
        "stripe_balance": 4050,
        "promotions": 450,
        "instructor_pending": -3690,
        "platform_fees": -810,
    }


def test_the_fee_that_stripe_keeps_is_asked_for_once(world: World) -> None:
    booking = world.booking()
    succeed(booking)
    succeed(booking)
    assert commands(world, "fetch_processing_fee") == [
        {
            "payment_id": str(booking.payment["id"]),
            "payment_intent": booking.payment["stripe_payment_intent_id"],
            "charge": booking.payment["stripe_charge_id"],
        }
    ]


def test_the_currency_may_come_in_capitals(world: World) -> None:
    booking = world.booking()
    assert succeed(booking, currency="GBP") == "processed"
    assert booking.status == "confirmed"


def test_the_charge_may_come_expanded(world: World) -> None:
    booking = world.booking()
    assert succeed(booking, latest_charge={"object": "charge", "id": "ch_whole"}) == "processed"
    assert booking.payment["stripe_charge_id"] == "ch_whole"


def test_the_booking_named_in_the_metadata_does_not_count(world: World) -> None:
    """Only our payment says which booking it pays for."""
    booking, other = world.booking(), world.booking()
    metadata = {"payment_id": str(booking.intent()["metadata"]["payment_id"])}
    assert succeed(booking, metadata=metadata | {"booking_id": str(other.id)}) == "processed"
    assert (booking.status, other.status) == ("confirmed", "held")


def test_a_second_success_for_one_booking_goes_back_in_full(world: World) -> None:
    booking = world.booking()
    succeed(booking)
    second = copy_payment(world)
    intent = intent_object(second, "succeeded")

    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert booking.status == "confirmed"
    refund = world.row("select payment_id, amount_cents, status from public.refunds")
    assert refund == {"payment_id": second["id"], "amount_cents": 5310, "status": "pending"}
    assert [command["payment_intent"] for command in commands(world, "refund_payment")] == [
        intent["id"]
    ]


def test_a_lesson_is_earned_by_the_first_success_and_not_by_the_second(world: World) -> None:
    booking = world.booking()
    succeed(booking)
    first = booking.payment
    second = copy_payment(world)
    world.deliver("payment_intent.succeeded", intent_object(second, "succeeded"))
    assert world.deliver("refund.updated", refund_object(first, 531)) == "processed"

    world.carry_refunds()
    booking.complete()
    earning = world.row("select booking_id, amount_cents from public.earnings")
    assert earning == {"booking_id": booking.id, "amount_cents": 4050}


@pytest.fixture
def late(world: World) -> tuple[Booking, dict[str, Any]]:
    """A booking that has expired, and the success of its payment that has not come yet."""
    booking = world.booking()
    intent = booking.intent()
    world.travel(to=booking.columns["hold_expires_at"])
    world.maintain()
    assert booking.status == "expired"
    return booking, intent


def refunds(world: World) -> list[tuple[int, str]]:
    rows = world.rows("select amount_cents, status::text from public.refunds")
    return [(row["amount_cents"], row["status"]) for row in rows]


def test_a_time_that_is_still_free_is_booked_again(
    world: World, late: tuple[Booking, dict[str, Any]]
) -> None:
    booking, intent = late
    for _ in range(2):
        assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert (booking.status, booking.payment["is_accepted"]) == ("confirmed", True)
    assert refunds(world) == []
    booking.complete()
    assert world.value("select sum(amount_cents) from public.earnings") == 4500


@pytest.mark.parametrize("how", ["taken", "begun", "instructor busy"])
def test_else_all_of_it_goes_back_once(
    world: World, late: tuple[Booking, dict[str, Any]], how: str
) -> None:
    booking, intent = late
    if how == "taken":
        world.book(world.person("Cleo"), booking.slot_id)
    elif how == "begun":
        world.travel(to=booking.columns["start_at"])
    else:
        start_at = booking.columns["start_at"] + timedelta(minutes=30)
        world.booking(booking.instructor, start_at=start_at)
    for _ in range(2):
        assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert (booking.status, booking.payment["is_accepted"]) == ("expired", False)
    assert refunds(world) == [(5310, "pending")]
    assert len(world.commands("refund_payment")) == 1
    world.carry_refunds()
    assert (refunds(world), world.ledger()) == ([(5310, "succeeded")], {})


def test_a_refund_that_fails_after_its_success_is_owed_again(
    world: World, late: tuple[Booking, dict[str, Any]]
) -> None:
    booking, intent = late
    world.book(world.person("Cleo"), booking.slot_id)
    world.deliver("payment_intent.succeeded", intent)
    paid = world.ledger()
    world.deliver("refund.updated", our_refund(booking))
    assert world.ledger() == {}
    for _ in range(2):
        world.deliver("refund.failed", our_refund(booking, "failed"))
    assert (world.ledger(), refunds(world)) == (paid, [(5310, "failed")])
    assert (booking.payment["refunded_cents"], alerts(world)) == (0, ["refund_failed"])
    world.call(
        world.admin(),
        "public.admin_refund",
        p_payment_id=booking.payment["id"],
        p_amount_cents=5310,
        p_reason="Again",
    )
    world.carry_refunds()
    assert (world.ledger(), booking.payment["refunded_cents"]) == ({}, 5310)


def record(booking: Booking, **fields: Any) -> None:
    available_on = booking.world.now() + timedelta(days=2)
    transaction = {
        "id": "txn_1",
        "fee": 127,
        "currency": "gbp",
        "available_on": int(available_on.timestamp()),
    }
    booking.world.serve(
        "jobs",
        "private.record_processing_fee",
        p_payment_id=booking.payment["id"],
        p_balance_transactions=Jsonb([transaction | fields]),
    )


def test_the_fee_leaves_stripes_balance(world: World) -> None:
    booking = paid(world)
    record(booking)
    assert world.ledger() == {
        "stripe_balance": 5183,
        "processor_fees": 127,
        "instructor_pending": -4500,
        "platform_fees": -810,
    }
    payment = booking.payment
    assert payment["processing_fee_cents"] == 127
    assert payment["funds_available_at"] == (world.now() + timedelta(days=2)).replace(microsecond=0)


def test_the_fee_is_booked_once(world: World) -> None:
    booking = paid(world)
    record(booking)
    with world.unchanged():
        record(booking)


def test_a_fee_that_stripe_books_in_two_parts_is_posted_as_their_sum(world: World) -> None:
    """A partial capture is booked as the whole, and as a reversal of the rest."""
    booking = paid(world)
    record(booking)
    for _ in range(2):
        record(booking, id="txn_2", fee=-27)
    assert booking.payment["processing_fee_cents"] == 100
    assert world.ledger()["processor_fees"] == 100
    assert world.ledger()["stripe_balance"] == 5210


@pytest.mark.parametrize("first", ["waiting", "done", "dead"])
def test_a_charge_that_changes_has_its_fee_fetched(world: World, first: str) -> None:
    """Stripe books some fees late, and says so by charge.updated."""
    booking = paid(world)
    ended = {"done": "processed_at", "dead": "dead_at"}.get(first, "available_at")
    world.connection.execute(f"update private.outbox set {ended} = private.clock() + '1 hour'")
    charge = {
        "object": "charge",
        "id": booking.payment["stripe_charge_id"],
        "payment_intent": booking.payment["stripe_payment_intent_id"],
        "status": "succeeded",
        "balance_transaction": None,
    }
    assert world.deliver("charge.updated", charge) == "processed"
    assert len(world.commands("fetch_processing_fee")) == 1
    for _ in range(2):
        world.deliver("charge.updated", charge | {"balance_transaction": "txn_2"})
    asked = world.commands("fetch_processing_fee")
    assert len(asked) == (1 if first == "waiting" else 2)
    assert asked[0] == asked[-1]
    assert asked[0]["charge"] == charge["id"]
    due = "select count(*) from private.outbox where available_at <= private.clock()"
    assert world.value(due) == len(asked)


def test_a_payment_without_a_fee_books_nothing(world: World) -> None:
    booking = paid(world)
    record(booking, fee=0)
    assert booking.payment["processing_fee_cents"] == 0
    assert "processor_fees" not in world.ledger()


@pytest.mark.parametrize("currency", ["eur", None])
def test_a_settlement_in_another_currency_is_refused(world: World, currency: str | None) -> None:
    booking = paid(world)
    with world.unchanged(), world.refusing("PT422", "settlement_currency_differs"):
        record(booking, currency=currency)


def test_a_negative_fee_is_refused(world: World) -> None:
    booking = paid(world)
    with world.unchanged(), world.refusing("23514", "processing_fee_is_not_negative"):
        record(booking, fee=-1)


def test_an_unknown_payment_is_refused(world: World) -> None:
    with world.unchanged(), world.refusing("P0002"):
        world.serve(
            "jobs",
            "private.record_processing_fee",
            p_payment_id=uuid4(),
            p_balance_transactions=Jsonb([]),
        )
