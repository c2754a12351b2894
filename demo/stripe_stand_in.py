"""The stand-in for Stripe: a process of its own, whose clock can be moved."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self

import httpx
import stripe

from demo.stripe_side import Card, PaymentIntent, Verdict, WebhookSecrets, confirm
from tests.fake_stripe import FakeStripe

CARDS: dict[Card, str] = {
    "good": "pm_card_visa",
    "empty": "pm_card_visa_chargeDeclinedInsufficientFunds",
}


class PortTaken(Exception):
    """The stand-in did not start."""


class StripeStandIn:
    """Stripe as far as the demo needs it, on this machine."""

    description = "a stand-in on this machine; no account and no network are needed"
    limits: tuple[str, ...] = ()
    secret_key = FakeStripe.api_key
    publishable_key = FakeStripe.publishable_key
    fake: FakeStripe

    def __init__(self, port: int = 0) -> None:
        self.webhook_secrets = WebhookSecrets()
        self.api_base: str | None = None
        self._port = port
        self._state: Path | None = None

    def keep_in(self, folder: Path) -> None:
        """Go on from the file there, and keep it up to date."""
        self._state = folder / "stripe.state"

    def __enter__(self) -> Self:
        """Start its process. What is paid today can be transferred the day after tomorrow."""
        try:
            self.fake = FakeStripe(process=True, port=self._port, state=self._state)
        except RuntimeError:
            raise PortTaken(
                f"Port {self._port}, wanted for the stand-in for Stripe, is not available."
                " Stop what uses it, or choose another: LPLATE_STRIPE_PORT."
            ) from None
        self.fake.configure(funds_delay=timedelta(days=2).total_seconds())
        self.api_base = self.fake.url
        return self

    def __exit__(self, *_: object) -> None:
        """End its process."""
        self.fake.stop()

    def send_webhooks_to(self, service_url: str) -> None:
        """Register the two endpoints of the webhook service."""
        known = {webhook["url"]: webhook["id"] for webhook in self.fake.webhooks()}
        for path, secret, connect in (
            ("/stripe/webhooks", self.webhook_secrets.platform, False),
            ("/stripe/connect-webhooks", self.webhook_secrets.connect, True),
        ):
            url = f"{service_url}{path}"
            if url in known:  # kept from the last time
                self.fake.set_webhook_secrets(known[url], secret)
            else:
                self.fake.add_webhook(url, secret, connect=connect)

    def travel(self, moment: datetime) -> None:
        """Move its clock."""
        self.fake.advance(seconds=moment.timestamp() - self.fake.now())

    def pay(self, intent: PaymentIntent, card: Card) -> None:
        """Confirm as a browser does: with the publishable key and the intent's client secret."""
        browser = self.fake.stripe(api_key=self.fake.publishable_key)
        confirm(browser, intent, CARDS[card], intent.client_secret)

    def open_dispute(self, intent_id: str) -> Verdict | None:
        """Dispute all of it: the amount is gone at once, and a fee with it."""
        paid = self._client().v1.payment_intents.retrieve(intent_id)
        dispute = self.fake.open_dispute(str(paid.latest_charge))
        return partial(self.fake.end_dispute, dispute["id"], "lost")

    def onboard(self, account_id: str, name: str, link: str) -> bool:
        """Follow the link: the stand-in's form is filled in by whoever opens it."""
        return httpx.get(link, timeout=60, trust_env=False).is_redirect

    def deliver_webhooks(self) -> list[int]:
        """Deliver everything that is due."""
        return [delivery["status"] or 0 for delivery in self.fake.deliver_all()]

    def balance_cents(self, currency: str) -> int | None:
        """Ask Stripe's API for the balance: what is available and what is on its way."""
        balance = self._client().v1.balance.retrieve()
        parts = [
            *((part.amount, part.currency) for part in balance.available),
            *((part.amount, part.currency) for part in balance.pending),
        ]
        return sum(amount for amount, coin in parts if coin == currency)

    def _client(self) -> stripe.StripeClient:
        return self.fake.stripe()
