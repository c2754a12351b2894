"""Ben cancels late and wants the half that he owes; Eve helps him by taking his time for a while.

What was kept goes back only once somebody has the time for good, and a time that somebody has
waited for is cancelled like any that they have booked.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.abuse.profit import earned, gain, platform_result, spent
from tests.factories import Booking, World
from tests.waiting_list.test_offer import Gap, accept, open_gap

HOUR = timedelta(hours=1)
HALF, SHARE = 2655, 2250


@pytest.fixture
def gap(world: World) -> Gap:
    """Ben's lesson, six hours ahead."""
    gap = open_gap(world)
    world.travel(to=gap.booking.columns["start_at"] - 6 * HOUR)
    return gap


@pytest.fixture
def eve(world: World) -> UUID:
    return world.person("Eve")


def settle(gap: Gap) -> None:
    for _ in range(3):
        gap.maintain()
        gap.world.carry_refunds()


def assert_somebody_has_paid_for_the_loss(gap: Gap, eve: UUID) -> None:
    settle(gap)
    world = gap.world
    assert spent(world, gap.booking.learner, eve) >= HALF
    assert earned(world, gap.instructor) >= SHARE
    assert gain(world, [gap.instructor], [gap.booking.learner, eve]) <= 0
    assert platform_result(world) >= 0


def withdraw(world: World, eve: UUID, sold_id: UUID) -> None:
    order_id = world.value(
        "select order_id from public.order_items where %s in (booking_id, credit_id)", sold_id
    )
    world.ask(eve, "public.withdraw_from_order", p_order_id=order_id)


def test_eve_withdraws_from_what_she_bought(world: World, gap: Gap, eve: UUID) -> None:
    world.connection.execute("update public.organizations set withdrawal_mode = 'full'")
    gap.free()
    booked = world.book(eve, gap.booking.slot_id)
    bought = Booking(world, booked["booking_id"], eve, gap.instructor, gap.booking.slot_id)
    bought.pay()
    settle(gap)
    withdraw(world, eve, bought.id)
    assert_somebody_has_paid_for_the_loss(gap, eve)


def test_eve_withdraws_from_the_hours_that_paid(world: World, eve: UUID) -> None:
    instructor, service_id = world.hourly()
    slot_id = world.slot(service_id, world.in_days(3, 10))
    ben = world.person("Ben")
    booked = world.book(ben, slot_id)
    gap = Gap(world, Booking(world, booked["booking_id"], ben, instructor, slot_id), service_id)
    gap.booking.pay()
    hours = world.hours(eve, instructor, 1)
    world.travel(to=gap.booking.columns["start_at"] - 6 * HOUR)
    gap.free()
    world.book(eve, slot_id, p_use_credits=True)
    settle(gap)
    withdraw(world, eve, hours.id)
    assert_somebody_has_paid_for_the_loss(gap, eve)


def test_eve_has_waited_for_it_and_changes_her_mind(world: World, gap: Gap, eve: UUID) -> None:
    gap.wait(eve)
    gap.free()
    gap.maintain()
    assert accept(gap, eve) == "held"
    (offer,) = gap.offers()
    Booking(world, offer["id"], eve, gap.instructor, gap.booking.slot_id).pay()
    settle(gap)
    assert world.ending(eve, offer["id"])["refund_cents"] == HALF
    world.cancel(eve, offer["id"])
    assert_somebody_has_paid_for_the_loss(gap, eve)


def test_what_eve_keeps_sets_ben_free(world: World, eve: UUID) -> None:
    """Hours that could be withdrawn from have paid for good once the lesson has begun."""
    instructor, service_id = world.hourly()
    slot_id = world.slot(service_id, world.in_days(3, 10))
    ben = world.person("Ben")
    booked = world.book(ben, slot_id)
    gap = Gap(world, Booking(world, booked["booking_id"], ben, instructor, slot_id), service_id)
    gap.booking.pay()
    world.hours(eve, instructor, 1)
    start_at = gap.booking.columns["start_at"]
    world.travel(to=start_at - 6 * HOUR)
    gap.free()
    world.book(eve, slot_id, p_use_credits=True)
    settle(gap)
    assert spent(world, ben) == HALF
    world.travel(to=start_at)
    settle(gap)
    assert spent(world, ben) == 0
