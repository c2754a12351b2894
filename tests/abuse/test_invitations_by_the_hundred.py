"""Eve founds schools and invites strangers: each invitation is a mail in the platform's name."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories import World

A_DAY = 50


@pytest.fixture
def eve(world: World) -> UUID:
    return world.person("Eve")


@pytest.fixture
def schools(world: World, eve: UUID) -> list[UUID]:
    schools = [world.organization() for _ in range(5)]
    for school in schools:
        world.member(school, "owner", eve)
    return schools


def invite(world: World, caller: UUID, school: UUID, number: int) -> UUID:
    (invited,) = world.ask(
        caller,
        "public.invite_member",
        p_org_id=school,
        p_email=f"stranger{number}@example.org",
        p_role="learner",
    )
    invitation_id: UUID = invited["invitation_id"]
    return invitation_id


def test_an_account_invites_so_many_a_day_wherever_it_does(
    world: World, eve: UUID, schools: list[UUID]
) -> None:
    for number in range(A_DAY):
        invite(world, eve, schools[number % len(schools)], number)
    for school in schools:
        with world.unchanged(), world.refusing("PT429", "too_many_invitations"):
            invite(world, eve, school, A_DAY)
    assert world.count("public.invitations") == A_DAY


def test_withdrawing_them_gains_no_more(world: World, eve: UUID, schools: list[UUID]) -> None:
    for number in range(A_DAY):
        invitation_id = invite(world, eve, schools[0], number)
        world.call(eve, "public.revoke_invitation", p_invitation_id=invitation_id)
    with world.unchanged(), world.refusing("PT429", "too_many_invitations"):
        invite(world, eve, schools[0], A_DAY)


def test_a_school_of_many_learners_goes_on_the_next_day_or_with_another_admin(
    world: World, eve: UUID, schools: list[UUID]
) -> None:
    for number in range(A_DAY):
        invite(world, eve, schools[0], number)
    invite(world, world.member(schools[0], "admin"), schools[0], A_DAY)
    world.travel(by=timedelta(days=1))
    invite(world, eve, schools[0], A_DAY)
    assert world.count("public.invitations") == A_DAY + 2


def test_a_learner_offers_guardianships_to_a_few(world: World) -> None:
    """Offers are mails as well, and need no school."""
    eve = world.person("Eve")
    world.learner(world.value("select private.marketplace_id()"), eve)
    learner_id = world.value("select id from public.learners where user_id = %s", eve)

    def offer(number: int) -> UUID:
        link_id: UUID = world.call(
            eve,
            "public.link_guardian",
            p_learner_id=learner_id,
            p_guardian_email=f"stranger{number}@example.org",
        )
        return link_id

    for number in range(10):
        link_id = offer(number)
        if number % 2:
            world.call(eve, "public.revoke_guardian", p_learner_guardian_id=link_id)
    with world.unchanged(), world.refusing("PT429", "too_many_guardians"):
        offer(10)
    world.travel(by=timedelta(days=1))
    offer(10)
    assert world.count("public.learner_guardians") == 11
