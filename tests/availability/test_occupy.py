"""A person is in one place at a time, in all organizations, buffers of lessons included.
A time that was booked stays where it is; a free one may be moved.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.factories import Instructor, World
from tests.races import Racers
from tools.cluster import Cluster

HOUR = timedelta(hours=1)

OCCUPY = """
    select cardinality(private.occupy(array[private.teaching_time(
        jsonb_populate_record(
            null::public.bookings, jsonb_build_object('id', gen_random_uuid())
        ),
        slot,
        'infinity'
    )])) = 1
    from public.bookable_slots slot
    where id = %s
"""


def occupy(world: World, slot_id: UUID) -> bool:
    taken: bool = world.value(OCCUPY, slot_id)
    return taken


def people(world: World) -> list[UUID]:
    """Whose time is taken, once for each time."""
    rows = world.rows("select person_id from private.person_calendar order by person_id")
    return [row["person_id"] for row in rows]


@pytest.fixture
def ann(world: World) -> Instructor:
    return world.instructor()


def slot(world: World, instructor: Instructor, hours: float = 0, **service: Any) -> UUID:
    """A slot of an hour, some hours after ten o'clock in two days."""
    return world.slot(world.service(instructor, **service), world.in_days(2) + hours * HOUR)


def test_a_slot_occupies_its_instructor(world: World, ann: Instructor) -> None:
    slot_id = slot(world, ann)
    assert occupy(world, slot_id)
    busy = world.row("select person_id, slot_id, during from private.person_calendar")
    assert (busy["person_id"], busy["slot_id"]) == (ann.user_id, slot_id)
    assert (busy["during"].lower, busy["during"].upper) == (
        world.in_days(2),
        world.in_days(2) + HOUR,
    )
    assert busy["during"].bounds == "[)"


@pytest.mark.parametrize("hours", [0, 0.5, -0.5, 1 - 1 / 3600])
def test_what_overlaps_does_not(world: World, ann: Instructor, hours: float) -> None:
    occupy(world, slot(world, ann))
    assert not occupy(world, slot(world, ann, hours))
    assert world.count("private.person_calendar") == 1


@pytest.mark.parametrize("hours", [1, -1, 24])
def test_neighbours_do_not_overlap(world: World, ann: Instructor, hours: float) -> None:
    occupy(world, slot(world, ann))
    assert occupy(world, slot(world, ann, hours))


@pytest.mark.parametrize(
    ("hours", "is_free"), [(1, False), (1.25, False), (1.5, True), (-1.25, False), (-1.5, True)]
)
def test_buffers_are_kept_free_on_both_sides(
    world: World, ann: Instructor, hours: float, is_free: bool
) -> None:
    """Twenty minutes before each lesson and ten after it make half an hour between two."""
    world.connection.execute(
        "update public.instructors set buffer_before_minutes = 20, buffer_after_minutes = 10"
    )
    occupy(world, slot(world, ann))
    assert occupy(world, slot(world, ann, hours)) is is_free


def test_one_person_in_two_organizations_is_one_person(world: World, ann: Instructor) -> None:
    there = world.instructor(org_id=world.organization(), user_id=ann.user_id)
    occupy(world, slot(world, ann))
    assert not occupy(world, slot(world, there))
    assert occupy(world, slot(world, there, 1))


def test_instructors_without_a_login_are_each_themselves(world: World) -> None:
    school = world.organization()
    without = [
        Instructor(
            world.value(
                "insert into public.instructors"
                " (org_id, display_name, hourly_rate_cents, currency, time_zone)"
                " values (%s, 'Nobody', 1, 'gbp', 'UTC') returning id",
                school,
            ),
            school,
            school,
        )
        for _ in range(2)
    ]
    assert all(occupy(world, slot(world, instructor)) for instructor in without)
    assert not occupy(world, slot(world, without[0], 0.5))


def test_other_people_are_not_in_the_way(world: World, ann: Instructor) -> None:
    occupy(world, slot(world, ann))
    assert occupy(world, slot(world, world.instructor()))


def test_a_group_occupies_its_instructor_once_and_each_learner(
    world: World, ann: Instructor
) -> None:
    group = slot(world, ann, max_participants=3)
    learners = [world.person() for _ in range(2)]
    for learner in learners:
        world.book(learner, group)
    assert people(world) == sorted([ann.user_id, *learners])


def test_a_group_does_not_get_a_time_that_is_taken(world: World, ann: Instructor) -> None:
    occupy(world, slot(world, ann))
    group = slot(world, ann, 0.5, max_participants=3)
    assert [occupy(world, group), occupy(world, group)] == [False, False]


def test_a_busy_block_needs_no_slot_and_keeps_its_time(world: World, ann: Instructor) -> None:
    slot_id = slot(world, ann)
    block = (
        "insert into private.person_calendar (org_id, instructor_id, person_id, during)"
        " select %s, %s, %s, tstzrange(start_at, end_at) from public.bookable_slots"
    )
    person = [ann.org_id, ann.id, ann.user_id]
    with world.in_studio():
        world.connection.execute(block, person)
    assert not occupy(world, slot_id)
    with world.refusing("23P01", "nobody_is_in_two_places"), world.in_studio():
        world.connection.execute(block, person)
    with world.refusing("23514", "time_is_not_empty"), world.in_studio():
        world.connection.execute(block.replace("end_at", "start_at"), person)


def test_a_calendar_row_is_of_one_tenant(world: World, ann: Instructor) -> None:
    school = world.organization()
    with world.refusing("23503", "person_calendar_org_id_instructor_id_fkey"):
        world.connection.execute(
            "insert into private.person_calendar (org_id, instructor_id, person_id, during)"
            " values (%s, %s, %s, tstzrange(private.clock(), 'infinity'))",
            [school, ann.id, ann.user_id],
        )


@pytest.mark.slow
def test_of_sixteen_overlapping_slots_at_once_one_wins_without_deadlock(
    cluster: Cluster, committed_world: World
) -> None:
    world = committed_world
    with Racers(cluster.admin_url(world.connection.info.dbname), 16) as racers:
        for _ in range(10):
            ann = world.instructor()
            slots = [slot(world, ann, number / 60) for number in range(16)]

            def act(
                connection: psycopg.Connection[Any], number: int, slots: list[UUID] = slots
            ) -> bool:
                return occupy(World(connection), slots[number])

            assert sorted(map(str, racers.race(act))) == ["False"] * 15 + ["True"]


MOVES = [
    "start_at = start_at + interval '15 min'",
    "end_at = end_at + interval '15 min'",
    "service_id = (select id from public.services where title = 'Another')",
    "instructor_id = (select id from public.instructors where display_name = 'Zoe')",
]


@pytest.mark.parametrize("move", MOVES)
def test_a_booked_slot_is_not_moved_in_studio(world: World, move: str) -> None:
    booking = world.booking()
    world.service(booking.instructor, title="Another")
    world.instructor(name="Zoe")
    with world.unchanged(), world.refusing("PT409", "slot_is_booked"), world.in_studio():
        world.connection.execute(f"update public.bookable_slots set {move}")


def test_a_free_slot_may_be_moved(world: World) -> None:
    booking = world.booking()
    world.travel(by=timedelta(hours=1))
    world.maintain()
    with world.in_studio():
        world.connection.execute(f"update public.bookable_slots set {MOVES[0]}")
    later = world.value("select start_at from public.bookable_slots")
    assert later == booking.columns["start_at"] + timedelta(minutes=15)
