"""Instructor and learner meet by a booking, and reach each other while a lesson is near."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import Booking, World


def reach(booking: Booking) -> bool:
    """Whether the instructor can read how to reach the learner; the name they always can."""
    world = booking.world
    with world.acting_as(booking.instructor.user_id):
        assert world.count("public.learners") == 1
        return bool(world.rows("select email, phone from public.learner_contacts"))


def test_a_hold_that_nobody_paid_opens_nothing(world: World) -> None:
    booking = world.booking()
    assert not reach(booking)
    world.travel(by=timedelta(hours=1))
    world.maintain()
    assert booking.status == "expired"
    assert not reach(booking)


def test_a_paid_lesson_opens_contact_until_ninety_days_after_it(world: World) -> None:
    booking = world.booking()
    booking.pay()
    assert reach(booking)
    booking.complete()
    end = booking.columns["end_at"] + timedelta(days=90)
    world.travel(to=end - timedelta(seconds=1))
    assert reach(booking)
    world.travel(to=end)
    assert not reach(booking)


def test_a_request_opens_contact_when_it_is_accepted(world: World) -> None:
    booking = world.booking(requires_approval=True)
    assert not reach(booking)
    world.call(booking.instructor.user_id, "public.confirm_booking", p_booking_id=booking.id)
    assert booking.status == "held"
    assert reach(booking)


def test_another_lesson_prolongs_it_and_an_earlier_one_does_not_shorten_it(world: World) -> None:
    booking = world.booking(price_cents=0, start_at=world.in_days(20))
    until = "select contact_until from public.instructor_learners"
    last = booking.columns["end_at"] + timedelta(days=90)
    assert world.value(until) == last
    service_id = world.service(booking.instructor, price_cents=0)
    for days, expected in ((3, last), (25, last + timedelta(days=5))):
        world.book(booking.learner, world.slot(service_id, world.in_days(days)))
        assert world.value(until) == expected


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_a_lesson_that_is_called_off_closes_what_it_opened(world: World, who: str) -> None:
    given = world.booking(price_cents=0)
    given.complete()
    service_id = world.service(given.instructor, price_cents=0)
    later = world.book(given.learner, world.slot(service_id, world.in_days(40)))["booking_id"]
    until = "select contact_until from public.instructor_learners"
    assert world.value(until) > given.columns["end_at"] + timedelta(days=91)
    person = given.learner if who == "learner" else given.instructor.user_id
    world.cancel(person, later)
    assert world.value(until) == given.columns["end_at"] + timedelta(days=90)


def test_the_only_lesson_called_off_closes_contact_at_once(world: World) -> None:
    booking = world.booking(price_cents=0)
    assert reach(booking)
    world.cancel(booking.learner, booking.id)
    assert not reach(booking)
