"""Eve recommends the marketplace to accounts of her own, which take lessons for next to nothing."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.abuse.profit import gain, platform_result
from tests.discounts.steps import referral_code, referrer_of_the_marketplace, rewarding
from tests.factories import Booking, Instructor, World
from tests.rewards.steps import balance


@pytest.fixture
def eve(world: World) -> UUID:
    rewarding(world, discount_bps=100, reward_cents=1000)
    return referrer_of_the_marketplace(world)


@pytest.fixture
def accomplice(world: World) -> Instructor:
    return world.instructor(name="Ivo")


def lesson(world: World, sock: UUID, code: str | None, by: Instructor, cents: int) -> Booking:
    service_id = world.service(by, price_cents=cents)
    if code is not None:
        assert world.check_code(sock, code, service_id)["is_valid"]
    slot_id = world.slot(service_id, world.in_days(2))
    booked = world.book(sock, slot_id, p_discount_code=code)
    booking = Booking(world, booked["booking_id"], sock, by, slot_id)
    assert booking.pay() == "processed"
    booking.complete()
    return booking


@pytest.mark.parametrize("cents", [200, 1000, 4500])
def test_a_reward_is_at_most_what_the_platform_earned(
    world: World, eve: UUID, accomplice: Instructor, cents: int
) -> None:
    code = referral_code(world, eve)
    socks = [world.person(f"Sock {number}") for number in range(3)]
    for sock in socks:
        lesson(world, sock, code, accomplice, cents)
    assert balance(world, eve) + gain(world, [accomplice], socks) <= 0
    assert platform_result(world) >= 0


def test_spending_them_with_the_accomplice_gains_nothing(
    world: World, eve: UUID, accomplice: Instructor
) -> None:
    code = referral_code(world, eve)
    socks = [world.person(f"Sock {number}") for number in range(3)]
    for sock in socks:
        lesson(world, sock, code, accomplice, 4500)
    slot_id = world.slot(world.service(accomplice))
    booked = world.book(eve, slot_id, p_use_rewards=True)
    booking = Booking(world, booked["booking_id"], eve, accomplice, slot_id)
    booking.pay()
    booking.complete()
    assert balance(world, eve) == 0
    assert gain(world, [accomplice], [eve, *socks]) <= 0
    assert platform_result(world) >= 0


def test_a_reward_does_not_outlive_the_lesson(
    world: World, eve: UUID, accomplice: Instructor
) -> None:
    code, sock = referral_code(world, eve), world.person("Sock")
    booking = lesson(world, sock, code, accomplice, 4500)
    assert balance(world, eve) > 0
    booking.refund(booking.payment["amount_cents"])
    assert balance(world, eve) == 0
    assert gain(world, [accomplice], [sock]) == 0
    assert platform_result(world) == 0


def test_two_do_not_recommend_each_other(world: World, eve: UUID, accomplice: Instructor) -> None:
    friend = world.person("Friend")
    lesson(world, friend, referral_code(world, eve), accomplice, 4500)
    code_of_friend = referral_code(world, friend)
    assert not world.check_code(eve, code_of_friend, world.service(accomplice))["is_valid"]
