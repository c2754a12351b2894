"""Refunds, in whole or in part, never above what was captured."""

from __future__ import annotations

from copy import deepcopy
from functools import partial

from .cards import Card
from .errors import invalid, money
from .params import integer, metadata, one_of, text
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
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    if left == 0:
        raise invalid(
            f"Charge {charge['id']} has already been refunded.", "charge_already_refunded"
        )
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
    refund["status"] = "pending" if short or card.refund == "pends" else "succeeded"
    if not short:
        debit(world, refund)
    world.emit("refund.created", refund)
    world.emit("charge.refunded", charge, before)
    delay = world.settings.refund_delay
    if short:
        refund["pending_reason"] = "insufficient_funds"
    elif card.refund == "pends":
        world.later(delay, partial(finish_refund, world, refund))
    elif card.refund == "fails":
        world.later(delay, partial(fail_refund, world, refund))
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


def charge_to_refund(world: World, params: Json) -> Json:
    if "charge" in params:
        charge = world.get("charge", params["charge"], "charge")
        intent = world.get("payment_intent", charge["payment_intent"])
    elif "payment_intent" in params:
        intent = world.get("payment_intent", params["payment_intent"], "payment_intent")
    else:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or"
            " charge."
        )
    if intent["status"] != "succeeded":
        raise invalid(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        )
    return world.get("charge", intent["latest_charge"])


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


def release(world: World, charge: Json, amount: int) -> None:
    """Gives back what was reserved but not captured: a refund that moves no money."""
    refund = new_refund(world, charge, amount)
    refund["destination_details"] = {"card": {"type": "reversal"}, "type": "card"}
    take_back(charge, amount)


def take_back(charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]


def debit(world: World, refund: Json) -> None:
    refund["balance_transaction"] = world.post(
        "refund",
        -refund["amount"],
        refund["currency"],
        refund["id"],
        description="REFUND FOR CHARGE",
    )


def announce(world: World, refund: Json, before: Json, *types: str) -> None:
    for type in (*types, "refund.updated", "charge.refund.updated"):
        world.emit(type, refund, before)


def reference_arrives(world: World, refund: Json) -> None:
    """The bank's reference number: an update that changes nothing about the money."""
    before = deepcopy(refund)
    refund["destination_details"]["card"] |= {
        "reference": "1234567890123456789012",
        "reference_status": "available",
    }
    announce(world, refund, before)


def finish_refund(world: World, refund: Json) -> Json:
    """A pending refund succeeds."""
    require_status(refund, "pending")
    before = deepcopy(refund)
    refund["status"] = "succeeded"
    refund.pop("pending_reason", None)
    if refund["balance_transaction"] is None:
        debit(world, refund)
    announce(world, refund, before)
    return refund


def fail_refund(world: World, refund: Json, reason: str = "unknown") -> Json:
    """The bank sends the money back, even days after the refund succeeded."""
    require_status(refund, "pending", "succeeded")
    before = deepcopy(refund)
    refund |= {"status": "failed", "failure_reason": reason}
    refund.pop("pending_reason", None)
    if refund["balance_transaction"]:
        refund["failure_balance_transaction"] = world.post(
            "refund_failure", refund["amount"], refund["currency"], refund["id"]
        )
    charge = world.get("charge", refund["charge"])
    charge |= {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False}
    announce(world, refund, before, "refund.failed")
    return refund


def require_status(refund: Json, *statuses: str) -> None:
    if refund["status"] not in statuses:
        raise invalid(f"Refund {refund['id']} has a status of {refund['status']}.")
