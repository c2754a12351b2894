"""An order is paid with a saved card, with the payer there or not."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.billing.conftest import Shop
from tests.factories import Booking
from tests.webhook_service.conftest import code_of

BACK = "https://app.example.com/paid"


def pay(shop: Shop, booking: Booking, card_id: UUID, **body: Any) -> Any:
    return shop.post(
        "/payment-intents",
        booking.learner,
        booking_id=str(booking.id),
        payment_method_id=str(card_id),
        return_url=BACK,
        **body,
    )


@pytest.mark.slow
@pytest.mark.parametrize("off_session", [False, True])
def test_an_order_is_paid_with_a_saved_card(shop: Shop, off_session: bool) -> None:
    booking = shop.world.booking()
    card = shop.save_card(booking.learner)
    answer = pay(shop, booking, card["id"], off_session=off_session)
    assert (answer.status_code, answer.json["next_step"]) == (200, "none")
    assert booking.status == "confirmed"
    [intent] = shop.fake.objects("payment_intent")
    [customer] = shop.fake.objects("customer")
    assert intent["customer"] == customer["id"]
    assert intent["receipt_email"] == shop.world.value(
        "select email from public.profiles where id = %s", booking.learner
    )
    assert set(shop.hear()) == {"processed"}
    again = shop.post("/payment-intents", booking.learner, booking_id=str(booking.id))
    assert code_of(again) == "order_not_payable"
    assert shop.world.violations() == []


def test_the_payer_gets_a_receipt_for_a_new_card_too(shop: Shop) -> None:
    booking = shop.world.booking()
    answer = shop.post("/payment-intents", booking.learner, booking_id=str(booking.id))
    [intent] = shop.fake.objects("payment_intent")
    assert (answer.json["next_step"], intent["customer"]) == ("pay", None)
    assert intent["receipt_email"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("off_session", "status"), [(False, "requires_action"), (True, "requires_payment_method")]
)
def test_a_bank_that_asks_keeps_the_time_until_the_deadline(
    shop: Shop, off_session: bool, status: str
) -> None:
    booking = shop.world.booking()
    card = shop.save_card(booking.learner, "pm_card_authenticationRequired")
    answer = pay(shop, booking, card["id"], off_session=off_session)
    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["next_step"]) == (status, "authenticate")
    assert booking.status == "held"
    assert answer.json["hold_expires_at"] == booking.columns["hold_expires_at"].isoformat()
    shop.hear()
    assert booking.status == "held"
    if off_session:
        confirmed = pay(shop, booking, card["id"])
        assert confirmed.json["next_step"] == "authenticate"
    shop.fake.authenticate(answer.json["payment_intent_id"])
    shop.hear()
    assert booking.status == "confirmed"
    assert shop.world.violations() == []


@pytest.mark.slow
def test_a_card_that_is_declined_asks_for_another(shop: Shop) -> None:
    booking = shop.world.booking()
    card = shop.save_card(booking.learner)
    good = shop.save_card(booking.learner, "pm_card_mastercard")
    shop.fake.spoil_card(card["stripe_payment_method_id"], "pm_card_chargeDeclined")
    answer = pay(shop, booking, card["id"])
    assert (answer.status_code, answer.json["next_step"]) == (200, "another_card")
    assert booking.status == "held"
    assert pay(shop, booking, good["id"]).json["next_step"] == "none"
    assert booking.status == "confirmed"
    assert len(shop.fake.objects("payment_intent")) == 1


def test_who_presses_twice_is_told_that_it_is_paid(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both requests find the PaymentIntent unpaid, and Stripe refuses what the second asks."""
    booking = shop.world.booking()
    card = shop.save_card(booking.learner)
    shop.post("/payment-intents", booking.learner, booking_id=str(booking.id))
    [intent] = shop.fake.objects("payment_intent")
    unpaid = intent | {"receipt_email": None}
    customer = shop.fake.objects("customer")[0]["id"]
    intents = shop.fake.stripe().v1.payment_intents
    intents.update(intent["id"], {"customer": customer})
    method = card["stripe_payment_method_id"]
    intents.confirm(intent["id"], {"payment_method": method, "return_url": BACK})
    monkeypatch.setattr("webhook_service.payment_intents.create_or_retrieve", lambda *_: unpaid)
    answer = pay(shop, booking, card["id"])
    assert (answer.status_code, answer.json["next_step"]) == (200, "none")
    assert booking.status == "confirmed"
    assert len(shop.fake.objects("charge")) == 1


def test_nobody_pays_with_the_card_of_somebody_else(shop: Shop) -> None:
    booking = shop.world.booking()
    card = shop.save_card(shop.world.person("Cleo"))
    for id in (card["id"], uuid4()):
        refused = pay(shop, booking, id)
        assert (refused.status_code, code_of(refused)) == (404, "payment_method_not_found")
    assert shop.fake.objects("payment_intent") == []
    assert shop.world.count("public.payments") == 0


def test_a_saved_card_says_where_the_bank_leads_back_to(shop: Shop) -> None:
    booking = shop.world.booking()
    answer = shop.post(
        "/payment-intents",
        booking.learner,
        booking_id=str(booking.id),
        payment_method_id=str(uuid4()),
    )
    assert (answer.status_code, code_of(answer)) == (422, "invalid_request")
