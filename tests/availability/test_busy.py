"""A busy time keeps an instructor free of lessons, in the list and against bookings, everywhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.factories import Instructor, Refusal, World
from tests.races import Racers
from tools.cluster import Cluster

HOUR = timedelta(hours=1)


def block(world: World, instructor: Instructor, start_at: datetime, **arguments: Any) -> UUID:
    busy_id: UUID = world.call(
        instructor.user_id,
        "public.add_busy_time",
        **{
            "p_instructor_id": instructor.id,
            "p_start_at": start_at,
            "p_end_at": start_at + HOUR,
        }
        | arguments,
    )
    return busy_id


def listed(world: World, instructor: Instructor, service_id: UUID) -> set[datetime]:
    rows = world.open_times(instructor, service_id, world.in_days(2, 0), world.in_days(3, 0))
    return {row["start_at"] for row in rows}


@pytest.fixture
def instructor(world: World) -> Instructor:
    instructor = world.instructor()
    world.window(instructor, "00:00", "24:00")
    return instructor


def test_a_busy_time_is_neither_listed_nor_booked_until_it_is_given_back(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor)
    before = listed(world, instructor, service_id)
    busy_id = block(world, instructor, world.in_days(2), p_note="Dentist")
    gone = before - listed(world, instructor, service_id)
    assert gone == {world.in_days(2)}
    slot_id = world.slot(service_id, world.in_days(2))
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        world.book(world.person(), slot_id)

    world.call(instructor.user_id, "public.remove_busy_time", p_busy_time_id=busy_id)
    assert listed(world, instructor, service_id) == before
    world.book(world.person(), slot_id)


def test_who_is_busy_learns_nothing_either(world: World, instructor: Instructor) -> None:
    block(world, instructor, world.in_days(2))
    slot_id = world.slot(world.service(world.instructor()), world.in_days(2))
    with world.unchanged(), world.refusing("PT409", "learner_busy"):
        world.book(instructor.user_id, slot_id)


@pytest.mark.parametrize("by", ["lesson", "busy time"])
def test_what_is_taken_is_not_busy(world: World, instructor: Instructor, by: str) -> None:
    if by == "lesson":
        world.booking(instructor, start_at=world.in_days(2))
    else:
        block(world, instructor, world.in_days(2))
    with world.unchanged(), world.refusing("PT409", "instructor_busy"):
        block(world, instructor, world.in_days(2) + HOUR / 2)


def test_the_schools_admins_keep_it_too_and_nobody_else(world: World) -> None:
    org_id = world.organization()
    admin = world.member(org_id, "admin")
    mo = world.managed_instructor(org_id)
    times = {"p_start_at": world.in_days(2), "p_end_at": world.in_days(3)}
    busy_id = world.call(admin, "public.add_busy_time", p_instructor_id=mo, **times)
    for other in (world.person(), world.member(org_id, "learner"), world.instructor().user_id):
        with world.unchanged(), world.refusing("PT404", "instructor_not_found"):
            world.call(other, "public.add_busy_time", p_instructor_id=mo, **times)
        with world.unchanged(), world.refusing("PT404", "busy_time_not_found"):
            world.call(other, "public.remove_busy_time", p_busy_time_id=busy_id)
    with world.acting_as(admin):
        assert world.count("public.busy_times") == 1
    world.call(admin, "public.remove_busy_time", p_busy_time_id=busy_id)
    assert world.count("private.person_calendar") == world.count("public.busy_times") == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"p_end_at": None}, "value_missing"),
        ({"p_end_at": "2026-01-01T00:00Z"}, "end_is_after_start"),
        ({"p_end_at": "2029-01-01T00:00Z"}, "busy_time_is_a_year_at_most"),
        ({"p_start_at": "-infinity"}, "time_is_plausible"),
        ({"p_end_at": "294276-01-01T00:00Z"}, "time_is_plausible"),
        ({"p_note": " "}, "note_is_visible"),
        ({"p_note": "x" * 501}, "note_is_short"),
    ],
)
def test_what_is_no_busy_time_is_refused(
    world: World, instructor: Instructor, change: dict[str, Any], code: str
) -> None:
    with world.unchanged(), world.refusing("PT422", code):
        block(world, instructor, world.in_days(2), **change)


def test_366_busy_times_are_enough(world: World, instructor: Instructor) -> None:
    world.connection.execute(
        "insert into public.busy_times (org_id, instructor_id, start_at, end_at)"
        " select %s, %s, at, at + interval '1 hour' from generate_series("
        "%s::timestamptz, %s::timestamptz + interval '365 days', '1 day') at",
        [instructor.org_id, instructor.id, world.in_days(3), world.in_days(3)],
    )
    with world.unchanged(), world.refusing("PT422", "too_many_busy_times"):
        block(world, instructor, world.in_days(2))


def test_an_unknown_one_is_not_given_back(world: World, instructor: Instructor) -> None:
    with world.unchanged(), world.refusing("PT404", "busy_time_not_found"):
        world.call(instructor.user_id, "public.remove_busy_time", p_busy_time_id=uuid4())


def test_a_busy_time_races_with_a_booking(cluster: Cluster, committed_world: World) -> None:
    world = committed_world
    instructor = world.instructor()
    service_id = world.service(instructor)
    learners = [world.person() for _ in range(4)]
    with Racers(cluster.admin_url(world.connection.info.dbname), 2) as racers:
        for day, learner in enumerate(learners, start=2):
            start_at = world.in_days(day)
            slot_id = world.slot(service_id, start_at)

            def act(
                connection: psycopg.Connection[Any],
                nth: int,
                start_at: datetime = start_at,
                learner: UUID = learner,
                slot_id: UUID = slot_id,
            ) -> str:
                racing = World(connection)
                if nth:
                    racing.book(learner, slot_id)
                else:
                    block(racing, instructor, start_at)
                return "taken"

            came_of = racers.race(act)
            assert came_of.count("taken") == 1, came_of
            assert set(came_of) <= {
                "taken",
                Refusal("PT409", "slot_taken"),
                Refusal("PT409", "instructor_busy"),
            }
