"""Stripe's test payment methods: a name, and what happens to whoever pays with it."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import missing
from .shapes import sample
from .world import Json, World


@dataclass(frozen=True)
class Card:
    """`decline` is code, decline code and message; `refund` what becomes of a refund."""

    last4: str = "4242"
    brand: str = "visa"
    decline: tuple[str, str | None, str] | None = None
    needs_authentication: bool = False
    bypasses_pending: bool = False
    refund: str = "succeeds"
    is_detached: bool = False


def declined(last4: str, code: str, decline_code: str | None, message: str) -> Card:
    return Card(last4, decline=(code, decline_code, message))


def card_declined(last4: str, decline_code: str, message: str = "Your card was declined.") -> Card:
    return declined(last4, "card_declined", decline_code, message)


CARDS = {
    "visa": Card(),
    "mastercard": Card("4444", "mastercard"),
    "amex": Card("8431", "amex"),
    "gb": Card("0000"),
    "bypassPending": Card("0077", bypasses_pending=True),
    "authenticationRequired": Card("3220", needs_authentication=True),
    "refundFail": Card("5126", refund="fails"),
    "pendingRefund": Card("7726", refund="pends"),
    "chargeDeclined": card_declined("0002", "generic_decline"),
    "chargeDeclinedInsufficientFunds": card_declined(
        "9995", "insufficient_funds", "Your card has insufficient funds."
    ),
    "chargeDeclinedLostCard": card_declined("9987", "lost_card"),
    "chargeDeclinedStolenCard": card_declined("9979", "stolen_card"),
    "chargeDeclinedExpiredCard": declined("0069", "expired_card", None, "Your card has expired."),
    "chargeDeclinedIncorrectCvc": declined(
        "0127", "incorrect_cvc", None, "Your card's security code is incorrect."
    ),
    "chargeDeclinedProcessingError": declined(
        "0119",
        "processing_error",
        None,
        "An error occurred while processing your card. Try again in a little bit.",
    ),
}


def payment_method(world: World, name: str) -> Json:
    """A payment method for a test name (`pm_card_visa`) or for the id of an earlier one."""
    if name in world.objects.get("payment_method", {}):
        return world.objects["payment_method"][name]
    card_name = name.removeprefix("pm_card_")
    card = CARDS.get(card_name) or CARDS.get(card_name.removeprefix("visa_"))
    if card is None or card_name == name:
        raise missing("PaymentMethod", name, "payment_method", 400)
    example = sample("payment_method")["card"]
    details = example | {
        "brand": card.brand,
        "country": world.settings.country,
        "display_brand": card.brand,
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": "fp" + card.last4 * 3,
        "generated_from": None,
        "last4": card.last4,
        "networks": None,
        "wallet": None,
    }
    method = world.new(
        "payment_method",
        {
            "allow_redisplay": "unspecified",
            "billing_details": billing_details(),
            "card": details,
            "type": "card",
        },
    )
    world.secrets[method["id"]] = card
    return method


# What a payer has typed in beside every card: tests/secrecy.py looks for it where it should not be.
BILLING: Json = {
    "name": "Wilhelmina Billingford",
    "email": "wilhelmina@billingford.example",
    "phone": "+447700900977",
    "address": {"line1": "9 Billingford Crescent", "postal_code": "BF9 9ZZ"},
}


def billing_details() -> Json:
    example = sample("payment_method")["billing_details"]
    address = dict.fromkeys(example["address"]) | BILLING["address"]
    return dict.fromkeys(example) | BILLING | {"address": address}
