"""A lesson whose instructor has left, or cannot come, is given to another of the school."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import Booking, Instructor
from tests.schools.conftest import School, school

__all__ = ["school"]


@pytest.fixture
def ian(school: School) -> Instructor:
    """Another instructor of the school, who is open at ten."""
    ian = school.world.instructor(name="Ian", org_id=school.id)
    school.world.window(ian)
    return ian


@pytest.fixture
def service_id(school: School) -> UUID:
    """What every instructor of the school gives."""
    return school.world.insert(
        "public.services",
        {
            "org_id": school.id,
            "title": "Driving",
            "duration_minutes": 60,
            "price_cents": 4500,
            "currency": "gbp",
        },
    )


def booked(school: School, service_id: UUID, days: int = 5, **arguments: Any) -> Booking:
    world = school.world
    world.window(school.instructor)
    row = world.request(
        school.learner, school.instructor, service_id, world.in_days(days), **arguments
    )
    slot_id = world.value("select slot_id from public.bookings where id = %s", row["booking_id"])
    return Booking(world, row["booking_id"], school.learner, school.instructor, slot_id)


def reassign(
    school: School, booking: Booking, to: Instructor, caller: UUID | None = None, **more: Any
) -> DictRow:
    (row,) = school.world.ask(
        caller or school.admin,
        "public.reassign_booking",
        p_booking_id=booking.id,
        p_instructor_id=to.id,
        **more,
    )
    return row


def leave(school: School) -> None:
    school.world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=school.instructor.user_id,
        p_role="instructor",
    )


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
@pytest.mark.parametrize("has_left", [True, False])
def test_the_learner_has_all_back_and_is_asked(
    school: School, ian: Instructor, service_id: UUID, caller: str, has_left: bool
) -> None:
    world, booking = school.world, booked(school, service_id)
    booking.pay()
    if has_left:
        leave(school)
    row = reassign(school, booking, ian, school.who(caller))
    assert (row["booking_status"], row["amount_cents"]) == ("proposed", 5310)
    assert row["refund_cents"] == 5310
    world.carry_refunds()
    assert booking.payment["refunded_cents"] == 5310
    assert (booking.status, booking.columns["cancelled_by"]) == ("cancelled", "admin")
    proposed = world.row("select * from public.bookings where id = %s", row["booking_id"])
    assert proposed["instructor_id"] == ian.id
    assert proposed["start_at"] == booking.columns["start_at"]
    assert (
        world.call(school.learner, "public.accept_proposal", p_booking_id=row["booking_id"])
        == "held"
    )


def test_the_learner_is_told(school: School, ian: Instructor, service_id: UUID) -> None:
    reassign(school, booked(school, service_id), ian)
    with school.world.acting_as(school.learner):
        (alert,) = school.world.rows("select * from public.alerts")
    assert alert["code"] == "lesson_reassigned"
    assert "Ian" in alert["message"]


def test_declining_costs_nothing(school: School, ian: Instructor, service_id: UUID) -> None:
    world, booking = school.world, booked(school, service_id)
    booking.pay()
    row = reassign(school, booking, ian)
    world.call(school.learner, "public.decline_proposal", p_booking_id=row["booking_id"])
    world.carry_refunds()
    assert booking.payment["refunded_cents"] == booking.payment["captured_cents"]
    assert world.count("public.earnings") == 0


def test_prepaid_minutes_come_back(school: School, ian: Instructor) -> None:
    world = school.world
    credit = world.hours(school.learner, school.instructor, 1)
    booking = credit.book(world.service(school.instructor), world.in_days(5))
    row = reassign(school, booking, ian, p_service_id=world.service(ian))
    assert row["restored_minutes"] == 60
    assert credit.columns["minutes_left"] == 60


def test_a_child_has_the_time_held_as_long_as_a_proposal_waits(
    school: School, ian: Instructor, service_id: UUID
) -> None:
    world = school.world
    world.window(school.instructor)
    child = world.child(school.id)
    mother = world.guardian(child, view=True, book=True, pay=True)
    made = world.request(
        mother, school.instructor, service_id, world.in_days(5), p_learner_id=child
    )
    booking = Booking(world, made["booking_id"], mother, school.instructor, made["booking_id"])
    row = reassign(school, booking, ian)
    assert row["booking_status"] == "held"
    held = world.row("select * from public.bookings where id = %s", row["booking_id"])
    assert (held["hold_expires_at"] - world.now()).total_seconds() == 48 * 3600


@pytest.mark.parametrize("caller", ["learner", "instructor", "stranger", "owner of another"])
def test_nobody_else_reassigns(
    school: School, ian: Instructor, service_id: UUID, caller: str
) -> None:
    booking, person = booked(school, service_id), school.who(caller)
    with school.world.unchanged(), school.world.refusing("PT404", "booking_not_found"):
        reassign(school, booking, ian, person)


def test_only_to_another_of_the_school_who_gives_it_and_is_free(
    school: School, ian: Instructor, service_id: UUID
) -> None:
    world, booking = school.world, booked(school, service_id)
    elsewhere = world.instructor()
    own = world.service(school.instructor)
    refused: list[tuple[str, str, Instructor, dict[str, Any]]] = [
        ("PT422", "not_another_instructor", school.instructor, {}),
        ("PT404", "service_not_found", elsewhere, {}),
        ("PT422", "not_another_instructor", elsewhere, {"p_service_id": world.service(elsewhere)}),
        ("PT404", "service_not_found", ian, {"p_service_id": own}),
    ]
    for sqlstate, code, instructor, more in refused:
        with world.unchanged(), world.refusing(sqlstate, code):
            reassign(school, booking, instructor, **more)
    start_at = booking.columns["start_at"]
    with world.connection.transaction(force_rollback=True):
        other = world.person()
        world.learner(school.id, other)
        world.book(other, world.slot(world.service(ian), start_at))
        with world.unchanged(), world.refusing("PT409", "slot_taken"):
            reassign(school, booking, ian)
    world.closing(ian, start_at.date())
    with world.unchanged(), world.refusing("PT409", "time_not_offered"):
        reassign(school, booking, ian)
    world.travel(to=start_at)
    with world.unchanged(), world.refusing("PT409", "booking_not_cancellable"):
        reassign(school, booking, ian)
