"""A school's admins take instructors off the list and put them back, and nobody else does."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.schools.conftest import School


def set_active(school: School, caller: UUID, instructor_id: UUID, is_active: bool | None) -> None:
    school.world.call(
        caller,
        "public.set_instructor_active",
        p_instructor_id=instructor_id,
        p_is_active=is_active,
    )


def is_listed(school: School, instructor_id: UUID) -> bool:
    found = school.world.ask(None, "public.search_instructors")
    return instructor_id in [row["id"] for row in found]


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_an_instructor_is_taken_off_the_list_and_put_back(school: School, caller: str) -> None:
    person, managed = school.who(caller), school.world.managed_instructor(school.id)
    for instructor in (school.instructor.id, managed):
        set_active(school, person, instructor, is_active=False)
        assert not is_listed(school, instructor)
        set_active(school, person, instructor, is_active=True)
        assert is_listed(school, instructor)


@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_does(school: School, caller: str) -> None:
    person = school.who(caller)
    for is_active in (False, True):
        with school.world.unchanged(), school.world.refusing("PT404", "instructor_not_found"):
            set_active(school, person, school.instructor.id, is_active)


def test_what_is_unknown_or_missing_is_refused(school: School) -> None:
    with school.world.unchanged(), school.world.refusing("PT404", "instructor_not_found"):
        set_active(school, school.owner, uuid4(), is_active=False)
    with school.world.unchanged(), school.world.refusing("PT422", "value_missing"):
        set_active(school, school.owner, school.instructor.id, None)


def test_what_is_booked_stays(school: School) -> None:
    world = school.world
    world.book(school.learner, world.slot(world.service(school.instructor)))
    free = world.slot(world.service(school.instructor), world.in_days(3))
    before = world.rows("select * from public.bookings")
    set_active(school, school.owner, school.instructor.id, is_active=False)
    assert world.rows("select * from public.bookings") == before
    with world.refusing("PT409", "instructor_unavailable"):
        world.book(school.learner, free)
