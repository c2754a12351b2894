"""Eve founds schools, to take their names and to have more of all that a school may have."""

from __future__ import annotations

from uuid import UUID

from tests.factories import World

A_PERSON = 10


def found(world: World, person: UUID, number: int) -> UUID:
    org_id: UUID = world.call(
        person,
        "public.create_organization",
        p_name=f"Taken {number}",
        p_time_zone="Europe/London",
        p_currency="gbp",
    )
    return org_id


def names_taken(world: World) -> int:
    number: int = world.value(
        "select count(*) from public.organizations where name like 'Taken %%'"
    )
    return number


def test_a_person_owns_ten(world: World) -> None:
    eve = world.person("Eve")
    for number in range(A_PERSON):
        found(world, eve, number)
    with world.unchanged(), world.refusing("PT409", "too_many_organizations"):
        found(world, eve, A_PERSON)
    assert names_taken(world) == A_PERSON


def test_giving_them_to_a_second_account_fills_that_account(world: World) -> None:
    """Every owner counts, however they came to it, so each account is worth ten schools."""
    eve, sock = world.person("Eve"), world.person("Sock")
    schools = [found(world, eve, number) for number in range(A_PERSON)]
    for school in schools:
        hand_over(world, school, eve, sock)
    found(world, eve, A_PERSON)
    with world.unchanged(), world.refusing("PT409", "too_many_organizations"):
        found(world, sock, A_PERSON + 1)
    (extra,) = set(owned(world, eve))
    with world.unchanged(), world.refusing("PT409", "too_many_organizations"):
        hand_over(world, extra, eve, sock)
    assert names_taken(world) == A_PERSON + 1


def test_who_leaves_one_may_found_another(world: World) -> None:
    eve, heir = world.person("Eve"), world.person("Heir")
    schools = [found(world, eve, number) for number in range(A_PERSON)]
    hand_over(world, schools[0], eve, heir)
    found(world, eve, A_PERSON)
    assert len(owned(world, eve)) == A_PERSON


def hand_over(world: World, school: UUID, owner: UUID, heir: UUID) -> None:
    (invited,) = world.ask(
        owner,
        "public.invite_member",
        p_org_id=school,
        p_email=world.email(heir),
        p_role="owner",
    )
    world.call(heir, "public.accept_invitation", p_token=invited["token"])
    world.call(owner, "public.remove_member_role", p_org_id=school, p_user_id=owner, p_role="owner")


def owned(world: World, person: UUID) -> list[UUID]:
    rows = world.rows(
        "select org_id from public.organization_members where user_id = %s and role = 'owner'",
        person,
    )
    return [row["org_id"] for row in rows]
