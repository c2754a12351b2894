"""Steps of a lesson, by whoever tries them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.factories import Booking, World


def confirmed(world: World, **service_columns: Any) -> Booking:
    booking = world.booking(**service_columns)
    assert booking.status == "confirmed" or booking.pay() == "processed"
    return booking


def start(booking: Booking, by: UUID | None = None) -> object:
    caller = by or booking.instructor.user_id
    return booking.world.call(caller, "public.start_lesson", p_booking_id=booking.id)


def complete(booking: Booking, by: UUID | None = None, notes: str | None = None) -> object:
    return booking.world.call(
        by or booking.instructor.user_id,
        "public.complete_lesson",
        p_booking_id=booking.id,
        p_notes=notes,
    )
