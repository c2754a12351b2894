"""Whoever leaves a school leaves their rights there, removed or by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal
from uuid import UUID

import pytest

from tests.factories import MARKETPLACE, Booking, World
from tests.payouts.paydays import owe
from tests.schools.conftest import School

Way = Literal["removed", "left", "offboarded"]
WAYS: tuple[Way, ...] = ("removed", "left", "offboarded")
each_way = pytest.mark.parametrize("way", WAYS)


def leave(school: School, way: Way) -> None:
    """The instructor is the school's no more."""
    world, instructor = school.world, school.instructor
    if way == "offboarded":
        world.ask(
            school.owner,
            "public.offboard_instructor",
            p_instructor_id=instructor.id,
            p_reason="They moved.",
        )
        return
    world.call(
        school.owner if way == "removed" else instructor.user_id,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=instructor.user_id,
        p_role="instructor",
    )


def confirmed(school: School, days: int = 2) -> Booking:
    """A lesson ahead that costs nothing."""
    world = school.world
    slot_id = world.slot(world.service(school.instructor, price_cents=0), world.in_days(days))
    booking_id = world.book(school.learner, slot_id)["booking_id"]
    return Booking(world, booking_id, school.learner, school.instructor, slot_id)


def seen(world: World, person: UUID, table: str, condition: str = "true") -> int:
    with world.acting_as(person):
        return len(world.rows(f"select 1 as seen from public.{table} where {condition}"))


@each_way
def test_who_has_left_reads_nothing_of_the_school(school: School, way: Way) -> None:
    world, ann = school.world, school.instructor
    confirmed(school)
    world.service(ann, is_active=False)
    world.window(ann)
    here = f"org_id = '{school.id}'"
    tables = [
        "learners",
        "bookings",
        "booking_notes",
        "booking_details",
        "availability_windows",
        "instructor_learners",
    ]
    assert all(seen(world, ann.user_id, table, here) for table in tables)
    leave(school, way)
    assert {table: seen(world, ann.user_id, table, here) for table in tables} == dict.fromkeys(
        tables, 0
    )
    assert not seen(world, ann.user_id, "services", f"{here} and not is_active")
    assert not seen(world, ann.user_id, "organizations", f"id = '{school.id}'")


@each_way
def test_who_has_left_keeps_their_statements_and_payouts(school: School, way: Way) -> None:
    world, ann = school.world, school.instructor
    world.onboard(ann)
    owe(world, ann)
    world.travel(by=timedelta(days=9))
    world.run_payouts()
    owe(world, ann)
    leave(school, way)
    for table in ("payouts", "payout_items", "earnings", "stripe_connect_accounts", "instructors"):
        assert seen(world, ann.user_id, table, f"org_id = '{school.id}'"), table
    (payout,) = world.rows("select id from public.payouts")
    lines = world.ask(ann.user_id, "public.payout_statement", p_payout_id=payout["id"])
    assert lines
    (balance,) = world.ask(ann.user_id, "public.my_balance")
    assert balance["org_id"] == school.id


@each_way
def test_who_has_left_changes_nothing_there(school: School, way: Way) -> None:
    world, ann = school.world, school.instructor
    confirmed(school)
    world.window(ann, days=[1])
    leave(school, way)
    with world.unchanged(), world.acting_as(ann.user_id):
        for change in (
            "update public.services set title = 'Mine'",
            "update public.instructors set bio = 'Mine'",
            "update public.instructor_details set phone = '1'",
            "update public.booking_notes set notes = 'Mine'",
            "update public.availability_windows set is_active = false",
            "delete from public.availability_windows",
        ):
            world.rows(change)


@pytest.mark.parametrize("way", ["removed", "left"])
def test_who_has_left_does_nothing_with_lessons_ahead(school: School, way: Way) -> None:
    world, ann, booking = school.world, school.instructor, confirmed(school)
    leave(school, way)
    for function in ("cancel_booking", "preview_cancellation", "start_lesson", "complete_lesson"):
        with world.unchanged(), world.refusing("PT404", "booking_not_found"):
            world.ask(ann.user_id, f"public.{function}", p_booking_id=booking.id)
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        world.ask(
            ann.user_id,
            "public.reschedule_booking",
            p_booking_id=booking.id,
            p_start_at=world.in_days(3),
        )


@each_way
def test_who_has_left_offers_nothing_there(school: School, way: Way) -> None:
    world, ann = school.world, school.instructor
    service_id = world.service(ann)
    leave(school, way)
    with world.unchanged(), world.refusing("PT404", "not_an_instructor"):
        world.call(
            ann.user_id,
            "public.create_session",
            p_expert_user_id=ann.user_id,
            p_title="Mine",
            p_description="",
            p_duration_minutes=60,
            p_price_cents=4500,
            p_currency="gbp",
            p_org_id=school.id,
        )
    with world.unchanged(), world.refusing("PT404", "organization_not_found"):
        world.call(
            ann.user_id,
            "public.create_service",
            p_org_id=school.id,
            p_title="Mine",
            p_duration_minutes=60,
            p_instructor_id=ann.id,
        )
    with world.unchanged(), world.refusing("PT404", "service_not_found"):
        world.call(
            ann.user_id,
            "public.publish_slots",
            p_service_id=service_id,
            p_from=world.now(),
            p_to=world.in_days(3),
            p_instructor_id=ann.id,
        )


@pytest.mark.parametrize("way", ["removed", "left"])
def test_lessons_ahead_go_to_the_school(school: School, way: Way) -> None:
    world, booking = school.world, confirmed(school)
    leave(school, way)
    with world.acting_as(school.admin):
        alert = world.row("select * from public.alerts")
    assert (alert["code"], alert["instructor_id"], alert["related_id"]) == (
        "lessons_without_instructor",
        None,
        school.instructor.id,
    )
    assert booking.status == "confirmed"
    assert world.cancel(school.admin, booking.id)["cancelled_by"] == "admin"
    assert world.value("select is_active from public.instructors") is False


def test_nobody_is_told_where_no_lessons_are_ahead(school: School) -> None:
    booking = confirmed(school)
    booking.complete()
    leave(school, "left")
    assert school.world.count("public.alerts") == 0


def test_a_membership_deleted_in_studio_ends_the_same_rights(school: School) -> None:
    world = school.world
    confirmed(school)
    with world.in_studio():
        world.rows("delete from public.organization_members where role = 'instructor'")
    assert not seen(world, school.instructor.user_id, "bookings")
    assert world.value("select is_active from public.instructors") is False
    assert world.count("public.alerts") == 1


def test_rights_elsewhere_stay(school: School) -> None:
    world, ann = school.world, school.instructor
    elsewhere = world.instructor(org_id=MARKETPLACE, user_id=ann.user_id)
    booking = world.booking(elsewhere)
    leave(school, "left")
    assert seen(world, ann.user_id, "bookings") == 1
    assert booking.pay() == "processed"
    booking.complete()


def test_an_admin_who_was_an_instructor_too_stays_an_admin(school: School) -> None:
    world, ann, booking = school.world, school.instructor, confirmed(school)
    world.member(school.id, "admin", ann.user_id)
    leave(school, "left")
    assert world.cancel(ann.user_id, booking.id)["cancelled_by"] == "admin"


def test_who_comes_back_has_their_rights_again(school: School) -> None:
    world, ann, booking = school.world, school.instructor, confirmed(school)
    leave(school, "removed")
    school.accept(ann.user_id, school.invite(school.owner, world.email(ann.user_id), "instructor"))
    assert seen(world, ann.user_id, "bookings") == 1
    assert world.value("select is_active from public.instructors") is True
    booking.complete()
    assert booking.status == "completed"


def test_a_school_does_not_activate_whom_it_has_lost(school: School) -> None:
    world = school.world
    leave(school, "left")
    with world.unchanged(), world.refusing("PT409", "instructor_has_left"):
        world.call(
            school.owner,
            "public.set_instructor_active",
            p_instructor_id=school.instructor.id,
            p_is_active=True,
        )


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_a_demoted_admin_is_none_any_more(school: School, role: str) -> None:
    world = school.world
    jo = world.member(school.id, role)
    confirmed(school)
    assert seen(world, jo, "bookings")
    world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=jo,
        p_role=role,
    )
    for table in ("bookings", "learners", "organization_members", "alerts", "audit_logs"):
        assert not seen(world, jo, table, f"org_id = '{school.id}'")
    with world.refusing("PT404", "organization_not_found"):
        world.call(jo, "public.update_organization", p_org_id=school.id, p_name="Mine")


def test_a_learner_who_has_left_keeps_what_they_booked_and_books_no_more(school: School) -> None:
    world, booking = school.world, confirmed(school)
    world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=school.learner,
        p_role="learner",
    )
    assert seen(world, school.learner, "booking_details") == 1
    with world.unchanged(), world.refusing("42501", "not_a_learner_here"):
        world.book(school.learner, world.slot(world.service(school.instructor), world.in_days(4)))
    assert world.cancel(school.learner, booking.id)["cancelled_by"] == "learner"
