"""Sequences of what people and Stripe do: everybody has what the model says, to the cent."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from tests.factories import World
from tests.model.judge import Play

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BY_CARD_OR_HOURS = pytest.mark.parametrize("by", ["card", "hours", "both"])
WHO_BEARS_A_LOSS = pytest.mark.parametrize("is_liable", [False, True])


@pytest.fixture(params=["on_top", "included"])
def play(world: World, request: pytest.FixtureRequest) -> Play:
    return Play(world, fee_mode=request.param)


# A lesson ends


@BY_CARD_OR_HOURS
def test_a_lesson_is_given(play: Play, by: str) -> None:
    play.sell(by).give()
    play.agrees()


@BY_CARD_OR_HOURS
def test_a_lesson_is_given_and_paid_out(play: Play, by: str) -> None:
    play.world.onboard(play.instructor)
    lesson = play.sell(by)
    lesson.give()
    play.pay_out()
    assert play.paid_out == lesson.item.price.share
    play.agrees()


@BY_CARD_OR_HOURS
def test_the_learner_does_not_come(play: Play, by: str) -> None:
    play.sell(by).miss()
    play.agrees()


@BY_CARD_OR_HOURS
def test_the_instructor_does_not_come(play: Play, by: str) -> None:
    play.sell(by).be_stood_up()
    play.agrees()


@BY_CARD_OR_HOURS
def test_the_instructor_cancels(play: Play, by: str) -> None:
    play.sell(by).cancel_by_instructor()
    play.agrees()


@pytest.mark.parametrize("how", ["cancels", "does not come"])
def test_minutes_come_back_with_their_fee_also_where_it_is_kept(world: World, how: str) -> None:
    play = Play(world, is_fee_refundable=False)
    lesson = play.sell("hours")
    if how == "cancels":
        lesson.cancel_by_instructor()
    else:
        lesson.be_stood_up()
    play.agrees()


@BY_CARD_OR_HOURS
@pytest.mark.parametrize("hours", [30, 24, 12, 1, 0])
@pytest.mark.parametrize("is_fee_refundable", [True, False])
def test_the_learner_cancels_some_hours_ahead(
    world: World, by: str, hours: int, is_fee_refundable: bool
) -> None:
    play = Play(world, is_fee_refundable=is_fee_refundable)
    lesson = play.sell(by)
    world.travel(to=lesson.start_at - timedelta(hours=hours))
    lesson.cancel()
    play.agrees()


@BY_CARD_OR_HOURS
@pytest.mark.parametrize("late", [timedelta(0), 2 * HOUR, 3 * DAY])
def test_a_lesson_is_completed_late(play: Play, by: str, late: timedelta) -> None:
    lesson = play.sell(by)
    lesson.complete_at(lesson.booking.columns["end_at"] + late)
    play.agrees()


# Discounts and rewards


@pytest.mark.parametrize("discount", [450, 810])
@pytest.mark.parametrize("is_fee_refundable", [True, False])
def test_a_discounted_lesson_is_cancelled_late(
    world: World, discount: int, is_fee_refundable: bool
) -> None:
    play = Play(world, is_fee_refundable=is_fee_refundable)
    lesson = play.lesson(discount)
    world.travel(to=lesson.start_at - HOUR)
    lesson.cancel()
    play.agrees()


@pytest.mark.parametrize("discount", [450, 810, 2000])
def test_a_discounted_lesson_is_not_given(play: Play, discount: int) -> None:
    play.lesson(discount).cancel_by_instructor()
    play.agrees()


def test_a_free_lesson_is_given(world: World) -> None:
    play = Play(world)
    play.lesson(5310).give()
    play.agrees()


def test_a_free_lesson_is_cancelled(world: World) -> None:
    play = Play(world)
    play.lesson(5310).cancel()
    play.agrees()


def test_a_reward_is_earned_and_spent(world: World) -> None:
    play = Play(world)
    play.earn_reward()
    play.lesson(p_use_rewards=True).give()
    play.agrees()


def test_a_reward_is_at_most_what_the_platform_earned(world: World) -> None:
    play = Play(world)
    play.earn_reward(700)
    play.agrees()


def test_a_reward_is_clawed_back_when_its_lesson_is_refunded(world: World) -> None:
    play = Play(world)
    rewarded = play.earn_reward()
    rewarded.refund(rewarded.item.price.total)
    play.granted = 0
    play.agrees()


def test_a_lesson_paid_with_rewards_is_refunded(world: World) -> None:
    play = Play(world)
    play.earn_reward()
    lesson = play.lesson(p_use_rewards=True)
    lesson.give()
    lesson.refund(5010)
    play.agrees()


def test_a_lesson_paid_with_rewards_is_not_given(world: World) -> None:
    play = Play(world)
    play.earn_reward()
    play.lesson(p_use_rewards=True).cancel_by_instructor()
    play.agrees()


# Refunds


def test_half_of_a_discounted_lesson_is_refunded(play: Play) -> None:
    lesson = play.lesson(450)
    lesson.give()
    lesson.refund(lesson.item.price.total // 2)
    play.agrees()


def test_a_code_is_free_again_when_all_is_refunded(world: World) -> None:
    play = Play(world)
    lesson = play.lesson(450)
    lesson.give()
    lesson.refund(4860)
    play.agrees()


@BY_CARD_OR_HOURS
def test_a_part_is_refunded_before_the_instructor_cancels(play: Play, by: str) -> None:
    lesson = play.sell(by)
    lesson.refund(1000)
    play.carry_refunds()
    lesson.cancel_by_instructor()
    play.agrees()


def test_all_of_a_lesson_paid_below_its_share_is_refunded(world: World) -> None:
    play = Play(world, is_fee_refundable=False)
    lesson = play.lesson(2000)
    lesson.give()
    lesson.refund(3310)
    play.agrees()


def test_half_of_a_lesson_is_refunded_after_it_was_paid_out(world: World) -> None:
    play = Play(world)
    world.onboard(play.instructor)
    lesson = play.lesson(450)
    lesson.give()
    play.pay_out()
    lesson.refund(2430)
    play.agrees()
    assert play.of_database().instructor - play.paid_out == -2250


def test_a_lesson_paid_by_card_is_refunded_in_the_dashboard(play: Play) -> None:
    lesson = play.lesson()
    lesson.give()
    lesson.refund_in_dashboard(lesson.item.price.total)
    play.agrees()


@pytest.mark.parametrize("notice", [HOUR, timedelta(0)])
def test_a_lesson_is_cancelled_late_and_the_rest_is_granted(
    world: World, notice: timedelta
) -> None:
    play = Play(world)
    lesson = play.lesson()
    world.travel(to=lesson.start_at - notice)
    lesson.cancel()
    lesson.item.give_back()
    lesson.refund(5310 - lesson.item.returned)
    play.agrees()


def test_a_lesson_is_cancelled_late_and_something_is_refunded_on_top(world: World) -> None:
    play = Play(world)
    lesson = play.lesson()
    world.travel(to=lesson.start_at - HOUR)
    lesson.cancel()
    lesson.refund(1000)
    play.agrees()


def test_a_reported_lesson_is_half_refunded_when_the_admin_has_decided(world: World) -> None:
    play = Play(world)
    lesson = play.lesson()
    lesson.give()
    lesson.resolve(lesson.report())
    lesson.refund(2655)
    play.agrees()


def test_a_dispute_that_is_won_does_not_thaw_what_was_reported(play: Play) -> None:
    lesson = play.lesson()
    lesson.give()
    lesson.report()
    lesson.dispute()
    lesson.win()
    play.agrees()


# Hours


def test_three_of_ten_hours_are_used_and_seven_refunded(play: Play) -> None:
    hours = play.hours(10)
    for _ in range(3):
        hours.lesson().give()
    hours.refund()
    play.agrees()


def test_some_minutes_are_refunded_where_the_fee_is_kept(world: World) -> None:
    play = Play(world, is_fee_refundable=False)
    hours = play.hours(2)
    hours.lesson().give()
    hours.refund(25)
    play.agrees()


def test_the_instructor_leaves_while_hours_are_left_and_booked(play: Play) -> None:
    hours = play.hours(10)
    hours.lesson().give()
    hours.lesson()
    play.lesson()
    play.offboard()
    play.agrees()


def test_a_lesson_is_paid_after_the_instructor_left(play: Play) -> None:
    lesson = play.hold()
    lesson.booking.open_payment()
    play.offboard()
    play.pay(lesson)
    play.agrees()


# Disputes


def test_a_dispute_over_a_lesson_is_open_and_won(play: Play) -> None:
    lesson = play.lesson()
    lesson.give()
    lesson.dispute()
    play.agrees()
    lesson.win()
    play.agrees()


def test_a_dispute_over_hours_is_open_and_won(play: Play) -> None:
    hours = play.hours(2)
    hours.lesson().give()
    hours.dispute()
    play.agrees()
    hours.win()
    play.agrees()


@WHO_BEARS_A_LOSS
@pytest.mark.parametrize("cents", [2000, 5310])
def test_a_dispute_over_a_given_lesson_is_lost(world: World, is_liable: bool, cents: int) -> None:
    play = Play(world, is_instructor_liable=is_liable)
    lesson = play.lesson()
    lesson.give()
    lesson.lose(cents)
    play.agrees()


def test_a_dispute_over_a_part_of_a_lesson_ahead_is_lost(play: Play) -> None:
    lesson = play.lesson()
    lesson.lose(2000)
    lesson.give()
    play.agrees()


@pytest.mark.parametrize("who", ["instructor", "learner"])
def test_a_lesson_is_called_off_after_its_instructor_bore_a_dispute(world: World, who: str) -> None:
    play = Play(world, is_instructor_liable=True)
    lesson = play.lesson()
    lesson.lose()
    if who == "instructor":
        lesson.cancel_by_instructor()
    else:
        lesson.cancel()
    play.agrees()


def test_a_part_is_lost_before_a_late_cancellation(play: Play) -> None:
    lesson = play.lesson()
    lesson.lose(2000)
    play.world.travel(to=lesson.start_at - HOUR)
    lesson.cancel()
    play.agrees()


@WHO_BEARS_A_LOSS
@pytest.mark.parametrize("cents", [2655, 5310])
def test_a_dispute_is_lost_after_half_was_refunded(
    world: World, is_liable: bool, cents: int
) -> None:
    play = Play(world, is_instructor_liable=is_liable)
    lesson = play.lesson()
    lesson.give()
    lesson.refund(2655)
    play.carry_refunds()
    lesson.lose(cents)
    play.agrees()


@pytest.mark.parametrize("is_refunded_first", [True, False])
def test_all_is_refunded_or_lost_where_the_fee_is_kept(
    world: World, is_refunded_first: bool
) -> None:
    play = Play(world, is_fee_refundable=False, is_instructor_liable=True)
    lesson = play.lesson()
    if is_refunded_first:
        lesson.refund_in_dashboard(2250)
    lesson.lose(3060)
    if not is_refunded_first:
        lesson.refund_in_dashboard(2250)
    play.agrees()


@pytest.mark.parametrize(
    "order", list(permutations(["refund 1", "refund 2", "lose"])), ids="-".join
)
@pytest.mark.parametrize("who", ["platform, which keeps its fee", "instructor"])
def test_two_refunds_and_a_loss_in_any_order(
    world: World, order: tuple[str, ...], who: str
) -> None:
    is_liable = who == "instructor"
    play = Play(world, is_fee_refundable=is_liable, is_instructor_liable=is_liable)
    lesson = play.lesson()
    lesson.give()
    for step in order:
        if step == "lose":
            lesson.lose(1501)
        else:
            lesson.refund_in_dashboard({"refund 1": 1333, "refund 2": 777}[step])
    play.agrees()


@WHO_BEARS_A_LOSS
def test_a_dispute_over_a_lesson_is_lost_and_won_after_all(world: World, is_liable: bool) -> None:
    play = Play(world, is_instructor_liable=is_liable)
    lesson = play.lesson()
    lesson.give()
    lesson.lose()
    world.travel(by=DAY)
    lesson.win()
    play.agrees()


def test_a_payment_that_came_too_late_is_lost_to_a_dispute(play: Play) -> None:
    lesson = play.hold()
    lesson.booking.open_payment()
    lesson.cancel_by_instructor()
    play.pay(lesson)
    lesson.lose()
    play.agrees()


def test_a_part_of_the_hours_is_lost_and_falls_on_the_latest_lesson_ahead(play: Play) -> None:
    hours = play.hours(2)
    first, latest = hours.lesson(), hours.lesson()
    hours.lose(latest.item.price.total)
    play.agrees()
    assert (first.booking.status, latest.booking.status) == ("confirmed", "cancelled")


def test_all_is_lost_after_hours_were_used(play: Play) -> None:
    hours = play.hours(10)
    for _ in range(2):
        hours.lesson().give()
    hours.lose()
    play.agrees()


@WHO_BEARS_A_LOSS
@pytest.mark.parametrize("who", ["instructor", "learner"])
def test_a_lesson_paid_with_hours_is_called_off_after_all_was_lost(
    world: World, is_liable: bool, who: str
) -> None:
    play = Play(world, is_instructor_liable=is_liable)
    hours = play.hours(1)
    lesson = hours.lesson()
    hours.lose()
    if lesson.booking.status == "confirmed":
        by = play.learner if who == "learner" else play.instructor.user_id
        world.cancel(by, lesson.booking.id)
    play.agrees()


# Moves


@pytest.mark.parametrize("cents", [3000, 6000])
@pytest.mark.parametrize("then", ["given", "not given", "cancelled late"])
def test_a_lesson_moves_to_a_time_of_another_price(world: World, cents: int, then: str) -> None:
    play = Play(world)
    lesson = play.lesson()
    lesson.move(cents)
    if then == "given":
        lesson.give()
    elif then == "not given":
        lesson.cancel_by_instructor()
    else:
        world.travel(to=lesson.start_at - HOUR)
        lesson.cancel()
    play.agrees()


def test_a_dispute_is_won_after_it_was_lost_and_the_instructor_cancelled(play: Play) -> None:
    lesson = play.lesson()
    lesson.lose()
    lesson.cancel_by_instructor()
    play.agrees()
    lesson.win()
    play.agrees()


# Paid outside


@pytest.mark.parametrize("is_fee_refundable", [True, False])
@pytest.mark.parametrize(
    "ending", ["give", "miss", "be_stood_up", "cancel", "cancel_by_instructor"]
)
def test_a_lesson_paid_outside_ends(world: World, ending: str, is_fee_refundable: bool) -> None:
    play = Play(world, is_fee_refundable=is_fee_refundable)
    lesson = play.lesson_paid_outside()
    if ending == "cancel":
        world.travel(to=lesson.start_at - timedelta(hours=3))
    getattr(lesson, ending)()
    play.agrees()


def test_the_fee_of_a_lesson_paid_outside_is_netted_from_a_payout(play: Play) -> None:
    play.world.onboard(play.instructor)
    play.lesson_paid_outside().give()
    play.lesson().give()
    play.agrees()
    play.pay_out()
    play.agrees()


@pytest.mark.parametrize("cents", [6000, 3000])
@pytest.mark.parametrize("then", ["give", "cancel_by_instructor"])
def test_a_lesson_paid_outside_moves_to_a_time_of_another_price(
    play: Play, cents: int, then: str
) -> None:
    lesson = play.lesson_paid_outside()
    lesson.move(cents)
    play.agrees()
    getattr(lesson, then)()
    play.agrees()


def test_the_time_of_a_lesson_paid_outside_is_sold_again(play: Play) -> None:
    lesson = play.lesson_paid_outside()
    play.world.travel(to=lesson.start_at - timedelta(hours=3))
    lesson.cancel()
    lesson.sell_again()
    play.agrees()


@pytest.mark.parametrize("is_proposed", [False, True])
@pytest.mark.parametrize("how", ["refunded", "lost", "lost and won"])
def test_more_than_a_cheaper_time_costs_is_back_before_the_move(
    world: World, how: str, is_proposed: bool
) -> None:
    """What the move gives back is less by what the payer has already, as long as that is so."""
    play = Play(world)
    lesson = play.lesson()
    if how == "refunded":
        lesson.refund(4000)
        play.carry_refunds()
    else:
        lesson.lose(4000)
    lesson.move(3000, is_proposed=is_proposed)
    play.agrees()
    assert lesson.item.learner_by_refunds + lesson.item.learner_by_disputes == 5310
    if how == "lost and won":
        lesson.win(4000)
        play.agrees()
    lesson.give()
    play.agrees()


# Hours that nobody can use, because their instructor cannot be booked


@pytest.mark.parametrize("column", ["verification_status = 'rejected'", "is_active = false"])
def test_hours_that_cannot_be_used_are_refunded_with_the_fee(world: World, column: str) -> None:
    play = Play(world, is_fee_refundable=False)
    hours = play.hours(2)
    world.connection.execute(f"update public.instructors set {column}")
    world.ask(play.learner, "public.refund_credits", p_credit_id=hours.credit.id, p_minutes=60)
    hours.lot.refund("unusable", 60, is_fault=True)
    play.agrees()


def test_hours_that_could_not_be_used_are_not_forfeited(world: World) -> None:
    play = Play(world, credit_validity_months=12)
    world.connection.execute("update public.organizations set forfeits_expired_hours = true")
    hours = play.hours(2)
    world.connection.execute("update public.instructors set verification_status = 'rejected'")
    hours.expire()
    play.agrees()
    assert hours.lot.earned == 0


# Paid later: a lesson of a series is charged two days before it


@pytest.mark.parametrize("hours", [30, 12])
def test_a_lesson_that_was_charged_later_is_cancelled(play: Play, hours: int) -> None:
    lesson, _ = play.series_paid_later()
    play.collect(lesson)
    play.world.travel(to=lesson.start_at - timedelta(hours=hours))
    lesson.cancel()
    play.agrees()


def test_a_lesson_that_was_charged_later_is_given_and_paid_out(play: Play) -> None:
    play.world.onboard(play.instructor)
    lesson, _ = play.series_paid_later()
    play.collect(lesson)
    lesson.give()
    play.pay_out()
    assert play.paid_out == lesson.item.price.share
    play.agrees()


def test_a_lesson_is_cancelled_before_it_is_charged(play: Play) -> None:
    first, second = play.series_paid_later()
    first.cancel()
    play.agrees()
    play.collect(second)
    second.give()
    play.agrees()


def test_a_lesson_that_cannot_be_charged_is_given_up(play: Play) -> None:
    first, second = play.series_paid_later()
    play.fail_to_collect(first)
    assert first.booking.status == "cancelled"
    play.agrees()
    play.collect(second)
    second.be_stood_up()
    play.agrees()


def test_a_lesson_is_paid_by_hand_after_its_charge_failed(play: Play) -> None:
    first, _ = play.series_paid_later()
    play.fail_to_collect(first, tries=1)
    play.pay(first)
    first.give()
    play.agrees()
