"""An instructor sees what Friday will bring, earning by earning, and why the rest does not come."""

from __future__ import annotations

from datetime import timedelta

import pytest
from psycopg.rows import DictRow

from tests.factories import Booking, World


@pytest.fixture
def lesson(world: World) -> Booking:
    """A lesson that was given and paid, by an instructor who can be paid, past its hold."""
    lesson = world.lesson(title="Parking")
    world.onboard(lesson.instructor)
    world.travel(by=timedelta(days=3))
    return lesson


def ask(world: World, lesson: Booking) -> list[DictRow]:
    return world.ask(lesson.instructor.user_id, "public.my_next_payout")


def test_what_is_included_is_what_the_run_pays(world: World, lesson: Booking) -> None:
    lesson.refund(531)
    told = ask(world, lesson)
    assert [(row["kind"], row["service"]) for row in told] == [
        ("lesson", "Parking"),
        ("refund", "Parking"),
    ]
    assert all(row["is_included"] and row["reason"] is None for row in told)
    (payday,) = {row["payout_date"] for row in told}
    assert payday.isoweekday() == 5
    world.travel(to=world.now() + (payday - world.now().date()))
    assert len(world.run_payouts()) == 1
    paid = world.value("select amount_cents from public.payouts")
    assert paid == sum(row["amount_cents"] for row in told) == 4050
    assert ask(world, lesson) == []


def test_a_lesson_within_its_hold_waits_for_the_payday_after(world: World) -> None:
    lesson = world.lesson()
    world.onboard(lesson.instructor)
    world.connection.execute(
        "update public.earnings set available_at = private.clock() + interval '20 days'"
    )
    (row,) = ask(world, lesson)
    assert (row["is_included"], row["reason"]) == (False, "on_hold_after_the_lesson")


def test_a_disputed_lesson_is_not_included(world: World, lesson: Booking) -> None:
    world.dispute(lesson.payment)
    reasons = {row["reason"] for row in ask(world, lesson)}
    assert reasons <= {"frozen", "disputed"}
    assert reasons


def test_money_that_stripe_still_keeps_waits(world: World, lesson: Booking) -> None:
    world.connection.execute(
        "update public.payments set funds_available_at = private.clock() + interval '20 days'"
    )
    (row,) = ask(world, lesson)
    assert (row["is_included"], row["reason"]) == (False, "money_not_available")


def test_without_an_account_nothing_is_included(world: World) -> None:
    lesson = world.lesson()
    world.travel(by=timedelta(days=3))
    (row,) = ask(world, lesson)
    assert (row["is_included"], row["reason"]) == (False, "no_account")


def test_less_than_the_minimum_waits(world: World, lesson: Booking) -> None:
    world.connection.execute("update public.instructor_details set minimum_payout_cents = 100000")
    (row,) = ask(world, lesson)
    assert (row["is_included"], row["reason"]) == (False, "below_minimum")


def test_others_see_nothing_of_it(world: World, lesson: Booking) -> None:
    assert world.ask(lesson.learner, "public.my_next_payout") == []
    assert world.ask(world.instructor().user_id, "public.my_next_payout") == []
