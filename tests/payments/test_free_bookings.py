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
    with world.unchanged(), world.refusing("PT409", "booking_not_payable"):
        booking.open_payment()


def test_it_is_earned_like_any_other(world: World, booking: Booking) -> None:
    booking.complete()
    assert world.row("select kind, amount_cents from public.earnings") == {
        "kind": "lesson",
        "amount_cents": 4500,
    }


@pytest.mark.parametrize(
    ("notice", "kept_share", "status"),
    [
        (timedelta(hours=24), 0, "released"),
        (timedelta(hours=23), 2250, "redeemed"),
        (timedelta(0), 4500, "redeemed"),
    ],
)
def test_the_instructor_keeps_what_a_late_cancellation_leaves(
    world: World, booking: Booking, notice: timedelta, kept_share: int, status: str
) -> None:
    world.travel(to=booking.columns["start_at"] - notice)
    ended = world.cancel(booking.learner, booking.id)
    kept_fee = 810 * kept_share // 4500
    left = {
        "promotions": kept_share + kept_fee,
        "instructor_pending": -kept_share,
        "platform_fees": -kept_fee,
    }
    assert (ended["refund_cents"], booking.columns["kept_share_cents"]) == (0, kept_share)
    assert world.ledger() == {kind: cents for kind, cents in left.items() if cents}
    assert redemption(world)["status"] == status
    earned = world.value("select coalesce(sum(amount_cents), 0) from public.earnings")
    assert earned == kept_share


@pytest.mark.parametrize(("who", "earned"), [("learner", 4500), ("instructor", 0)])
def test_a_no_show_is_earned_unless_it_is_the_instructors(
    world: World, booking: Booking, who: str, earned: int
) -> None:
    world.travel(to=booking.columns["start_at"] + timedelta(minutes=15))
    world.call(
        booking.instructor.user_id, "public.mark_no_show", p_booking_id=booking.id, p_who=who
    )
    assert world.value("select coalesce(sum(amount_cents), 0) from public.earnings") == earned
    assert world.ledger().get("instructor_pending", 0) == -earned
