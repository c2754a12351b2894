"""What can be subscribed to is what Stripe's catalogue says."""

from __future__ import annotations

import pytest

from tests.billing.conftest import Shop

PLANS = """
    select product.name, product.features, product.fee_bps, product.is_sold,
        plan.amount_cents, plan.interval, plan.is_active
    from public.subscription_plans plan
    join public.subscription_products product on product.id = plan.product_id
"""


@pytest.mark.parametrize("backwards", [False, True])
def test_a_product_and_its_prices_in_whatever_order(shop: Shop, backwards: bool) -> None:
    client = shop.fake.stripe().v1
    said = {"features": "reports, Messages", "fee_bps": "1200"}
    product = client.products.create({"name": "Pro", "metadata": said})
    price = client.prices.create(
        {
            "product": product.id,
            "currency": "gbp",
            "unit_amount": 900,
            "recurring": {"interval": "month"},
        }
    )
    shop.fake.advance(seconds=2)
    client.products.update(product.id, {"name": "School"})
    client.prices.update(price.id, {"active": False})
    shop.hear(backwards=backwards)
    assert shop.world.row(PLANS) == {
        "name": "School",
        "features": ["messages", "reports"],
        "fee_bps": 1200,
        "is_sold": True,
        "amount_cents": 900,
        "interval": "month",
        "is_active": False,
    }


def test_everybody_reads_what_is_sold(shop: Shop) -> None:
    shop.plan()
    shop.plan(features="")
    for role in ("anon", "authenticated"):
        with shop.world.acting_as(None, role):
            assert shop.world.count("public.subscription_products") == 1
            assert shop.world.count("public.subscription_plans") == 1


def test_what_is_paid_once_is_no_plan(shop: Shop) -> None:
    client = shop.fake.stripe().v1
    product = client.products.create({"name": "Book"})
    client.prices.create({"product": product.id, "currency": "gbp", "unit_amount": 900})
    assert shop.hear() == ["processed", "ignored"]
    assert shop.world.count("public.subscription_plans") == 0


@pytest.mark.parametrize(
    ("name", "said", "kept"),
    [
        ("fee_bps", "10000", 10_000),
        ("fee_bps", "10001", None),
        ("grace_days", "90", 90),
        ("grace_days", "91", 7),
        ("cooling_off_days", "90", 90),
        ("cooling_off_days", "91", None),
        ("cooling_off_days", "0", None),
        ("cooling_off_days", "14 days", None),
    ],
)
def test_a_number_out_of_bounds_is_as_if_not_said(
    shop: Shop, name: str, said: str, kept: int | None
) -> None:
    shop.plan("reports", 900, "month", **{name: said})
    assert shop.world.row("select * from public.subscription_products")[name] == kept
