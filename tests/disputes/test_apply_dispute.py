"""A dispute's money is what Stripe's balance says, and whoever bears the risk bears the loss."""

from __future__ import annotations

import pytest

from tests.factories import World

WARNINGS = ["warning_needs_response", "warning_under_review", "warning_closed", "prevented"]


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
    leaving_out = ["private.webhook_events", "private.webhook_event_bodies"]
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


def test_a_lost_purchase_is_closed(world: World) -> None:
    instructor, service_id = world.hourly()
    learner = world.person("Ben")
    credit = world.hours(learner, instructor, 3)
    credit.book(service_id).complete()
    world.dispute(credit.payment, "lost")
    assert credit.columns["status"] == "closed"
    assert credit.columns["minutes_left"] == 0
    assert world.ledger() == {
        "stripe_balance": -2000,
        "dispute_fees": 2000,
        "dispute_losses": 5310,
        "instructor_pending": -4500,
        "platform_fees": -810,
    }


def test_money_that_bought_nothing_is_lost_from_suspense(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    world.deliver("payment_intent.succeeded", booking.intent(amount_received=5000))
    world.dispute(booking.payment, amount=5000)
    world.dispute(booking.payment, "lost", amount=5000)
    world.dispute(booking.payment, "lost", amount=5000)
    assert world.ledger() == {"stripe_balance": -2000, "dispute_fees": 2000}
