"""Opening hours give times by the clocks on the wall: past midnight, across their changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.factories import Instructor, World

HOUR = timedelta(hours=1)

# The nights on which the clocks change in London in 2027.
SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


def starts(world: World, instructor: Instructor, service_id: UUID, on: date) -> list[str]:
    """The times that begin within 30 hours of a UTC date, as UTC times of day."""
    midnight = datetime(on.year, on.month, on.day, tzinfo=UTC)
    rows = world.rows(
        "select start_at at time zone 'UTC' as at from private.slot_times(%s, %s, %s, %s)",
        service_id,
        instructor.id,
        midnight,
        midnight + 30 * HOUR,
    )
    return [f"{row['at']:%d %H:%M}" for row in rows]


def instructor_open(world: World, start: str, end: str, **columns: Any) -> Instructor:
    """An instructor in London, open from start to end every day."""
    instructor = world.instructor(**columns)
    world.window(instructor, start, end)
    return instructor


def test_a_window_gives_times_one_after_the_other(world: World) -> None:
    instructor = instructor_open(world, "09:00", "12:30")
    service_id = world.service(instructor)
    assert starts(world, instructor, service_id, date(2027, 1, 5)) == [
        "05 09:00",
        "05 10:00",
        "05 11:00",
    ]


def test_buffers_lie_between_the_times(world: World) -> None:
    instructor = instructor_open(
        world, "09:00", "12:00", buffer_before_minutes=10, buffer_after_minutes=20
    )
    service_id = world.service(instructor)
    assert starts(world, instructor, service_id, date(2027, 1, 5)) == ["05 09:00", "05 10:30"]


def test_a_window_past_midnight_belongs_to_the_day_on_which_it_begins(world: World) -> None:
    instructor = world.instructor()
    world.window(instructor, "22:00", "01:00", days=[2])  # Tuesday
    service_id = world.service(instructor)
    assert starts(world, instructor, service_id, date(2027, 1, 5)) == [
        "05 22:00",
        "05 23:00",
        "06 00:00",
    ]
    assert starts(world, instructor, service_id, date(2027, 1, 6)) == ["06 00:00"]


def test_a_window_may_last_until_midnight_and_a_lesson_a_whole_day(world: World) -> None:
    instructor = instructor_open(world, "00:00", "24:00")
    service_id = world.service(instructor, duration_minutes=1440)
    assert starts(world, instructor, service_id, date(2027, 1, 5)) == ["05 00:00", "06 00:00"]


def test_a_window_shorter_than_the_lesson_gives_nothing(world: World) -> None:
    instructor = instructor_open(world, "09:00", "09:45")
    assert starts(world, instructor, world.service(instructor), date(2027, 1, 5)) == []


def test_windows_hold_from_the_first_to_the_last_date_that_they_name(world: World) -> None:
    instructor = world.instructor()
    world.window(
        instructor,
        "22:00",
        "02:00",
        effective_from=date(2027, 1, 5),
        effective_to=date(2027, 1, 6),
    )
    service_id = world.service(instructor, duration_minutes=240)
    given = [starts(world, instructor, service_id, date(2027, 1, day)) for day in (4, 5, 6, 7)]
    assert given == [[], ["05 22:00"], ["06 22:00"], []]


def test_windows_that_are_not_active_give_nothing(world: World) -> None:
    instructor = world.instructor()
    world.window(instructor, is_active=False)
    assert starts(world, instructor, world.service(instructor), date(2027, 1, 5)) == []


def test_overlapping_windows_give_a_time_once(world: World) -> None:
    instructor = instructor_open(world, "09:00", "11:00")
    world.window(instructor, "10:00", "12:00")
    service_id = world.service(instructor)
    assert starts(world, instructor, service_id, date(2027, 1, 5)) == [
        "05 09:00",
        "05 10:00",
        "05 11:00",
    ]


# Exceptions


def test_a_closed_date_has_no_times(world: World) -> None:
    instructor = instructor_open(world, "09:00", "11:00")
    world.closing(instructor, date(2027, 1, 5))
    assert starts(world, instructor, world.service(instructor), date(2027, 1, 5)) == []


def test_several_exceptions_of_a_date_close_and_open_parts_of_it(world: World) -> None:
    instructor = instructor_open(world, "09:00", "13:00")
    on = date(2027, 1, 5)
    world.closing(instructor, on, start_time="09:00", end_time="10:00")
    world.closing(instructor, on, start_time="11:30", end_time="12:00")
    world.opening(instructor, on, "18:00", "21:00")
    world.closing(instructor, on, start_time="19:00", end_time="20:00")
    assert starts(world, instructor, world.service(instructor), on) == [
        "05 10:00",
        "05 12:00",
        "05 18:00",
        "05 20:00",
    ]


def test_a_closing_wins_over_an_opening_whichever_was_added_last(world: World) -> None:
    instructor, on = world.instructor(), date(2027, 1, 5)
    world.closing(instructor, on)
    world.opening(instructor, on, "09:00", "11:00")
    assert starts(world, instructor, world.service(instructor), on) == []


def test_a_closing_past_midnight_closes_the_next_morning(world: World) -> None:
    instructor = instructor_open(world, "00:00", "24:00")
    service_id = world.service(instructor, duration_minutes=360)
    world.closing(instructor, date(2027, 1, 5), start_time="18:00", end_time="06:00")
    assert starts(world, instructor, service_id, date(2027, 1, 5)) == [
        "05 00:00",
        "05 06:00",
        "05 12:00",
    ]


def test_an_opening_past_midnight_is_found_from_the_next_day(world: World) -> None:
    instructor = world.instructor()
    world.opening(instructor, date(2027, 1, 5), "23:00", "01:00")
    service_id = world.service(instructor)
    assert starts(world, instructor, service_id, date(2027, 1, 6)) == ["06 00:00"]


def test_a_lesson_that_only_touches_a_closing_stays(world: World) -> None:
    instructor = instructor_open(world, "09:00", "11:00")
    world.closing(instructor, date(2027, 1, 5), start_time="10:00", end_time="10:01")
    world.closing(instructor, date(2027, 1, 5), start_time="08:00", end_time="09:00")
    assert starts(world, instructor, world.service(instructor), date(2027, 1, 5)) == ["05 09:00"]


# When the clocks change


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/London", "2027-03-27 09:00", "2027-03-28 08:00"),
        ("Europe/London", "2027-10-30 08:00", "2027-10-31 09:00"),
        ("America/New_York", "2027-03-13 14:00", "2027-03-14 13:00"),
        ("Australia/Sydney", "2027-04-02 22:00", "2027-04-03 23:00"),
        ("Pacific/Kiritimati", "2027-01-04 19:00", "2027-07-04 19:00"),
    ],
)
def test_nine_oclock_stays_nine_oclock(world: World, zone: str, before: str, after: str) -> None:
    instructor = world.instructor(time_zone=zone)
    world.window(instructor, "09:00", "10:00")
    service_id = world.service(instructor)
    for at in (before, after):
        on = date.fromisoformat(at[:10])
        assert at[8:] in starts(world, instructor, service_id, on)


def test_times_that_the_clocks_skip_are_left_out(world: World) -> None:
    instructor = instructor_open(world, "00:00", "04:00")
    service_id = world.service(instructor, duration_minutes=30)
    assert starts(world, instructor, service_id, SPRING) == [
        "28 00:00",
        "28 00:30",
        "28 01:00",
        "28 01:30",
        "28 02:00",
        "28 02:30",
        "28 23:00",
        "28 23:30",
        "29 00:00",
        "29 00:30",
        "29 01:00",
        "29 01:30",
        "29 02:00",
        "29 02:30",
    ]


def test_of_times_that_occur_twice_the_second_counts(world: World) -> None:
    instructor = instructor_open(world, "00:00", "03:00")
    service_id = world.service(instructor)
    night = starts(world, instructor, service_id, AUTUMN - timedelta(days=1))
    assert [at for at in night if at > "30 12"] == ["30 23:00", "31 01:00", "31 02:00"]


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        # Local times of the closing; what is left of 00:00 to 04:00, as UTC times.
        ("01:00", "02:00", ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30"]),
        ("01:30", "02:15", ["00:00", "00:30", "01:30", "02:00", "02:30"]),
        ("01:15", "01:45", ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30"]),
        ("00:45", "01:15", ["00:00", "01:00", "01:30", "02:00", "02:30"]),
    ],
)
def test_a_closing_may_begin_or_end_within_the_skipped_hour(
    world: World, start: str, end: str, kept: list[str]
) -> None:
    """It closes what the clocks show of it, and never ends before it begins."""
    instructor = instructor_open(world, "00:00", "04:00")
    service_id = world.service(instructor, duration_minutes=30)
    world.closing(instructor, SPRING, start_time=start, end_time=end)
    night = starts(world, instructor, service_id, SPRING)
    assert [at[3:] for at in night if at < "28 12"] == kept


def test_windows_keep_their_own_zone(world: World) -> None:
    instructor = world.instructor(time_zone="Europe/London")
    world.window(instructor, "09:00", "10:00", time_zone="America/New_York")
    assert starts(world, instructor, world.service(instructor), date(2027, 1, 5)) == ["05 14:00"]
