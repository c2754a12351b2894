"""Eve moves Ben's paid lesson to the next hour without asking him, and marks him absent there."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import Booking, World

HOUR = timedelta(hours=1)


@pytest.fixture
def lesson(world: World) -> Booking:
    """A paid lesson in two days, of an instructor who is open all day."""
    eve = world.instructor(name="Eve")
    world.window(eve, "00:00", "23:45")
    booking = world.booking(eve)
    booking.pay()
    return booking


def move(lesson: Booking) -> DictRow:
    """Eve moves it to the next full hour."""
    next_hour = lesson.world.now().replace(minute=0, second=0, microsecond=0) + HOUR
    (moved,) = lesson.world.ask(
        lesson.instructor.user_id,
        "public.reschedule_booking",
        p_booking_id=lesson.id,
        p_start_at=next_hour,
    )
    return moved


def mark_absent(world: World, by: UUID, booking_id: UUID) -> None:
    world.call(by, "public.mark_no_show", p_booking_id=booking_id, p_who="learner")


def profit(world: World) -> int:
    """What Eve has earned."""
    cents: int = world.value("select coalesce(sum(amount_cents), 0)::bigint from public.earnings")
    return cents


def test_nobody_is_absent_from_a_time_that_they_did_not_accept(
    world: World, lesson: Booking
) -> None:
    moved = move(lesson)
    assert (moved["status"], lesson.status) == ("proposed", "confirmed")
    start_at = world.value(
        "select start_at from public.bookings where id = %s", moved["booking_id"]
    )
    world.travel(to=start_at + timedelta(minutes=20))
    with world.unchanged(), world.refusing("PT409", "booking_not_confirmed"):
        mark_absent(world, lesson.instructor.user_id, moved["booking_id"])
    with world.unchanged(), world.refusing("PT422", "too_early"):
        mark_absent(world, lesson.instructor.user_id, lesson.id)

    world.maintain()
    assert lesson.status == "confirmed"
    assert profit(world) == 0
    assert world.ending(lesson.learner, lesson.id)["refund_cents"] == 5310


def test_a_problem_can_be_reported_about_what_a_no_show_earned(
    world: World, lesson: Booking
) -> None:
    world.travel(to=lesson.columns["start_at"])
    world.call(lesson.instructor.user_id, "public.start_lesson", p_booking_id=lesson.id)
    world.travel(by=timedelta(minutes=15))
    mark_absent(world, lesson.instructor.user_id, lesson.id)
    world.travel(by=timedelta(hours=72))
    world.maintain()
    assert world.call(
        lesson.learner,
        "public.report_problem",
        p_booking_id=lesson.id,
        p_description="I was in hospital and could not answer.",
    )
    world.travel(by=timedelta(days=30))
    world.maintain()
    assert world.rows("select status::text from public.earnings") == [{"status": "frozen"}]
    world.run_payouts()
    assert world.rows("select from public.payouts where status = 'paid'") == []
