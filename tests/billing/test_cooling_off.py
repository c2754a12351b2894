"""A subscriber withdraws within the days that the law gives, and gets the money back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.billing.conftest import Shop

DAY = timedelta(days=1)


def travel(shop: Shop, by: timedelta) -> None:
    shop.world.travel(by=by)
    shop.fake.advance(seconds=int(by.total_seconds()))


def withdraw(shop: Shop, user: UUID, stripe_id: str) -> dict[str, Any]:
    [row] = shop.world.ask(
        user,
        "public.withdraw_from_subscription",
        p_subscription_id=shop.subscription(stripe_id)["id"],
    )
    return dict(row)


def refused(shop: Shop, user: UUID, stripe_id: str) -> None:
    with shop.world.unchanged(), shop.world.refusing("PT409", "cooling_off_is_over"):
        withdraw(shop, user, stripe_id)


@pytest.mark.slow
def test_it_ends_at_once_and_the_money_goes_back(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14"))
    row = shop.subscription(made["id"])
    assert row["cooling_off_ends_at"] == row["started_at"] + 14 * DAY
    assert (shop.revenue(), shop.has(ben)) == (900, True)
    travel(shop, 13 * DAY)
    assert withdraw(shop, ben, made["id"]) == {"refund_cents": 900, "currency": "gbp"}
    assert withdraw(shop, ben, made["id"])["refund_cents"] == 900
    shop.carry_out()
    assert shop.subscription(made["id"])["status"] == "canceled"
    [refund] = shop.fake.objects("refund")
    assert refund["amount"] == 900
    assert (shop.revenue(), shop.has(ben)) == (0, False)
    told = shop.world.rows(
        "select distinct recipient_id from public.messages where kind = 'subscription_withdrawn'"
    )
    assert told == [{"recipient_id": ben}]
    assert shop.world.violations() == []


@pytest.mark.slow
def test_what_was_done_before_the_jobs_stopped_is_not_done_twice(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14"))
    withdraw(shop, ben, made["id"])
    shop.carry_out()
    shop.world.connection.execute(
        "update private.outbox set processed_at = null where topic = 'withdraw_subscription'"
    )
    travel(shop, 2 * DAY)
    shop.carry_out()
    assert len(shop.fake.objects("refund")) == 1


def test_after_the_days_it_is_too_late(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14"))
    travel(shop, 14 * DAY)
    refused(shop, ben, made["id"])


def test_a_product_without_such_days_gives_none(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan())
    assert shop.subscription(made["id"])["cooling_off_ends_at"] is None
    refused(shop, ben, made["id"])


@pytest.mark.slow
def test_the_end_of_a_trial_gives_them_once_more(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14", trial_days="30"))
    travel(shop, 20 * DAY)
    refused(shop, ben, made["id"])
    travel(shop, 10 * DAY + timedelta(hours=1))
    shop.fake.renew_subscription(made["id"])
    shop.hear()
    row = shop.subscription(made["id"])
    assert row["cooling_off_ends_at"] == row["trial_end"] + 14 * DAY
    travel(shop, 13 * DAY)
    assert withdraw(shop, ben, made["id"])["refund_cents"] == 900
    shop.carry_out()
    assert shop.revenue() == 0
    assert shop.world.violations() == []


@pytest.mark.slow
@pytest.mark.parametrize(("interval", "is_given"), [("year", True), ("month", False)])
def test_the_renewal_for_a_year_gives_them_once_more(
    shop: Shop, interval: str, is_given: bool
) -> None:
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14", interval=interval))
    travel(shop, (365 if interval == "year" else 30) * DAY + timedelta(hours=1))
    shop.fake.renew_subscription(made["id"])
    shop.hear()
    assert shop.revenue() == 1800
    travel(shop, 13 * DAY)
    if not is_given:
        refused(shop, ben, made["id"])
        return
    assert withdraw(shop, ben, made["id"])["refund_cents"] == 900
    shop.carry_out()
    assert shop.revenue() == 900
    assert shop.world.violations() == []


def test_nobody_withdraws_for_somebody_else(shop: Shop) -> None:
    made = shop.subscribe(shop.world.person("Ben"), shop.plan(cooling_off_days="14"))
    with shop.world.refusing("PT404", "subscription_not_found"):
        withdraw(shop, shop.world.person("Cleo"), made["id"])


@pytest.mark.slow
def test_a_payment_that_arrives_after_the_withdrawal_goes_back_too(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    answer = shop.check_out(ben, shop.plan(cooling_off_days="14"))
    made = shop.fake.complete_checkout(answer.json["url"].rsplit("/", 1)[-1], "pm_card_visa")
    late = [event for event in shop.fake.events() if event["type"] == "invoice_payment.paid"]
    shop.told |= {event["id"] for event in late}
    shop.hear()
    assert withdraw(shop, ben, made["id"])["refund_cents"] == 0
    shop.carry_out()
    shop.told -= {event["id"] for event in late}
    shop.hear()
    shop.carry_out()
    assert [refund["amount"] for refund in shop.fake.objects("refund")] == [900]
    assert shop.subscription(made["id"])["withdrawal_refund_cents"] == 900
    assert shop.revenue() == 0
    assert shop.world.violations() == []


@pytest.mark.slow
def test_an_open_invoice_that_is_paid_after_the_withdrawal_goes_back(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    card = shop.save_card(ben)["stripe_payment_method_id"]
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14", interval="year"))
    travel(shop, 365 * DAY + timedelta(hours=1))
    shop.fake.spoil_card(made["default_payment_method"], "pm_card_chargeDeclined")
    shop.fake.renew_subscription(made["id"])
    shop.hear()
    assert shop.subscription(made["id"])["status"] == "past_due"
    assert withdraw(shop, ben, made["id"])["refund_cents"] == 0
    shop.carry_out()
    [open_invoice] = [i for i in shop.fake.objects("invoice") if i["status"] == "open"]
    shop.fake.pay_invoice_in_part(open_invoice["id"], card, 900)
    shop.hear()
    shop.carry_out()
    assert [refund["amount"] for refund in shop.fake.objects("refund")] == [900]
    assert shop.revenue() == 900
    assert shop.world.violations() == []


@pytest.mark.parametrize("days", ["", "90"])
def test_days_that_the_product_changes_later_change_no_refund(shop: Shop, days: str) -> None:
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14", interval="year"))
    travel(shop, 365 * DAY + timedelta(hours=1))
    shop.fake.renew_subscription(made["id"])
    shop.hear()
    product = shop.fake.objects("product")[0]
    said = {"metadata": product["metadata"] | {"cooling_off_days": days}}
    changed = shop.world.now() + timedelta(seconds=1)
    shop.world.deliver("product.updated", product | said, occurred_at=changed)
    assert withdraw(shop, ben, made["id"])["refund_cents"] == 900


def test_what_a_dispute_took_is_not_given_back_once_more(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14"))
    [charge] = shop.fake.objects("charge")
    shop.fake.open_dispute(charge["id"])
    shop.hear()
    assert withdraw(shop, ben, made["id"])["refund_cents"] == 0
    shop.carry_out()
    assert shop.fake.objects("refund") == []
    assert shop.subscription(made["id"])["status"] == "canceled"


def replay(shop: Shop) -> None:
    """An admin has done again what Stripe refused while the charge was disputed."""
    for dead in shop.world.rows("select id from private.outbox where dead_at is not null"):
        shop.world.call(
            shop.world.admin(),
            "public.admin_replay_command",
            p_command_id=dead["id"],
            p_reason="The dispute has ended.",
        )
    shop.carry_out()


@pytest.mark.slow
@pytest.mark.parametrize("cents", [900, 400])
def test_what_a_dispute_gives_back_after_the_withdrawal_goes_back_to_the_payer(
    shop: Shop, cents: int
) -> None:
    """Stripe refunds nothing of a disputed charge: what was not disputed waits for an admin."""
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14"))
    [charge] = shop.fake.objects("charge")
    dispute = shop.fake.open_dispute(charge["id"], amount=cents)
    shop.hear()
    assert withdraw(shop, ben, made["id"])["refund_cents"] == 900 - cents
    shop.office.run("outbox")
    travel(shop, 20 * DAY)
    shop.fake.end_dispute(dispute["id"], "won")
    shop.hear()
    shop.carry_out()
    assert [refund["amount"] for refund in shop.fake.objects("refund")] == [cents]
    replay(shop)
    assert sum(refund["amount"] for refund in shop.fake.objects("refund")) == 900
    row = shop.subscription(made["id"])
    assert (row["withdrawal_refund_cents"], shop.revenue()) == (900, 0)
    assert shop.world.violations() == []


@pytest.mark.slow
def test_what_a_dispute_gives_back_in_two_parts_goes_back_in_two(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14"))
    [charge] = shop.fake.objects("charge")
    disputed = shop.fake.open_dispute(charge["id"])
    shop.hear()
    assert withdraw(shop, ben, made["id"])["refund_cents"] == 0
    shop.office.run("outbox")
    shop.fake.end_dispute(disputed["id"], "won")
    for part in (400, 500):
        travel(shop, DAY)
        [*_, taken] = disputed["balance_transactions"]
        back = taken | {"id": f"txn_{part}", "amount": part, "fee": 0, "net": part}
        disputed["balance_transactions"].append(back)
        now = shop.world.now()
        shop.world.deliver("charge.dispute.funds_reinstated", disputed, occurred_at=now)
    assert shop.office.run("outbox").status == 0
    assert sorted(refund["amount"] for refund in shop.fake.objects("refund")) == [400, 500]
    assert shop.subscription(made["id"])["withdrawal_refund_cents"] == 900


@pytest.mark.slow
def test_a_dispute_that_is_won_before_the_withdrawal_gives_nothing_twice(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14"))
    [charge] = shop.fake.objects("charge")
    dispute = shop.fake.open_dispute(charge["id"])
    shop.fake.end_dispute(dispute["id"], "won")
    shop.hear()
    assert shop.fake.objects("refund") == []
    assert withdraw(shop, ben, made["id"])["refund_cents"] == 900
    shop.carry_out()
    assert [refund["amount"] for refund in shop.fake.objects("refund")] == [900]
    assert shop.world.violations() == []


def test_a_dispute_of_a_payment_that_stands_gives_the_subscriber_nothing(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    shop.subscribe(ben, shop.plan(cooling_off_days="14"))
    [charge] = shop.fake.objects("charge")
    dispute = shop.fake.open_dispute(charge["id"])
    shop.hear()
    shop.fake.end_dispute(dispute["id"], "won")
    shop.hear()
    shop.carry_out()
    assert (shop.fake.objects("refund"), shop.revenue()) == ([], 900)


@pytest.mark.slow
def test_a_subscription_that_stripe_does_not_end_is_not_refunded(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14"))
    withdraw(shop, ben, made["id"])
    shop.fake.fault("DELETE", "/v1/subscriptions/*", "destination_restricted")
    ended = shop.office.run("outbox")
    assert (ended.status, len(ended.events("command_failed"))) == (1, 1)
    assert shop.fake.objects("refund") == []


def test_a_school_is_no_consumer_and_keeps_no_lower_fee_for_nothing(shop: Shop) -> None:
    elm = shop.world.organization(name="Elm")
    owner = shop.world.member(elm, "owner")
    plan = shop.plan(fee_bps="1200", cooling_off_days="14")
    made = shop.subscribe(owner, plan, organization_id=str(elm))
    assert shop.subscription(made["id"])["cooling_off_ends_at"] is None
    refused(shop, owner, made["id"])


@pytest.mark.slow
def test_what_a_change_of_plan_has_credited_is_not_refunded_as_well(shop: Shop) -> None:
    """A year is changed for a month: Stripe credits the rest of it to the customer's balance."""
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14", interval="year", amount=9000))
    [invoice] = shop.fake.objects("invoice")
    cents = dict.fromkeys(("amount_due", "amount_paid", "amount_remaining"), 0)
    credit = invoice | {"id": "in_credit", "total": -7800, "subtotal": -7800} | cents
    shop.world.deliver("invoice.paid", credit, occurred_at=shop.world.now())
    assert withdraw(shop, ben, made["id"])["refund_cents"] == 1200
    shop.carry_out()
    assert [refund["amount"] for refund in shop.fake.objects("refund")] == [1200]
    [alert] = shop.world.rows("select * from public.alerts where code = 'withdrawal_paid_outside'")
    assert alert["resolved_at"] is None
    assert shop.world.violations() == []


@pytest.mark.slow
@pytest.mark.parametrize(("used_cents", "refund_cents"), [(7800, 9000), (3000, 4200)])
def test_a_credit_that_a_later_invoice_has_used_is_refunded(
    shop: Shop, used_cents: int, refund_cents: int
) -> None:
    """A year is changed for a month and back: what the balance paid for was paid by card before."""
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14", interval="year", amount=9000))
    [invoice] = shop.fake.objects("invoice")
    nothing = dict.fromkeys(("amount_due", "amount_paid", "amount_remaining"), 0)
    for stripe_id, cents in (("in_credit", -7800), ("in_used", used_cents)):
        travel(shop, DAY)
        now = shop.world.now()
        told = {"id": stripe_id, "total": cents, "subtotal": cents} | nothing
        finalized = {"status_transitions": {"finalized_at": int(now.timestamp())}}
        shop.world.deliver("invoice.paid", invoice | told | finalized, occurred_at=now)
    assert withdraw(shop, ben, made["id"])["refund_cents"] == refund_cents
    shop.carry_out()
    assert [refund["amount"] for refund in shop.fake.objects("refund")] == [refund_cents]
    alerts = shop.world.rows("select * from public.alerts where code = 'withdrawal_paid_outside'")
    assert len(alerts) == (refund_cents < 9000)
    assert shop.world.violations() == []


@pytest.mark.slow
def test_a_dispute_that_is_heard_of_after_the_withdrawal_counts_once(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan(cooling_off_days="14"))
    [charge] = shop.fake.objects("charge")
    dispute = shop.fake.open_dispute(charge["id"])
    assert withdraw(shop, ben, made["id"])["refund_cents"] == 900
    shop.office.run("outbox")
    shop.hear()
    travel(shop, 20 * DAY)
    shop.fake.end_dispute(dispute["id"], "won")
    shop.hear()
    shop.carry_out()
    assert [refund["amount"] for refund in shop.fake.objects("refund")] == [900]
    row = shop.subscription(made["id"])
    assert (row["withdrawal_refund_cents"], shop.revenue()) == (900, 0)
