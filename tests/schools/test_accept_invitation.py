"""An invitation is taken once, in time, by the owner of its address, while it may be given."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.factories import Refusal, World
from tests.races import Racers
from tests.schools.conftest import School
from tools.cluster import Cluster

ROLES = ("owner", "admin", "instructor", "learner")
JO = "jo@example.org"


@pytest.mark.parametrize("role", ROLES)
def test_who_accepts_has_the_role(school: School, role: str) -> None:
    person = school.world.person("Jo", JO)
    token = school.invite(school.owner, "JO@example.org", role)
    before = school.roles
    assert school.accept(person, token) == school.id
    assert school.roles == before | {(person, role)}
    invitation = school.world.row("select * from public.invitations")
    assert (invitation["accepted_by"], invitation["accepted_at"]) == (person, school.world.now())


def test_a_token_works_once(school: School) -> None:
    world, person = school.world, school.world.person("Jo", JO)
    token = school.invite(school.owner, JO, "admin")
    school.accept(person, token)
    with world.unchanged(), world.refusing("PT409", "invitation_used"):
        school.accept(person, token)
    world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=person,
        p_role="admin",
    )
    with world.unchanged(), world.refusing("PT409", "invitation_used"):
        school.accept(person, token)


def test_of_eight_who_accept_at_once_one_does(
    cluster: Cluster, committed_world: World, committed_school: School
) -> None:
    person = committed_world.person("Jo", JO)
    token = committed_school.invite(committed_school.owner, JO, "instructor")

    def accept(connection: psycopg.Connection[Any], number: int) -> UUID:
        return committed_school_over(connection, committed_school).accept(person, token)

    url = cluster.admin_url(committed_world.connection.info.dbname)
    with Racers(url, 8) as racers:
        outcomes = racers.race(accept)
    assert outcomes.count(committed_school.id) == 1
    assert outcomes.count(Refusal("PT409", "invitation_used")) == 7
    assert (person, "instructor") in committed_school.roles
    assert (
        len(committed_world.rows("select id from public.instructors where user_id = %s", person))
        == 1
    )


def committed_school_over(connection: psycopg.Connection[Any], school: School) -> School:
    """The same school, seen through another connection."""
    return School(
        World(connection), school.id, school.owner, school.admin, school.instructor, school.learner
    )


def test_only_the_proven_owner_of_the_address_accepts(school: School) -> None:
    world = school.world
    unproven = world.person("Jo", JO, verified=False)
    token = school.invite(school.owner, JO, "owner")
    for person in (unproven, world.person(), school.owner, world.admin()):
        with world.unchanged(), world.refusing("42501", "invitation_for_another"):
            school.accept(person, token)
    world.connection.execute(
        "update auth.users set email_confirmed_at = private.clock() where id = %s", [unproven]
    )
    school.accept(unproven, token)
    assert (unproven, "owner") in school.roles


def test_a_phone_login_without_an_address_accepts_nothing(school: School) -> None:
    world, person = school.world, school.world.person()
    token = school.invite(school.owner, JO, "owner")
    world.connection.execute("update auth.users set email = null where id = %s", [person])
    with world.unchanged(), world.refusing("42501", "invitation_for_another"):
        school.accept(person, token)


def test_a_visitor_is_asked_to_sign_in(school: School) -> None:
    world = school.world
    token = school.invite(school.owner, JO, "owner")
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value("select public.accept_invitation(%s)", token)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value("select public.accept_invitation(%s)", token)


@pytest.mark.parametrize("token", [None, "", "guess", "0" * 64, "<b>", "x" * 1_000_000])
def test_a_made_up_token_is_not_found(school: School, token: str | None) -> None:
    person = school.world.person("Jo", JO)
    school.invite(school.owner, JO, "owner")
    with school.world.unchanged(), school.world.refusing("PT404", "invitation_not_found"):
        school.accept(person, token)


def test_an_invitation_expires_after_seven_days(school: School) -> None:
    world, person = school.world, school.world.person("Jo", JO)
    token = school.invite(school.owner, JO, "learner")
    world.travel(by=timedelta(days=7))
    with world.unchanged(), world.refusing("PT422", "invitation_expired"):
        school.accept(person, token)
    world.travel(by=timedelta(seconds=-1))
    assert school.accept(person, token) == school.id


@pytest.mark.parametrize(
    ("role", "is_given"), [("owner", False), ("admin", False), ("learner", True)]
)
def test_it_ends_with_the_inviters_right_to_give_the_role(
    school: School, role: str, is_given: bool
) -> None:
    world, person = school.world, school.world.person("Jo", JO)
    inviter = world.member(school.id, "owner")
    world.member(school.id, "admin", inviter)
    token = school.invite(inviter, JO, role)
    world.call(
        inviter,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=inviter,
        p_role="owner",
    )
    if is_given:
        school.accept(person, token)
    else:
        with world.unchanged(), world.refusing("PT422", "invitation_expired"):
            school.accept(person, token)
    assert ((person, role) in school.roles) == is_given


def test_it_ends_with_the_inviters_login(school: School) -> None:
    world, person = school.world, school.world.person("Jo", JO)
    inviter = world.member(school.id, "owner")
    token = school.invite(inviter, JO, "learner")
    world.connection.execute("delete from auth.users where id = %s", [inviter])
    with world.unchanged(), world.refusing("PT422", "invitation_expired"):
        school.accept(person, token)


def test_who_has_the_role_already_keeps_it_once(school: School) -> None:
    world = school.world
    before = school.roles
    for person, role in ((school.learner, "learner"), (school.instructor.user_id, "instructor")):
        school.accept(person, school.invite(school.owner, world.email(person), role))
    assert school.roles == before
    assert world.count("public.learners") == 1
    assert world.count("public.instructors") == 1


# Somebody new


def test_a_new_instructor_takes_no_bookings_yet(school: School) -> None:
    world = school.world
    person = school.join("instructor", "Ida")
    made = world.row("select * from public.instructors where user_id = %s", person)
    assert (made["org_id"], made["display_name"]) == (school.id, "Ida")
    assert (made["currency"], made["time_zone"], made["hourly_rate_cents"]) == (
        "gbp",
        "Europe/London",
        0,
    )
    assert (made["verification_status"], made["is_available"]) == ("pending", False)


def test_a_new_learner_can_book(school: School) -> None:
    world = school.world
    person = school.join("learner", "Lea")
    made = world.row(
        "select learner.org_id, learner.full_name, contact.email from public.learners learner"
        " join public.learner_contacts contact on contact.learner_id = learner.id"
        " where learner.user_id = %s",
        person,
    )
    assert (made["org_id"], made["full_name"], made["email"]) == (
        school.id,
        "Lea",
        world.email(person),
    )
    assert world.book(person, world.slot(world.service(school.instructor)))["booking_id"]


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_staff_are_neither_instructors_nor_learners(school: School, role: str) -> None:
    person = school.join(role)
    for table in ("instructors", "learners"):
        assert not school.world.rows(f"select id from public.{table} where user_id = %s", person)


def test_an_instructor_who_comes_back_is_active_again(school: School) -> None:
    world, ann = school.world, school.instructor.user_id
    world.call(
        ann, "public.remove_member_role", p_org_id=school.id, p_user_id=ann, p_role="instructor"
    )
    school.accept(ann, school.invite(school.owner, world.email(ann), "instructor"))
    instructor = world.row("select * from public.instructors")
    assert (instructor["is_active"], instructor["hourly_rate_cents"]) == (True, 4500)


# Somebody whom the school managed


def book_for(school: School, learner_id: UUID, slot_id: UUID) -> UUID:
    """Books as the school's admin."""
    (booked,) = school.world.ask(
        school.admin,
        "public.create_booking_with_payment",
        p_learner_user_id=None,
        p_slot_id=slot_id,
        p_learner_id=learner_id,
    )
    booking_id: UUID = booked["booking_id"]
    return booking_id


def calendar(world: World) -> set[tuple[UUID, UUID]]:
    """Whose time is taken, as (instructor, person)."""
    rows = world.rows(
        "select instructor_id, person_id from private.person_calendar where slot_id is not null"
    )
    return {(row["instructor_id"], row["person_id"]) for row in rows}


def test_a_managed_instructor_gets_the_login_and_the_calendar(school: School) -> None:
    world = school.world
    managed = world.managed_instructor(school.id)
    booking = book_for(school, world.learner(school.id), world.managed_slot(school.id, managed))
    assert calendar(world) == {(managed, managed)}
    person = school.join("instructor", p_instructor_id=managed)
    assert calendar(world) == {(managed, person)}
    assert world.rows("select id, user_id from public.instructors where id = %s", managed) == [
        {"id": managed, "user_id": person}
    ]
    with world.acting_as(person):
        assert [row["id"] for row in world.rows("select id from public.bookings")] == [booking]


def test_a_managed_learner_gets_the_login_and_the_bookings(school: School) -> None:
    world = school.world
    managed = world.learner(school.id)
    booking = book_for(school, managed, world.slot(world.service(school.instructor)))
    person = school.join("learner", p_learner_id=managed)
    row = world.row("select * from public.bookings where id = %s", booking)
    assert (row["learner_id"], row["learner_person_id"]) == (managed, person)
    assert world.value("select user_id from public.learners where id = %s", managed) == person
    with world.acting_as(person):
        assert [row["id"] for row in world.rows("select id from public.bookings")] == [booking]


def lesson_elsewhere(world: World, person: UUID, start_at: datetime, as_what: str) -> None:
    """Has a person give, or take, a lesson on the marketplace."""
    giver = world.instructor(user_id=person) if as_what == "instructor" else world.instructor()
    taker = person if as_what == "learner" else world.person()
    world.book(taker, world.slot(world.service(giver), start_at))


@pytest.mark.parametrize("as_what", ["instructor", "learner"])
@pytest.mark.parametrize(
    ("minutes_later", "is_apart"), [(-60, True), (-45, False), (0, False), (59, False), (60, True)]
)
def test_lessons_that_overlap_are_listed_to_both_sides(
    school: School, as_what: str, minutes_later: int, is_apart: bool
) -> None:
    world, person = school.world, school.world.person("Jo", JO)
    instructor, learner = world.managed_instructor(school.id), world.learner(school.id)
    book_for(school, learner, world.managed_slot(school.id, instructor, world.in_days(2)))
    elsewhere = world.in_days(2) + timedelta(minutes=minutes_later)
    lesson_elsewhere(world, person, elsewhere, as_what)

    place = {"instructor": instructor, "learner": learner}[as_what]
    token = school.invite(school.owner, JO, as_what, **{f"p_{as_what}_id": place})
    school.accept(person, token)
    assert (person, as_what) in school.roles
    assert len(told(world, school.owner)) == (not is_apart)
    assert len(told(world, person)) == (0 if is_apart else 2)
    assert world.violations() == []

    taken = world.slot(world.service(world.instructor()), world.in_days(2))
    with world.refusing("PT409", "learner_busy"):
        world.book(person, taken)


def told(world: World, reader: UUID) -> list[dict[str, Any]]:
    """The overlaps of which somebody is told."""
    with world.acting_as(reader):
        return world.rows(
            "select * from public.alerts where code = 'calendars_overlap' and resolved_at is null"
        )


def test_a_lesson_that_was_called_off_is_in_nobodys_way(school: School) -> None:
    world, person = school.world, school.world.person("Jo", JO)
    instructor = world.managed_instructor(school.id)
    slot = world.managed_slot(school.id, instructor, world.in_days(2))
    booking = book_for(school, world.learner(school.id), slot)
    lesson_elsewhere(world, person, world.in_days(2), "instructor")
    world.travel(by=timedelta(minutes=16))
    world.maintain()
    assert world.value("select status from public.bookings where id = %s", booking) == "expired"
    token = school.invite(school.owner, JO, "instructor", p_instructor_id=instructor)
    assert school.accept(person, token) == school.id


def manage(school: School, role: str) -> UUID:
    """An instructor or a learner without a login."""
    if role == "instructor":
        return school.world.managed_instructor(school.id)
    return school.world.learner(school.id)


@pytest.mark.parametrize("role", ["instructor", "learner"])
def test_a_place_is_taken_once(school: School, role: str) -> None:
    world, other = school.world, school.world.person("Jo", JO)
    bound = {f"p_{role}_id": manage(school, role)}
    token = school.invite(school.owner, JO, role, **bound)
    school.join(role, "Ida", **bound)
    with world.unchanged(), world.refusing("PT409", "login_is_linked"):
        school.accept(other, token)


@pytest.mark.parametrize("role", ["instructor", "learner"])
def test_a_person_has_one_place_of_a_kind_in_a_school(school: School, role: str) -> None:
    world = school.world
    bound = {f"p_{role}_id": manage(school, role)}
    person = school.who(role)
    token = school.invite(school.owner, world.email(person), role, **bound)
    with world.unchanged(), world.refusing("PT409", "login_is_linked"):
        school.accept(person, token)


def test_a_guardian_does_not_become_their_own_ward(school: School) -> None:
    world = school.world
    child = world.child(school.id)
    guardian = world.guardian(child, view=True)
    token = school.invite(school.owner, world.email(guardian), "learner", p_learner_id=child)
    with world.unchanged(), world.refusing("PT422", "own_guardian"):
        school.accept(guardian, token)
