"""Opening hours are published as slots: once each, by whom they concern, within the horizon."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import Instructor, World

DAY = timedelta(days=1)


def publish(world: World, user_id: UUID, service_id: Any, **arguments: Any) -> int:
    given = {"p_from": world.now(), "p_to": world.now() + 7 * DAY} | arguments
    published: int = world.call(user_id, "public.publish_slots", p_service_id=service_id, **given)
    return published


def slots(world: World) -> list[dict[str, Any]]:
    return world.rows("select * from public.bookable_slots order by start_at")


@pytest.fixture
def instructor(world: World) -> Instructor:
    """Open on two mornings, with a whole week ahead."""
    world.travel(to=datetime.fromisoformat("2027-03-22 00:00+00"))
    instructor = world.instructor()
    world.window(instructor, "09:00", "11:00", days=[0, 2])
    return instructor


def test_every_time_of_the_opening_hours_becomes_a_slot(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor, duration_minutes=45, max_participants=4)
    assert publish(world, instructor.user_id, service_id) == 4
    # The clocks change between Tuesday and Sunday.
    assert [slot["start_at"] for slot in slots(world)] == [
        datetime.fromisoformat(at)
        for at in (
            "2027-03-23 09:00+00",
            "2027-03-23 09:45+00",
            "2027-03-28 08:00+00",
            "2027-03-28 08:45+00",
        )
    ]
    assert {slot["end_at"] - slot["start_at"] for slot in slots(world)} == {timedelta(minutes=45)}
    assert {slot["max_bookings"] for slot in slots(world)} == {4}
    assert all(slot["is_available"] and slot["availability_window_id"] for slot in slots(world))


def test_publishing_again_adds_only_what_is_missing(world: World, instructor: Instructor) -> None:
    service_id = world.service(instructor)
    assert publish(world, instructor.user_id, service_id, p_to=world.now() + 3 * DAY) == 2
    assert publish(world, instructor.user_id, service_id) == 2
    with world.unchanged():
        assert publish(world, instructor.user_id, service_id) == 0


def test_a_range_that_has_begun_is_published_from_now_on(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor)
    world.travel(by=DAY + timedelta(hours=9, minutes=30))
    given = {"p_from": world.now() - 30 * DAY, "p_to": world.now() + 5 * DAY}
    assert publish(world, instructor.user_id, service_id, **given) == 3


def test_a_withdrawn_slot_comes_back_as_the_service_is_now(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor)
    publish(world, instructor.user_id, service_id)
    world.connection.execute(
        "update public.services set duration_minutes = 120, max_participants = 2"
    )
    world.connection.execute("update public.bookable_slots set is_published = false")
    assert publish(world, instructor.user_id, service_id) == 2
    first = slots(world)[0]
    assert first["end_at"] - first["start_at"] == timedelta(hours=2)
    assert (first["max_bookings"], first["is_published"]) == (2, True)


def test_a_requested_time_is_published_as_it_was_booked(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor, max_participants=2)
    start_at = datetime.fromisoformat("2027-03-23 09:00+00")
    world.request(world.person(), instructor, service_id, start_at)
    world.connection.execute("update public.services set max_participants = 5")
    assert publish(world, instructor.user_id, service_id) == 4
    first = slots(world)[0]
    assert (first["max_bookings"], first["current_bookings"]) == (2, 1)
    assert first["is_available"]


# Who may publish


def test_a_schools_admin_publishes_for_each_of_its_instructors(world: World) -> None:
    school = world.organization()
    admin = world.member(school, "admin")
    taught = [world.instructor(org_id=school) for _ in range(2)]
    service_id = world.insert(
        "public.services",
        {"org_id": school, "title": "Any", "duration_minutes": 60, "currency": "gbp"},
    )
    for instructor in taught:
        world.window(instructor, "09:00", "10:00")
        assert publish(world, admin, service_id, p_instructor_id=instructor.id) == 7
    with world.unchanged(), world.refusing("PT404", "service_not_found"):
        publish(world, admin, service_id)


@pytest.mark.parametrize("who", ["stranger", "colleague", "learner"])
def test_nobody_else_publishes(world: World, who: str) -> None:
    school = world.organization()
    instructor = world.instructor(org_id=school)
    world.window(instructor)
    service_id = world.service(instructor)
    user_id = {
        "stranger": world.person(),
        "colleague": world.instructor(org_id=school).user_id,
        "learner": world.member(school, "learner"),
    }[who]
    with world.unchanged(), world.refusing("PT404", "service_not_found"):
        publish(world, user_id, service_id)


def test_the_instructor_of_a_service_cannot_be_replaced(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(world.instructor())
    with world.unchanged(), world.refusing("PT404", "service_not_found"):
        publish(world, instructor.user_id, service_id, p_instructor_id=instructor.id)


@pytest.mark.parametrize("service_id", [None, uuid4()])
def test_an_unknown_service_is_refused(
    world: World, instructor: Instructor, service_id: UUID | None
) -> None:
    with world.unchanged(), world.refusing("PT404", "service_not_found"):
        publish(world, instructor.user_id, service_id)


def test_visitors_and_anonymous_sign_ins_publish_nothing(
    world: World, instructor: Instructor
) -> None:
    service_id = world.service(instructor)
    query = "select public.publish_slots(%s, %s, %s)"
    days = (world.now(), world.now() + DAY)
    with world.unchanged(), world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows(query, service_id, *days)
    with (
        world.unchanged(),
        world.refusing("42501", "sign_in_required"),
        world.acting_as(instructor.user_id, is_anonymous=True),
    ):
        world.rows(query, service_id, *days)


# Ranges that make no sense


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("5 days", "2 days"),
        ("2 days", "2 days"),
        ("0 days", "400 days"),
        ("0 days", "91 days"),
        ("-20 days", "-10 days"),
        ("100 days", "101 days"),
    ],
)
def test_a_range_that_is_empty_past_or_beyond_the_horizon_is_refused(
    world: World, instructor: Instructor, start: str, end: str
) -> None:
    service_id = world.service(instructor)
    moments = world.row(
        "select private.clock() + %s::interval as p_from, private.clock() + %s::interval as p_to",
        start,
        end,
    )
    with world.unchanged(), world.refusing("PT422", "bad_time_range"):
        publish(world, instructor.user_id, service_id, **moments)


@pytest.mark.parametrize("end", [None, "infinity", "-infinity"])
def test_a_range_without_an_end_is_refused(
    world: World, instructor: Instructor, end: str | None
) -> None:
    service_id = world.service(instructor)
    with world.unchanged(), world.refusing("PT422", "bad_time_range"):
        publish(world, instructor.user_id, service_id, p_to=end)


# How many


def test_a_newcomer_publishes_few_times_before_being_verified(world: World) -> None:
    newcomer = world.instructor(verification_status="pending")
    world.window(newcomer, "00:00", "24:00")
    service_id = world.service(newcomer, duration_minutes=15)
    with world.unchanged(), world.refusing("PT422", "too_many_slots"):
        publish(world, newcomer.user_id, service_id, p_to=world.now() + 60 * DAY)
    other = world.service(newcomer, duration_minutes=120)
    assert publish(world, newcomer.user_id, other, p_to=world.now() + 41 * DAY) == 492
    with world.unchanged():
        assert publish(world, newcomer.user_id, other, p_to=world.now() + 41 * DAY) == 0
    with world.unchanged(), world.refusing("PT422", "too_many_slots"):
        publish(world, newcomer.user_id, other, p_to=world.now() + 42 * DAY)
    world.connection.execute("update public.instructors set verification_status = 'verified'")
    assert publish(world, newcomer.user_id, other, p_to=world.now() + 42 * DAY) == 12


@pytest.mark.slow
def test_nobody_publishes_without_a_limit(world: World) -> None:
    instructor = world.instructor(horizon_days=365)
    world.window(instructor, "00:00", "24:00")
    service_id = world.service(instructor, duration_minutes=15)
    with world.unchanged(), world.refusing("PT422", "too_many_slots"):
        publish(world, instructor.user_id, service_id, p_to=world.now() + 300 * DAY)
