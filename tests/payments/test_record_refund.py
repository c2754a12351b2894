"""Stripe's answer to a refund of ours, and its refusal."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.factories import Booking, World, refund_object

INBOX = ("private.webhook_events", "private.webhook_event_bodies")


@pytest.fixture
def booking(world: World) -> Booking:
    """A payment that came too late: its booking was cancelled, so a refund is on its way."""
    booking = world.booking()
    intent = booking.intent()
    world.connection.execute(
        "update public.bookings set status = 'cancelled', cancelled_by = 'learner',"
        " cancelled_at = private.clock()"
    )
    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    return booking


def answer(booking: Booking, status: str = "succeeded", **fields: Any) -> dict[str, Any]:
    refund_id = booking.world.value("select id from public.refunds")
    given = {"id": f"re_{refund_id.hex}", "metadata": {"refund_id": str(refund_id)}} | fields
    return refund_object(booking.payment, 5310, status, **given)


def record(world: World, refund_id: UUID, refund: dict[str, Any]) -> None:
    world.serve("jobs", "private.record_refund", p_refund_id=refund_id, p_refund=Jsonb(refund))


def fail(world: World, refund_id: UUID) -> None:
    world.serve(
        "jobs",
        "private.record_refund_failure",
        p_refund_id=refund_id,
        p_code="charge_disputed",
        p_message="It is disputed.",
    )


def refund_row(world: World) -> dict[str, Any]:
    return world.row("select * from public.refunds")


def test_the_answer_and_the_webhook_are_one_refund(world: World, booking: Booking) -> None:
    record(world, refund_row(world)["id"], answer(booking))
    assert refund_row(world)["status"] == "succeeded"
    assert world.ledger() == {}
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver("refund.created", answer(booking)) == "processed"


def test_the_answer_after_the_webhook_changes_nothing(world: World, booking: Booking) -> None:
    world.deliver("refund.created", answer(booking))
    with world.unchanged():
        record(world, refund_row(world)["id"], answer(booking, "pending"))


def test_a_pending_answer_moves_no_money_yet(world: World, booking: Booking) -> None:
    record(world, refund_row(world)["id"], answer(booking, "pending"))
    assert refund_row(world)["status"] == "pending"
    assert world.ledger()["stripe_balance"] == 5310
    world.deliver("refund.updated", answer(booking))
    assert world.ledger() == {}


@pytest.mark.parametrize("metadata", [{}, {"refund_id": "no-uuid"}, {"refund_id": str(uuid4())}])
def test_another_rows_refund_is_refused(
    world: World, booking: Booking, metadata: dict[str, str]
) -> None:
    refund_id = refund_row(world)["id"]
    with world.unchanged(), world.refusing("PT422", "wrong_refund"):
        record(world, refund_id, answer(booking, metadata=metadata))


def test_a_refusal_leaves_the_money_with_the_platform(world: World, booking: Booking) -> None:
    before = world.ledger()
    fail(world, refund_row(world)["id"])
    refund = refund_row(world)
    assert (refund["status"], refund["failure_code"]) == ("failed", "charge_disputed")
    assert world.ledger() == before


def test_a_refusal_takes_no_success_back(world: World, booking: Booking) -> None:
    record(world, refund_row(world)["id"], answer(booking))
    with world.unchanged():
        fail(world, refund_row(world)["id"])
