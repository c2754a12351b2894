"""Intents are cancelled and captured once, whatever happens on the way, and so are their payments.

The commands are what SQL enqueues; here a test does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.factories import Booking
from tests.jobs.payday import Payday
from tests.jobs.test_outbox import LOST, commands, pay_at_stripe

CARD = {"payment_method": "pm_card_visa", "confirm": True}


def open_intent(office: Payday, booking: Booking, **changes: Any) -> dict[str, Any]:
    """Makes the PaymentIntent of a booking at Stripe, as the webhook service does."""
    opened = booking.open_payment()
    parameters: Any = {
        **creation(opened),
        "automatic_payment_methods": {"enabled": True},
        **changes,
    }
    made = office.fake.stripe().v1.payment_intents.create(
        parameters,
        {"idempotency_key": opened["idempotency_key"]},
    )
    return made.to_dict(for_json=True)


def creation(opened: dict[str, Any]) -> Any:
    return {
        "amount": opened["amount_cents"],
        "currency": opened["currency"],
        "capture_method": opened["capture_method"],
        "description": opened["description"],
        "transfer_group": opened["transfer_group"],
        "metadata": opened["metadata"],
    }


def pay_later(office: Payday, booking: Booking) -> dict[str, Any]:
    """The learner's bank has reserved the money, and the marketplace has heard of it."""
    methods = {"enabled": True, "allow_redirects": "never"}
    intent = open_intent(
        office, booking, capture_method="manual", automatic_payment_methods=methods, **CARD
    )
    told = office.world.deliver("payment_intent.amount_capturable_updated", intent)
    assert (told, booking.payment["status"]) == ("processed", "authorized")
    return intent


def enqueue(office: Payday, topic: str, payload: dict[str, Any]) -> None:
    office.world.rows(
        "select private.enqueue_command(private.platform_id(), %s, %s, %s, %s)",
        topic,
        f"{topic}:{payload['payment_id']}",
        Jsonb(payload),
        f"payment:{payload['payment_id']}",
    )


def ask_to_cancel(office: Payday, booking: Booking, intent_id: str | None) -> None:
    opened = booking.open_payment()
    payload = {
        "payment_id": str(opened["payment_id"]),
        "payment_intent": intent_id,
        "create": creation(opened),
        "create_key": opened["idempotency_key"],
    }
    enqueue(office, "cancel_payment_intent", payload)


def ask_to_capture(office: Payday, booking: Booking, intent_id: str) -> None:
    payment = booking.payment
    payload = {
        "payment_id": str(payment["id"]),
        "payment_intent": intent_id,
        "amount_cents": payment["amount_cents"],
        "idempotency_key": f"capture:{payment['id']}",
    }
    enqueue(office, "capture_payment", payload)


def intent_statuses(office: Payday) -> list[str]:
    return [intent["status"] for intent in office.fake.objects("payment_intent")]


def test_an_intent_is_cancelled_and_its_payment_with_it(office: Payday) -> None:
    booking = office.world.booking()
    intent = open_intent(office, booking)
    ask_to_cancel(office, booking, intent["id"])
    finished = office.run("outbox")
    assert (finished.status, finished.stderr) == (0, "")
    assert commands(office) == {"cancel_payment_intent": "done"}
    assert intent_statuses(office) == ["canceled"]
    assert booking.payment["status"] == "cancelled"
    assert booking.payment["stripe_payment_intent_id"] == intent["id"]


def test_an_intent_that_was_seen_since_it_was_made_is_cancelled_too(office: Payday) -> None:
    """What is recorded is when it was cancelled: its making is old news by now."""
    booking = office.world.booking()
    intent = pay_later(office, booking)
    office.later(timedelta(minutes=5))
    ask_to_cancel(office, booking, intent["id"])
    assert office.run("outbox").status == 0
    assert intent_statuses(office) == ["canceled"]
    assert booking.payment["status"] == "cancelled"


def test_an_intent_whose_making_was_lost_is_found_under_its_key_and_cancelled(
    office: Payday,
) -> None:
    booking = office.world.booking()
    intent = open_intent(office, booking)
    assert booking.payment["stripe_payment_intent_id"] is None
    ask_to_cancel(office, booking, None)
    assert office.run("outbox").status == 0
    assert intent_statuses(office) == ["canceled"]
    assert booking.payment["stripe_payment_intent_id"] == intent["id"]
    assert booking.payment["status"] == "cancelled"


def test_an_intent_that_was_never_made_is_made_so_that_nobody_can_pay_it(office: Payday) -> None:
    booking = office.world.booking()
    ask_to_cancel(office, booking, None)
    assert office.run("outbox").status == 0
    assert intent_statuses(office) == ["canceled"]
    assert booking.payment["status"] == "cancelled"
    # A browser that asks late gets the cancelled one, under the same key.
    again = office.fake.stripe().v1.payment_intents.retrieve(
        booking.payment["stripe_payment_intent_id"]
    )
    assert again.status == "canceled"


@pytest.mark.parametrize("known", [True, False])
def test_an_intent_that_was_paid_first_is_recorded_as_paid(office: Payday, known: bool) -> None:
    booking = office.world.booking()
    intent = open_intent(office, booking)
    ask_to_cancel(office, booking, intent["id"] if known else None)
    office.fake.stripe().v1.payment_intents.confirm(
        intent["id"], {"payment_method": "pm_card_visa", "return_url": "https://example.org"}
    )
    finished = office.run("outbox")
    assert (finished.status, finished.stderr) == (0, "")
    assert commands(office)["cancel_payment_intent"] == "done"
    assert (booking.payment["status"], booking.status) == ("succeeded", "confirmed")
    assert office.world.violations() == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_cancellation_whose_answer_was_lost_is_recorded_later(
    office: Payday, fault: dict[str, Any]
) -> None:
    booking = office.world.booking()
    intent = open_intent(office, booking)
    ask_to_cancel(office, booking, intent["id"])
    office.fake.fault("POST", "/v1/payment_intents/*/cancel", times=None, **fault)
    assert office.run("outbox").status == 1
    assert commands(office) == {"cancel_payment_intent": "waiting"}
    office.fake.clear_faults()
    office.later(timedelta(hours=25))
    assert office.run("outbox").status == 0
    assert commands(office) == {"cancel_payment_intent": "done"}
    assert booking.payment["status"] == "cancelled"


def test_an_intent_that_does_not_exist_is_for_an_admin(office: Payday) -> None:
    booking = office.world.booking()
    ask_to_cancel(office, booking, "pi_gone")
    assert office.run("outbox").status == 1
    assert commands(office) == {"cancel_payment_intent": "dead"}
    assert booking.payment["status"] == "requires_payment"


def test_reserved_money_is_captured_once(office: Payday) -> None:
    booking = office.world.booking()
    intent = pay_later(office, booking)
    ask_to_capture(office, booking, intent["id"])
    assert office.run("outbox").status == 0
    assert commands(office)["capture_payment"] == "done"
    assert intent_statuses(office) == ["succeeded"]
    assert booking.payment["status"] == "succeeded"
    assert booking.payment["captured_cents"] == booking.payment["amount_cents"]
    assert booking.status == "confirmed"
    event = office.fake.events("payment_intent.succeeded")[0]
    with office.world.unchanged(
        leaving_out=["private.webhook_events", "private.webhook_event_bodies"]
    ):
        office.world.deliver("payment_intent.succeeded", event["data"]["object"])
    assert office.world.violations() == []


def test_a_capture_is_booked_when_it_was_made_and_not_when_its_intent_was(office: Payday) -> None:
    booking = office.world.booking()
    intent = pay_later(office, booking)
    office.later(timedelta(minutes=10))
    ask_to_capture(office, booking, intent["id"])
    office.run("outbox")
    age = office.world.value(
        "select private.clock() - effective_at from private.ledger_transactions"
        " where kind = 'payment_succeeded'"
    )
    assert age < timedelta(minutes=9)


@pytest.mark.slow
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_capture_whose_answer_was_lost_is_recorded_later(
    office: Payday, fault: dict[str, Any]
) -> None:
    """By then Stripe has forgotten the idempotency key, and says that nothing can be captured."""
    booking = office.world.booking()
    intent = pay_later(office, booking)
    ask_to_capture(office, booking, intent["id"])
    office.fake.fault("POST", "/v1/payment_intents/*/capture", times=None, **fault)
    assert office.run("outbox").status == 1
    assert commands(office)["capture_payment"] == "waiting"
    office.fake.clear_faults()
    office.later(timedelta(hours=25))
    assert office.run("outbox").status == 0
    assert commands(office)["capture_payment"] == "done"
    assert booking.payment["status"] == "succeeded"
    assert len(office.fake.objects("charge")) == 1
    assert office.world.violations() == []


def test_an_authorization_that_is_over_is_recorded_as_cancelled(office: Payday) -> None:
    booking = office.world.booking()
    intent = pay_later(office, booking)
    ask_to_capture(office, booking, intent["id"])
    office.later(timedelta(minutes=1))
    office.fake.stripe().v1.payment_intents.cancel(intent["id"])
    finished = office.run("outbox")
    assert (finished.status, finished.stderr) == (0, "")
    assert commands(office)["capture_payment"] == "done"
    assert booking.payment["status"] == "cancelled"
    assert booking.payment["captured_cents"] == 0


def test_a_capture_that_is_refused_while_the_money_is_still_reserved_is_for_an_admin(
    office: Payday,
) -> None:
    booking = office.world.booking()
    intent = pay_later(office, booking)
    payment = booking.payment
    payload = {
        "payment_id": str(payment["id"]),
        "payment_intent": intent["id"],
        "amount_cents": payment["amount_cents"] + 1,
        "idempotency_key": "capture:too_much",
    }
    enqueue(office, "capture_payment", payload)
    finished = office.run("outbox")
    assert finished.status == 1
    assert [event["outcome"] for event in finished.events("command_failed")] == ["dead"]
    assert commands(office) == {"capture_payment": "dead"}
    assert intent_statuses(office) == ["requires_capture"]
    assert booking.payment["status"] == "authorized"


@pytest.mark.parametrize("topic", ["cancel_payment_intent", "capture_payment"])
def test_an_intent_of_another_payment_is_not_taken(office: Payday, topic: str) -> None:
    """Somebody wrote the wrong intent into a command: the row at hand learns nothing from it."""
    one, other = office.world.booking(), office.world.booking()
    intent = pay_later(office, one)
    other.open_payment()
    (ask_to_cancel if topic == "cancel_payment_intent" else ask_to_capture)(
        office, other, intent["id"]
    )
    assert office.run("outbox").status == 1
    assert commands(office)[topic] == "dead"
    assert other.payment["status"] == "requires_payment"
    assert other.payment["stripe_payment_intent_id"] is None


def test_news_of_one_second_are_settled_by_a_look_at_the_intent(office: Payday) -> None:
    booking = office.world.booking()
    intent = open_intent(office, booking)
    now = office.world.now()
    for status in ("processing", "requires_action"):
        said = intent | {"status": status}
        told = office.world.deliver(f"payment_intent.{status}", said, occurred_at=now)
        assert told == "processed"
    assert booking.payment["status"] == "processing"
    assert office.run("outbox").status == 0
    assert booking.payment["status"] == "requires_payment"
    assert commands(office) == {"fetch_payment_intent": "done"}


def test_news_of_one_second_are_settled_by_a_look_at_the_dispute(office: Payday) -> None:
    booking = office.world.booking()
    pay_at_stripe(office, booking)
    opened = office.fake.open_dispute(booking.payment["stripe_charge_id"])
    now = office.world.now()
    for status in ("needs_response", "under_review"):
        said = opened | {"status": status}
        assert office.world.deliver("charge.dispute.updated", said, occurred_at=now) == "processed"
    assert office.world.value("select status from public.disputes") == "under_review"
    assert office.run("outbox").status == 0
    assert office.world.value("select status from public.disputes") == "needs_response"
    assert commands(office)["fetch_dispute"] == "done"
