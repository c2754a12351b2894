"""Owners make members owners and admins; everybody else comes by invitation."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.schools.conftest import School


def add(school: School, caller: UUID, person: UUID | None, role: str | None) -> None:
    school.world.call(
        caller,
        "public.add_member_role",
        p_org_id=school.id,
        p_user_id=person,
        p_role=role,
    )


@pytest.mark.parametrize("caller", ["owner", "platform admin"])
@pytest.mark.parametrize("role", ["owner", "admin"])
def test_an_owner_raises_a_member(school: School, caller: str, role: str) -> None:
    person, before = school.who(caller), school.roles
    add(school, person, school.learner, role)
    add(school, person, school.learner, role)
    assert school.roles == before | {(school.learner, role)}


@pytest.mark.parametrize("role", ["owner", "admin"])
@pytest.mark.parametrize(
    ("caller", "sqlstate", "code"),
    [
        ("admin", "42501", "role_above_yours"),
        ("instructor", "PT404", "organization_not_found"),
        ("learner", "PT404", "organization_not_found"),
        ("stranger", "PT404", "organization_not_found"),
        ("owner of another", "PT404", "organization_not_found"),
    ],
)
def test_nobody_else_raises_anybody(
    school: School, caller: str, role: str, sqlstate: str, code: str
) -> None:
    person = school.who(caller)
    for raised in (person, school.learner):
        with school.world.unchanged(), school.world.refusing(sqlstate, code):
            add(school, person, raised, role)


@pytest.mark.parametrize("role", ["owner", "admin", "instructor", "learner"])
def test_who_is_no_member_is_invited(school: School, role: str) -> None:
    for outsider in (school.world.person(), uuid4(), None):
        with school.world.unchanged(), school.world.refusing("PT422", "invitation_needed"):
            add(school, school.owner, outsider, role)


@pytest.mark.parametrize("role", ["instructor", "learner"])
def test_teaching_and_learning_begin_with_an_invitation(school: School, role: str) -> None:
    with school.world.unchanged(), school.world.refusing("PT422", "invitation_needed"):
        add(school, school.owner, school.admin, role)


def test_no_role_is_a_missing_value(school: School) -> None:
    for caller in (school.owner, school.admin):
        with school.world.unchanged(), school.world.refusing("PT422", "value_missing"):
            add(school, caller, school.learner, None)


def test_a_visitor_is_asked_to_sign_in(school: School) -> None:
    world, call = school.world, "select public.add_member_role(%s, %s, 'owner')"
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(call, school.id, school.learner)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(call, school.id, school.learner)
