"""Delivers recorded webhooks to a database, through the service that production runs."""

from __future__ import annotations

import json
from collections.abc import Sequence

import stripe

from demo.stripe_side import WebhookSecrets
from tests.demo.recording import Event
from webhook_service import create_app
from webhook_service.config import Config


def deliver(database_url: str, events: Sequence[Event], secrets: WebhookSecrets) -> None:
    """Posts each event, signed, to the endpoint that it belongs to; each must be taken."""
    app = create_app(
        Config.model_validate(
            {
                "webhook_service_database_url": database_url,
                "stripe_secret_key": "sk_test_never_used",
                "stripe_webhook_secrets": secrets.platform,
                "stripe_connect_webhook_secrets": secrets.connect,
                "supabase_jwt_secret": "never used, but long enough to be a secret",
            }
        )
    )
    try:
        with app.test_client() as client:
            for event in events:
                is_connect = "account" in event
                body = json.dumps(event)
                signature = stripe.WebhookSignature.generate_signature_header(
                    body, secrets.connect if is_connect else secrets.platform
                )
                answer = client.post(
                    "/stripe/connect-webhooks" if is_connect else "/stripe/webhooks",
                    data=body,
                    headers={"Stripe-Signature": signature, "Content-Type": "application/json"},
                )
                assert answer.status_code == 200, answer.text
    finally:
        for database in app.extensions["databases"]:
            database.close()
