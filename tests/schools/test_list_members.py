"""A school's admins see who belongs to it, by name, in pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.schools.conftest import School


def members(school: School, caller: UUID, **arguments: Any) -> list[DictRow]:
    return school.world.ask(caller, "public.list_members", p_org_id=school.id, **arguments)


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_admins_see_everybody_with_all_their_roles(school: School, caller: str) -> None:
    world = school.world
    world.member(school.id, "learner", school.owner)
    world.member(world.organization(), "owner")
    listed = {row["user_id"]: row for row in members(school, school.who(caller))}
    assert {
        (person, role)
        for person, row in listed.items()
        for role in row["roles"].strip("{}").split(",")
    } == school.roles
    assert (listed[school.learner]["full_name"], listed[school.learner]["email"]) == (
        "Ben",
        world.email(school.learner),
    )


@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_does(school: School, caller: str) -> None:
    person = school.who(caller)
    with school.world.refusing("PT404", "organization_not_found"):
        members(school, person)


def test_a_visitor_does_not(school: School) -> None:
    world = school.world
    with world.refusing("42501"):
        world.ask(None, "public.list_members", p_org_id=school.id)
    with world.refusing("42501", "sign_in_required"), world.acting_as(None):
        world.rows("select * from public.list_members(%s)", school.id)


def test_a_role_can_be_asked_for(school: School) -> None:
    school.world.member(school.id, "learner", school.owner)
    listed = members(school, school.owner, p_role="learner")
    assert {row["user_id"] for row in listed} == {school.owner, school.learner}


def test_pages_follow_one_another(school: School) -> None:
    everybody = [row["user_id"] for row in members(school, school.owner)]
    paged: list[UUID] = []
    while page := members(school, school.owner, p_limit=2, p_after=paged[-1] if paged else None):
        assert len(page) <= 2
        paged += [row["user_id"] for row in page]
    assert paged == everybody == sorted(everybody)


@pytest.mark.parametrize("limit", [-1, 0, None])
def test_an_odd_page_size_is_no_error(school: School, limit: int | None) -> None:
    assert members(school, school.owner, p_limit=limit)
