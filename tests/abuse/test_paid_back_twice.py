"""Ben has a part of his money back, then cancels, disputes and asks for what is back already."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.abuse.profit import earned, spent
from tests.factories import Booking, World

TOTAL = 5310


@pytest.fixture
def booking(world: World) -> Booking:
    booking = world.booking(start_at=world.in_days(5))
    booking.pay()
    return booking


def ask_and_grant(booking: Booking, cents: int) -> None:
    world = booking.world
    refund_id = world.call(
        booking.learner,
        "public.request_refund",
        p_booking_id=booking.id,
        p_amount_cents=cents,
        p_reason="It rained.",
    )
    world.call(
        world.admin(),
        "public.decide_refund",
        p_refund_id=refund_id,
        p_is_granted=True,
        p_note="Granted.",
    )


@pytest.mark.parametrize("is_carried", [True, False])
@pytest.mark.parametrize("cents", [1, 1000, TOTAL - 1, TOTAL])
def test_a_refund_counts_when_the_lesson_is_cancelled(
    world: World, booking: Booking, cents: int, is_carried: bool
) -> None:
    ask_and_grant(booking, cents)
    if is_carried:
        world.carry_refunds()
    world.cancel(booking.learner, booking.id)
    world.carry_refunds()
    assert booking.payment["refunded_cents"] == TOTAL
    assert spent(world, booking.learner) == 0
    assert earned(world, booking.instructor) == 0


def test_asking_first_and_cancelling_then_pays_once(world: World, booking: Booking) -> None:
    """The request is still open when the cancellation has paid."""
    refund_id = world.call(
        booking.learner,
        "public.request_refund",
        p_booking_id=booking.id,
        p_amount_cents=TOTAL,
        p_reason="It rained.",
    )
    world.cancel(booking.learner, booking.id)
    with world.refusing("PT409", "refund_exceeds_payment"):
        world.call(
            world.admin(),
            "public.decide_refund",
            p_refund_id=refund_id,
            p_is_granted=True,
            p_note="Granted.",
        )
    world.carry_refunds()
    assert spent(world, booking.learner) == 0


def test_half_is_half_of_what_is_left(world: World, booking: Booking) -> None:
    ask_and_grant(booking, 2310)
    world.carry_refunds()
    world.travel(to=booking.columns["start_at"] - timedelta(hours=1))
    world.cancel(booking.learner, booking.id)
    world.carry_refunds()
    assert spent(world, booking.learner) == 1500
    assert earned(world, booking.instructor) <= 1500


@pytest.mark.parametrize("outcome", ["lost", "won"])
def test_what_is_disputed_is_not_refunded(world: World, booking: Booking, outcome: str) -> None:
    world.dispute(booking.payment)
    with world.refusing("PT409", "payment_disputed"):
        ask_and_grant(booking, 1)
    world.cancel(booking.learner, booking.id)
    assert world.carry_refunds() == []
    world.dispute(booking.payment, outcome)
    world.carry_refunds()
    back = {"lost": 0, "won": TOTAL}[outcome]
    assert booking.payment["refunded_cents"] == back
    assert earned(world, booking.instructor) == 0
