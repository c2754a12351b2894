"""Money that matches nothing is set aside, once, and confirms nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World, dispute_object, refund_object
from tests.payments.steps import succeed

INBOX = ("private.webhook_events", "private.webhook_event_bodies")


@pytest.mark.parametrize("received", [5309, 5311, 1, 99_999_999])
def test_another_amount_is_set_aside_and_confirms_nothing(world: World, received: int) -> None:
    booking = world.booking()
    assert succeed(booking, amount_received=received) == "processed"
    assert booking.status == "held"
    payment = booking.payment
    assert (payment["status"], payment["failure_code"]) == ("unknown", "amount_mismatch")
    assert payment["captured_cents"] == 0
    assert world.ledger() == {"stripe_balance": received, "suspense": -received}
    assert world.value("select note from private.webhook_events") == "amount_mismatch"


@pytest.mark.parametrize("received", [0, None])
def test_no_money_at_all_confirms_nothing(world: World, received: int | None) -> None:
    booking = world.booking()
    assert succeed(booking, amount_received=received) == "processed"
    assert booking.status == "held"
    assert world.ledger() == {}


@pytest.mark.parametrize("currency", ["eur", "jpy", "USD"])
def test_another_currency_is_set_aside_and_confirms_nothing(world: World, currency: str) -> None:
    booking = world.booking()
    assert succeed(booking, currency=currency) == "processed"
    assert booking.status == "held"
    kinds = world.rows("select kind::text, currency from private.ledger_accounts order by 1")
    assert [tuple(row.values()) for row in kinds] == [
        ("stripe_balance", currency.lower()),
        ("suspense", currency.lower()),
    ]


def test_money_set_aside_is_booked_once_however_often_it_is_told(world: World) -> None:
    booking = world.booking()
    succeed(booking, amount_received=5309)
    with world.unchanged(leaving_out=INBOX):
        assert succeed(booking, amount_received=5309) == "processed"


def test_money_set_aside_keeps_the_booking_from_being_paid_again(world: World) -> None:
    booking = world.booking()
    succeed(booking, amount_received=5309)
    assert booking.open_payment()["payment_id"] == booking.payment["id"]


@pytest.mark.parametrize(
    "metadata",
    [
        {"payment_id": ""},
        {"payment_id": "no-uuid"},
        {"payment_id": str(uuid4())},
        {"payment_id": {"$ne": None}},
        {"payment_id": "'; drop table public.payments; --"},
    ],
)
def test_money_of_an_unknown_payment_is_set_aside(world: World, metadata: dict[str, Any]) -> None:
    booking = world.booking()
    foreign = booking.intent(id="pi_foreign", metadata=metadata)
    assert world.deliver("payment_intent.succeeded", foreign) == "processed"
    assert world.value("select note from private.webhook_events") == "set_aside"
    assert world.ledger() == {"stripe_balance": 5310, "suspense": -5310}
    assert booking.status == "held"
    assert booking.payment["status"] == "requires_payment"


@pytest.mark.parametrize(
    "metadata", [{}, {"order": "7"}, None, [], ["payment_id"], "payment_id", 7]
)
def test_money_of_other_business_on_the_same_stripe_account_is_ignored(
    world: World, metadata: Any
) -> None:
    booking = world.booking()
    foreign = booking.intent(id="pi_foreign", metadata=metadata)
    assert world.deliver("payment_intent.succeeded", foreign) == "ignored"
    assert world.value("select note from private.webhook_events") == "not_ours"
    assert world.ledger() == {}


def test_a_second_intent_that_claims_a_payment_is_set_aside(world: World) -> None:
    booking = world.booking()
    succeed(booking)
    second = booking.intent(id="pi_second")
    assert world.deliver("payment_intent.succeeded", second) == "processed"
    assert world.ledger()["suspense"] == -5310
    assert booking.payment["refunded_cents"] == 0


def test_money_of_a_cancelled_intent_is_set_aside(world: World) -> None:
    booking = world.booking()
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    assert succeed(booking) == "processed"
    assert booking.payment["status"] == "cancelled"
    assert booking.status == "held"
    assert world.ledger() == {"stripe_balance": 5310, "suspense": -5310}


# What leaves suspense again: refunds made at Stripe, disputes, and Stripe's fee.


@pytest.fixture
def foreign(world: World) -> dict[str, Any]:
    """A PaymentIntent of a payment that nobody knows, paid; it is as the fields of a payment."""
    booking = world.booking()
    intent = booking.intent(
        id="pi_foreign", latest_charge="ch_foreign", metadata={"payment_id": "unknown"}
    )
    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    return booking.payment | {
        "stripe_payment_intent_id": "pi_foreign",
        "stripe_charge_id": "ch_foreign",
        "captured_cents": 5310,
    }


def item(world: World) -> dict[str, Any]:
    return world.row("select * from private.suspense_items")


def left(world: World) -> int:
    cents: int = world.value("select private.left_in_suspense(one) from private.suspense_items one")
    return cents


def record_fee(world: World, *transactions: tuple[str, int]) -> None:
    told = [
        {"id": id, "currency": "gbp", "amount": 5310, "fee": fee, "available_on": 1_800_000_000}
        for id, fee in transactions
    ]
    world.serve(
        "jobs",
        "private.record_suspense_fee",
        p_suspense_item_id=item(world)["id"],
        p_balance_transactions=Jsonb(told),
    )


def test_unknown_money_that_is_refunded_leaves_suspense_and_its_fee_is_posted(
    world: World, foreign: Any
) -> None:
    (command,) = world.commands("fetch_processing_fee")
    assert command == {
        "suspense_item_id": str(item(world)["id"]),
        "payment_intent": "pi_foreign",
        "charge": "ch_foreign",
    }
    record_fee(world, ("txn_1", 100))
    assert world.deliver("refund.created", refund_object(foreign, 2000)) == "processed"
    assert left(world) == 3310
    assert world.deliver("refund.updated", refund_object(foreign, 3310)) == "processed"
    assert left(world) == 0
    assert world.ledger() == {"stripe_balance": -100, "processor_fees": 100}


@pytest.mark.parametrize(
    ("told", "remains"),
    [
        (["pending", "succeeded", "pending", "succeeded"], 0),
        (["pending", "failed", "succeeded"], 5310),
        (["succeeded", "failed", "succeeded"], 5310),
        (["requires_action", "canceled"], 5310),
    ],
)
def test_a_refund_of_unknown_money_moves_forward_only(
    world: World, foreign: Any, told: list[str], remains: int
) -> None:
    refund = refund_object(foreign, 5310)
    for status in told:
        assert world.deliver("refund.updated", refund | {"status": status}) == "processed"
    assert left(world) == remains
    assert world.ledger() == ({"stripe_balance": 5310, "suspense": -5310} if remains else {})


def test_a_refund_told_before_its_unknown_payment_waits_for_it(world: World) -> None:
    booking = world.booking()
    intent = booking.intent(id="pi_foreign", metadata={})
    early = refund_object(booking.payment | {"stripe_payment_intent_id": "pi_foreign"}, 5310)
    assert world.deliver("refund.created", early) == "parked"
    world.deliver("payment_intent.succeeded", intent)
    world.travel(by=timedelta(minutes=5))
    world.maintain()
    assert world.ledger() == {}
    assert not world.rows("select from private.webhook_events where status = 'parked'")


def test_a_refund_in_another_currency_is_parked(world: World, foreign: Any) -> None:
    refund = refund_object(foreign, 5310, currency="eur")
    assert world.deliver("refund.updated", refund) == "parked"
    assert left(world) == 5310


@pytest.mark.parametrize(
    ("statuses", "books"),
    [
        (["needs_response", "lost"], {"stripe_balance": -2000, "dispute_fees": 2000}),
        (["lost", "needs_response"], {"stripe_balance": -2000, "dispute_fees": 2000}),
        (
            ["needs_response", "won"],
            {"stripe_balance": 3310, "suspense": -5310, "dispute_fees": 2000},
        ),
        (["won"], {"stripe_balance": 3310, "suspense": -5310, "dispute_fees": 2000}),
        (["warning_needs_response"], {"stripe_balance": 5310, "suspense": -5310}),
    ],
)
def test_a_dispute_over_unknown_money_takes_it_from_suspense(
    world: World, foreign: Any, statuses: list[str], books: dict[str, int]
) -> None:
    for status in statuses:
        told = dispute_object(foreign, status)
        assert world.deliver("charge.dispute.updated", told) == "processed"
    assert world.ledger() == books
    alerts = world.value("select count(*) from public.alerts where related_type = 'suspense_items'")
    assert alerts == sum(status.endswith("needs_response") for status in statuses)


def test_an_alert_about_unknown_money_is_resolved_by_an_admin_of_the_platform(
    world: World, foreign: Any
) -> None:
    world.deliver("charge.dispute.created", dispute_object(foreign, "needs_response"))
    alert_id = world.value("select id from public.alerts")
    with world.refusing("PT404", "alert_not_found"):
        world.call(world.person("Eve"), "public.resolve_alert", p_alert_id=alert_id)
    world.call(world.admin(), "public.resolve_alert", p_alert_id=alert_id)
    assert not world.rows("select from public.alerts where resolved_at is null")


@pytest.mark.parametrize("way", ["refund", "dispute"])
def test_money_of_a_cancelled_payment_goes_back_from_suspense(world: World, way: str) -> None:
    booking = world.booking()
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    succeed(booking)
    payment = booking.payment | {"stripe_charge_id": item(world)["stripe_charge_id"]}
    if way == "refund":
        assert booking.refund(5310) == "processed"
        assert world.ledger() == {}
    else:
        world.dispute(payment, amount=5310)
        world.dispute(payment, "lost", amount=5310)
        assert world.ledger() == {"stripe_balance": -2000, "dispute_fees": 2000}
    assert left(world) == 0


def test_a_refund_told_before_money_of_another_amount_leaves_suspense_too(world: World) -> None:
    booking = world.booking()
    world.deliver("payment_intent.processing", booking.intent("processing"))
    assert booking.refund(2000) == "processed"
    assert succeed(booking, amount_received=5309) == "processed"
    assert world.ledger() == {"stripe_balance": 3309, "suspense": -3309}
    assert left(world) == 3309
    assert booking.refund(3309) == "processed"
    assert world.ledger() == {}


def test_the_fee_of_another_amount_is_fetched_and_posted(world: World) -> None:
    booking = world.booking()
    succeed(booking, amount_received=5309)
    assert len(world.commands("fetch_processing_fee")) == 1
    record_fee(world, ("txn_1", 70))
    record_fee(world, ("txn_1", 70), ("txn_2", -10))
    assert item(world)["processing_fee_cents"] == 60
    assert world.ledger()["processor_fees"] == 60


def test_the_rest_of_a_refund_of_hours_waits_as_an_item(world: World) -> None:
    instructor, _ = world.hourly()
    credit = world.hours(world.person("Ben"), instructor)
    world.deliver("refund.updated", refund_object(credit.payment, 7))
    assert left(world) == -7
    assert item(world)["refund_id"] == world.value("select id from public.refunds")


def test_what_is_left_in_suspense_waits_for_a_person(world: World, foreign: Any) -> None:
    (concern,) = world.serve("jobs", "private.needs_attention")
    assert concern["concern"] == "money_in_suspense"
    assert concern["reference"] == str(item(world)["id"])
    assert "5310 gbp" in concern["detail"]
    assert "pi_foreign" in concern["detail"]
    world.deliver("refund.updated", refund_object(foreign, 5310))
    assert world.serve("jobs", "private.needs_attention") == []
