"""Ben books a dear hour with a code that takes the platform's fee off, and moves it to a cheap one.

A fixed amount would be more than the whole of the cheap hour: the platform would pay for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.abuse.profit import gain, platform_result
from tests.cancellations.steps import follow, move, pay_difference, price_on
from tests.factories import Booking, Instructor, World

DEAR, CHEAP = 20_000, 1_500


@pytest.fixture
def ann(world: World) -> Instructor:
    return world.instructor()


@pytest.fixture
def ben(world: World) -> UUID:
    return world.person("Ben")


def booked(world: World, ben: UUID, ann: Instructor, **code: Any) -> Booking:
    world.discount_code(code="OFF", **code)
    service_id = world.service(ann, price_cents=DEAR)
    assert world.check_code(ben, "OFF", service_id)["is_valid"]
    slot_id = world.slot(service_id, world.in_days(5))
    row = world.book(ben, slot_id, p_discount_code="OFF")
    return Booking(world, row["booking_id"], ben, ann, slot_id)


def moved_to(booking: Booking, start_at: datetime, cents: int) -> Booking:
    price_on(booking.world, booking, start_at, cents)
    after = follow(booking, move(booking.world, booking, start_at))
    booking.world.carry_refunds()
    return after


@pytest.mark.parametrize("may_exceed_fee", [True, False])
@pytest.mark.parametrize("amount", [{"amount_cents": 3600}, {"discount_bps": 1800}])
def test_the_platform_adds_no_more_than_for_the_lesson_that_was_booked(
    world: World, ann: Instructor, ben: UUID, amount: dict[str, Any], may_exceed_fee: bool
) -> None:
    if "discount_bps" in amount:
        amount = amount | {"amount_cents": None, "currency": None}
    booking = booked(world, ben, ann, may_exceed_fee=may_exceed_fee, **amount)
    added = booking.columns["discount_cents"] - booking.columns["platform_fee_cents"]
    assert added == 0
    booking.pay()
    cheap = moved_to(booking, world.in_days(6), CHEAP)
    assert cheap.columns["discount_cents"] <= cheap.columns["platform_fee_cents"]
    cheap.complete()
    assert gain(world, [ann], [ben]) == 0
    assert platform_result(world) == 0


def test_nor_by_a_chain_of_moves(world: World, ann: Instructor, ben: UUID) -> None:
    booking = booked(world, ben, ann, amount_cents=3600)
    booking.pay()
    for days, cents in ((6, CHEAP), (7, 9_000), (8, 400), (9, 900)):
        booking = moved_to(booking, world.in_days(days), cents)
        if booking.status == "held":
            pay_difference(booking)
        assert booking.status == "confirmed"
    booking.complete()
    assert gain(world, [ann], [ben]) <= 0
    assert platform_result(world) >= 0


def test_what_a_code_adds_does_not_grow(world: World, ann: Instructor, ben: UUID) -> None:
    """A code may take 5000 off and the fee be 3600: 1400 are the platform's, at any time."""
    booking = booked(world, ben, ann, amount_cents=5000, may_exceed_fee=True)
    booking.pay()
    cheap = moved_to(booking, world.in_days(6), CHEAP)
    cheap.complete()
    assert gain(world, [ann], [ben]) <= 1400
    assert platform_result(world) >= -1400
