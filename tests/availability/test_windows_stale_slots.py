"""When opening hours change, free slots outside them go at once; booked ones when they are free."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bookings.open_times import Calendar, Span
from tests.factories import Instructor, World

DAY = timedelta(days=1)


@pytest.fixture
def instructor(world: World) -> Instructor:
    """Open from nine to five UTC; it is Monday."""
    world.travel(to=datetime.fromisoformat("2027-02-01 00:00+00"))
    instructor = world.instructor(time_zone="UTC")
    world.window(instructor)
    return instructor


def published(world: World) -> set[str]:
    rows = world.rows("select start_at from public.bookable_slots where is_published")
    return {f"{row['start_at'].astimezone(UTC):%a %H}" for row in rows}


def hours(first: int, last: int) -> set[str]:
    return {f"Tue {hour:02}" for hour in range(first, last)}


@pytest.fixture
def service_id(world: World, instructor: Instructor) -> UUID:
    """Published on Tuesday only."""
    service_id = world.service(instructor)
    world.call(
        instructor.user_id,
        "public.publish_slots",
        p_service_id=service_id,
        p_from=world.in_days(1, 0),
        p_to=world.in_days(2, 0),
    )
    assert published(world) == hours(9, 17)
    return service_id


def as_instructor(world: World, instructor: Instructor, statement: str) -> None:
    """Changes the opening hours as the Data API does for their owner."""
    with world.acting_as(instructor.user_id):
        changed = world.connection.execute(statement)
        assert changed.rowcount > 0


CLOSING = (
    "insert into public.availability_exceptions"
    " (instructor_id, on_date, is_available, start_time, end_time)"
    " select id, date '2027-02-02', false, '11:30', '13:00' from public.instructors"
)


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        (CLOSING, hours(9, 11) | hours(13, 17)),
        ("update public.availability_windows set start_time = '12:00'", hours(12, 17)),
        ("update public.availability_windows set end_time = '10:30'", hours(9, 10)),
        ("update public.availability_windows set is_active = false", set()),
        ("update public.availability_windows set effective_to = '2027-02-01'", set()),
        ("update public.availability_windows set time_zone = 'Asia/Tokyo'", set()),
        (
            "update public.availability_windows set day_of_week = 3, end_time = '16:00'"
            " where day_of_week = 2",
            set(),
        ),
        ("delete from public.availability_windows where day_of_week = 2", set()),
        ("delete from public.availability_windows where day_of_week = 3", hours(9, 17)),
        ("update public.availability_windows set start_time = '09:30'", hours(10, 17)),
    ],
)
def test_what_lies_outside_the_new_hours_is_withdrawn(
    world: World, instructor: Instructor, service_id: UUID, statement: str, left: set[str]
) -> None:
    as_instructor(world, instructor, statement)
    assert published(world) == left


def test_when_an_opening_goes_its_slots_go(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    opening_id = world.opening(instructor, date(2027, 2, 2), "20:00", "22:00")
    assert world.publish(instructor, service_id, days=2) == 8 + 2
    assert published(world) >= hours(9, 17) | hours(20, 22)
    as_instructor(
        world, instructor, f"delete from public.availability_exceptions where id = '{opening_id}'"
    )
    assert published(world).isdisjoint(hours(20, 22))
    assert published(world) >= hours(9, 17)


def test_new_buffers_do_not_withdraw_what_is_open(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    """The times would lie elsewhere now, but the instructor is open during these."""
    world.connection.execute("update public.instructors set buffer_after_minutes = 25")
    as_instructor(world, instructor, CLOSING)
    assert published(world) == hours(9, 11) | hours(13, 17)


def test_another_instructors_slots_stay(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    other = world.instructor(time_zone="UTC")
    world.window(other)
    world.closing(other, date(2027, 2, 2))
    assert published(world) == hours(9, 17)


def test_past_slots_stay(world: World, instructor: Instructor, service_id: UUID) -> None:
    world.travel(to=datetime.fromisoformat("2027-02-02 12:30+00"))
    as_instructor(world, instructor, "update public.availability_windows set is_active = false")
    assert published(world) == hours(9, 13)


def book(world: World, hour: int) -> UUID:
    slot_id = world.value(
        "select id from public.bookable_slots where start_at = %s", world.in_days(1, hour)
    )
    booked: UUID = world.book(world.person(), slot_id)["booking_id"]
    return booked


def test_a_booked_slot_stays_with_its_booking(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    booking_id = book(world, 12)
    before = world.row("select * from public.bookings where id = %s", booking_id)
    as_instructor(world, instructor, CLOSING)
    assert published(world) == hours(9, 11) | hours(12, 17)
    assert world.row("select * from public.bookings where id = %s", booking_id) == before


def test_a_hold_that_expires_does_not_offer_a_closed_time_again(
    world: World, instructor: Instructor, service_id: UUID
) -> None:
    book(world, 12)
    book(world, 14)
    as_instructor(world, instructor, CLOSING)
    world.travel(by=timedelta(minutes=15))
    times = world.open_times(instructor, service_id, world.in_days(1, 0), world.in_days(2, 0))
    assert {f"{time['start_at']:%a %H}" for time in times} == hours(9, 11) | hours(13, 17)
    with world.refusing("PT409", "slot_taken"):
        book(world, 12)
    world.maintain()
    assert published(world) == hours(9, 11) | hours(13, 17)


# Whatever is changed

quarters = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
ranges = st.fixed_dictionaries(
    {
        "start_time": quarters,
        "end_time": quarters,
        "time_zone": st.sampled_from(["UTC", "Europe/London", "Pacific/Kiritimati"]),
    }
).filter(lambda columns: columns["start_time"] != columns["end_time"])
Draw = Callable[[st.SearchStrategy[Any]], Any]


def add_exception(world: World, instructor: Instructor, draw: Draw) -> None:
    on = date(2027, 3, 27) + draw(st.integers(-1, 2)) * DAY
    last = draw(st.sampled_from([None, None, on + DAY]))
    with suppress(psycopg.errors.UniqueViolation), world.connection.transaction():
        world.closing(
            instructor, on, last_date=last, **draw(ranges), is_available=draw(st.booleans())
        )


def move_windows(world: World, instructor: Instructor, draw: Draw) -> None:
    world.connection.execute(
        "update public.availability_windows set start_time = %(start_time)s,"
        " end_time = %(end_time)s, time_zone = %(time_zone)s where day_of_week = %(day)s",
        draw(ranges) | {"day": draw(st.sampled_from([5, 6, 0, 1]))},
    )


def forget_exceptions(world: World, instructor: Instructor, draw: Draw) -> None:
    world.connection.execute(
        "delete from public.availability_exceptions where on_date = '2027-03-28'"
    )


CHANGES = [add_exception, add_exception, move_windows, forget_exceptions]


@pytest.mark.slow
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_slots_stay_published_exactly_while_the_instructor_is_open_throughout(
    world: World, data: st.DataObject
) -> None:
    with world.connection.transaction(force_rollback=True):
        world.travel(to=datetime.fromisoformat("2027-03-25 22:30+00"))
        world.connection.execute(
            "update public.organizations set max_open_holds = 100, max_held_lessons = 1000"
        )
        instructor, learner = world.instructor(), world.person()
        start = data.draw(st.sampled_from(["00:00", "09:00", "21:00"]))
        world.window(instructor, start, "06:30")
        service_id = world.service(instructor, duration_minutes=90)
        world.publish(instructor, service_id, days=4)
        slots = world.rows("select * from public.bookable_slots order by start_at")
        for slot in slots[::5]:
            world.book(learner, slot["id"])

        stay = {slot["id"] for slot in slots}
        for change in data.draw(st.lists(st.sampled_from(CHANGES), max_size=4)):
            change(world, instructor, data.draw)
            calendar = Calendar(world, instructor.id, service_id)
            stay -= {
                slot["id"]
                for slot in slots
                if not calendar.is_open_throughout(Span(slot["start_at"], slot["end_at"]))
            }
        world.travel(by=timedelta(minutes=15))
        world.maintain()
        left = world.rows("select id from public.bookable_slots where is_published")
        assert {slot["id"] for slot in left} == stay
