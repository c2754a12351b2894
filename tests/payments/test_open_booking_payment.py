"""A service that captures by hand reserves the money where that lasts until the lesson is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import World


@pytest.mark.parametrize(
    ("beyond", "method"), [(timedelta(0), "manual"), (timedelta(seconds=1), "automatic")]
)
def test_a_lesson_that_ends_within_six_days_is_authorized_else_charged(
    world: World, beyond: timedelta, method: str
) -> None:
    start_at = world.in_days(8)
    booking = world.booking(capture_mode="manual", start_at=start_at)
    world.connection.execute("update public.bookings set hold_expires_at = start_at")
    world.travel(to=booking.columns["end_at"] - timedelta(days=6) - beyond)
    opened = booking.open_payment()
    assert opened["capture_method"] == method
    assert opened["amount_cents"] == booking.payment["amount_cents"] == 5310


def test_a_service_that_charges_at_once_does_so(world: World) -> None:
    assert world.booking().open_payment()["capture_method"] == "automatic"


def test_asked_again_it_is_the_same_payment(world: World) -> None:
    booking = world.booking(capture_mode="manual")
    assert booking.open_payment() == booking.open_payment()
    assert world.count("public.payments") == 1
