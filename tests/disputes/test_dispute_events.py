"""A dispute's money is what Stripe's balance says, and whoever bears the risk bears the loss."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.cancellations.steps import follow, move, pay_difference, payments, price_on
from tests.factories import Booking, World, dispute_object
from tests.orders.steps import refunds, series, succeed

WARNINGS = ["warning_needs_response", "warning_under_review", "warning_closed", "prevented"]


def dearer_lesson(world: World) -> Booking:
    """A lesson that was moved to a dearer time: of 53.10 that were paid first, and 17.70 more."""
    booking = world.booking(price_cents=None)
    price_on(world, booking, world.in_days(3), 6000)
    booking.pay()
    there = follow(booking, move(world, booking, world.in_days(3)))
    pay_difference(there)
    return there


@pytest.mark.parametrize("status", WARNINGS)
def test_a_warning_moves_no_money(world: World, status: str) -> None:
    booking = world.lesson()
    before = world.ledger()
    world.dispute(booking.payment, status)
    assert world.ledger() == before
    assert not booking.payment["is_disputed"]
    assert world.value("select status from public.earnings") == "pending"


@pytest.mark.parametrize("status", ["needs_response", "under_review"])
def test_an_open_dispute_freezes_what_is_not_settled(world: World, status: str) -> None:
    booking = world.lesson()
    world.dispute(booking.payment, status)
    assert booking.payment["is_disputed"]
    assert world.value("select status from public.earnings") == "frozen"
    assert world.ledger()["dispute_receivable"] == 5310
    with world.unchanged(), world.refusing("PT409", "payment_disputed"):
        world.call(
            world.admin(),
            "public.admin_refund",
            p_payment_id=booking.payment["id"],
            p_amount_cents=1,
            p_reason="Because",
        )


def test_a_dispute_that_is_won_leaves_only_stripes_fee(world: World) -> None:
    booking = world.lesson()
    before = world.ledger()
    world.dispute(booking.payment)
    world.dispute(booking.payment, "won")
    after = before | {
        "stripe_balance": before["stripe_balance"] - 2000,
        "dispute_fees": 2000,
    }
    assert world.ledger() == after
    assert world.value("select status from public.earnings") == "pending"


def test_a_lost_dispute_is_the_platforms(world: World) -> None:
    booking = world.lesson()
    world.dispute(booking.payment)
    world.dispute(booking.payment, "lost")
    assert world.ledger() == {
        "stripe_balance": -2000,
        "dispute_fees": 2000,
        "dispute_losses": 4500,
        "instructor_pending": -4500,
    }
    assert world.value("select sum(amount_cents) from public.earnings") == 4500


def test_a_lost_dispute_is_the_instructors_where_the_school_says_so(world: World) -> None:
    world.connection.execute("update public.organizations set dispute_liability = 'instructor'")
    booking = world.lesson()
    world.dispute(booking.payment)
    world.dispute(booking.payment, "lost")
    assert world.ledger() == {"stripe_balance": -2000, "dispute_fees": 2000}
    assert world.value("select sum(amount_cents) from public.earnings") == 0


def test_what_exceeds_the_payment_is_lost_by_the_platform(world: World) -> None:
    booking = world.lesson()
    world.dispute(booking.payment, "lost", amount=6000)
    assert world.ledger()["dispute_losses"] == 4500 + 690
    assert booking.payment["lost_cents"] == 5310


def test_late_and_repeated_news_change_nothing(world: World) -> None:
    booking = world.lesson()
    world.dispute(booking.payment)
    world.dispute(booking.payment, "lost")
    leaving_out = ["private.webhook_events", "private.webhook_event_bodies", "private.outbox"]
    with world.unchanged(leaving_out=leaving_out):
        world.dispute(booking.payment, "under_review")
        world.dispute(booking.payment, "lost")
        world.dispute(booking.payment)


def test_a_disputed_purchase_freezes_what_is_left(world: World) -> None:
    instructor, service_id = world.hourly()
    learner = world.person("Ben")
    credit = world.hours(learner, instructor, 3)
    credit.book(service_id).complete()
    world.dispute(credit.payment)
    assert credit.columns["status"] == "frozen"
    with world.refusing("PT409", "insufficient_credit"):
        credit.book(service_id, world.in_days(5))
    world.dispute(credit.payment, "won")
    assert credit.columns["status"] == "active"


def test_a_lost_purchase_loses_its_minutes_and_what_its_lessons_were_paid_with(
    world: World,
) -> None:
    instructor, service_id = world.hourly()
    learner = world.person("Ben")
    credit = world.hours(learner, instructor, 3)
    credit.book(service_id).complete()
    world.dispute(credit.payment, "lost")
    assert credit.columns["minutes_left"] == 0
    assert world.ledger() == {
        "stripe_balance": -2000,
        "dispute_fees": 2000,
        "dispute_losses": 4500,
        "instructor_pending": -4500,
    }
    with world.refusing("PT409", "insufficient_credit"):
        credit.book(service_id, world.in_days(5))


@pytest.mark.parametrize(("liability", "earned"), [("platform", 4500), ("instructor", 3375)])
def test_a_loss_beyond_the_unused_hours_falls_on_the_lessons_given(
    world: World, liability: str, earned: int
) -> None:
    """Two of three hours are given; 79.65 are lost: an hour, and a quarter of each lesson."""
    world.connection.execute("update public.organizations set dispute_liability = %s", [liability])
    instructor, service_id = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 3)
    for day in (2, 3):
        credit.book(service_id, world.in_days(day)).complete()
    world.dispute(credit.payment, "lost", amount=7965)
    assert credit.columns["minutes_left"] == 0
    assert world.value("select sum(amount_cents) from public.earnings") == 2 * earned
    ledger = world.ledger()
    platform = ledger.get("platform_fees", 0) + ledger.get("dispute_losses", 0)
    # Of 159.30 are left 79.65, which are the instructor's or, as far as not, the platform's.
    assert platform == 2 * earned - 7965
    assert ledger["stripe_balance"] == 7965 - 2000


def test_money_that_bought_nothing_is_lost_from_suspense(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    world.deliver("payment_intent.succeeded", booking.intent(amount_received=5000))
    world.dispute(booking.payment, amount=5000)
    world.dispute(booking.payment, "lost", amount=5000)
    world.dispute(booking.payment, "lost", amount=5000)
    assert world.ledger() == {"stripe_balance": -2000, "dispute_fees": 2000}


def test_a_lesson_ahead_whose_hours_were_lost_is_cancelled(world: World) -> None:
    instructor, service_id = world.hourly()
    learner = world.person("Ben")
    credit = world.hours(learner, instructor, 2)
    booking = credit.book(service_id)
    world.dispute(credit.payment, "lost")
    assert (booking.status, booking.columns["cancelled_by"]) == ("cancelled", "system")
    assert world.ledger() == {"stripe_balance": -2000, "dispute_fees": 2000}
    assert (credit.columns["minutes_left"], credit.columns["minutes_used"]) == (0, 60)
    assert credit.payment["lost_cents"] == credit.payment["amount_cents"]


def test_hours_whose_refund_fails_after_their_purchase_was_lost_lessen_the_loss(
    world: World,
) -> None:
    instructor, _ = world.hourly()
    learner = world.person("Ben")
    credit = world.hours(learner, instructor, 2)
    world.ask(learner, "public.refund_credits", p_credit_id=credit.id, p_minutes=60)
    world.dispute(credit.payment, "lost")
    world.carry_refunds("failed")
    assert world.ledger() == {"stripe_balance": -2000, "dispute_fees": 2000}
    assert credit.columns["minutes_left"] == 0


@pytest.mark.parametrize("disputed", [0, 1])
def test_a_dispute_over_either_payment_of_a_lesson_freezes_what_it_earned(
    world: World, disputed: int
) -> None:
    there = dearer_lesson(world)
    there.complete()
    payment = payments(there)[disputed]
    world.dispute(payment)
    assert world.value("select status from public.earnings") == "frozen"
    world.dispute(payment, "won")
    assert world.value("select status from public.earnings") == "pending"


def test_what_is_earned_begins_frozen_while_either_payment_is_disputed(world: World) -> None:
    there = dearer_lesson(world)
    first, second = payments(there)
    world.dispute(first)
    there.complete()
    assert world.value("select status from public.earnings") == "frozen"
    world.dispute(second)
    world.dispute(first, "won")
    assert world.value("select status from public.earnings") == "frozen"
    world.dispute(second, "won")
    assert world.value("select status from public.earnings") == "pending"


@pytest.mark.parametrize("disputed", [0, 1])
def test_what_was_released_before_the_dispute_is_not_paid_out(world: World, disputed: int) -> None:
    there = dearer_lesson(world)
    for payment in payments(there):
        world.settle_funds(payment)
    there.complete()
    world.travel(by=timedelta(days=10))
    world.maintain()
    cleared = (
        "select count(*) from private.payable_earnings(private.marketplace_id(), private.clock())"
    )
    assert world.value("select status from public.earnings") == "available"
    assert world.value(cleared) == 1
    world.dispute(payments(there)[disputed])
    assert world.value(cleared) == 0


APPEALS = ["appeal_needs_response", "appeal_under_review"]


def say(world: World, payment: DictRow, status: str, days: int = 0, **fields: Any) -> None:
    """What Stripe says of a dispute so many days after the tests' instant."""
    world.deliver(
        "charge.dispute.updated",
        dispute_object(payment, status, **fields),
        occurred_at=world.now() + timedelta(days=days),
    )


@pytest.mark.parametrize("status", APPEALS)
def test_an_appeal_leaves_the_loss_as_it_is(world: World, status: str) -> None:
    booking = world.lesson()
    world.dispute(booking.payment)
    say(world, booking.payment, "lost", 1)
    lost = world.ledger()
    say(world, booking.payment, status, 2)
    dispute = world.row("select * from public.disputes")
    assert (dispute["status"], dispute["closed_at"]) == (status, None)
    assert dispute["lost_cents"] == 5310
    assert not booking.payment["is_disputed"]
    assert world.ledger() == lost


def test_an_appeal_that_needs_an_answer_is_told_with_its_deadline(world: World) -> None:
    booking = world.lesson()
    say(world, booking.payment, "lost")
    deadline = world.in_days(20)
    evidence = {"due_by": int(deadline.timestamp()), "has_evidence": False}
    say(world, booking.payment, "appeal_needs_response", 1, evidence_details=evidence)
    assert world.value("select evidence_due_at from public.disputes") == deadline
    codes = [row["code"] for row in world.rows("select code from public.alerts order by code")]
    assert codes == ["dispute_appeal_needs_response", "dispute_lost"]


@pytest.mark.parametrize("appeals", [[], APPEALS])
@pytest.mark.parametrize("liability", ["platform", "instructor"])
def test_a_lost_dispute_that_is_won_leaves_only_stripes_fee(
    world: World, liability: str, appeals: list[str]
) -> None:
    world.connection.execute("update public.organizations set dispute_liability = %s", [liability])
    booking = world.lesson()
    before = world.ledger()
    for days, status in enumerate(["needs_response", "lost", *appeals, "won"]):
        say(world, booking.payment, status, days)
    assert world.ledger() == before | {
        "stripe_balance": before["stripe_balance"] - 2000,
        "dispute_fees": 2000,
    }
    assert booking.payment["lost_cents"] == 0
    assert world.value("select sum(amount_cents) from public.earnings") == 4500


def test_an_appeal_that_is_lost_is_a_loss(world: World) -> None:
    booking = world.lesson()
    for days, status in enumerate(["lost", "appeal_needs_response", "lost"]):
        say(world, booking.payment, status, days)
    dispute = world.row("select * from public.disputes")
    assert dispute["closed_at"] == world.now() + timedelta(days=2)
    assert world.ledger()["dispute_losses"] == 4500


@pytest.mark.parametrize("used", [0, 2])
def test_a_lost_purchase_that_is_won_is_usable_again(world: World, used: int) -> None:
    instructor, service_id = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 10)
    for day in range(used):
        credit.book(service_id, world.in_days(2 + day)).complete()
    before = world.ledger()
    say(world, credit.payment, "lost")
    assert credit.columns["minutes_left"] == 0
    say(world, credit.payment, "won", 1)
    assert credit.columns["status"] == "active"
    assert credit.columns["minutes_left"] == 600 - 60 * used
    assert world.value("select coalesce(sum(amount_cents), 0) from public.earnings") == 4500 * used
    assert world.ledger() == before | {
        "stripe_balance": before["stripe_balance"] - 2000,
        "dispute_fees": 2000,
    }
    credit.book(service_id, world.in_days(9))


def test_a_lost_part_of_a_purchase_takes_its_whole_minutes(world: World) -> None:
    instructor, _ = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 10)
    say(world, credit.payment, "lost", amount=2000)
    assert (credit.columns["status"], credit.columns["minutes_left"]) == ("active", 578)
    assert credit.payment["lost_cents"] == 2000
    assert world.ledger() == {
        "stripe_balance": 53100 - 4000,
        "dispute_fees": 2000,
        "dispute_losses": 53,
        "learner_prepaid": -(45000 - 1650),
        "deferred_fees": -(8100 - 297),
    }


@pytest.mark.parametrize("how", ["refunded", "expired"])
def test_the_hours_that_a_partial_loss_leaves_can_all_be_refunded(world: World, how: str) -> None:
    """They cost 0.53 more than is left of the payment; the bank gave that back with the loss."""
    world.connection.execute("update public.organizations set credit_validity_months = 2")
    instructor, _ = world.hourly()
    ben = world.person("Ben")
    credit = world.hours(ben, instructor, 10)
    say(world, credit.payment, "lost", amount=2000)
    if how == "refunded":
        (refund,) = world.ask(ben, "public.refund_credits", p_credit_id=credit.id)
        assert (refund["minutes"], refund["amount_cents"]) == (578, 51100)
    else:
        world.travel(to=credit.columns["expires_at"])
        world.maintain()
    world.carry_refunds()
    assert (credit.columns["minutes_left"], credit.payment["refunded_cents"]) == (0, 51100)
    ledger = world.ledger()
    assert ledger.pop("dispute_losses") + ledger.pop("platform_fees") == 0
    assert ledger == {"stripe_balance": -2000, "dispute_fees": 2000}


def settle(world: World, payment: DictRow, status: str) -> None:
    """Answers the fetches that wait: this is how the dispute stands at Stripe."""
    for asked in world.commands("fetch_dispute"):
        world.serve(
            "jobs",
            "private.record_dispute",
            p_dispute_id=asked["dispute_id"],
            p_dispute=Jsonb(dispute_object(payment, status)),
            p_settles_at=asked["settles_at"],
        )


@pytest.mark.parametrize("first", ["lost", "won"])
@pytest.mark.parametrize("last", ["lost", "won"])
def test_different_news_of_one_second_are_settled_by_a_fetch(
    world: World, first: str, last: str
) -> None:
    booking = world.lesson()
    for status in (first, "lost", "won"):
        say(world, booking.payment, status)
    assert world.value("select status from public.disputes") == "won"
    settle(world, booking.payment, last)
    assert world.value("select status from public.disputes") == last


def test_a_later_decision_stays_when_an_earlier_second_is_settled(world: World) -> None:
    booking = world.lesson()
    say(world, booking.payment, "needs_response")
    say(world, booking.payment, "under_review")
    say(world, booking.payment, "lost", 1)
    settle(world, booking.payment, "under_review")
    assert world.value("select status from public.disputes") == "lost"


def test_another_dispute_is_refused(world: World) -> None:
    booking = world.lesson()
    say(world, booking.payment, "needs_response")
    dispute_id = world.value("select id from public.disputes")
    other = dispute_object(booking.payment, "lost", id="du_other")
    with world.unchanged(), world.refusing("PT422", "wrong_dispute"):
        world.serve(
            "jobs",
            "private.record_dispute",
            p_dispute_id=dispute_id,
            p_dispute=Jsonb(other),
            p_settles_at=world.now(),
        )


def test_a_loss_beyond_the_lesson_given_falls_on_the_one_that_the_instructor_cancelled(
    world: World,
) -> None:
    """Of 106.20 the bank has given back 63.72; what is left, 42.48, is refunded."""
    given, cancelled = series(world, 2)
    given.open_payment()
    succeed(world, given.payment)
    given.complete()
    world.dispute(given.payment, amount=6372)
    world.ask(
        given.instructor.user_id, "public.cancel_booking", p_booking_id=cancelled.id, p_reason="Ill"
    )
    world.dispute(given.payment, "lost", amount=6372)
    assert refunds(world) == [(4248, "pending")]
    lost = "select lost_cents from public.order_items where booking_id = %s"
    assert world.value(lost, given.id) == 5310
    assert world.value(lost, cancelled.id) == 1062
    assert world.violations() == []
