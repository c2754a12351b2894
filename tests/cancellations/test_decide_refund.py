"""An admin of the organization grants or declines what was asked for, once."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.cancellations.steps import refunds
from tests.factories import MARKETPLACE, Booking, World


@pytest.fixture
def booking(world: World) -> Booking:
    booking = world.booking()
    booking.pay()
    return booking


@pytest.fixture
def asked(world: World, booking: Booking) -> UUID:
    """A request for 30.00."""
    refund_id: UUID = world.call(
        booking.learner,
        "public.request_refund",
        p_booking_id=booking.id,
        p_amount_cents=3000,
        p_reason="Late",
    )
    return refund_id


def decide(world: World, refund_id: UUID, granted: bool | None, who: UUID | None = None) -> str:
    status: str = world.call(
        who or world.admin(),
        "public.decide_refund",
        p_refund_id=refund_id,
        p_is_granted=granted,
        p_note="Because",
    )
    return status


def test_what_is_granted_is_carried_to_stripe_once(
    world: World, booking: Booking, asked: UUID
) -> None:
    assert decide(world, asked, True) == "pending"
    (command,) = world.commands("refund_payment")
    assert (command["refund_id"], command["amount_cents"]) == (str(asked), 3000)
    with world.unchanged(), world.refusing("PT404", "refund_not_found"):
        decide(world, asked, True)
    world.carry_refunds()
    assert booking.payment["refunded_cents"] == 3000


def test_what_is_declined_stays(world: World, booking: Booking, asked: UUID) -> None:
    assert decide(world, asked, False) == "declined"
    assert world.commands("refund_payment") == []
    with world.unchanged(), world.refusing("PT404", "refund_not_found"):
        decide(world, asked, True)


def test_the_schools_own_admin_decides_and_nobody_elses(
    world: World, booking: Booking, asked: UUID
) -> None:
    others = [
        booking.learner,
        booking.instructor.user_id,
        world.member(world.organization(), "owner"),
        world.person(),
    ]
    for user_id in others:
        with world.unchanged(), world.refusing("PT404", "refund_not_found"):
            decide(world, asked, True, user_id)
    assert decide(world, asked, True, world.member(MARKETPLACE, "admin")) == "pending"


def test_requests_may_exceed_together_but_grants_may_not(
    world: World, booking: Booking, asked: UUID
) -> None:
    other = world.call(
        booking.learner,
        "public.request_refund",
        p_booking_id=booking.id,
        p_amount_cents=3000,
        p_reason="Again",
    )
    decide(world, asked, True)
    with world.unchanged(), world.refusing("PT409", "refund_exceeds_payment"):
        decide(world, other, True)
    assert decide(world, other, False) == "declined"
    assert refunds(world) == [3000, 3000]


def test_no_answer_is_none(world: World, asked: UUID) -> None:
    with world.unchanged(), world.refusing("PT422", "value_missing"):
        decide(world, asked, None)
    with world.unchanged(), world.refusing("PT404", "refund_not_found"):
        decide(world, uuid4(), True)


def test_a_dispute_that_came_meanwhile_stops_it(
    world: World, booking: Booking, asked: UUID
) -> None:
    world.dispute(booking.payment)
    with world.unchanged(), world.refusing("PT409", "payment_disputed"):
        decide(world, asked, True)
