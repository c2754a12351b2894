"""Payouts of connected accounts to their banks: on their way, there, and sent back."""

from __future__ import annotations

from copy import deepcopy

from .errors import invalid
from .params import integer, one_of, text
from .routes import LIST, endpoint, page
from .world import Json, World

MESSAGES = {
    "account_closed": "The bank account has been closed.",
    "no_account": "The bank account could not be located.",
    "debit_not_authorized": "Debit transactions are not approved on your bank account.",
    "insufficient_funds": "Your Stripe account has insufficient funds to cover the payout.",
}
STATUSES = ("pending", "paid", "failed", "canceled")


@endpoint("GET", "/v1/payouts/<id>", "PayoutRetrieveParams")
def retrieve_payout(world: World, params: Json, id: str) -> Json:
    return world.get("payout", id)


@endpoint(
    "GET",
    "/v1/payouts",
    "PayoutListParams",
    {**LIST, "arrival_date": integer(), "destination": text(), "status": one_of(*STATUSES)},
)
def list_payouts(world: World, params: Json) -> Json:
    return page(world.all("payout"), params, "/v1/payouts")


def pay_out(world: World, account: str, currency: str, arrives_in: float) -> Json:
    amount = world.ledger(account).available[currency]
    if amount <= 0:
        raise invalid("You have insufficient funds in your Stripe account.", "balance_insufficient")
    id = world.new_id("po_")
    payout = world.new(
        "payout",
        {
            "id": id,
            "amount": amount,
            "arrival_date": world.now() + int(arrives_in),
            "automatic": True,
            "balance_transaction": world.post("payout", -amount, currency, id, account=account),
            "currency": currency,
            "description": "STRIPE PAYOUT",
            "destination": world.new_id("ba_"),
            "method": "standard",
            "reconciliation_status": "in_progress",
            "source_type": "card",
            "status": "pending",
            "trace_id": {"status": "pending", "value": None},
            "type": "bank_account",
        },
        account,
    )
    world.emit("payout.created", payout, account=account)
    world.later(arrives_in / 2, move, world, payout, "pending", "in_transit", "payout.updated")
    world.later(arrives_in, move, world, payout, "in_transit", "paid", "payout.paid")
    return payout


def move(world: World, payout: Json, from_status: str, to_status: str, event: str) -> None:
    """A step that is taken unless the payout has ended meanwhile."""
    if payout["status"] == from_status:
        change(world, payout, {"status": to_status}, event)


def fail(world: World, id: str, reason: str) -> Json:
    payout = known(world, id)
    if payout["status"] not in ("pending", "in_transit", "paid"):
        raise invalid(f"This payout is {payout['status']}.")
    why = {"failure_code": reason, "failure_message": MESSAGES[reason]}
    return bounce(world, payout, {"status": "failed", **why}, "payout.failed")


def cancel(world: World, id: str) -> Json:
    payout = known(world, id)
    if payout["status"] != "pending":
        raise invalid(
            f"Payouts can only be canceled while pending, and this is {payout['status']}."
        )
    return bounce(world, payout, {"status": "canceled"}, "payout.canceled")


def bounce(world: World, payout: Json, changes: Json, event: str) -> Json:
    """The money is back in the connected account."""
    kind = "payout_failure" if changes["status"] == "failed" else "payout_cancel"
    returned = world.post(
        kind, payout["amount"], payout["currency"], payout["id"], account=world.owners[payout["id"]]
    )
    return change(world, payout, changes | {"failure_balance_transaction": returned}, event)


def change(world: World, payout: Json, changes: Json, event: str) -> Json:
    before = deepcopy(payout)
    payout |= changes
    world.emit(event, payout, before, account=world.owners[payout["id"]])
    return payout


def known(world: World, id: str) -> Json:
    payout = world.objects.get("payout", {}).get(id)
    if payout is None:
        raise KeyError(id)
    return payout
