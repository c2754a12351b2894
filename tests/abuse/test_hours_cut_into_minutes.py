"""Ben and Ann cut prepaid hours into quarters and cancel each late: every rounding is a gift.

Half of fifteen minutes is restored as eight; what the odd half minute is worth, the platform bears.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.abuse.profit import gain, platform_result
from tests.factories import World


@pytest.mark.parametrize("rate", [4500, 4444, 101])
def test_the_gifts_are_less_than_the_fees(world: World, rate: int) -> None:
    ann, ben = world.instructor(hourly_rate_cents=rate), world.person("Ben")
    service_id = world.service(ann, duration_minutes=15)
    credit = world.hours(ben, ann, 4)
    paid = credit.payment["captured_cents"]
    for days in range(2, 10):
        booking = credit.book(service_id, world.in_days(2))
        world.travel(to=booking.columns["start_at"] - timedelta(hours=1))
        world.cancel(ben, booking.id)
        assert credit.columns["minutes_left"] == 240 - 7 * (days - 1)
    world.ask(ben, "public.refund_credits", p_credit_id=credit.id)
    world.carry_refunds()
    assert credit.payment["refunded_cents"] < paid
    assert gain(world, [ann], [ben]) <= 0
    assert platform_result(world) >= 0


@pytest.mark.slow
def test_refunding_minute_by_minute_gives_back_no_more(world: World) -> None:
    ann, ben = world.instructor(hourly_rate_cents=4447), world.person("Ben")
    credit = world.hours(ben, ann, 1)
    for _ in range(60):
        world.ask(ben, "public.refund_credits", p_credit_id=credit.id, p_minutes=1)
    world.carry_refunds()
    assert credit.payment["refunded_cents"] == credit.payment["captured_cents"]
    assert gain(world, [ann], [ben]) == 0
    assert platform_result(world) == 0


def test_a_lesson_in_pieces_earns_no_more(world: World) -> None:
    ann, ben = world.instructor(hourly_rate_cents=4447), world.person("Ben")
    service_id = world.service(ann, duration_minutes=15)
    credit = world.hours(ben, ann, 1)
    for _ in range(4):
        credit.book(service_id, world.in_days(2)).complete()
    fee = credit.payment["captured_cents"] - 4447
    assert gain(world, [ann], [ben]) == -fee
    assert platform_result(world) == fee
