"""In whatever order Stripe's news of billing come, and however often, the rows end the same."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World, dispute_transaction
from tests.factories.billing_objects import (
    MONTH,
    card_object,
    customer_object,
    default_card,
    invoice_object,
    invoice_payment_object,
    price_object,
    product_object,
    setup_object,
    subscription_object,
)
from tests.factories.stripe_objects import CREATED, filled
from tests.fake_stripe.shapes import sample

Json = dict[str, Any]

# `make proof` shuffles as often as is asked for.
IN_FULL = [pytest.mark.faults, pytest.mark.timeout(1800)]

# Everything that matters in the end: no ids that we make up, and not when we wrote it.
STATE = """
    select md5(string_agg(state, ';' order by state)) from (
        select (to_jsonb(row) - '{made_up}'::text[])::text as state
        from {table} row
    ) each
"""
MADE_UP = (
    "{id,customer_id,product_id,plan_id,subscription_id,invoice_id,user_id,created_at,updated_at}"
)
TABLES = (
    "public.stripe_customers",
    "public.payment_methods",
    "public.setup_intents",
    "public.subscription_products",
    "public.subscription_plans",
    "public.subscriptions",
    "public.invoices",
    "public.invoice_payments",
    "private.suspense_items",
)
LINKS = """
    select array[subscription.stripe_subscription_id, invoice.stripe_invoice_id,
        paid.stripe_invoice_payment_id, plan.stripe_price_id, product.stripe_product_id]::text
    from public.subscriptions subscription
    join public.subscription_plans plan on plan.id = subscription.plan_id
    join public.subscription_products product on product.id = subscription.product_id
    left join public.invoices invoice on invoice.subscription_id = subscription.id
    left join public.invoice_payments paid on paid.invoice_id = invoice.id
    order by 1
"""
LEDGER = """
    select account.kind::text, sum(entry.amount_cents)::bigint
    from private.ledger_entries entry
    join private.ledger_accounts account on account.id = entry.account_id
    group by account.kind
    having sum(entry.amount_cents) <> 0
    order by 1
"""


@dataclass(frozen=True)
class Event:
    """Something that Stripe says, so many seconds after the beginning."""

    id: str
    type: str
    object: Json
    second: int


def write_history(metadata: dict[str, str]) -> list[Event]:
    """A person saves cards, subscribes, is late, changes, ends, and comes again."""
    events: list[Event] = []

    def tell(type: str, thing: Json, second: int) -> None:
        events.append(Event(f"evt_{len(events)}", type, thing, second))

    ben = customer_object(metadata)
    tell("customer.created", ben, 0)
    tell("product.created", product_object(metadata={}), 1)
    tell("price.created", price_object(active=False), 1)
    tell("product.updated", product_object(), 2)
    tell("price.updated", price_object(), 2)
    tell("product.created", product_object("prod_book", name="Book", metadata={}), 2)
    tell("price.created", price_object("price_year", unit_amount=9000), 3)
    tell("setup_intent.created", setup_object("requires_payment_method"), 4)
    tell("setup_intent.requires_action", setup_object("requires_action"), 5)
    failed = {"code": "card_declined", "decline_code": "do_not_honor", "type": "card_error"}
    tell(
        "setup_intent.setup_failed",
        setup_object("requires_payment_method", last_setup_error=failed),
        6,
    )
    tell("setup_intent.succeeded", setup_object("succeeded", payment_method="pm_one"), 8)
    tell("payment_method.attached", card_object(), 8)
    tell("customer.updated", default_card(ben, "pm_one"), 9)
    tell("payment_method.attached", card_object("pm_two", last4="5555"), 10)
    tell("payment_method.automatically_updated", card_object("pm_two", last4="9999"), 11)
    tell("payment_method.updated", card_object("pm_two", last4="9999", exp_year=2044), 12)
    tell("customer.updated", default_card(ben, "pm_two"), 13)
    tell("payment_method.detached", card_object("pm_one", None), 14)
    tell("setup_intent.canceled", setup_object("canceled", "seti_two"), 15)
    tell("customer.subscription.created", subscription_object("incomplete"), 20)
    tell("invoice.created", invoice_object("draft"), 20)
    tell("invoice.finalized", invoice_object("open"), 20)
    tell("invoice.paid", invoice_object("paid"), 21)
    tell("invoice_payment.paid", invoice_payment_object(), 21)
    intent = filled(
        "payment_intent",
        {
            "id": "pi_inpay_one",
            "status": "succeeded",
            "amount": 900,
            "amount_received": 900,
            "currency": "gbp",
            "customer": "cus_ben",
        },
    )
    tell("payment_intent.succeeded", intent, 21)
    tell("customer.subscription.updated", subscription_object("active"), 21)
    tell("invoice.payment_succeeded", invoice_object("paid"), 21)
    tell("customer.subscription.trial_will_end", subscription_object("active"), 22)
    paused = {"behavior": "void", "resumes_at": None}
    held = subscription_object("active", pause_collection=paused)
    tell("customer.subscription.updated", held, 23)
    tell("customer.subscription.updated", subscription_object("active"), 24)
    tell("customer.subscription.paused", subscription_object("paused"), 25)
    tell("customer.subscription.resumed", subscription_object("active"), 26)
    later = CREATED + MONTH
    renewed = subscription_object("active", starts=later)
    tell("customer.subscription.updated", renewed, 30)
    tell("invoice.created", invoice_object("draft", "in_two"), 30)
    tell("invoice.finalization_failed", invoice_object("draft", "in_two"), 31)
    tell("invoice.finalized", invoice_object("open", "in_two"), 32)
    tried = {"attempt_count": 1, "next_payment_attempt": later + 86_400}
    tell("invoice.payment_failed", invoice_object("open", "in_two", **tried), 33)
    tell("invoice.updated", invoice_object("open", "in_two", **tried), 33)
    late = subscription_object("past_due", starts=later)
    tell("customer.subscription.updated", late, 33)
    tell("customer.updated", default_card(ben, "pm_two") | {"delinquent": True}, 33)
    again = {"attempt_count": 2}
    tell("invoice.payment_action_required", invoice_object("open", "in_two", **again), 34)
    part = {"amount_paid": 400, "amount_remaining": 500, **again}
    tell("invoice.updated", invoice_object("open", "in_two", **part), 35)
    first_part = invoice_payment_object(id="inpay_two", amount=400, invoice="in_two")
    tell("invoice_payment.paid", first_part, 35)
    rest = invoice_payment_object(id="inpay_three", amount=700, invoice="in_two")
    tell("invoice_payment.paid", rest, 36)
    over = {"amount_paid": 1100, "amount_remaining": 0, "amount_overpaid": 200, **again}
    tell("invoice.paid", invoice_object("paid", "in_two", **over), 36)
    tell("invoice.overpaid", invoice_object("paid", "in_two", **over), 36)
    year = price_object("price_year", unit_amount=9000)
    yearly = subscription_object("active", price=year, starts=later)
    tell("customer.subscription.updated", yearly, 37)
    tell("invoice.created", invoice_object("draft", "in_three"), 40)
    tell("invoice.deleted", invoice_object("draft", "in_three"), 41)
    tell("invoice.finalized", invoice_object("open", "in_four"), 42)
    tell("invoice.voided", invoice_object("void", "in_four"), 43)
    tell("invoice.finalized", invoice_object("open", "in_five"), 44)
    tell("invoice.marked_uncollectible", invoice_object("uncollectible", "in_five"), 45)
    outside = {"amount_paid_off_stripe": 900}
    tell("invoice.paid", invoice_object("paid", "in_six") | outside, 46)
    record = {"type": "payment_record", "payment_record": "pr_one"}
    told = invoice_payment_object(id="inpay_six", invoice="in_six", payment=record)
    tell("invoice_payment.paid", told, 46)
    refund = {"id": "re_one", "amount": 300, "currency": "gbp", "payment_intent": "pi_inpay_two"}
    tell("refund.created", filled("refund", refund | {"status": "pending"}), 50)
    tell("refund.updated", filled("refund", refund | {"status": "succeeded"}), 51)
    back = {"id": "re_two", "amount": 50, "currency": "gbp", "payment_intent": "pi_inpay_one"}
    tell("refund.created", filled("refund", back | {"status": "succeeded"}), 52)
    tell("refund.failed", filled("refund", back | {"status": "failed"}), 53)
    for status, moved, second in (("needs_response", 1, 54), ("won", 2, 55)):
        tell("charge.dispute.updated", dispute(status, moved), second)
    tell("customer.subscription.deleted", ended(year, later), 60)
    tell("price.deleted", price_object("price_year", unit_amount=9000), 61)
    tell("product.deleted", product_object("prod_book", name="Book", metadata={}), 62)
    return events


def dispute(status: str, moved: int) -> Json:
    taken = dispute_transaction("txn_1", "gbp", -700, fee_cents=2000)
    given = dispute_transaction("txn_2", "gbp", 700)
    return filled(
        "dispute",
        {
            "id": "du_one",
            "amount": 700,
            "balance_transactions": [taken, given][:moved],
            "currency": "gbp",
            "evidence_details": sample("dispute")["evidence_details"],
            "payment_intent": "pi_inpay_three",
            "status": status,
        },
    )


def ended(price: Json, at: int) -> Json:
    over = {"canceled_at": at, "ended_at": at}
    return subscription_object("canceled", price=price, starts=at, **over)


@pytest.fixture
def ben(world: World) -> dict[str, str]:
    """The metadata of a person's customer, which is recorded before anything else is said."""
    (opened,) = world.serve(
        "webhook_service",
        "private.open_customer",
        p_user_id=world.person("Ben"),
        p_livemode=False,
    )
    metadata = {name: str(value) for name, value in opened["metadata"].items()}
    world.serve(
        "webhook_service",
        "private.record_customer",
        p_customer_id=opened["customer_id"],
        p_customer=Jsonb(customer_object(metadata, created=CREATED - 1)),
    )
    return metadata


def play(world: World, events: list[Event], latest: dict[str, Event]) -> list[Any]:
    """Tells these events in this order, and then all that waits; the state in which it ends."""
    start = world.now().replace(microsecond=0)
    for event in events:
        world.deliver(
            event.type,
            event.object,
            event_id=event.id,
            occurred_at=start + timedelta(seconds=event.second),
        )
    for _ in range(3):
        world.travel(by=timedelta(hours=12))
        world.value("select private.apply_waiting_events(private.platform_id())")
    for asked in world.commands("fetch_billing_object"):
        world.serve(
            "jobs",
            "private.record_billing_object",
            p_object=Jsonb(latest[asked["id"]].object),
            p_settles_at=asked["settles_at"],
        )
    assert world.violations() == []
    left = [world.value(STATE.format(made_up=MADE_UP, table=table)) for table in TABLES]
    return [*left, world.rows(LINKS), world.rows(LEDGER)]


def latest_of(events: list[Event]) -> dict[str, Event]:
    """How Stripe's objects stand in the end."""
    return {event.object["id"]: event for event in events}


def test_every_event_is_accepted(world: World, ben: dict[str, str]) -> None:
    events = write_history(ben)
    assert len(events) >= 60
    assert len({event.type for event in events}) >= 25
    start = world.now().replace(microsecond=0)
    told = {
        event.id: world.deliver(
            event.type, event.object, occurred_at=start + timedelta(seconds=event.second)
        )
        for event in events
    }
    assert set(told.values()) == {"processed"}
    assert world.count("public.subscriptions") == 1
    assert world.count("public.payment_methods") == 1
    assert world.violations() == []


@pytest.mark.slow
def test_two_events_that_change_places_end_alike(world: World, ben: dict[str, str]) -> None:
    events = write_history(ben)
    latest = latest_of(events)
    with world.connection.transaction(force_rollback=True):
        expected = play(world, events, latest)
    for place in range(len(events) - 1):
        swapped = [*events[:place], events[place + 1], events[place], *events[place + 2 :]]
        with world.connection.transaction(force_rollback=True):
            names = (events[place].type, events[place + 1].type)
            assert play(world, swapped, latest) == expected, names


@pytest.mark.slow
@pytest.mark.parametrize("shuffles", [10, pytest.param(200, marks=IN_FULL)])
def test_a_history_ends_alike_however_it_is_shuffled(
    world: World, ben: dict[str, str], shuffles: int
) -> None:
    events = write_history(ben)
    latest = latest_of(events)
    with world.connection.transaction(force_rollback=True):
        expected = play(world, events, latest)
    chance = random.Random(20270101)
    for number in range(shuffles):
        shuffled = [*events, *events]
        chance.shuffle(shuffled)
        with world.connection.transaction(force_rollback=True):
            assert play(world, shuffled, latest) == expected, number
