"""A complete environment for the service, and bodies signed as Stripe signs them."""

from __future__ import annotations

import json
from typing import Any

from stripe import WebhookSignature

from tests.instant import real_time

PLATFORM_SECRET = "whsec_platform_0123456789"
CONNECT_SECRET = "whsec_connect_0123456789"
THIN_SECRET = "whsec_thin_0123456789abcdef"
JWT_SECRET = "a-secret-of-the-project-that-is-long-enough-for-HS512-too-0123456789"

ENVIRONMENT = {
    "STRIPE_SECRET_KEY": "sk_test_0123456789",
    "STRIPE_WEBHOOK_SECRETS": PLATFORM_SECRET,
    "STRIPE_CONNECT_WEBHOOK_SECRETS": CONNECT_SECRET,
    "SUPABASE_JWT_SECRET": JWT_SECRET,
    "WEBHOOK_SERVICE_DATABASE_URL": "postgresql://webhook_service:x@127.0.0.1:1/none",
}


def an_event(**fields: Any) -> dict[str, Any]:
    """A snapshot event as Stripe sends it, with `fields` in place of the usual ones."""
    return {
        "id": "evt_1",
        "object": "event",
        "type": "payment_intent.succeeded",
        "api_version": "2026-10-28.endive",
        "created": 1_760_000_000,
        "livemode": False,
        "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
        **fields,
    }


def sign(body: bytes | str | dict[str, Any], secret: str = PLATFORM_SECRET, age: int = 0) -> Signed:
    """The body and headers of a delivery signed `age` seconds ago."""
    text = (
        body
        if isinstance(body, str)
        else body.decode()
        if isinstance(body, bytes)
        else json.dumps(body)
    )
    header = WebhookSignature.generate_signature_header(text, secret, real_time() - age)
    return {
        "data": text.encode(),
        "headers": {"Stripe-Signature": header, "Content-Type": "application/json"},
    }


Signed = dict[str, Any]
