"""A role is taken by who may give it, or laid down; and a school keeps an owner."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.factories import MARKETPLACE, Refusal, World
from tests.races import Racers
from tests.schools.conftest import School
from tools.cluster import Cluster

ROLES = ("owner", "admin", "instructor", "learner")
ROUNDS = 20


def remove(world: World, caller: UUID, org_id: UUID, person: UUID | None, role: str | None) -> None:
    world.call(caller, "public.remove_member_role", p_org_id=org_id, p_user_id=person, p_role=role)


def colleague(school: School, role: str) -> UUID:
    """Somebody else with that role."""
    return school.world.member(school.id, role)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("caller", ["owner", "platform admin"])
def test_an_owner_takes_every_role(school: School, caller: str, role: str) -> None:
    person, other = school.who(caller), colleague(school, role)
    before = school.roles
    remove(school.world, person, school.id, other, role)
    assert school.roles == before - {(other, role)}


@pytest.mark.parametrize("role", ROLES)
def test_an_admin_takes_roles_below_their_own(school: School, role: str) -> None:
    world, other = school.world, colleague(school, role)
    if role in ("instructor", "learner"):
        remove(world, school.admin, school.id, other, role)
        assert (other, role) not in school.roles
    else:
        with world.unchanged(), world.refusing("42501", "role_above_yours"):
            remove(world, school.admin, school.id, other, role)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_takes_any(school: School, caller: str, role: str) -> None:
    person, other = school.who(caller), colleague(school, role)
    with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
        remove(school.world, person, school.id, other, role)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_lays_down_their_own(school: School, role: str) -> None:
    person = colleague(school, role)
    before = school.roles
    remove(school.world, person, school.id, person, role)
    assert school.roles == before - {(person, role)}


def test_other_roles_stay(school: School) -> None:
    world, owner = school.world, school.owner
    for role in ("admin", "learner"):
        world.member(school.id, role, owner)
    remove(world, owner, school.id, owner, "admin")
    assert {role for person, role in school.roles if person == owner} == {"owner", "learner"}


def test_a_role_that_nobody_has_is_not_found(school: School) -> None:
    world = school.world
    for caller, person, role in (
        (school.owner, school.learner, "admin"),
        (school.owner, uuid4(), "learner"),
        (school.owner, None, "learner"),
        (school.learner, school.learner, "owner"),
        (school.learner, school.learner, None),
    ):
        with world.unchanged(), world.refusing("PT404", "member_not_found"):
            remove(world, caller, school.id, person, role)
    with world.unchanged(), world.refusing("PT404", "member_not_found"):
        remove(world, school.owner, world.organization(), school.owner, "owner")
    with world.unchanged(), world.refusing("PT422", "value_missing"):
        remove(world, school.owner, school.id, school.learner, None)


def test_a_visitor_is_asked_to_sign_in(school: School) -> None:
    world, call = school.world, "select public.remove_member_role(%s, %s, 'learner')"
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(call, school.id, school.learner)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(call, school.id, school.learner)


# The last owner


@pytest.mark.parametrize("caller", ["owner", "platform admin"])
def test_the_last_owner_stays(school: School, caller: str) -> None:
    person = school.who(caller)
    with school.world.unchanged(), school.world.refusing("PT409", "last_owner"):
        remove(school.world, person, school.id, school.owner, "owner")


def test_one_of_two_owners_leaves(school: School) -> None:
    other = colleague(school, "owner")
    remove(school.world, school.owner, school.id, school.owner, "owner")
    with school.world.unchanged(), school.world.refusing("PT409", "last_owner"):
        remove(school.world, other, school.id, other, "owner")


@pytest.mark.parametrize(
    "change",
    [
        "delete from public.organization_members where role = 'owner'",
        "update public.organization_members set role = 'admin' where role = 'owner'",
        "update public.organization_members set org_id = private.marketplace_id()"
        " where role = 'owner'",
        "delete from auth.users where id = (select user_id from public.organization_members"
        " where role = 'owner' limit 1)",
    ],
)
def test_the_last_owner_stays_in_studio_too(school: School, change: str) -> None:
    world = school.world
    with world.unchanged(), world.refusing("PT409", "last_owner"):
        world.connection.execute(change)
    colleague(school, "owner")
    if "auth.users" in change:
        world.connection.execute(change)


def test_of_two_owners_who_leave_at_once_one_stays(
    cluster: Cluster, committed_world: World, committed_school: School
) -> None:
    owners = [committed_school.owner, colleague(committed_school, "owner")]

    def leave(connection: psycopg.Connection[Any], number: int) -> str:
        remove(World(connection), owners[number], committed_school.id, owners[number], "owner")
        return "left"

    with Racers(cluster.admin_url(committed_world.connection.info.dbname), 2) as racers:
        for _ in range(ROUNDS):
            outcomes = racers.race(leave)
            assert sorted(map(str, outcomes)) == sorted(
                map(str, ["left", Refusal("PT409", "last_owner")])
            )
            left = owners[outcomes.index("left")]
            committed_world.member(committed_school.id, "owner", left)


def test_of_two_owners_who_remove_each_other_at_once_one_stays(
    cluster: Cluster, committed_world: World, committed_school: School
) -> None:
    owners = [committed_school.owner, colleague(committed_school, "owner")]

    def oust(connection: psycopg.Connection[Any], number: int) -> str:
        remove(World(connection), owners[number], committed_school.id, owners[1 - number], "owner")
        return "ousted"

    with Racers(cluster.admin_url(committed_world.connection.info.dbname), 2) as racers:
        for _ in range(ROUNDS):
            outcomes = racers.race(oust)
            assert outcomes.count("ousted") == 1
            committed_world.member(
                committed_school.id, "owner", owners[1 - outcomes.index("ousted")]
            )


# Who leaves


def leave(school: School, person: UUID, role: str) -> None:
    remove(school.world, person, school.id, person, role)


def test_an_instructor_who_leaves_takes_no_more_bookings(school: School) -> None:
    world, ann = school.world, school.instructor
    booked = world.book(school.learner, world.slot(world.service(ann)))
    free = world.slot(world.service(ann), world.in_days(3))
    leave(school, ann.user_id, "instructor")

    with world.refusing("PT409", "instructor_unavailable"):
        world.book(school.learner, free)
    assert world.ask(None, "public.search_instructors") == []
    assert world.ask(None, "public.search_services") == []
    with world.acting_as(None, "anon"):
        assert world.count("public.instructors") == 0
    # What is booked stays, and the instructor sees it.
    with world.acting_as(ann.user_id):
        assert world.rows("select id, status::text from public.bookings") == [
            {"id": booked["booking_id"], "status": "held"}
        ]


def test_an_instructor_leaves_one_school_and_stays_in_another(school: School) -> None:
    world, ann = school.world, school.instructor
    elsewhere = world.instructor(user_id=ann.user_id)
    leave(school, ann.user_id, "instructor")
    active = world.rows("select id, is_active from public.instructors order by is_active")
    assert active == [
        {"id": ann.id, "is_active": False},
        {"id": elsewhere.id, "is_active": True},
    ]


def test_laying_down_another_role_leaves_an_instructor_active(school: School) -> None:
    ann = school.instructor.user_id
    school.world.member(school.id, "admin", ann)
    leave(school, ann, "admin")
    assert school.world.value("select is_active from public.instructors")


def test_a_learner_who_left_a_school_books_there_no_more(school: School) -> None:
    world, ben = school.world, school.learner
    learner_id = world.value("select id from public.learners where user_id = %s", ben)
    slot = world.slot(world.service(school.instructor))
    guardian = world.guardian(learner_id, book=True)
    leave(school, ben, "learner")
    with world.unchanged():
        for caller, arguments in (
            (ben, {"p_learner_user_id": ben}),
            (ben, {"p_learner_user_id": ben, "p_learner_id": learner_id}),
            (guardian, {"p_learner_user_id": None, "p_learner_id": learner_id}),
            (school.admin, {"p_learner_user_id": ben}),
        ):
            with world.refusing("42501", "not_a_learner_here"):
                world.ask(caller, "public.create_booking_with_payment", p_slot_id=slot, **arguments)
    school.accept(ben, school.invite(school.owner, world.email(ben), "learner"))
    assert world.book(ben, slot)["booking_id"]
    assert world.count("public.learners") == 1


def test_a_learner_who_left_the_marketplace_is_back_with_the_next_booking(world: World) -> None:
    booking = world.booking()
    remove(world, booking.learner, MARKETPLACE, booking.learner, "learner")
    slot = world.slot(world.service(booking.instructor), world.in_days(4))
    world.book(booking.learner, slot)
    with world.acting_as(booking.learner):
        assert world.rows("select role from public.my_roles") == [{"role": "learner"}]
    assert world.count("public.learners") == 1


def test_who_was_removed_sees_the_school_no_more(school: School) -> None:
    world, admin = school.world, school.admin
    school.invite(school.owner, "jo@example.org", "learner")
    seen = {}
    for when in ("before", "after"):
        with world.acting_as(admin):
            seen[when] = [
                len(world.rows(f"select id from public.{table}"))
                for table in ("organizations", "learners", "organization_members", "invitations")
            ]
        if when == "before":
            remove(world, school.owner, school.id, admin, "admin")
    assert seen == {"before": [1, 1, 4, 1], "after": [0, 0, 0, 0]}
