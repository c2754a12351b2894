"""A time that was booked stays where it is; a free one may be moved."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import World

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
    world.serve("jobs", "private.maintain")
    with world.in_studio():
        world.connection.execute(f"update public.bookable_slots set {MOVES[0]}")
    later = world.value("select start_at from public.bookable_slots")
    assert later == booking.columns["start_at"] + timedelta(minutes=15)
