"""Who may pay for a booking, and until when."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import Booking, World

QUARTER = timedelta(minutes=15)


def open_payment(world: World, user_id: UUID | None, booking_id: UUID | None) -> Any:
    return world.serve(
        "webhook_service", "private.open_payment", p_user_id=user_id, p_booking_id=booking_id
    )


def test_somebody_elses_booking_is_as_unknown_as_none(world: World) -> None:
    booking = world.booking()
    refused = partial(world.refusing, "PT404", "booking_not_found")
    for user_id, booking_id in [
        (world.person("Eve"), booking.id),
        (booking.instructor.user_id, booking.id),
        (booking.learner, uuid4()),
        (booking.learner, None),
        (None, booking.id),
    ]:
        with world.unchanged(), refused():
            open_payment(world, user_id, booking_id)


def test_a_learner_without_login_is_not_everybody(world: World) -> None:
    """A null user id is nobody's, also where a learner has none."""
    booking = world.booking()
    world.connection.execute("update public.learners set user_id = null")
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        open_payment(world, None, booking.id)


@pytest.mark.parametrize("is_swept", [True, False])
def test_an_expired_hold_cannot_be_paid(world: World, is_swept: bool) -> None:
    booking = world.booking()
    world.travel(by=QUARTER)
    if is_swept:
        world.serve("jobs", "private.maintain")
    with world.unchanged(), world.refusing("PT409", "hold_expired"):
        open_payment(world, booking.learner, booking.id)


def test_a_hold_can_be_paid_until_its_last_second(world: World) -> None:
    booking = world.booking()
    world.travel(by=QUARTER - timedelta(seconds=1))
    assert booking.open_payment()["amount_cents"] == 5310


def test_a_confirmed_booking_cannot_be_paid_twice(world: World) -> None:
    booking = world.booking()
    assert booking.pay() == "processed"
    with world.unchanged(), world.refusing("PT409", "booking_not_payable"):
        open_payment(world, booking.learner, booking.id)


def test_a_lesson_without_a_price_cannot_be_paid(world: World) -> None:
    booking = world.booking(price_cents=0)
    with world.unchanged(), world.refusing("PT409", "booking_not_payable"):
        open_payment(world, booking.learner, booking.id)


def test_a_cancelled_booking_cannot_be_paid(world: World) -> None:
    booking = world.booking()
    cancel(world, booking)
    with world.unchanged(), world.refusing("PT409", "booking_not_payable"):
        open_payment(world, booking.learner, booking.id)


def cancel(world: World, booking: Booking) -> None:
    world.connection.execute(
        "update public.bookings set status = 'cancelled', cancelled_by = 'learner',"
        " cancelled_at = private.clock() where id = %s",
        [booking.id],
    )
