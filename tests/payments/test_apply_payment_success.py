"""Money that came in is split, booked once, and confirms its booking or goes back."""

from __future__ import annotations

from typing import Any

from tests.factories import Booking, World, intent_object, refund_object
from tests.payments.steps import succeed

AS_SERVICE = """select set_config('request.jwt.claims', '{"role": "service_role"}', true)"""
AS_NOBODY = "select set_config('request.jwt.claims', '', true)"


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


def test_the_booking_named_in_the_metadata_does_not_count(world: World) -> None:
    """Only our payment says which booking it pays for."""
    booking, other = world.booking(), world.booking()
    metadata = {"payment_id": str(booking.intent()["metadata"]["payment_id"])}
    assert succeed(booking, metadata=metadata | {"booking_id": str(other.id)}) == "processed"
    assert (booking.status, other.status) == ("confirmed", "held")


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
