"""Nobody under 18 is booked without a guardian's consent, by whatever path and by whomever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.factories import MARKETPLACE, World
from tests.schools.conftest import School

Book = Callable[[School, UUID, UUID | None], Any]


def by_slot(school: School, caller: UUID, learner_id: UUID | None) -> Any:
    world = school.world
    slot = world.slot(world.service(school.instructor))
    return world.book(caller, slot, p_learner_id=learner_id)["booking_id"]


def by_time(school: School, caller: UUID, learner_id: UUID | None) -> Any:
    world = school.world
    world.window(school.instructor)
    service = world.service(school.instructor)
    given = {"p_learner_id": learner_id}
    return world.request(caller, school.instructor, service, world.in_days(2), **given)


def by_request(school: School, caller: UUID, learner_id: UUID | None) -> Any:
    world = school.world
    world.window(school.instructor)
    service = world.service(school.instructor, requires_approval=True)
    given = {"p_learner_id": learner_id}
    return world.request(caller, school.instructor, service, world.in_days(2), **given)


def by_series(school: School, caller: UUID, learner_id: UUID | None) -> Any:
    world = school.world
    world.window(school.instructor)
    return world.ask(
        caller,
        "public.request_booking_series",
        p_instructor_id=school.instructor.id,
        p_service_id=world.service(school.instructor),
        p_start_at=world.in_days(2),
        p_occurrences=2,
        p_learner_id=learner_id,
    )


PATHS = [by_slot, by_time, by_request, by_series]


@pytest.mark.parametrize("book", PATHS)
@pytest.mark.parametrize("caller", ["learner", "owner", "admin", "platform admin"])
def test_a_minor_is_not_booked(school: School, caller: str, book: Book) -> None:
    world = school.world
    child = world.child(school.id, world.person("Kit"), 17)
    kit = world.value("select user_id from public.learners where id = %s", child)
    person = kit if caller == "learner" else school.who(caller)
    before = world.contents()
    with world.refusing("PT422", "consent_required"):
        book(school, person, child)
    if caller == "learner":
        with world.refusing("PT422", "consent_required"):
            book(school, person, None)
    assert {
        table
        for table, digest in world.contents().items()
        if digest != before[table] and table.startswith("public.booking")
    } == set()


@pytest.mark.parametrize("book", PATHS)
@pytest.mark.parametrize("caller", ["learner", "guardian", "owner", "platform admin"])
def test_with_consent_a_minor_is_booked(school: School, caller: str, book: Book) -> None:
    world = school.world
    kit = world.person("Kit")
    child = world.child(school.id, kit, 17)
    guardian = world.guardian(child, book=True)
    person = {"learner": kit, "guardian": guardian}.get(caller) or school.who(caller)
    assert book(school, person, child)


@pytest.mark.parametrize("book", PATHS)
def test_an_offer_is_no_consent(school: School, book: Book) -> None:
    world = school.world
    child = world.child(school.id)
    world.call(
        school.owner,
        "public.link_guardian",
        p_learner_id=child,
        p_guardian_email="gil@example.org",
    )
    with world.refusing("PT422", "consent_required"):
        book(school, school.owner, child)


def test_consent_that_was_revoked_is_none(school: School) -> None:
    world = school.world
    child = world.child(school.id)
    world.guardian(child, view=True)
    assert by_slot(school, school.owner, child)
    link_id = world.value("select id from public.learner_guardians")
    world.call(school.owner, "public.revoke_guardian", p_learner_guardian_id=link_id)
    world.travel(by=timedelta(days=1))
    with world.refusing("PT422", "consent_required"):
        by_slot(school, school.owner, child)


def test_consent_for_a_brother_is_none(school: School) -> None:
    world = school.world
    child, brother = world.child(school.id), world.child(school.id)
    world.guardian(brother, view=True, book=True, pay=True)
    with world.refusing("PT422", "consent_required"):
        by_slot(school, school.owner, child)


def test_who_turns_eighteen_needs_no_consent(school: School) -> None:
    world = school.world
    kit = world.person("Kit")
    child = world.child(school.id, kit, 17)
    birthday = world.value(
        "select (date_of_birth + interval '18 years') at time zone 'UTC'"
        " from public.learner_details where learner_id = %s",
        child,
    )
    world.travel(to=birthday - timedelta(seconds=1))
    with world.refusing("PT422", "consent_required"):
        by_slot(school, kit, None)
    world.travel(to=birthday)
    assert by_slot(school, kit, None)


def test_an_unknown_age_needs_no_consent(school: School) -> None:
    assert by_slot(school, school.learner, None)


def test_the_marketplace_is_no_exception(world: World) -> None:
    kit = world.person("Kit")
    child = world.child(MARKETPLACE, kit)
    slot = world.slot(world.service(world.instructor()))
    with world.unchanged(), world.refusing("PT422", "consent_required"):
        world.book(kit, slot)
    world.guardian(child, view=True)
    assert world.book(kit, slot)["booking_id"]


def test_what_a_school_records_counts_at_that_school_only(school: School) -> None:
    """Not even a school that the person has left can make them a child elsewhere."""
    world, kit = school.world, school.world.person("Kit")
    child = world.learner(school.id, kit)
    world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=kit,
        p_role="learner",
    )
    born = world.now().date() - timedelta(days=4000)
    world.call(school.owner, "public.set_date_of_birth", p_learner_id=child, p_date_of_birth=born)
    assert world.book(kit, world.slot(world.service(world.instructor())))["booking_id"]


def test_a_persons_own_word_counts_where_nothing_else_is_known(school: School) -> None:
    world, kit = school.world, school.world.person("Kit")
    here, there = world.learner(school.id, kit), world.learner(MARKETPLACE, kit)
    born = world.now().date() - timedelta(days=4000)
    world.call(kit, "public.set_date_of_birth", p_learner_id=there, p_date_of_birth=born)
    with world.refusing("PT422", "consent_required"):
        by_slot(school, kit, None)
    world.call(
        school.owner,
        "public.set_date_of_birth",
        p_learner_id=here,
        p_date_of_birth="1990-01-01",
    )
    assert by_slot(school, kit, None)


def test_a_persons_own_word_does_not_undo_what_a_school_knows(school: School) -> None:
    world, kit = school.world, school.world.person("Kit")
    world.child(school.id, kit)
    there = world.learner(MARKETPLACE, kit)
    world.call(kit, "public.set_date_of_birth", p_learner_id=there, p_date_of_birth="1990-01-01")
    with world.refusing("PT422", "consent_required"):
        by_slot(school, kit, None)


def test_consent_counts_where_it_was_given(school: School) -> None:
    """A minor founds a school of their own, where a friend consents."""
    world, kit = school.world, school.world.person("Kit")
    child = world.child(school.id, kit)
    own_school = world.call(
        kit,
        "public.create_organization",
        p_name="Kit's",
        p_time_zone="Europe/London",
        p_currency="gbp",
    )
    world.guardian(world.child(own_school, kit), view=True, book=True)
    with world.refusing("PT422", "consent_required"):
        by_slot(school, kit, None)
    world.guardian(child, view=True)
    assert by_slot(school, kit, None)
