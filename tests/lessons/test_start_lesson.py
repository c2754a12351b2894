"""A lesson starts at its time, by its instructor, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import World
from tests.lessons.steps import confirmed, start


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
