"""Ann and her friend book an hour; a rate card then makes that date dear, and the hour is moved.

The dear price of the old date would count against the new one, so that the lesson became free.
"""

from __future__ import annotations

import pytest

from tests.abuse.profit import gain, platform_result
from tests.cancellations.steps import follow, move, pay_difference, price_on
from tests.factories import World

PRICE = 5000


@pytest.mark.parametrize("old_date", [10_000, 9_999, 50_000])
@pytest.mark.parametrize("new_date", [PRICE, 4_000, 6_000])
def test_a_moved_lesson_costs_no_less_than_both_prices(
    world: World, old_date: int, new_date: int
) -> None:
    ann = world.instructor()
    booking = world.booking(ann, start_at=world.in_days(5), price_cents=PRICE)
    booking.pay()
    price_on(world, booking, world.in_days(5), old_date)
    price_on(world, booking, world.in_days(6), new_date)
    moved = follow(booking, move(world, booking, world.in_days(6)))
    world.carry_refunds()
    assert moved.columns["price_cents"] >= min(PRICE, new_date)
    moved.complete()
    assert gain(world, [ann], [booking.learner]) < 0
    assert platform_result(world) > 0


def test_nor_is_a_dear_date_bought_by_way_of_a_cheap_one(world: World) -> None:
    """Every move pays its difference, so a detour costs what the direct way does."""
    ann = world.instructor()
    booking = world.booking(ann, start_at=world.in_days(5), price_cents=PRICE)
    booking.pay()
    price_on(world, booking, world.in_days(6), 1000)
    price_on(world, booking, world.in_days(7), 9000)
    cheap = follow(booking, move(world, booking, world.in_days(6)))
    world.carry_refunds()
    dear = follow(cheap, move(world, cheap, world.in_days(7)))
    pay_difference(dear)
    assert (cheap.columns["price_cents"], dear.columns["price_cents"]) == (1000, 9000)
    dear.complete()
    assert gain(world, [ann], [booking.learner]) == -1620
    assert platform_result(world) == 1620
