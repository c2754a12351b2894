"""What becomes of the attempts to save a card."""

from __future__ import annotations

from datetime import timedelta

import pytest
import stripe

from tests.billing.conftest import CARDS, SETUPS, Shop
from tests.webhook_service.conftest import code_of


def test_a_browser_gets_what_it_needs_to_save_a_card(shop: Shop) -> None:
    answer = shop.post("/setup-intents", shop.world.person("Ben"))
    [intent] = shop.fake.objects("setup_intent")
    [row] = shop.world.rows(SETUPS)
    assert answer.json == {
        "setup_intent_id": str(row["id"]),
        "client_secret": intent["client_secret"],
        "publishable_key": "pk_test_0123456789",
    }
    assert (intent["usage"], row["status"]) == ("off_session", "requires_payment_method")


@pytest.mark.parametrize("backwards", [False, True])
def test_a_bank_that_asks_is_told_apart_from_one_that_refuses(shop: Shop, backwards: bool) -> None:
    ben = shop.world.person("Ben")
    answers = [shop.post("/setup-intents", ben) for _ in range(2)]
    asked, refused = (each.json["client_secret"].partition("_secret_")[0] for each in answers)
    client = shop.fake.stripe()
    client.v1.setup_intents.confirm(asked, {"payment_method": "pm_card_authenticationRequired"})
    with pytest.raises(stripe.CardError):
        client.v1.setup_intents.confirm(refused, {"payment_method": "pm_card_chargeDeclined"})
    shop.hear(backwards=backwards)
    shop.carry_out()
    rows = {row["stripe_setup_intent_id"]: row for row in shop.world.rows(SETUPS)}
    assert rows[asked]["status"] == "requires_action"
    assert rows[refused]["status"] == "requires_payment_method"
    assert rows[refused]["failure_code"] == "generic_decline"


def test_who_tries_many_cards_waits(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    for _ in range(10):
        assert shop.post("/setup-intents", ben).status_code == 200
    refused = shop.post("/setup-intents", ben)
    assert (refused.status_code, code_of(refused)) == (429, "too_many_cards")
    assert refused.headers["Retry-After"] == "3600"
    assert len(shop.fake.objects("setup_intent")) == 10


@pytest.mark.parametrize("is_carried_out", [False, True])
def test_the_first_card_does_not_replace_a_choice_that_is_not_told_yet(
    shop: Shop, is_carried_out: bool
) -> None:
    """Two cards are saved at once, and one is chosen, before Stripe tells of anything else."""
    ben = shop.world.person("Ben")
    answers = [shop.post("/setup-intents", ben) for _ in range(2)]
    intents = [each.json["client_secret"].partition("_secret_")[0] for each in answers]
    chosen, other = (shop.fake.save_card(intent)["payment_method"] for intent in intents)
    events = [
        (event, event["data"]["object"])
        for event in shop.fake.events()
        if event["type"] in {"payment_method.attached", "setup_intent.succeeded"}
    ]
    for event, _ in events:
        if event["type"] == "payment_method.attached":
            shop.deliver(event)
    card = next(
        card for card in shop.world.rows(CARDS) if card["stripe_payment_method_id"] == chosen
    )
    shop.world.call(ben, "public.set_default_payment_method", p_payment_method_id=card["id"])
    if is_carried_out:
        assert shop.office.run("outbox").status == 0
    for event, told in events:
        if event["type"] == "setup_intent.succeeded" and told["payment_method"] == other:
            shop.deliver(event)
    shop.carry_out()
    shop.carry_out()
    [customer] = shop.fake.objects("customer")
    assert customer["invoice_settings"]["default_payment_method"] == chosen


def test_old_attempts_and_old_news_are_removed(shop: Shop) -> None:
    shop.save_card(shop.world.person("Ben"))
    shop.world.travel(by=timedelta(days=89))
    done = shop.world.maintain()
    assert (done["setup_intents_removed"], done["news_removed"]) == (0, 0)
    news = shop.world.count("private.stripe_news")
    assert news > 0
    shop.world.travel(by=timedelta(days=2))
    done = shop.world.maintain()
    assert (done["setup_intents_removed"], done["news_removed"]) == (1, news)
    assert shop.world.rows(SETUPS) == []
    assert len(shop.world.rows(CARDS)) == 1
