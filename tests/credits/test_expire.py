"""Where hours do not last for ever, what is not used in time is refunded, or else forfeited."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.credits.steps import left
from tests.factories import Credit, World


@pytest.fixture
def credit(world: World) -> Credit:
    """Three hours with 10 % off that last for two months, of a school that forfeits nothing."""
    return three_hours(world)


def three_hours(world: World) -> Credit:
    world.connection.execute("update public.organizations set credit_validity_months = 2")
    instructor, service_id = world.hourly()
    ben = world.person("Ben")
    world.discount_code(code="Spring", discount_bps=1000)
    world.check_code(ben, "Spring", service_id)
    return world.hours(ben, instructor, 3, p_discount_code="Spring")


def expire(world: World, credit: Credit) -> None:
    """Lets a lesson of the hours be given, and their time come."""
    credit.book(world.value("select id from public.services")).complete()
    world.travel(to=credit.columns["expires_at"] - timedelta(seconds=1))
    world.maintain()
    assert left(world, credit.learner) == 120
    world.travel(to=credit.columns["expires_at"])
    assert left(world, credit.learner) == 0
    for _ in range(2):
        world.maintain()


def test_unused_minutes_are_refunded_when_they_expire(world: World, credit: Credit) -> None:
    """Three hours cost 145.80; two of them are unused."""
    expire(world, credit)
    assert [row["amount_cents"] for row in world.rows("select * from public.refunds")] == [9720]
    world.carry_refunds()
    columns = credit.columns
    assert (columns["minutes_used"], columns["minutes_refunded"], columns["minutes_left"]) == (
        60,
        120,
        0,
    )
    assert world.ledger() == {
        "stripe_balance": 4860,
        "promotions": 450,
        "payee_payable": -4500,
        "platform_fees": -810,
    }


def test_the_fee_is_refunded_of_hours_that_expire_where_else_it_is_kept(world: World) -> None:
    world.connection.execute(
        "update public.organizations set credit_validity_months = 2, fee_refundable = false"
    )
    instructor, _ = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 2)
    world.travel(to=credit.columns["expires_at"])
    world.maintain()
    world.carry_refunds()
    assert (credit.payment["refunded_cents"], world.ledger()) == (10620, {})


@pytest.fixture
def forfeited(world: World) -> Credit:
    """Three hours with 10 % off, of a school whose terms forfeit them after two months."""
    world.connection.execute("update public.organizations set forfeits_expired_hours = true")
    return three_hours(world)


def test_unused_minutes_are_earned_where_the_terms_forfeit_them(
    world: World, forfeited: Credit
) -> None:
    world.connection.execute("update public.organizations set forfeits_expired_hours = false")
    expire(world, forfeited)
    assert (forfeited.columns["minutes_left"], world.count("public.refunds")) == (0, 0)
    assert world.ledger() == {
        "stripe_balance": 14580,
        "promotions": 1350,
        "instructor_pending": -9000,
        "payee_payable": -4500,
        "platform_fees": -2430,
    }
    earned = world.rows("select kind::text, amount_cents from public.earnings order by created_at")
    assert [tuple(row.values()) for row in earned] == [("lesson", 4500), ("credit_expiry", 9000)]


def test_of_forfeited_minutes_no_share_is_earned_that_was_not_paid(world: World) -> None:
    """An hour at 45.00 and 8.10 with 20.00 off: only 33.10 were paid."""
    world.connection.execute(
        "update public.organizations set forfeits_expired_hours = true, credit_validity_months = 2"
    )
    instructor, service_id = world.hourly()
    ben = world.person("Ben")
    world.discount_code(code="Big", amount_cents=2000, may_exceed_fee=True)
    world.check_code(ben, "Big", service_id)
    credit = world.hours(ben, instructor, 1, p_discount_code="Big")
    world.travel(to=credit.columns["expires_at"])
    world.maintain()
    assert world.value("select sum(amount_cents) from public.earnings") == 3310
    ledger = world.ledger()
    assert (ledger["stripe_balance"], ledger["instructor_pending"]) == (3310, -3310)
    assert ledger.get("platform_fees", 0) + ledger.get("promotions", 0) == 0


def test_minutes_of_a_lesson_ahead_do_not_expire(world: World, credit: Credit) -> None:
    service_id = world.value("select id from public.services")
    world.travel(to=credit.columns["expires_at"] - timedelta(hours=1))
    booking = credit.book(service_id, world.in_days(3))
    world.travel(to=credit.columns["expires_at"])
    world.maintain()
    assert (credit.columns["minutes_reserved"], credit.columns["minutes_refunded"]) == (60, 120)
    booking.complete()
    assert world.value("select sum(amount_cents) from public.earnings") == 4500


def test_minutes_that_come_back_after_their_time_are_usable_for_30_days_more(
    world: World, credit: Credit
) -> None:
    service_id = world.value("select id from public.services")
    world.travel(to=credit.columns["expires_at"] - timedelta(hours=1))
    booking = credit.book(service_id, world.in_days(3))
    world.travel(to=credit.columns["expires_at"])
    world.maintain()
    world.cancel(credit.learner, booking.id)
    world.travel(by=timedelta(days=30, seconds=-1))
    world.maintain()
    assert (left(world, credit.learner), credit.columns["minutes_refunded"]) == (60, 120)
    world.travel(by=timedelta(seconds=1))
    world.maintain()
    assert (left(world, credit.learner), credit.columns["minutes_refunded"]) == (0, 180)
    world.carry_refunds()
    assert world.ledger() == {}


def test_hours_last_for_ever_where_nothing_else_is_said(world: World) -> None:
    instructor, _ = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 1)
    assert credit.columns["expires_at"] is None
    world.travel(by=timedelta(days=10_000))
    world.maintain()
    assert left(world, credit.learner) == 60


def test_a_change_of_mind_does_not_touch_what_was_sold(world: World, credit: Credit) -> None:
    before = credit.columns["expires_at"]
    world.connection.execute("update public.organizations set credit_validity_months = null")
    assert credit.columns["expires_at"] == before
