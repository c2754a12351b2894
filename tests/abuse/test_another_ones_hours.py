"""Olga, who owns a school, books what her learners have paid for, and marks them as absent.

Hours, codes and rewards are spent by the learner, or by a guardian who may pay: nobody else.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.abuse.profit import earned
from tests.factories import Booking, Instructor, World
from tests.schools.conftest import School, school

__all__ = ["school"]


def learner_of(school: School) -> UUID:
    learner_id: UUID = school.world.value(
        "select id from public.learners where user_id = %s", school.learner
    )
    return learner_id


def spend(
    world: World, caller: UUID, learner_id: UUID, instructor: Instructor, **by: Any
) -> Booking:
    slot_id = world.slot(world.service(instructor), world.in_days(9))
    booked = world.book(
        caller, slot_id, p_learner_user_id=None, p_learner_id=learner_id, **(by or HOURS)
    )
    return Booking(world, booked["booking_id"], caller, instructor, slot_id)


HOURS = {"p_use_credits": True}
REWARDS = {"p_use_rewards": True}


def minutes_left(world: World) -> int:
    minutes: int = world.value("select sum(minutes_left) from public.learner_credits")
    return minutes


def hours_of(world: World, learner_id: UUID, payer: UUID, instructor: Instructor) -> None:
    """Two hours that a guardian has paid for."""
    credit = world.buy_hours(payer, instructor, 2, p_learner_id=learner_id)
    assert credit.pay() == "processed"


@pytest.mark.parametrize("caller", ["owner", "admin"])
@pytest.mark.parametrize("by", [HOURS, REWARDS])
def test_a_school_spends_nothing_of_an_adult(
    school: School, caller: str, by: dict[str, bool]
) -> None:
    world = school.world
    world.hours(school.learner, school.instructor, 2)
    with world.unchanged(), world.refusing("PT422", "learner_spends"):
        spend(world, school.who(caller), learner_of(school), school.instructor, **by)
    assert earned(world, school.instructor) == 0


@pytest.mark.parametrize("caller", ["owner", "admin"])
@pytest.mark.parametrize("has_login", [True, False])
def test_nor_of_a_child_for_whom_a_guardian_has_paid(
    school: School, caller: str, has_login: bool
) -> None:
    world = school.world
    child = world.child(school.id, world.person("Kit") if has_login else None)
    mother = world.guardian(child, view=True, book=True, pay=True)
    hours_of(world, child, mother, school.instructor)
    for by in (HOURS, REWARDS):
        with world.unchanged(), world.refusing("PT422", "learner_spends"):
            spend(world, school.who(caller), child, school.instructor, **by)
    assert minutes_left(world) == 120
    assert spend(world, mother, child, school.instructor).status == "confirmed"


def test_nor_codes_of_a_child(school: School) -> None:
    """A code for first lessons would be used up, and a code of 100 % pays the school for a lesson
    that nobody knows of."""
    world = school.world
    child = world.child(school.id)
    world.guardian(child, view=True, book=True, pay=True)
    world.discount_code(code="FREE", discount_bps=10_000, may_exceed_fee=True)
    service_id = world.service(school.instructor)
    world.check_code(school.owner, "FREE", service_id, p_learner_id=child)
    with world.unchanged(), world.refusing("PT422", "learner_spends"):
        spend(world, school.owner, child, school.instructor, p_discount_code="FREE")
    with world.unchanged(), world.refusing("PT422", "learner_spends"):
        world.buy_hours(
            school.owner, school.instructor, 2, p_learner_id=child, p_discount_code="FREE"
        )
    assert world.count("public.code_redemptions") == 0


@pytest.mark.parametrize("has_login", [True, False])
def test_a_guardian_who_may_only_book_spends_none(school: School, has_login: bool) -> None:
    world = school.world
    child = world.child(school.id, world.person("Kit") if has_login else None)
    father = world.guardian(child, view=True, book=True)
    mother = world.guardian(child, view=True, book=True, pay=True)
    hours_of(world, child, mother, school.instructor)
    for by in (HOURS, REWARDS):
        with world.unchanged(), world.refusing("PT422", "learner_spends"):
            spend(world, father, child, school.instructor, **by)
    assert minutes_left(world) == 120
    slot_id = world.slot(world.service(school.instructor), world.in_days(10))
    booked = world.book(father, slot_id, p_learner_user_id=None, p_learner_id=child)
    assert booked["amount_cents"] > 0


@pytest.mark.parametrize("caller", ["owner", "admin", "instructor", "stranger"])
def test_nor_does_anybody_pay_by_a_series(school: School, caller: str) -> None:
    world = school.world
    world.hours(school.learner, school.instructor, 2)
    world.window(school.instructor)
    code = "learner_spends" if caller in ("owner", "admin") else "not_yourself"
    with (
        world.unchanged(),
        world.refusing("PT422" if code == "learner_spends" else "42501", code),
    ):
        world.ask(
            school.who(caller),
            "public.request_booking_series",
            p_instructor_id=school.instructor.id,
            p_service_id=world.service(school.instructor),
            p_start_at=world.in_days(9),
            p_occurrences=2,
            p_learner_id=learner_of(school),
            p_use_credits=True,
        )
    assert minutes_left(world) == 120


def test_the_learner_pays_by_hours_what_the_school_proposed(school: School) -> None:
    """Declining costs nothing, and the time is theirs to book."""
    world = school.world
    world.hours(school.learner, school.instructor, 2)
    slot_id = world.slot(world.service(school.instructor), world.in_days(9))
    proposed = world.book(
        school.owner, slot_id, p_learner_user_id=None, p_learner_id=learner_of(school)
    )
    world.call(school.learner, "public.decline_proposal", p_booking_id=proposed["booking_id"])
    booked = world.book(school.learner, slot_id, **HOURS)
    assert booked["amount_cents"] == 0
    assert minutes_left(world) == 60
