"""Eve buys her own hours at half price and lets them expire, and earns the whole of them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.abuse.profit import earned, gain, platform_result
from tests.factories import Instructor, World

HOURS = 10
PRICE = HOURS * 4500
FEE = HOURS * 810


@pytest.fixture(autouse=True)
def terms(world: World) -> None:
    world.connection.execute(
        "update public.organizations set credit_validity_months = 12, forfeits_expired_hours = true"
    )
    world.discount_code(code="HALF", discount_bps=5000, may_exceed_fee=True)


def buy(world: World, buyer: UUID, instructor: Instructor) -> None:
    service_id = world.service(instructor)
    assert world.check_code(buyer, "HALF", service_id)["is_valid"]
    world.hours(buyer, instructor, HOURS, p_discount_code="HALF")


def let_expire(world: World) -> None:
    world.travel(by=timedelta(days=366))
    world.maintain()
    assert world.value("select sum(minutes_left) from public.learner_credits") == 0


def test_nobody_buys_hours_from_themselves(world: World) -> None:
    eve = world.instructor(name="Eve")
    service_id = world.service(eve)
    world.check_code(eve.user_id, "HALF", service_id)
    for arguments in ({}, {"p_discount_code": "HALF"}, {"p_service_id": service_id}):
        with world.unchanged(), world.refusing("PT422", "own_lesson"):
            world.buy_hours(eve.user_id, eve, HOURS, **arguments)


def test_nor_as_the_learner_of_a_school(world: World) -> None:
    school = world.organization()
    eve = world.instructor(name="Eve", org_id=school)
    world.learner(school, eve.user_id)
    with world.unchanged(), world.refusing("PT422", "own_lesson"):
        world.buy_hours(eve.user_id, eve, HOURS)


def test_hours_that_expire_pay_no_more_than_was_paid_for_them(world: World) -> None:
    """Nor does a friend: what the platform adds is for a lesson that is given."""
    eve, friend = world.instructor(name="Eve"), world.person("Friend")
    buy(world, friend, eve)
    let_expire(world)
    paid = PRICE + FEE - PRICE // 2
    assert earned(world, eve) == paid
    assert gain(world, [eve], [friend]) == 0
    assert platform_result(world) == 0


def test_an_hour_that_is_missed_pays_no_more_either(world: World) -> None:
    eve, friend = world.instructor(name="Eve"), world.person("Friend")
    service_id = world.service(eve)
    assert world.check_code(friend, "HALF", service_id)["is_valid"]
    credit = world.hours(friend, eve, 1, p_discount_code="HALF")
    booking = credit.book(service_id)
    world.cancel(friend, booking.id)
    assert gain(world, [eve], [friend]) <= 0
    late = credit.book(service_id, world.in_days(3))
    world.travel(to=late.columns["start_at"] - timedelta(hours=1))
    world.cancel(friend, late.id)
    assert gain(world, [eve], [friend]) <= 0
    assert platform_result(world) >= 0


def test_a_child_of_the_instructor_brings_no_discount_beyond_the_fee(world: World) -> None:
    """Eve's child takes Eve's lessons: that is allowed, and the platform adds nothing to it."""
    eve = world.instructor(name="Eve")
    child = world.child(eve.org_id, world.person("Kit"))
    link_to(world, child, eve.user_id)
    service_id = world.service(eve)
    offered = world.check_code(eve.user_id, "HALF", service_id, p_learner_id=child)
    assert offered["discount_cents"] == 810
    credit = world.buy_hours(eve.user_id, eve, HOURS, p_learner_id=child, p_discount_code="HALF")
    credit.pay()
    let_expire(world)
    assert gain(world, [eve], [eve.user_id]) == 0
    assert platform_result(world) == 0


def link_to(world: World, learner_id: UUID, guardian: UUID) -> None:
    """Makes somebody with a login the guardian of a learner, with all rights."""
    learner = world.row("select user_id from public.learners where id = %s", learner_id)
    link_id = world.call(
        learner["user_id"],
        "public.link_guardian",
        p_learner_id=learner_id,
        p_guardian_email=world.email(guardian),
        p_can_view=True,
        p_can_book=True,
        p_can_pay=True,
    )
    world.call(guardian, "public.give_guardian_consent", p_learner_guardian_id=link_id)
