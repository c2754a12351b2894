"""Ben books Ivo with codes that exceed the fee, and neither means the lesson to take place.

What the platform adds beyond its fee is for a lesson that is given: not for one that is missed,
cancelled late, or refunded.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.abuse.profit import gain, platform_result
from tests.factories import Booking, World

TOTAL = 5310
# Everything, nearly everything, and more than the fee.
CODES = [TOTAL, 5000, 2000]


def booked(world: World, cents: int) -> Booking:
    booking = world.booking(discount_cents=cents)
    if booking.status == "held":
        booking.pay()
    assert booking.status == "confirmed"
    return booking


def assert_nobody_gained(booking: Booking) -> None:
    world = booking.world
    world.carry_refunds()
    assert gain(world, [booking.instructor], [booking.learner]) <= 0
    assert platform_result(world) >= 0


@pytest.mark.parametrize("cents", CODES)
@pytest.mark.parametrize("notice", [timedelta(hours=25), timedelta(hours=1), timedelta(0)])
def test_a_cancelled_lesson(world: World, cents: int, notice: timedelta) -> None:
    booking = booked(world, cents)
    world.travel(to=booking.columns["start_at"] - notice)
    world.cancel(booking.learner, booking.id)
    assert_nobody_gained(booking)


@pytest.mark.parametrize("cents", CODES)
def test_a_learner_who_does_not_come(world: World, cents: int) -> None:
    booking = booked(world, cents)
    world.travel(to=booking.columns["start_at"] + timedelta(minutes=16))
    booking.miss("learner")
    assert_nobody_gained(booking)


@pytest.mark.parametrize("cents", CODES[1:])
def test_a_lesson_that_is_given_and_paid_back(world: World, cents: int) -> None:
    booking = booked(world, cents)
    booking.complete()
    booking.refund(booking.payment["amount_cents"])
    assert_nobody_gained(booking)


@pytest.mark.parametrize("cents", CODES)
def test_the_code_is_not_gone_twice(world: World, cents: int) -> None:
    """A cancelled lesson frees the code only if all of its money went back."""
    booking = booked(world, cents)
    world.travel(to=booking.columns["start_at"] - timedelta(hours=1))
    world.cancel(booking.learner, booking.id)
    world.carry_refunds()
    used = world.value("select sum(uses_count) from public.discount_codes")
    assert used == 1
