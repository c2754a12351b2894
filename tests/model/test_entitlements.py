"""The model has the values that were worked by hand, and keeps its promises at any price."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.instant import INSTANT
from tests.model.entitlements import (
    Ending,
    HourLesson,
    Item,
    Lot,
    Price,
    fee_of,
    included,
    notice_fraction,
    on_top,
    payable_from,
    portion,
    rounded,
    spread,
)

HALF = Fraction(1, 2)
Step = Callable[[Item], object]


def cancelled(fraction: Fraction) -> Step:
    def step(item: Item) -> None:
        item.cancel(fraction)
        item.give_back()

    return step


def refunded(cents: int) -> Step:
    return lambda item: item.refund(f"refund of {cents}", cents)


def lost(cents: int) -> Step:
    return lambda item: item.lose("dispute", cents)


def failed(item: Item) -> None:
    item.fail()
    item.give_back()


def holdings(item: Item) -> tuple[int, int, int, int]:
    return item.learner_by_refunds, item.learner_by_disputes, item.instructor, item.platform


TEN_OFF = Price(4500, 810, 450)
PLAIN = Price(4500, 810)
FREE = Price(4500, 810, 5310)
won: Step = lambda item: item.win("dispute")  # noqa: E731

# What happens, in this order | price | is the fee kept | is the instructor liable | the four sums
WORKED: list[tuple[list[Step], Price, bool, bool, tuple[int, int, int, int]]] = [
    ([Item.give], TEN_OFF, False, False, (0, 0, 4500, 360)),
    ([Item.give, refunded(2430)], TEN_OFF, False, False, (2430, 0, 2250, 180)),
    ([cancelled(HALF)], PLAIN, False, False, (2655, 0, 2250, 405)),
    ([cancelled(HALF)], PLAIN, True, False, (2250, 0, 2250, 810)),
    ([refunded(1000), cancelled(HALF)], PLAIN, False, False, (3155, 0, 1826, 329)),
    ([cancelled(HALF), refunded(1000)], PLAIN, False, False, (3655, 0, 1403, 252)),
    ([failed], PLAIN, True, False, (5310, 0, 0, 0)),
    ([Item.miss], FREE, False, False, (0, 0, 0, 0)),
    ([Item.give], FREE, False, False, (0, 0, 4500, -4500)),
    ([Item.give, lost(2000)], PLAIN, False, False, (0, 2000, 4500, -1190)),
    ([Item.give, lost(2000)], PLAIN, False, True, (0, 2000, 2805, 505)),
    ([Item.give, lost(5310), won], PLAIN, False, True, (0, 0, 4500, 810)),
    ([lost(5310), failed], PLAIN, False, False, (0, 5310, 0, 0)),
    ([refunded(2655), lost(2655)], PLAIN, False, True, (2655, 2655, 0, 0)),
    ([refunded(2250), lost(3060)], PLAIN, True, True, (2250, 3060, 0, 0)),
    ([lost(3060), refunded(2250)], PLAIN, True, True, (2250, 3060, 0, 0)),
    ([cancelled(HALF)], included(4500, 450), False, False, (2025, 0, 1845, 180)),
    ([cancelled(HALF)], Price(4500, 810, 2000), True, False, (1655, 0, 1655, 0)),
    ([cancelled(Fraction(0)), refunded(5310)], PLAIN, False, False, (5310, 0, 0, 0)),
]


@pytest.mark.parametrize(("steps", "price", "is_kept", "is_liable", "has"), WORKED)
def test_worked_value(
    steps: list[Step],
    price: Price,
    is_kept: bool,
    is_liable: bool,
    has: tuple[int, int, int, int],
) -> None:
    item = Item(price, is_fee_refundable=not is_kept, is_instructor_liable=is_liable)
    for step in steps:
        step(item)
    assert holdings(item) == has
    assert item.owed == 0


# Where the terms of the rule part: worked from the rule, like the values above.
BELOW = Price(4500, 810, 2000)
CORNERS: list[tuple[list[Step], Price, bool, bool, tuple[int, int, int, int]]] = [
    # All is back, so nothing is left of the share, though less than the share was paid.
    ([Item.give, refunded(3310)], BELOW, True, False, (3310, 0, 0, 0)),
    # The refund took more than its part of the share, so the loss takes nothing.
    ([Item.give, refunded(2250), lost(10)], PLAIN, True, True, (2250, 10, 2250, 800)),
    # What is lost is not owed a second time.
    ([lost(2000), cancelled(HALF)], PLAIN, False, False, (1655, 2000, 2250, -595)),
]


@pytest.mark.parametrize(("steps", "price", "is_kept", "is_liable", "has"), CORNERS)
def test_corner(
    steps: list[Step],
    price: Price,
    is_kept: bool,
    is_liable: bool,
    has: tuple[int, int, int, int],
) -> None:
    test_worked_value(steps, price, is_kept, is_liable, has)


def test_worked_prices() -> None:
    assert on_top(4500, 450) == Price(4500, 810, 450)
    assert on_top(4500, 450).total == 4860
    assert included(4500, 450) == Price(3690, 810, 450)
    assert included(4500, 450).total == 4050
    assert fee_of(25, 200) == 1


def test_half_of_a_discounted_lesson_is_taken_from_everybody() -> None:
    half = TEN_OFF.first(1, 2)
    assert (half.total, half) == (2430, Price(2250, 405, 225))


def test_a_payee_who_was_paid_owes_what_is_refunded_later() -> None:
    item = Item(TEN_OFF)
    item.give()
    paid_out = item.instructor
    item.refund("half", 2430)
    assert item.instructor - paid_out == -2250


def test_ten_hours_three_used_and_seven_refunded() -> None:
    lot = Lot(Price(45000, 8100, 4500), 600)
    for _ in range(3):
        lot.book(60).item.give()
    assert lot.instructor == 13500
    assert lot.refund("rest", 420) == 34020
    assert (lot.left, lot.prepaid, lot.platform) == (0, 0, 3 * 360)


def test_a_lost_dispute_takes_whole_minutes_and_the_platform_bears_the_rest() -> None:
    lot = Lot(on_top(45000), 600)
    lot.lose("dispute", 2000)
    assert (lot.left, lot.price.total - lot.prepaid, lot.platform) == (578, 1947, -53)
    lot.win("dispute")
    assert (lot.left, lot.platform) == (600, 0)


def test_half_of_a_lesson_of_45_minutes_is_23() -> None:
    lot = Lot(on_top(45000), 600)
    lesson = lot.book(45)
    assert lot.cancel(lesson, HALF) == 23
    assert (lot.left, lot.instructor, lot.prepaid) == (578, 1650, 51153)


def test_a_dispute_over_everything_falls_on_what_was_given_last_of_all() -> None:
    lot = Lot(on_top(45000), 600, is_instructor_liable=True)
    given_one, ahead = lot.book(60), lot.book(60)
    given_one.item.give()
    lot.lose("dispute", 53100)
    assert ahead.item.ending is Ending.FAULT
    assert (lot.left, lot.instructor, lot.platform) == (0, 0, 0)
    lot.win("dispute")
    assert (lot.left, lot.instructor, lot.platform) == (540, 4500, 810)


def test_of_two_lessons_ahead_the_later_is_cancelled_first() -> None:
    lot = Lot(on_top(9000), 120)
    earlier, later = lot.book(60), lot.book(60)
    lot.lose("dispute", 5310)
    assert (earlier.item.ending, later.item.ending) == (None, Ending.FAULT)
    assert (lot.left, lot.prepaid, lot.platform) == (0, 5310, 0)


def test_unused_minutes_are_refunded_without_a_fee_that_is_kept_unless_somebody_failed() -> None:
    lot = Lot(on_top(45000), 600, is_fee_refundable=False)
    assert lot.refund("changed my mind", 60) == 4500
    assert lot.refund("the instructor left", 60, is_fault=True) == 5310
    assert (lot.instructor, lot.platform) == (0, 810)


def test_a_loss_is_spread_without_losing_a_cent() -> None:
    lessons = [HourLesson(Item(Price(100)), 60) for _ in range(3)]
    spread("dispute", 100, lessons)
    assert [lesson.item.lost for lesson in lessons] == [33, 34, 33]


def test_minutes_that_expire_are_refunded_unless_the_terms_forfeit_them() -> None:
    kind, strict = Lot(on_top(4500), 60), Lot(on_top(4500), 60)
    assert (kind.expire(), kind.instructor, kind.platform) == (5310, 0, 0)
    assert (strict.expire(is_forfeited=True), strict.instructor, strict.platform) == (0, 4500, 810)


def test_notice_decides_what_a_cancellation_gives_back() -> None:
    hours = {24: Fraction(1), 23: HALF, 0: Fraction(0), -1: Fraction(0)}
    assert {n: notice_fraction(timedelta(hours=n)) for n in hours} == hours


def test_an_earning_waits_from_the_later_of_the_end_and_the_completion() -> None:
    day, late = timedelta(days=1), INSTANT + timedelta(days=3)
    assert payable_from(INSTANT, INSTANT - timedelta(minutes=59)) == INSTANT + day
    assert payable_from(INSTANT, late) == late + day


def test_a_fault_owes_again_when_a_lost_dispute_is_won_after_all() -> None:
    item = Item(PLAIN)
    item.lose("dispute", 5310)
    item.fail()
    item.win("dispute")
    assert item.give_back() == 5310
    assert holdings(item) == (5310, 0, 0, 0)


def test_a_refund_that_fails_puts_everything_back() -> None:
    item = Item(TEN_OFF, rewards=450)
    item.give()
    before = holdings(item)
    item.refund("half", 2430)
    assert item.rewards_back == 225
    item.fail_refund("half")
    assert (holdings(item), item.rewards_back) == (before, 0)


# Properties

amounts = st.integers(0, 20_000)
fractions = st.integers(0, 10_000).map(lambda bps: Fraction(bps, 10_000))
names = st.sampled_from(["one", "two", "three"])
acts_on_minutes = st.sampled_from(["refund", "give", "fail", "cancel"])


@st.composite
def prices(draw: st.DrawFn) -> Price:
    share, fee = draw(amounts), draw(st.integers(0, 5_000))
    return Price(share, fee, draw(st.integers(0, share + fee)))


@st.composite
def endings(draw: st.DrawFn) -> Step:
    steps: list[Step] = [Item.give, Item.miss, failed, cancelled(draw(fractions))]
    return draw(st.sampled_from(steps))


@st.composite
def movements(draw: st.DrawFn, *, disputes: bool = True) -> list[tuple[str, str, int]]:
    kinds = ["refund", "lose"] if disputes else ["refund"]
    some = st.tuples(st.sampled_from(kinds), names, st.integers(1, 20_000))
    return draw(st.lists(some, max_size=3, unique_by=lambda one: one[:2]))


@st.composite
def items(draw: st.DrawFn) -> Item:
    return Item(draw(prices()), draw(st.booleans()), draw(st.booleans()))


def move(item: Item, kind: str, name: str, amount: int) -> None:
    """As much as there is: neither Stripe nor we send back what was not paid."""
    outstanding = item.price.total - item.returned - item.lost
    if outstanding:
        getattr(item, kind)(name, min(amount, outstanding))


@pytest.mark.slow
@given(items(), movements(), endings(), movements())
@settings(max_examples=500)
def test_nobody_has_less_than_nothing_and_the_sum_is_what_was_paid(
    item: Item,
    before: list[tuple[str, str, int]],
    ending: Step,
    after: list[tuple[str, str, int]],
) -> None:
    for moved in before:
        move(item, *moved)
    ending(item)
    for kind, name, amount in after:
        move(item, kind, f"later {name}", amount)
    assert item.returned + item.lost <= item.price.total
    assert sum(holdings(item)) == item.price.total
    assert min(item.learner_by_refunds, item.learner_by_disputes, item.instructor) >= 0
    assert item.instructor <= item.price.share
    assert item.owed >= 0


@pytest.mark.slow
@given(items(), movements(), names)
@settings(max_examples=300)
def test_a_fault_is_made_whole_also_when_a_dispute_is_won_later(
    item: Item, before: list[tuple[str, str, int]], dispute: str
) -> None:
    for moved in before:
        move(item, *moved)
    failed(item)
    item.win(dispute)
    item.give_back()
    assert item.learner_by_refunds + item.learner_by_disputes == item.price.total
    assert (item.instructor, item.platform) == (0, 0)


@pytest.mark.slow
@given(items(), endings(), movements(disputes=False))
@settings(max_examples=500)
def test_without_a_loss_the_platform_bears_at_most_its_discount(
    item: Item, ending: Step, refunds: list[tuple[str, str, int]]
) -> None:
    ending(item)
    for moved in refunds:
        move(item, *moved)
    assert item.platform >= min(item.price.fee - item.price.discount, 0)


@given(prices(), st.booleans(), endings(), movements())
@settings(max_examples=200)
def test_refunds_and_losses_come_to_the_same_in_any_order(
    price: Price,
    is_liable: bool,
    ending: Step,
    moved: list[tuple[str, str, int]],
) -> None:
    ends = set()
    for order in permutations(moved):
        item = Item(price, is_instructor_liable=is_liable)
        ending(item)
        for kind, name, amount in order:
            getattr(item, kind)(name, amount)
        ends.add(holdings(item))
    assert len(ends) == 1


@given(st.integers(0, 10**6), st.lists(st.integers(1, 500), min_size=1, max_size=20))
def test_the_last_part_closes_the_account_to_zero(whole: int, parts: list[int]) -> None:
    so_far, taken = 0, 0
    for part in parts:
        so_far += part
        taken += portion(whole, so_far, sum(parts)) - portion(whole, so_far - part, sum(parts))
    assert taken == whole


@given(prices(), st.integers(1, 40), st.lists(acts_on_minutes, max_size=12), st.data())
@settings(max_examples=300)
def test_a_lot_closes_to_zero_whatever_became_of_its_minutes(
    price: Price, quarters: int, acts: list[str], data: st.DataObject
) -> None:
    lot = Lot(price, 15 * quarters)
    for act in acts:
        minutes = data.draw(st.integers(0, lot.left))
        match act:
            case "refund":
                lot.refund(f"refund {len(lot.refunds)}", minutes)
            case "give":
                lot.book(minutes).item.give()
            case "fail":
                lot.fail(lot.book(minutes))
            case "cancel":
                lot.cancel(lot.book(minutes), HALF)
    lot.expire()
    assert (lot.left, lot.prepaid) == (0, 0)
    assert lot.learner_by_refunds + lot.instructor + lot.platform == price.total
    assert lot.instructor <= price.share


@given(prices(), st.integers(1, 40), st.integers(1, 20_000))
def test_a_dispute_that_is_won_leaves_a_lot_as_it_was(
    price: Price, quarters: int, cents: int
) -> None:
    lot = Lot(price, 15 * quarters)
    if price.total == 0:
        return
    lot.lose("dispute", min(cents, price.total))
    assert lot.platform <= 0
    lot.win("dispute")
    assert (lot.left, lot.platform, lot.prepaid) == (lot.minutes, 0, price.total)


def test_halves_are_rounded_up() -> None:
    assert [rounded(Fraction(n, 2)) for n in range(4)] == [0, 1, 1, 2]
