"""Max's licence has lapsed. He wants to go on teaching without a new one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.factories import Booking, Instructor, World
from tests.schools.conftest import School, school

__all__ = ["school"]


def add(world: World, by: UUID, instructor: Instructor, **said: Any) -> UUID:
    given = {"p_kind": "licence", "p_document_number": "ADI 123456"} | said
    document_id: UUID = world.call(
        by, "public.add_document", p_instructor_id=instructor.id, **given
    )
    return document_id


def verify(world: World, by: UUID, document_id: UUID) -> None:
    world.call(by, "public.verify_document", p_document_id=document_id, p_is_valid=True)


@pytest.fixture
def max_(school: School) -> Instructor:
    """An instructor of the school whose licence was valid until yesterday."""
    world, max_ = school.world, school.instructor
    document_id = add(
        world, max_.user_id, max_, p_expires_on=(world.now() - timedelta(days=1)).date()
    )
    verify(world, school.owner, document_id)
    return max_


def assert_cannot_be_booked(school: School, max_: Instructor) -> None:
    world = school.world
    service_id = world.service(max_)
    slot_id = world.slot(service_id, world.in_days(3, world.count("public.bookable_slots") % 12))
    with world.unchanged(), world.refusing("PT409", "instructor_unavailable"):
        world.book(school.learner, slot_id)
    assert world.open_times(max_, service_id, world.in_days(1), world.in_days(9)) == []


def test_a_paper_that_nobody_has_verified_is_none(school: School, max_: Instructor) -> None:
    add(school.world, max_.user_id, max_, p_document_number="FORGED 1")
    assert_cannot_be_booked(school, max_)


def test_he_does_not_verify_it_himself(school: School, max_: Instructor) -> None:
    """Not even as an admin of the school, nor after he has made himself one."""
    world = school.world
    forged = add(world, max_.user_id, max_)
    with world.unchanged(), world.refusing("PT404", "document_not_found"):
        verify(world, max_.user_id, forged)
    world.member(school.id, "admin", max_.user_id)
    with world.unchanged(), world.refusing("42501", "own_document"):
        verify(world, max_.user_id, forged)
    assert_cannot_be_booked(school, max_)


def test_nor_does_an_admin_of_another_school_or_one_who_was_dismissed(
    school: School, max_: Instructor
) -> None:
    world = school.world
    forged = add(world, max_.user_id, max_)
    friend = world.member(world.organization(name="His own"), "owner", max_.user_id)
    world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=school.admin,
        p_role="admin",
    )
    for person in (friend, school.admin, school.learner):
        with world.unchanged(), world.refusing("PT404", "document_not_found"):
            verify(world, person, forged)
    assert_cannot_be_booked(school, max_)


def test_what_was_verified_is_not_rewritten(school: School, max_: Instructor) -> None:
    """Another date on the old paper, or the old paper gone."""
    world = school.world
    for change in (
        "update public.instructor_documents set expires_on = null",
        "update public.instructor_documents set is_verified = null, decided_at = null",
        "delete from public.instructor_documents",
    ):
        for person in (max_.user_id, school.owner):
            with world.unchanged(), world.refusing("42501"), world.acting_as(person):
                world.connection.execute(change.encode())
    assert_cannot_be_booked(school, max_)


def test_another_kind_of_paper_is_not_the_one_that_has_lapsed(
    school: School, max_: Instructor
) -> None:
    insurance = add(school.world, max_.user_id, max_, p_kind="insurance")
    verify(school.world, school.owner, insurance)
    assert_cannot_be_booked(school, max_)


def test_no_other_way_leads_to_a_lesson(school: School, max_: Instructor) -> None:
    """The school books for a learner, gives him a colleague's lesson, and a learner buys hours."""
    world = school.world
    colleague = world.instructor(name="Ian", org_id=school.id)
    slot_id = world.slot(world.service(colleague), world.in_days(4))
    booked = world.book(school.learner, slot_id)
    lesson = Booking(world, booked["booking_id"], school.learner, colleague, slot_id)
    lesson.pay()
    world.window(max_, "00:00", "24:00")
    service_id = world.service(max_)
    with world.unchanged(), world.refusing("PT409", "instructor_unavailable"):
        world.ask(
            school.owner,
            "public.reassign_booking",
            p_booking_id=lesson.id,
            p_instructor_id=max_.id,
            p_service_id=service_id,
        )
    learner_id = world.learner(school.id)
    with world.unchanged(), world.refusing("PT409", "instructor_unavailable"):
        world.book(
            school.owner,
            world.slot(service_id, world.in_days(5)),
            p_learner_user_id=None,
            p_learner_id=learner_id,
        )
    with world.unchanged(), world.refusing("PT404", "instructor_not_found"):
        world.buy_hours(school.learner, max_, 2)
