"""A person's roles are readable as data, and nobody else's are."""

from __future__ import annotations

from uuid import UUID

from tests.factories import MARKETPLACE, World

Roles = set[tuple[UUID | None, str]]


def roles(world: World, person: UUID | None) -> Roles:
    with world.acting_as(person):
        return {(row["org_id"], row["role"]) for row in world.rows("table public.my_roles")}


def test_a_person_has_one_row_a_role(world: World) -> None:
    school, person = world.organization(), world.person()
    world.member(school, "owner", person)
    world.member(school, "instructor", person)
    world.member(MARKETPLACE, "learner", person)
    assert roles(world, person) == {
        (school, "owner"),
        (school, "instructor"),
        (MARKETPLACE, "learner"),
    }


def test_a_platform_admin_is_told_so(world: World) -> None:
    assert roles(world, world.admin()) == {(None, "platform_admin")}


def test_other_peoples_roles_are_not_mine(world: World) -> None:
    school = world.organization()
    world.member(school, "owner")
    world.admin()
    assert roles(world, world.person()) == set()
    assert roles(world, world.member(school, "learner")) == {(school, "learner")}


def test_an_admin_sees_only_their_own_among_many(world: World) -> None:
    school = world.organization()
    world.member(school, "learner")
    owner = world.member(school, "owner")
    assert roles(world, owner) == {(school, "owner")}


def test_nobody_has_no_role(world: World) -> None:
    assert roles(world, None) == set()


def test_a_visitor_may_not_ask(world: World) -> None:
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows("table public.my_roles")


def test_nobody_gives_themselves_a_role(world: World) -> None:
    school, person = world.organization(), world.person()
    for statement in (
        "insert into public.organization_members (org_id, user_id, role)"
        " values (%s, auth.uid(), 'owner')",
        "update public.organization_members set role = 'owner' where org_id = %s",
        "insert into private.platform_admins (user_id) values (auth.uid()) returning %s::uuid",
    ):
        with world.refusing("42501"), world.acting_as(person):
            world.connection.execute(statement, [school])
    assert roles(world, person) == set()
