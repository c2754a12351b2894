"""Money that is reserved for a lesson is captured, or let go, before the bank lets it lapse."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.cancellations.steps import alerts, authorized, earned
from tests.factories import Booking, World

AGE = timedelta(days=6, hours=12)


@pytest.fixture
def booking(world: World) -> Booking:
    return authorized(world)


def test_a_lesson_later_than_its_authorization_is_called_off_in_time(
    world: World, booking: Booking
) -> None:
    """No function moves a lesson so far; an admin in Studio may."""
    authorized_at = booking.payment["authorized_at"]
    world.connection.execute("set local session_replication_role = replica")
    world.connection.execute(
        "update public.bookings set start_at = start_at + interval '7 days',"
        " end_at = end_at + interval '7 days' where id = %s",
        [booking.id],
    )
    world.connection.execute(
        "update public.bookable_slots set start_at = start_at + interval '7 days',"
        " end_at = end_at + interval '7 days' where id = %s",
        [booking.slot_id],
    )
    world.connection.execute(
        "update private.person_calendar set during = tstzrange("
        " lower(during) + interval '7 days', upper(during) + interval '7 days')"
    )
    world.connection.execute("update private.open_bookings set end_at = end_at + interval '7 days'")
    world.connection.execute("set local session_replication_role = origin")
    world.travel(to=authorized_at + AGE - timedelta(seconds=1))
    world.maintain()
    assert booking.status == "confirmed"
    world.travel(to=authorized_at + AGE)
    for _ in range(2):
        world.maintain()
    assert (booking.status, booking.columns["cancelled_by"]) == ("cancelled", "system")
    assert len(world.commands("cancel_payment_intent")) == 1
    assert alerts(world) == ["authorization_voided"]
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    assert (booking.payment["status"], world.ledger(), earned(world)) == ("cancelled", {}, 0)


def test_a_completed_lesson_is_captured_however_old(world: World, booking: Booking) -> None:
    booking.complete()
    world.travel(to=booking.payment["authorized_at"] + AGE)
    world.maintain()
    assert booking.status == "completed"
    assert world.commands("cancel_payment_intent") == []
    assert len(world.commands("capture_payment")) == 1
