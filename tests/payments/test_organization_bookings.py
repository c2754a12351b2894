"""An organization's list, for its admins alone: complete, page after page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import World


@pytest.fixture
def school(world: World) -> UUID:
    return world.organization(max_open_holds=100)


def bookings(world: World, user_id: UUID, school: UUID | None, **arguments: Any) -> list[DictRow]:
    given = {
        "p_org_id": school,
        "p_from": world.in_days(0),
        "p_to": world.in_days(30),
    } | arguments
    named = ", ".join(f"{name} => %s" for name in given)
    with world.acting_as(user_id):
        return world.rows(f"select * from public.organization_bookings({named})", *given.values())


def book(world: World, school: UUID, day: int, number: int = 1) -> list[UUID]:
    """Lessons of as many instructors, all at ten."""
    booked = []
    for _ in range(number):
        learner = world.person()
        world.learner(school, learner)
        slot_id = world.slot(world.service(world.instructor(org_id=school)), world.in_days(day))
        booked.append(world.book(learner, slot_id)["booking_id"])
    return booked


def test_admins_see_what_is_booked_between_two_moments(world: World, school: UUID) -> None:
    booked = [book(world, school, day)[0] for day in (2, 3, 4)]
    for role in ("owner", "admin"):
        user_id = world.member(school, role)
        assert [row["id"] for row in bookings(world, user_id, school)] == booked
        some = bookings(world, user_id, school, p_from=world.in_days(2), p_to=world.in_days(4))
        assert [row["id"] for row in some] == booked[:2]
    assert len(bookings(world, world.admin(), school)) == 3


def test_nobody_else_sees_them(world: World, school: UUID) -> None:
    book(world, school, 2)
    party = world.row(
        "select learner.user_id as learner, instructor.user_id as instructor"
        " from public.learners learner, public.instructors instructor"
    )
    owner_elsewhere = world.member(world.organization(), "owner")
    for user_id in (*party.values(), owner_elsewhere, world.member(school, "instructor")):
        assert bookings(world, user_id, school) == []
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows(
            "select * from public.organization_bookings(%s, '-infinity', 'infinity')", school
        )


def test_another_organizations_bookings_are_not_among_them(world: World, school: UUID) -> None:
    other = world.organization()
    owner = world.member(school, "owner")
    world.member(other, "owner", owner)
    here, there = book(world, school, 2), book(world, other, 2)
    assert [row["id"] for row in bookings(world, owner, school)] == here
    assert [row["id"] for row in bookings(world, owner, other)] == there


def test_pages_are_complete_and_without_duplicates_while_others_are_booked(
    world: World, school: UUID
) -> None:
    owner = world.member(school, "owner")
    expected = [id for day in (2, 4, 6) for id in book(world, school, day, 3)]
    pages = [bookings(world, owner, school, p_limit=4)]
    book(world, school, 3)
    expected += book(world, school, 7, 2)
    while page := bookings(
        world,
        owner,
        school,
        p_limit=4,
        p_after_start_at=pages[-1][-1]["start_at"],
        p_after_id=pages[-1][-1]["id"],
    ):
        pages.append(page)
    assert sorted(row["id"] for page in pages for row in page) == sorted(expected)
    assert [len(page) for page in pages] == [4, 4, 3]


@pytest.mark.parametrize(
    "arguments",
    [
        {"p_from": None},
        {"p_to": None},
        {"p_from": "infinity"},
        {"p_to": "-infinity"},
        {"p_org_id": None},
    ],
)
def test_a_range_without_sense_is_empty(
    world: World, school: UUID, arguments: dict[str, Any]
) -> None:
    owner = world.member(school, "owner")
    book(world, school, 2)
    assert bookings(world, owner, school, **arguments) == []
    both = {"p_from": world.in_days(2) + timedelta(days=1), "p_to": world.in_days(2)}
    assert bookings(world, owner, school, **both) == []
