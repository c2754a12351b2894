"""What Stripe keeps of a payment is the platform's cost, booked once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.factories import Booking, World
from tests.payments.steps import paid


def record(booking: Booking, **fields: Any) -> None:
    available_on = booking.world.now() + timedelta(days=2)
    transaction = {"fee": 127, "currency": "gbp", "available_on": int(available_on.timestamp())}
    booking.world.serve(
        "jobs",
        "private.record_processing_fee",
        p_payment_id=booking.payment["id"],
        p_balance_transaction=Jsonb(transaction | fields),
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
            p_balance_transaction=Jsonb({"fee": 1, "currency": "gbp", "available_on": 1}),
        )
