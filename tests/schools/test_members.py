"""Members are listed; roles are given and taken away."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, Refusal, World
from tests.races import Racers
from tests.schools.conftest import School
from tools.cluster import Cluster


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
def test_nobody_else_lists_members(school: School, caller: str) -> None:
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


def test_a_visitor_who_removes_a_role_is_asked_to_sign_in(school: School) -> None:
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
    # What is booked stays, and the school sees it.
    with world.acting_as(school.owner):
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
def test_nobody_else_sets_an_instructor_active(school: School, caller: str) -> None:
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
