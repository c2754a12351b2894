"""Combinations of acts that are each allowed: everybody has what the model says, to the cent.

Each was once found to leave somebody with the wrong amount, mostly because hours, rewards or a
second dispute took another way through the books than a card payment. The number in a test's name
orders them by subject.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest

from tests.factories import MARKETPLACE, World, intent_object, refund_object
from tests.model.judge import Hours, Lesson, Play

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BY_CARD_OR_HOURS = pytest.mark.parametrize("by", ["card", "hours", "both"])
WHO_BEARS_A_LOSS = pytest.mark.parametrize("is_liable", [False, True])


# 1. A dispute over a part of the hours


@pytest.mark.parametrize("hours", [10, 1])
def test_row_01_a_dispute_over_a_part_of_the_hours_is_lost(world: World, hours: int) -> None:
    play = Play(world)
    play.hours(hours).lose(2000)
    play.agrees()


# 2. Hours that expire while a lesson is booked with them


def reserved_before_expiry(play: Play) -> tuple[Hours, Lesson]:
    hours = play.hours(1)
    play.world.travel(to=hours.credit.columns["expires_at"] - HOUR)
    lesson = hours.lesson(play.world.in_days(3))
    play.world.travel(to=hours.credit.columns["expires_at"] + HOUR)
    return hours, lesson


@pytest.mark.parametrize("how", ["cancels", "does not come"])
def test_row_02_minutes_come_back_to_hours_that_have_expired(world: World, how: str) -> None:
    play = Play(world, credit_validity_months=1)
    _, lesson = reserved_before_expiry(play)
    if how == "cancels":
        lesson.cancel_by_instructor()
    else:
        lesson.be_stood_up()
    play.agrees()


def test_row_02_a_lesson_after_the_expiry_is_moved(world: World) -> None:
    play = Play(world, credit_validity_months=1)
    _, lesson = reserved_before_expiry(play)
    lesson.move(4500)
    play.agrees()


# 3. A dispute over hours is lost, and won after all


@pytest.mark.parametrize("used", [0, 2])
def test_row_03_a_dispute_over_hours_is_lost_and_won(world: World, used: int) -> None:
    play = Play(world)
    hours = play.hours(10)
    for _ in range(used):
        hours.lesson().give()
    hours.lose()
    world.travel(by=DAY)
    hours.win()
    play.agrees()


# 4. A lesson paid with hours was bad


def test_row_04_a_lesson_paid_with_hours_is_refunded_in_the_dashboard(world: World) -> None:
    play = Play(world)
    lesson = play.hours(10).lesson()
    lesson.give()
    lesson.refund_in_dashboard(5310)
    play.agrees()


def test_row_04_an_admin_refunds_a_lesson_paid_with_hours(world: World) -> None:
    play = Play(world)
    lesson = play.hours(10).lesson()
    lesson.give()
    lesson.refund(5310)
    play.agrees()


# 5. and 6. The instructor leaves


def test_row_05_hours_are_paid_after_the_instructor_left(world: World) -> None:
    play = Play(world)
    hours = play.buy(10)
    hours.credit.open_payment()
    play.offboard()
    hours.pay()
    play.refund_of_lot(hours)
    play.agrees()


def test_row_06_hours_that_were_frozen_when_the_instructor_left(world: World) -> None:
    play = Play(world, credit_validity_months=1)
    hours = play.hours(10)
    hours.dispute()
    play.offboard()
    hours.win()
    play.refund_of_lot(hours)
    hours.expire()
    play.agrees()


def test_row_06_card_a_lesson_was_disputed_when_the_instructor_left(world: World) -> None:
    play = Play(world)
    lesson = play.lesson()
    lesson.dispute()
    play.offboard()
    lesson.win()
    play.agrees()


# 7. Disputes over what is not given


@pytest.mark.parametrize("who", ["instructor", "learner"])
def test_row_07_a_lesson_is_called_off_after_its_dispute_was_lost(world: World, who: str) -> None:
    play = Play(world)
    lesson = play.lesson()
    lesson.lose()
    if who == "instructor":
        lesson.cancel_by_instructor()
    else:
        lesson.cancel()
    play.agrees()


@WHO_BEARS_A_LOSS
def test_row_07_hours_a_lost_dispute_cancels_the_lesson_ahead(
    world: World, is_liable: bool
) -> None:
    play = Play(world, is_instructor_liable=is_liable)
    hours = play.hours(1)
    lesson = hours.lesson()
    hours.lose()
    play.agrees()
    assert lesson.booking.status == "cancelled"


# 8. An admin decides that an earning stays frozen


@BY_CARD_OR_HOURS
def test_row_08_a_reported_lesson_stays_frozen_and_is_half_refunded(world: World, by: str) -> None:
    play = Play(world)
    lesson = play.sell(by)
    lesson.give()
    lesson.resolve(lesson.report(), unfreezes=False)
    lesson.refund(2655)
    play.agrees()


# 9. A refund is on its way when all is lost


@WHO_BEARS_A_LOSS
def test_row_09_a_refund_succeeds_after_all_was_lost(world: World, is_liable: bool) -> None:
    play = Play(world, is_instructor_liable=is_liable)
    lesson = play.lesson()
    lesson.give()
    lesson.refund(2655)
    waiting = world.row("select * from public.refunds")
    lesson.lose()
    play.succeed(waiting)
    play.agrees()


# 10. Money of nobody's


def test_row_10_unknown_money_is_refunded_in_the_dashboard(world: World) -> None:
    play = Play(world)
    stranger = {"id": uuid4(), "amount_cents": 5310, "currency": "gbp"}
    intent = intent_object(stranger, "succeeded")
    world.deliver("payment_intent.succeeded", intent)
    stranger["stripe_payment_intent_id"] = intent["id"]
    stranger["stripe_charge_id"] = intent["latest_charge"]
    world.deliver("refund.updated", refund_object(stranger, 5310))
    play.agrees()


# 11. Refunded here, and all of it in the Dashboard


def test_row_11_hours_are_refunded_here_and_all_in_the_dashboard(world: World) -> None:
    play = Play(world)
    hours = play.hours(10)
    hours.refund(300)
    (ours,) = hours.lot.refunds
    hours.lot.fail_refund(ours)
    play.dashboard_refund(hours.credit.payment, 53100, "dashboard")
    hours.lot.refund("dashboard", 600)
    play.agrees()


def test_row_11_card_a_lesson_is_refunded_here_and_all_in_the_dashboard(world: World) -> None:
    play = Play(world)
    lesson = play.lesson()
    lesson.give()
    lesson.refund(2655)
    lesson.item.refunds.clear()
    lesson.refund_in_dashboard(5310)
    play.agrees()
    assert world.value("select count(*) from public.alerts where code = 'refund_failed'") == 0


# 12. All is lost after hours were used


@WHO_BEARS_A_LOSS
@pytest.mark.parametrize("ahead", [0, 1])
def test_row_12_all_is_lost_after_hours_were_used(
    world: World, is_liable: bool, ahead: int
) -> None:
    play = Play(world, is_instructor_liable=is_liable)
    hours = play.hours(10)
    for _ in range(2):
        hours.lesson().give()
    for _ in range(ahead):
        hours.lesson()
    hours.lose()
    play.agrees()


# 13. and 14. Payouts


@BY_CARD_OR_HOURS
def test_row_13_a_transfer_fails_a_dispute_opens_and_the_run_is_repeated(
    world: World, by: str
) -> None:
    play = Play(world)
    world.onboard(play.instructor)
    lesson = play.sell(by)
    lesson.give()
    play.fail_to_pay_out()
    world.travel(by=DAY)
    (lesson.hours or lesson).dispute()
    play.pay_out(HOUR)
    assert play.paid_out == 0
    play.agrees()


@BY_CARD_OR_HOURS
def test_row_14_nothing_is_left_of_an_earning_that_was_refunded(world: World, by: str) -> None:
    play = Play(world)
    world.onboard(play.instructor)
    lesson = play.lesson() if by == "card" else play.hours(1).lesson()
    lesson.give()
    world.travel(by=2 * DAY)
    world.maintain()
    lesson.refund(5310)
    play.quiet()
    play.pay_out()
    play.agrees()
    world.call(play.instructor.user_id, "public.erase_person", p_user_id=play.instructor.user_id)


# 15. and 19. Rewards and fixed discounts


@pytest.mark.parametrize("is_cancelled_late", [True, False])
def test_row_15_half_of_a_lesson_paid_with_rewards_is_refunded(
    world: World, is_cancelled_late: bool
) -> None:
    play = Play(world)
    play.earn_reward()
    lesson = play.lesson(p_use_rewards=True)
    if is_cancelled_late:
        world.travel(to=lesson.start_at - HOUR)
        lesson.cancel()
    else:
        lesson.give()
        lesson.refund(2505)
    play.agrees()


@pytest.mark.parametrize("cents", [3000, 6000])
def test_row_19_a_move_keeps_spent_rewards(world: World, cents: int) -> None:
    play = Play(world)
    play.earn_reward()
    lesson = play.lesson(p_use_rewards=True)
    lesson.move(cents)
    lesson.give()
    play.agrees()


@pytest.mark.parametrize("cents", [3000, 6000])
def test_row_19_a_move_keeps_a_fixed_discount(world: World, cents: int) -> None:
    play = Play(world)
    lesson = play.lesson(450)
    lesson.move(cents)
    lesson.give()
    play.agrees()


# 16. A refund fails after what it gave back was free


def test_row_16_a_refund_fails_after_its_code_was_free_again(world: World) -> None:
    play = Play(world)
    lesson = play.lesson(450)
    lesson.give()
    lesson.refund(4860)
    play.carry_refunds()
    play.succeed(world.row("select * from public.refunds"), "failed")
    lesson.item.refunds.clear()
    play.agrees()


def test_row_16_a_refund_fails_after_its_rewards_were_free_again(world: World) -> None:
    play = Play(world)
    play.earn_reward()
    lesson = play.lesson(p_use_rewards=True)
    lesson.give()
    lesson.refund(5010)
    play.carry_refunds()
    play.succeed(world.row("select * from public.refunds"), "failed")
    lesson.item.refunds.clear()
    play.agrees()


# 17. One refund over two payments


def test_row_17_a_dearer_time_is_refunded_as_a_whole(world: World) -> None:
    play = Play(world)
    lesson = play.lesson()
    lesson.move(6000)
    lesson.give()
    refund_id = world.call(
        play.learner,
        "public.request_refund",
        p_booking_id=lesson.booking.id,
        p_amount_cents=7080,
        p_reason="It was bad.",
    )
    owner = world.member(MARKETPLACE, "owner")
    world.call(owner, "public.decide_refund", p_refund_id=refund_id, p_is_granted=True)
    lesson.item.refund("granted", 7080)
    play.agrees()


# 18. A fee that is not refundable, and somebody else's fault


@pytest.mark.parametrize("how", ["cancels", "does not come"])
def test_row_18_the_fee_comes_back_when_it_is_the_instructors_fault(world: World, how: str) -> None:
    play = Play(world, is_fee_refundable=False)
    lesson = play.lesson()
    if how == "cancels":
        lesson.cancel_by_instructor()
    else:
        lesson.be_stood_up()
    play.agrees()


# 20. When an earning can be paid


@BY_CARD_OR_HOURS
def test_row_20_a_lesson_is_completed_a_second_after_its_start(world: World, by: str) -> None:
    play = Play(world)
    lesson = play.sell(by)
    lesson.complete_at(lesson.start_at + timedelta(seconds=1))
    play.agrees()


# 21. A series


def test_row_21_a_series_is_one_payment(world: World) -> None:
    play = Play(world)
    world.window(play.instructor)
    booked = world.ask(
        play.learner,
        "public.request_booking_series",
        p_instructor_id=play.instructor.id,
        p_service_id=play.service_id,
        p_start_at=world.in_days(3),
        p_occurrences=3,
    )
    for one in booked:
        world.serve(
            "webhook_service",
            "private.open_payment",
            p_user_id=play.learner,
            p_ordered_id=one["booking_id"],
        )
    assert world.value("select sum(amount_cents)::integer from public.payments") == 3 * 5310
    assert world.count("public.payments") == 1


# 22. A part was refunded before the cancellation


@BY_CARD_OR_HOURS
def test_row_22_refunded_then_cancelled(world: World, by: str) -> None:
    play = Play(world)
    lesson = play.sell(by)
    lesson.refund(1000)
    play.carry_refunds()
    world.travel(to=lesson.start_at - HOUR)
    lesson.cancel()
    play.agrees()


# 23. Two refunds and a loss in any order


@pytest.mark.parametrize(
    "order", list(permutations(["refund 1", "refund 2", "lose"])), ids="-".join
)
@pytest.mark.parametrize("who", ["platform", "instructor, and the platform keeps its fee"])
@BY_CARD_OR_HOURS
def test_row_23_two_refunds_and_a_loss(
    world: World, order: tuple[str, ...], who: str, by: str
) -> None:
    is_liable = who != "platform"
    play = Play(world, is_fee_refundable=not is_liable, is_instructor_liable=is_liable)
    lesson = play.sell(by)
    lesson.give()
    for step in order:
        if step == "lose":
            (lesson.hours or lesson).lose(1501)
        else:
            lesson.refund_in_dashboard({"refund 1": 1333, "refund 2": 777}[step])
    play.agrees()


# 24. Discounts above the fee: what the platform adds is paid for a given lesson only


@pytest.mark.parametrize("discount", [5310, 2000])
def test_row_24_the_learner_does_not_come_to_a_lesson_paid_below_its_share(
    world: World, discount: int
) -> None:
    play = Play(world)
    play.lesson(discount).miss()
    play.agrees()


@pytest.mark.parametrize("is_fee_refundable", [False, True])
def test_row_24_a_lesson_paid_below_its_share_is_cancelled_late(
    world: World, is_fee_refundable: bool
) -> None:
    play = Play(world, is_fee_refundable=is_fee_refundable)
    lesson = play.lesson(2000)
    world.travel(to=lesson.start_at - HOUR)
    lesson.cancel()
    play.agrees()


# 25. Hours expire unused


def test_row_25_hours_expire_unused(world: World) -> None:
    play = Play(world, credit_validity_months=1)
    hours = play.hours(3)
    hours.lesson().give()
    hours.expire()
    play.agrees()
