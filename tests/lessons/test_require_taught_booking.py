"""Whose lessons one may start and complete: one's own, and a school's for its admins."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.factories import World
from tests.lessons.steps import confirmed, start


def test_another_instructors_lesson_is_as_unknown_as_none(world: World) -> None:
    booking, stranger = confirmed(world), world.instructor()
    world.travel(to=booking.columns["start_at"])
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        start(booking, stranger.user_id)
    with world.refusing("PT404", "booking_not_found"):
        world.call(stranger.user_id, "public.start_lesson", p_booking_id=uuid4())


def test_the_learner_cannot_start_the_lesson(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["start_at"])
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        start(booking, booking.learner)


def test_nobody_signed_in_cannot_start_the_lesson(world: World) -> None:
    booking = confirmed(world)
    world.travel(to=booking.columns["start_at"])
    query = "select public.start_lesson(%s)"
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.rows(query, booking.id)
    with (
        world.refusing("42501", "sign_in_required"),
        world.acting_as(booking.instructor.user_id, is_anonymous=True),
    ):
        world.rows(query, booking.id)


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_an_admin_of_the_school_starts_a_lesson(world: World, role: str) -> None:
    booking = confirmed(world)
    admin = world.member(booking.instructor.org_id, role)
    world.travel(to=booking.columns["start_at"])
    start(booking, admin)
    assert booking.status == "in_progress"


@pytest.mark.parametrize("role", ["instructor", "learner"])
def test_other_members_of_the_school_cannot_start_a_lesson(world: World, role: str) -> None:
    booking = confirmed(world)
    member = world.member(booking.instructor.org_id, role)
    world.travel(to=booking.columns["start_at"])
    with world.refusing("PT404", "booking_not_found"):
        start(booking, member)


def test_an_admin_of_another_school_cannot_start_a_lesson(world: World) -> None:
    booking = confirmed(world)
    admin = world.member(world.organization(), "admin")
    world.travel(to=booking.columns["start_at"])
    with world.refusing("PT404", "booking_not_found"):
        start(booking, admin)
