"""A refund that was made another way than through Stripe is recorded by an admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import Booking, World
from tests.payments.steps import our_refund, paid, refund_row


@pytest.fixture
def booking(world: World) -> Booking:
    return paid(world)


def record(world: World, payment_id: UUID, cents: Any = 5310, **arguments: Any) -> UUID:
    given = {
        "p_payment_id": payment_id,
        "p_amount_cents": cents,
        "p_reason": "By bank transfer.",
    } | arguments
    refund_id: UUID = world.call(world.admin(), "public.admin_record_refund", **given)
    world.maintain()
    return refund_id


def test_it_comes_from_the_platforms_bank(world: World, booking: Booking) -> None:
    record(world, booking.payment["id"], 2655)
    assert world.ledger() == {
        "stripe_balance": 5310,
        "platform_bank": -2655,
        "instructor_pending": -2250,
        "platform_fees": -405,
    }
    assert booking.payment["refunded_cents"] == 2655
    refund = refund_row(world)
    assert (refund["status"], refund["is_made_elsewhere"]) == ("succeeded", True)
    assert refund["reason"] == "By bank transfer."
    assert world.commands("refund_payment") == []


def test_jobs_maintain_posts_it(world: World, booking: Booking) -> None:
    before = world.ledger()
    world.call(
        world.admin(),
        "public.admin_record_refund",
        p_payment_id=booking.payment["id"],
        p_amount_cents=5310,
        p_reason="By bank transfer.",
    )
    assert (refund_row(world)["status"], world.ledger()) == ("pending", before)
    with world.refusing("PT409", "refund_exceeds_payment"):
        record(world, booking.payment["id"], 1)
    assert world.maintain()["refunds_recorded"] == 1
    assert refund_row(world)["status"] == "succeeded"


def test_the_rest_can_still_be_refunded_at_stripe(world: World, booking: Booking) -> None:
    record(world, booking.payment["id"], 2655)
    assert booking.refund(2655) == "processed"
    assert world.ledger() == {"stripe_balance": 2655, "platform_bank": -2655}


def test_it_settles_a_refund_that_failed(world: World, booking: Booking) -> None:
    world.call(
        world.admin(),
        "public.admin_refund",
        p_payment_id=booking.payment["id"],
        p_amount_cents=5310,
        p_reason="It was bad.",
    )
    world.deliver("refund.failed", our_refund(booking, "failed"))
    record(world, booking.payment["id"])
    assert world.ledger() == {"stripe_balance": 5310, "platform_bank": -5310}


def test_the_instructors_earning_is_netted(world: World) -> None:
    lesson = world.lesson()
    record(world, lesson.payment["id"], 2655)
    earned = world.rows("select kind::text, amount_cents from public.earnings order by created_at")
    assert [tuple(row.values()) for row in earned] == [("lesson", 4500), ("refund", -2250)]


def test_of_hours_it_takes_the_minutes(world: World) -> None:
    instructor, _ = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 2)
    record(world, credit.payment["id"], 900)
    assert credit.columns["minutes_refunded"] == 10
    assert world.ledger()["platform_bank"] == -900
    assert world.ledger()["suspense"] == 15


def test_the_same_key_is_the_same_refund(world: World, booking: Booking) -> None:
    first = record(world, booking.payment["id"], 100, p_client_key="a")
    assert record(world, booking.payment["id"], 100, p_client_key="a") == first
    with world.refusing("PT409", "client_key_reused"):
        record(world, booking.payment["id"], 101, p_client_key="a")
    assert world.count("public.refunds") == 1


@pytest.mark.parametrize(
    ("cents", "sqlstate", "code"),
    [
        (0, "PT422", "bad_amount"),
        (-1, "PT422", "bad_amount"),
        (None, "PT422", "bad_amount"),
        (5311, "PT409", "refund_exceeds_payment"),
    ],
)
def test_bad_amounts(world: World, booking: Booking, cents: Any, sqlstate: str, code: str) -> None:
    with world.refusing(sqlstate, code):
        record(world, booking.payment["id"], cents)
    assert world.count("public.refunds") == 0


def test_a_disputed_payment_waits(world: World, booking: Booking) -> None:
    world.dispute(booking.payment)
    with world.refusing("PT409", "payment_disputed"):
        record(world, booking.payment["id"])


def test_an_unknown_payment_and_a_missing_reason(world: World, booking: Booking) -> None:
    with world.refusing("PT404", "payment_not_found"):
        record(world, uuid4())
    with world.refusing("PT422", "reason_required"):
        record(world, booking.payment["id"], p_reason="")


def test_it_counts_toward_what_cancelling_gives_back(world: World, booking: Booking) -> None:
    record(world, booking.payment["id"], 1000)
    world.travel(by=timedelta(minutes=1))
    world.cancel(booking.learner, booking.id)
    assert [command["amount_cents"] for command in world.commands("refund_payment")] == [4310]
