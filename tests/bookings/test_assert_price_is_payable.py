"""Amounts that Stripe would refuse are refused before anything is held."""

from __future__ import annotations

from tests.factories import World


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
