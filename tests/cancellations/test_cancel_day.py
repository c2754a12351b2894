"""An instructor who is ill cancels a day: all are refunded, told, and offered the next time."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tests.cancellations.steps import refunds
from tests.factories import Booking, Instructor, World


@pytest.fixture
def instructor(world: World) -> Instructor:
    """In London, open from nine to five; it is Monday morning in summer."""
    world.travel(to=datetime.fromisoformat("2027-06-07 06:00+00"))
    instructor = world.instructor(hourly_rate_cents=4500, currency="gbp")
    world.window(instructor)
    return instructor


def at(world: World, day: int, hour: int) -> datetime:
    """A local hour of the instructor's."""
    return world.in_days(day, hour - 1)


def booked(world: World, instructor: Instructor, start_at: datetime, **columns: object) -> Booking:
    service_id = world.service(instructor, **columns)
    learner = world.person()
    made = world.request(learner, instructor, service_id, start_at)
    slot_id = world.value("select slot_id from bookings where id = %s", made["booking_id"])
    return Booking(world, made["booking_id"], learner, instructor, slot_id)


def alerts_of(world: World, user_id: UUID) -> list[str]:
    with world.acting_as(user_id):
        rows = world.rows("select message from public.alerts where code = 'lesson_cancelled'")
    return [row["message"] for row in rows]


def test_the_day_is_refunded_told_and_closed(world: World, instructor: Instructor) -> None:
    paid = booked(world, instructor, at(world, 1, 10), title="Hills")
    paid.pay()
    held = booked(world, instructor, at(world, 1, 12))
    other_day = booked(world, instructor, at(world, 2, 9), title="Parks")
    other_day.pay()

    rows = world.ask(
        instructor.user_id,
        "public.cancel_day",
        p_instructor_id=instructor.id,
        p_on=world.in_days(1).date(),
        p_reason="I am ill.",
    )

    assert [(row["booking_id"], row["refund_cents"]) for row in rows] == [
        (paid.id, 5310),
        (held.id, 0),
    ]
    assert {row["next_start_at"] for row in rows} == {at(world, 2, 10)}
    for booking in (paid, held):
        columns = booking.columns
        assert (columns["status"], columns["cancelled_by"]) == ("cancelled", "instructor")
        assert columns["cancellation_reason"] == "I am ill."
    assert other_day.status == "confirmed"
    assert refunds(world) == [5310]
    (message,) = alerts_of(world, paid.learner)
    assert "on Tuesday 8 June 2027, 10:00 is cancelled" in message
    assert "The next open time is Wednesday 9 June 2027, 10:00." in message
    assert len(alerts_of(world, held.learner)) == 1
    assert alerts_of(world, other_day.learner) == []
    assert len(alerts_of(world, world.admin())) == 2
    service_id = paid.columns["service_id"]
    assert world.open_times(instructor, service_id, world.in_days(1, 0), world.in_days(2, 0)) == []


def test_it_is_the_instructors_local_day(world: World) -> None:
    world.travel(to=datetime.fromisoformat("2027-06-07 06:00+00"))
    instructor = world.instructor(time_zone="Pacific/Kiritimati", currency="gbp")
    world.window(instructor, "00:00", "24:00")
    # Midnight there is ten in the morning of the day before.
    inside = [booked(world, instructor, world.in_days(*time)) for time in [(1, 10), (2, 9)]]
    outside = [booked(world, instructor, world.in_days(*time)) for time in [(1, 9), (2, 10)]]
    on = world.in_days(2).date()
    world.ask(instructor.user_id, "public.cancel_day", p_instructor_id=instructor.id, p_on=on)
    assert {booking.status for booking in inside} == {"cancelled"}
    assert {booking.status for booking in outside} == {"held"}


def test_a_lesson_that_has_begun_is_not_cancelled(world: World, instructor: Instructor) -> None:
    begun, ahead = (booked(world, instructor, at(world, 0, hour)) for hour in (9, 14))
    for booking in (begun, ahead):
        booking.pay()
    begun.start()
    arguments = {"p_instructor_id": instructor.id, "p_on": world.now().date()}
    for _ in range(2):
        world.ask(instructor.user_id, "public.cancel_day", **arguments)
    assert (begun.status, ahead.status) == ("in_progress", "cancelled")
    assert len(refunds(world)) == 1
    assert world.count("public.availability_exceptions") == 1


def test_a_schools_admin_cancels_for_an_instructor(world: World) -> None:
    school = world.organization()
    instructor = world.instructor(org_id=school, time_zone="UTC")
    world.window(instructor)
    learner = world.person()
    world.learner(school, learner)
    made = world.request(learner, instructor, world.service(instructor), world.in_days(1))
    admin = world.member(school, "admin")
    on = world.in_days(1).date()
    world.ask(admin, "public.cancel_day", p_instructor_id=instructor.id, p_on=on)
    ended = world.row("select * from bookings where id = %s", made["booking_id"])
    assert (ended["status"], ended["cancelled_by"]) == ("cancelled", "admin")


@pytest.mark.parametrize("who", ["a colleague", "a learner", "an owner elsewhere", "unknown"])
def test_nobody_else_does(world: World, instructor: Instructor, who: str) -> None:
    booking = booked(world, instructor, at(world, 1, 10))
    users = {
        "a colleague": world.instructor().user_id,
        "a learner": booking.learner,
        "an owner elsewhere": world.member(world.organization(), "owner"),
        "unknown": instructor.user_id,
    }
    instructor_id = uuid4() if who == "unknown" else instructor.id
    with world.unchanged(), world.refusing("PT404", "instructor_not_found"):
        world.ask(
            users[who],
            "public.cancel_day",
            p_instructor_id=instructor_id,
            p_on=world.in_days(1).date(),
        )


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"p_on": None}, "value_missing"),
        ({"p_on": "2199-01-01"}, "date_is_plausible"),
        ({"p_on": "infinity"}, "date_is_plausible"),
        ({"p_on": "5874897-12-31"}, "date_is_plausible"),
        ({"p_reason": "x" * 2001}, "texts_are_short"),
    ],
)
def test_what_makes_no_sense_is_refused(
    world: World, instructor: Instructor, columns: dict[str, object], code: str
) -> None:
    booked(world, instructor, at(world, 1, 10))
    given = {"p_instructor_id": instructor.id, "p_on": world.in_days(1).date()} | columns
    with world.unchanged(), world.refusing("PT422", code):
        world.ask(instructor.user_id, "public.cancel_day", **given)


def test_many_are_told_the_time_after_the_day(world: World, instructor: Instructor) -> None:
    world.connection.execute(
        "update public.availability_windows set effective_to = %s",
        [world.in_days(1).date()],
    )
    booking = booked(world, instructor, at(world, 1, 10))
    (row,) = world.ask(
        instructor.user_id,
        "public.cancel_day",
        p_instructor_id=instructor.id,
        p_on=world.in_days(1).date(),
    )
    assert row["next_start_at"] is None
    (message,) = alerts_of(world, booking.learner)
    assert message.endswith("What was paid comes back in full.")
    world.travel(by=timedelta(minutes=1))
