"""Free slots are withdrawn; booked ones stay, until they are free again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.factories import Instructor, World

DAY = timedelta(days=1)


def unpublish(world: World, user_id: UUID, service_id: UUID, **arguments: Any) -> int:
    given = {"p_from": world.now(), "p_to": world.now() + 30 * DAY} | arguments
    withdrawn: int = world.call(user_id, "public.unpublish_slots", p_service_id=service_id, **given)
    return withdrawn


def published(world: World) -> list[UUID]:
    rows = world.rows("select id from public.bookable_slots where is_published order by start_at")
    return [row["id"] for row in rows]


@pytest.fixture
def instructor(world: World) -> Instructor:
    return world.instructor()


@pytest.fixture
def service_id(world: World, instructor: Instructor) -> UUID:
    return world.service(instructor)


@pytest.fixture
def slots(world: World, service_id: UUID) -> list[UUID]:
    """Two, three and four days ahead."""
    return [world.slot(service_id, world.in_days(day)) for day in (2, 3, 4)]


def test_free_slots_of_the_range_are_withdrawn(
    world: World, instructor: Instructor, service_id: UUID, slots: list[UUID]
) -> None:
    other = world.slot(world.service(instructor), world.in_days(3))
    withdrawn = unpublish(
        world, instructor.user_id, service_id, p_from=world.in_days(3), p_to=world.in_days(4)
    )
    assert withdrawn == 1
    assert set(published(world)) == {slots[0], slots[2], other}
    assert unpublish(world, instructor.user_id, service_id) == 2
    with world.unchanged():
        assert unpublish(world, instructor.user_id, service_id) == 0


def test_a_withdrawn_slot_can_neither_be_seen_nor_booked(
    world: World, instructor: Instructor, service_id: UUID, slots: list[UUID]
) -> None:
    unpublish(world, instructor.user_id, service_id)
    assert world.open_times(instructor, service_id, world.in_days(1), world.in_days(9)) == []
    with world.acting_as(None, "anon"):
        assert world.rows("select * from public.bookable_slots") == []
    with world.unchanged(), world.refusing("PT404", "slot_not_found"):
        world.book(world.person(), slots[0])
    with world.unchanged(), world.refusing("PT409", "time_not_offered"):
        world.request(world.person(), instructor, service_id, world.in_days(2))


def test_past_slots_stay_as_they_are(
    world: World, instructor: Instructor, service_id: UUID, slots: list[UUID]
) -> None:
    world.travel(to=world.in_days(3, 11))
    withdrawn = unpublish(world, instructor.user_id, service_id, p_from=world.now() - 30 * DAY)
    assert withdrawn == 1
    assert published(world) == slots[:2]


def test_a_booked_slot_stays_and_goes_when_it_is_free_again(
    world: World, instructor: Instructor, service_id: UUID, slots: list[UUID]
) -> None:
    world.book(world.person(), slots[0])
    assert unpublish(world, instructor.user_id, service_id) == 2
    assert published(world) == slots[:1]

    world.travel(by=timedelta(minutes=15))
    world.maintain()
    assert published(world) == []


def test_a_slot_published_again_is_offered_again(
    world: World, instructor: Instructor, service_id: UUID, slots: list[UUID]
) -> None:
    world.window(instructor, "10:00", "11:00", time_zone="UTC")
    world.book(world.person(), slots[0])
    unpublish(world, instructor.user_id, service_id)
    world.publish(instructor, service_id, days=5)

    world.travel(by=timedelta(minutes=15))
    world.maintain()
    assert slots[0] in published(world)


def test_a_group_whose_slot_was_withdrawn_goes_with_its_last_learner(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor, max_participants=3)
    slot_id = world.slot(service_id)
    world.book(world.person(), slot_id)
    world.travel(by=timedelta(minutes=10))
    world.book(world.person(), slot_id)
    assert unpublish(world, instructor.user_id, service_id) == 0

    world.travel(by=timedelta(minutes=5))
    world.maintain()
    assert published(world) == [slot_id]
    world.travel(by=timedelta(minutes=10))
    world.maintain()
    assert published(world) == []


def test_a_withdrawn_slot_can_still_be_paid_for_by_who_holds_it(world: World) -> None:
    booking = world.booking()
    service_id = booking.columns["service_id"]
    unpublish(world, booking.instructor.user_id, service_id)
    assert booking.pay() == "processed"
    assert booking.status == "confirmed"


def test_nobody_else_withdraws(world: World, service_id: UUID, slots: list[UUID]) -> None:
    for user_id in (world.person(), world.instructor().user_id):
        with world.unchanged(), world.refusing("PT404", "service_not_found"):
            unpublish(world, user_id, service_id)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("now", "infinity"),
        ("-infinity", "now"),
        (None, "now"),
        ("now", None),
        ("tomorrow", "today"),
        ("2027-01-01", "2028-03-01"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(
    world: World,
    instructor: Instructor,
    service_id: UUID,
    slots: list[UUID],
    start: str | None,
    end: str | None,
) -> None:
    with world.unchanged(), world.refusing("PT422", "bad_time_range"):
        unpublish(world, instructor.user_id, service_id, p_from=start, p_to=end)
