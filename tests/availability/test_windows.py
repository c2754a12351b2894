"""Instructors keep their own hours, through the Data API's tables; nobody keeps another's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.factories import MARKETPLACE, Instructor, World

MONDAY = {"day_of_week": 1, "start_time": "09:00", "end_time": "12:00"}


def open_window(world: World, person: UUID | None, instructor_id: UUID, **columns: Any) -> UUID:
    """Inserts a window as a signed-in person would, and returns its id."""
    given = {"instructor_id": instructor_id} | MONDAY | columns
    places = ", ".join(["%s"] * len(given))
    with world.acting_as(person):
        window_id: UUID = world.value(
            f"insert into public.availability_windows ({', '.join(given)})"
            f" values ({places}) returning id",
            *given.values(),
        )
    return window_id


@pytest.fixture
def ann(world: World) -> Instructor:
    return world.instructor(time_zone="Europe/Copenhagen")


@pytest.fixture
def school(world: World) -> UUID:
    return world.organization()


def test_an_instructor_opens_a_window(world: World, ann: Instructor) -> None:
    window_id = open_window(world, ann.user_id, ann.id)
    window = world.row("select * from public.availability_windows where id = %s", window_id)
    assert (window["org_id"], window["time_zone"]) == (MARKETPLACE, "Europe/Copenhagen")
    assert (window["day_of_week"], window["is_active"]) == (1, True)


def test_what_is_given_is_kept(world: World, ann: Instructor) -> None:
    open_window(world, ann.user_id, ann.id, org_id=ann.org_id, time_zone="America/New_York")
    window = world.row("select * from public.availability_windows")
    assert (window["org_id"], window["time_zone"]) == (ann.org_id, "America/New_York")


def test_an_admin_opens_an_instructors_window(world: World, ann: Instructor) -> None:
    owner = world.member(ann.org_id, "owner")
    open_window(world, owner, ann.id)
    assert world.count("public.availability_windows") == 1


def test_nobody_else_does(world: World, ann: Instructor) -> None:
    strangers = (
        world.person(),
        world.instructor().user_id,
        world.member(ann.org_id, "instructor"),
        world.member(world.organization(), "owner"),
        None,
    )
    for person in strangers:
        for columns in ({}, {"org_id": ann.org_id}):
            with world.refusing("42501"):
                open_window(world, person, ann.id, **columns)
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.connection.execute("insert into public.availability_windows default values")
    assert world.count("public.availability_windows") == 0


def test_a_window_is_in_its_instructors_organization(
    world: World, ann: Instructor, school: UUID
) -> None:
    with world.refusing("23503", "availability_windows_org_id_instructor_id_fkey"):
        open_window(world, ann.user_id, ann.id, org_id=school)


def test_an_admin_opens_no_window_of_another_schools_instructor(
    world: World, ann: Instructor, school: UUID
) -> None:
    owner = world.member(school, "owner")
    with world.refusing("23503", "availability_windows_org_id_instructor_id_fkey"):
        open_window(world, owner, ann.id, org_id=school)
    with world.refusing("42501"):
        open_window(world, owner, ann.id)


def test_an_unknown_instructor_has_no_windows(world: World, ann: Instructor) -> None:
    with world.refusing("42501"):
        open_window(world, ann.user_id, ann.user_id)


def test_an_instructor_sees_and_changes_their_own_alone(world: World, ann: Instructor) -> None:
    bob = world.instructor()
    own = open_window(world, ann.user_id, ann.id)
    open_window(world, bob.user_id, bob.id)
    with world.acting_as(ann.user_id):
        assert world.rows("select id from public.availability_windows") == [{"id": own}]
        for statement in (
            "update public.availability_windows set start_time = '10:00'",
            "delete from public.availability_windows",
        ):
            assert world.connection.execute(statement).rowcount == 1
    left = world.row("select * from public.availability_windows")
    assert (left["instructor_id"], left["start_time"].hour) == (bob.id, 9)


@pytest.mark.parametrize("column", ["instructor_id", "org_id", "id"])
def test_a_window_is_not_given_away(world: World, ann: Instructor, column: str) -> None:
    open_window(world, ann.user_id, ann.id)
    with world.refusing("42501"), world.acting_as(ann.user_id):
        world.connection.execute(
            f"update public.availability_windows set {column} = %s", [world.instructor().id]
        )


def test_learners_and_visitors_see_no_hours(world: World, ann: Instructor) -> None:
    open_window(world, ann.user_id, ann.id)
    with world.acting_as(world.person()):
        assert world.count("public.availability_windows") == 0
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.count("public.availability_windows")


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"day_of_week": 7}, "day_is_a_weekday"),
        ({"day_of_week": -1}, "day_is_a_weekday"),
        ({"end_time": "09:00"}, "window_is_not_empty"),
        ({"start_time": "24:00"}, "window_is_not_empty"),
        ({"time_zone": "Europe/Londn"}, "time_zone_is_known"),
        ({"time_zone": "Europe/London+3"}, "time_zone_is_known"),
        (
            {"effective_from": "2027-01-02", "effective_to": "2027-01-01"},
            "end_is_not_before_start",
        ),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(
    world: World, ann: Instructor, columns: dict[str, Any], constraint: str
) -> None:
    with world.refusing("23514", constraint):
        open_window(world, ann.user_id, ann.id, **columns)
    assert world.count("public.availability_windows") == 0


@pytest.mark.parametrize("time", ["25:00", "9 o'clock", "NaN", "infinity", ""])
def test_what_is_no_time_of_day_is_refused(world: World, ann: Instructor, time: str) -> None:
    with world.refusing("22008" if time == "25:00" else "22007"):
        open_window(world, ann.user_id, ann.id, start_time=time)
    assert world.count("public.availability_windows") == 0


def test_windows_are_audited(world: World, ann: Instructor) -> None:
    window_id = open_window(world, ann.user_id, ann.id)
    entry = world.row("select * from public.audit_logs where entity_type = 'availability_windows'")
    assert (entry["entity_id"], entry["org_id"]) == (str(window_id), ann.org_id)
    assert (entry["action"], entry["user_id"]) == ("insert", ann.user_id)
