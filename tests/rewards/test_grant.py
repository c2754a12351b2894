"""A referrer is rewarded once the referred lesson is completed and its money is there."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.discounts.steps import referral_code, rewarding
from tests.factories import World, intent_object
from tests.rewards.steps import balance, owed, referred


def test_a_completed_and_paid_lesson_is_rewarded(world: World, amy: UUID) -> None:
    booking = referred(world, amy)
    booking.pay()
    assert (balance(world, amy), owed(world)) == (0, 0)
    booking.complete()
    assert (balance(world, amy), owed(world)) == (700, 700)
    reward = world.row("select * from public.referral_rewards")
    item = world.value("select id from public.order_items where booking_id = %s", booking.id)
    assert (reward["booking_id"], reward["item_id"]) == (booking.id, item)
    assert balance(world, booking.learner) == 0


def test_the_reward_of_a_lesson_paid_after_it_comes_with_the_capture(
    world: World, amy: UUID
) -> None:
    booking = referred(world, amy)
    world.connection.execute("update public.services set capture_mode = 'manual'")
    booking.open_payment()
    world.deliver("payment_intent.amount_capturable_updated", booking.intent("requires_capture"))
    booking.complete()
    assert owed(world) == 0
    world.deliver("payment_intent.succeeded", booking.intent())
    assert owed(world) == 700


def test_a_first_lesson_paid_by_hours_that_were_bought_with_the_code_counts(
    world: World, amy: UUID
) -> None:
    instructor, service_id = world.hourly()
    ben, code = world.person("Ben"), referral_code(world, amy)
    world.check_code(ben, code, service_id)
    credit = world.hours(ben, instructor, 2, p_discount_code=code)
    assert owed(world) == 0
    credit.book(service_id).complete()
    assert owed(world) == 700
    credit.book(service_id, world.in_days(5)).complete()
    assert owed(world) == 700


@pytest.mark.parametrize(("discount_bps", "reward"), [(1000, 360), (1790, 4), (1800, 0)])
def test_a_reward_is_at_most_what_the_platform_has_earned(
    world: World, amy: UUID, discount_bps: int, reward: int
) -> None:
    """The fee of 8.10, less what the code took off."""
    rewarding(world, discount_bps, 700)
    booking = referred(world, amy)
    booking.pay()
    booking.complete()
    assert (balance(world, amy), owed(world)) == (reward, reward)


@pytest.mark.parametrize("ending", ["cancelled", "no-show", "refunded before"])
def test_a_lesson_that_was_not_given_or_not_paid_is_not_rewarded(
    world: World, amy: UUID, ending: str
) -> None:
    booking = referred(world, amy)
    booking.pay()
    if ending == "cancelled":
        world.cancel(booking.learner, booking.id)
    elif ending == "no-show":
        world.travel(to=booking.columns["end_at"])
        booking.miss("learner")
    else:
        booking.refund(booking.payment["amount_cents"])
        booking.complete()
    assert world.count("public.referral_rewards") == 0


def test_a_lesson_without_a_referral_rewards_nobody(world: World, amy: UUID) -> None:
    world.lesson()
    assert world.count("public.referral_rewards") == 0


def test_a_programme_without_rewards_gives_none(world: World, amy: UUID) -> None:
    rewarding(world, 1000, 0)
    booking = referred(world, amy)
    booking.pay()
    booking.complete()
    assert world.count("public.referral_rewards") == 0


def test_the_same_news_again_reward_once(world: World, amy: UUID) -> None:
    booking = referred(world, amy)
    booking.pay()
    booking.complete()
    world.deliver("payment_intent.succeeded", intent_object(booking.payment, "succeeded"))
    assert owed(world) == 700
