"""Within 14 days a consumer withdraws from what is not given: all comes back, with the fee."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.bookings.test_propose import accept, propose
from tests.cancellations.steps import follow, move, price_on
from tests.factories import World
from tests.model.judge import Hours, Lesson, Play
from tests.schools.conftest import School, school

__all__ = ["school"]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEE = pytest.mark.parametrize("is_fee_refundable", [True, False])


def offering(world: World, mode: str, **terms: Any) -> Play:
    world.connection.execute("update public.organizations set withdrawal_mode = %s", [mode])
    return Play(world, **terms)


def order_of(sold: Lesson | Hours) -> UUID:
    world = sold.play.world
    sold_id = sold.booking.id if isinstance(sold, Lesson) else sold.credit.id
    order_id: UUID = world.value(
        "select order_id from public.order_items where %s in (booking_id, credit_id)", sold_id
    )
    return order_id


def withdraw(sold: Lesson | Hours) -> DictRow:
    (receipt,) = sold.play.world.ask(
        sold.play.learner, "public.withdraw_from_order", p_order_id=order_of(sold)
    )
    return receipt


@FEE
def test_hours_are_withdrawn_but_for_the_lesson_that_was_given(
    world: World, is_fee_refundable: bool
) -> None:
    play = offering(world, "packages", is_fee_refundable=is_fee_refundable)
    hours = play.hours(3)
    hours.lesson().give()
    ahead = hours.lesson()
    world.travel(to=ahead.start_at - HOUR)
    receipt = withdraw(hours)
    hours.lot.withdraw()
    play.agrees()
    assert receipt["booking_ids"] == [ahead.booking.id]
    assert (receipt["refund_cents"], receipt["refunded_minutes"]) == (10620, 120)
    assert world.rows("select * from public.order_withdrawals") == [receipt]


@FEE
@pytest.mark.parametrize("by", ["card", "both"])
def test_a_dated_lesson_is_withdrawn_before_any_policy(
    world: World, is_fee_refundable: bool, by: str
) -> None:
    play = offering(world, "full", is_fee_refundable=is_fee_refundable)
    lesson = play.sell(by)
    world.travel(to=lesson.start_at - HOUR)
    receipt = withdraw(lesson)
    if lesson.hours and lesson.by_hours:
        lesson.hours.lot.withdraw_lesson(lesson.by_hours)
    else:
        lesson.item.withdraw()
    play.agrees()
    assert receipt["refund_cents"] == lesson.payment["amount_cents"]
    ending = world.value("select ending::text from public.order_items where kind = 'booking'")
    assert ending == "withdrawn"


def test_a_second_withdrawal_is_the_first(world: World) -> None:
    play = offering(world, "full")
    lesson = play.lesson()
    first = withdraw(lesson)
    assert withdraw(lesson) == first
    lesson.item.withdraw()
    play.agrees()


def test_hours_that_were_not_paid_are_given_up(world: World) -> None:
    play = offering(world, "packages")
    hours = play.buy(2)
    assert withdraw(hours)["refund_cents"] == 0
    assert hours.credit.columns["status"] == "cancelled"
    play.agrees()


@pytest.mark.parametrize("mode", ["packages", "none"])
def test_terms_without_a_withdrawal_refuse_it(world: World, mode: str) -> None:
    lesson = offering(world, mode).lesson()
    with world.unchanged(), world.refusing("PT409", "no_withdrawal"):
        withdraw(lesson)


def test_the_terms_are_those_of_the_order(world: World) -> None:
    lesson = offering(world, "full").lesson()
    world.connection.execute("update public.organizations set withdrawal_mode = 'none'")
    assert withdraw(lesson)["refund_cents"] == 5310


@pytest.mark.parametrize("days", [14, 15])
def test_the_right_ends_with_the_fourteenth_day(world: World, days: int) -> None:
    hours = offering(world, "packages").hours(1)
    world.travel(by=days * DAY)
    if days == 14:
        assert withdraw(hours)["refunded_minutes"] == 60
        return
    with world.unchanged(), world.refusing("PT409", "withdrawal_too_late"):
        withdraw(hours)


def test_what_is_given_is_kept(world: World) -> None:
    lesson = offering(world, "full").lesson()
    lesson.give()
    with world.unchanged(), world.refusing("PT409", "nothing_to_withdraw"):
        withdraw(lesson)


def test_nobody_else_withdraws(world: World) -> None:
    order_id = order_of(offering(world, "full").lesson())
    with world.unchanged(), world.refusing("PT404", "order_not_found"):
        world.ask(world.person("Eve"), "public.withdraw_from_order", p_order_id=order_id)


@pytest.mark.parametrize(("days", "is_early"), [(13, True), (15, False)])
def test_a_lesson_within_the_period_records_that_it_was_asked_for(
    world: World, days: int, is_early: bool
) -> None:
    play = offering(world, "packages")
    lesson = play.hold(start_at=world.in_days(days))
    asked_at = lesson.booking.columns["early_start_requested_at"]
    assert asked_at == (world.now() if is_early else None)


# Lessons that are proposed, moved or claimed


def test_a_time_that_is_proposed_ends_with_the_lesson(world: World) -> None:
    play = offering(world, "full")
    lesson = play.lesson()
    there = lesson.propose(lesson.start_at + DAY)
    receipt = withdraw(lesson)
    assert (receipt["booking_ids"], receipt["refund_cents"]) == ([lesson.booking.id], 5310)
    assert (lesson.booking.status, there.status) == ("cancelled", "cancelled")
    lesson.item.withdraw()
    play.agrees()


@pytest.mark.parametrize("cents", [3000, 4500, 6000])
@pytest.mark.parametrize("is_proposed", [False, True])
def test_a_lesson_that_has_moved_is_withdrawn(world: World, cents: int, is_proposed: bool) -> None:
    play = offering(world, "full")
    lesson = play.lesson()
    lesson.move(cents, is_proposed=is_proposed)
    play.quiet()
    receipt = withdraw(lesson)
    assert receipt["booking_ids"] == [lesson.booking.id]
    assert receipt["refund_cents"] == lesson.item.price.total
    lesson.item.withdraw()
    play.agrees()


def test_a_dearer_time_that_waits_for_its_payment_ends_too(world: World) -> None:
    play = offering(world, "full")
    lesson = play.lesson()
    dearer_at = lesson.start_at + DAY
    price_on(world, lesson.booking, dearer_at, 6000)
    there = follow(lesson.booking, move(world, lesson.booking, dearer_at))
    assert withdraw(lesson)["booking_ids"] == [lesson.booking.id]
    assert (lesson.booking.status, there.status) == ("cancelled", "cancelled")
    lesson.item.withdraw()
    play.agrees()


@pytest.mark.parametrize("by", ["hours", "both"])
def test_hours_take_the_lesson_along_that_moved(world: World, by: str) -> None:
    play = offering(world, "packages")
    lesson = play.sell(by)
    assert lesson.hours
    lesson.move_at_its_price(lesson.start_at + DAY, is_proposed=True)
    play.quiet()
    receipt = withdraw(lesson.hours)
    assert receipt["booking_ids"] == [lesson.booking.id]
    lesson.hours.lot.withdraw()
    play.agrees()


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_a_lesson_of_which_somebody_claims_something_stays(world: World, who: str) -> None:
    """Minutes that the claim gives back later are the learner's to use, or to be refunded."""
    play = offering(world, "packages")
    hours = play.hours(3)
    lesson = hours.lesson()
    world.travel(to=lesson.start_at + HOUR / 2)
    claim_id = lesson.booking.say_missing(who)
    receipt = withdraw(hours)
    assert (receipt["booking_ids"], receipt["refunded_minutes"]) == ([], 120)
    hours.lot.refund("withdrawn", 120, is_fault=True)
    play.agrees()
    absent = play.learner if who == "learner" else play.instructor.user_id
    world.call(absent, "public.accept_claim", p_claim_id=claim_id)
    if who == "learner":
        lesson.item.miss()
    else:
        lesson.fall_through()
    play.agrees()
    assert hours.lot.left == (0 if who == "learner" else 60)


@pytest.mark.parametrize(("days", "is_in_time"), [(15, True), (16, False)])
def test_what_others_ordered_counts_from_the_learners_word(
    school: School, days: int, is_in_time: bool
) -> None:
    world = school.world
    world.connection.execute("update public.organizations set withdrawal_mode = 'full'")
    booking = propose(school, price_cents=4500, start_at=world.in_days(20))
    world.travel(by=DAY)
    accept(booking)
    booking.pay()
    world.travel(by=(days - 1) * DAY)
    arguments = {"p_order_id": booking.columns["order_id"]}
    if is_in_time:
        (receipt,) = world.ask(school.learner, "public.withdraw_from_order", **arguments)
        assert receipt["booking_ids"] == [booking.id]
        return
    with world.unchanged(), world.refusing("PT409", "withdrawal_too_late"):
        world.ask(school.learner, "public.withdraw_from_order", **arguments)


def test_what_waits_for_the_learners_word_is_turned_down(school: School) -> None:
    world = school.world
    world.connection.execute("update public.organizations set withdrawal_mode = 'full'")
    booking = propose(school, price_cents=4500)
    (receipt,) = world.ask(
        school.learner, "public.withdraw_from_order", p_order_id=booking.columns["order_id"]
    )
    assert (receipt["booking_ids"], receipt["refund_cents"]) == ([booking.id], 0)
    assert booking.status == "cancelled"
