"""What the demo needs of Stripe, whichever Stripe it is."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import stripe
from stripe.params import PaymentIntentConfirmParams

Card = Literal["good", "empty"]
# To be called when the payer's bank decides a dispute for the payer.
Verdict = Callable[[], object]

RETURN_URL = "https://lessons.example/paid"


class Declined(Exception):
    """The card was declined. The message is the bank's, for the customer."""


@dataclass(frozen=True)
class PaymentIntent:
    """What the webhook service gives to the browser of somebody who wants to pay."""

    id: str
    client_secret: str
    amount_cents: int

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Self:
        """Read the answer of POST /payment-intents."""
        return cls(answer["payment_intent_id"], answer["client_secret"], answer["amount_cents"])


@dataclass(frozen=True)
class WebhookSecrets:
    """The signing secrets of the two endpoints, made for this performance."""

    platform: str = field(default_factory=lambda: f"whsec_{secrets.token_hex(16)}")
    connect: str = field(default_factory=lambda: f"whsec_{secrets.token_hex(16)}")


class StripeSide(Protocol):
    """Stripe as the demo uses it. Money in minor units."""

    description: str
    limits: tuple[str, ...]
    secret_key: str
    api_base: str | None
    webhook_secrets: WebhookSecrets

    def keep_in(self, folder: Path) -> None:
        """Before it is opened: go on from what it has kept in a folder, if it keeps anything."""

    def __enter__(self) -> Self:
        """Open it."""

    def __exit__(self, *_: object) -> None:
        """End what was started."""

    def send_webhooks_to(self, service_url: str) -> None:
        """Register the two endpoints of the webhook service."""

    def travel(self, moment: datetime) -> None:
        """Move its clock, if it can be moved."""

    def pay(self, intent: PaymentIntent, card: Card) -> None:
        """Confirm a payment as the customer's browser does; raise Declined if the bank says no."""

    def open_dispute(self, intent_id: str) -> Verdict | None:
        """Take a payment back as the payer's bank does; return its verdict, None if it has none."""

    def onboard(self, account_id: str, name: str, link: str) -> bool:
        """Fill in Stripe's form; return whether the account is finished."""

    def deliver_webhooks(self) -> list[int]:
        """Deliver what has happened since the last time; return the answers' statuses."""

    def balance_cents(self, currency: str) -> int | None:
        """Return what Stripe holds for this platform, or None if it holds other money too."""


def confirm(client: stripe.StripeClient, intent: PaymentIntent, method: str, secret: str) -> None:
    """Confirm with a payment method; `secret` is the client secret, or empty for a secret key."""
    params: PaymentIntentConfirmParams = {"payment_method": method, "return_url": RETURN_URL}
    if secret:
        params["client_secret"] = secret  # type: ignore[typeddict-unknown-key]  # browsers send it
    try:
        client.v1.payment_intents.confirm(intent.id, params)
    except stripe.CardError as error:
        raise Declined(error.user_message or str(error)) from None
