"""A learner's list, and a guardian's: all of theirs, nobody else's, page after page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, Instructor, World

WEEK = timedelta(weeks=1)


def my_bookings(world: World, user_id: UUID, **arguments: Any) -> list[DictRow]:
    named = ", ".join(f"{name} => %s" for name in arguments)
    with world.acting_as(user_id):
        return world.rows(f"select * from public.my_bookings({named})", *arguments.values())


def after(row: DictRow) -> dict[str, Any]:
    return {"p_after_start_at": row["start_at"], "p_after_id": row["id"]}


@pytest.fixture
def instructor(world: World) -> Instructor:
    world.connection.execute("update public.organizations set max_open_holds = 100")
    return world.instructor()


def book(world: World, user_id: UUID, service_id: UUID, at: datetime) -> UUID:
    booked: UUID = world.book(user_id, world.slot(service_id, at))["booking_id"]
    return booked


def test_the_list_is_of_booking_details_in_the_order_of_their_times(
    world: World, instructor: Instructor
) -> None:
    learner, service_id = world.person("Ben"), world.service(instructor, title="Hills")
    booked = [book(world, learner, service_id, world.in_days(day)) for day in (4, 2, 3)]
    rows = my_bookings(world, learner)
    assert [row["id"] for row in rows] == [booked[1], booked[2], booked[0]]
    with world.acting_as(learner):
        assert rows == world.rows("select * from public.booking_details order by start_at")
    assert (rows[0]["session_title"], rows[0]["status"]) == ("Hills", "pending")


def test_bookings_in_every_organization_are_listed(world: World, instructor: Instructor) -> None:
    learner, school = world.person(), world.organization()
    world.learner(school, learner)
    at_school = world.service(world.instructor(org_id=school))
    book(world, learner, world.service(instructor), world.in_days(2))
    book(world, learner, at_school, world.in_days(3))
    assert [row["org_id"] for row in my_bookings(world, learner)] == [MARKETPLACE, school]


def test_only_those_from_a_moment_on_are_listed(world: World, instructor: Instructor) -> None:
    learner, service_id = world.person(), world.service(instructor)
    for day in (2, 3, 4):
        book(world, learner, service_id, world.in_days(day))
    assert len(my_bookings(world, learner, p_from=world.in_days(3))) == 2
    assert len(my_bookings(world, learner, p_from=None)) == 3
    assert my_bookings(world, learner, p_from="infinity") == []


# Whose


def test_nobody_elses_bookings_are_listed(world: World, instructor: Instructor) -> None:
    learner = world.person()
    book(world, learner, world.service(instructor), world.in_days(2))
    owner = world.member(MARKETPLACE, "owner")
    for other in (world.person(), instructor.user_id, owner, world.admin()):
        assert my_bookings(world, other) == []
    with world.acting_as(learner, is_anonymous=True):
        assert world.rows("select * from public.my_bookings()") == []
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows("select * from public.my_bookings()")


def test_a_guardian_who_may_view_sees_the_wards_bookings(
    world: World, instructor: Instructor
) -> None:
    ward = world.child(MARKETPLACE)
    guardian, payer = world.guardian(ward, view=True, book=True), world.guardian(ward, pay=True)
    slot_id = world.slot(world.service(instructor))
    booked = world.book(guardian, slot_id, p_learner_user_id=None, p_learner_id=ward)
    assert [row["id"] for row in my_bookings(world, guardian)] == [booked["booking_id"]]
    assert my_bookings(world, payer) == []


def test_a_booking_stays_listed_when_what_was_booked_is_offered_no_more(
    world: World, instructor: Instructor
) -> None:
    learner = world.person()
    book(world, learner, world.service(instructor), world.in_days(2))
    world.connection.execute("update public.services set is_active = false")
    world.connection.execute("update public.instructors set is_active = false")
    assert len(my_bookings(world, learner)) == 1


def test_a_ward_at_a_school_keeps_a_booking_of_a_service_that_any_instructor_gave(
    world: World,
) -> None:
    """Neither the guardian nor a learner who has left belongs to the school."""
    school = world.organization()
    learner = world.person()
    ward = world.child(school, learner)
    guardian = world.guardian(ward, view=True, book=True)
    instructor = world.instructor(org_id=school)
    service_id = world.insert(
        "public.services",
        {"org_id": school, "title": "Any", "duration_minutes": 60, "currency": "gbp"},
    )
    slot_id = world.slot(service_id, instructor_id=instructor.id)
    world.book(guardian, slot_id, p_learner_user_id=None, p_learner_id=ward)
    world.connection.execute("update public.services set is_active = false")
    world.connection.execute("delete from public.organization_members where role = 'learner'")
    assert len(my_bookings(world, guardian)) == 1
    assert len(my_bookings(world, learner)) == 1


def test_the_instructors_notes_stay_hidden(world: World, instructor: Instructor) -> None:
    learner = world.person()
    book(world, learner, world.service(instructor), world.in_days(2))
    world.connection.execute("update public.booking_notes set notes = 'Nervous.'")
    assert my_bookings(world, learner)[0]["expert_notes"] is None


# Pages


def test_pages_are_complete_and_without_duplicates_while_others_are_booked(
    world: World, instructor: Instructor
) -> None:
    """Times are shared by many rows: groups of one family begin together."""
    wards = [world.child(MARKETPLACE) for _ in range(3)]
    guardian = world.person("Gil")
    for ward in wards:
        link_id = world.call(
            world.admin(),
            "public.link_guardian",
            p_learner_id=ward,
            p_guardian_email=world.email(guardian),
            p_can_book=True,
        )
        world.call(guardian, "public.give_guardian_consent", p_learner_guardian_id=link_id)
    service_id = world.service(instructor, max_participants=10, price_cents=0)

    def book_wards(day: int) -> set[UUID]:
        slot_id = world.slot(service_id, world.in_days(day))
        return {
            world.book(guardian, slot_id, p_learner_user_id=None, p_learner_id=ward)["booking_id"]
            for ward in wards
        }

    expected = [book_wards(day) for day in (2, 4, 6, 8)]
    first = my_bookings(world, guardian, p_limit=4)
    book_wards(3)  # before the last row seen
    expected.append(book_wards(9))  # after it
    pages = [first]
    while page := my_bookings(world, guardian, p_limit=4, **after(pages[-1][-1])):
        pages.append(page)
    listed = [row["id"] for page in pages for row in page]
    assert [len(page) for page in pages] == [4, 4, 4, 3]
    assert sorted(listed) == sorted(set().union(*expected))


@pytest.mark.parametrize(("asked", "given"), [(None, 50), (0, 1), (-5, 1), (1000, 200), (7, 7)])
def test_a_page_has_one_to_two_hundred_rows(
    world: World, instructor: Instructor, asked: int | None, given: int
) -> None:
    booking = world.booking(instructor)
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("set local session_replication_role = replica")
        world.connection.execute(
            "create temporary table copy as select booking.*"
            " from public.bookings booking, generate_series(1, 210);"
            " alter table copy drop column due_cents;"
            " update copy set id = gen_random_uuid(), status = 'expired';"
        )
        columns = world.value(
            "select string_agg(attname, ', ' order by attnum) from pg_attribute"
            " where attrelid = 'copy'::regclass and attnum > 0 and not attisdropped"
        )
        world.connection.execute(
            f"insert into public.bookings ({columns}) select {columns} from copy"
        )
        assert len(my_bookings(world, booking.learner, p_limit=asked)) == given
