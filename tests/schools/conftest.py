"""A school with everybody in it. Whatever a test does here, the books agree when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import Instructor, World
from tests.health import healthy_committed_world, healthy_world
from tests.schools.privilege_probe import Marketplace, open_marketplace

__all__ = ["healthy_committed_world", "healthy_world"]


@dataclass(frozen=True)
class School:
    """A school; people are known by their logins."""

    world: World
    id: UUID
    owner: UUID
    admin: UUID
    instructor: Instructor
    learner: UUID

    @property
    def settings(self) -> DictRow:
        return self.world.row("select * from public.organizations where id = %s", self.id)

    @property
    def roles(self) -> set[tuple[UUID, str]]:
        """Who is what in the school."""
        members = self.world.rows(
            "select user_id, role::text from public.organization_members where org_id = %s", self.id
        )
        return {(member["user_id"], member["role"]) for member in members}

    def who(self, name: str) -> UUID:
        """A person by what they are: a member, or somebody from elsewhere."""
        if name == "instructor":
            return self.instructor.user_id
        if name == "stranger":
            return self.world.person()
        if name == "owner of another":
            return self.world.member(self.world.organization(), "owner")
        if name == "platform admin":
            return self.world.admin()
        found: UUID = getattr(self, name)
        return found

    def invite(self, caller: UUID, email: str, role: str, **bound: Any) -> str:
        """Invites an address as somebody, and returns the token."""
        (invited,) = self.world.ask(
            caller,
            "public.invite_member",
            p_org_id=self.id,
            p_email=email,
            p_role=role,
            **bound,
        )
        token: str = invited["token"]
        return token

    def accept(self, user_id: UUID, token: str | None) -> UUID:
        accepted: UUID = self.world.call(user_id, "public.accept_invitation", p_token=token)
        return accepted

    def join(self, role: str, name: str = "Jo", **bound: Any) -> UUID:
        """Somebody new, who was invited by the owner and accepted."""
        person = self.world.person(name)
        self.accept(person, self.invite(self.owner, self.world.email(person), role, **bound))
        return person


def open_school(world: World) -> School:
    org_id = world.organization()
    instructor = world.instructor(name="Ann", org_id=org_id)
    learner = world.person("Ben")
    world.learner(org_id, learner)
    return School(
        world,
        org_id,
        owner=world.member(org_id, "owner"),
        admin=world.member(org_id, "admin"),
        instructor=Instructor(
            instructor.id, world.member(org_id, "instructor", instructor.user_id), org_id
        ),
        learner=learner,
    )


@pytest.fixture
def school(world: World) -> School:
    return open_school(world)


@pytest.fixture
def marketplace(school: School) -> Marketplace:
    return open_marketplace(school)


@pytest.fixture
def committed_school(committed_world: World) -> School:
    return open_school(committed_world)
