"""Ann sells hours for little, makes the lesson dear, and lets her friend use the hours for it.

An hour that was prepaid earns what was paid for it, whatever the lesson costs by then.
"""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.abuse.profit import gain, platform_result
from tests.factories import Booking, Credit, Instructor, World


@pytest.fixture
def ann(world: World) -> Instructor:
    return world.instructor()


@pytest.fixture
def friend(world: World) -> UUID:
    return world.person("Friend")


def use(credit: Credit, service_id: UUID, days: int) -> Booking:
    booking = credit.book(service_id, credit.world.in_days(days))
    booking.complete()
    return booking


def assert_nothing_gained(credit: Credit) -> None:
    world = credit.world
    assert gain(world, [credit.instructor], [credit.learner]) <= 0
    assert platform_result(world) >= 0


def test_a_lesson_that_became_dear(world: World, ann: Instructor, friend: UUID) -> None:
    service_id = world.service(ann, price_cents=1000)
    credit = world.hours(friend, ann, 2, p_service_id=service_id)
    world.connection.execute(
        "update public.services set price_cents = 100000 where id = %s", [service_id]
    )
    assert use(credit, service_id, 2).columns["instructor_share_cents"] == 1000
    assert_nothing_gained(credit)
    use(credit, service_id, 2)
    assert gain(world, [ann], [friend]) == -360


def test_an_hourly_rate_that_rose(world: World, ann: Instructor, friend: UUID) -> None:
    service_id = world.service(ann)
    credit = world.hours(friend, ann, 2)
    world.connection.execute(
        "update public.instructors set hourly_rate_cents = 99000 where id = %s", [ann.id]
    )
    for _ in range(2):
        assert use(credit, service_id, 2).columns["instructor_share_cents"] == 4500
    assert_nothing_gained(credit)


def test_hours_of_one_lesson_are_none_of_another(
    world: World, ann: Instructor, friend: UUID
) -> None:
    cheap, dear = world.service(ann, price_cents=1000), world.service(ann, price_cents=20_000)
    credit = world.hours(friend, ann, 2, p_service_id=cheap)
    for other in (dear, world.service(ann)):
        slot_id = world.slot(other, world.in_days(4))
        with world.unchanged(), world.refusing("PT409", "insufficient_credit"):
            world.book(friend, slot_id, p_use_credits=True)
    world.hours(friend, ann, 1)
    with world.refusing("PT409", "insufficient_credit"):
        world.book(friend, world.slot(dear, world.in_days(5)), p_use_credits=True)
    assert_nothing_gained(credit)


def test_a_lesson_that_became_long(world: World, ann: Instructor, friend: UUID) -> None:
    """An hour that was made three of them uses three hours."""
    service_id = world.service(ann, price_cents=1000)
    credit = world.hours(friend, ann, 4, p_service_id=service_id)
    world.connection.execute(
        "update public.services set duration_minutes = 180 where id = %s", [service_id]
    )
    use(credit, service_id, 2)
    assert credit.columns["minutes_left"] == 60
    assert_nothing_gained(credit)


def test_what_is_refunded_is_what_was_paid(world: World, ann: Instructor, friend: UUID) -> None:
    """Hours with a code on them are worth less than their price, used or not."""
    world.discount_code(code="HALF", discount_bps=5000, may_exceed_fee=True)
    service_id = world.service(ann)
    assert world.check_code(friend, "HALF", service_id)["is_valid"]
    credit = world.hours(friend, ann, 10, p_discount_code="HALF")
    paid = credit.payment["captured_cents"]
    booking = credit.book(service_id)
    world.cancel(friend, booking.id)
    for minutes in (1, 59, 300, None):
        world.ask(friend, "public.refund_credits", p_credit_id=credit.id, p_minutes=minutes)
    world.carry_refunds()
    assert credit.payment["refunded_cents"] == paid
    assert gain(world, [ann], [friend]) == 0
    assert platform_result(world) == 0
