"""An offered time is paid with prepaid hours, and comes to what the model says."""

from __future__ import annotations

import pytest

from tests.cancellations.test_withdraw import offering, withdraw
from tests.factories import MARKETPLACE, Booking, World
from tests.model.judge import Lesson, Play


@pytest.fixture(name="play", params=["on_top", "included"])
def told_play(world: World, request: pytest.FixtureRequest) -> Play:
    return Play(world, fee_mode=request.param)


def offered(play: Play) -> Booking:
    """A time on which the learner waits is given up by somebody else before it is paid."""
    world = play.world
    slot_id = world.slot(play.service_id, world.in_days(9))
    other = world.person("Cleo")
    booked = world.book(other, slot_id)
    world.call(play.learner, "public.join_waiting_list", p_instructor_id=play.instructor.id)
    world.cancel(other, booked["booking_id"])
    world.maintain()
    row = world.row("select id, slot_id from public.bookings where status = 'proposed'")
    return Booking(world, row["id"], play.learner, play.instructor, row["slot_id"])


def accept_by_hours(booking: Booking) -> str:
    status: str = booking.world.call(
        booking.learner, "public.accept_proposal", p_booking_id=booking.id, p_use_credits=True
    )
    return status


@pytest.mark.parametrize("then", ["given", "missed", "cancelled", "called off", "refunded"])
def test_hours_pay_for_an_offered_time(play: Play, then: str) -> None:
    hours = play.hours(2)
    booking = offered(play)
    assert accept_by_hours(booking) == "confirmed"
    taken = hours.lot.book(60)
    lesson = play.add(Lesson(play, booking, taken.item, taken, hours))
    if then == "given":
        lesson.give()
    elif then == "missed":
        lesson.miss()
    elif then == "cancelled":
        lesson.cancel()
    elif then == "called off":
        lesson.cancel_by_instructor()
    else:
        lesson.give()
        lesson.refund(2000)
    play.agrees()


def test_too_few_hours_leave_the_offer_as_it_is(play: Play) -> None:
    world = play.world
    booking = offered(play)
    with world.unchanged(), world.refusing("PT409", "insufficient_credit"):
        accept_by_hours(booking)
    assert world.call(play.learner, "public.accept_proposal", p_booking_id=booking.id) == "held"


def test_nobody_elses_hours_pay(play: Play) -> None:
    world = play.world
    world.hours(world.person("Dan"), play.instructor, 2)
    booking = offered(play)
    with world.unchanged(), world.refusing("PT409", "insufficient_credit"):
        accept_by_hours(booking)


def test_a_guardian_who_may_not_pay_spends_no_hours(world: World) -> None:
    play = Play(world)
    child = world.child(MARKETPLACE, play.learner)
    guardian = world.guardian(child, view=True, book=True)
    play.hours(2)
    booking = offered(play)
    with world.unchanged(), world.refusing("PT422", "learner_spends"):
        world.call(guardian, "public.accept_proposal", p_booking_id=booking.id, p_use_credits=True)
    assert accept_by_hours(booking) == "confirmed"


def test_who_withdraws_from_the_hours_gives_the_offered_time_back(world: World) -> None:
    play = offering(world, "packages")
    hours = play.hours(2)
    booking = offered(play)
    accept_by_hours(booking)
    taken = hours.lot.book(60)
    play.add(Lesson(play, booking, taken.item, taken, hours))
    assert withdraw(hours)["booking_ids"] == [booking.id]
    hours.lot.withdraw()
    play.agrees()
