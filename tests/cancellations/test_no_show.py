"""Who did not come is said by the other side, a quarter of an hour after the start, once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.cancellations.steps import alerts, earned, refunds
from tests.factories import Booking, World

QUARTER = timedelta(minutes=15)


@pytest.fixture
def booking(world: World) -> Booking:
    """A paid lesson whose start is a quarter of an hour ago."""
    booking = world.booking()
    booking.pay()
    world.travel(to=booking.columns["start_at"] + QUARTER)
    return booking


def mark(world: World, user_id: UUID, booking: Booking, who: str | None) -> None:
    world.call(user_id, "public.mark_no_show", p_booking_id=booking.id, p_who=who)


@pytest.mark.parametrize("by", ["instructor", "admin"])
def test_a_lesson_that_the_learner_missed_is_earned(
    world: World, booking: Booking, by: str
) -> None:
    mark(
        world,
        booking.instructor.user_id if by == "instructor" else world.admin(),
        booking,
        "learner",
    )
    columns = booking.columns
    assert (columns["status"], columns["no_show_by"], columns["cancellation_refund_cents"]) == (
        "no_show",
        "learner",
        0,
    )
    assert world.row("select kind, amount_cents from public.earnings") == {
        "kind": "no_show",
        "amount_cents": 4500,
    }
    assert (refunds(world), alerts(world)) == ([], [])


@pytest.mark.parametrize("by", ["learner", "instructor", "admin"])
def test_a_lesson_that_the_instructor_missed_is_refunded_in_full(
    world: World, booking: Booking, by: str
) -> None:
    who = {"learner": booking.learner, "instructor": booking.instructor.user_id}
    mark(world, who.get(by) or world.admin(), booking, "instructor")
    assert (booking.status, booking.columns["cancellation_refund_cents"]) == ("no_show", 5310)
    assert refunds(world) == [5310]
    world.carry_refunds()
    assert (world.ledger(), earned(world)) == ({}, 0)
    assert alerts(world) == ["instructor_no_show"]


def test_a_guardian_says_it_for_a_child(world: World) -> None:
    instructor, service_id = world.hourly()
    child = world.child(instructor.org_id)
    gil = world.guardian(child, book=True, pay=True)
    slot_id = world.slot(service_id)
    booked = world.book(gil, slot_id, p_learner_id=child)
    booking = Booking(world, booked["booking_id"], gil, instructor, slot_id)
    booking.pay()
    world.travel(to=booking.columns["start_at"] + QUARTER)
    mark(world, gil, booking, "instructor")
    assert refunds(world) == [5310]


def test_a_learner_does_not_say_it_of_themselves(world: World, booking: Booking) -> None:
    with world.unchanged(), world.refusing("42501", "cannot_report_no_show"):
        mark(world, booking.learner, booking, "learner")


def test_once_the_lesson_was_started_the_learner_cannot_deny_it(world: World) -> None:
    booking = world.booking()
    booking.pay()
    booking.start()
    world.travel(by=QUARTER)
    with world.unchanged(), world.refusing("42501", "cannot_report_no_show"):
        mark(world, booking.learner, booking, "instructor")
    mark(world, booking.instructor.user_id, booking, "instructor")
    assert refunds(world) == [5310]


@pytest.mark.parametrize("who", ["guardian", "admin", "system", None])
def test_only_the_two_can_fail_to_come(world: World, booking: Booking, who: str | None) -> None:
    with world.unchanged(), world.refusing("PT422", "bad_party"):
        mark(world, booking.instructor.user_id, booking, who)


def test_a_quarter_of_an_hour_is_waited(world: World, booking: Booking) -> None:
    world.travel(by=-timedelta(microseconds=1))
    for user_id, who in (
        (booking.instructor.user_id, "learner"),
        (booking.learner, "instructor"),
    ):
        with world.unchanged(), world.refusing("PT422", "too_early"):
            mark(world, user_id, booking, who)


@pytest.mark.parametrize("first", ["learner", "instructor"])
def test_what_was_said_once_is_said(world: World, booking: Booking, first: str) -> None:
    mark(world, booking.instructor.user_id, booking, first)
    for who in ("learner", "instructor"):
        with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
            mark(world, booking.instructor.user_id, booking, who)


def test_a_lesson_that_was_given_was_not_missed(world: World) -> None:
    booking = world.lesson()
    with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
        mark(world, booking.instructor.user_id, booking, "learner")


def test_strangers_know_of_no_booking(world: World, booking: Booking) -> None:
    for stranger in (world.person("Eve"), world.instructor().user_id):
        with world.unchanged(), world.refusing("PT404", "booking_not_found"):
            mark(world, stranger, booking, "instructor")


def test_a_disputed_payment_is_refunded_once_the_dispute_is_won(
    world: World, booking: Booking
) -> None:
    world.dispute(booking.payment)
    mark(world, booking.learner, booking, "instructor")
    assert refunds(world) == []
    assert {"instructor_no_show", "refund_waits_for_dispute"} <= set(alerts(world))
    assert earned(world) == 0
    world.dispute(booking.payment, "won")
    assert refunds(world) == [5310]
    world.carry_refunds()
    assert (earned(world), world.ledger()) == (0, {"stripe_balance": -2000, "dispute_fees": 2000})


@pytest.mark.parametrize(("who", "kept"), [("instructor", 0), ("learner", 4500)])
def test_a_lost_dispute_of_a_missed_lesson_costs_the_platform_what_was_earned(
    world: World, booking: Booking, who: str, kept: int
) -> None:
    world.dispute(booking.payment)
    mark(world, booking.instructor.user_id, booking, who)
    world.dispute(booking.payment, "lost")
    assert (earned(world), world.ledger().get("dispute_losses", 0)) == (kept, kept)
    assert world.ledger().get("instructor_pending", 0) == -kept
