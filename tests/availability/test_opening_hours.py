"""Nine o'clock stays nine o'clock: windows are walked in local time, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from tests.availability import local_time
from tests.availability.conftest import Diary
from tests.availability.local_time import DAY, Window, weekday
from tests.factories import World

HOUR = timedelta(hours=1)

CHANGING = [
    "Europe/London",
    "America/New_York",
    "Australia/Sydney",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Chatham",  # at 2:45
    "America/Santiago",  # at midnight
]
CONSTANT = ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "UTC"]

LONDON_SPRING, LONDON_AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


def at(zone: str, day: date, hour: int, minute: int = 0) -> datetime:
    return local_time.instant(datetime.combine(day, time(hour, minute)), ZoneInfo(zone))


def shown(diary: Diary, zone: str, day: date, days: int = 1) -> list[str]:
    """The local times of the slots of some days."""
    midnight = at(zone, day, 0)
    starts = diary.starts(midnight, at(zone, day + DAY * days, 0))
    return [start.astimezone(ZoneInfo(zone)).strftime("%H:%M") for start in starts]


# Across a change of the clocks


@pytest.mark.parametrize("zone", CHANGING + CONSTANT)
def test_nine_oclock_is_nine_oclock_all_year(diary: Diary, zone: str) -> None:
    for day_of_week in range(7):
        diary.open(Window(zone, day_of_week, time(9), time(10)))
    starts = diary.starts(at(zone, date(2027, 1, 1), 0), at(zone, date(2028, 1, 1), 0))
    assert len(starts) == 365
    assert {start.astimezone(ZoneInfo(zone)).strftime("%H:%M") for start in starts} == {"09:00"}


def test_a_time_that_does_not_exist_is_skipped(diary: Diary) -> None:
    diary.open(Window("Europe/London", weekday(LONDON_SPRING), time(0), time(4)))
    assert shown(diary, "Europe/London", LONDON_SPRING) == ["00:00", "02:00", "03:00"]
    assert shown(diary, "Europe/London", LONDON_SPRING + 7 * DAY) == [
        "00:00",
        "01:00",
        "02:00",
        "03:00",
    ]


def test_a_time_that_occurs_twice_is_one_instant_in_standard_time(diary: Diary) -> None:
    diary.open(Window("Europe/London", weekday(LONDON_AUTUMN), time(0), time(4)))
    starts = diary.starts(
        datetime(2027, 10, 30, 12, tzinfo=UTC), datetime(2027, 10, 31, 12, tzinfo=UTC)
    )
    assert starts == [
        datetime(2027, 10, 30, 23, tzinfo=UTC),  # 00:00 in summer time
        datetime(2027, 10, 31, 1, tzinfo=UTC),  # 01:00 for the second time
        datetime(2027, 10, 31, 2, tzinfo=UTC),
        datetime(2027, 10, 31, 3, tzinfo=UTC),
    ]


def test_lord_howe_changes_by_half_an_hour(diary: Diary) -> None:
    spring, autumn = date(2027, 10, 3), date(2027, 4, 4)
    diary.set_duration(30)
    diary.open(Window("Australia/Lord_Howe", local_time.SUNDAY, time(1), time(3, 30)))
    assert shown(diary, "Australia/Lord_Howe", spring) == ["01:00", "01:30", "02:30", "03:00"]
    assert shown(diary, "Australia/Lord_Howe", autumn) == [
        "01:00",
        "01:30",
        "02:00",
        "02:30",
        "03:00",
    ]


def test_an_hour_is_sixty_minutes_on_every_day(diary: Diary) -> None:
    for day_of_week in range(7):
        diary.open(Window("Europe/London", day_of_week, time(0), time(23)))
    for day in (LONDON_SPRING, LONDON_AUTUMN):
        midnight = at("Europe/London", day, 0)
        slots = diary.slot_times(midnight, midnight + 30 * HOUR)
        assert {slot["end_at"] - slot["start_at"] for slot in slots} == {HOUR}


def test_a_lesson_that_runs_into_the_change_and_the_next_do_not_overlap(diary: Diary) -> None:
    """From 00:30 an hour and a half lasts until 03:00, when the clocks skip an hour."""
    diary.set_duration(90)
    diary.open(Window("Europe/London", weekday(LONDON_SPRING), time(0, 30), time(8)))
    assert shown(diary, "Europe/London", LONDON_SPRING) == ["00:30", "03:30", "05:00", "06:30"]
    assert shown(diary, "Europe/London", LONDON_SPRING + 7 * DAY) == [
        "00:30",
        "02:00",
        "03:30",
        "05:00",
        "06:30",
    ]


def test_a_lesson_ends_within_its_window_when_the_clocks_skip_an_hour(diary: Diary) -> None:
    """From 00:30 an hour lasts until 02:30, when the window is closed."""
    diary.open(Window("Europe/London", weekday(LONDON_SPRING), time(0, 30), time(2)))
    assert shown(diary, "Europe/London", LONDON_SPRING) == []
    assert shown(diary, "Europe/London", LONDON_SPRING + 7 * DAY) == ["00:30"]


def test_a_day_that_a_place_left_out_has_no_slots(diary: Diary) -> None:
    """Samoa had no 30 December in 2011."""
    for day_of_week in range(7):
        diary.open(Window("Pacific/Apia", day_of_week, time(9), time(10)))
    starts = diary.starts(
        datetime(2011, 12, 28, 18, tzinfo=UTC), datetime(2011, 12, 31, 18, tzinfo=UTC)
    )
    days = [start.astimezone(ZoneInfo("Pacific/Apia")).strftime("%d %H:%M") for start in starts]
    assert days == ["28 09:00", "29 09:00", "31 09:00"]


# Windows


def test_a_window_may_pass_midnight(diary: Diary) -> None:
    monday = date(2027, 6, 7)
    diary.open(Window("Europe/London", weekday(monday), time(22), time(1)))
    assert shown(diary, "Europe/London", monday) == ["22:00", "23:00"]
    assert shown(diary, "Europe/London", monday + DAY) == ["00:00"]
    assert shown(diary, "Europe/London", monday + 2 * DAY) == []


def test_a_window_may_end_at_midnight(diary: Diary) -> None:
    monday = date(2027, 6, 7)
    diary.open(Window("Europe/London", weekday(monday), time(22), time(0)))
    assert shown(diary, "Europe/London", monday, days=2) == ["22:00", "23:00"]
    diary.world.connection.execute("update public.availability_windows set end_time = '24:00'")
    assert shown(diary, "Europe/London", monday, days=2) == ["22:00", "23:00"]


def test_a_window_opens_on_one_weekday(diary: Diary) -> None:
    sunday = date(2027, 6, 6)
    diary.open(Window("Pacific/Kiritimati", local_time.SUNDAY, time(9), time(10)))
    (start,) = diary.starts(
        at("Pacific/Kiritimati", sunday - DAY, 0), at("Pacific/Kiritimati", sunday + 6 * DAY, 0)
    )
    assert start == datetime(2027, 6, 5, 19, tzinfo=UTC)


def test_a_window_counts_from_its_first_day_to_its_last(diary: Diary) -> None:
    monday = date(2027, 6, 7)
    diary.open(
        Window(
            "Europe/London",
            weekday(monday),
            time(22),
            time(1),
            effective_from=monday + 7 * DAY,
            effective_to=monday + 14 * DAY,
        )
    )
    starts = diary.starts(at("Europe/London", monday, 0), at("Europe/London", monday + 30 * DAY, 0))
    assert [start.astimezone(ZoneInfo("Europe/London")).strftime("%d %H") for start in starts] == [
        "14 22",
        "14 23",
        "15 00",
        "21 22",
        "21 23",
        "22 00",
    ]


@pytest.mark.parametrize(
    ("first", "last", "number"),
    [
        ("1900-01-01", "2100-01-01", 1),
        ("2100-01-01", None, 0),
        (None, "1900-01-01", 0),
        ("2027-06-07", "2027-06-07", 1),
        ("2027-06-08", None, 0),
        (None, "2027-06-06", 0),
    ],
)
def test_a_window_is_open_from_its_first_day_to_its_last(
    diary: Diary, first: str | None, last: str | None, number: int
) -> None:
    monday = date(2027, 6, 7)
    diary.open(Window("Europe/London", weekday(monday), time(9), time(10)))
    diary.world.connection.execute(
        "update public.availability_windows set effective_from = %s, effective_to = %s",
        [first, last],
    )
    assert len(shown(diary, "Europe/London", monday)) == number


def test_a_window_that_is_switched_off_gives_nothing(diary: Diary) -> None:
    monday = date(2027, 6, 7)
    diary.open(Window("Europe/London", weekday(monday), time(9), time(10)), is_active=False)
    assert shown(diary, "Europe/London", monday) == []


def test_a_window_shorter_than_the_lesson_gives_nothing(diary: Diary) -> None:
    monday = date(2027, 6, 7)
    diary.open(Window("Europe/London", weekday(monday), time(9), time(9, 59)))
    assert shown(diary, "Europe/London", monday) == []


def test_buffers_lie_between_neighbours_and_not_around_them(diary: Diary) -> None:
    monday = date(2027, 6, 7)
    diary.set_buffers(10, 5)
    diary.open(Window("Europe/London", weekday(monday), time(9), time(12, 30)))
    assert shown(diary, "Europe/London", monday) == ["09:00", "10:15", "11:30"]


def test_a_time_in_two_windows_is_one_slot(diary: Diary) -> None:
    monday = date(2027, 6, 7)
    for end in (11, 12):
        diary.open(Window("Europe/London", weekday(monday), time(9), time(end)))
    assert shown(diary, "Europe/London", monday) == ["09:00", "10:00", "11:00"]


def test_other_instructors_windows_are_not_mine(diary: Diary) -> None:
    monday = date(2027, 6, 7)
    other = Diary(diary.world, diary.world.instructor(), diary.service_id)
    other.open(Window("Europe/London", weekday(monday), time(9), time(10)))
    assert shown(diary, "Europe/London", monday) == []


# Anything else


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Window], int, int, int, datetime, datetime, str]:
    """Windows around a change of the clocks, a lesson, a range, and a session's time zone."""
    zone = draw(st.sampled_from(CHANGING + CONSTANT))
    year = draw(st.integers(2026, 2029))
    day = draw(st.sampled_from(local_time.changes(zone, year) or [date(year, 3, 1)]))
    fives = st.integers(0, 5 * 12) | st.integers(0, 24 * 12 - 1)
    minute = fives.map(lambda n: time(n // 12, n % 12 * 5))
    windows = []
    for _ in range(draw(st.integers(1, 2))):
        start, end = draw(minute), draw(minute)
        assume(start != end)
        window = Window(
            zone,
            weekday(day + DAY * draw(st.integers(-1, 1))),
            start,
            end,
            draw(st.none() | st.integers(-8, 1).map(lambda n: day + DAY * n)),
            draw(st.none() | st.integers(2, 8).map(lambda n: day + DAY * n)),
        )
        assume(window not in windows)  # the same hours are not given twice
        windows.append(window)
    middle = datetime.combine(day, time(), tzinfo=UTC)
    hours = st.integers(0, 24 * 9 * 4).map(lambda n: timedelta(minutes=15 * n))
    return (
        windows,
        15 * draw(st.integers(1, 24)),
        draw(st.sampled_from([0, 0, 5, 20])),
        draw(st.sampled_from([0, 0, 10, 45])),
        middle - draw(hours),
        middle + draw(hours),
        draw(st.sampled_from(["UTC", "Pacific/Kiritimati", "America/St_Johns", "Europe/London"])),
    )


@pytest.mark.slow
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(case=cases(), cut=st.floats(0, 1))
@example(
    (
        [Window("Europe/London", local_time.SUNDAY, time(0), time(6))],
        45,
        0,
        0,
        datetime(2027, 3, 27, tzinfo=UTC),
        datetime(2027, 3, 29, tzinfo=UTC),
        "UTC",
    ),
    0.5,
)
@example(
    (
        # Santiago's clocks skip the first hour of Sunday, in which the window ends.
        [Window("America/Santiago", local_time.SATURDAY, time(0, 35), time(0, 5))],
        15,
        0,
        0,
        datetime(2026, 9, 5, tzinfo=UTC),
        datetime(2026, 9, 6, 5, tzinfo=UTC),
        "UTC",
    ),
    0.5,
)
def test_slots_are_what_the_windows_say_around_any_change_of_the_clocks(
    diary: Diary,
    case: tuple[list[Window], int, int, int, datetime, datetime, str],
    cut: float,
) -> None:
    windows, minutes, before, after, start, end, session_zone = case
    with diary.world.connection.transaction(force_rollback=True):
        diary.world.connection.execute("select set_config('timezone', %s, true)", [session_zone])
        diary.set_duration(minutes)
        diary.set_buffers(before, after)
        for window in windows:
            diary.open(window)
        slots = diary.slot_times(start, end)
        middle = start + cut * (end - start)
        parts = diary.starts(start, middle) + diary.starts(middle, end)

    duration, buffers = timedelta(minutes=minutes), timedelta(minutes=before + after)
    expected = {
        at
        for window in windows
        for at in local_time.slot_times(window, duration, buffers, start, end)
    }
    starts = [slot["start_at"] for slot in slots]
    assert starts == sorted(expected)
    assert all(slot["end_at"] - slot["start_at"] == duration for slot in slots)
    assert parts == starts
    if len(windows) == 1:
        gaps = [later - earlier for earlier, later in pairwise(starts)]
        assert all(gap >= duration + buffers for gap in gaps)


def test_the_oracle_knows_the_changes_of_the_clocks(world: World) -> None:
    assert local_time.changes("Europe/London", 2027) == [LONDON_SPRING, LONDON_AUTUMN]
    assert local_time.changes("Australia/Lord_Howe", 2027) == [date(2027, 4, 4), date(2027, 10, 3)]
    assert local_time.changes("Pacific/Kiritimati", 2027) == []
