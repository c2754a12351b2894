"""A lesson is completed once, by its instructor, after its time has come: then it is earned."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import Booking, World
from tests.lessons.steps import complete, confirmed


def test_a_lesson_lasts_from_its_start_to_its_completion(world: World) -> None:
    booking = confirmed(world)
    booking.start()
    world.travel(by=timedelta(minutes=55))
    lesson_id = complete(booking, notes="Parallel parking: done.")
    lesson = world.row("select * from public.lessons")
    assert lesson["id"] == lesson_id
    assert lesson["duration_seconds"] == 55 * 60
    assert lesson["notes"] == "Parallel parking: done."
    assert booking.status == "completed"


def test_a_lesson_that_was_never_started_counts_from_its_booked_time(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["end_at"])
    complete(booking)
    lesson = world.row("select * from public.lessons")
    assert lesson["started_at"] == booking.columns["start_at"]
    assert lesson["duration_seconds"] == 60 * 60


def test_a_lesson_earns_the_instructors_share_once(world: World) -> None:
    booking = confirmed(world)
    booking.complete()
    earning = world.row("select * from public.earnings")
    assert (earning["kind"], earning["amount_cents"]) == ("lesson", 4500)
    with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
        complete(booking)


def test_a_lesson_cannot_be_completed_before_its_time(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["start_at"] - timedelta(seconds=1))
    with world.unchanged(), world.refusing("PT422", "too_early"):
        complete(booking)
    world.travel(by=timedelta(seconds=1))
    complete(booking)
    assert booking.status == "completed"


def test_a_lesson_started_early_cannot_be_completed_before_its_time(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["start_at"] - timedelta(minutes=10))
    world.call(booking.instructor.user_id, "public.start_lesson", p_booking_id=booking.id)
    with world.refusing("PT422", "too_early"):
        complete(booking)


@pytest.mark.parametrize("status", ["held", "expired"])
def test_an_unpaid_lesson_is_not_earned(world: World, status: str) -> None:
    booking = world.booking()
    world.connection.execute("update public.bookings set status = %s", [status])
    world.travel(to=booking.columns["end_at"])
    with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
        complete(booking)


def test_another_instructor_and_the_learner_cannot_complete_a_lesson(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["end_at"])
    for caller in (world.instructor().user_id, booking.learner):
        with world.unchanged(), world.refusing("PT404", "booking_not_found"):
            complete(booking, caller)


def test_notes_that_are_too_long_are_refused(world: World) -> None:
    booking = confirmed(world)
    booking.start()
    with world.unchanged(), world.refusing("PT422", "texts_are_short"):
        complete(booking, notes="n" * 10_001)


def test_notes_of_the_start_are_kept_unless_replaced(world: World) -> None:
    booking = confirmed(world)
    booking.start()
    world.connection.execute("update public.lessons set notes = 'So far, so good.'")
    complete(booking)
    assert world.value("select notes from public.lessons") == "So far, so good."


def test_every_learner_of_a_group_earns_the_instructor_a_share(world: World) -> None:
    first = confirmed(world, max_participants=2)
    cleo = world.person("Cleo")
    booked = world.book(cleo, first.slot_id)
    second = Booking(world, booked["booking_id"], cleo, first.instructor, first.slot_id)
    assert second.pay() == "processed"
    world.travel(to=first.columns["end_at"])
    complete(first)
    complete(second)
    assert world.value("select sum(amount_cents) from public.earnings") == 9000
    assert world.count("public.lessons") == 2
