"""A refund made in Stripe's Dashboard names no lesson, or names one: what of which lesson it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.cancellations.steps import follow, move, pay_difference, price_on
from tests.factories import Booking, World, refund_object
from tests.orders.steps import refunds, series, succeed


@pytest.fixture
def moved(world: World) -> tuple[Booking, Booking, Booking]:
    """Two lessons that one payment paid; the first then moved to a time of 60.00.

    The first as it was booked, as it is now, and the second.
    """
    first, second = series(world, 2)
    first.open_payment()
    succeed(world, first.payment)
    start_at = first.columns["start_at"] + timedelta(days=1)
    price_on(world, first, start_at, 6000)
    there = follow(first, move(world, first, start_at))
    pay_difference(there)
    return first, there, second


def refunded(world: World, booking: Booking) -> int:
    cents: int = world.value(
        "select refunded_cents from public.order_items where booking_id = %s", booking.id
    )
    return cents


def test_all_of_a_payment_is_what_it_paid_of_each_lesson(
    world: World, moved: tuple[Booking, Booking, Booking]
) -> None:
    _, there, second = moved
    sent = refund_object(second.payment, 10620)
    assert world.deliver("refund.updated", sent) == "processed"
    assert (refunded(world, there), refunded(world, second)) == (5310, 5310)
    # 17.70 of 70.80 are still paid: a quarter of the share of 60.00 is the instructor's.
    assert world.ledger()["instructor_pending"] == -1500


def test_a_lesson_is_named_also_by_the_booking_that_was_moved(
    world: World, moved: tuple[Booking, Booking, Booking]
) -> None:
    first, there, second = moved
    sent = refund_object(second.payment, 1000, metadata={"booking_id": str(first.id)})
    assert world.deliver("refund.updated", sent) == "processed"
    assert (refunded(world, there), refunded(world, second)) == (1000, 0)


def test_what_is_due_is_refunded_once_a_refund_that_stood_in_its_way_has_failed(
    world: World,
) -> None:
    booking = world.booking()
    booking.pay()
    sent = refund_object(booking.payment, 5310, "pending")
    world.deliver("refund.updated", sent)
    world.cancel(booking.instructor.user_id, booking.id)
    assert refunds(world) == [(5310, "pending")]
    world.deliver("refund.updated", sent | {"status": "failed"})
    assert refunds(world) == [(5310, "failed"), (5310, "pending")]
    world.carry_refunds()
    assert world.ledger() == {}
