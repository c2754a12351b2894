"""Eve's school takes strangers for its learners: reminders go to the address that she gives."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories import World

A_DAY = 200


@pytest.fixture
def eve(world: World) -> UUID:
    return world.person("Eve")


@pytest.fixture
def school(world: World, eve: UUID) -> UUID:
    school = world.organization()
    world.member(school, "owner", eve)
    return school


def add(world: World, caller: UUID, school: UUID, number: int) -> UUID:
    learner_id: UUID = world.call(
        caller,
        "public.add_learner",
        p_org_id=school,
        p_full_name=f"Stranger {number}",
        p_email=f"stranger{number}@example.org",
    )
    return learner_id


@pytest.mark.slow
def test_a_school_adds_so_many_a_day_whoever_does_it(world: World, eve: UUID, school: UUID) -> None:
    for number in range(A_DAY):
        add(world, eve, school, number)
    for caller in (eve, world.member(school, "admin")):
        with world.unchanged(), world.refusing("PT429", "too_many_learners"):
            add(world, caller, school, A_DAY)
    world.travel(by=timedelta(days=1))
    add(world, eve, school, A_DAY)


def test_what_the_platform_imports_does_not_count(world: World, eve: UUID, school: UUID) -> None:
    for number in range(A_DAY):
        world.insert("public.learners", {"org_id": school, "full_name": f"Learner {number}"})
    world.rows(
        "insert into private.imported_rows (org_id, kind, reference, row_id)"
        " select org_id, 'learners', full_name, id from public.learners where org_id = %s",
        school,
    )
    add(world, eve, school, 0)
