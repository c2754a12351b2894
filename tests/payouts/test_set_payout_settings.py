"""Instructors choose when they are paid and from which amount; schools choose who is paid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.factories import World

SETTINGS = (
    "select payout_schedule::text, minimum_payout_cents, payee::text"
    " from public.instructor_details where instructor_id = %s"
)


def choose(world: World, user_id: UUID, instructor_id: UUID, **settings: Any) -> None:
    given = {f"p_{name}": value for name, value in settings.items()}
    world.call(user_id, "public.set_payout_settings", p_instructor_id=instructor_id, **given)


def test_an_instructor_chooses_schedule_and_minimum(world: World) -> None:
    instructor = world.instructor()
    choose(world, instructor.user_id, instructor.id, payout_schedule="monthly")
    choose(world, instructor.user_id, instructor.id, minimum_payout_cents=2500)
    assert world.row(SETTINGS, instructor.id) == {
        "payout_schedule": "monthly",
        "minimum_payout_cents": 2500,
        "payee": "instructor",
    }


def test_a_school_chooses_who_is_paid(world: World) -> None:
    school = world.organization()
    instructor = world.instructor(org_id=school)
    with world.unchanged(), world.refusing("42501", "payee_is_the_schools_choice"):
        choose(world, instructor.user_id, instructor.id, payee="organization")
    choose(world, world.member(school, "admin"), instructor.id, payee="organization")
    assert world.row(SETTINGS, instructor.id)["payee"] == "organization"


def test_a_negative_minimum_is_refused(world: World) -> None:
    instructor = world.instructor()
    with world.unchanged(), world.refusing("PT422", "minimum_payout_is_not_negative"):
        choose(world, instructor.user_id, instructor.id, minimum_payout_cents=-1)


def test_nobody_sets_anothers(world: World) -> None:
    instructor = world.instructor()
    outsiders = (world.instructor().user_id, world.member(world.organization(), "owner"))
    for person in outsiders:
        with world.unchanged(), world.refusing("PT404", "instructor_not_found"):
            choose(world, person, instructor.id, payout_schedule="daily")
