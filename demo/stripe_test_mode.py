"""Stripe's own test mode, reached with the key in STRIPE_SECRET_KEY."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import httpx
import stripe

from demo.stripe_side import Card, PaymentIntent, Verdict, WebhookSecrets, confirm

PATIENCE_SECONDS = 20
# This card's money can be transferred at once: test mode's clock cannot be moved.
CARDS: dict[Card, str] = {
    "good": "pm_card_bypassPending",
    "empty": "pm_card_visa_chargeDeclinedInsufficientFunds",
}


class StripeTestMode:
    """Stripe in test mode. Its clock is the real one, and it cannot reach this machine."""

    description = "Stripe's test mode, with the key in STRIPE_SECRET_KEY"
    limits: tuple[str, ...] = (
        "Your account must be a platform (Connect) that settles in pounds.",
        "Stripe cannot reach this machine, so the demo reads its events (List Events), signs them"
        " with the service's secrets and delivers them itself. Events must come in the API version"
        f" {stripe.api_version}: make it your account's default, or they are parked.",
        "Instructors are onboarded by you: open the links that are printed and enter test data."
        " Whoever is not finished is skipped on Friday, with the reason.",
        "Cards are confirmed with the secret key, where a browser would use the publishable one.",
        "A dispute's end cannot be arranged here, so nobody disputes a payment.",
        "Your test account may hold other money, so its balance is not compared with the ledger.",
    )

    def __init__(self, secret_key: str, api_base: str | None) -> None:
        self.secret_key = secret_key
        self.api_base = api_base
        self.webhook_secrets = WebhookSecrets()
        self._client = stripe.StripeClient(
            secret_key, base_addresses={"api": api_base} if api_base else None
        )
        self._since = int(time.time())
        self._accounts: list[str] = []
        self._awaited: set[tuple[str, str]] = set()
        self._delivered: set[str] = set()
        self._service_url = ""
        self._http = httpx.Client(timeout=30, trust_env=False)

    def keep_in(self, folder: Path) -> None:
        """Stripe keeps everything itself."""

    def __enter__(self) -> Self:
        """Check the key with a first call."""
        self._client.v1.balance.retrieve()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    def send_webhooks_to(self, service_url: str) -> None:
        """Remember where to deliver to."""
        self._service_url = service_url

    def travel(self, moment: datetime) -> None:
        """Stripe stays in the present."""

    def pay(self, intent: PaymentIntent, card: Card) -> None:
        """Confirm with the secret key."""
        outcome = "succeeded" if card == "good" else "payment_failed"
        self._awaited.add((f"payment_intent.{outcome}", intent.id))
        confirm(self._client, intent, CARDS[card], "")

    def open_dispute(self, intent_id: str) -> Verdict | None:
        """Leave it out: whoever ends a dispute in test mode does so by hand."""
        return None

    def onboard(self, account_id: str, name: str, link: str) -> bool:
        """Ask the audience to fill in the form, if there is an audience."""
        self._accounts.append(account_id)
        print(f"\n  Onboard {name} (test data will do): {link}")
        if sys.stdin.isatty():
            input("  Press Enter when Stripe has sent you back, or to go on without. ")
        account = self._client.v1.accounts.retrieve(account_id)
        return bool(account.details_submitted)

    def deliver_webhooks(self) -> list[int]:
        """Forward new events, oldest first, until those that must come have come."""
        statuses: list[int] = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            for event, account in self._new_events():
                statuses.append(self._forward(event, account))
                self._delivered.add(event["id"])
                self._awaited.discard((event["type"], event["data"]["object"].get("id", "")))
            if not self._awaited or time.monotonic() > deadline:
                return statuses
            time.sleep(1)

    def balance_cents(self, currency: str) -> int | None:
        """Say nothing: the account may hold other money."""
        return None

    def _new_events(self) -> Iterator[tuple[dict[str, Any], str | None]]:
        for account in (None, *self._accounts):
            listed = self._client.v1.events.list(
                {"created": {"gte": self._since}, "limit": 100},
                {"stripe_account": account} if account else None,
            )
            events = [event.to_dict(for_json=True) for event in listed.auto_paging_iter()]
            for event in reversed(events):
                if event["id"] not in self._delivered:
                    yield event, account

    def _forward(self, event: dict[str, Any], account: str | None) -> int:
        path, secret = "/stripe/webhooks", self.webhook_secrets.platform
        if account:
            path, secret = "/stripe/connect-webhooks", self.webhook_secrets.connect
            event = event | {"account": account}
        body = json.dumps(event)
        signature = stripe.WebhookSignature.generate_signature_header(body, secret)
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
        answer = self._http.post(f"{self._service_url}{path}", content=body, headers=headers)
        return answer.status_code
