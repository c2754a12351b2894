"""A person subscribes on Stripe's page, and the rows follow what Stripe says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.billing.conftest import Shop
from tests.webhook_service.conftest import code_of


def test_a_person_subscribes_and_has_what_the_plan_gives(shop: Shop) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan("Reports, messages")
    assert not shop.has(ben)
    made = shop.subscribe(ben, plan)
    row = shop.subscription(made["id"])
    assert (row["status"], row["is_current"], row["user_id"]) == ("active", True, ben)
    assert (row["plan_id"], row["amount_cents"], row["currency"]) == (plan, 900, "gbp")
    assert (row["interval"], row["interval_count"], row["quantity"]) == ("month", 1, 1)
    item = made["items"]["data"][0]
    assert row["current_period_end"].timestamp() == item["current_period_end"]
    assert row["current_period_start"].timestamp() == item["current_period_start"]
    assert (made["billing_mode"]["type"], row["billing_mode"]) == ("flexible", "flexible")
    assert [shop.has(ben, each) for each in ("reports", "messages", "more")] == [True, True, False]
    assert not shop.has(shop.world.person("Cleo"))
    assert shop.world.violations() == []


@pytest.mark.parametrize("backwards", [False, True])
def test_a_trial_is_given_once(shop: Shop, backwards: bool) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan(trial_days="14")
    answer = shop.check_out(ben, plan)
    made = shop.fake.complete_checkout(answer.json["url"].rsplit("/", 1)[-1])
    shop.hear(backwards=backwards)
    row = shop.subscription(made["id"])
    assert (row["status"], row["trial_end"] - row["trial_start"]) == ("trialing", timedelta(14))
    assert shop.has(ben)
    assert shop.revenue() == 0
    shop.fake.alter_subscription(made["id"], "cancel")
    shop.hear()
    assert shop.subscription(made["id"])["status"] == "canceled"
    assert not shop.has(ben)
    again = shop.subscribe(ben, plan)
    assert shop.subscription(again["id"])["trial_end"] is None
    assert shop.world.count("public.subscriptions") == 2


def test_who_has_subscribed_is_led_to_the_portal(shop: Shop) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan()
    shop.subscribe(ben, plan)
    refused = shop.check_out(ben, plan)
    assert (refused.status_code, code_of(refused)) == (409, "already_subscribed")
    portal = shop.post("/billing-portal-sessions", ben, return_url="https://app.example.com/")
    assert portal.status_code == 200
    [session] = shop.fake.objects("billing_portal.session")
    assert portal.json == {"url": session["url"]}


def test_two_browsers_subscribe_twice_and_the_first_counts(shop: Shop) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan()
    urls = [shop.check_out(ben, plan).json["url"] for _ in range(2)]
    first = shop.pay_on_page(urls[0])
    shop.fake.advance(seconds=5)
    second = shop.pay_on_page(urls[1])
    states = [shop.subscription(made["id"])["is_current"] for made in (first, second)]
    assert states == [True, False]
    assert shop.world.value("select code from public.alerts") == "subscribed_twice"
    shop.fake.alter_subscription(first["id"], "cancel")
    shop.hear()
    assert shop.subscription(second["id"])["is_current"]


def test_an_end_that_is_put_off_changes_nothing_until_then(shop: Shop) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan()
    made = shop.subscribe(ben, plan)
    shop.fake.alter_subscription(made["id"], "cancel_at_period_end")
    shop.hear()
    row = shop.subscription(made["id"])
    assert (row["status"], row["cancel_at_period_end"]) == ("active", True)
    assert row["cancel_at"] == row["current_period_end"]
    assert shop.has(ben)
    shop.fake.renew_subscription(made["id"])
    shop.hear()
    assert (shop.subscription(made["id"])["status"], shop.has(ben)) == ("canceled", False)


def test_another_plan_of_the_product_is_chosen(shop: Shop) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan()
    made = shop.subscribe(ben, plan)
    yearly = shop.price(shop.fake.objects("product")[0]["id"], 9000, "year")
    price = shop.world.value(
        "select stripe_price_id from public.subscription_plans where id = %s", yearly
    )
    shop.fake.alter_subscription(made["id"], "change_plan", price=price)
    shop.hear()
    row = shop.subscription(made["id"])
    assert (row["plan_id"], row["amount_cents"], row["interval"]) == (yearly, 9000, "year")


def test_a_pause_keeps_or_ends_what_the_plan_gives(shop: Shop) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan()
    made = shop.subscribe(ben, plan)
    for behavior, gives in (("void", True), ("keep_as_draft", False)):
        shop.fake.alter_subscription(made["id"], "pause", behavior=behavior)
        shop.hear()
        assert shop.subscription(made["id"])["pause_behavior"] == behavior
        assert shop.has(ben) == gives
    shop.fake.alter_subscription(made["id"], "resume")
    shop.hear()
    assert shop.has(ben)
    shop.fake.alter_subscription(made["id"], "pause_for_want_of_a_card")
    shop.hear()
    assert (shop.subscription(made["id"])["status"], shop.has(ben)) == ("paused", False)


def test_an_unpaid_period_gives_days_of_grace(shop: Shop) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan(grace_days="3")
    made = shop.subscribe(ben, plan)
    shop.fake.spoil_card(made["default_payment_method"], "pm_card_chargeDeclined")
    shop.fake.renew_subscription(made["id"])
    shop.hear()
    row = shop.subscription(made["id"])
    assert row["status"] == "past_due"
    for days, gives in ((0, True), (2, True), (4, False)):
        shop.world.travel(to=row["current_period_start"] + timedelta(days=days))
        assert shop.has(ben) == gives
    shop.fake.spoil_card(made["default_payment_method"], "pm_card_visa")
    shop.fake.retry_invoice(made["id"])
    shop.hear()
    assert (shop.subscription(made["id"])["status"], shop.has(ben)) == ("active", True)


def test_a_plan_that_is_not_sold_is_not_found(shop: Shop) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan(features="")
    for id in (plan, ben):
        refused = shop.check_out(ben, id)
        assert (refused.status_code, code_of(refused)) == (404, "plan_not_found")


def test_a_status_that_is_new_to_us_is_kept_as_unknown(shop: Shop) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan()
    made = shop.subscribe(ben, plan)
    later = shop.world.now() + timedelta(days=1)
    said = made | {"status": "hibernating"}
    told = shop.world.deliver("customer.subscription.updated", said, occurred_at=later)
    assert told == "processed"
    assert shop.subscription(made["id"])["status"] == "unknown"


def test_who_opens_many_pages_to_subscribe_on_waits(shop: Shop) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan()
    for _ in range(10):
        assert shop.check_out(ben, plan).status_code == 200
    refused = shop.check_out(ben, plan)
    assert (refused.status_code, code_of(refused)) == (429, "too_many_checkouts")
    assert refused.headers["Retry-After"] == "3600"
    assert shop.check_out(shop.world.person("Cleo"), plan).status_code == 200
    shop.world.travel(by=timedelta(hours=1))
    assert shop.check_out(ben, plan).status_code == 200


def test_who_opens_many_pages_of_the_portal_waits(shop: Shop) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan()

    def open_portal(user: UUID) -> Any:
        return shop.post("/billing-portal-sessions", user, return_url="https://app.example.com/")

    for _ in range(10):
        assert open_portal(ben).status_code == 200
    refused = open_portal(ben)
    assert (refused.status_code, code_of(refused)) == (429, "too_many_portal_pages")
    assert refused.headers["Retry-After"] == "3600"
    assert len(shop.fake.objects("billing_portal.session")) == 10
    assert shop.check_out(ben, plan).status_code == 200
    assert open_portal(shop.world.person("Cleo")).status_code == 200
    shop.world.travel(by=timedelta(hours=1))
    assert open_portal(ben).status_code == 200
