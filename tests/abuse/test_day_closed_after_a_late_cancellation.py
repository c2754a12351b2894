"""Ben cancels an hour before his lesson, which costs him half, and Ann then closes her day for him.

A day that its instructor cancels gives everything back, the platform's fee included. What ended
before has ended.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.abuse.profit import earned, platform_result, spent
from tests.factories import Booking, World

KEPT = 2655


@pytest.fixture
def cancelled(world: World) -> Booking:
    booking = world.booking()
    booking.pay()
    world.travel(to=booking.columns["start_at"] - timedelta(hours=1))
    world.cancel(booking.learner, booking.id)
    world.carry_refunds()
    return booking


def assert_half_is_kept(booking: Booking) -> None:
    world = booking.world
    world.carry_refunds()
    assert spent(world, booking.learner) == KEPT
    assert earned(world, booking.instructor) == 2250
    assert platform_result(world) == KEPT - 2250


def test_cancelling_the_day_does_not_touch_it(world: World, cancelled: Booking) -> None:
    world.ask(
        cancelled.instructor.user_id,
        "public.cancel_day",
        p_instructor_id=cancelled.instructor.id,
        p_on=cancelled.columns["start_at"].date(),
        p_reason="Ill.",
    )
    assert_half_is_kept(cancelled)


def test_nor_does_closing_it(world: World, cancelled: Booking) -> None:
    world.closing(cancelled.instructor, cancelled.columns["start_at"].date())
    assert_half_is_kept(cancelled)


def test_nor_cancelling_it_again(world: World, cancelled: Booking) -> None:
    for who in (cancelled.instructor.user_id, world.admin()):
        world.cancel(who, cancelled.id)
    assert_half_is_kept(cancelled)


def test_nor_saying_that_somebody_did_not_come(world: World, cancelled: Booking) -> None:
    world.travel(to=cancelled.columns["start_at"] + timedelta(minutes=20))
    with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
        cancelled.say_missing("learner")
    assert_half_is_kept(cancelled)
