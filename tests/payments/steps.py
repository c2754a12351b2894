"""Payments and refunds in a line each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import Booking, World, refund_object


def paid(world: World, discount: int = 0, **service_columns: Any) -> Booking:
    booking = world.booking(discount_cents=discount, **service_columns)
    assert booking.pay() == "processed"
    return booking


def succeed(booking: Booking, **fields: Any) -> str:
    return booking.world.deliver("payment_intent.succeeded", booking.intent(**fields))


def refund_of(world: World) -> dict[str, Any]:
    return world.row("select status, amount_cents from public.refunds")


def late_payment(world: World) -> Booking:
    """A booking that was cancelled before its payment came, so that a refund is on its way."""
    booking = world.booking()
    intent = booking.intent()
    world.connection.execute(
        "update public.bookings set status = 'cancelled', cancelled_by = 'learner',"
        " cancelled_at = private.clock() where id = %s",
        [booking.id],
    )
    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    return booking


def our_refund(booking: Booking, status: str = "succeeded", **fields: Any) -> dict[str, Any]:
    """What Stripe says of the one refund that we asked for."""
    row = booking.world.row(
        "select id, amount_cents from public.refunds where payment_id = %s", booking.payment["id"]
    )
    given = {"id": f"re_{row['id'].hex}", "metadata": {"refund_id": str(row["id"])}} | fields
    return refund_object(booking.payment, row["amount_cents"], status, **given)


def refund_row(world: World) -> DictRow:
    return world.row("select * from public.refunds")


def record_refund(world: World, refund_id: UUID, refund: dict[str, Any]) -> None:
    world.serve("jobs", "private.record_refund", p_refund_id=refund_id, p_refund=Jsonb(refund))


def fail_refund(world: World, refund_id: UUID) -> None:
    world.serve(
        "jobs",
        "private.record_refund_failure",
        p_refund_id=refund_id,
        p_code="charge_disputed",
        p_message="It is disputed.",
    )


AS_SERVICE = """select set_config('request.jwt.claims', '{"role": "service_role"}', true)"""
AS_NOBODY = "select set_config('request.jwt.claims', '', true)"


def copy_payment(world: World) -> DictRow:
    """Another open payment for the same items, which no function of ours would make."""
    with world.connection.transaction():
        world.connection.execute(AS_SERVICE)
        copied = world.row(
            "insert into public.payments (org_id, order_id, payer_id, learner_id, instructor_id,"
            " currency, list_cents, discount_cents, fee_cents, share_cents, amount_cents, minutes,"
            " created_at)"
            " select org_id, order_id, payer_id, learner_id, instructor_id, currency, list_cents,"
            " discount_cents, fee_cents, share_cents, amount_cents, minutes,"
            " created_at + interval '1 minute' from public.payments returning *"
        )
        world.connection.execute(
            "insert into public.payment_items (org_id, payment_id, item_id, booking_id, learner_id,"
            " instructor_id, share_cents, fee_cents, discount_cents, amount_cents)"
            " select org_id, %s, item_id, booking_id, learner_id, instructor_id, share_cents,"
            " fee_cents, discount_cents, amount_cents from public.payment_items",
            [copied["id"]],
        )
        world.connection.execute(AS_NOBODY)
    return copied
