"""Stripe's API can be called by a page, with the publishable key; the controls cannot."""

from __future__ import annotations

import httpx
from stripe import StripeClient

from .. import FakeStripe

PAGE = {"Origin": "http://localhost:5173"}
PREFLIGHT = PAGE | {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


def test_a_page_confirms_a_payment(fake: FakeStripe, client: StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 5340, "currency": "gbp"})
    url = f"{fake.url}/v1/payment_intents/{intent.id}/confirm"
    asked = httpx.options(url, headers=PREFLIGHT)
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert asked.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    paid = httpx.post(
        url,
        headers=PAGE | {"Authorization": f"Bearer {fake.publishable_key}"},
        data={"payment_method": "pm_card_visa", "client_secret": str(intent.client_secret)},
    )
    assert paid.json()["status"] == "succeeded"
    assert paid.headers["Access-Control-Allow-Origin"] == "*"


def test_a_page_reads_why_a_card_was_declined(fake: FakeStripe, client: StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 5340, "currency": "gbp"})
    declined = httpx.post(
        f"{fake.url}/v1/payment_intents/{intent.id}/confirm",
        headers=PAGE | {"Authorization": f"Bearer {fake.publishable_key}"},
        data={
            "payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds",
            "client_secret": str(intent.client_secret),
        },
    )
    assert declined.status_code == 402
    assert declined.headers["Access-Control-Allow-Origin"] == "*"
    assert "Request-Id" in declined.headers["Access-Control-Expose-Headers"]


def test_a_preflight_is_no_call(fake: FakeStripe) -> None:
    httpx.options(f"{fake.url}/v1/payment_intents/pi_1/confirm", headers=PREFLIGHT)
    assert fake.requests() == []


def test_no_page_reaches_the_controls(fake: FakeStripe) -> None:
    asked = httpx.options(f"{fake.url}/_control/reset", headers=PREFLIGHT)
    assert "Access-Control-Allow-Origin" not in asked.headers
    # What a page may send without asking is not read.
    sent = httpx.post(f"{fake.url}/_control/now", headers=PAGE, content=b'{"args":[],"kwargs":{}}')
    assert sent.status_code == 415
    assert "Access-Control-Allow-Origin" not in sent.headers
