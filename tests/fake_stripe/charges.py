"""Charges: attempts to take money, and their way into the balance."""

from __future__ import annotations

from copy import deepcopy

from .cards import Card, billing_details
from .errors import StripeError
from .params import text
from .routes import LIST, endpoint, page
from .shapes import sample
from .world import Json, World

CARD_OF_CHARGE = {"brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4"}


@endpoint("GET", "/v1/charges/<id>", "ChargeRetrieveParams")
def retrieve_charge(world: World, params: Json, id: str) -> Json:
    return world.get("charge", id)


@endpoint(
    "GET",
    "/v1/charges",
    "ChargeListParams",
    {**LIST, "customer": text(), "payment_intent": text(), "transfer_group": text()},
)
def list_charges(world: World, params: Json) -> Json:
    return page(world.all("charge"), params, "/v1/charges")


def new_charge(world: World, intent: Json, method: Json) -> Json:
    """An authorized charge, of which nothing is captured yet."""
    card, example = method["card"], sample("charge")["payment_method_details"]["card"]
    details = example | {
        "amount_authorized": intent["amount"],
        "installments": None,
        "network": card["brand"],
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "three_d_secure": None,
        "wallet": None,
    }
    details |= {name: card[name] for name in card.keys() & CARD_OF_CHARGE}
    same = ("amount", "currency", "customer", "description", "metadata", "receipt_email")
    return world.new(
        "charge",
        {name: deepcopy(intent[name]) for name in (*same, "transfer_group")}
        | {
            "amount_captured": 0,
            "amount_refunded": 0,
            "billing_details": billing_details(),
            "calculated_statement_descriptor": "LESSONS",
            "captured": False,
            "disputed": False,
            "fraud_details": {},
            "outcome": outcome("approved_by_network", "Payment complete.", "authorized"),
            "paid": True,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {"card": details, "type": "card"},
            "receipt_url": "https://pay.stripe.com/receipts/" + intent["id"],
            "refunded": False,
            "status": "succeeded",
        },
    )


def outcome(network_status: str, message: str, type: str, reason: str | None = None) -> Json:
    return dict.fromkeys(sample("charge")["outcome"]) | {
        "network_status": network_status,
        "reason": reason,
        "seller_message": message,
        "type": type,
    }


def mark_failed(charge: Json, error: StripeError) -> None:
    """The bank declined, at once or, of a pending charge, later."""
    why = error.error.get("decline_code", error.error.get("code"))
    charge["payment_method_details"]["card"]["amount_authorized"] = None
    charge |= {
        "failure_code": error.error.get("code"),
        "failure_message": error.error.get("message"),
        "outcome": outcome("declined_by_network", "The bank declined.", "issuer_declined", why),
        "paid": False,
        "receipt_url": None,
        "status": "failed",
    }


def settle(world: World, charge: Json, amount: int) -> None:
    """Captured money reaches the balance, less Stripe's fee.

    A partial capture is booked as the whole, and as a reversal of the rest and of its fee.
    """
    card: Card = world.secrets[charge["payment_method"]]
    settings = world.settings
    whole = charge["amount"]
    charge |= {"captured": True, "amount_captured": amount}

    def fee_of(cents: int) -> int:
        return (cents * settings.fee_bps + 5000) // 10000 + settings.fee_fixed

    def post(kind: str, cents: int, fee: int, category: str) -> str:
        return world.post(
            kind,
            cents,
            charge["currency"],
            charge["id"],
            category=category,
            fee=fee,
            available_in=0 if card.bypasses_pending else settings.funds_delay,
            description=charge["description"],
        )

    charge["balance_transaction"] = post("charge", whole, fee_of(whole), "charge")
    if amount < whole:
        rest = amount - whole
        post("refund", rest, fee_of(amount) - fee_of(whole), "partial_capture_reversal")


def settle_in_background(world: World, charge: Json) -> None:
    """With asynchronous capture the balance transaction is not there yet when events announce
    the payment: `charge.updated` brings it."""
    delay = world.settings.balance_transaction_delay
    if delay:
        world.later(delay, settle_late, world, charge)
    else:
        settle_late(world, charge)


def settle_late(world: World, charge: Json) -> None:
    before = deepcopy(charge)
    settle(world, charge, charge["amount"])
    world.emit("charge.updated", charge, before)
