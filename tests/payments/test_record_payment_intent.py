"""Stripe's answer to a new PaymentIntent is taken for the payment that it was made for."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World


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
