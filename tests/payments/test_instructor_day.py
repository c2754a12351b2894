"""An instructor's day is one of the instructor's own calendar, for the instructor and admins."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tests.factories import MARKETPLACE, Instructor, World

HOUR = timedelta(hours=1)


def day(world: World, user_id: UUID, instructor: Instructor, on: date | str) -> list[str]:
    """The times (UTC) at which the lessons of a date begin."""
    with world.acting_as(user_id):
        rows = world.rows("select start_at from public.instructor_day(%s, %s)", instructor.id, on)
    return [f"{row['start_at'].astimezone(UTC):%m-%d %H:%M}" for row in rows]


def lessons(world: World, instructor: Instructor, first: datetime, number: int) -> None:
    """A lesson an hour, of half an hour, from `first` on."""
    service_id = world.service(instructor, duration_minutes=30, price_cents=0)
    for hour in range(number):
        world.book(world.person(), world.slot(service_id, first + hour * HOUR))


@pytest.mark.parametrize(
    ("zone", "on", "first", "number"),
    [
        # A day of 23 hours, one of 25, and one of 24.
        ("Europe/London", date(2027, 3, 28), "2027-03-28 00:00+00", 23),
        ("Europe/London", date(2027, 10, 31), "2027-10-30 23:00+00", 25),
        ("Australia/Sydney", date(2027, 10, 3), "2027-10-02 14:00+00", 23),
        ("America/New_York", date(2027, 11, 7), "2027-11-07 04:00+00", 25),
        ("Pacific/Kiritimati", date(2027, 6, 1), "2027-05-31 10:00+00", 24),
        ("Etc/GMT+12", date(2027, 6, 1), "2027-06-01 12:00+00", 24),
        # Where midnight itself is skipped, or comes twice.
        ("Africa/Cairo", date(2027, 4, 30), "2027-04-29 22:00+00", 23),
        ("America/Havana", date(2027, 11, 7), "2027-11-07 04:00+00", 25),
    ],
)
def test_a_day_is_the_instructors_whole_local_day(
    world: World, zone: str, on: date, first: str, number: int
) -> None:
    midnight = datetime.fromisoformat(first)
    world.travel(to=midnight - 5 * HOUR)
    instructor = world.instructor(time_zone=zone)
    lessons(world, instructor, midnight - 2 * HOUR, number + 4)
    assert day(world, instructor.user_id, instructor, on) == [
        f"{midnight + hour * HOUR:%m-%d %H:%M}" for hour in range(number)
    ]


def test_what_was_cancelled_declined_or_expired_is_left_out(world: World) -> None:
    instructor = world.instructor(time_zone="UTC")
    service_id = world.service(instructor, requires_approval=True)
    for hour in (9, 10, 11):
        world.book(world.person(), world.slot(service_id, world.in_days(2, hour)))
    first = world.row("select id from public.bookings order by start_at limit 1")
    world.call(instructor.user_id, "public.decline_booking", p_booking_id=first["id"])
    on = world.in_days(2).date()
    assert len(day(world, instructor.user_id, instructor, on)) == 2
    world.travel(by=timedelta(days=1))
    world.serve("jobs", "private.maintain")
    assert day(world, instructor.user_id, instructor, on) == []


def test_the_instructor_and_the_admins_see_it_and_nobody_else(world: World) -> None:
    school = world.organization(max_open_holds=100)
    instructor, colleague = world.instructor(org_id=school), world.instructor(org_id=school)
    learner = world.person()
    world.learner(school, learner)
    world.book(learner, world.slot(world.service(instructor)))
    on = world.in_days(2).date()
    for user_id in (instructor.user_id, world.member(school, "admin"), world.admin()):
        assert len(day(world, user_id, instructor, on)) == 1
    for user_id in (
        learner,
        colleague.user_id,
        world.person(),
        world.member(school, "learner"),
        world.member(world.organization(), "owner"),
    ):
        assert day(world, user_id, instructor, on) == []
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows("select * from public.instructor_day(%s, %s)", instructor.id, on)


def test_an_instructor_of_two_organizations_has_a_day_in_each(world: World) -> None:
    here = world.instructor()
    school = world.organization()
    there = world.instructor(org_id=school, user_id=here.user_id)
    assert (here.org_id, there.org_id) == (MARKETPLACE, school)
    world.book(world.person(), world.slot(world.service(here)))
    on = world.in_days(2).date()
    assert len(day(world, here.user_id, here, on)) == 1
    assert day(world, here.user_id, there, on) == []


@pytest.mark.parametrize("on", [None, "infinity", "-infinity", "9999-12-31", "0001-01-01"])
def test_days_that_never_come_are_empty(world: World, on: str | None) -> None:
    booking = world.booking()
    instructor = booking.instructor
    with world.unchanged():
        assert day(world, instructor.user_id, instructor, on) == []  # type: ignore[arg-type]


def test_an_unknown_instructor_has_no_day(world: World) -> None:
    booking = world.booking()
    unknown = Instructor(uuid4(), booking.instructor.user_id)
    assert day(world, unknown.user_id, unknown, world.in_days(2).date()) == []
