"""Stripe's answer to a refund of ours and the webhook about it are one refund."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.factories import Booking, World
from tests.payments.steps import our_refund, record_refund, refund_row

INBOX = ("private.webhook_events", "private.webhook_event_bodies")


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
