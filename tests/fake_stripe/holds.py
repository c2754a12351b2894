"""Amounts reserved on a card: captured in whole or in part, released, or expired.

Any intent that has not ended yet is cancelled here as well: if it holds money, that is released.
"""

from __future__ import annotations

from copy import deepcopy

from .charges import settle
from .errors import invalid, money, unexpected_state
from .params import integer, metadata, one_of, set_metadata
from .refunds import release
from .routes import endpoint
from .world import Json, World


@endpoint(
    "POST",
    "/v1/payment_intents/<id>/capture",
    "PaymentIntentCaptureParams",
    {"amount_to_capture": integer(1), "metadata": metadata()},
)
def capture_payment_intent(world: World, params: Json, id: str) -> Json:
    intent = world.get("payment_intent", id)
    if intent["status"] != "requires_capture":
        raise unexpected_state(
            intent,
            "This PaymentIntent could not be captured because it has a status of"
            f" {intent['status']}. Only a PaymentIntent with one of the following statuses may be"
            " captured: requires_capture.",
        )
    reserved: int = intent["amount_capturable"]
    amount: int = params.get("amount_to_capture", reserved)
    if amount > reserved:
        raise invalid(
            f"The requested capture amount ({money(amount, intent['currency'])}) is greater than"
            f" the amount you can capture ({money(reserved, intent['currency'])}) for this charge.",
            "amount_too_large",
            "amount_to_capture",
        )
    set_metadata(intent, params.get("metadata"))
    charge = world.get("charge", intent["latest_charge"])
    before = deepcopy(charge)
    settle(world, charge, amount)
    if amount < charge["amount"]:
        release(world, charge, charge["amount"] - amount)
    intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
    world.emit("charge.captured", charge, before)
    world.emit("payment_intent.succeeded", intent)
    return intent


@endpoint(
    "POST",
    "/v1/payment_intents/<id>/cancel",
    "PaymentIntentCancelParams",
    {
        "cancellation_reason": one_of(
            "duplicate", "fraudulent", "requested_by_customer", "abandoned"
        )
    },
)
def cancel_payment_intent(world: World, params: Json, id: str) -> Json:
    intent = world.get("payment_intent", id)
    if intent["status"] in ("succeeded", "canceled", "processing"):
        raise unexpected_state(
            intent,
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
            " Only a PaymentIntent with one of the following statuses may be canceled:"
            " requires_payment_method, requires_capture, requires_confirmation,"
            " requires_action, processing.",
        )
    if intent["status"] == "requires_capture":
        let_go(world, intent, "charge.refunded")
    return cancel(world, intent, params.get("cancellation_reason"))


def reserve(world: World, intent: Json, charge: Json) -> None:
    """The amount is set aside on the card, until it is captured or the hold expires."""
    lasts = world.settings.authorization_lasts
    charge["payment_method_details"]["card"]["capture_before"] = world.now() + int(lasts)
    intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
    world.emit("charge.succeeded", charge)
    world.emit("payment_intent.amount_capturable_updated", intent)
    world.later(lasts, expire, world, intent)


def expire(world: World, intent: Json) -> None:
    """The bank gives the amount back to the customer, unless the hold has ended meanwhile."""
    if intent["status"] == "requires_capture":
        let_go(world, intent, "charge.expired", "expired_uncaptured_charge")
        cancel(world, intent, "automatic")


def let_go(world: World, intent: Json, event: str, reason: str | None = None) -> None:
    charge = world.get("charge", intent["latest_charge"])
    before = deepcopy(charge)
    release(world, charge, charge["amount"], reason)
    world.emit(event, charge, before)


def cancel(world: World, intent: Json, reason: str | None) -> Json:
    intent |= {
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": world.now(),
        "cancellation_reason": reason,
        "next_action": None,
    }
    world.emit("payment_intent.canceled", intent)
    return intent
