"""What is refunded of the referred lesson takes its part of the reward back, cumulatively."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.factories import Booking, World, refund_object
from tests.rewards.steps import balance, owed, referred


@pytest.fixture
def booking(world: World, amy: UUID) -> Booking:
    """A lesson of 52.65 whose referrer has got 7.00."""
    booking = referred(world, amy)
    booking.pay()
    booking.complete()
    return booking


def test_refunds_take_the_reward_back_in_proportion_to_the_cent(
    world: World, booking: Booking, amy: UUID
) -> None:
    left = []
    for amount in (1755, 1755, 1755):
        booking.refund(amount)
        left.append(balance(world, amy))
    assert left == [467, 233, 0]
    assert owed(world) == 0


def test_a_refund_that_fails_gives_the_reward_back(
    world: World, booking: Booking, amy: UUID
) -> None:
    refund = refund_object(booking.payment, 2632)
    world.deliver("refund.updated", refund)
    assert balance(world, amy) == 350
    world.deliver("refund.failed", refund | {"status": "failed"})
    assert balance(world, amy) == 700
    booking.refund(5265)
    assert owed(world) == 0


def test_a_lost_dispute_takes_it_back(world: World, booking: Booking, amy: UUID) -> None:
    world.dispute(booking.payment)
    assert balance(world, amy) == 700
    world.dispute(booking.payment, "lost")
    assert balance(world, amy) == 0


def test_what_was_spent_already_is_netted_from_later_rewards(
    world: World, booking: Booking, amy: UUID
) -> None:
    _, service_id = world.hourly()
    slot_id = world.slot(service_id, world.in_days(3))
    spent = world.book(amy, slot_id, p_use_rewards=True)
    Booking(world, spent["booking_id"], amy, booking.instructor, slot_id).pay()
    booking.refund(5265)
    assert (owed(world), balance(world, amy)) == (-700, 0)
    later = referred(world, amy)
    later.pay()
    later.complete()
    assert (owed(world), balance(world, amy)) == (0, 0)
