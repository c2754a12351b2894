"""Disputes: a cardholder's bank takes a payment back, and may return it.

Opened, escalated and decided by a test, as banks do. A chargeback takes the disputed amount and a
fee at once; an inquiry (`warning_…`) moves no money until it becomes a chargeback, and a payment
that was fully refunded before is not taken again.
"""

from __future__ import annotations

from copy import deepcopy

from .errors import invalid
from .fraud import warnings_lapse
from .params import Spec, flag, metadata, nested, set_metadata, text
from .refund_outcomes import fail_refund
from .routes import LIST, endpoint, page
from .shapes import sample
from .world import Json, World

DAY = 24 * 60 * 60
# The card network's name for a case, and its code for a reason (Visa's), where we know it.
CASE_TYPES = {
    "needs_response": "chargeback",
    "prevented": "resolution",
    "warning_needs_response": "inquiry",
}
NETWORK_CODES = {
    "credit_not_processed": "13.6",
    "duplicate": "12.6.1",
    "fraudulent": "10.4",
    "general": None,
    "product_not_received": "13.1",
    "product_unacceptable": "13.3",
    "subscription_canceled": "13.2",
    "unrecognized": None,
}
CHARGEBACK = ("needs_response", "under_review")
INQUIRY = ("warning_needs_response", "warning_under_review")
# What a dispute may end as, and from where.
ENDS = {
    "lost": CHARGEBACK + INQUIRY,
    "prevented": CHARGEBACK + INQUIRY,
    "warning_closed": INQUIRY,
    "won": CHARGEBACK,
}
REVIEW = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}
TEXTS = sample("dispute")["evidence"].keys() - {"enhanced_evidence"}
CHANGE: Spec = {
    "evidence": nested(dict.fromkeys(sorted(TEXTS), text(can_unset=True))),
    "metadata": metadata(),
    "submit": flag(),
}


@endpoint("GET", "/v1/disputes/<id>", "DisputeRetrieveParams")
def retrieve_dispute(world: World, params: Json, id: str) -> Json:
    return world.get("dispute", id)


@endpoint(
    "GET",
    "/v1/disputes",
    "DisputeListParams",
    {**LIST, "charge": text(), "payment_intent": text()},
)
def list_disputes(world: World, params: Json) -> Json:
    return page(world.all("dispute"), params, "/v1/disputes")


@endpoint("POST", "/v1/disputes/<id>", "DisputeUpdateParams", CHANGE)
def update_dispute(world: World, params: Json, id: str) -> Json:
    """Evidence goes to the bank with the call, unless `submit` is false: then it is staged."""
    dispute = world.get("dispute", id)
    require_open(dispute)
    before = deepcopy(dispute)
    set_metadata(dispute, params.get("metadata"))
    details = dispute["evidence_details"]
    if "evidence" in params:
        dispute["evidence"] |= params["evidence"]
        details["has_evidence"] = any(dispute["evidence"][name] for name in TEXTS)
    if details["has_evidence"] and params.get("submit", "evidence" in params):
        details["submission_count"] += 1
        details["submission_method"] = "manual"
        details["past_due"] = world.now() > details["due_by"]
        dispute["status"] = REVIEW.get(dispute["status"], dispute["status"])
    announce(world, dispute, "charge.dispute.updated", before)
    return dispute


@endpoint("POST", "/v1/disputes/<id>/close", "DisputeCloseParams")
def close_dispute(world: World, params: Json, id: str) -> Json:
    """The merchant accepts the dispute."""
    return end_dispute(world, id, "lost")


def open_dispute(
    world: World,
    charge_id: str,
    *,
    amount: int | None,
    reason: str,
    status: str,
    takes_money: bool | None,
) -> Json:
    charge = world.get("charge", charge_id)
    if not charge["captured"]:
        raise invalid(f"Charge {charge_id} has not been captured: there is nothing to dispute.")
    if status not in CASE_TYPES or reason not in NETWORK_CODES:
        raise invalid(f"No dispute opens as {status!r} for {reason!r}.")
    dispute = new_dispute(world, charge, amount or charge["amount_captured"], reason, status)
    charge["disputed"] = True
    if takes_money is None:
        takes_money = not charge["refunded"]
    withdraws = takes_money and status == "needs_response"
    if withdraws:
        withdraw(world, dispute)
    world.emit("charge.dispute.created", dispute)
    if withdraws:
        world.emit("charge.dispute.funds_withdrawn", dispute)
    if status == "needs_response":
        stop_pending_refunds(world, charge)
    warnings_lapse(world, charge)
    return dispute


def new_dispute(world: World, charge: Json, amount: int, reason: str, status: str) -> Json:
    brand = charge["payment_method_details"]["card"]["brand"]
    card = {
        "brand": brand,
        "case_type": CASE_TYPES[status],
        "network": brand,
        "network_reason_code": NETWORK_CODES[reason],
    }
    return world.new(
        "dispute",
        {
            "amount": amount,
            "balance_transactions": [],
            "charge": charge["id"],
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": dict.fromkeys(TEXTS) | {"enhanced_evidence": {}},
            "evidence_details": {
                "due_by": due_by(world),
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": "not_submitted",
            },
            "is_charge_refundable": status != "needs_response" and not charge["refunded"],
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {"card": card, "type": "card"},
            "reason": reason,
            "status": status,
        },
    )


def due_by(world: World) -> int:
    """The end of a day, a little more than a week from now."""
    return (world.now() // DAY + 9) * DAY - 1


def escalate_dispute(world: World, id: str) -> Json:
    """An inquiry becomes a chargeback: now the money is taken."""
    dispute = world.get("dispute", id)
    require_open(dispute, INQUIRY)
    before = deepcopy(dispute)
    dispute |= {"status": "needs_response", "is_charge_refundable": False}
    dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    dispute["evidence_details"]["due_by"] = due_by(world)
    withdraw(world, dispute)
    announce(world, dispute, "charge.dispute.updated", before)
    world.emit("charge.dispute.funds_withdrawn", dispute)
    stop_pending_refunds(world, world.get("charge", dispute["charge"]))
    return dispute


def end_dispute(
    world: World, id: str, status: str, returned: int | None = None, *, returns_fee: bool = False
) -> Json:
    """The bank's verdict. `returned` is what comes back: all of it but when lost, where it is
    nothing or, of a payment that was refunded in part before, that part."""
    dispute = world.get("dispute", id)
    if status not in ENDS:
        raise invalid(f"No dispute ends as {status!r}.")
    require_open(dispute, ENDS[status])
    taken = -sum(moved["amount"] for moved in dispute["balance_transactions"])
    if returned is None:
        returned = 0 if status == "lost" else taken
    if not 0 <= returned <= taken:
        raise invalid(f"{returned} cannot come back of {taken}.")
    before = deepcopy(dispute)
    charge = world.get("charge", dispute["charge"])
    dispute["status"] = status
    dispute["is_charge_refundable"] = status != "lost" and not charge["refunded"]
    if returned:
        fee = -dispute["balance_transactions"][0]["fee"] if returns_fee else 0
        move(world, dispute, returned, "dispute_reversal", "Chargeback reversal for", fee)
        world.emit("charge.dispute.funds_reinstated", dispute, before)
    announce(world, dispute, "charge.dispute.closed", before)
    return dispute


def withdraw(world: World, dispute: Json) -> None:
    fee = world.settings.dispute_fee
    move(world, dispute, -dispute["amount"], "dispute", "Chargeback withdrawal for", fee)


def move(
    world: World, dispute: Json, amount: int, category: str, description: str, fee: int
) -> None:
    transaction = world.post(
        "adjustment",
        amount,
        dispute["currency"],
        dispute["id"],
        category=category,
        fee=fee,
        fee_description="Dispute fee",
        description=f"{description} {dispute['charge']}",
    )
    moved = world.get("balance_transaction", transaction)
    dispute["balance_transactions"] = [*dispute["balance_transactions"], deepcopy(moved)]


def announce(world: World, dispute: Json, type: str, before: Json) -> None:
    """What happens to a dispute is an update of its charge as well, without news in it."""
    world.emit(type, dispute, before)
    charge = world.get("charge", dispute["charge"])
    world.emit("charge.updated", charge, charge)


def refuse_if_disputed(world: World, charge: Json) -> None:
    """A charge whose money the bank has taken cannot be refunded on top of that."""
    for dispute in disputes_of(world, charge):
        if not dispute["is_charge_refundable"]:
            raise invalid(
                f"Charge {charge['id']} has been charged back; cannot issue a refund.",
                "charge_disputed",
            )


def resolve_by_refund(world: World, charge: Json) -> None:
    """A full refund answers an inquiry."""
    for dispute in disputes_of(world, charge):
        if dispute["status"] in INQUIRY:
            end_dispute(world, dispute["id"], "warning_closed")


def stop_pending_refunds(world: World, charge: Json) -> None:
    """The customer has the money from the bank: a refund that is under way fails."""
    for refund in world.all("refund"):
        if refund["charge"] == charge["id"] and refund["status"] in ("pending", "requires_action"):
            fail_refund(world, refund, "charge_for_pending_refund_disputed")


def disputes_of(world: World, charge: Json) -> list[Json]:
    return [dispute for dispute in world.all("dispute") if dispute["charge"] == charge["id"]]


def require_open(dispute: Json, statuses: tuple[str, ...] = CHARGEBACK + INQUIRY) -> None:
    if dispute["status"] not in CHARGEBACK + INQUIRY:
        raise invalid("This dispute is already closed")
    if dispute["status"] not in statuses:
        raise invalid(f"Dispute {dispute['id']} has a status of {dispute['status']}.")
