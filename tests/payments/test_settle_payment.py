"""Money that came in is booked once; what does not match its booking is set aside."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.factories import Booking, World, intent_object, refund_object

AS_SERVICE = """select set_config('request.jwt.claims', '{"role": "service_role"}', true)"""
AS_NOBODY = "select set_config('request.jwt.claims', '', true)"
INBOX = ("private.webhook_events", "private.webhook_event_bodies")


def succeed(booking: Booking, **fields: Any) -> str:
    return booking.world.deliver("payment_intent.succeeded", booking.intent(**fields))


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
    booking = world.booking()
    booking.discount(450)
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
    booking = world.booking(instructor)
    booking.discount(450)
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


# What does not match


@pytest.mark.parametrize("received", [5309, 5311, 1, 99_999_999])
def test_another_amount_is_set_aside_and_confirms_nothing(world: World, received: int) -> None:
    booking = world.booking()
    assert succeed(booking, amount_received=received) == "parked"
    assert booking.status == "held"
    payment = booking.payment
    assert (payment["status"], payment["failure_code"]) == ("unknown", "amount_mismatch")
    assert payment["captured_cents"] == 0
    assert world.ledger() == {"stripe_balance": received, "suspense": -received}
    assert world.value("select note from private.webhook_events") == "amount_mismatch"


@pytest.mark.parametrize("received", [0, None])
def test_no_money_at_all_confirms_nothing(world: World, received: int | None) -> None:
    booking = world.booking()
    assert succeed(booking, amount_received=received) == "parked"
    assert booking.status == "held"
    assert world.ledger() == {}


@pytest.mark.parametrize("currency", ["eur", "jpy", "USD"])
def test_another_currency_is_set_aside_and_confirms_nothing(world: World, currency: str) -> None:
    booking = world.booking()
    assert succeed(booking, currency=currency) == "parked"
    assert booking.status == "held"
    kinds = world.rows("select kind::text, currency from private.ledger_accounts order by 1")
    assert [tuple(row.values()) for row in kinds] == [
        ("stripe_balance", currency.lower()),
        ("suspense", currency.lower()),
    ]


def test_money_set_aside_is_booked_once_however_often_it_is_told(world: World) -> None:
    booking = world.booking()
    succeed(booking, amount_received=5309)
    with world.unchanged(leaving_out=INBOX):
        assert succeed(booking, amount_received=5309) == "parked"


def test_money_set_aside_keeps_the_booking_from_being_paid_again(world: World) -> None:
    booking = world.booking()
    succeed(booking, amount_received=5309)
    assert booking.open_payment()["payment_id"] == booking.payment["id"]


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"payment_id": ""},
        {"payment_id": "no-uuid"},
        {"payment_id": str(uuid4())},
        {"payment_id": {"$ne": None}},
        {"payment_id": "'; drop table public.payments; --"},
    ],
)
def test_money_of_an_unknown_payment_is_set_aside(world: World, metadata: dict[str, Any]) -> None:
    booking = world.booking()
    foreign = booking.intent(id="pi_foreign", metadata=metadata)
    assert world.deliver("payment_intent.succeeded", foreign) == "parked"
    assert world.value("select note from private.webhook_events") == "unknown_payment"
    assert world.ledger() == {"stripe_balance": 5310, "suspense": -5310}
    assert booking.status == "held"
    assert booking.payment["status"] == "requires_payment"


@pytest.mark.parametrize("metadata", [None, [], "payment", 7])
def test_metadata_that_is_no_object_is_money_of_an_unknown_payment(
    world: World, metadata: Any
) -> None:
    booking = world.booking()
    foreign = booking.intent(id="pi_foreign", metadata=metadata)
    assert world.deliver("payment_intent.succeeded", foreign) == "parked"
    assert world.ledger() == {"stripe_balance": 5310, "suspense": -5310}


def test_a_second_intent_that_claims_a_payment_is_set_aside(world: World) -> None:
    booking = world.booking()
    succeed(booking)
    second = booking.intent(id="pi_second")
    assert world.deliver("payment_intent.succeeded", second) == "parked"
    assert world.ledger()["suspense"] == -5310
    assert booking.payment["refunded_cents"] == 0


def test_money_of_a_cancelled_intent_is_set_aside(world: World) -> None:
    booking = world.booking()
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    assert succeed(booking) == "parked"
    assert booking.payment["status"] == "cancelled"
    assert booking.status == "held"
    assert world.ledger() == {"stripe_balance": 5310, "suspense": -5310}


def test_the_booking_named_in_the_metadata_does_not_count(world: World) -> None:
    """Only our payment says which booking it pays for."""
    booking, other = world.booking(), world.booking()
    metadata = {"payment_id": str(booking.intent()["metadata"]["payment_id"])}
    assert succeed(booking, metadata=metadata | {"booking_id": str(other.id)}) == "processed"
    assert (booking.status, other.status) == ("confirmed", "held")


# Twice


def test_a_second_success_for_one_booking_goes_back_in_full(world: World) -> None:
    booking = world.booking()
    succeed(booking)
    second = second_payment(booking)
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
    second = second_payment(booking)
    world.deliver("payment_intent.succeeded", intent_object(second, "succeeded"))
    assert world.deliver("refund.updated", refund_object(first, 531)) == "processed"

    booking.complete()
    earning = world.row("select payment_id, amount_cents from public.earnings")
    assert earning == {"payment_id": first["id"], "amount_cents": 4050}


def second_payment(booking: Booking) -> dict[str, Any]:
    """Another open payment for the booking, which no function of ours would make."""
    world = booking.world
    with world.connection.transaction():
        world.connection.execute(AS_SERVICE)
        world.connection.execute(
            "insert into public.payments (org_id, booking_id, payer_id, learner_id, instructor_id,"
            " currency, list_cents, discount_cents, fee_cents, share_cents, amount_cents, minutes,"
            " created_at)"
            " select org_id, booking_id, payer_id, learner_id, instructor_id, currency, list_cents,"
            " discount_cents, fee_cents, share_cents, amount_cents, minutes,"
            " created_at + interval '1 minute' from public.payments"
        )
        world.connection.execute(AS_NOBODY)
    return world.row("select * from public.payments order by created_at desc limit 1")
