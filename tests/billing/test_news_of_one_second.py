"""Of what happens within one second, a fetch settles which was the last."""

from __future__ import annotations

import pytest

from tests.billing.conftest import CARDS, Shop
from tests.instant import INSTANT


@pytest.fixture(autouse=True)
def stopped_clock(shop: Shop) -> None:
    """Stripe's time stands still, but for the second after each hearing."""
    shop.fake.reset(seed=7, now=INSTANT.timestamp())


@pytest.mark.slow
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


@pytest.mark.slow
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
    defaults = [card["id"] for card in shop.world.rows(CARDS) if card["is_default"]]
    assert defaults == [cards[last]["id"]]


@pytest.mark.slow
def test_a_person_who_changes_their_mind_in_one_second_gets_the_last_card(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    cards = [shop.save_card(ben), shop.save_card(ben, "pm_card_mastercard")]
    for last in (1, 0):
        for card in (cards[last], cards[1 - last], cards[last]):
            shop.world.call(
                ben, "public.set_default_payment_method", p_payment_method_id=card["id"]
            )
        shop.carry_out()  # what was decided
        shop.carry_out()  # what its news left open
        defaults = [card["id"] for card in shop.world.rows(CARDS) if card["is_default"]]
        assert defaults == [cards[last]["id"]]
