"""An instructor turns a request down: its time is free again, and nobody pays. Refusals are in
test_confirm_booking.py, which asks them of both answers."""

from __future__ import annotations

import pytest

from tests.factories import Booking, World


@pytest.fixture
def booking(world: World) -> Booking:
    return world.booking(requires_approval=True)


def test_a_declined_request_says_why_and_frees_its_time(world: World, booking: Booking) -> None:
    world.call(
        booking.instructor.user_id,
        "public.decline_booking",
        p_booking_id=booking.id,
        p_reason="Too far away.",
    )
    declined = booking.columns
    assert (declined["status"], declined["cancellation_reason"]) == ("declined", "Too far away.")
    assert declined["hold_expires_at"] is None
    assert world.count("private.instructor_calendar") == 0
    world.book(world.person(), booking.slot_id)


def test_a_declined_request_is_no_open_hold(world: World, booking: Booking) -> None:
    world.call(booking.instructor.user_id, "public.decline_booking", p_booking_id=booking.id)
    service_id = world.service(world.instructor())
    for day in (2, 3, 4):
        world.book(booking.learner, world.slot(service_id, world.in_days(day)))


def test_a_declined_request_cannot_be_paid_for(world: World, booking: Booking) -> None:
    world.call(booking.instructor.user_id, "public.decline_booking", p_booking_id=booking.id)
    with world.unchanged(), world.refusing("PT409", "booking_not_payable"):
        booking.open_payment()


def test_a_reason_is_optional_and_cut_at_two_thousand_characters(world: World) -> None:
    for reason, kept in ((None, None), ("", ""), ("é" * 1_000_000, "é" * 2000)):
        booking = world.booking(requires_approval=True)
        world.call(
            booking.instructor.user_id,
            "public.decline_booking",
            p_booking_id=booking.id,
            p_reason=reason,
        )
        assert booking.columns["cancellation_reason"] == kept


def test_only_the_declined_seat_of_a_group_is_free_again(world: World) -> None:
    booking = world.booking(requires_approval=True, max_participants=2)
    world.book(world.person(), booking.slot_id)
    world.call(booking.instructor.user_id, "public.decline_booking", p_booking_id=booking.id)
    assert world.value("select current_bookings from public.bookable_slots") == 1
    assert world.count("private.instructor_calendar") == 1
