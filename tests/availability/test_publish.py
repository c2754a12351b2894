"""Whoever gives or administers a lesson publishes its times, within the horizon, each once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.availability.conftest import Diary, diary_of
from tests.availability.local_time import DAY, Window
from tests.factories import Instructor, World
from tests.races import Racers
from tools.cluster import Cluster

MONDAY_MORNING = Window("Europe/London", 1, time(9), time(12))

# A Monday in winter: the clocks change on 28 March, within the horizon of 90 days.
NOW = datetime(2027, 2, 1, 8, tzinfo=UTC)
WEEK = timedelta(weeks=1)


@pytest.fixture
def diary(diary: Diary) -> Diary:
    """Ann gives lessons of an hour on Monday mornings, and it is Monday, eight o'clock."""
    diary.world.travel(to=NOW)
    diary.open(MONDAY_MORNING)
    return diary


# What is published


def test_the_windows_become_slots(diary: Diary) -> None:
    window_id = diary.world.value("select id from public.availability_windows")
    assert diary.publish(NOW, NOW + WEEK) == 3
    slots = diary.slots()
    assert [slot["start_at"].astimezone(UTC).hour for slot in slots] == [9, 10, 11]
    for slot in slots:
        assert slot["end_at"] - slot["start_at"] == timedelta(hours=1)
        assert slot["org_id"] == diary.instructor.org_id
        assert slot["instructor_id"] == diary.instructor.id
        assert slot["service_id"] == diary.service_id
        assert slot["availability_window_id"] == window_id
        assert (slot["max_bookings"], slot["current_bookings"]) == (1, 0)
        assert slot["is_available"] is True


def test_a_group_lesson_has_a_seat_for_each(diary: Diary) -> None:
    diary.world.connection.execute("update public.services set max_participants = 8")
    diary.publish(NOW, NOW + WEEK)
    assert {slot["max_bookings"] for slot in diary.slots()} == {8}


def test_nine_oclock_is_published_as_nine_oclock_in_summer_too(diary: Diary) -> None:
    assert diary.publish(NOW, NOW + 12 * WEEK) == 36
    hours = {slot["start_at"].astimezone(UTC).hour for slot in diary.slots()}
    assert hours == {8, 9, 10, 11}


def test_from_is_included_and_to_is_not(diary: Diary) -> None:
    nine = NOW + timedelta(hours=1)
    assert diary.publish(nine, nine + timedelta(hours=2)) == 2
    assert [slot["start_at"] for slot in diary.slots()] == [nine, nine + timedelta(hours=1)]


def test_published_again_nothing_is_new(diary: Diary) -> None:
    diary.publish(NOW, NOW + WEEK)
    before = diary.slots()
    assert diary.publish(NOW, NOW + WEEK) == 0
    assert diary.slots() == before


def test_only_what_is_missing_is_added(diary: Diary) -> None:
    diary.publish(NOW, NOW + WEEK)
    assert diary.publish(NOW, NOW + 2 * WEEK) == 3
    diary.open(Window("Europe/London", 2, time(9), time(10)))
    assert diary.publish(NOW, NOW + 2 * WEEK) == 2


def test_a_booked_slot_stays_as_it_is(diary: Diary) -> None:
    diary.publish(NOW, NOW + WEEK)
    diary.world.book(diary.world.person(), diary.slots()[0]["id"])
    before = diary.slots()
    assert diary.publish(NOW, NOW + WEEK) == 0
    assert diary.slots() == before


def test_what_has_begun_is_not_published(diary: Diary) -> None:
    diary.world.travel(to=NOW + timedelta(hours=2) - timedelta(seconds=1))
    assert diary.publish(NOW - WEEK, NOW + DAY) == 2


def test_two_lessons_may_be_offered_at_one_time(diary: Diary) -> None:
    other = diary_of(diary.world, diary.instructor)
    assert diary.publish(NOW, NOW + WEEK) == other.publish(NOW, NOW + WEEK) == 3


def test_without_a_window_nothing_is_published(diary: Diary) -> None:
    diary.world.connection.execute("delete from public.availability_windows")
    assert diary.publish(NOW, NOW + WEEK) == 0


def test_a_window_that_is_removed_leaves_its_slots(diary: Diary) -> None:
    diary.publish(NOW, NOW + WEEK)
    with diary.world.acting_as(diary.instructor.user_id):
        diary.world.connection.execute("delete from public.availability_windows")
    assert [slot["availability_window_id"] for slot in diary.slots()] == [None] * 3


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/St_Johns", "Europe/London"])
def test_the_sessions_time_zone_does_not_matter(diary: Diary, zone: str) -> None:
    diary.world.connection.execute("select set_config('timezone', %s, true)", [zone])
    horizon = NOW + 90 * DAY
    with diary.world.refusing("PT422", "bad_time_range"):
        diary.publish(NOW, horizon + timedelta(seconds=1))
    assert diary.publish(NOW, horizon) == 39
    starts = [slot["start_at"].astimezone(UTC) for slot in diary.slots()]
    diary.world.connection.execute("set local time zone 'UTC'")
    assert diary.publish(NOW, horizon) == 0
    assert starts[0] == NOW + timedelta(hours=1)


# Bad ranges


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOW, NOW),
        (NOW + DAY, NOW),
        (NOW - WEEK, NOW),
        (NOW - 2 * WEEK, NOW - WEEK),
        (NOW, NOW + 90 * DAY + timedelta(seconds=1)),
        (NOW + 91 * DAY, NOW + 92 * DAY),
        (NOW, datetime(9999, 12, 31, tzinfo=UTC)),
        (None, NOW + DAY),
        (NOW, None),
        (None, None),
        ("-infinity", NOW + DAY),
        (NOW, "infinity"),
        ("-infinity", "infinity"),
        ("infinity", "-infinity"),
        ("infinity", "infinity"),
    ],
)
def test_a_bad_range_is_refused(diary: Diary, start: object, end: object) -> None:
    with diary.world.refusing("PT422", "bad_time_range"):
        diary.publish(start, end)
    assert diary.slots() == []


@pytest.mark.parametrize("end", ["NaN", "soon", "2027-02-30", "2027-13-01T00:00Z", "", "24:00"])
def test_what_is_no_time_is_refused(diary: Diary, end: str) -> None:
    with pytest.raises(psycopg.errors.DataError), diary.world.connection.transaction():
        diary.publish(NOW, end)
    assert diary.slots() == []


def test_the_horizon_is_the_instructors(diary: Diary) -> None:
    diary.world.connection.execute("update public.instructors set horizon_days = 7")
    assert diary.publish(NOW, NOW + 7 * DAY) == 3
    with diary.world.refusing("PT422", "bad_time_range"):
        diary.publish(NOW, NOW + 7 * DAY + timedelta(seconds=1))


# Who publishes


def test_an_admin_publishes_for_an_instructor(diary: Diary) -> None:
    owner = diary.world.member(diary.instructor.org_id, "owner")
    assert diary.publish(NOW, NOW + WEEK, person=owner) == 3
    assert diary.publish(NOW, NOW + 2 * WEEK, person=diary.world.admin()) == 3


def test_nobody_else_does_and_cannot_tell_whether_it_exists(diary: Diary) -> None:
    world = diary.world
    strangers = (
        world.person(),
        world.instructor().user_id,
        world.member(diary.instructor.org_id, "instructor"),
        world.member(diary.instructor.org_id, "learner"),
        world.member(world.organization(), "owner"),
    )
    for person in strangers:
        with world.refusing("PT404", "service_not_found"):
            diary.publish(NOW, NOW + WEEK, person=person)
    for service_id in (uuid4(), None):
        with world.refusing("PT404", "service_not_found"):
            world.call(
                diary.instructor.user_id,
                "public.publish_slots",
                p_service_id=service_id,
                p_from=NOW,
                p_to=NOW + WEEK,
            )
    assert diary.slots() == []


def test_a_visitor_is_asked_to_sign_in(diary: Diary) -> None:
    call = "select public.publish_slots(%s, %s, %s)"
    with diary.world.refusing("42501", "sign_in_required"), diary.world.acting_as(None):
        diary.world.value(call, diary.service_id, NOW, NOW + WEEK)
    with diary.world.refusing("42501"), diary.world.acting_as(None, "anon"):
        diary.world.value(call, diary.service_id, NOW, NOW + WEEK)
    assert diary.slots() == []


@pytest.fixture
def school_diary(world: World) -> Diary:
    """A school's lesson that any of its instructors may give, by one who may."""
    world.travel(to=NOW)
    diary = diary_of(world, world.instructor(org_id=world.organization()))
    world.connection.execute("update public.services set instructor_id = null")
    diary.open(MONDAY_MORNING)
    return diary


def test_a_schools_lesson_is_published_by_the_instructor_who_gives_it(school_diary: Diary) -> None:
    ann = school_diary.instructor
    with school_diary.world.refusing("PT404", "service_not_found"):
        school_diary.publish(NOW, NOW + WEEK)
    assert school_diary.publish(NOW, NOW + WEEK, instructor_id=ann.id) == 3
    assert {slot["instructor_id"] for slot in school_diary.slots()} == {ann.id}


def test_nobody_publishes_a_colleagues_time(school_diary: Diary) -> None:
    world, ann = school_diary.world, school_diary.instructor
    bob = world.instructor(org_id=ann.org_id)
    with world.refusing("PT404", "service_not_found"):
        school_diary.publish(NOW, NOW + WEEK, person=bob.user_id, instructor_id=ann.id)
    own = diary_of(world, ann)
    with world.refusing("PT404", "service_not_found"):
        own.publish(NOW, NOW + WEEK, person=bob.user_id, instructor_id=bob.id)
    assert school_diary.slots() == []


def test_another_schools_instructor_gives_no_lesson_here(school_diary: Diary) -> None:
    world = school_diary.world
    stranger: Instructor = world.instructor(org_id=world.organization())
    for person in (stranger.user_id, world.admin()):
        with world.refusing("PT404", "service_not_found"):
            school_diary.publish(NOW, NOW + WEEK, person=person, instructor_id=stranger.id)
    assert school_diary.slots() == []


def test_slots_are_made_by_publishing_alone(diary: Diary) -> None:
    diary.publish(NOW, NOW + WEEK)
    before = diary.slots()
    for statement in (
        "insert into public.bookable_slots (org_id, service_id, instructor_id, start_at, end_at)"
        " select org_id, service_id, instructor_id, start_at - interval '1 day',"
        " end_at - interval '1 day' from public.bookable_slots",
        "update public.bookable_slots set current_bookings = 0",
        "delete from public.bookable_slots",
    ):
        with diary.world.refusing("42501"), diary.world.acting_as(diary.instructor.user_id):
            diary.world.connection.execute(statement)
    assert diary.slots() == before


def test_eight_who_publish_at_once_make_each_slot_once(
    cluster: Cluster, committed_world: World
) -> None:
    committed_world.travel(to=NOW)
    diary = diary_of(committed_world, committed_world.instructor())
    for day_of_week in range(7):
        diary.open(Window("Europe/London", day_of_week, time(9), time(17)))

    def publish(end: datetime, connection: psycopg.Connection[Any], _: int) -> int:
        return Diary(World(connection), diary.instructor, diary.service_id).publish(NOW, end)

    with Racers(cluster.admin_url(committed_world.connection.info.dbname), 8) as racers:
        outcomes = racers.race(partial(publish, NOW + 4 * WEEK))
    numbers = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert len(numbers) == 8
    assert sum(numbers) == len(diary.slots()) == 28 * 8
