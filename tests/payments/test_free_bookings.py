"""A lesson that costs the learner nothing is the platform's to pay, as far as it is earned."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.discounts.steps import booked_with, redemption
from tests.factories import Booking, World


@pytest.fixture
def booking(world: World) -> Booking:
    """A lesson whose code takes everything off: the platform bears 45.00 and forgoes 8.10."""
    world.discount_code(code="Free", amount_cents=5310, currency="gbp", may_exceed_fee=True)
    return booked_with(world, "Free")


def test_it_is_confirmed_at_once_and_stripe_is_not_asked(world: World, booking: Booking) -> None:
    assert (booking.status, booking.columns["due_cents"]) == ("confirmed", 0)
    assert redemption(world)["status"] == "redeemed"
    assert (world.count("public.payments"), world.count("private.outbox")) == (0, 0)
    assert world.ledger() == {
        "promotions": 5310,
        "instructor_pending": -4500,
        "platform_fees": -810,
    }
    with world.unchanged(), world.refusing("PT409", "order_not_payable"):
        booking.open_payment()


def test_it_is_earned_like_any_other(world: World, booking: Booking) -> None:
    booking.complete()
    assert world.row("select kind, amount_cents from public.earnings") == {
        "kind": "lesson",
        "amount_cents": 4500,
    }


@pytest.mark.parametrize(
    ("notice", "status"),
    [
        (timedelta(hours=24), "released"),
        (timedelta(hours=23), "redeemed"),
        (timedelta(0), "redeemed"),
    ],
)
def test_nothing_is_earned_that_nobody_has_paid_for(
    world: World, booking: Booking, notice: timedelta, status: str
) -> None:
    """What the platform adds beyond its fee is paid for a given lesson only."""
    world.travel(to=booking.columns["start_at"] - notice)
    ended = world.cancel(booking.learner, booking.id)
    assert (ended["refund_cents"], booking.columns["kept_share_cents"]) == (0, 0)
    assert (world.ledger(), world.count("public.earnings")) == ({}, 0)
    assert redemption(world)["status"] == status


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_a_no_show_earns_nothing_whoever_did_not_come(
    world: World, booking: Booking, who: str
) -> None:
    world.travel(to=booking.columns["start_at"] + timedelta(minutes=15))
    booking.miss(who)
    assert (world.ledger(), world.count("public.earnings")) == ({}, 0)
