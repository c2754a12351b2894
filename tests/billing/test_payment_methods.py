"""Saved cards: brand, the last four, expiry, one default; never a number."""

from __future__ import annotations

import psycopg
import pytest

from tests.billing.conftest import CARDS, Shop


def test_a_card_is_saved_without_paying_and_is_the_default(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    card = shop.save_card(ben)
    assert (card["type"], card["brand"], card["last4"]) == ("card", "visa", "4242")
    assert (card["expiry_month"], card["expiry_year"]) == (12, 2034)
    assert card["funding"] == "credit"
    assert (card["user_id"], card["is_default"]) == (ben, True)
    assert shop.world.violations() == []


def test_news_in_the_wrong_order_end_alike(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    answer = shop.post("/setup-intents", ben)
    shop.fake.save_card(answer.json["client_secret"].partition("_secret_")[0])
    assert set(shop.hear(backwards=True)) == {"processed"}
    shop.carry_out()
    [card] = shop.world.rows(CARDS)
    assert (card["last4"], card["is_default"]) == ("4242", True)


def test_the_bank_replaces_a_card(shop: Shop) -> None:
    card = shop.save_card(shop.world.person("Ben"))
    shop.fake.renew_card(card["stripe_payment_method_id"], last4="9999", year=2041)
    shop.hear()
    [renewed] = shop.world.rows(CARDS)
    assert (renewed["id"], renewed["last4"], renewed["expiry_year"]) == (card["id"], "9999", 2041)


@pytest.mark.slow
def test_another_card_becomes_the_default(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    first, second = shop.save_card(ben), shop.save_card(ben, "pm_card_mastercard")
    assert not second["is_default"]
    shop.world.call(ben, "public.set_default_payment_method", p_payment_method_id=second["id"])
    shop.carry_out()
    cards = {card["id"]: card["is_default"] for card in shop.world.rows(CARDS)}
    assert cards == {first["id"]: False, second["id"]: True}


@pytest.mark.slow
def test_who_chooses_again_and_again_asks_stripe_for_the_last(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    first, second = shop.save_card(ben), shop.save_card(ben, "pm_card_mastercard")
    for card in (second, first, second, first, second):
        shop.world.call(ben, "public.set_default_payment_method", p_payment_method_id=card["id"])
    waiting = "select count(*) from private.outbox where processed_at is null and dead_at is null"
    assert shop.world.value(waiting) == 1
    shop.carry_out()
    assert [card["is_default"] for card in shop.world.rows(CARDS)] == [False, True]


@pytest.mark.slow
def test_subscriptions_are_paid_with_the_card_that_is_chosen(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    made = shop.subscribe(ben, shop.plan())
    other = shop.save_card(ben, "pm_card_mastercard")
    shop.world.call(ben, "public.set_default_payment_method", p_payment_method_id=other["id"])
    shop.carry_out()
    shop.fake.spoil_card(made["default_payment_method"], "pm_card_chargeDeclined")
    shop.fake.renew_subscription(made["id"])
    shop.hear()
    assert shop.subscription(made["id"])["status"] == "active"


def test_a_card_that_is_removed_is_gone(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    card = shop.save_card(ben)
    shop.world.call(ben, "public.remove_payment_method", p_payment_method_id=card["id"])
    shop.carry_out()
    assert shop.world.rows(CARDS) == []
    [method] = shop.fake.objects("payment_method")
    assert method["customer"] is None
    for event in shop.fake.events():
        shop.told.discard(event["id"])
    shop.hear(backwards=True)
    assert shop.world.rows(CARDS) == []


@pytest.mark.parametrize("function", ["set_default_payment_method", "remove_payment_method"])
def test_nobody_touches_the_card_of_somebody_else(shop: Shop, function: str) -> None:
    card = shop.save_card(shop.world.person("Ben"))
    with pytest.raises(psycopg.Error) as refused:
        shop.world.call(
            shop.world.person("Cleo"), f"public.{function}", p_payment_method_id=card["id"]
        )
    assert "payment_method_not_found" in str(refused.value.diag.message_detail)
    assert shop.world.rows(CARDS) == [card]


def test_no_number_of_a_card_is_stored_or_logged(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    ben = shop.world.person("Ben")
    shop.save_card(ben)
    shop.subscribe(ben, shop.plan())
    whose = {"name": "Ben Bilston", "address": {"line1": "1 Bil Street", "postal_code": "LS1 4AP"}}
    for kind in ("payment_method", "charge"):
        for told in shop.fake.objects(kind):
            assert told["billing_details"].keys() >= whose.keys()
            shop.world.deliver(f"{kind}.updated", told | {"billing_details": whose})
    logged = capfd.readouterr()
    stored = shop.everything_stored() + logged.out + logged.err
    assert "pm_" in stored
    assert "request_answered" in stored
    for secret in ("4242424242424242", "cvc", "_secret_", "billing_details", "Bilston", "LS1 4AP"):
        assert secret not in stored
