"""A learner who cancels late pays for a genuine loss only: not if somebody else buys the time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import MARKETPLACE, World
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
