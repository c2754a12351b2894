"""Who withdraws while the bank decides has back what it leaves, however late it decides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.cancellations.test_withdraw import FEE, offering, withdraw
from tests.factories import World, intent_object

DAY = timedelta(days=1)


@FEE
def test_hours_whose_dispute_is_won_later_go_back(world: World, is_fee_refundable: bool) -> None:
    play = offering(world, "packages", is_fee_refundable=is_fee_refundable)
    hours = play.hours(3)
    hours.lesson().give()
    hours.lesson()
    hours.dispute()
    receipt = withdraw(hours)
    hours.lot.withdraw()
    play.agrees()
    assert (receipt["refund_cents"], receipt["refunded_minutes"]) == (10620, 120)
    world.travel(by=20 * DAY)
    hours.win()
    play.agrees()
    assert hours.lot.learner_by_refunds == 10620
    assert hours.credit.columns["minutes_left"] == 0


@pytest.mark.parametrize("cents", [None, 2000])
def test_hours_whose_dispute_is_lost_go_back_as_far_as_the_bank_left_them(
    world: World, cents: int | None
) -> None:
    play = offering(world, "packages")
    hours = play.hours(3)
    hours.dispute(cents)
    withdraw(hours)
    hours.lot.withdraw()
    world.travel(by=20 * DAY)
    hours.lose(cents)
    play.agrees()
    assert hours.credit.columns["minutes_left"] == 0


@FEE
@pytest.mark.parametrize("cents", [5310, 2000])
def test_hours_that_were_lost_go_back_when_the_appeal_is_won(
    world: World, is_fee_refundable: bool, cents: int
) -> None:
    play = offering(world, "packages", is_fee_refundable=is_fee_refundable)
    hours = play.hours(3)
    hours.lose(cents)
    play.agrees()
    withdraw(hours)
    hours.lot.withdraw()
    play.agrees()
    world.travel(by=20 * DAY)
    hours.win(cents)
    play.agrees()
    assert hours.lot.learner_by_refunds == 15930


@pytest.mark.parametrize("is_lost_first", [True, False])
def test_a_lesson_whose_dispute_is_won_later_goes_back(world: World, is_lost_first: bool) -> None:
    play = offering(world, "full")
    lesson = play.lesson()
    lesson.dispute()
    withdraw(lesson)
    lesson.item.withdraw()
    if is_lost_first:
        lesson.lose()
        play.agrees()
    world.travel(by=20 * DAY)
    lesson.win()
    play.agrees()
    assert lesson.item.going_back == 5310


def test_hours_that_are_paid_after_they_were_withdrawn_from_go_back(world: World) -> None:
    play = offering(world, "packages")
    hours = play.buy(3)
    hours.credit.open_payment()
    payment = hours.credit.payment
    withdraw(hours)
    world.deliver("payment_intent.succeeded", intent_object(payment, "succeeded"))
    play.received(payment)
    hours.lot.is_paid = True
    hours.lot.withdraw()
    play.agrees()
    assert hours.lot.learner_by_refunds == 15930


def test_minutes_that_a_lost_dispute_gives_back_after_the_instructor_left_go_back(
    world: World,
) -> None:
    play = offering(world, "none")
    hours = play.hours(3)
    hours.lose(2000)
    play.offboard()
    play.agrees()
    hours.win(2000)
    play.refund_of_lot(hours)
    play.agrees()
