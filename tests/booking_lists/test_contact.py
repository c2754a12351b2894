"""A learner can call the instructor of a confirmed lesson."""

from __future__ import annotations

from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import Booking, World

PHONE = "+44 20 7946 0000"


@pytest.fixture
def booking(world: World) -> Booking:
    booking = world.booking()
    with world.acting_as(booking.instructor.user_id):
        world.rows("update public.instructor_details set phone = %s", PHONE)
    return booking


def contact(world: World, person: UUID, booking: Booking) -> list[DictRow]:
    return world.ask(person, "public.instructor_contact", p_booking_id=booking.id)


def test_it_opens_with_the_confirmation_and_closes_with_the_lesson(booking: Booking) -> None:
    world = booking.world
    with world.refusing("PT404", "booking_not_found"):
        contact(world, booking.learner, booking)
    booking.pay()
    known = [{"display_name": "Ann", "phone": PHONE}]
    assert contact(world, booking.learner, booking) == known
    guardian = world.guardian(booking.columns["learner_id"], view=True)
    assert contact(world, guardian, booking) == known
    booking.complete()
    with world.refusing("PT404", "booking_not_found"):
        contact(world, booking.learner, booking)


def test_it_is_for_nobody_else(booking: Booking) -> None:
    world = booking.world
    booking.pay()
    payer = world.guardian(booking.columns["learner_id"], pay=True)
    for person in (payer, world.person(), world.instructor().user_id):
        with world.refusing("PT404", "booking_not_found"):
            contact(world, person, booking)


def test_a_cancelled_booking_opens_nothing(booking: Booking) -> None:
    booking.pay()
    booking.world.cancel(booking.learner, booking.id)
    with booking.world.refusing("PT404", "booking_not_found"):
        contact(booking.world, booking.learner, booking)
