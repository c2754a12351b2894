"""Who waits, for what, and how many times."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import MARKETPLACE, World


def join(world: World, person: UUID, **wishes: Any) -> UUID:
    entry_id: UUID = world.call(person, "public.join_waiting_list", **wishes)
    return entry_id


def test_a_learner_sees_what_they_wait_for(world: World) -> None:
    instructor = world.instructor()
    service_id = world.service(instructor)
    person = world.person()
    join(
        world,
        person,
        p_instructor_id=instructor.id,
        p_service_id=service_id,
        p_days=[6, 0],
        p_from_time="08:30",
        p_to_time="12:00",
    )
    with world.acting_as(person):
        (row,) = world.rows("select * from public.waiting_list_entries")
    assert (row["days"], row["instructor_id"], row["service_id"]) == (
        [6, 0],
        instructor.id,
        service_id,
    )
    with world.acting_as(instructor.user_id):
        assert world.rows("select * from public.waiting_list_entries") == []


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ({"p_days": [7]}, "days_are_of_the_week"),
        ({"p_days": []}, "days_are_of_the_week"),
        ({"p_days": [None]}, "days_are_of_the_week"),
        ({"p_days": [70_000]}, "value_out_of_range"),
        ({"p_days": None}, "value_missing"),
        ({"p_from_time": "12:00", "p_to_time": "12:00"}, "hours_are_a_range"),
        ({"p_from_time": None}, "value_missing"),
        ({"p_max_total_cents": -1}, "price_is_not_negative"),
    ],
)
def test_a_wish_is_one(world: World, wishes: dict[str, Any], code: str) -> None:
    instructor = world.instructor()
    world.service(instructor)
    person = world.person()
    with world.unchanged(), world.refusing("PT422", code):
        join(world, person, p_instructor_id=instructor.id, **wishes)


def test_what_nobody_gives_is_not_waited_for(world: World) -> None:
    instructor, other = world.instructor(), world.instructor()
    world.service(other)
    asking = world.service(other, requires_approval=True)
    person = world.person()
    for wishes in (
        {},
        {"p_instructor_id": instructor.id},
        {"p_instructor_id": uuid4()},
        {"p_service_id": uuid4()},
        {"p_service_id": asking},
        {"p_instructor_id": instructor.id, "p_service_id": world.service(other)},
    ):
        with world.unchanged(), world.refusing("PT404", "service_not_found"):
            join(world, person, **wishes)


def test_ten_wishes_are_enough(world: World) -> None:
    instructor = world.instructor()
    world.service(instructor)
    person = world.person()
    entries = [join(world, person, p_instructor_id=instructor.id) for _ in range(10)]
    with world.unchanged(), world.refusing("PT409", "too_many_entries"):
        join(world, person, p_instructor_id=instructor.id)
    world.call(person, "public.leave_waiting_list", p_entry_id=entries[0])
    join(world, person, p_instructor_id=instructor.id)


def test_for_whom_one_may_wait(world: World) -> None:
    instructor = world.instructor()
    world.service(instructor)
    child = world.child(MARKETPLACE, world.person("Kit"))
    viewer, booker = world.guardian(child, view=True), world.guardian(child, book=True)
    with world.unchanged(), world.refusing("42501", "may_not_book"):
        join(world, viewer, p_instructor_id=instructor.id, p_learner_id=child)
    with world.unchanged(), world.refusing("42501", "not_yourself"):
        join(world, world.person(), p_instructor_id=instructor.id, p_learner_id=child)
    entry = join(world, booker, p_instructor_id=instructor.id, p_learner_id=child)
    for stranger in (viewer, world.person(), instructor.user_id):
        with world.unchanged(), world.refusing("PT404", "entry_not_found"):
            world.call(stranger, "public.leave_waiting_list", p_entry_id=entry)
    world.call(booker, "public.leave_waiting_list", p_entry_id=entry)
    with world.unchanged():
        world.call(booker, "public.leave_waiting_list", p_entry_id=entry)
