"""Who gets what of a discounted price, to the cent, whether the fee is on top or included.
Amounts that Stripe would refuse are refused before anything is held.
"""

from __future__ import annotations

import pytest

from tests.discounts.steps import booked_with, reprice
from tests.factories import World


@pytest.mark.parametrize(
    ("fee_mode", "total", "share"), [("on_top", 4860, 4500), ("included", 4050, 3690)]
)
def test_ten_percent_off_is_the_platforms_cost(
    world: World, fee_mode: str, total: int, share: int
) -> None:
    world.connection.execute("update public.organizations set fee_mode = %s", [fee_mode])
    world.discount_code(code="Spring", discount_bps=1000)
    booking = booked_with(world, "Spring")
    columns = booking.columns
    assert (columns["total_cents"], columns["instructor_share_cents"]) == (total, share)
    assert (columns["platform_fee_cents"], columns["discount_cents"]) == (810, 450)
    booking.pay()
    assert world.ledger() == {
        "stripe_balance": total,
        "promotions": 450,
        "instructor_pending": -share,
        "platform_fees": -810,
    }
    booking.refund(total // 2)
    booking.refund(total // 2)
    assert world.ledger() == {}


def test_terms_are_frozen_with_the_booking(world: World) -> None:
    world.discount_code(code="Spring", discount_bps=1000)
    booking = booked_with(world, "Spring")
    before = booking.columns
    reprice(world, booking.instructor, fee_bps=9000, fee_mode="included")
    world.connection.execute("update public.discount_codes set discount_bps = 1")
    booking.pay()
    kept = ("total_cents", "discount_cents", "fee_bps", "fee_mode", "instructor_share_cents")
    assert {name: booking.columns[name] for name in kept} == {name: before[name] for name in kept}


def test_the_smallest_payment_is_of_the_total_not_of_the_price(world: World) -> None:
    instructor = world.instructor()
    too_small = world.slot(world.service(instructor, price_cents=24))
    enough = world.slot(world.service(instructor, price_cents=25), world.in_days(3))
    with world.refusing("PT422", "amount_too_small"):
        world.book(world.person(), too_small)
    assert world.book(world.person(), enough)["amount_cents"] == 30


def test_a_currency_without_minor_unit_has_its_own_minimum(world: World) -> None:
    instructor = world.instructor(currency="jpy")
    too_small = world.slot(world.service(instructor, currency="jpy", price_cents=41))
    enough = world.slot(world.service(instructor, currency="jpy", price_cents=42), world.in_days(3))
    with world.refusing("PT422", "amount_too_small"):
        world.book(world.person(), too_small)
    assert world.book(world.person(), enough)["amount_cents"] == 50


def test_the_largest_payment_can_be_booked(world: World) -> None:
    booking = world.booking(world.instructor(hourly_rate_cents=99_999_999), duration_minutes=15)
    assert booking.columns["total_cents"] == 29_500_000

    world.connection.execute("update public.organizations set fee_bps = 0")
    booking = world.booking(world.instructor(hourly_rate_cents=99_999_999))
    assert booking.columns["total_cents"] == 99_999_999
    assert booking.pay() == "processed"
