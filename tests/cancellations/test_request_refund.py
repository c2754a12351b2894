"""A learner asks for money back, within what was paid, and only an admin decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.cancellations.steps import follow, move, pay_difference, payments, price_on, refunds
from tests.factories import Booking, World


@pytest.fixture
def booking(world: World) -> Booking:
    booking = world.booking()
    booking.pay()
    return booking


def ask(booking: Booking, amount: Any, user_id: UUID | None = None, **arguments: Any) -> UUID:
    given = {"p_booking_id": booking.id, "p_amount_cents": amount, "p_reason": "Late"} | arguments
    refund_id: UUID = booking.world.call(
        user_id or booking.learner, "public.request_refund", **given
    )
    return refund_id


def test_asking_moves_no_money(world: World, booking: Booking) -> None:
    refund_id = ask(booking, 5310)
    row = world.row("select id, status, requested_by, reason from public.refunds")
    assert row == {
        "id": refund_id,
        "status": "requested",
        "requested_by": booking.learner,
        "reason": "Late",
    }
    assert world.commands("refund_payment") == []
    assert booking.payment["refunded_cents"] == 0


@pytest.mark.parametrize("amount", [None, 0, -1, -(2**63)])
def test_nothing_is_no_refund(world: World, booking: Booking, amount: Any) -> None:
    with world.unchanged(), world.refusing("PT422", "bad_amount"):
        ask(booking, amount)


@pytest.mark.parametrize("amount", [5311, 2**31, 2**63 - 1])
def test_no_more_than_was_paid(world: World, booking: Booking, amount: int) -> None:
    with world.unchanged(), world.refusing("PT409", "refund_exceeds_payment"):
        ask(booking, amount)


def test_2_to_the_63_is_out_of_range(world: World, booking: Booking) -> None:
    with world.unchanged(), world.refusing("42883"):
        ask(booking, 2**63)


@pytest.mark.parametrize(("reason", "code"), [(None, "value_missing"), ("", "reason_is_short")])
def test_a_reason_is_given(world: World, booking: Booking, reason: str | None, code: str) -> None:
    with world.unchanged(), world.refusing("PT422", code):
        ask(booking, 100, p_reason=reason)


def test_the_same_key_is_the_same_request(world: World, booking: Booking) -> None:
    first = ask(booking, 100, p_client_key="a")
    assert ask(booking, 100, p_client_key="a") == first
    with world.unchanged(), world.refusing("PT409", "client_key_reused"):
        ask(booking, 200, p_client_key="a")
    assert refunds(world) == [100]


@pytest.mark.parametrize("who", ["stranger", "instructor", "another learner"])
def test_a_foreign_booking_is_unknown(world: World, booking: Booking, who: str) -> None:
    users = {
        "stranger": world.person(),
        "instructor": booking.instructor.user_id,
        "another learner": world.booking().learner,
    }
    with world.unchanged(), world.refusing("PT404", "payment_not_found"):
        ask(booking, 100, users[who])


def test_what_was_not_paid_is_not_refunded(world: World) -> None:
    held = world.booking()
    held.open_payment()
    with world.unchanged(), world.refusing("PT404", "payment_not_found"):
        ask(held, 100)


@pytest.mark.parametrize(("scope", "may"), [("pay", True), ("book", False), ("view", False)])
def test_a_guardian_asks_who_may_pay(world: World, scope: str, may: bool) -> None:
    instructor, service_id = world.hourly()
    child = world.child(instructor.org_id)
    gil = world.guardian(child, book=True, pay=True)
    slot_id = world.slot(service_id)
    booked = world.book(gil, slot_id, p_learner_id=child)
    booking = Booking(world, booked["booking_id"], gil, instructor, slot_id)
    booking.pay()
    other = world.guardian(child, **{scope: True})
    if may:
        ask(booking, 100, other)
        assert refunds(world) == [100]
    else:
        with world.unchanged(), world.refusing("PT404", "payment_not_found"):
            ask(booking, 100, other)


def test_a_disputed_payment_waits(world: World, booking: Booking) -> None:
    world.dispute(booking.payment)
    with world.unchanged(), world.refusing("PT409", "payment_disputed"):
        ask(booking, 100)


def test_of_two_payments_the_first_that_covers_it_is_asked_for(world: World) -> None:
    """A lesson that was moved to a dearer time was paid by 53.10 and 17.70."""
    booking = world.booking(price_cents=None)
    price_on(world, booking, world.in_days(3), 6000)
    booking.pay()
    there = follow(booking, move(world, booking, world.in_days(3)))
    second = pay_difference(there)
    first = ask(there, 100, p_client_key="a")
    world.call(
        world.admin(),
        "public.admin_refund",
        p_payment_id=payments(there)[0]["id"],
        p_amount_cents=5310,
        p_reason="Because",
    )
    assert ask(there, 100, p_client_key="a") == first
    asked = ask(there, 1770)
    paid = "select payment_id from public.refunds where id = %s"
    assert world.value(paid, asked) == second["id"]
    with world.unchanged(), world.refusing("PT409", "refund_exceeds_payment"):
        ask(there, 1771)
