"""Of what happens within one second, a fetch settles which was the last."""

from __future__ import annotations

import pytest

from tests.billing.conftest import CARDS, Shop
from tests.instant import INSTANT


@pytest.fixture(autouse=True)
def stopped_clock(shop: Shop) -> None:
    """Stripe's time stands still, but for the second after each hearing."""
    shop.fake.reset(seed=7, now=INSTANT.timestamp())


@pytest.mark.parametrize("backwards", [False, True])
def test_a_period_is_paid_at_once_after_it_could_not_be(shop: Shop, backwards: bool) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan(grace_days="0")
    made = shop.subscribe(ben, plan)
    shop.fake.spoil_card(made["default_payment_method"], "pm_card_chargeDeclined")
    shop.fake.renew_subscription(made["id"])
    shop.fake.spoil_card(made["default_payment_method"], "pm_card_visa")
    shop.fake.retry_invoice(made["id"])
    shop.hear(backwards=backwards)
    assert shop.subscription(made["id"])["status"] == "past_due"
    shop.carry_out()
    assert (shop.subscription(made["id"])["status"], shop.has(ben)) == ("active", True)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("last", ["void", "keep_as_draft", None])
def test_the_last_of_several_wishes_counts(shop: Shop, last: str | None, backwards: bool) -> None:
    ben, plan = shop.world.person("Ben"), shop.plan()
    made = shop.subscribe(ben, plan)
    for behavior in ("void", "keep_as_draft"):
        shop.fake.alter_subscription(made["id"], "pause", behavior=behavior)
    shop.fake.alter_subscription(made["id"], "resume")
    if last:
        shop.fake.alter_subscription(made["id"], "pause", behavior=last)
    shop.hear(backwards=backwards)
    shop.carry_out()
    assert shop.subscription(made["id"])["pause_behavior"] == last
    assert shop.has(ben) == (last != "keep_as_draft")


@pytest.mark.parametrize("last", [0, 1])
def test_the_last_default_card_counts(shop: Shop, last: int) -> None:
    ben = shop.world.person("Ben")
    cards = [shop.save_card(ben), shop.save_card(ben, "pm_card_mastercard")]
    customer = shop.fake.objects("customer")[0]["id"]
    for card in (cards[last], cards[1 - last], cards[last]):
        shop.fake.stripe().v1.customers.update(
            customer,
            {"invoice_settings": {"default_payment_method": card["stripe_payment_method_id"]}},
        )
    shop.hear(backwards=True)
    shop.carry_out()
    assert [card["id"] for card in shop.world.rows(CARDS) if card["is_default"]] == [
        cards[last]["id"]
    ]


def test_a_default_card_that_was_settled_is_followed_by_a_later_one(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    cards = [shop.save_card(ben), shop.save_card(ben, "pm_card_mastercard")]
    for card in (cards[1], cards[0], cards[1]):
        shop.world.call(ben, "public.set_default_payment_method", p_payment_method_id=card["id"])
        shop.world.call(
            ben, "public.set_default_payment_method", p_payment_method_id=cards[0]["id"]
        )
        shop.world.call(ben, "public.set_default_payment_method", p_payment_method_id=card["id"])
        shop.carry_out()
        shop.carry_out()
        assert [each["id"] for each in shop.world.rows(CARDS) if each["is_default"]] == [card["id"]]
