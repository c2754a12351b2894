"""Money that comes too late gets its time if that is free still, else it goes back, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.cancellations.steps import alerts
from tests.factories import Booking, World
from tests.payments.steps import our_refund


@pytest.fixture
def late(world: World) -> tuple[Booking, dict[str, Any]]:
    """A booking that has expired, and the success of its payment that has not come yet."""
    booking = world.booking()
    intent = booking.intent()
    world.travel(to=booking.columns["hold_expires_at"])
    world.serve("jobs", "private.maintain")
    assert booking.status == "expired"
    return booking, intent


def refunds(world: World) -> list[tuple[int, str]]:
    rows = world.rows("select amount_cents, status::text from public.refunds")
    return [(row["amount_cents"], row["status"]) for row in rows]


def test_a_time_that_is_still_free_is_booked_again(
    world: World, late: tuple[Booking, dict[str, Any]]
) -> None:
    booking, intent = late
    for _ in range(2):
        assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert (booking.status, booking.payment["is_accepted"]) == ("confirmed", True)
    assert refunds(world) == []
    booking.complete()
    assert world.value("select sum(amount_cents) from public.earnings") == 4500


@pytest.mark.parametrize("how", ["taken", "begun", "instructor busy"])
def test_else_all_of_it_goes_back_once(
    world: World, late: tuple[Booking, dict[str, Any]], how: str
) -> None:
    booking, intent = late
    if how == "taken":
        world.book(world.person("Cleo"), booking.slot_id)
    elif how == "begun":
        world.travel(to=booking.columns["start_at"])
    else:
        start_at = booking.columns["start_at"] + timedelta(minutes=30)
        world.booking(booking.instructor, start_at=start_at)
    for _ in range(2):
        assert world.deliver("payment_intent.succeeded", intent) == "processed"
    assert (booking.status, booking.payment["is_accepted"]) == ("expired", False)
    assert refunds(world) == [(5310, "pending")]
    assert len(world.commands("refund_payment")) == 1
    world.carry_refunds()
    assert (refunds(world), world.ledger()) == ([(5310, "succeeded")], {})


def test_a_refund_that_fails_after_its_success_is_owed_again(
    world: World, late: tuple[Booking, dict[str, Any]]
) -> None:
    booking, intent = late
    world.book(world.person("Cleo"), booking.slot_id)
    world.deliver("payment_intent.succeeded", intent)
    paid = world.ledger()
    world.deliver("refund.updated", our_refund(booking))
    assert world.ledger() == {}
    for _ in range(2):
        world.deliver("refund.failed", our_refund(booking, "failed"))
    assert (world.ledger(), refunds(world)) == (paid, [(5310, "failed")])
    assert (booking.payment["refunded_cents"], alerts(world)) == (0, ["refund_failed"])
    world.call(
        world.admin(),
        "public.admin_refund",
        p_payment_id=booking.payment["id"],
        p_amount_cents=5310,
        p_reason="Again",
    )
    world.carry_refunds()
    assert (world.ledger(), booking.payment["refunded_cents"]) == ({}, 5310)
