"""What a lesson is taught with is for its instructor and for who has booked it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.factories import Booking, World

URL = "https://example.org/parking"


@pytest.fixture
def booking(world: World) -> Booking:
    booking = world.booking()
    with world.acting_as(booking.instructor.user_id):
        world.rows("update public.service_materials set materials_url = %s", URL)
    return booking


def materials(world: World, person: UUID, booking: Booking) -> Any:
    return world.call(person, "public.lesson_materials", p_booking_id=booking.id)


def test_who_has_booked_gets_them_once_the_booking_is_confirmed(booking: Booking) -> None:
    world = booking.world
    with world.refusing("PT404", "booking_not_found"):
        materials(world, booking.learner, booking)
    booking.pay()
    assert materials(world, booking.learner, booking) == URL
    booking.complete()
    assert materials(world, booking.learner, booking) == URL


def test_a_guardian_who_may_view_gets_them(booking: Booking) -> None:
    world = booking.world
    booking.pay()
    learner_id = booking.columns["learner_id"]
    assert materials(world, world.guardian(learner_id, view=True), booking) == URL
    with world.refusing("PT404", "booking_not_found"):
        materials(world, world.guardian(learner_id, pay=True), booking)


def test_nobody_else_gets_them(booking: Booking) -> None:
    world = booking.world
    booking.pay()
    stranger, colleague = world.person(), world.instructor().user_id
    for person in (stranger, colleague):
        with world.refusing("PT404", "booking_not_found"):
            materials(world, person, booking)
    for reader in (stranger, colleague, booking.learner):
        with world.acting_as(reader):
            assert not world.rows(
                "select 1 as seen from public.service_materials where materials_url is not null"
            )
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.count("public.service_materials")


def test_a_cancelled_booking_opens_nothing(booking: Booking) -> None:
    booking.pay()
    booking.world.cancel(booking.learner, booking.id)
    with booking.world.refusing("PT404", "booking_not_found"):
        materials(booking.world, booking.learner, booking)


def test_the_materials_follow_the_service_to_another_instructor(booking: Booking) -> None:
    world, other = booking.world, booking.world.instructor()
    world.connection.execute("update public.services set instructor_id = %s", [other.id])
    for person, seen in ((other.user_id, 1), (booking.instructor.user_id, 0)):
        with world.acting_as(person):
            assert world.count("public.service_materials") == seen
