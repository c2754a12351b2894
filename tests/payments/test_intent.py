"""A payment follows its PaymentIntent, whatever the order in which events and responses arrive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.factories import Booking, World, intent_object

INBOX = ("private.webhook_events", "private.webhook_event_bodies")

TYPES = {
    "requires_payment_method": "payment_intent.payment_failed",
    "requires_confirmation": "payment_intent.created",
    "requires_action": "payment_intent.requires_action",
    "processing": "payment_intent.processing",
    "requires_capture": "payment_intent.amount_capturable_updated",
    "succeeded": "payment_intent.succeeded",
    "canceled": "payment_intent.canceled",
}


def say(booking: Booking, status: str, seconds: float = 0, **fields: Any) -> str:
    """Delivers what Stripe said of the payment's intent, some seconds from now."""
    return booking.world.deliver(
        TYPES[status],
        booking.intent(status, **fields),
        occurred_at=booking.world.now() + timedelta(seconds=seconds),
    )


def decline(code: str) -> dict[str, Any]:
    return {"last_payment_error": {"code": "card_declined", "decline_code": code, "message": "No."}}


@pytest.mark.parametrize(
    ("stripes", "ours"),
    [
        ("requires_payment_method", "requires_payment"),
        ("requires_confirmation", "requires_payment"),
        ("requires_action", "requires_action"),
        ("processing", "processing"),
        ("requires_capture", "authorized"),
        ("succeeded", "succeeded"),
        ("canceled", "cancelled"),
    ],
)
def test_stripes_statuses_have_our_words(world: World, stripes: str, ours: str) -> None:
    booking = world.booking()
    assert say(booking, stripes) == "processed"
    assert booking.payment["status"] == ours


def test_a_declined_card_that_succeeds_at_the_second_try_confirms_the_booking(
    world: World,
) -> None:
    booking = world.booking()
    assert (
        say(booking, "requires_payment_method", 1, **decline("insufficient_funds")) == "processed"
    )
    payment = booking.payment
    assert (payment["status"], payment["failure_code"]) == (
        "requires_payment",
        "insufficient_funds",
    )
    assert payment["failure_message"] == "No."
    assert booking.status == "held"

    assert say(booking, "succeeded", 2) == "processed"
    payment = booking.payment
    assert (payment["status"], payment["failure_code"]) == ("succeeded", None)
    assert payment["failure_message"] is None
    assert booking.status == "confirmed"


def test_a_decline_that_arrives_after_the_success_changes_nothing(world: World) -> None:
    booking = world.booking()
    say(booking, "succeeded", 2)
    with world.unchanged(leaving_out=INBOX):
        assert say(booking, "requires_payment_method", 1, **decline("expired_card")) == "processed"


@pytest.mark.parametrize("late", list(TYPES))
def test_nothing_takes_a_success_back(world: World, late: str) -> None:
    booking = world.booking()
    say(booking, "succeeded")
    with world.unchanged(leaving_out=INBOX):
        assert say(booking, late, 60) == "processed"


@pytest.mark.parametrize("late", [status for status in TYPES if status != "succeeded"])
def test_nothing_takes_a_cancellation_back(world: World, late: str) -> None:
    booking = world.booking()
    say(booking, "canceled")
    with world.unchanged(leaving_out=INBOX):
        assert say(booking, late, 60) == "processed"


def test_of_two_states_the_later_one_counts_in_whatever_order_they_come(world: World) -> None:
    in_order, out_of_order = world.booking(), world.booking()
    for seconds in (1, 2):
        status = {1: "processing", 2: "requires_action"}[seconds]
        say(in_order, status, seconds)
    for seconds in (2, 1):
        status = {1: "processing", 2: "requires_action"}[seconds]
        say(out_of_order, status, seconds)
    assert in_order.payment["status"] == out_of_order.payment["status"] == "requires_action"


def test_of_two_states_of_one_second_the_further_one_counts(world: World) -> None:
    in_order, out_of_order = world.booking(), world.booking()
    for status in ("requires_action", "processing"):
        say(in_order, status)
    for status in ("processing", "requires_action"):
        say(out_of_order, status)
    assert in_order.payment["status"] == out_of_order.payment["status"] == "processing"


def fetches(world: World) -> list[dict[str, Any]]:
    return [
        command["payload"]
        for command in world.rows(
            "select payload from private.outbox where topic = 'fetch_payment_intent' order by id"
        )
    ]


def settle(booking: Booking, status: str, **fields: Any) -> None:
    """Answers the fetches that wait: this is how the intent stands at Stripe."""
    for asked in fetches(booking.world):
        booking.world.serve(
            "jobs",
            "private.record_payment_intent",
            p_payment_id=asked["payment_id"],
            p_payment_intent=Jsonb(booking.intent(status, **fields)),
            p_settles_at=asked["settles_at"],
        )


def test_a_decline_in_the_second_of_the_intents_creation_is_not_lost(world: World) -> None:
    booking = world.booking()
    created_at = datetime.fromtimestamp(booking.intent("requires_payment_method")["created"], UTC)
    record(world, booking.payment["id"], booking.intent("requires_payment_method"))
    declined = booking.intent("requires_payment_method", **decline("expired_card"))
    world.deliver("payment_intent.payment_failed", declined, occurred_at=created_at)
    assert booking.payment["failure_code"] == "expired_card"
    world.deliver(
        "payment_intent.created",
        booking.intent("requires_payment_method"),
        occurred_at=created_at,
    )
    assert booking.payment["failure_code"] == "expired_card"
    settle(booking, "requires_payment_method", **decline("expired_card"))
    assert booking.payment["failure_code"] == "expired_card"


@pytest.mark.parametrize("first", ["processing", "requires_payment_method"])
def test_a_failure_in_the_second_of_its_processing_frees_the_time(world: World, first: str) -> None:
    booking = world.booking()
    news = {"processing": {}, "requires_payment_method": decline("bank_refused")}
    for status in sorted(news, key=lambda status: status != first):
        say(booking, status, **news[status])
    assert booking.payment["status"] == "processing"
    assert booking.columns["hold_expires_at"] == booking.columns["start_at"] - A_DAY
    assert fetches(world) == [
        {
            "payment_id": str(booking.payment["id"]),
            "payment_intent": booking.payment["stripe_payment_intent_id"],
            "settles_at": world.now().isoformat(),
        }
    ]
    settle(booking, "requires_payment_method", **decline("bank_refused"))
    payment = booking.payment
    assert (payment["status"], payment["failure_code"]) == ("requires_payment", "bank_refused")
    assert booking.columns["hold_expires_at"] == world.now() + QUARTER


def test_later_news_stay_when_an_earlier_second_is_settled(world: World) -> None:
    booking = world.booking()
    say(booking, "processing")
    say(booking, "requires_action")
    say(booking, "requires_payment_method", 1, **decline("expired_card"))
    payment = booking.payment
    settle(booking, "processing")
    assert booking.payment == payment


def test_a_success_that_a_fetch_finds_confirms_the_booking(world: World) -> None:
    booking = world.booking()
    say(booking, "processing")
    say(booking, "requires_action")
    settle(booking, "succeeded")
    assert booking.status == "confirmed"


def test_the_same_news_of_one_second_ask_nothing(world: World) -> None:
    booking = world.booking()
    say(booking, "processing")
    say(booking, "processing")
    say(booking, "requires_action", -1)
    assert fetches(world) == []


def test_an_authorized_amount_is_noted_and_given_up_with_the_intent(world: World) -> None:
    booking = world.booking()
    say(booking, "requires_capture", 1)
    assert booking.payment["authorized_cents"] == 5310
    say(booking, "canceled", 2)
    assert booking.payment["authorized_cents"] == 0
    assert booking.payment["captured_cents"] == 0


def test_an_authorization_confirms_what_is_captured_by_hand_alone(world: World) -> None:
    manual, automatic = world.booking(capture_mode="manual"), world.booking()
    for booking in (manual, automatic):
        say(booking, "requires_capture", 1)
        assert booking.payment["status"] == "authorized"
    assert (manual.status, manual.payment["is_accepted"]) == ("confirmed", True)
    assert (automatic.status, automatic.payment["is_accepted"]) == ("held", False)


def test_a_payment_that_was_never_recorded_is_found_by_its_metadata(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    assert booking.payment["stripe_payment_intent_id"] is None
    assert booking.pay() == "processed"
    assert booking.payment["stripe_payment_intent_id"] == f"pi_{booking.payment['id'].hex}"


@pytest.mark.parametrize("status", [status for status in TYPES if status != "succeeded"])
def test_an_intent_of_somebody_else_is_ignored_until_it_has_money(
    world: World, status: str
) -> None:
    booking = world.booking()
    foreign = booking.intent(status, id="pi_foreign", metadata={})
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver(TYPES[status], foreign) == "ignored"


def test_a_second_intent_that_claims_a_payment_does_not_take_it_over(world: World) -> None:
    booking = world.booking()
    say(booking, "requires_action")
    second = booking.intent("canceled", id="pi_second")
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver("payment_intent.canceled", second) == "ignored"


def test_a_status_that_nobody_knows_is_parked(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    with world.unchanged(leaving_out=INBOX):
        unknown = intent_object(booking.payment, "requires_patience")
        assert world.deliver("payment_intent.updated", unknown) == "parked"


def record(world: World, payment_id: UUID, intent: dict[str, Any]) -> None:
    world.serve(
        "webhook_service",
        "private.record_payment_intent",
        p_payment_id=payment_id,
        p_payment_intent=Jsonb(intent),
    )


def test_the_answer_gives_the_payment_its_intent(world: World) -> None:
    booking = world.booking()
    intent = booking.intent("requires_payment_method")
    record(world, booking.payment["id"], intent)
    assert booking.payment["stripe_payment_intent_id"] == intent["id"]
    assert booking.payment["status"] == "requires_payment"


def test_the_answer_again_changes_nothing(world: World) -> None:
    booking = world.booking()
    intent = booking.intent("requires_payment_method")
    record(world, booking.payment["id"], intent)
    with world.unchanged():
        record(world, booking.payment["id"], intent)


def test_the_answer_after_the_webhook_takes_nothing_back(world: World) -> None:
    booking = world.booking()
    assert booking.pay() == "processed"
    with world.unchanged():
        record(world, booking.payment["id"], booking.intent("requires_payment_method"))


@pytest.mark.parametrize("metadata", [{}, {"payment_id": "no-uuid"}, {"payment_id": str(uuid4())}])
def test_another_payments_intent_is_refused(world: World, metadata: dict[str, str]) -> None:
    booking = world.booking()
    intent = booking.intent("requires_payment_method", metadata=metadata)
    with world.unchanged(), world.refusing("PT422", "wrong_payment_intent"):
        record(world, booking.payment["id"], intent)


QUARTER = timedelta(minutes=15)
A_DAY = timedelta(days=1)


def processing(world: World) -> Booking:
    booking = world.booking()
    assert world.deliver("payment_intent.processing", booking.intent("processing")) == "processed"
    return booking


def test_a_processing_payment_keeps_the_time_until_the_day_before_the_lesson(
    world: World,
) -> None:
    booking = processing(world)
    assert booking.columns["hold_expires_at"] == booking.columns["start_at"] - A_DAY
    world.travel(by=timedelta(hours=20))
    world.maintain()
    assert booking.status == "held"
    with world.refusing("PT409", "slot_taken"):
        world.book(world.person("Cleo"), booking.slot_id)


def test_a_processing_payment_that_succeeds_a_day_later_confirms(world: World) -> None:
    booking = processing(world)
    world.travel(by=timedelta(hours=20))
    assert booking.pay() == "processed"
    assert booking.status == "confirmed"


def test_after_a_processing_payment_fails_there_is_a_quarter_of_an_hour_again(
    world: World,
) -> None:
    booking = processing(world)
    world.travel(by=timedelta(hours=20))
    world.deliver("payment_intent.payment_failed", booking.intent("requires_payment_method"))
    assert booking.columns["hold_expires_at"] == world.now() + QUARTER
    assert booking.open_payment()["amount_cents"] == 5310


def test_a_decline_does_not_give_more_time(world: World) -> None:
    booking = world.booking()
    deadline = booking.columns["hold_expires_at"]
    intent = booking.intent("requires_payment_method")
    world.travel(by=timedelta(minutes=10))
    world.deliver("payment_intent.payment_failed", intent)
    assert booking.columns["hold_expires_at"] == deadline


def test_a_processing_payment_of_an_expired_booking_brings_nothing_back(world: World) -> None:
    booking = world.booking()
    intent = booking.intent("processing")
    world.travel(by=QUARTER)
    world.maintain()
    assert world.deliver("payment_intent.processing", intent) == "processed"
    assert booking.status == "expired"
    world.book(world.person("Cleo"), booking.slot_id)


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
