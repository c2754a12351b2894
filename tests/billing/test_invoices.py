"""Invoices, what was paid of them, and what the books say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.billing.conftest import Shop

INVOICES = "select * from public.invoices order by created_at, id"
PAYMENTS = "select * from public.invoice_payments order by created_at, id"


def subscribed(shop: Shop) -> dict[str, Any]:
    return shop.subscribe(shop.world.person("Ben"), shop.plan())


def unpaid(shop: Shop) -> tuple[dict[str, Any], str]:
    """A subscription whose second period could not be collected, and the invoice's id."""
    made = subscribed(shop)
    shop.fake.spoil_card(made["default_payment_method"], "pm_card_chargeDeclined")
    shop.fake.advance(seconds=60)
    invoice = shop.fake.renew_subscription(made["id"])["latest_invoice"]
    shop.hear()
    shop.fake.spoil_card(made["default_payment_method"], "pm_card_visa")
    shop.fake.advance(seconds=60)
    return made, str(invoice)


def of(shop: Shop, stripe_id: str) -> dict[str, Any]:
    return shop.world.row("select * from public.invoices where stripe_invoice_id = %s", stripe_id)


def test_an_invoice_is_mirrored_with_its_money(shop: Shop) -> None:
    made = subscribed(shop)
    row, said = shop.world.row(INVOICES), shop.fake.objects("invoice")[0]
    assert (row["status"], row["number"]) == ("paid", said["number"])
    assert (row["amount_due_cents"], row["amount_paid_cents"]) == (900, 900)
    assert row["subscription_id"] == shop.subscription(made["id"])["id"]
    assert (row["invoice_url"], row["invoice_pdf"]) == (
        said["hosted_invoice_url"],
        said["invoice_pdf"],
    )
    assert row["paid_at"].timestamp() == said["status_transitions"]["paid_at"]
    assert row["period_end"].timestamp() == made["items"]["data"][0]["current_period_end"]
    paid = shop.world.row(PAYMENTS)
    [intent] = shop.fake.objects("payment_intent")
    assert (paid["status"], paid["amount_paid_cents"]) == ("paid", 900)
    assert paid["stripe_payment_intent_id"] == intent["id"]
    assert shop.revenue() == 900
    assert shop.world.violations() == []


def test_the_fee_is_fetched_and_posted(shop: Shop) -> None:
    subscribed(shop)
    shop.carry_out()
    paid = shop.world.row(PAYMENTS)
    [moved] = shop.fake.objects("balance_transaction")
    assert paid["processing_fee_cents"] == moved["fee"]
    assert shop.world.ledger()["stripe_balance"] == moved["net"]
    assert shop.world.violations() == []


@pytest.mark.parametrize("first", ["payment_intent.succeeded", "invoice_payment.paid"])
def test_the_intent_of_an_invoice_never_lands_in_suspense(shop: Shop, first: str) -> None:
    answer = shop.check_out(shop.world.person("Ben"), shop.plan())
    shop.fake.complete_checkout(answer.json["url"].rsplit("/", 1)[-1])
    (told,) = [event for event in shop.fake.events() if event["type"] == first]
    assert shop.deliver(told) == ("ignored" if first.startswith("payment_intent") else "parked")
    shop.hear()
    shop.world.travel(by=timedelta(minutes=5))
    shop.world.maintain()
    assert shop.world.count("private.suspense_items") == 0
    assert shop.revenue() == 900
    assert shop.world.violations() == []


def test_what_was_set_aside_is_taken_back(shop: Shop) -> None:
    answer = shop.check_out(shop.world.person("Ben"), shop.plan())
    shop.fake.complete_checkout(answer.json["url"].rsplit("/", 1)[-1])
    [intent] = shop.fake.objects("payment_intent")
    odd = intent | {"metadata": {"payment_id": "copied by hand"}}
    assert shop.world.deliver("payment_intent.succeeded", odd) == "processed"
    assert shop.world.count("private.suspense_items") == 1
    shop.hear()
    assert shop.world.deliver("payment_intent.succeeded", odd) == "processed"
    assert shop.revenue() == 900
    assert shop.world.ledger().get("suspense", 0) == 0
    assert shop.world.ledger()["stripe_balance"] == 900
    assert shop.world.violations() == []


def test_what_could_not_be_collected_says_when_it_is_tried_again(shop: Shop) -> None:
    made, invoice = unpaid(shop)
    row = of(shop, invoice)
    assert (row["status"], row["attempt_count"]) == ("open", 1)
    assert row["last_problem"] == "payment_failed"
    assert row["next_payment_attempt_at"] > row["finalized_at"]
    shop.fake.retry_invoice(made["id"])
    shop.hear()
    row = of(shop, invoice)
    assert (row["status"], row["next_payment_attempt_at"]) == ("paid", None)
    assert shop.revenue() == 1800


def test_an_invoice_is_paid_in_parts_and_too_much(shop: Shop) -> None:
    made, invoice = unpaid(shop)
    for amount, status, over in ((500, "open", 0), (600, "paid", 200)):
        shop.fake.pay_invoice_in_part(invoice, made["default_payment_method"], amount)
        shop.hear()
        row = of(shop, invoice)
        assert (row["status"], row["overpaid_cents"]) == (status, over)
    assert shop.revenue() == 900 + 1100
    assert shop.world.violations() == []


def test_an_invoice_is_paid_outside_stripe(shop: Shop) -> None:
    _, invoice = unpaid(shop)
    shop.fake.pay_invoice_outside(invoice)
    shop.hear()
    row = of(shop, invoice)
    assert (row["status"], row["paid_outside_cents"]) == ("paid", 900)
    assert (shop.revenue(), shop.world.ledger()["platform_bank"]) == (1800, 900)
    assert shop.world.violations() == []


@pytest.mark.parametrize("status", ["void", "uncollectible"])
def test_an_invoice_is_given_up(shop: Shop, status: str) -> None:
    _, invoice = unpaid(shop)
    shop.fake.close_invoice(invoice, status)
    shop.hear(backwards=True)
    assert of(shop, invoice)["status"] == status
    assert shop.revenue() == 900


@pytest.mark.parametrize("fails", [False, True])
def test_a_refund_takes_revenue_back(shop: Shop, fails: bool) -> None:
    subscribed(shop)
    [intent] = shop.fake.objects("payment_intent")
    refund = shop.fake.refund_in_dashboard(intent["id"], 400)
    if fails:
        shop.fake.fail_refund(refund["id"])
    shop.hear(backwards=True)
    left = 0 if fails else 400
    assert (shop.revenue(), shop.world.row(PAYMENTS)["refunded_cents"]) == (900 - left, left)
    assert shop.world.count("public.refunds") == 0
    assert shop.world.violations() == []


def test_a_dispute_takes_revenue_and_gives_it_back(shop: Shop) -> None:
    subscribed(shop)
    [charge] = shop.fake.objects("charge")
    dispute = shop.fake.open_dispute(charge["id"])
    shop.hear()
    assert (shop.revenue(), shop.world.row(PAYMENTS)["disputed_cents"]) == (0, 900)
    assert shop.world.value("select code from public.alerts") == "dispute_needs_response"
    shop.fake.end_dispute(dispute["id"], "won")
    shop.hear()
    assert (shop.revenue(), shop.world.row(PAYMENTS)["disputed_cents"]) == (900, 0)
    assert shop.world.violations() == []


def test_the_platform_is_told_of_an_early_fraud_warning(shop: Shop) -> None:
    subscribed(shop)
    shop.fake.warn_of_fraud(shop.fake.objects("charge")[0]["id"])
    assert set(shop.hear()) == {"processed"}
    told = shop.world.row("select code, related_type from public.alerts")
    assert tuple(told.values()) == ("fraud_warning", "invoice_payments")


@pytest.mark.slow
def test_what_subscribers_paid_and_had_back_is_reconciled(shop: Shop) -> None:
    """Also where the ledger is compared before Stripe's fee, and with it the charge, is known."""
    made = subscribed(shop)
    assert shop.office.run("reconcile").status == 0
    shop.carry_out()
    [intent] = shop.fake.objects("payment_intent")
    refund = shop.fake.refund_in_dashboard(intent["id"], 400)
    shop.fake.fail_refund(refund["id"])
    shop.fake.renew_subscription(made["id"])
    shop.hear()
    shop.carry_out()
    shop.fake.open_dispute(shop.fake.objects("charge")[-1]["id"])
    shop.hear()
    shop.office.later(timedelta(days=2))
    finished = shop.office.run("reconcile")
    assert finished.status == 0, finished
    assert shop.world.count("private.unmatched_objects") == 0
    assert shop.world.count("private.reconciliation_exceptions") == 0
    revenue = "select sum(total_revenue_cents)::bigint from public.reconciliation_reports"
    assert shop.world.value(revenue) == 1800


def test_an_invoice_of_other_business_is_ignored(shop: Shop) -> None:
    subscribed(shop)
    [said] = shop.fake.objects("invoice")
    foreign = said | {"id": "in_foreign", "customer": "cus_foreign", "parent": None}
    assert shop.world.deliver("invoice.paid", foreign) == "ignored"
    upcoming = {name: value for name, value in said.items() if name != "id"}
    assert shop.world.deliver("invoice.upcoming", upcoming) == "ignored"
    assert shop.world.count("public.invoices") == 1


def test_a_subscriber_reads_their_own_and_nobody_else_does(shop: Shop) -> None:
    ben, cleo = shop.world.person("Ben"), shop.world.person("Cleo")
    shop.subscribe(ben, shop.plan())
    for table in ("subscriptions", "invoices", "invoice_payments", "transactions"):
        for reader, seen in ((ben, 1), (cleo, 0)):
            with shop.world.acting_as(reader):
                assert shop.world.count(f"public.{table}") == seen
