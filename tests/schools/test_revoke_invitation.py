"""An invitation that nobody has accepted can be taken back, by the school's admins."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.schools.conftest import School


def invitation_id(school: School) -> UUID:
    found: UUID = school.world.value("select id from public.invitations")
    return found


def revoke(school: School, caller: UUID, invitation: UUID | None = None) -> None:
    school.world.call(
        caller,
        "public.revoke_invitation",
        p_invitation_id=invitation or invitation_id(school),
    )


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_a_revoked_invitation_is_worth_nothing(school: School, caller: str) -> None:
    person = school.world.person(email="jo@example.org")
    token = school.invite(school.owner, "jo@example.org", "owner")
    revoke(school, school.who(caller))
    with school.world.unchanged(), school.world.refusing("PT404", "invitation_not_found"):
        school.accept(person, token)


@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_revokes(school: School, caller: str) -> None:
    school.invite(school.owner, "jo@example.org", "learner")
    person = school.who(caller)
    with school.world.unchanged(), school.world.refusing("PT404", "invitation_not_found"):
        revoke(school, person)


def test_neither_does_the_invited_or_a_visitor(school: School) -> None:
    world = school.world
    school.invite(school.owner, "jo@example.org", "learner")
    invited, call = world.person(email="jo@example.org"), "select public.revoke_invitation(%s)"
    invitation = invitation_id(school)
    with world.unchanged():
        with world.refusing("PT404", "invitation_not_found"):
            revoke(school, invited)
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(call, invitation)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(call, invitation)


def test_what_is_over_is_not_revoked(school: School) -> None:
    world = school.world
    school.invite(school.owner, "jo@example.org", "learner")
    revoke(school, school.owner)
    with world.unchanged(), world.refusing("PT404", "invitation_not_found"):
        revoke(school, school.owner)
    with world.unchanged(), world.refusing("PT404", "invitation_not_found"):
        revoke(school, school.owner, uuid4())


def test_what_is_accepted_is_not_revoked(school: School) -> None:
    school.join("learner")
    with school.world.unchanged(), school.world.refusing("PT404", "invitation_not_found"):
        revoke(school, school.owner)
