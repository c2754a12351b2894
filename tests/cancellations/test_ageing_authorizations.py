"""Money that is reserved for a lesson which nobody completes is let go before the bank does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.cancellations.steps import alerts, authorized, earned
from tests.factories import Booking, World

AGE = timedelta(days=6, hours=12)


@pytest.fixture
def booking(world: World) -> Booking:
    return authorized(world)


def test_a_lesson_that_nobody_completed_is_called_off_in_time(
    world: World, booking: Booking
) -> None:
    authorized_at = booking.payment["authorized_at"]
    world.travel(to=authorized_at + AGE - timedelta(seconds=1))
    world.serve("jobs", "private.maintain")
    assert booking.status == "confirmed"
    world.travel(to=authorized_at + AGE)
    for _ in range(2):
        world.serve("jobs", "private.maintain")
    assert (booking.status, booking.columns["cancelled_by"]) == ("cancelled", "system")
    assert len(world.commands("cancel_payment_intent")) == 1
    assert alerts(world) == ["authorization_voided"]
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    assert (booking.payment["status"], world.ledger(), earned(world)) == ("cancelled", {}, 0)


def test_a_completed_lesson_is_captured_however_old(world: World, booking: Booking) -> None:
    booking.complete()
    world.travel(to=booking.payment["authorized_at"] + AGE)
    world.serve("jobs", "private.maintain")
    assert booking.status == "completed"
    assert world.commands("cancel_payment_intent") == []
    assert len(world.commands("capture_payment")) == 1
