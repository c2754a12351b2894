"""Where a service asks for approval, a booking waits for its instructor, then for its payment.
An instructor turns a request down: its time is free again, and nobody pays. Refusals are in
test_confirm_booking.py, which asks them of both answers.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import MARKETPLACE, Booking, Instructor, World

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def requested(world: World, instructor: Instructor | None = None, **columns: Any) -> Booking:
    """A request, four days ahead of its lesson, that waits 24 hours."""
    given: dict[str, Any] = {"requires_approval": True, "start_at": world.in_days(4)}
    return world.booking(instructor, **given | columns)


def confirm(world: World, user_id: UUID, booking: Booking) -> None:
    world.call(user_id, "public.confirm_booking", p_booking_id=booking.id)


# The request


def test_a_booking_that_needs_approval_is_requested(world: World) -> None:
    booking = requested(world)
    assert booking.status == "requested"
    assert booking.columns["hold_expires_at"] == world.now() + DAY


def test_both_doors_lead_to_the_request(world: World) -> None:
    instructor = world.instructor(time_zone="UTC")
    world.window(instructor)
    service_id = world.service(instructor, requires_approval=True, approval_hours=2)
    booked = world.request(world.person(), instructor, service_id, world.in_days(2))
    assert booked["status"] == "requested"
    assert booked["hold_expires_at"] == world.now() + 2 * timedelta(hours=1)


def test_a_request_expires_with_the_start_of_the_lesson_at_the_latest(world: World) -> None:
    start_at = world.now() + timedelta(hours=3)
    assert requested(world, start_at=start_at).columns["hold_expires_at"] == start_at


def test_a_free_lesson_waits_for_approval_too(world: World) -> None:
    assert requested(world, price_cents=0).status == "requested"


def test_a_request_keeps_its_time_and_counts_as_an_unpaid_one(world: World) -> None:
    booking = requested(world)
    with world.refusing("PT409", "slot_taken"):
        world.book(world.person(), booking.slot_id)
    service_id = world.service(world.instructor())
    for day in (2, 3):
        world.book(booking.learner, world.slot(service_id, world.in_days(day)))
    with world.refusing("PT409", "too_many_holds"):
        world.book(booking.learner, world.slot(service_id, world.in_days(5)))


def test_a_request_cannot_be_paid_before_it_is_confirmed(world: World) -> None:
    booking = requested(world)
    with world.unchanged(), world.refusing("PT409", "order_not_payable"):
        booking.open_payment()


@pytest.mark.parametrize("is_swept", [True, False])
def test_an_unanswered_request_expires_and_gives_its_time_back(
    world: World, is_swept: bool
) -> None:
    booking = requested(world)
    world.travel(by=DAY - SECOND)
    with world.refusing("PT409", "slot_taken"):
        world.book(world.person(), booking.slot_id)
    world.travel(by=SECOND)
    if is_swept:
        world.maintain()
        assert booking.status == "expired"
    world.book(world.person(), booking.slot_id)
    assert booking.status == "expired"


# The answer


def test_a_confirmed_request_has_time_to_be_paid_for(world: World) -> None:
    booking = requested(world)
    world.travel(by=timedelta(hours=5))
    confirm(world, booking.instructor.user_id, booking)
    assert booking.status == "held"
    assert booking.columns["hold_expires_at"] == world.now() + DAY

    world.travel(by=DAY - SECOND)
    assert booking.pay() == "processed"
    assert booking.status == "confirmed"


def test_a_confirmed_request_that_is_not_paid_expires(world: World) -> None:
    booking = requested(world)
    confirm(world, booking.instructor.user_id, booking)
    world.travel(by=DAY)
    world.maintain()
    assert booking.status == "expired"
    world.book(world.person(), booking.slot_id)


def test_the_payment_is_due_before_the_lesson_at_the_latest(world: World) -> None:
    booking = requested(world, start_at=world.now() + timedelta(hours=3))
    confirm(world, booking.instructor.user_id, booking)
    assert booking.columns["hold_expires_at"] == booking.columns["start_at"]


def test_a_request_of_which_nothing_is_due_is_confirmed_at_once(world: World) -> None:
    booking = requested(world, price_cents=0)
    confirm(world, booking.instructor.user_id, booking)
    assert booking.status == "confirmed"
    assert booking.columns["hold_expires_at"] is None


def test_the_price_stays_as_it_was_requested(world: World) -> None:
    booking = requested(world)
    world.connection.execute("update public.services set price_cents = 9900")
    confirm(world, booking.instructor.user_id, booking)
    assert booking.columns["total_cents"] == 5310


def test_an_admin_of_the_school_answers_too(world: World) -> None:
    school = world.organization()
    instructor = world.instructor(org_id=school, time_zone="UTC")
    world.window(instructor)
    learner = world.person()
    world.learner(school, learner)
    service_id = world.service(instructor, requires_approval=True)
    booked = world.request(learner, instructor, service_id, world.in_days(2))
    admin = world.member(school, "admin")
    world.call(admin, "public.confirm_booking", p_booking_id=booked["booking_id"])
    assert world.value("select status from public.bookings") == "held"


# Who may not answer, and when


@pytest.mark.parametrize("function", ["confirm_booking", "decline_booking"])
@pytest.mark.parametrize("who", ["learner", "stranger", "another instructor", "foreign admin"])
def test_nobody_else_answers(world: World, who: str, function: str) -> None:
    booking = requested(world)
    user_id = {
        "learner": booking.learner,
        "stranger": world.person(),
        "another instructor": world.instructor().user_id,
        "foreign admin": world.member(world.organization(), "owner"),
    }[who]
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        world.call(user_id, f"public.{function}", p_booking_id=booking.id)


@pytest.mark.parametrize("function", ["confirm_booking", "decline_booking"])
@pytest.mark.parametrize("booking_id", [None, uuid4()])
def test_an_unknown_booking_is_refused(
    world: World, function: str, booking_id: UUID | None
) -> None:
    booking = requested(world)
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        world.call(booking.instructor.user_id, f"public.{function}", p_booking_id=booking_id)


@pytest.mark.parametrize("function", ["confirm_booking", "decline_booking"])
def test_what_is_held_confirmed_or_declined_waits_for_no_answer(
    world: World, function: str
) -> None:
    held, paid, declined = world.booking(), world.booking(), requested(world)
    assert paid.pay() == "processed"
    world.call(declined.instructor.user_id, "public.decline_booking", p_booking_id=declined.id)
    for booking in (held, paid, declined):
        with world.unchanged(), world.refusing("PT409", "booking_not_requested"):
            world.call(booking.instructor.user_id, f"public.{function}", p_booking_id=booking.id)


@pytest.mark.parametrize("function", ["confirm_booking", "decline_booking"])
@pytest.mark.parametrize("is_swept", [True, False])
def test_an_answer_after_the_deadline_is_too_late(
    world: World, function: str, is_swept: bool
) -> None:
    booking = requested(world)
    world.travel(by=DAY)
    if is_swept:
        world.maintain()
    with world.unchanged(), world.refusing("PT409", "booking_not_requested"):
        world.call(booking.instructor.user_id, f"public.{function}", p_booking_id=booking.id)


@pytest.mark.parametrize("function", ["confirm_booking", "decline_booking"])
def test_visitors_and_anonymous_sign_ins_answer_nothing(world: World, function: str) -> None:
    booking = requested(world)
    query = f"select public.{function}(%s)"
    with world.unchanged(), world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows(query, booking.id)
    with (
        world.unchanged(),
        world.refusing("42501", "sign_in_required"),
        world.acting_as(booking.instructor.user_id, is_anonymous=True),
    ):
        world.rows(query, booking.id)


@pytest.mark.parametrize("hours", [0, 337])
def test_a_service_waits_for_answers_an_hour_to_two_weeks(world: World, hours: int) -> None:
    instructor = world.instructor()
    assert instructor.org_id == MARKETPLACE
    with world.unchanged(), world.refusing("23514", "approval_takes_at_most_two_weeks"):
        world.service(instructor, approval_hours=hours)


@pytest.fixture
def booking(world: World) -> Booking:
    return world.booking(requires_approval=True)


def test_a_declined_request_says_why_and_frees_its_time(world: World, booking: Booking) -> None:
    world.call(
        booking.instructor.user_id,
        "public.decline_booking",
        p_booking_id=booking.id,
        p_reason="Too far away.",
    )
    declined = booking.columns
    assert (declined["status"], declined["cancellation_reason"]) == ("declined", "Too far away.")
    assert declined["hold_expires_at"] is None
    assert world.count("private.person_calendar") == 0
    world.book(world.person(), booking.slot_id)


def test_a_declined_request_is_no_open_hold(world: World, booking: Booking) -> None:
    world.call(booking.instructor.user_id, "public.decline_booking", p_booking_id=booking.id)
    service_id = world.service(world.instructor())
    for day in (2, 3, 4):
        world.book(booking.learner, world.slot(service_id, world.in_days(day)))


def test_a_declined_request_cannot_be_paid_for(world: World, booking: Booking) -> None:
    world.call(booking.instructor.user_id, "public.decline_booking", p_booking_id=booking.id)
    with world.unchanged(), world.refusing("PT409", "order_not_payable"):
        booking.open_payment()


def test_a_reason_is_optional_and_cut_at_two_thousand_characters(world: World) -> None:
    for reason, kept in ((None, None), ("", ""), ("é" * 1_000_000, "é" * 2000)):
        booking = world.booking(requires_approval=True)
        world.call(
            booking.instructor.user_id,
            "public.decline_booking",
            p_booking_id=booking.id,
            p_reason=reason,
        )
        assert booking.columns["cancellation_reason"] == kept


def test_only_the_declined_seat_of_a_group_is_free_again(world: World) -> None:
    booking = world.booking(requires_approval=True, max_participants=2)
    world.book(world.person(), booking.slot_id)
    world.call(booking.instructor.user_id, "public.decline_booking", p_booking_id=booking.id)
    assert world.value("select current_bookings from public.bookable_slots") == 1
    taken = world.rows("select booking_id is null as is_taught from private.person_calendar")
    assert sorted(row["is_taught"] for row in taken) == [False, True]
