"""Rewards come off the price of a booking, and stay the learner's until it is paid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.cancellations.steps import capture
from tests.factories import Booking, World
from tests.payments.steps import our_refund
from tests.rewards.steps import balance, owed, referred


@pytest.fixture
def rewarded(world: World, amy: UUID) -> UUID:
    """A learner who has got 7.00."""
    booking = referred(world, amy)
    booking.pay()
    booking.complete()
    return amy


def book(world: World, learner: UUID, day: int = 2, **service_columns: Any) -> Booking:
    instructor, service_id = world.hourly(**service_columns)
    slot_id = world.slot(service_id, world.in_days(day))
    booked = world.book(learner, slot_id, p_use_rewards=True)
    return Booking(world, booked["booking_id"], learner, instructor, slot_id)


def test_rewards_are_reserved_with_the_booking_and_spent_by_its_payment(
    world: World, rewarded: UUID
) -> None:
    booking = book(world, rewarded)
    assert booking.columns["due_cents"] == 4610
    assert (balance(world, rewarded), owed(world)) == (0, 700)
    assert book(world, rewarded, 3).columns["due_cents"] == 5310
    booking.pay()
    assert (balance(world, rewarded), owed(world)) == (0, 0)


@pytest.mark.parametrize("stripe_was_asked", [False, True])
def test_rewards_come_back_when_the_hold_ends_unpaid(
    world: World, rewarded: UUID, stripe_was_asked: bool
) -> None:
    booking = book(world, rewarded)
    if stripe_was_asked:
        booking.open_payment()
    world.travel(to=booking.columns["hold_expires_at"])
    world.maintain()
    if stripe_was_asked:
        assert balance(world, rewarded) == 0
        world.deliver("payment_intent.canceled", booking.intent("canceled"))
    assert (balance(world, rewarded), owed(world)) == (700, 700)


def test_rewards_come_back_in_proportion_to_what_is_refunded(world: World, rewarded: UUID) -> None:
    booking = book(world, rewarded)
    booking.pay()
    booking.refund(2305)
    assert (balance(world, rewarded), owed(world)) == (350, 350)
    booking.refund(2305)
    assert (balance(world, rewarded), owed(world)) == (700, 700)
    again = book(world, rewarded, 4)
    again.pay()
    assert owed(world) == 0


@pytest.mark.parametrize(("notice", "back"), [(24, 700), (23, 350)])
def test_rewards_come_back_with_what_of_an_authorization_is_released(
    world: World, rewarded: UUID, notice: int, back: int
) -> None:
    booking = book(world, rewarded, 3, capture_mode="manual")
    booking.open_payment()
    world.deliver("payment_intent.amount_capturable_updated", booking.intent("requires_capture"))
    world.travel(to=booking.columns["start_at"] - timedelta(hours=notice))
    world.cancel(rewarded, booking.id)
    assert (balance(world, rewarded), owed(world)) == (back, back)
    if back == 700:
        world.deliver("payment_intent.canceled", booking.intent("canceled"))
    else:
        capture(booking)
    assert (balance(world, rewarded), owed(world)) == (back, back)


def test_a_refund_that_fails_does_not_give_the_rewards_back_twice(
    world: World, rewarded: UUID
) -> None:
    booking = book(world, rewarded)
    booking.pay()
    world.cancel(booking.learner, booking.id)
    world.deliver("refund.updated", our_refund(booking))
    assert balance(world, rewarded) == 700
    world.deliver("refund.failed", our_refund(booking, "failed"))
    assert (booking.payment["refunded_cents"], balance(world, rewarded)) == (0, 0)
    booking.refund(4610)
    assert (balance(world, rewarded), owed(world)) == (700, 700)


@pytest.mark.parametrize(
    ("price", "due"),
    [(593, 0), (594, 30), (610, 30), (618, 30), (619, 30), (620, 32)],
)
def test_what_is_left_is_nothing_or_enough_for_a_card(
    world: World, rewarded: UUID, price: int, due: int
) -> None:
    """With the fee 5.93 cost 7.00, and 6.19 cost 7.30."""
    booking = book(world, rewarded, price_cents=price)
    assert booking.columns["due_cents"] == due
    assert booking.status == ("confirmed" if due == 0 else "held")


def test_who_has_no_rewards_pays_the_price(world: World, amy: UUID) -> None:
    booking = book(world, amy)
    assert booking.columns["due_cents"] == 5310
    assert world.count("public.code_redemptions") == 0


def test_rewards_of_another_currency_or_school_are_not_spent(world: World, rewarded: UUID) -> None:
    assert book(world, rewarded, price_cents=4500, currency="eur").columns["discount_cents"] == 0
    school = world.organization()
    world.learner(school, rewarded)
    service_id = world.service(world.instructor(org_id=school))
    slot_id = world.slot(service_id, world.in_days(5))
    booked = world.book(rewarded, slot_id, p_use_rewards=True)
    assert booked["amount_cents"] == 5310


def test_everybody_sees_the_own_balance_alone(world: World, rewarded: UUID) -> None:
    assert world.ask(world.person("Eve"), "public.reward_balance") == []
    (mine,) = world.ask(rewarded, "public.reward_balance")
    assert (mine["available_cents"], mine["currency"]) == (700, "gbp")
