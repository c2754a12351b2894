"""The rest of a series is cancelled at once, each lesson under its own policy and notice."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tests.cancellations.steps import refunds
from tests.factories import Booking, Instructor, World

WEEK = timedelta(weeks=1)


@pytest.fixture
def instructor(world: World) -> Instructor:
    """Open at all hours, at 45.00 an hour."""
    instructor = world.instructor(time_zone="UTC", hourly_rate_cents=4500, currency="gbp")
    world.window(instructor, "00:00", "24:00")
    return instructor


@pytest.fixture
def lessons(world: World, instructor: Instructor) -> list[Booking]:
    """Ben's four lessons, a week apart, which one payment pays for."""
    ben = world.person("Ben")
    rows = world.ask(
        ben,
        "public.request_booking_series",
        p_instructor_id=instructor.id,
        p_service_id=world.service(instructor),
        p_start_at=world.in_days(2),
        p_occurrences=4,
    )
    booked = [
        Booking(world, row["booking_id"], ben, instructor, slot_of(world, row["booking_id"]))
        for row in rows
    ]
    booked[0].pay()
    return booked


def slot_of(world: World, booking_id: UUID) -> UUID:
    slot_id: UUID = world.value("select slot_id from bookings where id = %s", booking_id)
    return slot_id


def series_of(lessons: list[Booking]) -> UUID:
    series_id: UUID = lessons[0].columns["series_id"]
    return series_id


def statuses(lessons: list[Booking]) -> list[str]:
    return [booking.status for booking in lessons]


def test_the_rest_is_refunded_as_it_was_previewed(world: World, lessons: list[Booking]) -> None:
    world.travel(to=world.in_days(2, 8))
    series_id, ben = series_of(lessons), lessons[0].learner
    preview = world.ask(ben, "public.preview_series_cancellation", p_series_id=series_id)
    assert [(row["refund_bps"], row["refund_cents"]) for row in preview] == [
        (5000, 2655),
        *[(10000, 5310)] * 3,
    ]
    expected = sum(row["refund_cents"] for row in preview)
    with world.unchanged(), world.refusing("PT409", "refund_changed"):
        world.ask(
            ben, "public.cancel_series", p_series_id=series_id, p_expected_refund_cents=expected - 1
        )
    ended = world.ask(
        ben,
        "public.cancel_series",
        p_series_id=series_id,
        p_reason="I moved.",
        p_expected_refund_cents=expected,
    )
    kept = ("booking_id", "start_at", "refund_cents", "restored_minutes")
    assert [[row[name] for name in kept] for row in ended] == [
        [row[name] for name in kept] for row in preview
    ]
    assert {booking.columns["cancelled_by"] for booking in lessons} == {"learner"}
    assert refunds(world) == [2655, 5310, 5310, 5310]
    assert world.ask(ben, "public.cancel_series", p_series_id=series_id) == []


def test_what_lies_before_the_given_time_stays(world: World, lessons: list[Booking]) -> None:
    world.ask(
        lessons[0].learner,
        "public.cancel_series",
        p_series_id=series_of(lessons),
        p_from=lessons[1].columns["start_at"],
    )
    assert statuses(lessons) == ["confirmed", "cancelled", "cancelled", "cancelled"]
    assert refunds(world) == [5310, 5310, 5310]


def test_lessons_that_were_given_stay(world: World, lessons: list[Booking]) -> None:
    lessons[0].complete()
    world.ask(lessons[0].learner, "public.cancel_series", p_series_id=series_of(lessons))
    assert statuses(lessons)[:3] == ["completed", "cancelled", "cancelled"]


def test_the_instructor_gives_everything_back(world: World, lessons: list[Booking]) -> None:
    world.travel(to=world.in_days(2, 9))
    booking = lessons[0]
    world.ask(booking.instructor.user_id, "public.cancel_series", p_series_id=series_of(lessons))
    assert {lesson.columns["cancelled_by"] for lesson in lessons} == {"instructor"}
    assert refunds(world) == [5310] * 4


def test_prepaid_hours_come_back(world: World, instructor: Instructor) -> None:
    ben = world.person("Ben")
    credit = world.hours(ben, instructor, 3)
    rows = world.ask(
        ben,
        "public.request_booking_series",
        p_instructor_id=instructor.id,
        p_service_id=world.service(instructor),
        p_start_at=world.in_days(2),
        p_occurrences=3,
        p_use_credits=True,
    )
    assert credit.columns["minutes_left"] == 0
    series_id = world.value("select series_id from bookings where id = %s", rows[0]["booking_id"])
    ended = world.ask(ben, "public.cancel_series", p_series_id=series_id)
    assert [row["restored_minutes"] for row in ended] == [60, 60, 60]
    assert credit.columns["minutes_left"] == 180


@pytest.mark.parametrize("function", ["public.preview_series_cancellation", "public.cancel_series"])
@pytest.mark.parametrize("who", ["somebody", "a colleague", "an unknown series"])
def test_others_have_no_such_series(
    world: World, lessons: list[Booking], function: str, who: str
) -> None:
    users = {
        "somebody": world.person(),
        "a colleague": world.instructor().user_id,
        "an unknown series": lessons[0].learner,
    }
    series_id = uuid4() if who == "an unknown series" else series_of(lessons)
    with world.unchanged(), world.refusing("PT404", "series_not_found"):
        world.ask(users[who], function, p_series_id=series_id)


def test_a_lesson_that_is_being_moved_is_refunded_once(
    world: World, instructor: Instructor, lessons: list[Booking]
) -> None:
    """Its replacement is held until the difference is paid, and ends with it."""
    booking = lessons[1]
    world.connection.execute(
        "update services set duration_minutes = 120 where id = %s", [booking.columns["service_id"]]
    )
    (moved,) = world.ask(
        booking.learner,
        "public.reschedule_booking",
        p_booking_id=booking.id,
        p_start_at=booking.columns["start_at"] + timedelta(hours=4),
    )
    assert (moved["status"], moved["amount_cents"]) == ("held", 5310)
    ended = world.ask(booking.learner, "public.cancel_series", p_series_id=series_of(lessons))
    assert len(ended) == 5
    assert refunds(world) == [5310] * 4


def test_a_time_of_the_past_is_no_reason(world: World, lessons: list[Booking]) -> None:
    rows = world.ask(
        lessons[0].learner,
        "public.preview_series_cancellation",
        p_series_id=series_of(lessons),
        p_from=datetime.fromisoformat("2000-01-01 00:00+00"),
    )
    assert len(rows) == 4
