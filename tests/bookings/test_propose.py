"""What a school books for an adult waits for the adult's word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cancellations.steps import follow, move
from tests.cancellations.test_reassign import leave
from tests.documents.test_documents import verified
from tests.factories import Booking, Instructor, World
from tests.schools.conftest import School, school

__all__ = ["school"]


def propose(
    school: School, caller: UUID | None = None, start_at: datetime | None = None, **arguments: Any
) -> Booking:
    """The school's admin books a free lesson for the learner."""
    world = school.world
    service_id = world.service(school.instructor, **({"price_cents": 0} | arguments))
    slot_id = world.slot(service_id, start_at or world.in_days(9))
    learner = world.row("select * from public.learners where user_id = %s", school.learner)
    booked = world.book(
        caller or school.admin, slot_id, p_learner_user_id=None, p_learner_id=learner["id"]
    )
    return Booking(world, booked["booking_id"], school.learner, school.instructor, slot_id)


def accept(booking: Booking, caller: UUID | None = None) -> str:
    status: str = booking.world.call(
        caller or booking.learner, "public.accept_proposal", p_booking_id=booking.id
    )
    return status


def decline(booking: Booking, caller: UUID | None = None) -> None:
    booking.world.call(
        caller or booking.learner, "public.decline_proposal", p_booking_id=booking.id
    )


def lesson_elsewhere(world: World, learner: UUID, start_at: datetime) -> UUID:
    """A free lesson of the marketplace."""
    service_id = world.service(world.instructor(), price_cents=0)
    booking_id: UUID = world.book(learner, world.slot(service_id, start_at))["booking_id"]
    return booking_id


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_a_schools_booking_keeps_no_adult_from_lessons_elsewhere(
    school: School, caller: str
) -> None:
    world, booking = school.world, propose(school, school.who(caller))
    assert booking.status == "proposed"
    lesson_elsewhere(world, school.learner, booking.columns["start_at"])
    with world.unchanged(), world.refusing("PT409", "learner_busy"):
        accept(booking)


def test_it_keeps_the_instructors_time(school: School) -> None:
    world, booking = school.world, propose(school)
    jo = school.join("learner")
    other = world.slot(world.service(school.instructor), booking.columns["start_at"])
    with world.refusing("PT409", "slot_taken"):
        world.book(jo, other)
    decline(booking)
    assert booking.status == "declined"
    assert world.book(jo, other)["booking_id"]


@pytest.mark.parametrize(("price_cents", "status"), [(0, "confirmed"), (4500, "held")])
def test_the_learner_accepts(school: School, price_cents: int, status: str) -> None:
    world, booking = school.world, propose(school, price_cents=price_cents)
    assert accept(booking) == status
    assert booking.status == status
    with world.refusing("PT409", "learner_busy"):
        lesson_elsewhere(world, school.learner, booking.columns["start_at"])
    with world.unchanged(), world.refusing("PT409", "booking_not_proposed"):
        accept(booking)
    if status == "held":
        assert booking.pay() == "processed"
        assert booking.status == "confirmed"


def test_a_guardian_who_may_book_answers_and_one_who_may_not_does_not(school: School) -> None:
    world, booking = school.world, propose(school)
    learner_id = booking.columns["learner_id"]
    viewer = world.guardian(learner_id, view=True, pay=True)
    booker = world.guardian(learner_id, book=True)
    for answer in (accept, decline):
        with world.unchanged(), world.refusing("PT404", "booking_not_found"):
            answer(booking, viewer)
    assert accept(booking, booker) == "confirmed"


@pytest.mark.parametrize("caller", ["owner", "admin", "instructor", "stranger", "platform admin"])
def test_nobody_else_answers(school: School, caller: str) -> None:
    world, booking = school.world, propose(school)
    person = school.who(caller)
    for answer in (accept, decline):
        with world.unchanged(), world.refusing("PT404", "booking_not_found"):
            answer(booking, person)


@pytest.mark.parametrize(
    ("ahead", "lapses_after"),
    [
        (timedelta(days=9), timedelta(hours=48)),
        (timedelta(hours=50), timedelta(hours=26)),
        (timedelta(hours=25), timedelta(hours=2)),
        (timedelta(hours=20), timedelta(hours=2)),
        (timedelta(hours=1), timedelta(hours=1)),
    ],
)
def test_it_lapses(school: School, ahead: timedelta, lapses_after: timedelta) -> None:
    world = school.world
    booking = propose(school, start_at=world.now() + ahead)
    assert booking.columns["hold_expires_at"] == world.now() + lapses_after
    world.travel(by=lapses_after)
    for answer in (accept, decline):
        with world.unchanged(), world.refusing("PT409", "booking_not_proposed"):
            answer(booking)
    world.maintain()
    assert booking.status == "expired"


def test_the_school_takes_it_back(school: School) -> None:
    booking = propose(school)
    school.world.cancel(school.admin, booking.id)
    assert booking.status == "cancelled"
    with school.world.refusing("PT409", "booking_not_proposed"):
        accept(booking)


def test_it_is_pending_to_the_learner_and_cannot_be_paid(school: School) -> None:
    world, booking = school.world, propose(school, price_cents=4500)
    with world.acting_as(school.learner):
        shown = world.row("select status, booking_status::text from public.booking_details")
    assert shown == {"status": "pending", "booking_status": "proposed"}
    with world.unchanged(), world.refusing("PT409", "order_not_payable"):
        booking.open_payment()


def test_a_school_spends_no_hours_of_an_adult(school: School) -> None:
    world = school.world
    world.hours(school.learner, school.instructor, 2)
    slot_id = world.slot(world.service(school.instructor), world.in_days(9))
    learner_id = world.value("select id from public.learners where user_id = %s", school.learner)
    for spending in ({"p_use_credits": True}, {"p_use_rewards": True}):
        with world.unchanged(), world.refusing("PT422", "learner_spends"):
            world.book(
                school.admin,
                slot_id,
                p_learner_user_id=None,
                p_learner_id=learner_id,
                **spending,
            )


def test_unpaid_proposals_are_no_holds_of_the_learner(school: School) -> None:
    world = school.world
    for day in range(3, 8):
        propose(school, start_at=world.in_days(day), price_cents=4500)
    assert world.book(
        school.learner, world.slot(world.service(school.instructor), world.in_days(20))
    )["booking_id"]


def test_who_has_no_login_and_who_is_a_child_is_booked_at_once(school: School) -> None:
    world = school.world
    managed, child = world.learner(school.id), world.child(school.id, world.person())
    world.guardian(child, view=True)
    for day, learner_id in ((3, managed), (4, child)):
        slot_id = world.slot(world.service(school.instructor, price_cents=0), world.in_days(day))
        booked = world.book(school.admin, slot_id, p_learner_user_id=None, p_learner_id=learner_id)
        assert (
            world.value(
                "select status::text from public.bookings where id = %s", booked["booking_id"]
            )
            == "confirmed"
        )


def test_an_admin_who_books_for_themselves_waits_for_nobody(school: School) -> None:
    world = school.world
    world.learner(school.id, school.admin)
    slot_id = world.slot(world.service(school.instructor, price_cents=0))
    booked = world.book(school.admin, slot_id)
    assert (
        world.value("select status::text from public.bookings where id = %s", booked["booking_id"])
        == "confirmed"
    )


def test_a_move_by_the_school_waits_for_the_learner_too(school: School) -> None:
    world = school.world
    world.window(school.instructor)
    service_id = world.service(school.instructor, price_cents=0)
    booked = world.book(school.learner, world.slot(service_id, world.in_days(3)))
    world.ask(
        school.admin,
        "public.reschedule_booking",
        p_booking_id=booked["booking_id"],
        p_start_at=world.in_days(4, 12),
    )
    statuses = world.rows("select status::text from public.bookings order by start_at")
    assert [row["status"] for row in statuses] == ["confirmed", "proposed"]


def test_what_was_accepted_can_be_cancelled_for_nothing_at_first(school: School) -> None:
    world = school.world
    booking = propose(school, start_at=world.now() + timedelta(hours=20), price_cents=4500)
    accept(booking)
    booking.pay()
    assert world.ending(school.learner, booking.id)["refund_cents"] == 5310
    world.travel(by=timedelta(hours=2))
    assert world.ending(school.learner, booking.id)["refund_cents"] == 2655


def test_an_instructor_who_leaves_leaves_no_proposal_to_chance(school: School) -> None:
    booking = propose(school)
    leaving: Instructor = school.instructor
    school.world.ask(
        school.owner,
        "public.offboard_instructor",
        p_instructor_id=leaving.id,
        p_reason="They moved.",
    )
    assert booking.status == "cancelled"


# Who accepts, or who teaches, could not be booked any more


def reject(school: School) -> None:
    school.world.call(
        school.world.admin(),
        "public.admin_verify_instructor",
        p_instructor_id=school.instructor.id,
        p_verification_status="rejected",
        p_reason="The licence was withdrawn.",
    )


def lapse(school: School) -> None:
    verified(school.world, school.instructor, school.world.in_days(0).date())
    school.world.travel(by=timedelta(days=1))


@pytest.mark.parametrize("becomes_unavailable", [leave, reject, lapse])
@pytest.mark.parametrize("is_move", [False, True])
def test_whom_nobody_can_book_no_proposal_books(
    school: School, becomes_unavailable: Callable[[School], None], is_move: bool
) -> None:
    """A lesson that would move stays where it is, for the school to decide."""
    world = school.world
    original = booking = propose(school, start_at=world.in_days(20))
    if is_move:
        accept(original)
        there = move(world, original, world.in_days(21), school.instructor.user_id)
        booking = follow(original, there)
    becomes_unavailable(school)
    with world.unchanged(), world.refusing("PT409", "instructor_unavailable"):
        accept(booking)
    assert (original.status, booking.status) == (
        "confirmed" if is_move else "proposed",
        "proposed",
    )


def test_a_learner_who_has_left_the_school_accepts_nothing_new(school: School) -> None:
    world = school.world
    booking = propose(school)
    world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=school.learner,
        p_role="learner",
    )
    with world.unchanged(), world.refusing("42501", "not_a_learner_here"):
        accept(booking)
    decline(booking)
    assert booking.status == "declined"


def test_they_may_still_move_what_they_keep(school: School) -> None:
    world = school.world
    original = propose(school, start_at=world.in_days(20))
    accept(original)
    there = move(world, original, world.in_days(21), school.instructor.user_id)
    world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=school.learner,
        p_role="learner",
    )
    assert accept(follow(original, there)) == "confirmed"
