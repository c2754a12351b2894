"""Money that matches nothing is set aside, once, and confirms nothing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.factories import World
from tests.payments.steps import succeed

INBOX = ("private.webhook_events", "private.webhook_event_bodies")


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


@pytest.mark.parametrize(
    "metadata", [{}, {"order": "7"}, None, [], ["payment_id"], "payment_id", 7]
)
def test_money_of_other_business_on_the_same_stripe_account_is_ignored(
    world: World, metadata: Any
) -> None:
    booking = world.booking()
    foreign = booking.intent(id="pi_foreign", metadata=metadata)
    assert world.deliver("payment_intent.succeeded", foreign) == "ignored"
    assert world.value("select note from private.webhook_events") == "not_ours"
    assert world.ledger() == {}


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
