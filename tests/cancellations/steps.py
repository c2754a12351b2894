"""Times that cost more or less, moves, and authorized payments in a line each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, Booking, World, intent_object


def price_on(world: World, booking: Booking, day: datetime, cents: int) -> None:
    """Lets the booking's service cost something else on a day."""
    card = world.insert(
        "public.rate_cards",
        {
            "org_id": MARKETPLACE,
            "name": f"{day:%Y-%m-%d}",
            "currency": "gbp",
            "valid_from": day.date(),
            "valid_to": day.date(),
        },
    )
    world.insert(
        "public.rate_card_items",
        {
            "org_id": MARKETPLACE,
            "rate_card_id": card,
            "service_id": booking.columns["service_id"],
            "currency": "gbp",
            "price_cents": cents,
        },
    )


def move(
    world: World, booking: Booking, start_at: datetime, user_id: UUID | None = None, **columns: Any
) -> DictRow:
    """Reschedules a booking to a time that is published for it; what the function returns."""
    world.connection.execute(
        "insert into public.bookable_slots"
        " (org_id, service_id, instructor_id, start_at, end_at, max_bookings)"
        " select org_id, service_id, instructor_id, %s, %s + (end_at - start_at), 1"
        " from public.bookings where id = %s on conflict do nothing",
        [start_at, start_at, booking.id],
    )
    (moved,) = world.ask(
        user_id or booking.learner,
        "public.reschedule_booking",
        p_booking_id=booking.id,
        p_start_at=start_at,
        **columns,
    )
    return moved


def follow(booking: Booking, moved: DictRow) -> Booking:
    """The booking that another one was rescheduled to."""
    slot_id = booking.world.value(
        "select slot_id from public.bookings where id = %s", moved["booking_id"]
    )
    return Booking(booking.world, moved["booking_id"], booking.learner, booking.instructor, slot_id)


def payments(booking: Booking) -> list[DictRow]:
    """The booking's payments, the oldest first."""
    return booking.world.rows(
        "select payment.* from public.payments payment"
        " join public.payment_items part on part.payment_id = payment.id"
        " join public.order_items item on item.id = part.item_id"
        " where item.booking_id = %s order by payment.amount_cents desc, payment.id",
        booking.id,
    )


def pay_difference(booking: Booking) -> DictRow:
    """Pays what a dearer time costs more."""
    booking.world.travel(by=timedelta(minutes=1))
    booking.open_payment()
    intent = intent_object(booking.payment, "succeeded")
    payment = booking.payment
    assert booking.world.deliver("payment_intent.succeeded", intent) == "processed"
    return payment


def refunds(world: World) -> list[int]:
    rows = world.rows("select amount_cents from public.refunds order by amount_cents")
    return [row["amount_cents"] for row in rows]


def authorized(world: World, **columns: Any) -> Booking:
    """A booking whose bank has reserved the money."""
    booking = world.booking(capture_mode="manual", **columns)
    booking.open_payment()
    intent = booking.intent("requires_capture")
    assert world.deliver("payment_intent.amount_capturable_updated", intent) == "processed"
    return booking


def capture(booking: Booking) -> None:
    """Lets Stripe carry out the capture that was decided."""
    (command,) = booking.world.commands("capture_payment")
    captured = booking.intent("succeeded", amount_received=command["amount_cents"])
    booking.world.deliver("payment_intent.succeeded", captured)


def earned(world: World) -> int:
    cents: int = world.value("select coalesce(sum(amount_cents), 0)::bigint from public.earnings")
    return cents


def alerts(world: World) -> list[str]:
    return [row["code"] for row in world.rows("select code from public.alerts order by code")]
