"""Who leaves gives everything back that is not earned: lessons ahead, and the hours left."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.cancellations.steps import earned, refunds
from tests.factories import MARKETPLACE, World


def test_lessons_ahead_and_hours_left_go_back_and_what_was_given_stays(world: World) -> None:
    instructor, service_id = world.hourly()
    given = world.lesson(instructor)
    paid, held = (world.booking(instructor, start_at=world.in_days(3, hour)) for hour in (10, 12))
    paid.pay()
    held.open_payment()
    ben, eve = world.person("Ben"), world.person("Eve")
    lot = world.hours(ben, instructor, 3)
    ahead = lot.book(service_id, world.in_days(4))
    disputed = world.hours(eve, instructor, 1)
    world.dispute(disputed.payment)
    other = world.booking()
    other.pay()

    (shown,) = world.ask(
        world.admin(), "public.offboard_instructor", p_instructor_id=instructor.id, p_reason="Moves"
    )

    assert (shown["credit_id"], shown["minutes"], shown["amount_cents"]) == (lot.id, 180, 15930)
    for booking in (paid, held, ahead):
        assert (booking.status, booking.columns["cancelled_by"]) == ("cancelled", "system")
    assert (given.status, other.status) == ("completed", "confirmed")
    assert disputed.columns["status"] == "frozen"
    assert refunds(world) == [5310, 15930]
    assert [command["payment_id"] for command in world.commands("cancel_payment_intent")] == [
        str(held.payment["id"])
    ]
    world.carry_refunds()
    assert (earned(world), lot.columns["minutes_refunded"]) == (4500, 180)
    slot_id = world.slot(service_id, world.in_days(6))
    with world.refusing("PT409", "instructor_unavailable"):
        world.book(ben, slot_id)
    assert (
        world.ask(world.admin(), "public.offboard_instructor", p_instructor_id=instructor.id) == []
    )
    assert refunds(world) == [5310, 15930]


def test_a_lesson_that_has_begun_is_earned(world: World) -> None:
    """Nobody has completed it yet; a day after its end it completes itself."""
    booking = world.booking()
    booking.pay()
    world.travel(to=booking.columns["end_at"])
    world.ask(world.admin(), "public.offboard_instructor", p_instructor_id=booking.instructor.id)
    assert (booking.status, refunds(world)) == ("confirmed", [])
    world.travel(by=timedelta(hours=25))
    world.maintain()
    assert (booking.status, earned(world)) == ("completed", 4500)


def test_a_lesson_that_was_being_moved_is_refunded_once(world: World) -> None:
    booking = world.booking(requires_approval=True)
    world.call(booking.instructor.user_id, "public.confirm_booking", p_booking_id=booking.id)
    booking.pay()
    world.slot(booking.columns["service_id"], world.in_days(3))
    world.ask(
        booking.learner,
        "public.reschedule_booking",
        p_booking_id=booking.id,
        p_start_at=world.in_days(3),
    )
    world.ask(world.admin(), "public.offboard_instructor", p_instructor_id=booking.instructor.id)
    assert refunds(world) == [5310]
    world.carry_refunds()
    assert world.ledger() == {}


@pytest.mark.parametrize("who", ["the instructor", "another school's owner", "learner", "unknown"])
def test_only_the_organizations_admins_take_an_instructor_off(world: World, who: str) -> None:
    booking = world.booking()
    booking.pay()
    users = {
        "the instructor": booking.instructor.user_id,
        "another school's owner": world.member(world.organization(), "owner"),
        "learner": booking.learner,
        "unknown": world.member(MARKETPLACE, "owner"),
    }
    instructor_id = uuid4() if who == "unknown" else booking.instructor.id
    with world.unchanged(), world.refusing("PT404", "instructor_not_found"):
        world.ask(users[who], "public.offboard_instructor", p_instructor_id=instructor_id)
