"""Where hours do not last for ever, what is not used in time is earned without a lesson."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.credits.steps import left
from tests.factories import Credit, World


@pytest.fixture
def credit(world: World) -> Credit:
    """Three hours with 10 % off that last for two months."""
    world.connection.execute("update public.organizations set credit_validity_months = 2")
    instructor, service_id = world.hourly()
    ben = world.person("Ben")
    world.discount_code(code="Spring", discount_bps=1000)
    world.check_code(ben, "Spring", service_id)
    return world.hours(ben, instructor, 3, p_discount_code="Spring")


def test_unused_minutes_are_earned_when_they_expire(world: World, credit: Credit) -> None:
    service_id = world.value("select id from public.services")
    credit.book(service_id).complete()
    world.travel(to=credit.columns["expires_at"] - timedelta(seconds=1))
    world.serve("jobs", "private.maintain")
    assert left(world, credit.learner) == 120
    world.travel(to=credit.columns["expires_at"])
    assert left(world, credit.learner) == 0
    for _ in range(2):
        world.serve("jobs", "private.maintain")
    assert (credit.columns["minutes_used"], credit.columns["minutes_left"]) == (180, 0)
    assert world.ledger() == {
        "stripe_balance": 14580,
        "promotions": 1350,
        "instructor_pending": -9000,
        "payee_payable": -4500,
        "platform_fees": -2430,
    }
    earned = world.rows("select kind::text, amount_cents from public.earnings order by created_at")
    assert [tuple(row.values()) for row in earned] == [("lesson", 4500), ("credit_expiry", 9000)]


def test_minutes_of_a_lesson_ahead_do_not_expire(world: World, credit: Credit) -> None:
    service_id = world.value("select id from public.services")
    world.travel(to=credit.columns["expires_at"] - timedelta(hours=1))
    booking = credit.book(service_id, world.in_days(3))
    world.travel(to=credit.columns["expires_at"])
    world.serve("jobs", "private.maintain")
    assert (credit.columns["minutes_reserved"], credit.columns["minutes_used"]) == (60, 120)
    booking.complete()
    assert world.value("select sum(amount_cents) from public.earnings") == 13500


def test_minutes_that_come_back_after_their_time_expire_then(world: World, credit: Credit) -> None:
    service_id = world.value("select id from public.services")
    world.travel(to=credit.columns["expires_at"] - timedelta(hours=1))
    booking = credit.book(service_id, world.in_days(3))
    world.travel(to=credit.columns["expires_at"])
    world.cancel(credit.learner, booking.id)
    world.serve("jobs", "private.maintain")
    assert credit.columns["minutes_used"] == 180


def test_hours_last_for_ever_where_nothing_else_is_said(world: World) -> None:
    instructor, _ = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 1)
    assert credit.columns["expires_at"] is None
    world.travel(by=timedelta(days=10_000))
    world.serve("jobs", "private.maintain")
    assert left(world, credit.learner) == 60


def test_a_change_of_mind_does_not_touch_what_was_sold(world: World, credit: Credit) -> None:
    before = credit.columns["expires_at"]
    world.connection.execute("update public.organizations set credit_validity_months = null")
    assert credit.columns["expires_at"] == before
