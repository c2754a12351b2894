"""However a lesson paid by hours ends, what was used is earned and the rest comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.credits.steps import left, lots
from tests.factories import Booking, World


@pytest.fixture
def booking(world: World) -> Booking:
    """A lesson of 90 minutes: an hour of a lot at 45.00, half an hour of one at 60.00."""
    instructor, service_id = world.hourly(duration_minutes=90)
    return lots(world, world.person("Ben"), instructor, 4500, 6000)[0].book(service_id)


def state(world: World, booking: Booking) -> tuple[int, int, int]:
    """Minutes left and reserved, and what was earned."""
    reserved = world.value("select sum(minutes_reserved)::integer from public.learner_credits")
    earned = world.value("select coalesce(sum(amount_cents), 0)::integer from public.earnings")
    return left(world, booking.learner), reserved, earned


@pytest.mark.parametrize(
    ("notice", "minutes", "earned"),
    [
        (timedelta(hours=24), 90, 0),
        (timedelta(hours=24, seconds=-1), 45, 3750),
        (timedelta(0), 0, 7500),
    ],
)
def test_a_learner_gets_back_the_minutes_that_the_notice_is_worth(
    world: World, booking: Booking, notice: timedelta, minutes: int, earned: int
) -> None:
    """Half of the share is kept at most; less here, since the minutes used last are the dearer."""
    world.travel(to=booking.columns["start_at"] - notice)
    preview = world.ending(booking.learner, booking.id)
    ended = world.cancel(booking.learner, booking.id)
    assert preview["restored_minutes"] == ended["restored_minutes"] == minutes
    assert (preview["refund_cents"], ended["refund_cents"]) == (0, 0)
    minutes_left, reserved, was_earned = state(world, booking)
    assert (minutes_left, reserved) == (30 + minutes, 0)
    assert booking.columns["kept_share_cents"] == earned
    assert was_earned == (3375 if minutes == 45 else earned)


@pytest.mark.parametrize("how", ["instructor", "admin", "instructor missing"])
def test_everybody_elses_ending_gives_all_minutes_back(
    world: World, booking: Booking, how: str
) -> None:
    if how == "instructor missing":
        world.travel(to=booking.columns["start_at"] + timedelta(minutes=15))
        booking.miss("instructor")
    else:
        world.travel(to=booking.columns["start_at"])
        who = booking.instructor.user_id if how == "instructor" else world.admin()
        world.cancel(who, booking.id)
    assert state(world, booking) == (120, 0, 0)


@pytest.mark.parametrize("how", ["given", "learner missing"])
def test_a_lesson_that_was_given_or_missed_uses_its_minutes(
    world: World, booking: Booking, how: str
) -> None:
    if how == "given":
        booking.complete()
    else:
        world.travel(to=booking.columns["end_at"])
        booking.miss("learner")
    assert state(world, booking) == (30, 0, 7500)
    ledger = world.ledger()
    assert (ledger["instructor_pending"], ledger["learner_prepaid"]) == (-7500, -3000)


@pytest.mark.parametrize("answer", ["declined", "expired", "cancelled"])
def test_a_request_that_comes_to_nothing_gives_its_minutes_back_once(
    world: World, answer: str
) -> None:
    instructor, service_id = world.hourly(requires_approval=True)
    credit = world.hours(world.person("Ben"), instructor, 1)
    booking = credit.book(service_id)
    assert (booking.status, credit.columns["minutes_reserved"]) == ("requested", 60)
    if answer == "declined":
        world.call(instructor.user_id, "public.decline_booking", p_booking_id=booking.id)
    elif answer == "expired":
        world.travel(to=booking.columns["hold_expires_at"])
    else:
        world.cancel(credit.learner, booking.id)
    for _ in range(2):
        world.maintain()
    assert booking.status == answer
    assert state(world, booking) == (60, 0, 0)
    assert credit.book(service_id, world.in_days(9)).status == "requested"


def test_a_request_that_is_accepted_is_confirmed_without_a_card(world: World) -> None:
    instructor, service_id = world.hourly(requires_approval=True)
    credit = world.hours(world.person("Ben"), instructor, 1)
    booking = credit.book(service_id)
    world.call(instructor.user_id, "public.confirm_booking", p_booking_id=booking.id)
    booking.complete()
    assert state(world, booking) == (0, 0, 4500)
