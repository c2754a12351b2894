"""A learner who cancels late pays for a genuine loss only: not if somebody else buys the time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import MARKETPLACE, Booking, World
from tests.model.entitlements import Item
from tests.model.judge import Lesson, Play

HOUR = timedelta(hours=1)
BY = pytest.mark.parametrize("by", ["card", "hours", "both"])


def cancelled_late(play: Play, by: str) -> Lesson:
    lesson = play.sell(by)
    play.world.travel(to=lesson.start_at - HOUR)
    lesson.cancel()
    play.agrees()
    return lesson


def earned(world: World) -> dict[str, int]:
    rows = world.rows(
        "select kind::text, sum(amount_cents)::integer from public.earnings group by 1"
    )
    return {row["kind"]: row["sum"] for row in rows}


@BY
@pytest.mark.parametrize("is_fee_refundable", [True, False])
def test_the_kept_part_goes_back_when_the_time_is_sold_again(
    world: World, by: str, is_fee_refundable: bool
) -> None:
    play = Play(world, is_fee_refundable=is_fee_refundable)
    lesson = cancelled_late(play, by)
    lesson.sell_again()
    play.agrees()
    assert lesson.item.instructor == 0


@BY
def test_the_one_who_bought_the_time_cancels_too(world: World, by: str) -> None:
    """What the first has back stays; the second pays for the loss."""
    play = Play(world)
    lesson = cancelled_late(play, by)
    other = lesson.sell_again()
    play.agrees()
    other.cancel()
    play.agrees()
    assert (lesson.item.instructor, other.item.instructor) == (0, other.item.price.share // 2)


def test_the_earning_of_the_cancellation_is_reversed(world: World) -> None:
    play = Play(world)
    lesson = cancelled_late(play, "card")
    assert earned(world) == {"cancellation": 2250}
    lesson.sell_again()
    play.agrees()
    assert earned(world) == {"cancellation": 2250, "adjustment": -2250}


def test_a_time_that_is_held_and_not_paid_is_not_sold_again(world: World) -> None:
    play = Play(world)
    lesson = cancelled_late(play, "card")
    world.book(world.person("Eve"), lesson.booking.slot_id)
    play.agrees()


def test_the_same_learner_who_comes_back_does_not_sell_it_again(world: World) -> None:
    play = Play(world)
    lesson = cancelled_late(play, "card")
    lesson.book_again(play.learner)
    play.agrees()


def test_a_school_may_keep_it_all_the_same(world: World) -> None:
    play = Play(world)
    lesson = cancelled_late(play, "card")
    owner = world.member(MARKETPLACE, "owner")
    world.call(
        owner, "public.update_organization", p_org_id=MARKETPLACE, p_refunds_resold_times=False
    )
    kept = lesson.item.promised
    lesson.sell_again()
    lesson.item.fraction, lesson.item.promised = lesson.item.fraction / 2, kept
    play.agrees()


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_a_claim_about_the_other_lesson_changes_nothing_for_the_first(
    world: World, who: str
) -> None:
    """The time was sold, whoever does not come to it."""
    play = Play(world)
    lesson = cancelled_late(play, "card")
    other = lesson.sell_again()
    if who == "learner":
        other.miss()
    else:
        other.be_stood_up()
    play.agrees()
    assert lesson.item.instructor == 0


@pytest.mark.parametrize("is_proposed", [False, True])
def test_a_lesson_that_only_moves_there_sells_nothing(world: World, is_proposed: bool) -> None:
    """The instructor has lost the time that it leaves."""
    play = Play(world)
    lesson = play.lesson()
    eve = world.person("Eve")
    world.travel(to=lesson.start_at - 26 * HOUR)
    slot_id = world.slot(play.service_id, lesson.start_at + 48 * HOUR)
    booked = world.book(eve, slot_id)
    booking = Booking(world, booked["booking_id"], eve, play.instructor, slot_id)
    other = play.add(Lesson(play, booking, Item(play.price(4500), is_paid=False)))
    play.pay(other)
    world.travel(to=lesson.start_at - HOUR)
    lesson.cancel()
    play.agrees()
    other.move_at_its_price(lesson.start_at, is_proposed=is_proposed)
    play.agrees()
    assert lesson.item.instructor == 2250
