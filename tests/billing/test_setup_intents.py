"""What becomes of the attempts to save a card."""

from __future__ import annotations

import pytest
import stripe

from tests.billing.conftest import SETUPS, Shop
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
