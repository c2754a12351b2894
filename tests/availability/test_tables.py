"""Opening hours are their instructor's and the school's admins' to write, if they make sense."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.factories import Instructor, World, refusal

WINDOW: dict[str, Any] = {"day_of_week": 1, "start_time": "09:00", "end_time": "17:00"}
EXCEPTION: dict[str, Any] = {"on_date": date(2027, 1, 5), "is_available": False}
TABLES = {"availability_windows": WINDOW, "availability_exceptions": EXCEPTION}


@pytest.fixture(params=TABLES)
def table(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def write(world: World, user_id: UUID, table: str, **columns: Any) -> None:
    """Inserts as the Data API does, which returns nothing to who may not read."""
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with world.acting_as(user_id):
        world.rows(f"insert into public.{table} ({names}) values ({places})", *columns.values())


@pytest.fixture
def school(world: World) -> UUID:
    return world.organization()


@pytest.fixture
def instructor(world: World, school: UUID) -> Instructor:
    return world.instructor(org_id=school, time_zone="Australia/Sydney")


def test_the_instructor_names_only_themselves(
    world: World, instructor: Instructor, table: str
) -> None:
    write(world, instructor.user_id, table, instructor_id=instructor.id, **TABLES[table])
    filled = world.row(f"select org_id, time_zone from public.{table}")
    assert filled == {"org_id": instructor.org_id, "time_zone": "Australia/Sydney"}


def test_an_admin_of_the_school_writes_them_too(
    world: World, instructor: Instructor, school: UUID, table: str
) -> None:
    admin = world.member(school, "admin")
    write(world, admin, table, instructor_id=instructor.id, **TABLES[table])
    with world.acting_as(admin):
        assert world.count(f"public.{table}") == 1
        assert world.connection.execute(f"delete from public.{table}").rowcount == 1


@pytest.mark.parametrize("who", ["stranger", "learner", "colleague", "owner elsewhere"])
def test_nobody_else_writes_or_reads_them(
    world: World, instructor: Instructor, school: UUID, table: str, who: str
) -> None:
    write(world, instructor.user_id, table, instructor_id=instructor.id, **TABLES[table])
    user_id = {
        "stranger": world.person(),
        "learner": world.member(school, "learner"),
        "colleague": world.instructor(org_id=school).user_id,
        "owner elsewhere": world.member(world.organization(), "owner"),
    }[who]
    with world.unchanged(), world.refusing("42501"):
        write(world, user_id, table, instructor_id=instructor.id, **TABLES[table])
    with world.unchanged(), world.acting_as(user_id):
        assert world.rows(f"select * from public.{table}") == []
        assert world.connection.execute(f"delete from public.{table}").rowcount == 0
        updated = world.connection.execute(f"update public.{table} set start_time = '10:00'")
        assert updated.rowcount == 0
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows(f"select * from public.{table}")


def test_they_cannot_be_given_to_another_instructor_or_organization(
    world: World, instructor: Instructor, table: str
) -> None:
    own = world.instructor(user_id=instructor.user_id)
    write(world, instructor.user_id, table, instructor_id=own.id, **TABLES[table])
    for change in ("instructor_id = %s", "org_id = %s"):
        with world.unchanged(), world.refusing("42501"), world.acting_as(instructor.user_id):
            world.rows(f"update public.{table} set {change}", instructor.id)
    with world.unchanged(), world.refusing("42501"):
        other = world.instructor()
        write(world, instructor.user_id, table, instructor_id=other.id, **TABLES[table])
    foreign_key = f"{table}_org_id_instructor_id_fkey"
    columns = {"instructor_id": own.id, "org_id": instructor.org_id} | TABLES[table]
    with world.unchanged(), world.refusing("23503", foreign_key):
        write(world, instructor.user_id, table, **columns)


@pytest.mark.parametrize(
    ("table", "columns", "rule"),
    [
        ("availability_windows", {"end_time": "09:00"}, "window_is_not_empty"),
        ("availability_windows", {"start_time": "24:00"}, "window_is_not_empty"),
        ("availability_windows", {"day_of_week": 7}, "day_is_a_weekday"),
        ("availability_windows", {"day_of_week": -1}, "day_is_a_weekday"),
        ("availability_windows", {"time_zone": "Mars/Olympus"}, "time_zone_is_known"),
        ("availability_windows", {"time_zone": "+03"}, "time_zone_is_known"),
        (
            "availability_windows",
            {"effective_from": date(2027, 2, 2), "effective_to": date(2027, 2, 1)},
            "end_is_not_before_start",
        ),
        ("availability_windows", {"effective_from": "-infinity"}, "dates_are_plausible"),
        ("availability_windows", {"effective_to": "294276-12-31"}, "dates_are_plausible"),
        ("availability_windows", {"start_time": "09:00:00.000001"}, "times_are_whole_minutes"),
        ("availability_windows", {"end_time": "16:59:59"}, "times_are_whole_minutes"),
        ("availability_windows", {"time_zone": "europe/London"}, "time_zone_is_known"),
        ("availability_exceptions", {"start_time": "00:00:01"}, "times_are_whole_minutes"),
        ("availability_exceptions", {"time_zone": "EUROPE/LONDON"}, "time_zone_is_known"),
        (
            "availability_exceptions",
            {"start_time": "09:00", "end_time": "09:00"},
            "exception_is_not_empty",
        ),
        ("availability_exceptions", {"on_date": "infinity"}, "date_is_plausible"),
        ("availability_exceptions", {"on_date": "-infinity"}, "date_is_plausible"),
        ("availability_exceptions", {"on_date": "5874897-12-31"}, "date_is_plausible"),
        ("availability_exceptions", {"time_zone": ""}, "time_zone_is_known"),
        ("availability_exceptions", {"note": "n" * 1001}, "note_is_short"),
        ("availability_exceptions", {"note": "n" * 1_000_000}, "note_is_short"),
    ],
)
def test_hours_that_make_no_sense_are_refused_by_a_rule(
    world: World, instructor: Instructor, table: str, columns: dict[str, Any], rule: str
) -> None:
    given = {"instructor_id": instructor.id} | TABLES[table] | columns
    with world.unchanged(), world.refusing("23514", rule):
        write(world, instructor.user_id, table, **given)


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("availability_windows", {"start_time": "25:00"}),
        ("availability_windows", {"start_time": "nine"}),
        ("availability_windows", {"day_of_week": 99999}),
        ("availability_windows", {"effective_from": "2027-02-30"}),
        ("availability_windows", {"instructor_id": "none"}),
        ("availability_exceptions", {"on_date": "tomorrowish"}),
        ("availability_exceptions", {"is_available": "perhaps"}),
        ("availability_exceptions", {"on_date": Jsonb({})}),
    ],
)
def test_values_of_another_type_are_refused(
    world: World, instructor: Instructor, table: str, columns: dict[str, Any]
) -> None:
    given = {"instructor_id": instructor.id} | TABLES[table] | columns
    with (
        world.unchanged(),
        pytest.raises(psycopg.Error) as refused,
        world.connection.transaction(),
    ):
        write(world, instructor.user_id, table, **given)
    # What the Data API answers with 400: a value that is none of its type.
    assert refusal(refused.value).sqlstate[:2] in ("22", "42")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("horizon_days = 400", "horizon_is_at_most_a_year"),
        ("horizon_days = 0", "horizon_is_at_most_a_year"),
        ("buffer_before_minutes = -1", "buffers_are_reasonable"),
        ("buffer_after_minutes = 241", "buffers_are_reasonable"),
        ("minimum_notice_minutes = -1", "notice_is_reasonable"),
        ("daily_cap = 0", "daily_cap_is_reasonable"),
        ("daily_cap = 51", "daily_cap_is_reasonable"),
        ("time_zone = 'Nowhere'", "time_zone_is_known"),
    ],
)
def test_an_instructors_limits_are_bounded(
    world: World, instructor: Instructor, change: str, rule: str
) -> None:
    with (
        world.unchanged(),
        world.refusing("23514", rule),
        world.acting_as(instructor.user_id),
    ):
        world.rows(f"update public.instructors set {change}")


def test_slots_are_written_by_functions_only(world: World, instructor: Instructor) -> None:
    slot_id = world.slot(world.service(instructor))
    for statement in (
        "insert into public.bookable_slots (org_id, service_id, instructor_id, start_at, end_at)"
        " select org_id, service_id, instructor_id, end_at, end_at + interval '1 h'"
        " from public.bookable_slots",
        f"update public.bookable_slots set max_bookings = 99 where id = '{slot_id}'",
        f"delete from public.bookable_slots where id = '{slot_id}'",
    ):
        with world.unchanged(), world.refusing("42501"), world.acting_as(instructor.user_id):
            world.rows(statement)
