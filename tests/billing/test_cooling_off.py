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
