"""Whose lessons are tracked: an adult's unless they object, a minor's once both have agreed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories import MARKETPLACE, Booking, World
from tests.trips.steps import on_the_road, point


def agree(world: World, user_id: UUID, learner_id: UUID, agrees: bool = True) -> None:
    world.call(user_id, "public.set_trip_consent", p_learner_id=learner_id, p_agrees=agrees)


@pytest.fixture
def minor(world: World) -> tuple[Booking, UUID]:
    """A lesson of somebody who is 16, in progress, and the learner's guardian."""
    person = world.person("Kit")
    learner_id = world.child(MARKETPLACE, person, age=16)
    guardian = world.guardian(learner_id, view=True)
    instructor = world.instructor()
    slot_id = world.slot(world.service(instructor))
    booked = world.book(person, slot_id)
    booking = Booking(world, booked["booking_id"], person, instructor, slot_id)
    booking.pay()
    booking.start()
    return booking, guardian


def is_tracked(world: World, booking: Booking) -> bool:
    learner_id = booking.columns["learner_id"]
    answer: bool = world.value("select private.may_be_tracked(%s)", learner_id)
    if answer:
        world.call(booking.instructor.user_id, "public.start_trip", p_booking_id=booking.id)
    else:
        with world.unchanged(), world.refusing("PT409", "tracking_not_agreed"):
            world.call(booking.instructor.user_id, "public.start_trip", p_booking_id=booking.id)
    return answer


@pytest.mark.parametrize(
    ("learner", "guardian", "expected"),
    [
        (None, None, False),
        (True, None, False),
        (None, True, False),
        (True, True, True),
        (True, False, False),
        (False, True, False),
        (False, False, False),
    ],
)
def test_a_minor_is_tracked_when_both_agree(
    world: World,
    minor: tuple[Booking, UUID],
    learner: bool | None,
    guardian: bool | None,
    expected: bool,
) -> None:
    booking, guardian_id = minor
    for user_id, agrees in ((booking.learner, learner), (guardian_id, guardian)):
        if agrees is not None:
            agree(world, user_id, booking.columns["learner_id"], agrees)
    assert is_tracked(world, booking) is expected


@pytest.mark.parametrize(("agrees", "expected"), [(None, True), (True, True), (False, False)])
def test_an_adult_is_tracked_unless_they_object(
    world: World, agrees: bool | None, expected: bool
) -> None:
    booking = world.booking()
    booking.pay()
    booking.start()
    if agrees is not None:
        agree(world, booking.learner, booking.columns["learner_id"], agrees)
    assert is_tracked(world, booking) is expected


def test_who_withdraws_ends_the_recording(world: World) -> None:
    trip = on_the_road(world)
    trip.send([point(trip.start)])
    agree(world, trip.booking.learner, trip.booking.columns["learner_id"], False)
    world.travel(by=timedelta(minutes=1))
    with world.unchanged(), world.refusing("PT409", "tracking_not_agreed"):
        trip.send([point(world.now())])


def test_the_word_of_who_is_guardian_no_more_counts_no_more(
    world: World, minor: tuple[Booking, UUID]
) -> None:
    booking, guardian = minor
    learner_id = booking.columns["learner_id"]
    agree(world, booking.learner, learner_id)
    agree(world, guardian, learner_id)
    link_id = world.value("select id from public.learner_guardians")
    world.call(guardian, "public.revoke_guardian", p_learner_guardian_id=link_id)
    assert not is_tracked(world, booking)


def test_nobody_else_agrees_for_a_learner(world: World, minor: tuple[Booking, UUID]) -> None:
    booking, _ = minor
    strangers = [booking.instructor.user_id, world.person(), world.admin()]
    for stranger in strangers:
        with world.unchanged(), world.refusing("PT404", "learner_not_found"):
            agree(world, stranger, booking.columns["learner_id"])


def test_a_word_that_is_none_is_a_no(world: World) -> None:
    booking = world.booking()
    booking.pay()
    learner_id = booking.columns["learner_id"]
    world.call(booking.learner, "public.set_trip_consent", p_learner_id=learner_id, p_agrees=None)
    assert not world.value("select private.may_be_tracked(%s)", learner_id)
