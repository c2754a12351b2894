"""A lesson starts at its time, by its instructor, once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.factories import Booking, World


def confirmed(world: World) -> Booking:
    booking = world.booking()
    assert booking.pay() == "processed"
    return booking


def start(booking: Booking, by: UUID | None = None) -> object:
    caller = by or booking.instructor.user_id
    return booking.world.call(caller, "public.start_lesson", p_booking_id=booking.id)


def test_the_instructor_starts_a_lesson(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["start_at"])
    lesson_id = start(booking)
    lesson = world.row("select * from public.lessons")
    assert booking.status == "in_progress"
    assert lesson["id"] == lesson_id
    assert lesson["started_at"] == booking.columns["start_at"]
    assert lesson["ended_at"] is None
    assert lesson["duration_seconds"] is None
    parties = (lesson["booking_id"], lesson["instructor_id"], lesson["learner_id"])
    assert parties == (booking.id, booking.instructor.id, booking.columns["learner_id"])


@pytest.mark.parametrize(
    ("from_start", "code"),
    [
        (timedelta(minutes=-15, seconds=-1), "too_early"),
        (timedelta(minutes=-15), None),
        (timedelta(minutes=59, seconds=59), None),
        (timedelta(minutes=60), "too_late"),
    ],
)
def test_a_lesson_starts_from_a_quarter_before_its_time_until_its_end(
    world: World, from_start: timedelta, code: str | None
) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["start_at"] + from_start)
    if code is None:
        start(booking)
        assert booking.status == "in_progress"
    else:
        with world.unchanged(), world.refusing("PT422", code):
            start(booking)


def test_a_lesson_starts_once(world: World) -> None:
    booking = confirmed(world)
    booking.start()
    with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
        start(booking)


@pytest.mark.parametrize("status", ["held", "expired"])
def test_a_booking_that_is_not_paid_for_has_no_lesson(world: World, status: str) -> None:
    booking = world.booking()
    world.connection.execute("update public.bookings set status = %s", [status])
    world.travel(to=booking.columns["start_at"])
    with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
        start(booking)


def test_another_instructors_lesson_is_as_unknown_as_none(world: World) -> None:
    booking, stranger = confirmed(world), world.instructor()
    world.travel(to=booking.columns["start_at"])
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        start(booking, stranger.user_id)
    with world.refusing("PT404", "booking_not_found"):
        world.call(stranger.user_id, "public.start_lesson", p_booking_id=uuid4())


def test_the_learner_cannot_start_the_lesson(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["start_at"])
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        start(booking, booking.learner)


def test_nobody_signed_in_cannot_start_the_lesson(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["start_at"])
    query = "select public.start_lesson(%s)"
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows(query, booking.id)
    with (
        world.refusing("42501", "sign_in_required"),
        world.acting_as(booking.instructor.user_id, is_anonymous=True),
    ):
        world.rows(query, booking.id)


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_an_admin_of_the_school_starts_a_lesson(world: World, role: str) -> None:
    booking = confirmed(world)
    admin = world.member(booking.instructor.org_id, role)
    world.travel(to=booking.columns["start_at"])
    start(booking, admin)
    assert booking.status == "in_progress"


@pytest.mark.parametrize("role", ["instructor", "learner"])
def test_other_members_of_the_school_cannot_start_a_lesson(world: World, role: str) -> None:
    booking = confirmed(world)
    member = world.member(booking.instructor.org_id, role)
    world.travel(to=booking.columns["start_at"])
    with world.refusing("PT404", "booking_not_found"):
        start(booking, member)


def test_an_admin_of_another_school_cannot_start_a_lesson(world: World) -> None:
    booking = confirmed(world)
    admin = world.member(world.organization(), "admin")
    world.travel(to=booking.columns["start_at"])
    with world.refusing("PT404", "booking_not_found"):
        start(booking, admin)
