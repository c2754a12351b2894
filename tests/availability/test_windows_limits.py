"""Hours are given once, and only as many as a visitor's listing can read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from tests.factories import Instructor, Refusal, World
from tests.races import Racers
from tools.cluster import Cluster

WEEK = (
    "insert into public.availability_windows (instructor_id, day_of_week, start_time, end_time)"
    " select %s, day, time '09:00', time '17:00' from generate_series(0, 6) as day"
)
QUARTERS = (
    "insert into public.availability_windows (instructor_id, day_of_week, start_time, end_time)"
    " select %s, 1, time '06:00' + number * interval '15 minutes', time '22:00'"
    " from generate_series(1, %s) as number"
)


@pytest.fixture
def instructor(world: World) -> Instructor:
    return world.instructor(time_zone="UTC")


def test_a_week_that_is_saved_twice_is_there_once(world: World, instructor: Instructor) -> None:
    with world.acting_as(instructor.user_id):
        world.rows(WEEK, instructor.id)
        with world.refusing("23505", "hours_are_given_once"):
            world.rows(WEEK, instructor.id)
        world.rows(f"{WEEK} on conflict do nothing", instructor.id)
        world.rows("delete from public.availability_windows where day_of_week = 1")
        assert world.count("public.availability_windows") == 6


def test_the_same_hours_may_be_given_for_other_months(world: World, instructor: Instructor) -> None:
    world.window(instructor, days=[1], effective_to=date(2027, 6, 30))
    world.window(instructor, days=[1], effective_from=date(2027, 9, 1))
    with world.refusing("23505", "hours_are_given_once"):
        world.window(instructor, days=[1], effective_from=date(2027, 9, 1))


def test_an_exception_is_given_once(world: World, instructor: Instructor) -> None:
    world.closing(instructor, date(2027, 7, 1))
    world.closing(instructor, date(2027, 7, 1), last_date=date(2027, 7, 9))
    with world.refusing("23505", "exception_is_given_once"):
        world.closing(instructor, date(2027, 7, 1))


def test_an_instructor_has_at_most_fifty_windows(world: World, instructor: Instructor) -> None:
    with world.acting_as(instructor.user_id):
        world.rows(QUARTERS, instructor.id, 50)
    with (
        world.unchanged(),
        world.refusing("PT422", "too_many_windows"),
        world.acting_as(instructor.user_id),
    ):
        world.rows(WEEK, instructor.id)
    world.window(world.instructor())


def test_an_instructor_has_at_most_a_year_of_exceptions(
    world: World, instructor: Instructor
) -> None:
    tomorrow = world.in_days(1).date()
    for on in (tomorrow, date(2020, 1, 1)):
        world.rows(
            "insert into public.availability_exceptions (instructor_id, on_date, is_available)"
            " select %s, %s + number, false from generate_series(1, 366) as number",
            instructor.id,
            on,
        )
    with world.unchanged(), world.refusing("PT422", "too_many_exceptions"):
        world.closing(instructor, tomorrow)


def test_windows_are_counted_once_at_a_time(cluster: Cluster, committed_world: World) -> None:
    instructor = committed_world.instructor()
    committed_world.rows(QUARTERS, instructor.id, 42)

    def add(connection: psycopg.Connection[Any], number: int) -> None:
        connection.execute(
            "insert into public.availability_windows"
            " (instructor_id, day_of_week, start_time, end_time)"
            " select %s, day, %s::time, time '23:00' from generate_series(2, 5) as day",
            [instructor.id, f"{number:02}:30"],
        )

    with Racers(cluster.admin_url(committed_world.connection.info.dbname), 8) as racers:
        outcomes = racers.race(add)
    assert outcomes.count(None) == 2
    assert outcomes.count(Refusal("PT422", "too_many_windows")) == 6
    assert committed_world.count("public.availability_windows") == 50


# Several dates in a row


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"last_date": date(2027, 6, 30)}, "dates_are_at_most_a_year"),
        ({"last_date": date(2028, 7, 4)}, "dates_are_at_most_a_year"),
        ({"last_date": "infinity"}, "dates_are_at_most_a_year"),
    ],
)
def test_dates_in_a_row_are_at_most_a_year(
    world: World, instructor: Instructor, columns: dict[str, Any], rule: str
) -> None:
    with world.unchanged(), world.refusing("23514", rule):
        world.closing(instructor, date(2027, 7, 1), **columns)


def test_one_closing_closes_several_dates_in_a_row(world: World, instructor: Instructor) -> None:
    world.window(instructor, "09:00", "11:00")
    service_id = world.service(instructor)
    world.publish(instructor, service_id, days=10)
    first = world.in_days(3).date()
    world.closing(instructor, first, last_date=first + timedelta(days=4), end_time="10:00")
    times = world.open_times(instructor, service_id, world.in_days(1, 0), world.in_days(10, 0))
    expected = [
        world.in_days(day, hour)
        for day in range(1, 10)
        for hour in ([10] if 3 <= day <= 7 else [9, 10])
    ]
    assert [time["start_at"] for time in times] == expected
    assert {time["slot_id"] is None for time in times} == {False}
    shown = world.rows(
        "select start_at from bookable_slots where is_published and start_at < %s order by 1",
        world.in_days(10, 0),
    )
    assert [slot["start_at"] for slot in shown][-len(expected) :] == expected


def test_one_opening_opens_several_dates_in_a_row(world: World, instructor: Instructor) -> None:
    service_id = world.service(instructor)
    first = world.in_days(3).date()
    world.opening(instructor, first, "22:00", "01:00", last_date=first + timedelta(days=1))
    times = world.open_times(instructor, service_id, world.in_days(1, 0), world.in_days(10, 0))
    assert [time["start_at"] for time in times] == [
        world.in_days(*at) for at in [(3, 22), (3, 23), (4, 0), (4, 22), (4, 23), (5, 0)]
    ]
