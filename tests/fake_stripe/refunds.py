"""Refunds, in whole or in part, never above what was captured."""

from __future__ import annotations

from copy import deepcopy

from .cards import Card
from .disputes import refuse_if_disputed, resolve_by_refund
from .errors import invalid, money
from .fraud import warnings_lapse
from .params import integer, metadata, one_of, set_metadata, text
from .refund_outcomes import (
    announce,
    cancel_refund,
    debit,
    fail_refund,
    finish_refund,
    in_time,
    reference_arrives,
    take_back,
)
from .routes import LIST, endpoint, page
from .world import Json, World

REASONS = ("duplicate", "fraudulent", "requested_by_customer")


@endpoint(
    "POST",
    "/v1/refunds",
    "RefundCreateParams",
    {
        "amount": integer(1),
        "charge": text(),
        "metadata": metadata(),
        "payment_intent": text(),
        "reason": one_of(*REASONS),
    },
)
def create_refund(world: World, params: Json) -> Json:
    charge = charge_to_refund(world, params)
    left = left_to_refund(charge)
    refuse_if_disputed(world, charge)
    amount: int = params.get("amount", left)
    if amount > left:
        currency = charge["currency"]
        raise invalid(
            f"Refund amount ({money(amount, currency)}) is greater than unrefunded amount on"
            f" charge ({money(left, currency)})",
            param="amount",
        )
    refund = new_refund(world, charge, amount)
    refund |= {"metadata": params.get("metadata", {}), "reason": params.get("reason")}
    before = deepcopy(charge)
    take_back(charge, amount)
    available = world.ledger().available[charge["currency"]]
    short = available < amount and not world.settings.refunds_may_overdraw
    card: Card = world.secrets[charge["payment_method"]]
    waits = short or world.settings.refunds_wait or card.refund == "pends"
    refund["status"] = "pending" if waits else "succeeded"
    if short:
        refund["pending_reason"] = "insufficient_funds"
    else:
        debit(world, refund)
    world.emit("refund.created", refund)
    world.emit("charge.refunded", charge, before)
    if charge["refunded"]:
        resolve_by_refund(world, charge)
        warnings_lapse(world, charge)
    if short or world.settings.refunds_wait:
        return refund
    if card.refund == "pends":
        in_time(world, refund, finish_refund)
    elif card.refund == "fails":
        in_time(world, refund, fail_refund)
    else:
        reference_arrives(world, refund)
    return refund


@endpoint("GET", "/v1/refunds/<id>", "RefundRetrieveParams")
def retrieve_refund(world: World, params: Json, id: str) -> Json:
    return world.get("refund", id)


@endpoint(
    "GET",
    "/v1/refunds",
    "RefundListParams",
    {**LIST, "charge": text(), "payment_intent": text()},
)
def list_refunds(world: World, params: Json) -> Json:
    return page(world.all("refund"), params, "/v1/refunds")


@endpoint("POST", "/v1/refunds/<id>", "RefundUpdateParams", {"metadata": metadata()})
def update_refund(world: World, params: Json, id: str) -> Json:
    refund = world.get("refund", id)
    before = deepcopy(refund)
    set_metadata(refund, params.get("metadata"))
    if refund != before:
        announce(world, refund, before)
    return refund


@endpoint("POST", "/v1/refunds/<id>/cancel", "RefundCancelParams")
def cancel_refund_by_api(world: World, params: Json, id: str) -> Json:
    refund = world.get("refund", id)
    if refund["status"] != "requires_action":
        raise invalid("Canceling this refund is unsupported.")
    return cancel_refund(world, refund)


def charge_to_refund(world: World, params: Json) -> Json:
    if "charge" in params:
        charge = world.get("charge", params["charge"])
        intent = world.get("payment_intent", charge["payment_intent"])
    elif "payment_intent" in params:
        intent = world.get("payment_intent", params["payment_intent"], "payment_intent")
    else:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or"
            " charge."
        )
    if intent["status"] == "requires_capture":
        raise invalid(
            f"This uncaptured Charge was created by a PaymentIntent ({intent['id']}). You must"
            " cancel the PaymentIntent to reverse the authorization instead of refunding the"
            " Charge directly. For more information, see"
            " https://stripe.com/docs/payments/place-a-hold-on-a-payment-method"
        )
    if intent["status"] != "succeeded":
        raise invalid(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        )
    return world.get("charge", intent["latest_charge"])


def left_to_refund(charge: Json) -> int:
    left: int = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise invalid(
            f"Charge {charge['id']} has already been refunded.", "charge_already_refunded"
        )
    return left


def new_refund(world: World, charge: Json, amount: int) -> Json:
    card = {
        "reference_status": "pending",
        "reference_type": "acquirer_reference_number",
        "type": "refund",
    }
    same = ("currency", "customer", "payment_intent", "payment_method")
    return world.new(
        "refund",
        {name: charge[name] for name in same}
        | {
            "amount": amount,
            "charge": charge["id"],
            "destination_details": {"card": card, "type": "card"},
            "status": "succeeded",
        },
    )


def release(world: World, charge: Json, amount: int, reason: str | None = None) -> None:
    """Gives back what was reserved but not captured: a refund that moves no money."""
    refund = new_refund(world, charge, amount)
    refund["destination_details"] = {"card": {"type": "reversal"}, "type": "card"}
    refund["reason"] = reason
    take_back(charge, amount)
