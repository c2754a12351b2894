"""Olga books an instructor of her own school with a code of 100 %: the platform pays her school.

What the platform adds beyond its fee goes to nobody who buys from themselves, from their own school
or from a member of it. The fee itself may be taken off: that costs nobody anything.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.abuse.profit import gain, platform_result
from tests.abuse.test_own_hours_that_expire import link_to
from tests.factories import Booking, Instructor, World
from tests.schools.conftest import School, school

__all__ = ["school"]

PRICE, FEE = 4500, 810


@pytest.fixture(autouse=True)
def code(world: World) -> None:
    world.discount_code(code="FREE", amount_cents=PRICE + FEE, may_exceed_fee=True, max_uses=100)


def book(
    world: World, buyer: UUID, instructor: Instructor, learner_id: UUID | None = None
) -> Booking:
    service_id = world.service(instructor)
    whose: dict[str, Any] = {} if learner_id is None else {"p_learner_id": learner_id}
    assert world.check_code(buyer, "FREE", service_id, **whose)["is_valid"]
    if learner_id is not None:
        whose["p_learner_user_id"] = None
    slot_id = world.slot(service_id)
    booked = world.book(buyer, slot_id, p_discount_code="FREE", **whose)
    return Booking(world, booked["booking_id"], buyer, instructor, slot_id)


def assert_it_gains_nothing(booking: Booking) -> None:
    assert booking.columns["total_cents"] == PRICE
    booking.pay()
    booking.complete()
    world = booking.world
    assert gain(world, [booking.instructor], [booking.learner]) == 0
    assert platform_result(world) == 0


@pytest.mark.parametrize("buyer", ["owner", "admin"])
def test_who_runs_the_school_pays_what_the_school_earns(school: School, buyer: str) -> None:
    world, person = school.world, school.who(buyer)
    world.learner(school.id, person)
    assert_it_gains_nothing(book(world, person, school.instructor))


def test_so_does_a_colleague(school: School) -> None:
    world = school.world
    colleague = world.instructor(name="Ian", org_id=school.id)
    world.learner(school.id, colleague.user_id)
    assert_it_gains_nothing(book(world, colleague.user_id, school.instructor))


def test_a_colleague_who_has_left_is_remembered(school: School) -> None:
    world = school.world
    colleague = world.instructor(name="Ian", org_id=school.id)
    world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=colleague.user_id,
        p_role="instructor",
    )
    world.learner(school.id, colleague.user_id)
    assert_it_gains_nothing(book(world, colleague.user_id, school.instructor))


def test_an_instructor_of_the_school_is_no_stranger_on_the_marketplace(school: School) -> None:
    world = school.world
    same_person = world.instructor(user_id=school.instructor.user_id)
    assert_it_gains_nothing(book(world, school.owner, same_person))


def test_nor_is_the_owner_to_an_instructor_who_buys(school: School) -> None:
    world = school.world
    olga = world.instructor(name="Olga", user_id=school.owner)
    assert_it_gains_nothing(book(world, school.instructor.user_id, olga))


def test_a_child_for_whom_the_owner_pays(school: School) -> None:
    world = school.world
    child = world.child(school.id, world.person("Kit"))
    link_to(world, child, school.owner)
    assert_it_gains_nothing(book(world, school.owner, school.instructor, child))


def test_a_child_who_books_alone(school: School) -> None:
    """The mother, who owns the school, need not show herself."""
    world, kit = school.world, school.world.person("Kit")
    child = world.child(school.id, kit)
    link_to(world, child, school.owner)
    assert_it_gains_nothing(book(world, kit, school.instructor))


def test_hours_are_no_way_around(school: School) -> None:
    world = school.world
    world.learner(school.id, school.owner)
    service_id = world.service(school.instructor)
    world.check_code(school.owner, "FREE", service_id)
    credit = world.hours(school.owner, school.instructor, 1, p_discount_code="FREE")
    assert credit.columns["total_cents"] == PRICE
    credit.book(service_id).complete()
    assert gain(world, [school.instructor], [school.owner]) == 0
    assert platform_result(world) == 0


def test_rewards_pay_the_fee_and_no_more(school: School) -> None:
    world = school.world
    world.connection.execute(
        "update public.organizations set referral_discount_bps = 100, referral_reward_cents = 9999"
        " where id = %s",
        [school.id],
    )
    world.learner(school.id, school.owner)
    (referral,) = world.ask(school.owner, "public.create_referral_code", p_org_id=school.id)
    for days in (2, 3):
        friend, service_id = school.join("learner"), world.service(school.instructor)
        assert world.check_code(friend, referral["code"], service_id)["is_valid"]
        slot_id = world.slot(service_id, world.in_days(days))
        booked = world.book(friend, slot_id, p_discount_code=referral["code"])
        lesson = Booking(world, booked["booking_id"], friend, school.instructor, slot_id)
        lesson.pay()
        lesson.complete()
    (balance,) = world.ask(school.owner, "public.reward_balance")
    assert balance["available_cents"] == 2 * (FEE - 45)
    slot_id = world.slot(world.service(school.instructor))
    booked = world.book(school.owner, slot_id, p_use_rewards=True)
    assert booked["amount_cents"] == PRICE


@pytest.mark.parametrize("is_learner_of_the_school", [True, False])
def test_everybody_else_has_the_whole_discount(
    school: School, is_learner_of_the_school: bool
) -> None:
    world = school.world
    if is_learner_of_the_school:
        booking = book(world, school.learner, school.instructor)
    else:
        booking = book(world, school.owner, world.instructor())
    assert booking.columns["total_cents"] == 0
    booking.complete()
    assert platform_result(world) == -PRICE


def test_colleagues_of_the_marketplace_are_strangers(world: World) -> None:
    booking = book(world, world.instructor(name="Ian").user_id, world.instructor())
    assert booking.columns["total_cents"] == 0
