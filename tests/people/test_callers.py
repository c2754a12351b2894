"""Who the caller is, and which rows are theirs."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.factories import MARKETPLACE, Booking, World, refusal

READABLE = """
    select class.relname as name, has_table_privilege('anon', class.oid, 'select') as is_public
    from pg_class class
    where class.relnamespace = 'public'::regnamespace
        and class.relkind in ('r', 'p', 'v')
        and has_table_privilege('authenticated', class.oid, 'select')
"""

UPDATABLE = """
    select attribute.attrelid::regclass::text as name, min(attribute.attname) as column
    from pg_attribute attribute
    join pg_class class on class.oid = attribute.attrelid
    where class.relnamespace = 'public'::regnamespace
        and class.relkind in ('r', 'p')
        and attribute.attnum > 0
        and has_column_privilege('authenticated', class.oid, attribute.attnum, 'update')
    group by attribute.attrelid
"""

# For policies, where a refusal would fail the whole query.
PREDICATES = {"has_entitlement(text)"}

CALLABLE = """
    select function.oid::regprocedure::text as name,
        has_function_privilege('anon', function.oid, 'execute') as is_public,
        function.proretset and not exists (
            select from pg_proc rule
            where rule.pronamespace = 'private'::regnamespace and rule.proname = function.proname
        ) as is_list,
        format(
            'select public.%%I(%%s)',
            function.proname,
            (
                select string_agg(format('null::%%s', format_type(type, null)), ', ' order by nth)
                from unnest(function.proargtypes::oid[]) with ordinality argument (type, nth)
            )
        ) as call
    from pg_proc function
    where function.pronamespace = 'public'::regnamespace
        and has_function_privilege('authenticated', function.oid, 'execute')
"""


@pytest.fixture
def booking(world: World) -> Booking:
    """A lesson that was paid for and given: both people have much to see."""
    booking = world.booking()
    world.onboard(booking.instructor)
    booking.pay()
    booking.complete()
    world.connection.execute(
        "insert into public.availability_windows (instructor_id, day_of_week, start_time, end_time)"
        " values (%s, 1, '09:00', '12:00')",
        [booking.instructor.id],
    )
    return booking


@pytest.mark.parametrize(
    ("claims", "is_somebody"),
    [
        ({}, True),
        ({"is_anonymous": False}, True),
        ({"is_anonymous": None}, True),
        ({"is_anonymous": True}, False),
        ({"is_anonymous": "true"}, False),
    ],
)
def test_a_person_is_who_the_token_says_unless_it_is_anonymous(
    world: World, claims: dict[str, Any], is_somebody: bool
) -> None:
    person = uuid4()
    token = {"role": "authenticated", "sub": str(person)} | claims
    world.connection.execute(
        "select set_config('request.jwt.claims', %s, true)", [json.dumps(token)]
    )
    assert world.value("select private.my_user_id()") == (person if is_somebody else None)


def test_without_a_token_there_is_nobody(world: World) -> None:
    assert world.value("select private.my_user_id()") is None


@pytest.mark.parametrize("party", ["learner", "instructor"])
def test_an_anonymous_sign_in_sees_what_a_visitor_sees(
    world: World, booking: Booking, party: str
) -> None:
    person = booking.learner if party == "learner" else booking.instructor.user_id
    hidden = []
    for relation in world.rows(READABLE):
        with world.acting_as(person):
            own = world.count(relation["name"])
        with world.acting_as(person, is_anonymous=True):
            seen = world.count(relation["name"])
        public = 0
        if relation["is_public"]:
            with world.acting_as(None, "anon"):
                public = world.count(relation["name"])
        assert seen == public, relation["name"]
        if own > seen:
            hidden.append(relation["name"])
    assert {"bookings", "learners", "lessons", "payments", "profiles"} <= set(hidden)


@pytest.mark.parametrize("party", ["learner", "instructor"])
def test_an_anonymous_sign_in_changes_nothing(world: World, booking: Booking, party: str) -> None:
    person = booking.learner if party == "learner" else booking.instructor.user_id
    changed = set()
    for table in world.rows(UPDATABLE):
        statement = f"update {table['name']} set {table['column']} = {table['column']}"
        with world.acting_as(person):
            if world.connection.execute(statement).rowcount:
                changed.add(table["name"])
        with world.acting_as(person, is_anonymous=True):
            assert world.connection.execute(statement).rowcount == 0, table["name"]
    assert "profiles" in changed


def test_an_anonymous_sign_in_opens_no_window(world: World, booking: Booking) -> None:
    person = booking.instructor
    with world.refusing("42501"), world.acting_as(person.user_id, is_anonymous=True):
        world.connection.execute(
            "insert into public.availability_windows"
            " (instructor_id, day_of_week, start_time, end_time) values (%s, 2, '09:00', '12:00')",
            [person.id],
        )
    assert world.count("public.availability_windows") == 1


def test_an_anonymous_sign_in_is_refused_by_every_function_that_visitors_may_not_call(
    world: World,
) -> None:
    admin = world.admin()
    functions = [row for row in world.rows(CALLABLE) if not row["is_public"]]
    assert len(functions) >= 7
    for function in functions:
        if function["name"] in PREDICATES:
            with world.acting_as(admin, is_anonymous=True):
                assert world.value(function["call"]) is False
            continue
        if function["is_list"]:
            with world.acting_as(admin, is_anonymous=True):
                assert world.rows(function["call"]) == [], function["name"]
            continue
        with (
            pytest.raises(psycopg.Error) as refused,
            world.acting_as(admin, is_anonymous=True),
        ):
            world.connection.execute(function["call"])
        assert refusal(refused.value).sqlstate == "42501", function["name"]
        assert refusal(refused.value).code in ("sign_in_required", "not_an_admin")


def ids(world: World, function: str, person: UUID | None) -> set[UUID]:
    """Asks as the owner of the policies' tables would, on behalf of a person."""
    world.connection.execute(
        f"""
        create or replace function pg_temp.ids() returns uuid[] language sql security definer
            return private.{function}()
        """
    )
    with world.acting_as(person):
        found: list[UUID] = world.value("select pg_temp.ids()")
    return set(found)


def test_a_person_is_an_instructor_in_each_of_their_organizations(world: World) -> None:
    school = world.organization()
    here = world.instructor()
    there = world.instructor(org_id=school, user_id=here.user_id)
    world.instructor(org_id=school)
    assert ids(world, "my_instructor_ids", here.user_id) == {here.id, there.id}
    assert ids(world, "my_instructor_ids", world.person()) == set()
    assert ids(world, "my_instructor_ids", None) == set()


def test_a_person_is_a_learner_in_each_of_their_organizations(world: World) -> None:
    school, person = world.organization(), world.person()
    own = {world.learner(MARKETPLACE, person), world.learner(school, person)}
    world.learner(school)
    world.learner(school, world.person())
    assert ids(world, "my_learner_ids", person) == own
    assert ids(world, "my_learner_ids", None) == set()


def test_members_belong_and_owners_and_admins_administer(world: World) -> None:
    school, other = world.organization(), world.organization()
    world.member(other, "owner")
    for role, administers in {
        "owner": {school},
        "admin": {school},
        "instructor": set[UUID](),
        "learner": set[UUID](),
    }.items():
        person = world.member(school, role)
        assert ids(world, "my_org_ids", person) >= {school}
        assert other not in ids(world, "my_org_ids", person)
        assert ids(world, "my_admin_org_ids", person) == administers


def test_two_roles_in_one_organization_are_one_membership(world: World) -> None:
    school = world.organization()
    person = world.member(school, "learner")
    world.member(school, "instructor", person)
    assert ids(world, "my_org_ids", person) == {school}


def test_a_platform_admin_administers_every_organization(world: World) -> None:
    everywhere = {MARKETPLACE, world.organization(), world.organization()}
    admin = world.admin()
    assert ids(world, "my_admin_org_ids", admin) == everywhere
    assert ids(world, "my_org_ids", admin) == everywhere


def test_a_booking_makes_two_people_contacts(world: World) -> None:
    booking = world.booking()
    world.booking()
    learner_id = booking.columns["learner_id"]
    assert ids(world, "my_contact_ids", booking.learner) == {booking.instructor.id}
    assert ids(world, "my_contact_ids", booking.instructor.user_id) == {learner_id}
    assert ids(world, "my_contact_ids", world.person()) == set()
