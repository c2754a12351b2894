"""A document is verified by an admin; a lapse is told of before, and stops new bookings."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.directory.test_photos import STORAGE
from tests.factories import Instructor, World
from tests.schools.conftest import School
from tools.cluster import ROOT


def add(world: World, instructor: Instructor, by: UUID | None = None, **columns: Any) -> UUID:
    given = {"p_kind": "licence", "p_document_number": "ADI 123456"} | columns
    document_id: UUID = world.call(
        by or instructor.user_id, "public.add_document", p_instructor_id=instructor.id, **given
    )
    return document_id


def verified(
    world: World, instructor: Instructor, expires_on: date | None, kind: str = "licence"
) -> UUID:
    document_id = add(world, instructor, p_kind=kind, p_expires_on=expires_on)
    world.call(world.admin(), "public.verify_document", p_document_id=document_id, p_is_valid=True)
    return document_id


def takes_bookings(world: World, instructor: Instructor, service_id: UUID) -> bool:
    """Listed and booked alike."""
    slot_id = world.slot(service_id, world.in_days(2, 8 + world.count("public.bookable_slots")))
    listed = world.open_times(instructor, service_id, world.in_days(1), world.in_days(3))
    found = world.ask(None, "public.search_directory", p_instructor_id=instructor.id)
    if not listed:
        assert found == []
        with world.unchanged(), world.refusing("PT409", "instructor_unavailable"):
            world.book(world.person(), slot_id)
        return False
    assert len(found) == 1
    world.book(world.person(), slot_id)
    return True


def told(world: World) -> list[str]:
    rows = world.rows(
        "select code from public.alerts where code like 'document_%%' order by created_at, code"
    )
    return [row["code"] for row in rows if row["code"] != "document_added"]


def maintain(world: World) -> int:
    return world.maintain()["documents_told_of"]


@pytest.mark.parametrize(
    ("days_left", "is_bookable"), [(None, True), (30, True), (0, True), (-1, False)]
)
def test_a_document_is_valid_to_the_end_of_its_last_day(
    world: World, days_left: int | None, is_bookable: bool
) -> None:
    instructor = world.instructor()
    service_id = world.service(instructor)
    expires_on = None if days_left is None else world.in_days(days_left).date()
    verified(world, instructor, expires_on)
    assert takes_bookings(world, instructor, service_id) is is_bookable


def test_the_last_day_is_the_instructors(world: World) -> None:
    """On the other side of the earth it is tomorrow already."""
    world.travel(to=world.in_days(0, hour=12))
    instructor = world.instructor(time_zone="Pacific/Kiritimati")
    service_id = world.service(instructor)
    verified(world, instructor, world.in_days(0).date())
    assert not takes_bookings(world, instructor, service_id)


@pytest.mark.parametrize("decision", [None, False])
def test_only_what_was_verified_can_lapse(world: World, decision: bool | None) -> None:
    instructor = world.instructor()
    service_id = world.service(instructor)
    document_id = add(world, instructor, p_expires_on=world.in_days(-5).date())
    if decision is not None:
        world.call(
            world.admin(), "public.verify_document", p_document_id=document_id, p_is_valid=decision
        )
    assert takes_bookings(world, instructor, service_id)


def test_a_renewed_document_opens_the_calendar_again(world: World) -> None:
    instructor = world.instructor()
    service_id = world.service(instructor)
    verified(world, instructor, world.in_days(-1).date())
    verified(world, instructor, None, "insurance")
    assert not takes_bookings(world, instructor, service_id)
    renewed = add(world, instructor, p_expires_on=world.in_days(365).date())
    assert not takes_bookings(world, instructor, service_id)
    world.call(world.admin(), "public.verify_document", p_document_id=renewed, p_is_valid=True)
    assert takes_bookings(world, instructor, service_id)


def test_lessons_that_are_booked_stay(world: World) -> None:
    booking = world.booking()
    verified(world, booking.instructor, world.in_days(0).date())
    booking.pay()
    world.travel(by=timedelta(days=1))
    maintain(world)
    booking.complete()
    assert booking.status == "completed"


def test_a_request_is_not_accepted_after_a_lapse(world: World) -> None:
    booking = world.booking(requires_approval=True, start_at=world.in_days(4))
    assert booking.status == "requested"
    verified(world, booking.instructor, world.in_days(-1).date())
    confirm = {"p_booking_id": booking.id}
    with world.unchanged(), world.refusing("PT409", "instructor_unavailable"):
        world.call(booking.instructor.user_id, "public.confirm_booking", **confirm)
    verified(world, booking.instructor, None)
    world.call(booking.instructor.user_id, "public.confirm_booking", **confirm)
    assert booking.status == "held"


@pytest.mark.slow
def test_who_must_act_is_told_at_thirty_days_at_seven_and_at_the_end(world: World) -> None:
    instructor = world.instructor()
    verified(world, instructor, world.in_days(31).date())
    seen = []
    for day in range(34):
        if maintain(world):
            seen.append((day, told(world)[-1]))
        assert maintain(world) == 0
        world.travel(by=timedelta(days=1))
    assert seen == [(2, "document_expiring"), (25, "document_expiring"), (32, "document_lapsed")]
    with world.acting_as(instructor.user_id):
        assert len(world.rows("select id from public.alerts")) == 3


def test_nobody_is_told_of_what_was_renewed(world: World) -> None:
    instructor = world.instructor()
    verified(world, instructor, world.in_days(5).date())
    verified(world, instructor, world.in_days(400).date())
    assert maintain(world) == 0


def test_the_school_decides_but_nobody_about_themselves(school: School) -> None:
    world = school.world
    document_id = add(world, school.instructor)
    assert world.value("select code from public.alerts") == "document_added"
    for stranger in (school.instructor.user_id, school.learner, world.person()):
        with world.unchanged(), world.refusing("PT404", "document_not_found"):
            world.call(
                stranger, "public.verify_document", p_document_id=document_id, p_is_valid=True
            )
    world.member(school.id, "admin", school.instructor.user_id)
    with world.unchanged(), world.refusing("42501", "own_document"):
        world.call(
            school.instructor.user_id,
            "public.verify_document",
            p_document_id=document_id,
            p_is_valid=True,
        )
    world.call(school.owner, "public.verify_document", p_document_id=document_id, p_is_valid=True)
    row = world.row("select * from public.instructor_documents")
    assert (row["is_verified"], row["decided_by"]) == (True, school.owner)
    assert world.count("public.alerts where resolved_at is null") == 0


def test_who_taught_here_verifies_their_documents_as_little(school: School) -> None:
    """Else an admin would lay down the role of instructor for a moment."""
    world, person = school.world, school.instructor.user_id
    document_id = add(world, school.instructor)
    world.member(school.id, "admin", person)
    world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=person,
        p_role="instructor",
    )
    with world.unchanged(), world.refusing("42501", "own_document"):
        world.call(person, "public.verify_document", p_document_id=document_id, p_is_valid=True)


def test_what_is_rejected_is_told(world: World) -> None:
    instructor = world.instructor()
    document_id = add(world, instructor)
    world.call(world.admin(), "public.verify_document", p_document_id=document_id, p_is_valid=False)
    assert told(world) == ["document_rejected"]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"p_document_number": ""}, "number_is_short"),
        ({"p_document_number": "x" * 101}, "number_is_short"),
        ({"p_document_number": "a\nb"}, "texts_are_readable"),
        ({"p_document_number": None}, "value_missing"),
        ({"p_kind": None}, "value_missing"),
        ({"p_expires_on": "1850-01-01"}, "expiry_is_plausible"),
        ({"p_file_path": ""}, "path_is_short"),
    ],
)
def test_a_document_has_a_kind_and_a_number(
    world: World, columns: dict[str, Any], code: str
) -> None:
    instructor = world.instructor()
    with world.unchanged(), world.refusing("PT422", code):
        add(world, instructor, **columns)


def test_twenty_may_wait(world: World) -> None:
    instructor = world.instructor()
    for _ in range(20):
        add(world, instructor)
    with world.unchanged(), world.refusing("PT409", "too_many_documents"):
        add(world, instructor)


def test_copies_are_the_instructors_and_the_schools_and_stay(school: School) -> None:
    world = school.world
    access = (ROOT / "sql" / "28_documents" / "90_access.sql").read_text()
    (block,) = re.findall(r"^do \$\$.*?^\$\$;", access, re.MULTILINE | re.DOTALL)
    world.connection.execute(STORAGE)
    world.connection.execute(block)
    path = f"{school.id}/{school.instructor.id}/licence.pdf"
    insert = "insert into storage.objects values ('documents', %s)"
    for person in (school.instructor.user_id, school.admin):
        with world.acting_as(person):
            world.connection.execute(insert, [path])
            assert world.count("storage.objects") >= 1
            world.connection.execute("delete from storage.objects")
            world.connection.execute("update storage.objects set name = 'another'")
    assert world.count(f"storage.objects where name = '{path}'") == 2
    for stranger in (school.learner, world.instructor().user_id, world.person()):
        with world.acting_as(stranger):
            assert world.count("storage.objects") == 0
        with world.refusing("42501"), world.acting_as(stranger):
            world.connection.execute(insert, [path])
    elsewhere = world.instructor()
    with world.refusing("42501"), world.acting_as(elsewhere.user_id):
        world.connection.execute(insert, [f"{school.id}/{elsewhere.id}/licence.pdf"])
    (bucket,) = world.rows("select * from storage.buckets")
    assert (bucket["id"], bucket["public"]) == ("documents", False)
