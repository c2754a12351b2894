"""A role is offered to an address, and the offer can be withdrawn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.schools.conftest import School

ROLES = ("owner", "admin", "instructor", "learner")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("caller", ["owner", "platform admin"])
def test_an_owner_offers_every_role(school: School, caller: str, role: str) -> None:
    world, person = school.world, school.who(caller)
    (invited,) = world.ask(
        person,
        "public.invite_member",
        p_org_id=school.id,
        p_email=" Jo@Example.org ",
        p_role=role,
    )
    invitation = world.row("select * from public.invitations")
    assert invitation["id"] == invited["invitation_id"]
    assert (invitation["org_id"], invitation["email"], invitation["role"]) == (
        school.id,
        "jo@example.org",
        role,
    )
    assert invitation["invited_by"] == person
    assert invitation["expires_at"] == invited["expires_at"] == world.now() + timedelta(days=7)


@pytest.mark.parametrize("role", ROLES)
def test_an_admin_offers_roles_below_their_own(school: School, role: str) -> None:
    if role in ("instructor", "learner"):
        assert school.invite(school.admin, "jo@example.org", role)
    else:
        with school.world.unchanged(), school.world.refusing("42501", "role_above_yours"):
            school.invite(school.admin, "jo@example.org", role)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_offers_any(school: School, caller: str, role: str) -> None:
    person = school.who(caller)
    with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
        school.invite(person, "jo@example.org", role)


def test_the_marketplace_is_the_platforms_to_invite_to(school: School) -> None:
    world = school.world
    marketplace = world.value("select private.marketplace_id()")
    with world.unchanged(), world.refusing("PT404", "organization_not_found"):
        world.ask(
            school.owner,
            "public.invite_member",
            p_org_id=marketplace,
            p_email="jo@example.org",
            p_role="owner",
        )


def test_tokens_differ_and_are_kept_nowhere(school: School) -> None:
    world = school.world
    tokens = {school.invite(school.owner, "jo@example.org", "learner") for _ in range(3)}
    assert len(tokens) == 3
    assert all(len(token) == 64 for token in tokens)
    everything = world.value(
        "select string_agg(row::text, ' ') from"
        " (select invitation::text as row from public.invitations invitation"
        " union all select entry::text from public.audit_logs entry) rows"
    )
    assert not any(token in everything for token in tokens)


def test_the_log_holds_neither_the_address_nor_the_hash(school: School) -> None:
    school.invite(school.owner, "jo@example.org", "learner")
    entry = school.world.row("select * from public.audit_logs where entity_type = 'invitations'")
    assert entry["new_values"]["email"] == "(personal)"
    assert "token_hash" not in entry["new_values"]


def test_the_hash_is_for_nobody_to_read(school: School) -> None:
    school.invite(school.owner, "jo@example.org", "learner")
    for role in ("authenticated", "service_role"):
        with (
            school.world.refusing("42501"),
            school.world.acting_as(school.owner, role),
        ):
            school.world.rows("select token_hash from private.invitation_tokens")


def test_admins_and_the_invited_see_an_invitation(school: School) -> None:
    world = school.world
    invited = world.person(email="jo@example.org")
    unproven = world.person(email="JO2@example.org", verified=False)
    for email in ("JO@example.org", "jo2@example.org"):
        school.invite(school.owner, email, "learner")
    seen = {}
    for person in (school.owner, school.admin, invited, unproven, school.learner, world.person()):
        with world.acting_as(person):
            seen[person] = len(world.rows("select id from public.invitations"))
    assert list(seen.values()) == [2, 2, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"email": None}, "value_missing"),
        ({"email": ""}, "email_is_short"),
        ({"email": "jo"}, "email_is_short"),
        ({"email": "@example.org"}, "email_is_short"),
        ({"email": "j@" + "x" * 319}, "email_is_short"),
        ({"email": "j@" + "x" * 1_000_000}, "email_is_short"),
        ({"role": None}, "value_missing"),
    ],
)
def test_a_bad_value_invites_nobody(school: School, arguments: dict[str, Any], code: str) -> None:
    given = {"email": "jo@example.org", "role": "learner"} | arguments
    for caller in (school.owner, school.admin):
        with school.world.unchanged(), school.world.refusing("PT422", code):
            school.invite(caller, **given)


def test_an_unknown_role_is_refused(school: School) -> None:
    with school.world.unchanged(), school.world.refusing("22P02"):
        school.invite(school.owner, "jo@example.org", "superuser")


@pytest.mark.parametrize(
    "address",
    [
        "<b>jo</b>@example.org",
        "Jo <jo@example.org>",
        "jo@example.org\n",
        "jo@example.org\u00a0",
        "jo@example.org,ben@example.org",
        "jo@example.org ben@example.org",
        "jo@@example.org",
        "jo@example..org",
        "jo@-example.org",
        "jo@exa\u200bmple.org",
    ],
    ids=ascii,
)
def test_what_is_not_one_address_is_not_invited(school: School, address: str) -> None:
    with school.world.unchanged(), school.world.refusing("PT422", "email_is_valid"):
        school.invite(school.owner, address, "learner")


def test_a_place_is_offered_of_those_without_a_login_here_only(school: School) -> None:
    world = school.world
    elsewhere = world.organization()
    with_login = world.value("select id from public.learners where user_id = %s", school.learner)
    for role, bound, code in (
        ("instructor", {"p_instructor_id": uuid4()}, "instructor_not_found"),
        (
            "instructor",
            {"p_instructor_id": world.managed_instructor(elsewhere)},
            "instructor_not_found",
        ),
        ("instructor", {"p_instructor_id": school.instructor.id}, "instructor_not_found"),
        ("learner", {"p_learner_id": uuid4()}, "learner_not_found"),
        ("learner", {"p_learner_id": world.learner(elsewhere)}, "learner_not_found"),
        ("learner", {"p_learner_id": with_login}, "learner_not_found"),
    ):
        for caller in (school.owner, school.admin, world.admin()):
            with world.unchanged(), world.refusing("PT404", code):
                school.invite(caller, "jo@example.org", role, **bound)


def test_a_place_fits_the_role(school: School) -> None:
    world = school.world
    instructor, learner = world.managed_instructor(school.id), world.learner(school.id)
    for role, bound, code in (
        ("learner", {"p_instructor_id": instructor}, "only_instructors_become_instructors"),
        ("owner", {"p_instructor_id": instructor}, "only_instructors_become_instructors"),
        ("instructor", {"p_learner_id": learner}, "only_learners_become_learners"),
        ("admin", {"p_learner_id": learner}, "only_learners_become_learners"),
    ):
        with world.unchanged(), world.refusing("PT422", code):
            school.invite(school.owner, "jo@example.org", role, **bound)


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


def test_the_next_owner_of_an_address_sees_no_invitation_that_was_accepted(school: School) -> None:
    world, jo = school.world, school.join("learner")
    address = world.email(jo)
    world.connection.execute("update auth.users set email = 'new@example.org' where id = %s", [jo])
    heir = world.person("Heir", address)
    for person, invitations in ((heir, 0), (jo, 1)):
        with world.acting_as(person):
            assert len(world.rows("select id from public.invitations")) == invitations
